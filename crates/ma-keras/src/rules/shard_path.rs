//! Maps of sharded weights that name files elsewhere.

use ma_core::{Evidence, Issue, declare_rule};

use super::external_model::elsewhere;
use super::shown;
use crate::shards::Shard;

declare_rule! {
    /// ## What it finds
    /// A map of sharded weights (`model.weights.json`) that names a file in another folder, by an absolute path or by an address.
    /// ## Why it matters
    /// Whoever loads the model reads that file in the place of a shard. Keras writes plain names of files beside the map.
    /// ## What it leaves alone
    /// Plain file names.
    /// ## What to do
    /// Do not load the weights with this map.
    pub static SHARD_PATH = {
        code: "KER020", name: "keras-shard-path", severity: Warning,
        title: "The map of the weights names a file elsewhere",
        references: [Cwe(22), Cwe(73)],
    }
}

/// Fires on a name that is no plain file name.
pub(crate) fn check(shard: &Shard) -> Option<Issue> {
    let plain = !shard.file.contains(['/', '\\']) && elsewhere(&shard.file).is_none();
    if plain && !matches!(shard.file.as_str(), "" | "." | "..") {
        return None;
    }
    let message = format!(
        "the weights `{}` are to be read from `{}`",
        shown(&shard.weights),
        shown(&shard.file)
    );
    Some(
        Issue::new(&SHARD_PATH, message)
            .at(shard.range.clone())
            .route(format!("weight_map.{}", shown(&shard.weights)))
            .evidence(Evidence::text("file", shown(&shard.file))),
    )
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::shards::Shard;

    #[test]
    fn plain_names_are_silent() {
        let of = |file: &str| {
            check(&Shard {
                weights: "/layers/dense/vars".to_owned(),
                file: file.to_owned(),
                range: 0..1,
            })
        };
        for file in [
            "../x.h5",
            "/etc/passwd",
            "a/b.h5",
            "..\\x",
            "C:\\x",
            "http://127.0.0.1/x",
            "..",
        ] {
            assert!(of(file).is_some(), "{file}");
        }
        assert!(of("model_00001.weights.h5").is_none());
    }
}
