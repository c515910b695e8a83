//! Files that are broken.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A message whose encoding is violated, or that ends too early.
    ///
    /// ## Why it matters
    /// TensorFlow refuses the file, and other readers may read a part of it: then they see another model than a scanner does.
    ///
    /// ## What it leaves alone
    /// Unknown fields, which newer versions add.
    ///
    /// ## What to do
    /// Fetch the file again; ask the author when it stays broken.
    pub static MALFORMED = {
        code: "TFG017", name: "tensorflow-malformed", severity: Info,
        title: "The file is broken",
        references: [Cwe(20), Spec("https://protobuf.dev/programming-guides/encoding/")],
    }
}

/// Fires on the first break.
pub(crate) fn check(what: &str, at: u64, more: usize) -> Issue {
    let message = match more {
        0 => format!("The encoding is broken: {what}"),
        n => format!(
            "The encoding is broken in {} places, first: {what}",
            n.saturating_add(1)
        ),
    };
    Issue::new(&MALFORMED, message).at(at..at.saturating_add(1))
}
