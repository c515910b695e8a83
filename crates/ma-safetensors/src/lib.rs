#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`parse`](mod@parse) | bytes to model and anomalies |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | files of tensors: probe, parse, rules |
//! | [`index`] | indexes of shards, with the files beside them |

pub mod index;
pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;

pub use index::ShardIndex;
pub use parse::parse;
pub use scanner::Safetensors;

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Safetensors), Box::new(ShardIndex)]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Target};

    /// The parsers.
    pub fn parse(bytes: &[u8]) {
        let (blob, budget) = (Blob::from_vec(bytes.to_vec()), Budget::default());
        let _ = crate::parse(&blob, &budget);
        let _ = crate::parse::index::parse(&blob, &budget);
    }

    /// The scanners, and what they show.
    pub fn scan(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("fuzz.safetensors"), blob);
        for scanner in super::scanners() {
            let (budget, mut found) = (Budget::default(), Collector::default());
            let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
            let _ = scanner.scan(Target::Bytes(&artifact), &mut cx);
            let _ = scanner.inspect(Target::Bytes(&artifact), &mut cx);
        }
    }
}
