//! Storages and tensors that reach beyond their bytes.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::{Misfit, Storage, Tensor};

declare_rule! {
    /// ## What it finds
    /// A storage that needs more bytes than its record has (number of elements × size of one), or a tensor whose offset, dimensions and strides reach beyond its storage or are negative.
    /// ## Why it matters
    /// Versions of torch before 2.10 read and write outside of their memory on such files, also with `weights_only=True`; readers in other languages may do so still.
    /// ## What it leaves alone
    /// Views, transposed and expanded tensors that stay inside. Records with more bytes than needed are Info.
    /// ## What to do
    /// Do not load the file.
    pub static STORAGE_SIZE = {
        code: "TOR004", name: "torch-storage-size", severity: Critical,
        title: "A tensor reaches beyond the bytes of its storage",
        references: [Cve("CVE-2026-24747"), Cwe(125), Cwe(787)],
    }
}

/// Compares a storage with the bytes of its record.
#[must_use]
pub fn check_storage(storage: &Storage, record: u64) -> Option<Issue> {
    let name = format!("data/{}", storage.key);
    let issue = match storage.bytes() {
        Some(needed) if needed > u128::from(record) => Issue::new(
            &STORAGE_SIZE,
            format!(
                "the storage {} needs {needed} bytes and its record has {record}",
                storage.key
            ),
        ),
        Some(needed) if needed < u128::from(record) => Issue::new(
            &STORAGE_SIZE,
            format!(
                "the storage {} needs {needed} bytes of the {record} that its record has",
                storage.key
            ),
        )
        .severity(Severity::Info)
        .why("torch reads the first bytes only; what the others are for is not known."),
        None if storage.numel < 0 => Issue::new(
            &STORAGE_SIZE,
            format!("the storage {} has {} elements", storage.key, storage.numel),
        ),
        _ => return None,
    };
    let fact = format!("{} × {}", storage.numel, storage.kind);
    Some(issue.route(name).evidence(Evidence::fact("storage", fact)))
}

/// Checks that a tensor stays inside its storage.
#[must_use]
pub fn check_tensor(tensor: &Tensor) -> Option<Issue> {
    let what = match tensor.misfit()? {
        Misfit::Negative => "has a negative offset, dimension or stride".to_owned(),
        Misfit::Ranks => "has not as many strides as dimensions".to_owned(),
        Misfit::Beyond { needed, present } => {
            format!("needs {needed} bytes of a storage of {present}")
        }
    };
    let name = tensor.name.as_deref().unwrap_or("without a name");
    let view = format!(
        "offset {}, size {:?}, stride {:?}",
        tensor.offset, tensor.size, tensor.stride
    );
    Some(
        Issue::new(&STORAGE_SIZE, format!("the tensor {name} {what}"))
            .route(format!("data/{}", tensor.storage.key))
            .evidence(Evidence::fact("view", view)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::storage_missing::tests::storage;

    #[test]
    fn storages_must_fit_their_record() {
        let severity = |numel, record| check_storage(&storage(numel), record).map(|i| i.severity);
        assert_eq!(severity(4, 16), None);
        assert_eq!(severity(5, 16), Some(Severity::Critical));
        assert_eq!(severity(-1, 16), Some(Severity::Critical));
        assert_eq!(severity(3, 16), Some(Severity::Info));
        assert_eq!(severity(i64::MAX, 16), Some(Severity::Critical));
    }

    #[test]
    fn tensors_must_fit_their_storage() {
        let tensor = |offset| Tensor {
            name: Some("w".to_owned()),
            dtype: None,
            storage: storage(4),
            itemsize: Some(4),
            offset,
            size: vec![2, 2],
            stride: vec![2, 1],
            at: 0,
        };
        assert!(check_tensor(&tensor(0)).is_none());
        assert!(check_tensor(&tensor(1)).is_some());
    }
}
