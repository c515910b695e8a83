//! The document as it is written: borrowed from the report, so that nothing is copied, and written
//! piece by piece.

use ma_core::report::ArtifactRecord;
use ma_core::{
    ArtifactPath, Depth, Evidence, Gap, GapReason, Issue, Report, Severity, policy::Hidden,
};
use serde::{Serialize, Serializer};

use super::{SCHEMA_VERSION, Tool};
use crate::outcome::Bar;

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema_version: &'static str,
    tool: Tool<'a>,
    depth: &'static str,
    fail_on: Severity,
    verdict: &'static str,
    exit_code: u8,
    interrupted: bool,
    targets: &'a [String],
    files_scanned: u64,
    totals: Totals,
    issues: Each<'a, Issue>,
    gaps: Each<'a, Gap>,
    hidden: Each<'a, Hidden>,
    failures: Each<'a, ma_core::report::Failure>,
    artifacts: Each<'a, ArtifactRecord>,
}

#[derive(Serialize)]
struct Totals {
    critical: u64,
    warning: u64,
    info: u64,
    hidden: u64,
    gaps: u64,
    failures: u64,
    files_scanned: u64,
    files_unrecognised: u64,
    artifacts: u64,
    bytes: u64,
    bytes_read: u64,
}

impl<'a> Document<'a> {
    pub(super) fn new(report: &'a Report, bar: &Bar, tool: Tool<'a>) -> Self {
        let outcome = bar.outcome(report);
        Self {
            schema_version: SCHEMA_VERSION,
            tool,
            depth: match report.depth {
                Depth::Structure => "structure",
                Depth::Full => "full",
            },
            fail_on: bar.fail_on,
            verdict: outcome.name(),
            exit_code: outcome.exit_code(),
            interrupted: report.interrupted,
            targets: &report.targets,
            files_scanned: report.totals.files_scanned,
            totals: Totals {
                critical: report.count(Severity::Critical) as u64,
                warning: report.count(Severity::Warning) as u64,
                info: report.count(Severity::Info) as u64,
                hidden: report.hidden.len() as u64,
                gaps: report.gaps.len() as u64,
                failures: report.failures.len() as u64,
                files_scanned: report.totals.files_scanned,
                files_unrecognised: report.totals.files_unrecognised,
                artifacts: report.totals.artifacts,
                bytes: report.totals.bytes,
                bytes_read: report.totals.bytes_read,
            },
            issues: Each(&report.issues),
            gaps: Each(&report.gaps),
            hidden: Each(&report.hidden),
            failures: Each(&report.failures),
            artifacts: Each(&report.artifacts),
        }
    }
}

/// A list whose items are turned into their documents one at a time.
struct Each<'a, T>(&'a [T]);

/// Something that has a document.
trait Documented {
    type Document<'a>: Serialize
    where
        Self: 'a;
    fn document(&self) -> Self::Document<'_>;
}

impl<T: Documented> Serialize for Each<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Documented::document))
    }
}

#[derive(Serialize)]
pub(crate) struct IssueDocument<'a> {
    rule: RuleKey,
    message: &'a str,
    severity: Severity,
    location: String,
    #[serde(rename = "where")]
    place: Place<'a>,
    why: String,
    evidence: &'a [Evidence],
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

#[derive(Serialize)]
struct RuleKey {
    code: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct Place<'a> {
    artifact: &'a ArtifactPath,
    parts: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
    route: &'a str,
}

impl<'a> IssueDocument<'a> {
    pub(crate) fn new(issue: &'a Issue) -> Self {
        let range = issue.location.range.as_ref();
        Self {
            rule: RuleKey {
                code: issue.rule.code,
                name: issue.rule.name,
            },
            message: &issue.message,
            severity: issue.severity,
            location: issue.location.to_string(),
            place: Place {
                artifact: &issue.location.artifact,
                parts: parts(&issue.location.artifact),
                start: range.map(|r| r.start),
                end: range.map(|r| r.end),
                route: &issue.location.route,
            },
            why: prose(issue.reason()),
            evidence: &issue.evidence,
            advice: prose(issue.rule.advice()),
            subject: issue.subject.as_deref(),
        }
    }
}

fn parts(path: &ArtifactPath) -> Vec<&str> {
    path.parts().iter().map(AsRef::as_ref).collect()
}

/// Text of a rule's page, whose line breaks are those of the source file.
fn prose(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Documented for Issue {
    type Document<'a> = IssueDocument<'a>;
    fn document(&self) -> IssueDocument<'_> {
        IssueDocument::new(self)
    }
}

#[derive(Serialize)]
struct HiddenDocument<'a> {
    by: &'a str,
    issue: IssueDocument<'a>,
}

impl Documented for Hidden {
    type Document<'a> = HiddenDocument<'a>;
    fn document(&self) -> HiddenDocument<'_> {
        HiddenDocument {
            by: &self.by,
            issue: IssueDocument::new(&self.issue),
        }
    }
}

#[derive(Serialize)]
struct GapDocument<'a> {
    location: &'a ArtifactPath,
    parts: Vec<&'a str>,
    reason: GapReason,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
}

impl Documented for Gap {
    type Document<'a> = GapDocument<'a>;
    fn document(&self) -> GapDocument<'_> {
        GapDocument {
            location: &self.artifact,
            parts: parts(&self.artifact),
            reason: self.reason,
            detail: &self.detail,
            start: self.range.as_ref().map(|r| r.start),
            end: self.range.as_ref().map(|r| r.end),
        }
    }
}

#[derive(Serialize)]
struct FailureDocument<'a> {
    target: &'a str,
    message: &'a str,
}

impl Documented for ma_core::report::Failure {
    type Document<'a> = FailureDocument<'a>;
    fn document(&self) -> FailureDocument<'_> {
        FailureDocument {
            target: &self.target,
            message: &self.message,
        }
    }
}

#[derive(Serialize)]
struct ArtifactDocument<'a> {
    location: &'a ArtifactPath,
    parts: Vec<&'a str>,
    size: u64,
    formats: &'a [&'static str],
    model: bool,
    complete: bool,
    depth: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
}

impl Documented for ArtifactRecord {
    type Document<'a> = ArtifactDocument<'a>;
    fn document(&self) -> ArtifactDocument<'_> {
        ArtifactDocument {
            location: &self.path,
            parts: parts(&self.path),
            size: self.size,
            formats: &self.formats,
            model: self.model,
            complete: self.complete,
            depth: self.depth,
            sha256: self.sha256.as_deref(),
        }
    }
}
