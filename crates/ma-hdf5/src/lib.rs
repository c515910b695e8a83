#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | a file as plain data, a byte range on everything |
//! | [`parse`] | bytes to model and anomalies: our own reader, by range |
//! | [`payload`], [`pickle_text`] | pickles and programs in attributes and datasets |
//! | [`stray`] | bytes around the format |
//! | [`reach`], [`filters`] | where file names lead, what filters are called |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | probe, parse, rules, children and regions |

pub mod filters;
mod inspect;
pub mod model;
pub mod parse;
pub mod payload;
pub mod pickle_text;
pub mod reach;
mod regions;
pub mod rules;
pub mod scanner;
pub mod stray;

pub use model::{
    Anomaly, AnomalyKind, AttrValue, Attribute, Dataset, File, Link, LinkTarget, Object,
};
pub use parse::read;
pub use rules::RULES;
pub use scanner::{Hdf5, KIND};

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Hdf5)]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    use ma_core::{
        Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, ScanOptions, Scanner, Target,
    };

    /// The parser.
    pub fn parse(bytes: &[u8]) {
        let budget = Budget::default();
        let _ = crate::read(&Blob::from_vec(bytes.to_vec()), &budget);
    }

    /// The scanner, whatever its probe says, and the view for people.
    pub fn scan(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("x.h5"), blob).with_hint(crate::KIND);
        let budget = Budget::default();
        let mut found = Collector::default();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let result = crate::Hdf5.scan(Target::Bytes(&artifact), &mut cx);
        let _ = crate::Hdf5.inspect(Target::Bytes(&artifact), &mut cx);
        let partial = matches!(result, Ok(Coverage::Partial));
        assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
        assert!(found.issues.len() < 10_000 && found.regions.len() < 10_000);
    }
}
