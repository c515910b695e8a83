//! What a walk writes down: bounded lists, and repeats of the same counted.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::model::{Code, Config, Origin, Reference};

/// Entries of each list that are kept.
const MAX_LISTED: usize = 2000;
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
    references: HashMap<(String, String, bool), usize>,
    classes: BTreeMap<String, u64>,
    decoded: usize,
}

impl Record {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            config: Config::default(),
            with_modules: origin == Origin::Archive,
            embedded: Vec::new(),
            references: HashMap::new(),
            classes: BTreeMap::new(),
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

    pub(super) fn embed(&mut self, embedded: Embedded) {
        if self.embedded.len() < MAX_EMBEDDED {
            self.embedded.push(embedded);
        } else {
            self.cut("texts that are JSON");
        }
    }

    /// The same name with the same arguments is said once.
    pub(super) fn reference(&mut self, reference: Reference) {
        let registered = reference.registered.clone().unwrap_or_default();
        let what = format!("{} {registered}", reference.path());
        let key = (what, reference.arguments.clone(), reference.extracts);
        if let Some(at) = self.references.get(&key)
            && let Some(known) = self.config.references.get_mut(*at)
        {
            known.repeats = known.repeats.saturating_add(1);
            return;
        }
        let at = self.config.references.len();
        if self.room(at, "names") {
            self.references.insert(key, at);
            self.config.references.push(reference);
        }
    }

    /// Whether there is room for one more piece of code.
    pub(super) fn room_for_code(&mut self) -> bool {
        let len = self.config.codes.len();
        if self.decoded >= MAX_DECODED {
            self.cut("functions");
            return false;
        }
        self.room(len, "functions")
    }

    pub(super) fn code(&mut self, code: Code) -> usize {
        self.decoded = self.decoded.saturating_add(code.bytes.len());
        self.encoded(code.place.range.clone());
        self.config.codes.push(code);
        self.config.codes.len().saturating_sub(1)
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

    /// Adds to one of the plain lists.
    pub(super) fn push<T>(
        &mut self,
        list: fn(&mut Config) -> &mut Vec<T>,
        item: T,
        what: &'static str,
    ) {
        let len = list(&mut self.config).len();
        if self.room(len, what) {
            list(&mut self.config).push(item);
        }
    }

    pub(super) fn finish(mut self) -> Config {
        let mut classes: Vec<(String, u64)> = self.classes.into_iter().collect();
        classes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.config.classes = classes;
        self.config
    }
}
