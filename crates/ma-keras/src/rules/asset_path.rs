//! Names that lead out of the folder of assets.

use ma_core::{Evidence, Issue, declare_rule};

use super::{at, shown};
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// A member of a Keras archive that begins in `assets/` and leads out of it by `..`, in any spelling, and a layer whose name does so (assets are looked up by the names of layers).
    /// ## Why it matters
    /// Layers read their assets from the folder that the archive is unpacked to. A name that leads out of it makes a layer read another file, or puts a file in a place where another part of the model, or the system, looks for it.
    /// ## What it leaves alone
    /// Names with `/` in them, which TensorFlow's layers have. Members that lead out of the archive as a whole are reported for archives of any kind.
    /// ## What to do
    /// Do not load or unpack the model; no version of Keras writes such names.
    pub static ASSET_PATH = {
        code: "KER018", name: "keras-asset-path", severity: Warning,
        title: "A name leads out of the folder of assets",
        references: [Cwe(22)],
    }
}

/// Fires on names of layers.
pub(crate) fn check_names(config: &Config) -> Vec<Issue> {
    let names = config.escaping_names.iter();
    names
        .map(|(place, name)| {
            let message = format!(
                "the name `{}` is used as a path and leads out of it",
                shown(name)
            );
            at(&ASSET_PATH, place, message).evidence(Evidence::text("name", shown(name)))
        })
        .collect()
}

/// Fires on a member.
pub(crate) fn check(name: &str) -> Option<Issue> {
    if !escapes(name) {
        return None;
    }
    let message = format!(
        "the member `{}` leads out of the folder of assets",
        shown(name)
    );
    Some(
        Issue::new(&ASSET_PATH, message)
            .route(shown(name))
            .evidence(Evidence::text("name", shown(name))),
    )
}

/// Whether a path begins in `assets` and ends elsewhere.
fn escapes(name: &str) -> bool {
    let mut depth = 0usize;
    let mut parts = name
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "."));
    if !parts
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case("assets"))
    {
        return false;
    }
    for part in parts {
        if part != ".." {
            depth = depth.saturating_add(1);
        } else if let Some(less) = depth.checked_sub(1) {
            depth = less;
        } else {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{check, escapes};
    use crate::rules::tests::fired;

    #[test]
    fn members_and_names() {
        for name in [
            "assets/../x",
            "./assets/a/../../config.json",
            "assets\\..\\x",
        ] {
            assert!(escapes(name) && check(name).is_some(), "{name}");
        }
        for name in ["assets/a/../b", "assets/..a/x", "config.json"] {
            assert!(!escapes(name), "{name}");
        }
        let layer =
            |name: &str| format!(r#"{{"class_name": "Dense", "config": {{"name": "{name}"}}}}"#);
        assert!(fired("keras-asset-path", &layer("../../x")).is_some());
        assert!(fired("keras-asset-path", &layer("tf.math/add")).is_none());
    }
}
