//! The data files: which operators there are, and what a domain means.

use std::collections::HashSet;
use std::sync::OnceLock;

const OPERATORS: &str = include_str!("../data/operators.tsv");
const DOMAINS: &str = include_str!("../data/domains.tsv");

/// What a domain means to whoever loads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grade {
    /// Every runtime has its operators.
    Standard,
    /// ONNX Runtime has them.
    Runtime,
    /// Exporters define them in the file itself.
    Functions,
    /// A known library of operators has to be loaded.
    Extension,
    /// A plugin has to be loaded.
    Native,
    /// Nobody knows.
    Unknown,
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

/// Whether an operator is known in its domain (`""` for the standard one).
pub(crate) fn is_operator(domain: &str, name: &str) -> bool {
    static ALL: OnceLock<HashSet<(&str, &str)>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        rows(OPERATORS)
            .filter_map(|row| match row.as_slice() {
                ["-", name, ..] => Some(("", *name)),
                [domain, name, ..] => Some((*domain, *name)),
                _ => None,
            })
            .collect()
    });
    all.contains(&(domain, name))
}

/// What a domain means, and whose it is.
pub(crate) fn domain(domain: &str) -> (Grade, &'static str) {
    let domain = if domain.is_empty() { "-" } else { domain };
    for row in rows(DOMAINS) {
        let [pattern, grade, what, ..] = row.as_slice() else {
            continue;
        };
        let matches = match pattern.strip_suffix('*') {
            Some(start) => domain.starts_with(start),
            None => domain == *pattern,
        };
        if matches {
            let grade = match *grade {
                "standard" => Grade::Standard,
                "runtime" => Grade::Runtime,
                "functions" => Grade::Functions,
                "extension" => Grade::Extension,
                _ => Grade::Native,
            };
            return (grade, what);
        }
    }
    (Grade::Unknown, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read() {
        assert!(is_operator("", "Conv"));
        assert!(is_operator("", "GRUUnit"));
        assert!(is_operator("ai.onnx.ml", "TreeEnsembleClassifier"));
        assert!(is_operator("com.microsoft", "MatMulNBits"));
        assert!(!is_operator("", "RunShell"));
        assert_eq!(domain("").0, Grade::Standard);
        assert_eq!(domain("pkg.torch.2.8").0, Grade::Functions);
        assert_eq!(domain("TRT").0, Grade::Native);
        assert_eq!(domain("evil").0, Grade::Unknown);
        for row in rows(DOMAINS).chain(rows(OPERATORS)) {
            assert!(row.len() >= 3, "{row:?}");
        }
    }
}
