//! What else a llamafile holds.

use ma_core::{Entry, Issue, declare_rule};

use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// Members of the zip at the end that are scripts or native libraries, other than the GPU libraries
    /// of ggml (`ggml-*`).
    /// ## Why it matters
    /// A llamafile unpacks libraries and loads them. A genuine one brings those of ggml and no scripts.
    /// ## What it leaves alone
    /// Models, arguments, time zones, web pages, symbol tables, and libraries named `ggml-…`.
    /// ## What to do
    /// Compare the members with those of the official release of the same version.
    pub static LLAMAFILE_MEMBER = {
        code: "GUF042", name: "llamafile-foreign-member", severity: Warning,
        title: "A llamafile carries scripts or libraries of its own",
        references: [Cwe(506), Spec("https://github.com/mozilla-ai/llamafile")],
    }
}

/// Extensions of what runs.
const RUNS: &[&str] = &[
    "so", "dll", "dylib", "exe", "com", "sh", "bash", "bat", "cmd", "ps1", "py", "pl", "rb", "vbs",
    "lua",
];

/// Fires on each member.
#[must_use]
pub fn check(entries: &[Entry]) -> Vec<Issue> {
    let foreign = entries.iter().filter(|e| {
        let base = e.name.rsplit('/').next().unwrap_or(&e.name);
        let extension = ma_core::artifact::extension(base);
        RUNS.contains(&extension.as_str()) && !base.starts_with("ggml-")
    });
    let fired = foreign.take(64).map(|e| {
        let name = shown(&e.name);
        let mut issue = Issue::new(
            &LLAMAFILE_MEMBER,
            format!("`{name}` is no part of a llamafile"),
        );
        issue = issue.route(name);
        match &e.stored_at {
            Some(range) => issue.at(range.clone()),
            None => issue,
        }
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use ma_core::Entry;

    #[test]
    fn fires_on_scripts_and_libraries() {
        let count = |name: &str| check(&[Entry::file(name)]).len();
        assert_eq!(count("usr/local/evil.so"), 1);
        assert_eq!(count("run.SH"), 1);
        for good in [
            "ggml-cuda.so",
            "tiny.gguf",
            ".args",
            "usr/share/zoneinfo/UTC",
            "index.js",
        ] {
            assert_eq!(count(good), 0, "{good}");
        }
    }
}
