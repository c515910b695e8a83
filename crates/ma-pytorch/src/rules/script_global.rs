//! Names in the pickles of TorchScript archives.

use ma_core::{Issue, Severity, declare_rule};

declare_rule! {
    /// ## What it finds
    /// An import in `data.pkl`, `constants.pkl` or another pickle of a TorchScript archive that TorchScript's own unpickler does not know.
    /// ## Why it matters
    /// libtorch knows `__torch__.*`, `torch.*` and `collections.OrderedDict` only and stops at anything else. Such a pickle is meant for a Python unpickler, which the format has no use for.
    /// ## What it leaves alone
    /// The names of compiled classes and of torch. Harmless names, such as `collections.Counter`, are Info.
    /// ## What to do
    /// Look at what was reported for the pickle; do not load the archive otherwise than with `torch.jit.load`.
    pub static SCRIPT_GLOBAL = {
        code: "TOR011", name: "torch-script-foreign-global", severity: Warning,
        title: "A TorchScript pickle imports a Python name",
        references: [Cwe(502), Spec("https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/serialization/unpickler.cpp")],
    }
}

/// Whether TorchScript's unpickler knows the name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    // Only the prefix decides for libtorch; `torch.jit._pickle` builds its typed lists.
    name.starts_with("__torch__.")
        || name == "collections.OrderedDict"
        || name == "__builtin__.dict"
        || name == "builtins.dict"
        || is_torch_name(name)
}

/// `torch.X` types, the rebuild functions and `torch.jit._pickle.*`; no other module of torch.
fn is_torch_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("torch.") else {
        return false;
    };
    match rest.split_once('.') {
        None => rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        Some(("_utils", function)) => function.starts_with("_rebuild_"),
        Some((
            "jit" | "_tensor" | "storage" | "cuda" | "distributions" | "classes" | "serialization",
            rest,
        )) => !rest.contains(".."),
        Some(_) => false,
    }
}

/// Fires on a name that is not known; as Info for names that even `weights_only=True` allows.
#[must_use]
pub fn check(member: &str, name: &str, at: u64) -> Option<Issue> {
    if is_known(name) {
        return None;
    }
    let severity = if crate::weights_only::names::listed(name).is_some() {
        Severity::Info
    } else {
        Severity::Warning
    };
    Some(
        Issue::new(
            &SCRIPT_GLOBAL,
            format!("{member} imports {name} at byte {at}, which TorchScript does not know"),
        )
        .severity(severity)
        .route(member)
        .subject(name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_python_names_only() {
        for name in [
            "__torch__.torch.nn.modules.linear.Linear",
            "torch.jit._pickle.build_intlist",
            "torch._utils._rebuild_tensor_v2",
            "torch.FloatStorage",
            "collections.OrderedDict",
        ] {
            assert!(check("data.pkl", name, 0).is_none(), "{name}");
        }
        for name in [
            "os.system",
            "builtins.eval",
            "torch.hub.load",
            "torch._utils.evil",
            "numpy.dtype",
        ] {
            assert!(check("data.pkl", name, 0).is_some(), "{name}");
        }
    }
}
