//! The names that the restricted unpickler accepts, and what calling them gives.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: &str = include_str!("../../data/weights_only_globals.tsv");

static NAMES: LazyLock<HashMap<&'static str, Made>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').next())
        .map(|name| (name, made_by(name)))
        .collect()
});

/// What a call of a listed name gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// An `OrderedDict` or a `Counter`: items may be set, and BUILD is allowed.
    Mapping,
    /// An instance on which BUILD is allowed.
    Instance,
    /// Something else: `bytes` of `_codecs.encode`, a layout.
    Value,
    /// Nothing: it is no callable (a dtype), so that the call raises.
    Error,
}

/// Whether `module.name` is listed, and what calling it gives.
#[must_use]
pub fn listed(full_name: &str) -> Option<Made> {
    NAMES.get(full_name).copied()
}

/// All listed names, in no order.
pub fn all() -> impl Iterator<Item = &'static str> {
    NAMES.keys().copied()
}

fn made_by(name: &str) -> Made {
    let last = name.rsplit('.').next().unwrap_or(name);
    match name {
        "collections.OrderedDict" | "collections.Counter" => Made::Mapping,
        "_codecs.encode" | "torch.serialization._get_layout" => Made::Value,
        "torch.storage.TypedStorage" | "torch.storage.UntypedStorage" => Made::Instance,
        _ if last.ends_with("Storage") => Made::Error,
        _ if last.starts_with(|c: char| c.is_ascii_uppercase())
            || last.starts_with("_rebuild")
            || name.starts_with("builtins.")
            || name == "torch.device" =>
        {
            Made::Instance
        }
        _ => Made::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_what_it_should() {
        assert!(all().count() > 100);
        assert_eq!(listed("collections.OrderedDict"), Some(Made::Mapping));
        assert_eq!(
            listed("torch._utils._rebuild_tensor_v2"),
            Some(Made::Instance)
        );
        assert_eq!(listed("torch.float32"), Some(Made::Error));
        assert_eq!(listed("torch.FloatStorage"), Some(Made::Error));
        assert_eq!(listed("torch.nn.modules.linear.Linear"), None);
        assert_eq!(listed("os.system"), None);
    }
}
