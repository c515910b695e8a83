//! The members of a Keras archive.
//!
//! ```text
//! config.json              the model                    metadata.json   version and date
//! model.weights.h5         the weights, or model.weights.npz, or model.weights.json with
//!                          model_00000.weights.h5 …     assets/…        word lists and the like
//! ```
//!
//! Keras looks the names up as they are, in the last entry of that name. What only other readers would
//! take for one of these (other letters, `./`, backslashes) is kept as well. The same layout as an
//! unpacked directory is read the same way.

use ma_core::{Entry, EntryId};

/// What a member is to Keras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The configuration.
    Config,
    /// Version and date.
    Metadata,
    /// All weights.
    Weights,
    /// The map of sharded weights.
    Map,
    /// A shard.
    Shard,
    /// An asset.
    Asset,
    /// Anything else.
    Other,
}

/// The members of an archive.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    members: Vec<(EntryId, Part, String)>,
}

/// Names of the parts, as Keras looks them up.
const NAMES: &[(&str, Part)] = &[
    ("config.json", Part::Config),
    ("metadata.json", Part::Metadata),
    ("model.weights.h5", Part::Weights),
    ("model.weights.npz", Part::Weights),
    ("model.weights.json", Part::Map),
];

/// What the member is to a reader who does not mind letters and separators.
fn part(name: &str) -> Part {
    let folded = fold(name);
    if let Some((_, part)) = NAMES.iter().find(|(known, _)| *known == folded) {
        return *part;
    }
    if folded.starts_with("assets/") {
        return Part::Asset;
    }
    if folded.ends_with(".weights.h5") && !folded.contains('/') {
        return Part::Shard;
    }
    Part::Other
}

fn fold(name: &str) -> String {
    let lower = name.to_lowercase().replace('\\', "/");
    let parts = lower.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

impl Archive {
    /// An index of `entries`.
    #[must_use]
    pub fn new(entries: &[Entry]) -> Self {
        let files = entries.iter().enumerate().filter(|(_, e)| e.is_file());
        let members = files.map(|(i, e)| (EntryId(i), part(&e.name), e.name.clone()));
        Self {
            members: members.collect(),
        }
    }

    /// Whether it is a Keras model: a configuration, and weights or metadata beside it.
    #[must_use]
    pub fn is_keras(&self) -> bool {
        let has = |part: Part| self.members.iter().any(|(_, p, _)| *p == part);
        has(Part::Config) && (has(Part::Weights) || has(Part::Metadata) || has(Part::Map))
    }

    /// All files: entry, part, name.
    pub fn files(&self) -> impl Iterator<Item = (EntryId, Part, &str)> {
        self.members
            .iter()
            .map(|(id, part, name)| (*id, *part, name.as_str()))
    }

    /// Names of the members that are this part to somebody.
    pub fn named(&self, part: Part) -> impl Iterator<Item = &str> {
        self.files()
            .filter(move |(_, p, _)| *p == part)
            .map(|(_, _, name)| name)
    }

    /// The members that are this part to somebody.
    pub fn entries(&self, part: Part) -> impl Iterator<Item = (EntryId, &str)> {
        self.files()
            .filter(move |(_, p, _)| *p == part)
            .map(|(id, _, name)| (id, name))
    }

    /// Whether Keras finds a part under this very name.
    #[must_use]
    pub fn is_exact(&self, name: &str) -> bool {
        NAMES.iter().any(|(known, _)| *known == name)
    }

    /// Whether there are assets, which Keras unpacks to disk together with everything else.
    #[must_use]
    pub fn has_assets(&self) -> bool {
        self.members.len() > 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_by_name() {
        assert_eq!(part("config.json"), Part::Config);
        assert_eq!(part("./Config.JSON"), Part::Config);
        assert_eq!(part("assets\\layers\\x.txt"), Part::Asset);
        assert_eq!(part("model_00001.weights.h5"), Part::Shard);
        assert_eq!(part("sub/config.json"), Part::Other);
        let entries = ["config.json", "metadata.json"].map(Entry::file);
        assert!(Archive::new(&entries).is_keras());
        assert!(!Archive::new(&["config.json", "model.safetensors"].map(Entry::file)).is_keras());
    }
}
