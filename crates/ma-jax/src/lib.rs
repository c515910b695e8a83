#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`flax`] | Flax checkpoints: one msgpack value with arrays in it |
//! | [`orbax`] | Orbax and zarr: metadata in JSON, and key-value stores (OCDBT) |
//! | [`rules`] | what is an issue |

pub mod flax;
pub mod orbax;
pub mod rules;

pub use flax::Flax;
pub use orbax::{Metadata, Ocdbt};

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Flax), Box::new(Metadata), Box::new(Ocdbt)]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Target};

    /// The msgpack parser.
    pub fn parse(bytes: &[u8]) {
        let _ = crate::flax::parse(&Blob::from_vec(bytes.to_vec()), &Budget::default());
    }

    /// All scanners, and what they show.
    pub fn scan(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("fuzz.msgpack"), blob);
        for scanner in super::scanners() {
            let (budget, mut found) = (Budget::default(), Collector::default());
            let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
            let _ = scanner.scan(Target::Bytes(&artifact), &mut cx);
            let _ = scanner.inspect(Target::Bytes(&artifact), &mut cx);
        }
    }
}
