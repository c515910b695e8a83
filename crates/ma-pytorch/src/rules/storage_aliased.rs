//! Records that share bytes.

use std::ops::Range;

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// Two records of tensor data that lie on the same bytes of the archive.
    /// ## Why it matters
    /// No writer lays records over each other. Two tensors that share bytes change together when the file is mapped into memory, and the overlap makes a small file expand to a large model.
    /// ## What it leaves alone
    /// Tensors that share one record by name: torch writes shared weights that way.
    /// ## What to do
    /// Ask where the file comes from.
    pub static STORAGE_ALIASED = {
        code: "TOR005", name: "torch-storage-aliased", severity: Warning,
        title: "Two storages lie on the same bytes",
        references: [Cwe(409)],
    }
}

/// Fires on the first overlap among `(name, range)`, which it sorts.
#[must_use]
pub fn check(records: &mut [(&str, Range<u64>)]) -> Option<Issue> {
    records.sort_by_key(|(name, range)| (range.start, range.end, *name));
    records.windows(2).find_map(|pair| {
        let [(first, a), (second, b)] = pair else {
            return None;
        };
        let overlap = a.end > b.start && a.start < a.end && b.start < b.end;
        overlap.then(|| {
            Issue::new(
                &STORAGE_ALIASED,
                format!("the records {first} and {second} lie on the same bytes"),
            )
            .at(b.start..a.end.min(b.end))
            .route(*second)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_overlaps_only() {
        assert!(check(&mut [("a", 0..4), ("b", 4..8), ("c", 4..4)]).is_none());
        assert!(check(&mut [("b", 3..8), ("a", 0..4)]).is_some());
        assert!(check(&mut [("b", 0..4), ("a", 0..4)]).is_some());
    }
}
