//! Records that the pickle does not name.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::parse::native::native_kind;
use crate::records::starts_pickle;

declare_rule! {
    /// ## What it finds
    /// A record in `data/` that no persistent id of the pickle names.
    /// ## Why it matters
    /// The loader never reads it, so it is no weight: it is a place to hide something that another step (another pickle, a script, a patched loader) picks up.
    /// ## What it leaves alone
    /// Archives whose pickle could not be followed to its end. A record that looks like numbers is Info. One that starts like a pickle or an archive is a Warning: torch does not read it, and what is in it is scanned and reported on its own. One that starts like a native program or a script is Critical.
    /// ## What to do
    /// Save the file again from its loaded weights, which leaves such records behind.
    pub static UNREFERENCED_RECORD = {
        code: "TOR006", name: "torch-unreferenced-record", severity: Info,
        title: "A storage record is not used by the pickle",
        references: [Cwe(1164), Article("https://github.com/mmaitre314/picklescan/security/advisories")],
    }
}

/// What the first bytes of a record are, when they are no numbers, and how bad it is to find that
/// here: a pickle or an archive is scanned on its own, a program has no business in weights.
#[must_use]
pub fn disguise(head: &[u8]) -> Option<(&'static str, Severity)> {
    if head.starts_with(b"PK\x03\x04") {
        return Some(("zip archive", Severity::Warning));
    }
    if head.starts_with(b"#!/") {
        return Some(("script", Severity::Critical));
    }
    // Two bytes are too few to tell a Windows program from numbers.
    let native =
        native_kind(head).filter(|_| !head.starts_with(b"MZ") || head.starts_with(b"MZ\x90\0"));
    match native {
        Some(what) => Some((what, Severity::Critical)),
        None => starts_pickle(head).then_some(("pickle", Severity::Warning)),
    }
}

/// Fires for one record.
#[must_use]
pub fn check(name: &str, head: &[u8]) -> Issue {
    let issue = match disguise(head) {
        Some((what, severity)) => Issue::new(
            &UNREFERENCED_RECORD,
            format!("no tensor uses the record {name}, and it starts like a {what}"),
        )
        .severity(severity),
        None => Issue::new(
            &UNREFERENCED_RECORD,
            format!("no tensor uses the record {name}"),
        ),
    };
    let shown = head.get(..16).unwrap_or(head);
    issue
        .route(name)
        .evidence(Evidence::bytes("first bytes", shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_the_content() {
        assert_eq!(check("m/data/1", &[0; 16]).severity, Severity::Info);
        assert_eq!(check("m/data/1", b"MZ\x01\x02").severity, Severity::Info);
        for head in [&b"\x80\x02cos\n"[..], b"PK\x03\x04"] {
            assert_eq!(check("m/data/1", head).severity, Severity::Warning);
        }
        for head in [&b"\x7fELF\x02"[..], b"#!/bin/sh"] {
            assert_eq!(check("m/data/1", head).severity, Severity::Critical);
        }
    }
}
