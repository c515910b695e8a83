//! The scanners, openers and detectors that take part. Order plays no role in what is found.

use std::collections::BTreeMap;

use ma_core::{Detector, FormatInfo, Opener, Rule, Scanner};

use crate::identity;

/// The scanners, openers and detectors that take part.
#[derive(Default)]
pub struct Registry {
    pub(crate) scanners: Vec<Box<dyn Scanner>>,
    pub(crate) openers: Vec<Box<dyn Opener>>,
    pub(crate) detectors: Vec<Box<dyn Detector>>,
}

impl Registry {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a scanner.
    #[must_use]
    pub fn scanner(mut self, scanner: impl Scanner + 'static) -> Self {
        self.scanners.push(Box::new(scanner));
        self
    }

    /// Adds an opener.
    #[must_use]
    pub fn opener(mut self, opener: impl Opener + 'static) -> Self {
        self.openers.push(Box::new(opener));
        self
    }

    /// Adds a detector.
    #[must_use]
    pub fn detector(mut self, detector: impl Detector + 'static) -> Self {
        self.detectors.push(Box::new(detector));
        self
    }

    /// Adds scanners.
    #[must_use]
    pub fn scanners(mut self, scanners: Vec<Box<dyn Scanner>>) -> Self {
        self.scanners.extend(scanners);
        self
    }

    /// Adds openers.
    #[must_use]
    pub fn openers(mut self, openers: Vec<Box<dyn Opener>>) -> Self {
        self.openers.extend(openers);
        self
    }

    /// Adds detectors.
    #[must_use]
    pub fn detectors(mut self, detectors: Vec<Box<dyn Detector>>) -> Self {
        self.detectors.extend(detectors);
        self
    }

    /// Everything that is registered, by id.
    #[must_use]
    pub fn formats(&self) -> Vec<&'static FormatInfo> {
        let scanners = self.scanners.iter().map(|s| s.info());
        let openers = self.openers.iter().map(|o| o.info());
        let detectors = self.detectors.iter().map(|d| d.info());
        let by_id: BTreeMap<_, _> = scanners
            .chain(openers)
            .chain(detectors)
            .map(|info| (info.id, info))
            .collect();
        by_id.into_values().collect()
    }

    /// All rules that can fire, by code; the engine's own included.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static Rule> {
        let formats = self.formats();
        let theirs = formats.iter().flat_map(|info| info.rules.iter().copied());
        let by_code: BTreeMap<_, _> = theirs
            .chain(identity::RULES.iter().copied())
            .map(|rule| (rule.code, rule))
            .collect();
        by_code.into_values().collect()
    }

    /// The rule of that code, name or alias.
    #[must_use]
    pub fn rule(&self, key: &str) -> Option<&'static Rule> {
        self.rules().into_iter().find(|rule| rule.answers_to(key))
    }
}
