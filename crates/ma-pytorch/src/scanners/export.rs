//! Exported programs (`.pt2`) and AOTInductor packages.
//!
//! ```text
//! <root>/archive_format               "pt2"       <root>/archive_version
//! <root>/models/<name>.json           the program: graph, signature, symbolic expressions
//! <root>/data/weights/**  <root>/data/constants/**  <root>/data/sample_inputs/*.pt
//! <root>/data/aotinductor/<model>/**  libraries, kernels, metadata
//! serialized_exported_program.json    archives before torch 2.8
//! ```
//!
//! Follows `torch/export/pt2_archive` and `torch/_export/serde/serialize.py` of torch 2.11.

use ma_core::{
    Coverage, Cx, Entry, EntryId, FormatInfo, GapReason, Inspection, Kind, Match, Probe, ScanError,
    Scanner, Target,
};

use super::coverage;
use crate::parse::json::strings;
use crate::parse::native::{native_kind, telling_imports};
use crate::records::{self, Records};
use crate::rules::{export_code, native_code};

/// Scans exported programs.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchExport;

static INFO: FormatInfo = FormatInfo {
    id: "torch-export",
    title: "PyTorch exported program",
    extensions: &["pt2", "pt", "zip"],
    kinds: &[],
    runs_code: true,
    recognised_by: "A zip with `archive_format` and `models/*.json`, or with `data/aotinductor/`.",
    checks: "Native code, targets of nodes, symbolic expressions; custom objects are handed out.",
    spec: "https://docs.pytorch.org/docs/stable/export/pt2_archive.html",
    rules: &[
        &native_code::NATIVE_CODE,
        &export_code::EXPORT_TARGET,
        &export_code::EXPORT_EXPRESSION,
    ],
};

/// Bytes of a program's JSON that are read.
const MAX_PROGRAM: u64 = 64 << 20;
/// Targets and expressions that are reported per program.
const MAX_ISSUES: usize = 50;

fn is_program(name: &str) -> bool {
    let record = records::below_top(name).unwrap_or(name);
    name.ends_with("serialized_exported_program.json")
        || (record.starts_with("models/") && record.ends_with(".json"))
}

fn is_export(entries: &[Entry]) -> bool {
    let has = |test: &dyn Fn(&str) -> bool| entries.iter().any(|e| test(&e.name));
    let format = records::has_record(entries, "archive_format")
        || records::has_record(entries, "archive_version");
    (format && has(&is_program))
        || has(&|name| name.contains("data/aotinductor/"))
        || has(&|name| name.ends_with("serialized_exported_program.json"))
}

impl Scanner for TorchExport {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match probe.members {
            Some(members) if is_export(members) && records::is_zip(probe) => Match::Strong,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        for (id, entry) in records.files() {
            cx.budget().charge_steps(1)?;
            if is_program(&entry.name) {
                check_program(&records, id, &entry.name, cx)?;
                continue;
            }
            let Some(head) = records.head(id, 64, cx)? else {
                continue;
            };
            let below = records::below_top(&entry.name).unwrap_or("");
            let weights = below.starts_with("data/weights/");
            match native_kind(&head) {
                // Weights may start with any two bytes.
                Some(kind) if !(weights && head.starts_with(b"MZ")) => {
                    let imports = match records.open(id, cx)? {
                        Some(blob) => telling_imports(&blob, cx.budget())?,
                        None => Vec::new(),
                    };
                    let loaded = below.starts_with("data/aotinductor/");
                    cx.issue(native_code::check(&entry.name, kind, loaded, &imports))?;
                }
                _ if below.starts_with("data/constants/custom_obj_") => {
                    if let Some(blob) = records.open(id, cx)? {
                        cx.child(entry.name.as_str(), blob, Some(Kind::PICKLE))?;
                    }
                }
                _ => {}
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        _cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let records = Records::new(container);
        let programs = records.files().filter(|(_, e)| is_program(&e.name)).count();
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: vec![
                ("root".to_owned(), records.root.clone()),
                ("programs".to_owned(), programs.to_string()),
            ],
            sections: Vec::new(),
        }))
    }
}

fn check_program(
    records: &Records<'_>,
    id: EntryId,
    name: &str,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let Some(json) = records.read(id, MAX_PROGRAM, cx)? else {
        return Ok(());
    };
    cx.budget().charge_steps(json.len() as u64)?;
    // Only what is reported is kept: programs have many thousands of ordinary nodes.
    let strings = strings(&json, &|path, text| match path.last().map(String::as_str) {
        Some("target") => is_node(path) && export_code::judge_target(text).is_some(),
        Some("expr_str") => export_code::is_code(text),
        _ => false,
    });
    if let Some(error) = strings.error {
        cx.gap(GapReason::Malformed, format!("{name} is no JSON: {error}"));
    }
    let mut targets = 0usize;
    for found in &strings.found {
        let issue = if found.path.last().is_some_and(|key| key == "target") {
            targets = targets.saturating_add(1);
            if targets > MAX_ISSUES {
                continue;
            }
            export_code::check_target(name, &found.text)
        } else {
            export_code::check_expression(name, &found.text)
        };
        if let Some(issue) = issue {
            cx.issue(issue)?;
        }
    }
    Ok(())
}

/// `...nodes.<n>.target`: other objects have a key `target` too.
fn is_node(path: &[String]) -> bool {
    matches!(path, [.., nodes, _, _] if nodes == "nodes")
}
