//! Files that hold buffers.

use ma_core::{Issue, Severity, declare_rule};

use crate::ops::{Reach, judge_path};
use crate::tflite::model::{ExternalGroup, Model};

declare_rule! {
    /// ## What it finds
    /// Names of files from which buffers are read. A name beside the model is information, one that
    /// leads elsewhere (an absolute path, `..`, an address) is a warning, and so is a file beside the
    /// model that is smaller than what is read from it.
    ///
    /// ## Why it matters
    /// The loader opens the file that the model names and takes its bytes for weights: a model could so
    /// read any file of the machine that runs it, and give it out as a result.
    ///
    /// ## What it leaves alone
    /// Models that hold their own data.
    ///
    /// ## What to do
    /// Look at the name. Weights lie beside their model, or in it.
    pub static TFLITE_EXTERNAL_FILE = {
        code: "LIT012", name: "tflite-external-file", severity: Warning,
        title: "Reads weights from another file",
        references: [Cwe(22), Cwe(73)],
    }
}

/// An issue for each file.
pub(super) fn check(model: &Model) -> Vec<Issue> {
    let groups = model.external.iter().enumerate();
    groups.filter_map(|(i, group)| one(i, group)).collect()
}

fn one(i: usize, group: &ExternalGroup) -> Option<Issue> {
    let reach = judge_path(&group.name);
    let name = ma_core::text::shorten(&group.name, 200);
    let (severity, message) = match reach {
        Reach::Empty => return None,
        Reach::Relative => (
            Severity::Info,
            format!("Weights lie in `{name}` beside the model"),
        ),
        _ => (
            Severity::Warning,
            format!("Weights are read from `{name}`, a file {}", reach.words()),
        ),
    };
    Some(
        Issue::new(&TFLITE_EXTERNAL_FILE, message)
            .severity(severity)
            .at(group.range.clone())
            .route(format!("external_buffer_groups[{i}].name")),
    )
}

/// The issue about a file beside the model that is too small.
pub(crate) fn too_small(i: usize, group: &ExternalGroup, have: u64) -> Issue {
    let name = ma_core::text::shorten(&group.name, 200);
    let needs = group.needs;
    Issue::new(
        &TFLITE_EXTERNAL_FILE,
        format!("Reads {needs} bytes of `{name}`, which has {have}"),
    )
    .at(group.range.clone())
    .route(format!("external_buffer_groups[{i}].name"))
}
