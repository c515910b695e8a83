//! Scanners of Python source and of TorchScript source.

use ma_core::{
    Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Line, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Section, Target,
};

use super::callers::{Caller, HANDLER};
use super::judge::judge_called_by;
use super::model::{Analysis, EventKind, SourceLimits, UnparsedReason};
use super::parse::analyse;
use super::rules;
use super::torchscript::torchscript;

/// Scans Python source.
#[derive(Debug, Clone, Copy, Default)]
pub struct PythonSource;

/// Scans the source in TorchScript archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchScriptSource;

static PYTHON: FormatInfo = FormatInfo {
    id: "python-source",
    title: "Python source",
    extensions: &["py", "pyw"],
    kinds: &[Kind::PYTHON_SOURCE, HANDLER],
    runs_code: true,
    recognised_by: "The extension, a `#!` line that names Python, or the format it lies in.",
    checks: "What it does when it is imported, hidden and downloaded code, attack patterns, programs started and text run by functions.",
    spec: "https://docs.python.org/3/reference/",
    rules: rules::PYTHON_RULES,
};

static TORCHSCRIPT: FormatInfo = FormatInfo {
    id: "torchscript-source",
    title: "TorchScript source",
    extensions: &[],
    kinds: &[Kind::TORCHSCRIPT_SOURCE],
    runs_code: true,
    recognised_by: "The archive it lies in.",
    checks: "Operators that touch files, call other computers or need native libraries.",
    spec: "https://docs.pytorch.org/docs/stable/jit_language_reference.html",
    rules: rules::TORCHSCRIPT_RULES,
};

/// The first bytes of a script for Python.
fn has_shebang(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && line.len() < 256 && line.windows(6).any(|part| part == b"python")
}

/// Reads the source, one byte more than the limit at most, so that a longer one is seen to be longer.
fn read(target: Target<'_>, limits: &SourceLimits, budget: &Budget) -> Result<Vec<u8>, ScanError> {
    let blob = &target.artifact().blob;
    let most = u64::try_from(limits.bytes)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let bytes = blob.read(0..blob.len().min(most), budget)?;
    budget.charge_steps(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    Ok(bytes)
}

fn whole(target: Target<'_>) -> Region {
    Region::new(0..target.artifact().blob.len(), RegionKind::Code)
}

fn note_gaps(analysis: &Analysis, cx: &mut Cx<'_>) {
    for unparsed in analysis.unparsed.iter().take(16) {
        let reason = match unparsed.reason {
            UnparsedReason::Syntax => GapReason::Malformed,
            UnparsedReason::TooLong | UnparsedReason::TooDeep | UnparsedReason::TooMuch => {
                GapReason::Limit
            }
            UnparsedReason::Encoding | UnparsedReason::Failed => GapReason::Unsupported,
        };
        let start = u64::try_from(unparsed.range.start).unwrap_or(u64::MAX);
        let end = u64::try_from(unparsed.range.end).unwrap_or(u64::MAX);
        cx.gap_at(
            reason,
            format!("line {} {}", unparsed.line, unparsed.reason.title()),
            start..end.max(start),
        );
    }
}

impl Scanner for PythonSource {
    fn info(&self) -> &'static FormatInfo {
        &PYTHON
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        // No Python source holds a NUL: under that name lies something else, which others may know.
        let binary = probe.head.contains(&0);
        match probe.hinted(&PYTHON) || has_shebang(probe.head) {
            true => Match::Strong,
            false if probe.named(&PYTHON) && !binary => Match::Strong,
            false if probe.named(&PYTHON) => Match::Weak,
            false => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let limits = SourceLimits::default();
        let bytes = read(target, &limits, cx.budget())?;
        let analysis = analyse(&bytes, &limits);
        let mut caller = None;
        // Who else lies in the archive matters only when there is something that they may call.
        if analysis
            .events
            .iter()
            .any(|event| !event.callers.is_empty())
        {
            caller = Caller::of(target.artifact(), cx)?;
        }
        for issue in rules::issues(&judge_called_by(&analysis, caller), &analysis) {
            cx.issue(issue)?;
        }
        note_gaps(&analysis, cx);
        cx.region(whole(target))?;
        Ok(if analysis.unparsed.is_empty() {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let limits = SourceLimits::default();
        let analysis = analyse(&read(target, &limits, cx.budget())?, &limits);
        Ok(Some(inspection(&analysis)))
    }
}

/// Imports and calls, for people who look.
fn inspection(analysis: &Analysis) -> Inspection {
    let mut imports: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    for event in &analysis.events {
        match &event.kind {
            EventKind::Import { module, name } => {
                let import = name
                    .as_ref()
                    .map_or_else(|| module.clone(), |name| format!("{module}.{name}"));
                if !imports.contains(&import) {
                    imports.push(import);
                }
            }
            EventKind::Call {
                callee,
                args,
                keywords,
                ..
            } => calls.push(Line {
                offset: u64::try_from(event.range.start).ok(),
                text: format!(
                    "line {}: {}",
                    event.line,
                    crate::value::call_text(callee, args, keywords)
                ),
            }),
            EventKind::Assign { .. } | EventKind::Reduce { .. } | EventKind::Shell { .. } => {}
        }
    }
    Inspection {
        format: PYTHON.id.to_owned(),
        facts: vec![
            (
                "functions and classes".to_owned(),
                analysis.definitions.to_string(),
            ),
            ("imports".to_owned(), imports.join(", ")),
        ],
        sections: vec![Section {
            title: "calls".to_owned(),
            lines: calls,
        }],
    }
}

impl Scanner for TorchScriptSource {
    fn info(&self) -> &'static FormatInfo {
        &TORCHSCRIPT
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && probe.hinted(&TORCHSCRIPT) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        // Generated code of large models runs to tens of megabytes; tokens of it cost little.
        let limits = SourceLimits {
            bytes: 64 << 20,
            ..SourceLimits::default()
        };
        let bytes = read(target, &limits, cx.budget())?;
        for issue in rules::check_script(&torchscript(&bytes)) {
            cx.issue(issue)?;
        }
        cx.region(whole(target))?;
        if bytes.len() > limits.bytes {
            cx.gap(GapReason::Limit, "the code is longer than 64 MiB");
            return Ok(Coverage::Partial);
        }
        Ok(Coverage::Complete)
    }
}
