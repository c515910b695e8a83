//! Storages without a record.

use ma_core::{Issue, declare_rule};

use crate::model::Storage;

declare_rule! {
    /// ## What it finds
    /// A persistent id in the pickle that names a storage which the archive does not hold.
    /// ## Why it matters
    /// torch stops there with an error, after it has run everything before that place in the pickle. What is wrong with such a file is most often that a part of it got lost.
    /// ## What it leaves alone
    /// Storages of zero elements.
    /// ## What to do
    /// Fetch the file again; if the record is still missing, do not use it.
    pub static STORAGE_MISSING = {
        code: "TOR003", name: "torch-storage-missing", severity: Info,
        title: "The pickle names a storage that is not in the file",
        references: [Cwe(20), Spec("https://docs.pytorch.org/docs/stable/notes/serialization.html")],
    }
}

/// Fires for one storage.
#[must_use]
pub fn check(storage: &Storage, present: bool) -> Option<Issue> {
    if present || storage.numel == 0 {
        return None;
    }
    Some(
        Issue::new(
            &STORAGE_MISSING,
            format!(
                "the pickle asks for the storage {} ({} × {}), and there is no such record",
                storage.key, storage.numel, storage.kind
            ),
        )
        .route(format!("data/{}", storage.key)),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn storage(numel: i64) -> Storage {
        Storage {
            kind: "torch.FloatStorage".to_owned(),
            itemsize: Some(4),
            key: "0".to_owned(),
            location: "cpu".to_owned(),
            numel,
            view: None,
            at: 0,
        }
    }

    #[test]
    fn fires_when_the_record_is_missing() {
        assert!(check(&storage(4), false).is_some());
        assert!(check(&storage(4), true).is_none());
        assert!(check(&storage(0), false).is_none());
    }
}
