//! A vector that needs the code of a package to be read.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Input, MAX_ISSUES, whose};

declare_rule! {
    /// ## What it finds
    /// A vector of an alternative representation (ALTREP) whose class is none of base R, or one of base R that maps a file of the machine into memory (`mmap_real`, `mmap_integer`).
    /// ## Why it matters
    /// Reading it loads the named package, runs what that package does when it is loaded and calls its code with data of the file. The mapping classes open a path that the file names.
    /// ## What it leaves alone
    /// The classes that R itself writes: compact sequences, deferred strings, wrappers.
    /// ## What to do
    /// Check that you know and trust the package before you load the file.
    pub static ALTREP = {
        code: "RDA007", name: "rdata-altrep", severity: Warning,
        title: "A vector that needs the code of a package to be read",
        references: [Cwe(829), Spec("https://svn.r-project.org/R/branches/ALTREP/ALTREP.html")],
    }
}

/// The classes of base R that hold nothing but data.
const KNOWN: [&str; 11] = [
    "compact_intseq",
    "compact_realseq",
    "deferred_string",
    "wrap_integer",
    "wrap_logical",
    "wrap_real",
    "wrap_complex",
    "wrap_raw",
    "wrap_string",
    "wrap_list",
    "wrap_expression",
];

/// Fires once for each class.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut issues = Vec::new();
    for (class, package, id) in &input.facts.altrep {
        let base = package == "base";
        let pair = (class.as_str(), package.as_str());
        if (base && KNOWN.contains(&pair.0)) || seen.contains(&pair) || issues.len() >= MAX_ISSUES {
            continue;
        }
        seen.push(pair);
        let message = if base && class.starts_with("mmap") {
            "A vector maps a file of the machine into memory".to_owned()
        } else if base {
            "A vector is of a class that R does not write".to_owned()
        } else {
            "Reading a vector loads the package that made it".to_owned()
        };
        let issue = Issue::new(&ALTREP, message)
            .evidence(Evidence::text("class", class.clone()))
            .evidence(Evidence::text("package", package.clone()))
            .subject(format!("{package}::{class}"));
        issues.push(whose(input, *id, issue));
    }
    issues
}
