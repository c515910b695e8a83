//! What the JSON of an exported program calls and computes.

use ma_core::{Evidence, Issue, Severity, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A node of an exported program (`.pt2`) whose target is no operator of the namespaces that torch and its usual companions register.
    /// ## Why it matters
    /// The loader walks a target like `torch.a.b` by attributes from the `torch` module, so that it can reach any Python function that lies below it. Operators of other namespaces need a library that somebody has to install.
    /// ## What it leaves alone
    /// `torch.ops` of known namespaces, `_operator`, `math` and symbolic operators. Unknown namespaces of `torch.ops` are Warning, walks to other things Critical.
    /// ## What to do
    /// Ask what the operator is; do not load a program that reaches beyond `torch.ops`.
    pub static EXPORT_TARGET = {
        code: "TOR014", name: "torch-export-target", severity: Warning,
        title: "The exported program calls something unusual",
        references: [Cwe(470), Spec("https://docs.pytorch.org/docs/stable/export.html")],
    }
}

declare_rule! {
    /// ## What it finds
    /// A symbolic expression in an exported program (`expr_str`) that is more than names, numbers, operators and calls of symbolic functions.
    /// ## Why it matters
    /// The loader gives the text to `sympy.sympify`, which evaluates it as Python: a string or an attribute in it is a way to run code.
    /// ## What it leaves alone
    /// Expressions such as `2*s0 + 1`, `Max(1, u0)` and `FloorDiv(s0, 2)`.
    /// ## What to do
    /// Do not load the file.
    pub static EXPORT_EXPRESSION = {
        code: "TOR015", name: "torch-export-expression", severity: Critical,
        title: "A symbolic expression holds code",
        references: [Cwe(95), Spec("https://docs.sympy.org/latest/modules/core.html#sympy.core.sympify.sympify")],
    }
}

/// Namespaces of `torch.ops` that are registered by torch and its usual companions.
const NAMESPACES: &[&str] = &[
    "aten",
    "prims",
    "prim",
    "higher_order",
    "_c10d_functional",
    "c10d_functional",
    "c10d",
    "quantized",
    "quantized_decomposed",
    "_quantized",
    "torchvision",
    "torchaudio",
    "torchao",
    "torchtext",
    "inductor",
    "fbgemm",
    "mkldnn",
    "onednn",
    "xnnpack",
    "prepacked",
    "profiler",
    "rngprims",
    "debugprims",
    "sparse",
    "_inductor_test",
    "symm_mem",
    "dtensor",
    "mps",
    "vulkan",
    "executorch",
    "llama",
    "export",
    "streaming",
];

/// The severity with which a target is reported, if at all.
#[must_use]
pub fn judge_target(target: &str) -> Option<Severity> {
    if let Some(rest) = target.strip_prefix("torch.ops.") {
        let namespace = rest.split('.').next().unwrap_or(rest);
        if rest.contains("__") && !rest.split('.').all(is_operator_part) {
            return Some(Severity::Critical);
        }
        return (!NAMESPACES.contains(&namespace)).then_some(Severity::Warning);
    }
    let parts: Vec<&str> = target.split('.').collect();
    match parts.as_slice() {
        ["_operator" | "math", name] if is_operator_part(name) => None,
        ["torch", name] if name.starts_with("sym_") || name.starts_with("_sym_") => None,
        ["torch", "fx" | "utils" | "sym_ops", ..] | ["torch", "_higher_order_ops", ..] => {
            Some(Severity::Warning)
        }
        ["torch", "_check" | "_check_is_size"] => None,
        ["torch" | "_operator" | "math", ..] => Some(Severity::Critical),
        _ => Some(Severity::Warning),
    }
}

/// `add`, `__and__` as operators are named; no other double underscore.
fn is_operator_part(part: &str) -> bool {
    const DUNDERS: &[&str] = &[
        "__and__",
        "__or__",
        "__xor__",
        "__lshift__",
        "__rshift__",
        "__iand__",
        "__ior__",
        "__ixor__",
        "__ilshift__",
        "__irshift__",
        "__contains__",
        "__getitem__",
    ];
    !part.contains("__") || DUNDERS.contains(&part)
}

/// Fires on one target.
#[must_use]
pub fn check_target(member: &str, target: &str) -> Option<Issue> {
    let severity = judge_target(target)?;
    let shown: String = target.chars().take(200).collect();
    Some(
        Issue::new(&EXPORT_TARGET, format!("a node of {member} calls {shown}"))
            .severity(severity)
            .route(member)
            .subject(shown),
    )
}

/// Whether an expression is more than symbols, numbers and calls.
#[must_use]
pub fn is_code(expression: &str) -> bool {
    let chars: Vec<char> = expression.chars().take(20_000).collect();
    let attribute = chars
        .windows(2)
        .any(|pair| matches!(pair, ['.', next] if next.is_alphabetic() || *next == '_'));
    attribute
        || expression.contains("__")
        || expression.contains(['\'', '"', ';', '\n', '`', '{', '@', '\\'])
        || expression.contains("lambda")
        || expression.contains(":=")
        || [
            "eval", "exec", "import", "open", "compile", "getattr", "globals", "input",
        ]
        .iter()
        .any(|name| calls(expression, name))
}

/// `name(` as a whole word.
fn calls(expression: &str, name: &str) -> bool {
    expression.match_indices(name).any(|(at, _)| {
        let before = expression.get(..at).and_then(|s| s.chars().next_back());
        let after = expression
            .get(at.saturating_add(name.len())..)
            .unwrap_or("");
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && after.trim_start().starts_with('(')
    })
}

/// Fires on one expression.
#[must_use]
pub fn check_expression(member: &str, expression: &str) -> Option<Issue> {
    is_code(expression).then(|| {
        let shown: String = expression.chars().take(400).collect();
        Issue::new(
            &EXPORT_EXPRESSION,
            format!("an expression of {member} is code that sympy evaluates"),
        )
        .route(member)
        .evidence(Evidence::code("expression", shown))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_judged_by_where_they_lead() {
        for (target, want) in [
            ("torch.ops.aten.add.Tensor", None),
            ("torch.ops.aten.__and__.Tensor", None),
            ("_operator.add", None),
            ("math.ceil", None),
            ("torch.sym_float", None),
            ("torch.ops.mylib.run", Some(Severity::Warning)),
            ("torch.hub.os.system", Some(Severity::Critical)),
            (
                "torch.ops.aten.__class__.__init__",
                Some(Severity::Critical),
            ),
            ("_operator.__builtins__.eval", Some(Severity::Critical)),
            ("whatever", Some(Severity::Warning)),
        ] {
            assert_eq!(judge_target(target), want, "{target}");
        }
    }

    #[test]
    fn expressions_of_symbols_are_no_code() {
        for expression in [
            "s0",
            "2*s0 + 1",
            "Max(1, u0)",
            "FloorDiv(s0 - 1, 2)",
            "1.5*s77",
            "Mod(s0, 2)",
        ] {
            assert!(!is_code(expression), "{expression}");
        }
        for expression in [
            "__import__('os').system('echo')",
            "exec(s0)",
            "s0.__class__",
            "(lambda: 1)()",
            "eval (s0)",
        ] {
            assert!(is_code(expression), "{expression}");
        }
    }
}
