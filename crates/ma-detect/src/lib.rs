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
    use ma_core::{
        Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ElementType, Piece, Region,
        RegionKind, ScanOptions, Target,
    };

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

    /// All detectors, over the bytes as a region of each kind, in two pieces.
    pub fn detect(bytes: &[u8]) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("fuzz"), blob);
        let detectors = super::detectors();
        let half = bytes.len() / 2;
        for kind in [
            RegionKind::Weights,
            RegionKind::Text,
            RegionKind::Code,
            RegionKind::Vocabulary,
            RegionKind::Unclaimed,
        ] {
            let region = Region::new(0..bytes.len() as u64, kind).element(ElementType::F32);
            for detector in detectors.iter().filter(|d| d.wants(kind)) {
                let (budget, mut found) = (Budget::default(), Collector::default());
                let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
                let pass = detector.begin(&region);
                for own in [half..bytes.len(), 0..half] {
                    let piece = Piece {
                        region: &region,
                        bytes,
                        offset: 0,
                        own,
                    };
                    let _ = pass.look(&piece, &mut cx);
                }
                let _ = pass.finish(&mut cx);
            }
        }
    }

    /// A template, scanned and inspected.
    pub fn template(bytes: &[u8]) {
        one(&super::jinja::Template, bytes, None);
    }

    /// A configuration with templates, and the templates in it.
    pub fn template_config(bytes: &[u8]) {
        one(&super::jinja::Carrier, bytes, Some(&super::jinja::Template));
    }

    fn one(scanner: &dyn super::Scanner, bytes: &[u8], inside: Option<&dyn super::Scanner>) {
        let blob = Blob::from_vec(bytes.to_vec());
        let artifact = Artifact::new(ArtifactPath::new("tokenizer_config.json"), blob);
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let result = scanner.scan(Target::Bytes(&artifact), &mut cx);
        let _ = scanner.inspect(Target::Bytes(&artifact), &mut cx);
        let partial = matches!(result, Ok(ma_core::Coverage::Partial));
        assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
        for issue in &found.issues {
            let range = issue.location.range.clone().unwrap_or(0..0);
            assert!(
                range.start <= range.end && range.end <= bytes.len() as u64,
                "{issue:?}"
            );
        }
        for child in found.children.iter().take(4) {
            if let (Some(inside), Some(bytes)) = (inside, child.blob.as_slice()) {
                one(inside, bytes, None);
            }
        }
    }
}
