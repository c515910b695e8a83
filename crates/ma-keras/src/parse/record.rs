//! What a walk writes down: bounded lists, and repeats of the same counted.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::model::{Code, Config, Reference};
use crate::resolve::Resolution;

/// Entries of each list that are kept.
const MAX_LISTED: usize = 20_000;
/// Names of the user's own, and functions that do no harm, that are kept.
const MAX_CUSTOM: usize = 2000;
/// Layers that are kept for people who look.
const MAX_LAYERS: usize = 5000;
/// Bytes of decoded payloads that are kept together.
const MAX_DECODED: usize = 64 << 20;
/// Texts in texts that are kept for a look.
const MAX_EMBEDDED: usize = 1000;

/// A text that may be JSON itself.
pub(super) struct Embedded {
    pub(super) text: String,
    pub(super) route: String,
    pub(super) range: Range<u64>,
}

/// What a walk writes down.
pub(super) struct Record {
    pub(super) config: Config,
    /// Whether objects of this text have a `module`.
    pub(super) with_modules: bool,
    pub(super) embedded: Vec<Embedded>,
    references: HashMap<(String, String), usize>,
    classes: BTreeMap<String, u64>,
    custom: usize,
    decoded: usize,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            config: Config::default(),
            with_modules: false,
            embedded: Vec::new(),
            references: HashMap::new(),
            classes: BTreeMap::new(),
            custom: 0,
            decoded: 0,
        }
    }

    pub(super) fn cut(&mut self, what: &'static str) {
        self.config.cut.get_or_insert(what);
    }

    /// Whether one more fits into a list; says so when it does not.
    fn room(&mut self, len: usize, what: &'static str) -> bool {
        if len >= MAX_LISTED {
            self.cut(what);
        }
        len < MAX_LISTED
    }

    pub(super) fn class(&mut self, name: String) {
        if self.classes.len() < MAX_LISTED || self.classes.contains_key(&name) {
            let count = self.classes.entry(name).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn layer(&mut self, layer: crate::model::Layer) {
        if self.config.layers.len() < MAX_LAYERS {
            self.config.layers.push(layer);
        }
    }

    /// Whether there is room for one more text that is JSON.
    pub(super) fn room_for_text(&mut self) -> bool {
        if self.embedded.len() >= MAX_EMBEDDED {
            self.cut("texts that are JSON");
        }
        self.embedded.len() < MAX_EMBEDDED
    }

    /// The same name with the same arguments is said once. When it is new, the number is returned
    /// under which its place is wanted.
    pub(super) fn reference(&mut self, reference: Reference) -> Option<usize> {
        let registered = reference.registered.clone().unwrap_or_default();
        let url = reference.url.as_deref().unwrap_or_default();
        let extracts = reference.extracts;
        let what = format!("{} {registered} {url} {extracts}", reference.path());
        let key = (what, reference.arguments.clone());
        if let Some(at) = self.references.get(&key)
            && let Some(known) = self.config.references.get_mut(*at)
        {
            known.repeats = known.repeats.saturating_add(1);
            return None;
        }
        // Many harmless names must not keep a harmful one out.
        let harmless = reference.resolution == Resolution::Custom;
        if harmless && self.custom >= MAX_CUSTOM {
            self.cut("names of custom objects");
            return None;
        }
        let at = self.config.references.len();
        if !self.room(at, "names") {
            return None;
        }
        self.custom = self.custom.saturating_add(usize::from(harmless));
        self.references.insert(key, at);
        self.config.references.push(reference);
        Some(at)
    }

    /// Keeps a piece of code, and says under which number; harmless ones only while there are few.
    pub(super) fn code(&mut self, code: Code) -> Option<usize> {
        self.encoded(code.place.range.clone());
        let at = self.config.codes.len();
        let harmless = code.findings.is_empty();
        if harmless && at >= MAX_CUSTOM {
            self.cut("functions");
            return None;
        }
        if !self.room(at, "functions") {
            return None;
        }
        self.config.codes.push(code);
        Some(at)
    }

    pub(super) fn torch(&mut self, module: crate::model::TorchModule) {
        let len = self.config.torch_modules.len();
        if self.decoded < MAX_DECODED && self.room(len, "PyTorch modules") {
            self.decoded = self.decoded.saturating_add(module.bytes.len());
            self.encoded(module.place.range.clone());
            self.config.torch_modules.push(module);
        } else {
            self.cut("PyTorch modules");
        }
    }

    fn encoded(&mut self, range: Range<u64>) {
        self.config.encoded.push(range);
    }

    /// Whether one more fits into one of the plain lists. Asked before the item is made, since the way
    /// to a place costs its depth.
    pub(super) fn fits<T>(&mut self, list: fn(&Config) -> &Vec<T>, what: &'static str) -> bool {
        let len = list(&self.config).len();
        self.room(len, what)
    }

    pub(super) fn finish(mut self) -> Config {
        let mut classes: Vec<(String, u64)> = self.classes.into_iter().collect();
        classes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.config.classes = classes;
        self.config
    }
}
