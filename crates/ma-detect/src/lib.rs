#![doc = include_str!("../README.md")]

pub mod embedded;
pub mod executable;
pub mod jinja;
pub mod network;
mod search;
pub mod secrets;
pub mod text;
pub mod weights;

use ma_core::{Detector, Scanner};

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(executable::Executable),
        Box::new(jinja::Carrier),
        Box::new(jinja::Template),
        Box::new(text::PlainText),
    ]
}

/// All detectors of this crate.
#[must_use]
pub fn detectors() -> Vec<Box<dyn Detector>> {
    vec![
        Box::new(secrets::Secrets::default()),
        Box::new(network::Network::default()),
        Box::new(embedded::Embedded::default()),
        Box::new(weights::Weights::default()),
    ]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Target};

    /// All scanners.
    pub fn scan(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("fuzz"), blob);
        for scanner in super::scanners() {
            let (budget, mut found) = (Budget::default(), Collector::default());
            let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
            let _ = scanner.scan(Target::Bytes(&artifact), &mut cx);
        }
    }
}
