//! Counts and lengths for which there is no room.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// A count, a list or a text that is larger than what is left of the file, or a header that ends in
    /// the middle.
    /// ## Why it matters
    /// Either the file was cut off, or its numbers are made up. Loaders that trust them reserve far too
    /// much memory or read what is not theirs.
    /// ## What it leaves alone
    /// Complete files. Numbers beyond 63 bits are `gguf-size-overflow`.
    /// ## What to do
    /// Fetch the file again and compare its checksum. If it stays as it is, do not load it.
    pub static BEYOND_FILE = {
        code: "GUF002", name: "gguf-beyond-file", severity: Warning,
        title: "The header declares more than the file holds",
        references: [Cwe(130), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let message = match &a.kind {
            AnomalyKind::Cut { what } => format!("The file ends inside {what}"),
            AnomalyKind::Beyond {
                what,
                declared,
                room,
            } => format!("The header declares {declared} {what}; there is room for {room}"),
            _ => return None,
        };
        Some(about(&BEYOND_FILE, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    const RULE: &str = "gguf-beyond-file";

    #[test]
    fn fires_on_counts_lengths_and_cuts() {
        assert_eq!(fired(RULE, &File::plain().kv_count(1000).build()), WARNING);
        assert_eq!(
            fired(RULE, &File::plain().tensor_count(1000).build()),
            WARNING
        );
        let file = File::new().kv(kv("a.b", Val::Head(4, 1 << 30))).build();
        assert_eq!(fired(RULE, &file), WARNING);
        let plain = File::plain().build();
        assert_eq!(fired(RULE, &plain[..100]), WARNING);
        assert_eq!(fired(RULE, &plain[..6]), WARNING);
        assert_eq!(fired(RULE, &plain), None);
    }
}
