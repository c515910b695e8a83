//! Runs a scanner or an opener over bytes and keeps everything that it said.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Depth, Entry, EntryId, GapReason, Kind,
    Limits, Match, Opener, Probe, ScanError, ScanOptions, Scanner, Target, scanner::PROBE_HEAD,
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

fn note_error(cx: &mut Cx<'_>, error: &ScanError) {
    let reason = match error {
        ScanError::Limit(_) => GapReason::Limit,
        _ => GapReason::Unreadable,
    };
    cx.gap(reason, error.to_string());
}
