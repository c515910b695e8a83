#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | objects as plain data, a byte range on everything |
//! | [`parse`](mod@parse) | bytes to model and anomalies |
//! | [`facts`] | what code there is, who runs it and what it calls |
//! | [`calls`] | the names of functions and how R code writes them |
//! | [`deparse`](mod@deparse), [`route`](mod@route) | R code and R paths for people |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | probe, parse, rules, parts |

pub mod calls;
pub mod deparse;
pub mod facts;
#[cfg(test)]
mod fixture;
mod inspect;
pub mod model;
pub mod parse;
pub mod route;
pub mod rules;
pub mod scanner;

pub use parse::parse;
pub use rules::RULES;
pub use scanner::Rdata;

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Rdata)]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    use ma_core::{
        Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Scanner, Target,
    };

    /// The parser.
    pub fn parse(bytes: &[u8]) {
        let budget = Budget::default();
        let _ = crate::parse(&Blob::from_vec(bytes.to_vec()), &budget);
    }

    /// The scanner and what it tells of the file.
    pub fn scan(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("x.rds"), blob);
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let _ = crate::Rdata.scan(Target::Bytes(&artifact), &mut cx);
        let _ = crate::Rdata.inspect(Target::Bytes(&artifact), &mut cx);
    }
}
