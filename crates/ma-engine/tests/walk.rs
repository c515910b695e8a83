//! The engine with toy formats: what is walked, what is caught, and that the report is the same
//! whatever the threads.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ma_core::{
    Artifact, ArtifactPath, Blob, Container, Coverage, Cx, Entry, EntryId, EntryKind, FormatInfo,
    GapReason, Issue, Kind, Limits, Match, Opener, Probe, Report, Root, RootContent, ScanError,
    Scanner, Severity, Target, declare_rule,
};
use ma_engine::{Engine, EngineConfig, Quiet, Registry};

declare_rule! {
    /// ## Why it matters
    /// It is a toy.
    pub static EVIL = {
        code: "TOY001", name: "toy-evil", severity: Critical, title: "Evil", references: [],
    }
}

const INFO: FormatInfo = FormatInfo {
    id: "toy",
    title: "Toy",
    extensions: &["toy"],
    kinds: &[Kind::new("toy")],
    runs_code: true,
    recognised_by: "starts with TOY",
    checks: "evil",
    spec: "this file",
    rules: &[&EVIL],
};
static TOY_INFO: FormatInfo = INFO;
static BOX_INFO: FormatInfo = FormatInfo {
    id: "box",
    runs_code: false,
    rules: &[],
    ..INFO
};

/// `TOY…`: every `E` is evil, `P` panics, `C` hands out a child `TOYE`.
struct Toy;

impl Scanner for Toy {
    fn info(&self) -> &'static FormatInfo {
        &TOY_INFO
    }
    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && (probe.head.starts_with(b"TOY") || probe.hinted(&TOY_INFO)) {
            Match::Strong
        } else {
            Match::No
        }
    }
    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let bytes = target.artifact().blob.head(1000)?;
        for (i, byte) in bytes.iter().enumerate().skip(3) {
            let at = i as u64;
            match byte {
                b'E' => cx.issue(Issue::new(&EVIL, "evil").at(at..at + 1))?,
                b'C' => cx.child(
                    "inner",
                    Blob::from_vec(b"TOYE".to_vec()),
                    Some(Kind::new("toy")),
                )?,
                b'P' => panic!("toy"),
                _ => {}
            }
        }
        Ok(Coverage::Complete)
    }
}

/// `BOX` then members separated by `|`; a member that starts with `BOX` is a box again.
struct BoxOpener;
struct BoxContainer(Vec<Entry>, Vec<Vec<u8>>);

impl Container for BoxContainer {
    fn entries(&self) -> &[Entry] {
        &self.0
    }
    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let bytes = self.1[id.0].clone();
        if bytes == b"TAIL" {
            cx.child("behind", Blob::from_vec(b"TOYE".to_vec()), None)?;
        }
        Ok(Blob::from_vec(bytes))
    }
}

impl Opener for BoxOpener {
    fn info(&self) -> &'static FormatInfo {
        &BOX_INFO
    }
    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.head.starts_with(b"BOX") {
            Match::Strong
        } else {
            Match::No
        }
    }
    fn open(&self, artifact: &Artifact, _cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let bytes = artifact.blob.head(1 << 20)?;
        let members: Vec<Vec<u8>> = bytes[3..]
            .split(|b| *b == b'|')
            .map(<[u8]>::to_vec)
            .collect();
        let entries = (0..members.len())
            .map(|i| Entry::file(format!("m{i}")))
            .collect();
        Ok(Arc::new(BoxContainer(entries, members)))
    }
}

fn file(name: &str, bytes: &[u8]) -> Root {
    Root::file(Artifact::new(
        ArtifactPath::new(name),
        Blob::from_vec(bytes.to_vec()),
    ))
}

fn engine(config: EngineConfig) -> Engine {
    Engine::new(Registry::new().scanner(Toy).opener(BoxOpener), config)
}

fn scan(roots: Vec<Root>) -> Report {
    engine(EngineConfig::default()).scan(roots, &Quiet)
}

fn locations(report: &Report) -> Vec<String> {
    report
        .issues
        .iter()
        .map(|i| i.location.to_string())
        .collect()
}

#[test]
fn members_and_children_are_walked_in_order() {
    let report = scan(vec![file("a.box", b"BOXTOYxE|TOYCE|text")]);
    assert_eq!(
        locations(&report),
        [
            "a.box → m0 (pos 4)",
            "a.box → m1 (pos 4)",
            "a.box → m1 → inner (pos 3)"
        ]
    );
    assert_eq!(report.exit_code(Severity::Warning), 1);
    assert_eq!(report.totals.files_scanned, 1);
    assert_eq!(report.gaps, []);
}

#[test]
fn what_unpacking_brings_to_light_is_looked_at() {
    let report = scan(vec![file("a.box", b"BOXTAIL")]);
    assert_eq!(locations(&report), ["a.box → behind (pos 3)"]);
}

#[test]
fn a_panic_is_a_gap_and_the_scan_goes_on() {
    std::panic::set_hook(Box::new(|_| {}));
    let report = scan(vec![file("a.box", b"BOXTOYP|TOYE")]);
    let _ = std::panic::take_hook();
    assert_eq!(locations(&report), ["a.box → m1 (pos 3)"]);
    assert_eq!(report.gaps.len(), 1);
    assert_eq!(report.gaps[0].reason, GapReason::Crashed);
    assert_eq!(report.gaps[0].artifact.to_string(), "a.box → m0");
}

#[test]
fn an_unknown_file_is_a_gap_only_when_it_was_named() {
    let report = scan(vec![file("x.bin", b"what"), file("empty", b"")]);
    let details: Vec<_> = report.gaps.iter().map(|g| &*g.detail).collect();
    assert_eq!(
        details,
        ["no scanner knows this format", "the file is empty"]
    );
    assert_eq!(report.exit_code(Severity::Warning), 2);

    let entries = vec![Entry::file("x.bin"), Entry::file("sub/m.toy")];
    let folder = Arc::new(BoxContainer(
        entries,
        vec![b"what".to_vec(), b"TOYE".to_vec()],
    ));
    let root = Root {
        name: "dir".into(),
        content: RootContent::Directory(
            Artifact::new(ArtifactPath::new("dir/"), Blob::from_vec(vec![])),
            folder,
        ),
        gaps: vec![],
    };
    let report = scan(vec![root]);
    assert_eq!(report.gaps, []);
    assert_eq!(report.totals.files_unrecognised, 1);
    assert_eq!(locations(&report), ["dir/sub/m.toy (pos 3)"]);
}

#[test]
fn code_under_a_harmless_name_is_said() {
    let report = scan(vec![file("cat.jpg", b"TOY")]);
    assert_eq!(report.issues[0].rule.name, "name-belies-content");
    assert_eq!(scan(vec![file("cat.toy", b"TOY")]).issues, []);
}

#[test]
fn depth_number_and_size_are_bounded() {
    let nested = b"BOXBOXBOXBOXBOX".as_slice();
    let limits = Limits {
        max_depth: 2,
        ..Limits::default()
    };
    let config = EngineConfig {
        limits,
        ..EngineConfig::default()
    };
    let report = engine(config).scan(vec![file("n.box", nested)], &Quiet);
    assert_eq!(report.gaps[0].reason, GapReason::Limit);

    let limits = Limits {
        max_file_size: Some(3),
        max_total_size: Some(6),
        ..Limits::default()
    };
    let config = EngineConfig {
        limits,
        ..EngineConfig::default()
    };
    let roots = vec![
        file("big", b"TOYE"),
        file("1", b"TOY"),
        file("2", b"TOY"),
        file("3", b"TOY"),
    ];
    let report = engine(config).scan(roots, &Quiet);
    assert_eq!(report.totals.files_scanned, 2);
    assert_eq!(report.gaps.len(), 2);
    assert_eq!(report.exit_code(Severity::Warning), 2);
}

#[test]
fn a_child_of_a_kind_that_nobody_takes_is_a_gap() {
    let engine = Engine::new(Registry::new().opener(BoxOpener), EngineConfig::default());
    let artifact = Artifact::new(ArtifactPath::new("x"), Blob::from_vec(b"?".to_vec()))
        .with_hint(Kind::new("other"));
    let report = engine.scan(vec![Root::file(artifact)], &Quiet);
    assert!(report.gaps[0].detail.contains("embedded other"));
}

#[test]
fn the_report_does_not_depend_on_the_threads() {
    let roots = || {
        (0..200)
            .map(|i| file(&format!("f{i}"), b"BOXTOYE|TOYCEE|TOYC"))
            .collect()
    };
    let with = |threads| {
        let config = EngineConfig {
            threads: Some(threads),
            ..EngineConfig::default()
        };
        engine(config).scan(roots(), &Quiet)
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn repeated_issues_are_cut_and_counted() {
    let report = scan(vec![file(
        "a.toy",
        &[b"TOY".as_slice(), &[b'E'; 80]].concat(),
    )]);
    assert_eq!(report.issues.len(), 50);
    let last = report.issues.last().unwrap();
    assert_eq!(
        last.evidence[0].text,
        "30 more issues of this rule in this part"
    );
}

#[test]
fn a_cancelled_run_is_incomplete() {
    let cancelled = Arc::new(AtomicBool::new(true));
    let config = EngineConfig {
        cancelled,
        ..EngineConfig::default()
    };
    let report = engine(config).scan(vec![file("a", b"TOYE"), file("b", b"TOYE")], &Quiet);
    assert!(report.interrupted);
    assert_eq!(report.gaps.len(), 1);
    assert_eq!(report.exit_code(Severity::Warning), 2);
}

#[test]
fn links_are_not_opened() {
    let mut link = Entry::file("link");
    link.kind = EntryKind::Symlink("/etc/passwd".into());
    let folder = Arc::new(BoxContainer(vec![link], vec![b"TOYE".to_vec()]));
    let artifact = Artifact::new(ArtifactPath::new("dir"), Blob::from_vec(vec![]));
    let report = scan(vec![Root {
        name: "dir".into(),
        content: RootContent::Directory(artifact, folder),
        gaps: vec![],
    }]);
    assert_eq!((report.issues.len(), report.totals.bytes), (0, 0));
}
