//! Packages that carry their own code.

use ma_core::{Evidence, Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A `torch.package` archive: Python sources beside pickles, and a list of modules that are taken from the machine.
    /// ## Why it matters
    /// Loading an object from it imports the sources: they run, by design. The sources are scanned as Python on their own.
    /// ## What it leaves alone
    /// Nothing: every package has this property.
    /// ## What to do
    /// Load packages from sources you trust only, and look at what was reported for the sources.
    pub static PACKAGE_SOURCE = {
        code: "TOR012", name: "torch-package-runs-source", severity: Info,
        title: "The package runs the Python sources that it carries",
        references: [Cwe(829), Spec("https://docs.pytorch.org/docs/stable/package.html")],
    }
}

/// Modules that a model seldom needs and an attacker likes.
const TELLING: &[&str] = &[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "pty",
    "socket",
    "shutil",
    "ctypes",
    "importlib",
    "builtins",
    "runpy",
    "code",
    "pickle",
    "marshal",
    "requests",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "multiprocessing",
    "webbrowser",
    "signal",
    "asyncio",
];

/// Fires on every package; `sources` are the names of its Python files, `externs` the lines of
/// `.data/extern_modules`.
#[must_use]
pub fn check(sources: usize, externs: &[&str]) -> Issue {
    let telling: Vec<&str> = externs
        .iter()
        .copied()
        .filter(|module| {
            let top = module.split('.').next().unwrap_or(module);
            TELLING.contains(&top)
        })
        .take(20)
        .collect();
    let issue = Issue::new(
        &PACKAGE_SOURCE,
        format!(
            "loading from this package runs its {sources} Python sources; it takes {} modules from the machine",
            externs.len()
        ),
    );
    if telling.is_empty() {
        issue
    } else {
        issue.evidence(Evidence::text("modules of the machine", telling.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telling_modules_are_listed() {
        let issue = check(2, &["torch.nn", "os.path", "subprocess"]);
        assert_eq!(issue.evidence[0].text, "os.path, subprocess");
        assert!(check(2, &["torch"]).evidence.is_empty());
    }
}
