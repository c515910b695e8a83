//! Values that break a rule of the format.

use ma_core::{Issue, declare_rule};

use crate::model::{AnomalyKind, Dataset, Filter, Layout};

use super::{Found, MAX_ISSUES, about, of_kind, short};

declare_rule! {
    /// ## What it finds
    /// A value that the format forbids and that readers are known to trip over: members and bits outside of their element, arrays whose sizes do not fit, chunks that do not fit their dataset, data shorter than their shape, filters with impossible parameters, an object that is used and counts no reference.
    /// ## Why it matters
    /// The library is written in C and has been made to write outside of its memory by such values. No library writes them.
    /// ## What it leaves alone
    /// Whatever the specification allows, however unusual.
    /// ## What to do
    /// Do not open it with an old HDF5 library; ask where it comes from.
    pub static INVALID_STRUCTURE = {
        code: "HDF010", name: "hdf5-invalid-structure", severity: Warning,
        title: "A value breaks a rule of the format",
        references: [Cve("CVE-2016-4330"), Cve("CVE-2016-4331"), Cve("CVE-2016-4332"), Cve("CVE-2016-4333"), Cwe(787)],
    }
}

/// One issue a value.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let mut issues = of_kind(found, AnomalyKind::Invariant, &INVALID_STRUCTURE);
    issues.extend(of_kind(
        found,
        AnomalyKind::NoReferences,
        &INVALID_STRUCTURE,
    ));
    for (object, dataset) in found.file.datasets() {
        if issues.len() >= MAX_ISSUES {
            break;
        }
        for text in faults(dataset) {
            issues.push(
                Issue::new(&INVALID_STRUCTURE, about(&object.path, &text))
                    .at(object.address..object.address.saturating_add(16))
                    .route(short(&object.path)),
            );
        }
    }
    issues
}

/// What is wrong between the messages of a dataset.
fn faults(dataset: &Dataset) -> Vec<String> {
    let mut faults: Vec<String> = dataset.filters.iter().filter_map(filter).collect();
    if dataset.filters.len() > 32 {
        faults.push(format!(
            "it has {} filters, of at most 32",
            dataset.filters.len()
        ));
    }
    let short = match (&dataset.layout, dataset.stored, dataset.logical_size()) {
        (Some(Layout::Compact(_) | Layout::Contiguous(Some(_))), Some(stored), Some(needs))
            if dataset.external_files.is_empty() && stored < needs =>
        {
            Some((stored, needs))
        }
        _ => None,
    };
    if let Some((stored, needs)) = short {
        faults.push(format!(
            "its shape needs {needs} bytes, and its data have {stored}"
        ));
    }
    let shape = dataset.shape.as_deref().unwrap_or_default();
    if shape.iter().zip(&dataset.max_shape).any(|(n, max)| n > max) {
        faults.push("its shape is larger than its largest shape".to_owned());
    }
    faults
}

/// What is wrong with the parameters of one of the library's own filters.
fn filter(filter: &Filter) -> Option<String> {
    let params = filter.params.as_slice();
    let first = params.first().copied();
    let wrong = match filter.id {
        1 => first.is_some_and(|level| level > 9),
        // Parameters, pixels in a block (even, at most 32), bits in a pixel, pixels in a line.
        4 => {
            params.len() != 4
                || params
                    .get(1)
                    .is_some_and(|n| *n == 0 || *n > 32 || *n % 2 != 0)
        }
        5 => first.map(u64::from) != Some(params.len() as u64),
        6 => params.len() != 20,
        _ => false,
    };
    let name = crate::filters::name(filter.id).unwrap_or("");
    wrong.then(|| format!("the filter {name} has impossible parameters"))
}

#[cfg(test)]
mod tests {
    use super::filter;
    use crate::model::Filter;

    #[test]
    fn parameters_are_held_to_what_the_library_writes() {
        let with = |id, params: &[u32]| {
            let filter_of = Filter {
                id,
                name: String::new(),
                flags: 0,
                params: params.to_vec(),
            };
            filter(&filter_of).is_some()
        };
        assert!(!with(1, &[6]) && with(1, &[10]));
        assert!(!with(4, &[141, 32, 8, 64]) && with(4, &[141, 33, 8, 64]) && with(4, &[141]));
        assert!(!with(5, &[3, 0, 1]) && with(5, &[200, 0, 1]) && with(5, &[]));
        assert!(!with(6, &[0; 20]) && with(6, &[0; 2]));
        assert!(!with(32015, &[]));
    }
}
