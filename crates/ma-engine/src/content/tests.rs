//! That what is found does not depend on cuts, threads or where the bytes come from.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use std::sync::atomic::AtomicU64;

use ma_core::{
    ArtifactPath, Blob, ByteSource, Evidence, FormatInfo, Issue, MemorySource, RegionKind,
    declare_rule,
};

use super::*;

declare_rule! {
    /// ## Why it matters
    /// It is a toy.
    pub static NEEDLE = {
        code: "TOY009", name: "toy-needle", severity: Info, title: "Needle", references: [],
    }
}

static INFO: FormatInfo = FormatInfo {
    id: "toy-detector",
    title: "Toy",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "",
    checks: "",
    spec: "",
    rules: &[&NEEDLE],
};

/// Finds every `N`, with up to three bytes on each side, and counts the bytes of each region.
struct Needle;

struct NeedlePass(AtomicU64, u64);

impl Detector for Needle {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn wants(&self, kind: RegionKind) -> bool {
        kind == RegionKind::Text
    }

    fn begin<'d>(&'d self, region: &'d Region) -> Box<dyn DetectorPass + 'd> {
        Box::new(NeedlePass(AtomicU64::new(0), region.range.start))
    }
}

impl DetectorPass for NeedlePass {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        assert_ne!(piece.bytes[piece.own.start], b'!', "a detector that fails");
        for at in piece.own.clone() {
            self.0.fetch_add(1, Ordering::Relaxed);
            if piece.bytes[at] == b'N' {
                let around = &piece.bytes[at.saturating_sub(3)..(at + 4).min(piece.bytes.len())];
                let start = piece.position(at);
                cx.issue(
                    Issue::new(&NEEDLE, "needle")
                        .at(start..start + 1)
                        .evidence(Evidence::bytes("around", around)),
                )?;
            }
        }
        Ok(())
    }

    fn finish(&self, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let count = self.0.load(Ordering::Relaxed);
        let message = format!("{count} bytes");
        cx.issue(Issue::new(&NEEDLE, message).at(self.1..self.1))
    }
}

/// Bytes that are not handed out as a slice.
struct ByReads(MemorySource);

impl ByteSource for ByReads {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(7000);
        self.0.read_at(offset, &mut buf[..n])
    }
}

fn found(blob: &Blob, cuts: Cuts, threads: usize) -> Collector {
    let artifact = Artifact::new(ArtifactPath::new("x"), blob.clone());
    let kind = RegionKind::Text;
    let mut regions = vec![
        Region::new(100..70_000, kind),
        Region::new(70_000..70_005, kind),
        Region::new(70_005..70_006, kind),
        Region::new(90_000..1_000_000, kind),
        Region::new(90_000..1_000_000, kind),
        Region::new(0..10, RegionKind::Weights),
    ];
    regions.push(Region::new(50..50, kind));
    let detectors: Vec<Box<dyn Detector>> = vec![Box::new(Needle)];
    let (budget, mut sink) = (Budget::default(), Collector::default());
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut sink);
    let crew = Crew::new(Some(threads));
    cut_and_run(&detectors, &crew, &artifact, regions, cuts, &mut cx).unwrap();
    sink.issues.sort_by_key(|i| {
        let start = i.location.range.as_ref().map(|r| r.start);
        (start, i.message.clone())
    });
    sink
}

#[test]
fn the_same_whatever_the_cuts_and_threads() {
    let mut bytes: Vec<u8> = (0..200_000).map(|i| (i % 23) as u8).collect();
    let needles = [0, 99, 100, 4196, 8191, 8192, 69_999, 70_000, 70_005, 89_999];
    for at in needles.into_iter().chain([90_000, 155_536, 199_999]) {
        bytes[at] = b'N';
    }
    let memory = Blob::from_vec(bytes.clone());
    let reads = Blob::new(std::sync::Arc::new(ByReads(MemorySource::new(bytes))));
    let want = found(&memory, CUTS, 1);
    assert_eq!(
        want.issues.len(),
        9 + 4 + 1,
        "needles in regions, and regions once"
    );
    for (piece, unit) in [(1, 1), (13, 26), (4096, 8192), (8192, 65_536), (300, 300)] {
        for threads in [1, 3] {
            for blob in [&memory, &reads] {
                let got = found(blob, Cuts { piece, unit }, threads);
                assert_eq!(got.issues, want.issues, "piece {piece}, unit {unit}");
            }
        }
    }
}

#[test]
fn a_detector_that_fails_is_a_gap() {
    let mut bytes = vec![b'.'; 200_000];
    bytes[90_000] = b'!';
    bytes[150] = b'N';
    let got = found(&Blob::from_vec(bytes), CUTS, 1);
    assert_eq!(got.gaps.len(), 1);
    assert_eq!(got.gaps[0].reason, GapReason::Crashed);
    assert_eq!(got.issues.len(), 1 + 4);
}

#[test]
fn small_regions_share_a_unit() {
    let regions: Vec<Region> = (0..200)
        .map(|i| Region::new(i * 10..i * 10 + 10, RegionKind::Text))
        .collect();
    assert_eq!(units(&regions, CUTS).len(), 4);
    let one = [Region::new(0..10 << 20, RegionKind::Text)];
    assert_eq!(units(&one, CUTS).len(), 3);
}
