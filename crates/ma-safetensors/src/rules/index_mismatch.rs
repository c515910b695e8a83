//! An index and the files beside it that do not belong together.

use std::ops::Range;

use ma_core::{Issue, Severity, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A shard that an index names and that is not there, a shard beside it that it does not name, a tensor
    /// that it names twice in different files, and an index that is no complete JSON.
    /// ## Why it matters
    /// The model is not complete, or not the one that its author put together.
    /// ## What it leaves alone
    /// Indexes that are looked at without the files beside them.
    /// ## What to do
    /// Fetch the missing files, or ask the author about the ones that are not named.
    pub static INDEX_MISMATCH = {
        code: "SAF014", name: "safetensors-index-mismatch", severity: Info,
        title: "The index and the shards do not belong together",
        references: [Cwe(1357), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// A shard that is not there.
pub(crate) fn missing(name: &str, range: Range<u64>) -> Issue {
    Issue::new(&INDEX_MISMATCH, format!("The shard `{name}` is not there")).at(range)
}

/// A shard that is not named.
pub(crate) fn unnamed(name: &str) -> Issue {
    let message = format!("The shard `{name}` lies beside the index, which does not name it");
    Issue::new(&INDEX_MISMATCH, message).at(0..0)
}

/// A tensor that is named twice. Readers differ in which file they take it from.
pub(crate) fn contradiction(tensor: &str, range: Range<u64>) -> Issue {
    let message = format!("The index names `{tensor}` twice, in different files");
    Issue::new(&INDEX_MISMATCH, message)
        .severity(Severity::Warning)
        .at(range)
        .route(format!("weight_map.{tensor}"))
}

/// An index that breaks off.
pub(crate) fn broken(broken: ma_wire::Broken, end: u64) -> Issue {
    let message = format!("The index is no complete JSON: {broken}");
    Issue::new(&INDEX_MISMATCH, message).at(broken.at..end.max(broken.at))
}
