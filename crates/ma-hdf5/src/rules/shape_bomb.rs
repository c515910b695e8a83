//! Shapes that need far more memory than there are bytes.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{Dataset, Layout};

use super::{Found, MAX_ISSUES, short};

/// Bytes that any machine can hold.
const FLOOR: u64 = 256 << 20;
/// What compression of honest data gives at most.
const RATIO: u64 = 1000;

declare_rule! {
    /// ## What it finds
    /// A dataset whose shape needs more than 256 MiB and more than 1000 times the bytes that are stored for it, or more than 64 bits can count.
    /// ## Why it matters
    /// Reading it allocates what the shape says: a file of some kilobytes takes all memory of the machine that loads it.
    /// ## What it leaves alone
    /// Large data that are there, and compressed zeros below 1000 to 1. Datasets whose bytes come from other files, which other rules name.
    /// ## What to do
    /// Do not load it; look at its shape with `modelaudit inspect`.
    pub static SHAPE_BOMB = {
        code: "HDF006", name: "hdf5-shape-bomb", severity: Warning,
        title: "A shape needs far more memory than there are bytes",
        references: [Cve("CVE-2026-0897"), Cwe(789), Cwe(409)],
    }
}

/// One issue a dataset.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    found
        .file
        .datasets()
        .filter_map(|(object, dataset)| {
            let (needs, stored) = bomb(dataset, found.len)?;
            let shape = dataset.shape.as_deref().unwrap_or_default();
            let path = short(&object.path);
            let message = match needs {
                Some(needs) => {
                    format!(
                        "`{path}` needs {needs} bytes of memory, and {stored} are stored for it"
                    )
                }
                None => format!("`{path}` needs more memory than 64 bits can count"),
            };
            Some(
                Issue::new(&SHAPE_BOMB, message)
                    .at(object.address..object.address.saturating_add(16))
                    .route(path)
                    .evidence(Evidence::fact("shape", crate::scanner::shape_text(shape))),
            )
        })
        .take(MAX_ISSUES)
        .collect()
}

/// What it needs (`None` = too much to count) and what is stored, when that is out of proportion.
fn bomb(dataset: &Dataset, len: u64) -> Option<(Option<u64>, u64)> {
    if !dataset.external_files.is_empty() || matches!(dataset.layout, Some(Layout::Virtual(_))) {
        return None;
    }
    let shape = dataset.shape.as_ref()?;
    let size = dataset.dtype.as_ref()?.size;
    if shape.contains(&0) || size == 0 {
        return None;
    }
    // What is not known can't be more than the whole file.
    let stored = dataset.stored.unwrap_or(len).min(len);
    let Some(needs) = dataset.logical_size() else {
        return Some((None, stored));
    };
    (needs > FLOOR && needs / RATIO > stored).then_some((Some(needs), stored))
}

#[cfg(test)]
mod tests {
    use super::bomb;
    use crate::model::{Class, Dataset, Dtype, Layout};

    fn dataset(shape: &[u64], stored: Option<u64>) -> Dataset {
        Dataset {
            dtype: Some(Dtype {
                size: 4,
                class: Class::Float { big_endian: false },
            }),
            shape: Some(shape.to_vec()),
            stored,
            ..Dataset::default()
        }
    }

    #[test]
    fn only_what_is_out_of_proportion_counts() {
        let million = [1 << 20, 1 << 12];
        assert_eq!(
            bomb(&dataset(&million, Some(0)), 5000),
            Some((Some(1 << 34), 0))
        );
        // What is not known can't be more than the file.
        assert!(bomb(&dataset(&million, None), 5000).is_some());
        assert_eq!(bomb(&dataset(&million, None), 1 << 34), None);
        assert_eq!(bomb(&dataset(&million, Some(1 << 34)), 1 << 35), None);
        // Compressed zeros.
        assert_eq!(bomb(&dataset(&million, Some(1 << 25)), 1 << 26), None);
        assert_eq!(bomb(&dataset(&[1 << 20], Some(0)), 5000), None);
        assert_eq!(bomb(&dataset(&[u64::MAX, 0], Some(0)), 5000), None);
        assert_eq!(
            bomb(&dataset(&[u64::MAX, 2], Some(0)), 5000),
            Some((None, 0))
        );
        let mut other = dataset(&million, Some(0));
        other.layout = Some(Layout::Virtual(Vec::new()));
        assert_eq!(bomb(&other, 5000), None);
    }
}
