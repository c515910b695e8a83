//! TorchScript archives: compiled modules with their source.
//!
//! ```text
//! <root>/data.pkl        the module object     <root>/constants.pkl   constants of the code
//! <root>/code/**.py      source that libtorch compiles                <root>/code/**.debug_pkl
//! <root>/attributes.pkl  old archives          <root>/bytecode.pkl    mobile archives
//! <root>/extra/**        files of the user
//! ```
//!
//! Follows `torch/csrc/jit/serialization` of torch 2.11. Sources are handed out; what their operators
//! do is judged by whoever reads TorchScript.

use ma_core::{
    Coverage, Cx, FormatInfo, Inspection, Kind, Match, Probe, ScanError, Scanner, Target,
};

use super::{coverage, inspection, is_script, note_cut};
use crate::parse::native::{native_kind, telling_imports};
use crate::parse::object::read_object;
use crate::records::{self, Records};
use crate::rules::{native_code, script_global, weights_only_bypass};

/// Scans TorchScript archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchScript;

static INFO: FormatInfo = FormatInfo {
    id: "torchscript",
    title: "TorchScript archive",
    extensions: &[
        "pt",
        "pth",
        "jit",
        "ptl",
        "ts",
        "torchscript",
        "bin",
        "zip",
        "model",
    ],
    kinds: &[Kind::TORCH],
    runs_code: true,
    recognised_by: "A zip with `<folder>/constants.pkl`.",
    checks: "Names in its pickles that TorchScript does not know, native code; sources are handed out.",
    spec: "https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md",
    rules: &[
        &weights_only_bypass::WEIGHTS_ONLY_BYPASS,
        &script_global::SCRIPT_GLOBAL,
        &native_code::NATIVE_CODE,
    ],
};

/// Foreign names that are reported per pickle.
const MAX_NAMES: usize = 20;

impl Scanner for TorchScript {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match probe.members {
            Some(members) if is_script(members) && records::is_zip(probe) => Match::Strong,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        cx.issue(weights_only_bypass::check("TorchScript archive"))?;
        for (id, entry) in records.files() {
            cx.budget().charge_steps(1)?;
            let Some(record) = records::below_top(&entry.name) else {
                continue;
            };
            let record = record.to_ascii_lowercase();
            if record.starts_with("code/") && record.ends_with(".py") {
                if let Some(blob) = records.open(id, cx)? {
                    cx.child(entry.name.as_str(), blob, Some(Kind::TORCHSCRIPT_SOURCE))?;
                }
            } else if is_script_pickle(&record) {
                let Some(blob) = records.open(id, cx)? else {
                    continue;
                };
                let object = read_object(&blob, 0, cx.budget())?;
                note_cut(&entry.name, &object, cx);
                let foreign = object
                    .globals
                    .iter()
                    .filter_map(|(name, at)| script_global::check(&entry.name, name, *at));
                for issue in foreign.take(MAX_NAMES) {
                    cx.issue(issue)?;
                }
            } else if !record.starts_with("data/") && !record.starts_with("constants/") {
                check_native(&records, id, &entry.name, cx)?;
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let records = Records::new(container);
        let sources = records
            .files()
            .filter(|(_, e)| e.name.ends_with(".py"))
            .count();
        let facts = vec![
            ("root".to_owned(), records.root.clone()),
            ("sources".to_owned(), sources.to_string()),
            (
                "weights_only".to_owned(),
                "refused since torch 2.6: TorchScript".to_owned(),
            ),
        ];
        let Some(id) = records.record(&records.root, "data.pkl").first().copied() else {
            return Ok(None);
        };
        let Some(blob) = records.open(id, cx)? else {
            return Ok(None);
        };
        let object = read_object(&blob, 0, cx.budget())?;
        Ok(Some(inspection(INFO.id, facts, &object)))
    }
}

/// The pickles that libtorch reads with its own unpickler.
fn is_script_pickle(record: &str) -> bool {
    matches!(
        record,
        "data.pkl"
            | "constants.pkl"
            | "attributes.pkl"
            | "bytecode.pkl"
            | "mobile_debug_handles.pkl"
    ) || record.ends_with(".debug_pkl")
}

fn check_native(
    records: &Records<'_>,
    id: ma_core::EntryId,
    name: &str,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(head) = records.head(id, 64, cx)? else {
        return Ok(());
    };
    let Some(kind) = native_kind(&head) else {
        return Ok(());
    };
    let imports = match records.open(id, cx)? {
        Some(blob) => telling_imports(&blob, cx.budget())?,
        None => Vec::new(),
    };
    cx.issue(native_code::check(name, kind, false, &imports))
}
