//! Bytecode as such.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Stream, range};

declare_rule! {
    /// ## What it finds
    /// Python code objects in marshalled data.
    /// ## Why it matters
    /// Bytecode in a model is a program that the model brings along. It runs when the model is used, nobody reads it, and what it does can be hidden better than in source.
    /// ## What it leaves alone
    /// Marshalled data without code. `.pyc` files are only noted: they run when somebody imports them.
    /// ## What to do
    /// Prefer models that need no embedded code. For Keras, replace `Lambda` layers by registered layers; keep `safe_mode` on.
    pub static CARRIES_CODE = {
        code: "MAR002", name: "marshal-carries-code", severity: Warning,
        title: "Carries Python bytecode",
        references: [Cwe(502), Spec("https://docs.python.org/3/library/marshal.html")],
    }
}

/// Fires once for a stream with code objects.
#[must_use]
pub fn check(stream: &Stream<'_>) -> Option<Issue> {
    let (node, _) = stream.parsed.code_objects().next()?;
    let count = stream.parsed.code_objects().count();
    let names: Vec<&str> = stream
        .summary
        .functions
        .iter()
        .take(8)
        .map(String::as_str)
        .collect();
    let functions = if count == 1 {
        "1 function".to_owned()
    } else {
        format!("{count} functions")
    };
    let mut issue = Issue::new(
        &CARRIES_CODE,
        format!("bytecode of {functions}: {}", names.join(", ")),
    )
    .severity(if stream.module {
        Severity::Info
    } else {
        Severity::Warning
    })
    .at(range(stream, &node.range));
    if !stream.summary.imports.is_empty() {
        let imports: Vec<&str> = stream
            .summary
            .imports
            .iter()
            .take(32)
            .map(String::as_str)
            .collect();
        issue = issue.evidence(Evidence::fact("imports", imports.join(", ")));
    }
    let calls: Vec<String> = stream
        .summary
        .calls
        .iter()
        .take(12)
        .map(ToString::to_string)
        .collect();
    if !calls.is_empty() {
        issue = issue.evidence(Evidence::code("calls", calls.join("\n")));
    }
    Some(issue)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::marshal::rules::tests::{file, fired, fired_in_pyc};

    #[test]
    fn fires_and_stays_silent() {
        let rule = "marshal-carries-code";
        assert_eq!(
            fired(rule, &file("lambda-3.12.bin")),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired_in_pyc(rule, &file("lambda-3.11.bin")),
            Some(Severity::Info)
        );
        assert_eq!(fired(rule, b")\x02i\x01\0\0\0z\x01a"), None);
    }
}
