//! The way in: recognise, walk over all streams, report.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, Depth, Evidence, FormatInfo,
    GapReason, Inspection, Issue, Kind, Match, Probe, Region, RegionKind, ScanError, ScanOptions,
    Scanner, Target,
};

use crate::probe;
use crate::rules::{RULES, TRAILING_DATA};
use crate::streams::{self, Promise, Walked};

/// Pickle files of any protocol, with everything that Python libraries put between their streams.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pickle;

/// What this crate reads.
pub(crate) static INFO: FormatInfo = FormatInfo {
    id: "pickle",
    title: "Python pickle (pickle, joblib, dill, cloudpickle, legacy PyTorch)",
    extensions: &[
        "pkl", "pickle", "p", "pck", "pcl", "joblib", "jl", "dill", "pt", "pth", "ckpt", "bin",
        "dat", "data", "model", "npy", "mdl", "sav", "params", "weights",
    ],
    kinds: &[Kind::PICKLE],
    runs_code: true,
    recognised_by: "its opcodes: a protocol header followed by opcodes, or text with a well-formed import",
    checks: "what is imported, called and overwritten while loading, in every stream of the file",
    spec: "https://github.com/python/cpython/blob/3.13/Lib/pickletools.py",
    rules: RULES,
};

impl Scanner for Pickle {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        probe::probe(probe)
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let promise = promise(artifact);
        let blob = &artifact.blob;
        let gaps = cx.gaps();
        if blob.is_empty() {
            if promise == Promise::Pickle {
                cx.gap(GapReason::Malformed, "empty: there is no pickle");
                return Ok(Coverage::Partial);
            }
            return Ok(Coverage::Complete);
        }
        let walked = streams::walk(blob, cx.budget(), cx.depth(), promise)?;
        // Random bytes hold streams of two opcodes here and there. What was promised by its name alone
        // has to begin as a pickle to be one.
        let begins = walked.count > 0 && walked.unclaimed.first().is_none_or(|r| r.start > 0);
        let is_pickle = begins || (promise == Promise::Pickle && walked.count > 0);
        // Names that other formats share say too little for a complaint.
        let shared_name = !probe::is_pickle_name(&artifact.path.extension());
        let silent = walked.found.is_empty() && walked.children.is_empty();
        report(walked, is_pickle, artifact, cx)?;
        if !is_pickle && shared_name && silent && promise == Promise::Name && cx.gaps() == gaps {
            return Ok(Coverage::Foreign);
        }
        Ok(if cx.gaps() > gaps {
            Coverage::Partial
        } else {
            Coverage::Complete
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        crate::inspect::inspect(&target.artifact().blob, cx.budget()).map(Some)
    }
}

/// Whether the bytes have to be a pickle.
fn promise(artifact: &Artifact) -> Promise {
    let hinted = artifact.hint.is_some_and(|hint| INFO.kinds.contains(&hint));
    let head = artifact
        .blob
        .head(ma_core::scanner::PROBE_HEAD)
        .unwrap_or_default();
    let whole = head.len() as u64 == artifact.blob.len();
    let sure = streams::plausible::start(&head, whole) == streams::plausible::Start::Sure;
    if hinted || sure {
        Promise::Pickle
    } else {
        Promise::Name
    }
}

fn report(
    walked: Walked,
    is_pickle: bool,
    artifact: &Artifact,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let len = artifact.blob.len();
    for issue in walked.found.into_issues() {
        cx.issue(issue)?;
    }
    if !is_pickle {
        if probe::is_pickle_name(&artifact.path.extension()) {
            cx.gap_at(
                GapReason::Malformed,
                if walked.count == 0 {
                    "not a pickle: no stream can be read"
                } else {
                    "does not begin as a pickle; what was found further in was scanned"
                },
                0..len,
            );
        }
    } else if walked.unclaimed_bytes > 0 {
        let first = walked.unclaimed.first().cloned().unwrap_or(0..len);
        let n = walked.unclaimed_bytes;
        let head = artifact.blob.tail(first.start).head(16).unwrap_or_default();
        cx.issue(
            Issue::new(
                &TRAILING_DATA,
                match n {
                    1 => "1 byte belongs to no pickle and to no array it declares".to_owned(),
                    n => format!("{n} bytes belong to no pickle and to no array it declares"),
                },
            )
            .at(first)
            .evidence(Evidence::bytes("first bytes", &head)),
        )?;
    }
    for at in walked.broken {
        cx.gap_at(
            GapReason::Malformed,
            "the pickle breaks off; nothing behind it is loaded",
            at..len,
        );
    }
    for range in walked.unsearched {
        cx.gap_at(
            GapReason::Limit,
            "too many false beginnings of pickles to look at all of them",
            range,
        );
    }
    for (at, hit) in walked.limits {
        cx.gap_at(GapReason::Limit, hit.to_string(), at..len);
    }
    for at in walked.skipped {
        cx.gap_at(
            GapReason::Limit,
            "an opcode crosses the end of its frame, and the second reading from there was not followed",
            at..len,
        );
    }
    for (range, route) in walked.weights {
        cx.region(Region::new(range, RegionKind::Weights).route(route))?;
    }
    if is_pickle && cx.depth() == Depth::Full {
        for range in walked.unclaimed {
            cx.region(Region::new(range, RegionKind::Unclaimed))?;
        }
    }
    for child in walked.children {
        cx.child(child.name, child.blob, child.kind)?;
    }
    Ok(())
}

/// Scans bytes that are a pickle, for programs that want no more than that. What can't be read is a
/// gap in the result.
///
/// ```
/// let found = ma_pickle::scan_bytes("model.pkl", b"cos\nsystem\n(S'echo pwned'\ntR.");
/// assert_eq!(found.issues[0].rule.name, "pickle-dangerous-call");
/// ```
#[must_use]
pub fn scan_bytes(name: &str, bytes: &[u8]) -> Collector {
    let artifact = Artifact::new(ArtifactPath::new(name), Blob::from_vec(bytes.to_vec()))
        .with_hint(Kind::PICKLE);
    let (budget, mut found) = (Budget::default(), Collector::default());
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    if let Err(e) = Pickle.scan(Target::Bytes(&artifact), &mut cx) {
        let reason = match e {
            ScanError::Limit(_) => GapReason::Limit,
            ScanError::Stopped => GapReason::Stopped,
            _ => GapReason::Unreadable,
        };
        cx.gap(reason, e.to_string());
    }
    found
}
