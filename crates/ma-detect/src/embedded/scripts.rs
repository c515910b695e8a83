//! Scripts: text among numbers, and command lines in text that hide what they do.

use super::What;
use crate::search::printable_run;

/// Where a look at binary data begins. Shells spell their names in any case; so spelled in full they
/// occur in no weights.
pub(super) const LITERALS: &[&[u8]] = &[
    b"#!/",
    b"powershell",
    b"PowerShell",
    b"@echo off",
    b"import os",
    b"import subprocess",
    b"import socket",
    b"__import__(",
    b"os.system(",
    b"base64.b64decode(",
    b"<script",
    b"CreateObject(",
];

/// Where a look at text begins.
pub(super) const COMMANDS: &[&str] = &["powershell", "downloadstring("];

/// Printable characters that must stand around a hit in binary data.
const MIN_RUN: usize = 64;

/// What the text at `at` in binary data is.
pub(super) fn recognise(bytes: &[u8], at: usize) -> Option<(usize, What)> {
    let here = bytes.get(at..)?;
    let title = match here {
        [b'#', b'!', b'/', ..] => shebang(here)?,
        [b'p' | b'P', b'o', b'w', ..] => "a PowerShell command",
        [b'@', b'e', b'c', b'h', b'o', ..] => "a Windows batch file",
        [b'i', b'm', b'p', ..] | [b'_', b'_', b'i', ..] | [b'o', b's', b'.', ..] => "Python source",
        [b'b', b'a', b's', b'e', ..] => "Python source",
        [b'<', b's', ..] => "a page with a script",
        [b'C', b'r', b'e', ..] => "a Visual Basic or JScript program",
        _ => return None,
    };
    let (start, end) = printable_run(bytes, at, 4000);
    let long = end.saturating_sub(start) >= MIN_RUN;
    long.then_some((at, What::Script(title)))
}

fn shebang(here: &[u8]) -> Option<&'static str> {
    let line = here.split(|b| *b == b'\n').next()?;
    let line = line.get(2..).filter(|line| line.len() < 128)?;
    let known = [
        &b"/bin/"[..],
        b"/usr/bin/",
        b"/usr/local/bin/",
        b"/system/bin/",
    ];
    let absolute = known.iter().any(|k| line.starts_with(k));
    (absolute && line.iter().all(|b| matches!(b, 0x20..=0x7e | b'\r'))).then_some("a script")
}

/// A command line in text that is encoded, or that runs what it downloads.
pub(super) fn command(here: &[u8]) -> Option<&'static str> {
    let line = here.get(..here.len().min(600))?;
    let line = line.split(|b| *b == b'\n').next()?;
    let lower = String::from_utf8_lossy(line).to_ascii_lowercase();
    if lower.starts_with("powershell") {
        let encoded = lower
            .split_whitespace()
            .zip(lower.split_whitespace().skip(1));
        let mut pairs = encoded.filter(|(option, _)| {
            option.len() >= 2 && "-encodedcommand".starts_with(option) && !"-ex".starts_with(option)
                || *option == "-e"
        });
        let base64 = |text: &str| {
            let body = text.trim_matches(['"', '\'']);
            body.len() >= 40
                && body
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        };
        if pairs.any(|(_, value)| base64(value)) {
            return Some("a PowerShell command that is encoded");
        }
        let runs = lower.contains("iex") || lower.contains("invoke-expression");
        let loads = lower.contains("downloadstring")
            || lower.contains("invoke-webrequest")
            || lower.contains("iwr ");
        return (runs && loads).then_some("a PowerShell command that runs what it downloads");
    }
    None
}
