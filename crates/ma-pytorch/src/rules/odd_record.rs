//! Small records with a content that torch refuses.

use ma_core::{Evidence, Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A `byteorder` that is neither `little` nor `big`, a `version`, `.format_version` or `.storage_alignment` that is no number.
    /// ## Why it matters
    /// torch refuses the file after it has opened it; such a file was not written by torch, and a byte order that readers understand in different ways gives different weights.
    /// ## What it leaves alone
    /// Records that are missing: older versions did not write them.
    /// ## What to do
    /// Ask where the file comes from.
    pub static ODD_RECORD = {
        code: "TOR008", name: "torch-odd-record", severity: Warning,
        title: "A record of the checkpoint has a content that torch refuses",
        references: [Cwe(20), Spec("https://docs.pytorch.org/docs/stable/notes/serialization.html")],
    }
}

/// The records that are checked.
pub const RECORDS: &[&str] = &[
    "byteorder",
    "version",
    ".format_version",
    ".storage_alignment",
];

/// Fires on one of [`RECORDS`] with an impossible content.
#[must_use]
pub fn check(record: &str, content: &[u8]) -> Option<Issue> {
    let fine = if record == "byteorder" {
        matches!(content, b"little" | b"big")
    } else {
        // C++ reads the leading digits and ignores what follows.
        let digits = content.trim_ascii_start();
        digits.first().is_some_and(u8::is_ascii_digit) && content.len() <= 24
    };
    if fine {
        return None;
    }
    let shown = String::from_utf8_lossy(content.get(..64).unwrap_or(content));
    Some(
        Issue::new(
            &ODD_RECORD,
            format!("the record {record} holds what torch does not accept"),
        )
        .route(record)
        .evidence(Evidence::text("content", shown)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_garbage_only() {
        for (record, content) in [
            ("byteorder", &b"little"[..]),
            ("version", b"3\n"),
            (".storage_alignment", b"64"),
        ] {
            assert!(check(record, content).is_none(), "{record}");
        }
        for (record, content) in [
            ("byteorder", &b"middle"[..]),
            ("version", b"x"),
            ("version", b""),
            ("byteorder", b""),
        ] {
            assert!(check(record, content).is_some(), "{record}");
        }
    }
}
