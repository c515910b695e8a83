//! Runs a scanner or an opener over bytes and keeps everything that it said.

use ma_core::detector::{AFTER, BEFORE};
use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Depth, Detector, Entry, EntryId,
    GapReason, Issue, Kind, Limits, Match, Opener, Piece, Probe, Region, ScanError, ScanOptions,
    Scanner, Target, scanner::PROBE_HEAD,
};

/// Limits small enough that a test notices when they do not hold.
#[must_use]
pub fn small_limits() -> Limits {
    Limits {
        max_expanded: 512 << 20,
        max_steps: 500_000_000,
        ..Limits::default()
    }
}

/// An artifact of that name with these bytes.
#[must_use]
pub fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact::new(ArtifactPath::new(name), Blob::from_vec(bytes.to_vec()))
}

/// What the scanner's probe says.
#[must_use]
pub fn probe(scanner: &dyn Scanner, artifact: &Artifact) -> Match {
    let head = artifact.blob.head(PROBE_HEAD).unwrap_or_default();
    scanner.probe(&Probe::new(artifact, &head, None))
}

/// Scans bytes, whatever the probe says.
#[must_use]
pub fn scan(scanner: &dyn Scanner, name: &str, bytes: &[u8]) -> Collector {
    scan_artifact(scanner, &artifact(name, bytes))
}

/// Scans bytes with a hint.
#[must_use]
pub fn scan_as(scanner: &dyn Scanner, name: &str, bytes: &[u8], hint: Kind) -> Collector {
    scan_artifact(scanner, &artifact(name, bytes).with_hint(hint))
}

/// Scans an artifact, whatever the probe says.
#[must_use]
pub fn scan_artifact(scanner: &dyn Scanner, artifact: &Artifact) -> Collector {
    let budget = Budget::new(small_limits());
    let mut found = Collector::default();
    let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
    let result = scanner.scan(Target::Bytes(artifact), &mut cx);
    if let Err(e) = result {
        note_error(&mut cx, &e);
    }
    found
}

/// Opens bytes as a container, then every file entry of it; returns what was said and the entries
/// with their bytes (`None` where an entry could not be opened).
#[must_use]
pub fn open(opener: &dyn Opener, name: &str, bytes: &[u8]) -> Opened {
    let artifact = artifact(name, bytes);
    let budget = Budget::new(small_limits());
    let mut found = Collector::default();
    let mut cx = Cx::new(
        &artifact,
        &budget,
        ScanOptions::with_depth(Depth::Full),
        &mut found,
    );
    let mut entries = Vec::new();
    match opener.open(&artifact, &mut cx) {
        Ok(container) => {
            for (i, entry) in container.entries().iter().enumerate() {
                let bytes = entry
                    .is_file()
                    .then(|| container.open(EntryId(i), &mut cx))
                    .and_then(|opened| match opened {
                        Ok(blob) => blob.read(0..blob.len(), &Budget::default()).ok(),
                        Err(e) => {
                            note_error(&mut cx, &e);
                            None
                        }
                    });
                entries.push((entry.clone(), bytes));
            }
        }
        Err(e) => note_error(&mut cx, &e),
    }
    Opened { found, entries }
}

/// What came out of [`open`].
pub struct Opened {
    /// Issues and gaps.
    pub found: Collector,
    /// The entries and, for files, their bytes.
    pub entries: Vec<(Entry, Option<Vec<u8>>)>,
}

/// Lets a detector look at one region of an artifact, cut into pieces of `piece` bytes, the last one
/// first: the order plays no role. Issues come back sorted, each once, as the engine reports them.
#[must_use]
pub fn detect(
    detector: &dyn Detector,
    artifact: &Artifact,
    region: &Region,
    piece: usize,
) -> Collector {
    let budget = Budget::new(small_limits());
    let mut found = Collector::default();
    if !detector.wants(region.kind) {
        return found;
    }
    let all = artifact.blob.read(region.range.clone(), &budget);
    let all = all.expect("the region can be read");
    let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
    let pass = detector.begin(region);
    let mut starts: Vec<usize> = (0..all.len()).step_by(piece.max(1)).collect();
    starts.reverse();
    for start in starts {
        let end = (start + piece.max(1)).min(all.len());
        let from = start.saturating_sub(BEFORE);
        let to = (end + AFTER).min(all.len());
        let look = Piece {
            region,
            bytes: &all[from..to],
            offset: region.range.start + from as u64,
            own: start - from..end - from,
        };
        if let Err(e) = pass.look(&look, &mut cx) {
            note_error(&mut cx, &e);
        }
    }
    if let Err(e) = pass.finish(&mut cx) {
        note_error(&mut cx, &e);
    }
    let place = |i: &Issue| i.location.range.as_ref().map(|r| (r.start, r.end));
    found.issues.sort_by(|a, b| {
        let order = place(a).cmp(&place(b));
        order
            .then_with(|| a.rule.code.cmp(b.rule.code))
            .then_with(|| a.message.cmp(&b.message))
    });
    found.issues.dedup();
    found
        .children
        .sort_by_key(|child| (child.path.to_string(), child.blob.len()));
    found
}

fn note_error(cx: &mut Cx<'_>, error: &ScanError) {
    let reason = match error {
        ScanError::Limit(_) => GapReason::Limit,
        _ => GapReason::Unreadable,
    };
    cx.gap(reason, error.to_string());
}
