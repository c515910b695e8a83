//! What a llamafile is started with.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// Lines of `.args` that switch off the sandbox (`--unsecure`), fetch something from the network,
    /// or name files outside the llamafile. Info: a server that all machines of the network can reach.
    /// ## Why it matters
    /// The arguments are used as soon as somebody starts the file, and nobody sees them: they can load
    /// another model than the one inside, read files of yours into the prompt, or write logs to any
    /// place.
    /// ## What it leaves alone
    /// The usual arguments: `-m`, `--mmproj`, `-ngl`, `--chat-template`, `...`, files below `/zip/`.
    /// ## What to do
    /// Start the program with arguments of your own, or take the model out of it.
    pub static LLAMAFILE_ARGUMENTS = {
        code: "GUF041", name: "llamafile-arguments", severity: Warning,
        title: "A llamafile starts itself with risky arguments",
        references: [Cwe(88), Spec("https://github.com/mozilla-ai/llamafile")],
    }
}

/// Fires on each risky line.
#[must_use]
pub fn check(text: &str) -> Vec<Issue> {
    let lines = text.lines().map(str::trim).take(MOST_LINES);
    let fired = lines.enumerate().filter_map(|(i, line)| {
        let (what, severity) = judge(line)?;
        let at = i.saturating_add(1);
        Some(
            Issue::new(&LLAMAFILE_ARGUMENTS, what)
                .severity(severity)
                .route(format!(".args line {at}"))
                .evidence(Evidence::text("argument", shown(line))),
        )
    });
    fired.collect()
}

/// Lines that are read.
const MOST_LINES: usize = 4096;

fn judge(line: &str) -> Option<(String, Severity)> {
    let value = line.split_once('=').map_or(line, |(_, value)| value);
    let name = line.split('=').next().unwrap_or(line);
    let fetches = [
        "-mu",
        "--model-url",
        "-hf",
        "-hfr",
        "--hf-repo",
        "--hf-file",
        "--rpc",
        "-dr",
    ];
    if name == "--unsecure" {
        let what = "Switches off the sandbox of the llamafile";
        return Some((what.to_owned(), Severity::Warning));
    }
    if fetches.contains(&name) || value.contains("://") {
        let what = "Takes something from the network";
        return Some((what.to_owned(), Severity::Warning));
    }
    if matches!(value, "0.0.0.0" | "::" | "[::]") {
        let what = "Opens its server to the whole network";
        return Some((what.to_owned(), Severity::Info));
    }
    let absolute = value.starts_with('/') && !value.starts_with("/zip/") && value.len() > 1;
    let drive = value.get(1..3).is_some_and(|s| s == ":\\" || s == ":/");
    let above = value.split(['/', '\\']).any(|part| part == "..");
    if absolute || drive || above || value.starts_with("~/") {
        let what = "Names a file outside the llamafile";
        return Some((what.to_owned(), Severity::Warning));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn fires_on_risky_lines() {
        let worst = |text| check(text).into_iter().map(|i| i.severity).max();
        assert_eq!(worst("-m\ntiny.gguf\n-ngl\n999\n--temp\n0\n...\n"), None);
        assert_eq!(worst("-m\n/zip/tiny.gguf\n"), None);
        assert_eq!(worst("--host\n0.0.0.0\n"), Some(ma_core::Severity::Info));
        for bad in [
            "--unsecure",
            "-f\n/etc/passwd",
            "-mu\nhttps://x/y.gguf",
            "-f\n../x",
            "-f\nC:\\x",
        ] {
            assert_eq!(worst(bad), Some(ma_core::Severity::Warning), "{bad}");
        }
    }
}
