//! Requirements that a served model asks the server to install.

use ma_core::{Evidence, Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A line of the archive's requirements file that takes a package from a URL, a repository, a local path or another index.
    /// ## Why it matters
    /// With `install_py_dep_per_model=true` the server installs what the archive asks for; installing a package runs its code, and an index of the author's choice delivers what the author likes.
    /// ## What it leaves alone
    /// Names with versions, and the download sites of PyTorch and PyG.
    /// ## What to do
    /// Install the requirements yourself from an index you trust.
    pub static SERVE_REQUIREMENTS = {
        code: "TOR019", name: "torchserve-requirements", severity: Warning,
        title: "The archive installs packages from a place of its own",
        references: [Cwe(829), Spec("https://pip.pypa.io/en/stable/reference/requirements-file-format/")],
    }
}

/// Where frameworks keep builds of their own. The usual index of Python needs no option.
const USUAL: &[&str] = &["https://download.pytorch.org/", "https://data.pyg.org/"];

/// Why a line is unusual.
#[must_use]
pub fn judge(line: &str) -> Option<&'static str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    // Every address in the line must be one of these, and begin so: `https://evil/?https://usual/`
    // does not.
    let addresses = || {
        lower
            .split([' ', '\t', '=', '@'])
            .filter(|word| word.contains("://"))
    };
    let usual = addresses().next().is_some()
        && addresses().all(|word| USUAL.iter().any(|index| word.starts_with(index)));
    let option = |names: &[&str]| {
        names.iter().any(|name| {
            lower
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([' ', '=', '\t']) || rest.is_empty())
        })
    };
    if option(&[
        "--index-url",
        "-i",
        "--extra-index-url",
        "--find-links",
        "-f",
        "--trusted-host",
    ]) {
        return (!usual).then_some("takes packages from another index");
    }
    if option(&["-r", "--requirement", "-c", "--constraint"]) {
        return crate::rules::serve_manifest::escapes(line.rsplit(' ').next().unwrap_or(line));
    }
    if lower.contains("://") || lower.starts_with("git+") {
        return (!usual).then_some("takes a package from a URL");
    }
    if option(&["-e", "--editable"]) || lower.starts_with(['.', '/']) || lower.contains("@ file:") {
        return Some("takes a package from a path");
    }
    None
}

/// Fires on one line.
#[must_use]
pub fn check(member: &str, line: &str) -> Option<Issue> {
    let why = judge(line)?;
    let shown: String = line.trim().chars().take(200).collect();
    Some(
        Issue::new(&SERVE_REQUIREMENTS, format!("a line of {member} {why}"))
            .route(member)
            .evidence(Evidence::text("line", shown)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_lines_are_silent() {
        for line in [
            "torch==2.1.0",
            "# https://x",
            "numpy>=1",
            "",
            "--extra-index-url https://download.pytorch.org/whl/cpu",
            "-r base.txt",
        ] {
            assert_eq!(judge(line), None, "{line}");
        }
        for line in [
            "git+https://example.com/x",
            "x @ https://example.com/x.whl",
            "--index-url=http://example.com",
            "-e .",
            "./local",
            "-i http://1.2.3.4/",
            "--index-url https://127.0.0.1/?https://download.pytorch.org/",
        ] {
            assert!(judge(line).is_some(), "{line}");
        }
    }
}
