//! What comes out of archives of all shapes: every member, with its bytes, from every reading.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod cases;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cases::PICKLE;
use ma_archive::{Rar, SevenZ, Tar, Zip};
use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, ByteSource, Collector, Cx, Depth, EntryId, Match, Opener,
    Probe, ScanOptions, scanner::PROBE_HEAD,
};
use ma_testkit::run::{self, Opened};
use ma_testkit::tar::{self, Tar as TarFile};
use ma_testkit::zip::{Member, Zip as ZipFile};

/// Names and bytes of all files.
fn files(opened: &Opened) -> Vec<(String, Vec<u8>)> {
    let files = opened.entries.iter().filter(|(e, _)| e.is_file());
    files
        .map(|(e, b)| (e.name.clone(), b.clone().unwrap()))
        .collect()
}

fn zip(bytes: &[u8]) -> Opened {
    run::open(&Zip, "x.zip", bytes)
}

fn recognised(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    let artifact = run::artifact(name, bytes);
    let head = artifact.blob.head(PROBE_HEAD).unwrap();
    let takers = ma_archive::openers().into_iter().filter(|o| {
        let probe = Probe::new(&artifact, &head, None);
        o.probe(&probe) != Match::No
    });
    takers.map(|o| o.info().id).collect()
}

#[test]
fn zip_methods() {
    let text: Vec<u8> = (0..2000u32)
        .flat_map(|i| (i * 7).to_string().into_bytes())
        .collect();
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bz.write_all(&text).unwrap();
    let lzma = cases::lzma(&text);
    let lzma = [&[9, 20, 5, 0], &lzma[..5], &lzma[13..]].concat();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let packed = [
        (0, text.clone()),
        (8, cases::deflate(&text)),
        (9, ma_testkit::zip::deflate_stored(&text)),
        (12, bz.finish().unwrap()),
        (14, lzma),
        (93, ruzstd::encoding::compress_to_vec(&text[..], level)),
        (95, cases::xz(&text)),
    ];
    for (method, data) in packed {
        let opened = zip(&ZipFile::of([Member::packed("t", method, data, &text)]).bytes());
        assert_eq!(
            files(&opened),
            [("t".into(), text.clone())],
            "method {method}"
        );
        assert!(opened.found.issues.is_empty(), "{:?}", opened.found.issues);
        assert!(opened.found.gaps.is_empty(), "{:?}", opened.found.gaps);
    }
}

#[test]
fn zip_with_bytes_before_and_after() {
    let expected = [
        ("a".to_owned(), b"1".to_vec()),
        ("b".to_owned(), b"22".to_vec()),
    ];
    let make = |f: fn(&mut ZipFile)| {
        let mut zip = ZipFile::of([Member::stored("a", b"1"), Member::deflated("b", b"22")]);
        f(&mut zip);
        zip.bytes()
    };
    let shapes = [
        make(|_| {}),
        make(|z| z.zip64 = true),
        make(|z| z.prefix = b"something before".to_vec()),
        make(|z| z.suffix = vec![0; 70_000]),
        make(|z| z.comment = vec![b'c'; 60_000]),
        make(|z| z.comment = b"PK\x05\x06 is not an end record".to_vec()),
        make(|z| z.entries = Some(1)),
        make(|z| z.members[0] = z.members[0].clone().with_descriptor()),
        make(|z| z.members[1] = z.members[1].clone().with_descriptor()),
    ];
    for (i, bytes) in shapes.iter().enumerate() {
        assert_eq!(files(&zip(bytes)), expected, "shape {i}");
    }
    // Offsets that count the prefix, as after `zip -A`.
    let mut counted = make(|z| z.members[0].before = b"something before".to_vec());
    assert_eq!(files(&zip(&counted)), expected);
    // The directory and the end record gone.
    counted.truncate(counted.len() - 30);
    assert_eq!(files(&zip(&counted)), expected);
}

#[test]
fn a_zip_inside_a_pickle_has_no_foreign_bytes_around_it() {
    let inner = ZipFile::of([Member::stored("a", b"1")]).bytes();
    let pickle = [
        b"\x80\x04B",
        &(inner.len() as u32).to_le_bytes()[..],
        &inner,
        b"\x94.",
    ]
    .concat();
    let opened = zip(&pickle);
    assert_eq!(files(&opened), [("a".to_owned(), b"1".to_vec())]);
    assert!(opened.found.issues.is_empty());
    let before = [b"\x80\x04}.", &inner[..], b"more"].concat();
    assert_eq!(zip(&before).found.issues.len(), 2);
}

#[test]
fn all_segments_of_a_row_of_archives() {
    let one = |name: &str| ZipFile::of([Member::stored(name, name.as_bytes())]).bytes();
    let row = [one("a"), vec![7; 100], one("b"), one("c"), vec![9; 80_000]].concat();
    let mut names: Vec<String> = files(&zip(&row)).into_iter().map(|(n, _)| n).collect();
    names.sort();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn lying_sizes_do_not_cut_the_content() {
    for (packed, size) in [(3, 3), (0, 0), (7, 3)] {
        for deflated in [false, true] {
            let mut member = Member::stored("d", b"0123456789");
            if deflated {
                member = Member::deflated("d", b"0123456789");
            }
            (member.central.packed, member.central.size) = (packed, size);
            let opened = zip(&ZipFile::of([member, Member::stored("e", b"x")]).bytes());
            assert_eq!(
                files(&opened)[0].1,
                b"0123456789",
                "{packed} {size} {deflated}"
            );
            assert!(!opened.found.issues.is_empty());
        }
    }
}

#[test]
fn both_methods_are_tried() {
    let mut member = Member::deflated("d", b"0123456789");
    member.central.method = 0;
    let contents = files(&zip(&ZipFile::of([member]).bytes()));
    assert!(contents.iter().any(|(_, b)| b == b"0123456789"));
}

#[test]
fn a_signature_inside_a_member_is_no_member() {
    let inner = ZipFile::of([Member::stored("inner", b"x")]).bytes();
    let opened = zip(&ZipFile::of([Member::stored("w", &inner)]).bytes());
    assert_eq!(opened.entries.len(), 1);
    assert!(opened.found.issues.is_empty());
    // Weights that begin with the four bytes.
    let weights = [b"PK\x03\x04", &[0x77; 200][..]].concat();
    assert!(recognised("data/0", &weights).is_empty());
}

/// Counts what is read, and reads short.
struct Watched {
    bytes: Vec<u8>,
    read: AtomicU64,
    most: usize,
}

impl ByteSource for Watched {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let from = (offset as usize).min(self.bytes.len());
        let n = buf.len().min(self.bytes.len() - from).min(self.most);
        buf[..n].copy_from_slice(&self.bytes[from..from + n]);
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[test]
fn stored_members_are_windows_and_a_structure_scan_does_not_read_them() {
    let big = vec![5; 4 << 20];
    let members = ["a", "b", "c"].map(|n| Member::stored(n, &big));
    let bytes = ZipFile::of(members).bytes();
    let most = usize::MAX;
    let source = Arc::new(Watched {
        bytes,
        read: AtomicU64::new(0),
        most,
    });
    let blob = Blob::new(Arc::clone(&source) as Arc<dyn ByteSource>);
    let artifact = Artifact::new(ArtifactPath::new("w.zip"), blob);
    let budget = Budget::default();
    let mut found = Collector::default();
    let options = ScanOptions::with_depth(Depth::Structure);
    let mut cx = Cx::new(&artifact, &budget, options, &mut found);
    let container = Zip.open(&artifact, &mut cx).unwrap();
    for i in 0..3 {
        let blob = container.open(EntryId(i), &mut cx).unwrap();
        assert_eq!(blob.len(), big.len() as u64);
        assert!(container.entries()[i].stored_at.is_some());
    }
    assert!(source.read.load(Ordering::Relaxed) < 300_000);
    assert!(found.issues.is_empty() && found.gaps.is_empty());
}

#[test]
fn short_reads_change_nothing() {
    for (_, name, bytes) in cases::golden().into_iter().filter(|(.., b)| b.len() < 4000) {
        let results = [usize::MAX, 1, 7].map(|most| {
            let bytes = bytes.clone();
            let source = Watched {
                bytes,
                read: AtomicU64::new(0),
                most,
            };
            let artifact = Artifact::new(ArtifactPath::new(name), Blob::new(Arc::new(source)));
            let head = artifact.blob.head(PROBE_HEAD).unwrap();
            let mut said = Vec::new();
            for opener in ma_archive::openers() {
                if opener.probe(&Probe::new(&artifact, &head, None)) == Match::No {
                    continue;
                }
                let budget = Budget::default();
                let mut found = Collector::default();
                let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
                let container = opener.open(&artifact, &mut cx).unwrap();
                for i in 0..container.entries().len() {
                    let blob = container.open(EntryId(i), &mut cx);
                    said.push(format!("{:?}", blob.map(|b| b.head(4096).unwrap())));
                }
                said.push(format!("{:?} {:?}", found.issues, found.gaps));
            }
            said
        });
        assert_eq!(results[0], results[1], "{name}");
        assert_eq!(results[0], results[2], "{name}");
    }
}

#[test]
fn tar_variants() {
    let mut wide = tar::header(b"wide", b'0', 0, b"");
    wide[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x03");
    tar::sum(&mut wide);
    let mut old = tar::header(b"old", b'\0', 3, b"");
    old[257..265].fill(0);
    tar::sum(&mut old);
    let long = "d/".repeat(100) + "x";
    let file = TarFile::new()
        .raw(&wide, b"abc")
        .raw(&old, b"abc")
        .pax(&[("path", &long), ("size", "3")])
        .raw(&tar::header(b"short", b'0', 0, b""), b"abc")
        .long(b'L', &long)
        .file("short", b"abc");
    for bytes in [file.clone().bytes(), file.unfinished()] {
        let opened = run::open(&Tar, "x.tar", &bytes);
        let names: Vec<String> = files(&opened).iter().map(|(n, _)| n.clone()).collect();
        assert_eq!(names, ["wide", "old", &long, &long]);
        assert!(files(&opened).iter().all(|(_, b)| b == b"abc"));
        assert!(opened.found.gaps.is_empty());
        assert!(
            opened
                .found
                .issues
                .iter()
                .all(|i| i.rule.name == "archive-duplicate-name")
        );
    }
}

#[test]
fn tar_sparse_files() {
    let map = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "s"),
        ("GNU.sparse.realsize", "2048"),
    ];
    let mut data = b"1\n1024\n3\n".to_vec();
    data.resize(512, 0);
    data.extend(b"abc");
    let one = TarFile::new()
        .pax(&map)
        .file("GNUSparseFile.0/s", &data)
        .bytes();
    let map = [("GNU.sparse.size", "2048"), ("GNU.sparse.map", "1024,3")];
    let older = TarFile::new().pax(&map).file("s", b"abc").bytes();
    for bytes in [one, older] {
        let contents = files(&run::open(&Tar, "x.tar", &bytes));
        assert_eq!(contents.len(), 1);
        assert_eq!((contents[0].0.as_str(), contents[0].1.len()), ("s", 2048));
        assert_eq!(&contents[0].1[1022..1029], b"\0\0abc\0\0");
    }
}

#[test]
fn a_zip_in_a_tar_is_the_tar_members_business() {
    let inner = ZipFile::of([Member::stored("a", b"1")]).bytes();
    let bytes = TarFile::new().file("m.zip", &inner).bytes();
    assert_eq!(recognised("x.tar", &bytes), ["tar"]);
    let after = [bytes, inner].concat();
    assert_eq!(recognised("x.tar", &after), ["zip", "tar"]);
}

#[test]
fn streams_are_recognised_and_read_to_the_last_member() {
    let text = b"some text that is long enough to be worth packing, some text".repeat(5);
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bz.write_all(&text).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&text).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let streams = [
        ("gzip", cases::gzip(&text, Some("name"))),
        ("bzip2", bz.finish().unwrap()),
        ("xz", cases::xz(&text)),
        ("zstd", ruzstd::encoding::compress_to_vec(&text[..], level)),
        ("lz4", lz4.finish().unwrap()),
    ];
    for (id, stream) in streams {
        let opener = ma_archive::openers()
            .into_iter()
            .find(|o| o.info().id == id)
            .unwrap();
        for times in [1, 3] {
            let bytes = stream.repeat(times);
            assert_eq!(recognised("x", &bytes), [id]);
            let opened = run::open(opener.as_ref(), "x", &bytes);
            assert!(files(&opened)[0].1 == text.repeat(times), "{id} {times}");
            assert!(
                opened.found.issues.is_empty(),
                "{id}: {:?}",
                opened.found.issues
            );
            assert!(
                opened.found.gaps.is_empty(),
                "{id}: {:?}",
                opened.found.gaps
            );
        }
        let cut = run::open(opener.as_ref(), "x", &stream[..stream.len() - 3]);
        let told = !cut.found.gaps.is_empty() || !cut.found.issues.is_empty();
        assert!(told, "{id}: a cut stream reads as whole");
        let more = [&stream, PICKLE].concat();
        let more = run::open(opener.as_ref(), "x", &more);
        assert_eq!(
            more.found.children.len(),
            1,
            "{id}: what follows is not handed out"
        );
    }
}

#[test]
fn streams_without_a_magic() {
    let text = b"some text that is long enough to be worth packing, some text".repeat(5);
    let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    z.write_all(&text).unwrap();
    let z = z.finish().unwrap();
    let zfile = [format!("ZF{:<19}", "0x12c").as_bytes(), &z].concat();
    for (id, bytes) in [
        ("zlib", z),
        ("joblib-zfile", zfile),
        ("lzma", cases::lzma(&text)),
    ] {
        assert_eq!(recognised("x", &bytes), [id]);
        let opener = ma_archive::openers()
            .into_iter()
            .find(|o| o.info().id == id)
            .unwrap();
        let opened = run::open(opener.as_ref(), "x", &bytes);
        assert!(files(&opened)[0].1 == text, "{id}");
        assert!(
            opened.found.issues.is_empty() && opened.found.gaps.is_empty(),
            "{id}"
        );
    }
    for other in [
        &b"(S'echo pwned'\nios\nsystem\n."[..],
        PICKLE,
        b"x\x9cand so on, in text",
        &[0; 600],
        &[0x5d; 600],
    ] {
        assert!(recognised("x", other).is_empty(), "{other:?}");
    }
}

#[test]
fn sevenz_members() {
    let bytes = cases::sevenz(&[("a.txt", b"text"), ("m/data.pkl", PICKLE), ("empty", b"")]);
    let opened = run::open(&SevenZ, "x.7z", &bytes);
    let expected = [
        ("a.txt", &b"text"[..]),
        ("m/data.pkl", PICKLE),
        ("empty", b""),
    ];
    let mut found = files(&opened);
    found.sort();
    let mut expected = expected.map(|(n, b)| (n.to_owned(), b.to_vec()));
    expected.sort();
    assert_eq!(found, expected);
    assert!(opened.found.issues.is_empty() && opened.found.gaps.is_empty());
}

#[test]
fn sevenz_stored_member_and_its_checksum() {
    let mut bytes = cases::sevenz_plain("m/data.pkl", PICKLE);
    let opened = run::open(&SevenZ, "x.7z", &bytes);
    assert_eq!(files(&opened), [("m/data.pkl".to_owned(), PICKLE.to_vec())]);
    assert!(opened.found.issues.is_empty() && opened.found.gaps.is_empty());
    bytes[34] ^= 1;
    let opened = run::open(&SevenZ, "x.7z", &bytes);
    assert_eq!(files(&opened)[0].1.len(), PICKLE.len());
    let told = opened
        .found
        .issues
        .iter()
        .any(|i| i.rule.name == "archive-checksum");
    assert!(told, "{:?} {:?}", opened.found.issues, opened.found.gaps);
}

#[test]
fn rar_stored_members() {
    for bytes in [cases::rar4(), cases::rar5()] {
        let opened = run::open(&Rar, "x.rar", &bytes);
        assert_eq!(files(&opened), [("m/data.pkl".to_owned(), PICKLE.to_vec())]);
        assert!(opened.found.issues.is_empty() && opened.found.gaps.is_empty());
    }
}
