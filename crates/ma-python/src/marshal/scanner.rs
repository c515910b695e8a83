//! The scanner of marshalled data and `.pyc` files.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Line, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Section, Target,
};

use super::rules::{self, Stream};
use super::{
    CodeSummary, MarshalLimits, Parsed, judge, parse, parse_version, pyc_header, summarise,
};

/// Scans marshalled data and `.pyc` files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marshal;

/// Most bytes that are read: bytecode is small.
const MOST: u64 = 64 << 20;

static INFO: FormatInfo = FormatInfo {
    id: "marshal",
    title: "Python bytecode (marshal)",
    extensions: &["pyc", "pyo"],
    kinds: &[Kind::MARSHAL],
    runs_code: true,
    recognised_by: "The magic number of a `.pyc` file with a code object behind it, the extension, or the format it lies in.",
    checks: "What the bytecode imports, names and calls, in the layouts and opcodes of Python 2.7 and 3.6 to 3.14.",
    spec: "https://docs.python.org/3/library/marshal.html",
    rules: rules::RULES,
};

/// A stream that was read.
struct Read {
    parsed: Parsed,
    summary: CodeSummary,
    skipped: usize,
    cut: bool,
    after: u64,
}

fn read(target: Target<'_>, cx: &Cx<'_>) -> Result<Read, ScanError> {
    let blob = &target.artifact().blob;
    let bytes = blob.read(0..blob.len().min(MOST), cx.budget())?;
    cx.budget()
        .charge_steps(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    let header = pyc_header(&bytes);
    let skipped = header.map_or(0, |header| header.len);
    let body = bytes.get(skipped..).unwrap_or_default();
    let limits = MarshalLimits::default();
    let parsed = match header {
        Some(header) => parse_version(body, header.version, &limits),
        None => parse(body, &limits),
    };
    let summary = summarise(&parsed, header.map(|header| header.version));
    let after = u64::try_from(parsed.consumed.saturating_add(skipped)).unwrap_or(u64::MAX);
    Ok(Read {
        parsed,
        summary,
        skipped,
        cut: blob.len() > MOST,
        after,
    })
}

impl Scanner for Marshal {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        let code_follows = pyc_header(probe.head)
            .and_then(|header| probe.head.get(header.len))
            .is_some_and(|first| matches!(first & 0x7f, b'c'));
        if code_follows || probe.hinted(&INFO) || probe.named(&INFO) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let read = read(target, cx)?;
        let findings = judge(&read.summary);
        let stream = Stream {
            parsed: &read.parsed,
            summary: &read.summary,
            findings: &findings,
            skipped: read.skipped,
            module: read.skipped > 0 && target.artifact().hint != Some(Kind::MARSHAL),
        };
        for issue in rules::check(&stream) {
            cx.issue(issue)?;
        }
        let len = target.artifact().blob.len();
        cx.region(Region::new(0..read.after.min(len), RegionKind::Code))?;
        if read.after < len && read.parsed.is_clean() {
            cx.region(Region::new(read.after..len, RegionKind::Unclaimed))?;
        }
        if let Some(anomaly) = read.parsed.anomalies.first() {
            let reason = if anomaly.kind.is_limit() {
                GapReason::Limit
            } else {
                GapReason::Malformed
            };
            cx.gap_at(
                reason,
                format!("the data {}", anomaly.kind.title()),
                read.after.min(len)..len,
            );
        } else if read.cut {
            cx.gap_at(
                GapReason::Limit,
                "only the first 64 MiB were looked at",
                MOST..len,
            );
        } else if !read.summary.followed && read.parsed.code_objects().next().is_some() {
            cx.gap(
                GapReason::Unsupported,
                "the bytecode could not be followed; it was judged by the names in it",
            );
        } else {
            return Ok(Coverage::Complete);
        }
        Ok(Coverage::Partial)
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let read = read(target, cx)?;
        let lines = |items: Vec<String>| {
            items
                .into_iter()
                .map(|text| Line { offset: None, text })
                .collect()
        };
        let version = read
            .summary
            .version
            .map_or_else(|| "unknown".to_owned(), |version| version.to_string());
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: vec![
                ("python".to_owned(), version),
                ("functions".to_owned(), read.summary.functions.join(", ")),
                ("imports".to_owned(), read.summary.imports.join(", ")),
            ],
            sections: vec![Section {
                title: "calls".to_owned(),
                lines: lines(read.summary.calls.iter().map(ToString::to_string).collect()),
            }],
        }))
    }
}
