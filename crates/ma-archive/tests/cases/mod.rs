//! The archives that golden files and other tests are made of.

// Each test binary uses a part of this; builders of test files may panic.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines
)]

use std::io::Write;

use ma_testkit::tar::{self, Tar};
use ma_testkit::zip::{Member, Zip, crc32};

/// A harmless pickle: an empty dictionary.
pub(crate) const PICKLE: &[u8] = b"\x80\x02}q\x00.";

/// A deflate stream made by a real encoder.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A gzip member with a stored name when one is given.
pub(crate) fn gzip(bytes: &[u8], name: Option<&str>) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08".to_vec();
    out.push(if name.is_some() { 8 } else { 0 });
    out.extend([0, 0, 0, 0, 0, 3]);
    if let Some(name) = name {
        out.extend(name.as_bytes());
        out.push(0);
    }
    out.extend(deflate(bytes));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// A zstd frame of zeros in RLE blocks.
pub(crate) fn zstd_zeros(len: usize) -> Vec<u8> {
    // No checksum, no content size, window of 128 KiB.
    let mut out = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
    let mut left = len;
    while left > 0 {
        let n = left.min(128 << 10);
        left -= n;
        let header = (n as u32) << 3 | 1 << 1 | u32::from(left == 0);
        out.extend(&header.to_le_bytes()[..3]);
        out.push(0);
    }
    out
}

/// A gzip file that unpacks to itself (but for the checksum): the construction of Russ Cox, with
/// deflate blocks of exactly five bytes for "copy literally" and "repeat".
pub(crate) fn quine() -> Vec<u8> {
    fn literal(n: u8) -> Vec<u8> {
        vec![0, n, 0, !n, 0xff]
    }
    // A block with fixed codes: two matches of n/2 bytes at distance n, 40 bits in all.
    fn repeat(n: u32) -> Vec<u8> {
        let mut bits: Vec<u32> = vec![0, 1, 0];
        let high_first = |bits: &mut Vec<u32>, value: u32, len: u32| {
            bits.extend((0..len).rev().map(|i| value >> i & 1));
        };
        for _ in 0..2 {
            high_first(&mut bits, n / 2 - 2, 7); // 257 is 1: length 3
            high_first(&mut bits, 8, 5); // distances 17 to 24
            bits.extend((0..3).map(|i| (n - 17) >> i & 1));
        }
        bits.extend([0; 7]);
        assert_eq!(bits.len(), 40);
        let byte = |c: &[u32]| c.iter().enumerate().fold(0, |n, (i, b)| n | (b << i) as u8);
        bits.chunks(8).map(byte).collect()
    }
    let prefix = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03self\0".to_vec();
    let (l5, l20, l0, r20, r18) = (literal(5), literal(20), literal(0), repeat(20), repeat(18));
    let l18 = literal(18);
    let mut suffix = vec![1, 0, 0, 0xff, 0xff];
    suffix.extend([0; 4]);
    let last = [&r20, &l0, &l0, &l18].map(|v| v.as_slice()).concat();
    let build = |suffix: &[u8]| {
        let end = [r18.as_slice(), suffix].concat();
        let parts: Vec<&[u8]> = vec![
            &prefix, &l20, &prefix, &l20, &r20, &l5, &r20, &l5, &l5, &l20, &r20, &l5, &l5, &l20,
            &r20, &l20, &r20, &l20, &r20, &l20, &r20, &l20, &last, &r20, &l0, &l0, &l18, &end,
            &r18, suffix,
        ];
        parts.concat()
    };
    let size = build(&[&suffix[..], &[0; 4]].concat()).len() as u32;
    suffix.extend(size.to_le_bytes());
    build(&suffix)
}

fn plain() -> Zip {
    Zip::of([
        Member::stored("m/data.pkl", PICKLE),
        Member::deflated("m/notes.txt", b"some text"),
    ])
}

fn zip(members: impl IntoIterator<Item = Member>) -> Vec<u8> {
    Zip::of(members).bytes()
}

/// All golden files: rule, file name, bytes.
pub(crate) fn golden() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut out = names();
    out.extend(contradictions());
    out.extend(contents());
    out.extend(leftovers());
    out
}

fn names() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let file = |name: &str| zip([Member::stored(name, b"x")]);
    let inside = Tar::new()
        .file("m/a", b"x")
        .link(b'2', "m/l", "a")
        .link(b'1', "m/h", "m/a");
    let chain = Tar::new()
        .link(b'2', "a/b/up", "..")
        .link(b'2', "out", "a/b/up/../../x");
    let mut other = Member::stored("Data.PKL", b"2");
    other.central.size = 1;
    vec![
        ("archive-path-escape", "fires-parent.zip", file("m/../../x")),
        (
            "archive-path-escape",
            "fires-nul.zip",
            file("config.json\0.txt"),
        ),
        ("archive-path-escape", "fires-backslash.zip", file("m\\x")),
        (
            "archive-path-escape",
            "fires-absolute.tar",
            Tar::new().file("/etc/x", b"x").bytes(),
        ),
        (
            "archive-path-escape",
            "fires-pax.tar",
            Tar::new().pax(&[("path", "../x")]).file("x", b"x").bytes(),
        ),
        (
            "archive-path-escape",
            "fires-long-name.tar",
            Tar::new().long(b'L', "../x").file("x", b"x").bytes(),
        ),
        (
            "archive-path-escape",
            "fires-stored-name.gz",
            gzip(b"x", Some("../x")),
        ),
        (
            "archive-path-escape",
            "silent-relative.zip",
            zip([
                Member::stored("./m//x", b"x"),
                Member::stored("w:0.npy", b"y"),
            ]),
        ),
        (
            "archive-path-escape",
            "silent-dot.tar",
            Tar::new().link(b'5', "./", "").file("./x", b"x").bytes(),
        ),
        (
            "archive-path-escape",
            "silent-stored-name.gz",
            gzip(b"x", Some("x")),
        ),
        (
            "archive-link-escape",
            "fires-absolute.tar",
            Tar::new().link(b'2', "l", "/etc/passwd").bytes(),
        ),
        (
            "archive-link-escape",
            "fires-hard.tar",
            Tar::new().link(b'1', "l", "../x").bytes(),
        ),
        ("archive-link-escape", "fires-chain.tar", chain.bytes()),
        (
            "archive-link-escape",
            "fires-through.zip",
            zip([Member::symlink("l", "."), Member::stored("l/x", b"x")]),
        ),
        ("archive-link-escape", "silent-inside.tar", inside.bytes()),
        (
            "archive-link-escape",
            "silent-inside.zip",
            zip([Member::symlink("m/l", "../x"), Member::stored("x", b"x")]),
        ),
        (
            "archive-special-file",
            "fires-device.tar",
            Tar::new().link(b'3', "null", "").bytes(),
        ),
        (
            "archive-special-file",
            "fires-pipe.tar",
            Tar::new().link(b'6', "pipe", "").bytes(),
        ),
        (
            "archive-special-file",
            "silent-file.tar",
            Tar::new().file("null", b"").bytes(),
        ),
        (
            "archive-duplicate-name",
            "fires-data-pkl.zip",
            zip([
                Member::stored("m/data.pkl", b"1"),
                Member::stored("m/data.pkl", b"2"),
            ]),
        ),
        (
            "archive-duplicate-name",
            "fires-case.zip",
            zip([Member::stored("data.pkl", b"1"), other]),
        ),
        (
            "archive-duplicate-name",
            "fires-text.tar",
            Tar::new().file("a.txt", b"1").file("./a.txt", b"2").bytes(),
        ),
        (
            "archive-duplicate-name",
            "silent-two-names.zip",
            zip([Member::stored("a", b"1"), Member::stored("b", b"2")]),
        ),
        (
            "archive-duplicate-name",
            "silent-same-content.zip",
            zip([Member::stored("a", b"1"), Member::stored("a", b"1")]),
        ),
    ]
}

fn contradictions() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let member = || Member::stored("m/data.pkl", PICKLE);
    let packed = || Member::deflated("m/data.pkl", PICKLE);
    let mut size = member();
    size.central.size = 2;
    size.central.packed = 2;
    let mut method = packed();
    method.local.method = 0;
    let mut count = plain();
    count.entries = Some(1);
    let mut wide = plain();
    wide.zip64 = true;
    let mut crc = member();
    (crc.local.crc, crc.central.crc) = (1, 1);
    let mut longer = packed();
    (longer.local.size, longer.central.size) = (3, 3);
    let mut shared = Member::stored("b", b"");
    shared.listed = true;
    shared.offset = Some(0);
    let mut gz = gzip(b"text", None);
    let at = gz.len() - 8;
    gz[at] ^= 1;
    let second = zip([Member::stored("hidden.pkl", PICKLE)]);
    let two = [second.clone(), plain().bytes()].concat();
    let nested = zip([Member::stored("inner.zip", &second)]);
    let chain = [plain().bytes(), plain().bytes(), plain().bytes()].concat();
    let after = [
        Tar::new().file("a", b"1").bytes(),
        Tar::new().file("b", b"2").bytes(),
    ]
    .concat();
    vec![
        (
            "archive-header-mismatch",
            "fires-name.zip",
            zip([member().central_name("m/data.txt")]),
        ),
        (
            "archive-header-mismatch",
            "fires-local-flag.zip",
            zip([packed().flags(1, 0)]),
        ),
        (
            "archive-header-mismatch",
            "fires-both-flags.zip",
            zip([packed().flags(1, 1)]),
        ),
        ("archive-header-mismatch", "fires-size.zip", zip([size])),
        ("archive-header-mismatch", "fires-method.zip", zip([method])),
        ("archive-header-mismatch", "fires-count.zip", count.bytes()),
        (
            "archive-header-mismatch",
            "fires-data-longer.zip",
            zip([longer]),
        ),
        (
            "archive-header-mismatch",
            "silent-plain.zip",
            plain().bytes(),
        ),
        (
            "archive-header-mismatch",
            "silent-descriptor.zip",
            zip([packed().with_descriptor(), member().with_descriptor()]),
        ),
        ("archive-header-mismatch", "silent-zip64.zip", wide.bytes()),
        (
            "archive-hidden-member",
            "fires-ghost.zip",
            zip([member(), Member::stored("ghost.pkl", PICKLE).unlisted()]),
        ),
        ("archive-hidden-member", "fires-two-directories.zip", two),
        (
            "archive-hidden-member",
            "fires-folder.zip",
            zip([Member::stored("m/", PICKLE)]),
        ),
        ("archive-hidden-member", "fires-after-end.tar", after),
        ("archive-hidden-member", "silent-nested.zip", nested),
        ("archive-hidden-member", "silent-chain.distcp", chain),
        (
            "archive-hidden-member",
            "silent-end.tar",
            Tar::new().file("a", b"1").bytes(),
        ),
        ("archive-checksum", "fires-stored.zip", zip([crc])),
        ("archive-checksum", "fires-stream.gz", gz),
        ("archive-checksum", "silent-plain.zip", plain().bytes()),
        ("archive-checksum", "silent-stream.gz", gzip(b"text", None)),
        (
            "archive-overlap",
            "fires-shared.zip",
            zip([Member::stored("a", b"12345"), shared]),
        ),
        ("archive-overlap", "silent-plain.zip", plain().bytes()),
    ]
}

fn contents() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut encrypted = Member::packed("m/data.pkl", 0, vec![0xa5; PICKLE.len() + 12], PICKLE);
    encrypted = encrypted.flags(1, 1);
    let method = Member::packed("m/data.pkl", 6, vec![1; 20], PICKLE);
    let mut sparse = tar::header(b"big", b'S', 512, b"");
    sparse[257..265].copy_from_slice(b"ustar  \0");
    sparse[386..410].copy_from_slice(b"00000000000\x0000000001000\0");
    sparse[483..495].copy_from_slice(b"77777777777\0");
    tar::sum(&mut sparse);
    let mut small = sparse;
    small[483..495].copy_from_slice(b"00000010000\0");
    tar::sum(&mut small);
    let data = [7; 512];
    vec![
        ("archive-bomb", "fires-zeros.zst", zstd_zeros(72 << 20)),
        (
            "archive-bomb",
            "fires-sparse.tar",
            Tar::new().raw(&sparse, &data).bytes(),
        ),
        ("archive-bomb", "silent-zeros.zst", zstd_zeros(1 << 20)),
        (
            "archive-bomb",
            "silent-sparse.tar",
            Tar::new().raw(&small, &data).bytes(),
        ),
        ("archive-quine", "fires-self.gz", quine()),
        (
            "archive-quine",
            "silent-other.gz",
            gzip(&gzip(b"text", None), None),
        ),
        ("archive-encrypted", "fires-flag.zip", zip([encrypted])),
        ("archive-encrypted", "silent-plain.zip", plain().bytes()),
        (
            "archive-unsupported-method",
            "fires-imploded.zip",
            zip([method]),
        ),
        (
            "archive-unsupported-method",
            "silent-deflate.zip",
            plain().bytes(),
        ),
    ]
}

fn leftovers() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let elf = [&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat();
    let with = |f: fn(&mut Zip)| {
        let mut zip = plain();
        f(&mut zip);
        zip.bytes()
    };
    let mut before = plain();
    before.prefix = elf.clone();
    let mut program = plain();
    program.suffix = elf;
    let mut padded = Member::stored("m/data/0", &[1; 64]).after(&[0; 40]);
    padded.local.extra = b"FB\x06\0ZZZZZZ".to_vec();
    let tail = [gzip(b"text", None), b"more".to_vec()].concat();
    let zeros = [gzip(b"text", None), vec![0; 512]].concat();
    let whole = plain().bytes();
    let cut = whole[..whole.len() - 60].to_vec();
    let half = Tar::new().file("a", &[b'a'; 2000]).unfinished()[..1024].to_vec();
    vec![
        ("archive-prefix", "fires-program.zip", before.bytes()),
        (
            "archive-prefix",
            "fires-pickle.zip",
            with(|z| z.prefix = PICKLE.to_vec()),
        ),
        ("archive-prefix", "silent-none.zip", plain().bytes()),
        (
            "archive-prefix",
            "silent-zeros.zip",
            with(|z| z.prefix = vec![0; 64]),
        ),
        (
            "archive-trailing-data",
            "fires-program.zip",
            program.bytes(),
        ),
        ("archive-trailing-data", "fires-text.gz", tail),
        (
            "archive-trailing-data",
            "fires-comment.zip",
            with(|z| z.comment = PICKLE.to_vec()),
        ),
        (
            "archive-trailing-data",
            "silent-zeros.zip",
            with(|z| z.suffix = vec![0; 1000]),
        ),
        ("archive-trailing-data", "silent-zeros.gz", zeros),
        (
            "archive-trailing-data",
            "silent-comment.zip",
            with(|z| z.comment = b"made by hand".to_vec()),
        ),
        (
            "archive-gap-data",
            "fires-between.zip",
            zip([
                Member::stored("a", b"1").after(b"what is this"),
                Member::stored("b", b"2").after(PICKLE),
            ]),
        ),
        (
            "archive-gap-data",
            "fires-before-directory.zip",
            with(|z| z.gap = PICKLE.to_vec()),
        ),
        (
            "archive-gap-data",
            "silent-padding.zip",
            zip([Member::stored("m/data.pkl", PICKLE), padded]),
        ),
        ("archive-truncated", "fires-directory.zip", cut),
        ("archive-truncated", "fires-member.tar", half),
        ("archive-truncated", "silent-whole.zip", whole),
        (
            "archive-truncated",
            "silent-no-end.tar",
            Tar::new().file("a", b"1").unfinished(),
        ),
    ]
}

/// An xz stream.
pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A stream in the old LZMA format.
pub(crate) fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let size = Some(bytes.len() as u64);
    let mut writer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, size).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A 7z archive.
pub(crate) fn sevenz(files: &[(&str, &[u8])]) -> Vec<u8> {
    use sevenz_rust2::{ArchiveEntry, ArchiveWriter};
    let mut writer = ArchiveWriter::new(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, data) in files {
        let entry = ArchiveEntry::new_file(name);
        writer.push_archive_entry(entry, Some(*data)).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A 7z archive of one stored file whose list of members is not packed.
pub(crate) fn sevenz_plain(name: &str, data: &[u8]) -> Vec<u8> {
    let size = data.len() as u8;
    let mut list = vec![
        1, 4, 6, 0, 1, 9, size, 0, 7, 11, 1, 0, 1, 1, 0, 12, size, 10, 1,
    ];
    list.extend(crc32(data).to_le_bytes());
    list.extend([0, 8, 0, 0, 5, 1, 17]);
    let name: Vec<u8> = name
        .encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect();
    list.extend([name.len() as u8 + 1, 0]);
    list.extend(name);
    list.extend([0, 0]);
    let mut start = (data.len() as u64).to_le_bytes().to_vec();
    start.extend((list.len() as u64).to_le_bytes());
    start.extend(crc32(&list).to_le_bytes());
    let mut out = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    out.extend(crc32(&start).to_le_bytes());
    [out, start, data.to_vec(), list].concat()
}

/// A RAR 4 archive with one stored member.
pub(crate) fn rar4() -> Vec<u8> {
    let mut out = b"Rar!\x1a\x07\0".to_vec();
    let mut block = |body: &[u8]| {
        out.extend((crc32(body) as u16).to_le_bytes());
        out.extend(body);
    };
    block(b"\x73\0\0\x0d\0\0\0\0\0\0\0");
    let name = b"m/data.pkl";
    let mut file = b"\x74\0\x80".to_vec();
    file.extend((32 + name.len() as u16).to_le_bytes());
    file.extend((PICKLE.len() as u32).to_le_bytes());
    file.extend((PICKLE.len() as u32).to_le_bytes());
    file.push(3);
    file.extend(crc32(PICKLE).to_le_bytes());
    file.extend([0, 0, 0, 0, 29, 0x30]);
    file.extend((name.len() as u16).to_le_bytes());
    file.extend(0o100_644u32.to_le_bytes());
    file.extend(name);
    block(&file);
    out.extend(PICKLE);
    let body = b"\x7b\0\x40\x07\0";
    out.extend((crc32(body) as u16).to_le_bytes());
    out.extend(body);
    out
}

/// A RAR 5 archive with one stored member.
pub(crate) fn rar5() -> Vec<u8> {
    let mut out = b"Rar!\x1a\x07\x01\0".to_vec();
    let block = |out: &mut Vec<u8>, body: &[u8]| {
        let sized = [&[body.len() as u8], body].concat();
        out.extend(crc32(&sized).to_le_bytes());
        out.extend(sized);
    };
    block(&mut out, &[1, 0, 0]);
    let mut file = vec![
        2,
        2,
        PICKLE.len() as u8,
        4,
        PICKLE.len() as u8,
        0xa4,
        0x83,
        0x02,
    ];
    file.extend(crc32(PICKLE).to_le_bytes());
    file.extend([0, 1, 10]);
    file.extend(b"m/data.pkl");
    block(&mut out, &file);
    out.extend(PICKLE);
    block(&mut out, &[5, 0, 0]);
    out
}
