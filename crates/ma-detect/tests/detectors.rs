//! The detectors: golden files, each looked at as one region, and that nothing depends on how a region
//! is cut. The extension of a golden file says what it is: `txt` text, `json` metadata, `py` code,
//! `vocab` a vocabulary, `f32` weights, `pad` bytes that belong to nothing. Everything that looks like
//! a secret is made up here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::too_many_lines // tables of files
)]

use std::fs;

use ma_core::{Collector, ElementType, Region, RegionKind, Rule};
use ma_testkit::malformed::{Rng, fuzz, mutants};
use ma_testkit::{Scan, check_rules, golden::folder, run};

fn region(name: &str, len: usize) -> Region {
    let kind = match name.rsplit('.').next().unwrap_or_default() {
        "json" => RegionKind::Metadata,
        "py" => RegionKind::Code,
        "vocab" => RegionKind::Vocabulary,
        "f32" => RegionKind::Weights,
        "pad" => RegionKind::Unclaimed,
        _ => RegionKind::Text,
    };
    let element = (kind == RegionKind::Weights).then_some(ElementType::F32);
    Region::new(0..len as u64, kind)
        .element(element)
        .route("here")
}

fn look(name: &str, bytes: &[u8], piece: usize) -> Collector {
    let artifact = run::artifact(name, bytes);
    let region = region(name, bytes.len());
    let mut all = Collector::default();
    for detector in ma_detect::detectors() {
        let found = run::detect(detector.as_ref(), &artifact, &region, piece);
        all.issues.extend(found.issues);
        all.gaps.extend(found.gaps);
        all.children.extend(found.children);
    }
    all
}

struct Detectors;

impl Scan for Detectors {
    fn rules(&self) -> Vec<&'static Rule> {
        let detectors = ma_detect::detectors();
        let rules = detectors.iter().flat_map(|d| d.info().rules);
        rules.copied().collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        look(name, bytes, 1 << 18)
    }
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters that look random, the same in every run.
fn noise(n: usize, alphabet: &str, seed: u64) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut rng = Rng::new(seed);
    (0..n)
        .map(|_| alphabet[rng.below(alphabet.len())])
        .collect()
}

fn weights(n: usize) -> Vec<u8> {
    let mut rng = Rng::new(11);
    let mut uniform = || (rng.number() >> 40) as f32 / (1u64 << 24) as f32;
    (0..n)
        .flat_map(|_| {
            let sum: f32 = (0..4).map(|_| uniform()).sum();
            ((sum - 2.0) * 0.05).to_le_bytes()
        })
        .collect()
}

/// Writes `payload` over the bytes from `at` on.
fn over(mut bytes: Vec<u8>, at: usize, payload: &[u8]) -> Vec<u8> {
    bytes[at..at + payload.len()].copy_from_slice(payload);
    bytes
}

/// Writes `payload` into the lowest bytes of the numbers.
fn under(mut bytes: Vec<u8>, from: usize, payload: &[u8]) -> Vec<u8> {
    for (i, byte) in payload.iter().enumerate() {
        bytes[(from + i) * 4] = *byte;
    }
    bytes
}

fn elf(machine: u8) -> Vec<u8> {
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    elf.resize(64, 0);
    (elf[16], elf[18], elf[20], elf[52]) = (3, machine, 1, 64);
    elf
}

fn pem(label: &str, first: &str) -> String {
    let body = format!("{first}{}", noise(251, ALNUM, 21));
    let lines: Vec<&str> = (0..4).map(|i| &body[i * 64..i * 64 + 64]).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

const PICKLE: &[u8] = b"\x80\x02cposix\nsystem\nX\x0a\0\0\0echo pwned\x85R.";
const DATA_PICKLE: &[u8] = b"\x80\x02}q\0X\x0a\0\0\0echo pwnedq\x01K\x01s.q\0q\0q";
const SOURCE: &str =
    "import subprocess\nsubprocess.run(['echo', 'pwned'])\n# a line that makes it long\n";

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

fn secrets() -> Vec<File> {
    let age = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    let age = format!("key: AGE-SECRET-KEY-1{}\n", noise(58, age, 22));
    let word = noise(20, ALNUM, 23);
    let jwt = format!(
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzdmMtdHJhaW5pbmcifQ.{}\n",
        noise(43, ALNUM, 24)
    );
    let not_jwt = jwt.replacen("eyJhbGci", "eyJhbGxx", 1);
    vec![
        (
            "secret-private-key",
            "fires-made-up.txt",
            pem("RSA PRIVATE KEY", "MIIEp").into_bytes(),
        ),
        (
            "secret-private-key",
            "fires-encrypted.txt",
            pem("ENCRYPTED PRIVATE KEY", "MIIEp").into_bytes(),
        ),
        (
            "secret-private-key",
            "silent-certificate.txt",
            pem("CERTIFICATE", "MIIEp").into_bytes(),
        ),
        (
            "secret-private-key",
            "silent-no-key.txt",
            pem("RSA PRIVATE KEY", "ABCDE").into_bytes(),
        ),
        (
            "secret-provider-token",
            "fires-age.txt",
            age.clone().into_bytes(),
        ),
        (
            "secret-provider-token",
            "fires-age-in-weights.f32",
            over(weights(512), 801, age.as_bytes()),
        ),
        (
            "secret-provider-token",
            "silent-short.txt",
            age.replace("-1", "-").into_bytes(),
        ),
        ("secret-web-token", "fires-service.txt", jwt.into_bytes()),
        (
            "secret-web-token",
            "silent-no-header.txt",
            not_jwt.into_bytes(),
        ),
        (
            "secret-address-password",
            "fires-database.json",
            format!(r#"{{"db": "postgresql://svc:{word}@db.corp.example/models"}}"#).into_bytes(),
        ),
        (
            "secret-address-password",
            "silent-placeholder.json",
            br#"{"db": "postgresql://svc:${PASSWORD}@db.corp.example/models"}"#.to_vec(),
        ),
        (
            "secret-setting",
            "fires-setting.json",
            format!(r#"{{"wiki_password": "{word}"}}"#).into_bytes(),
        ),
        (
            "secret-setting",
            "silent-token.json",
            br#"{"secret_token": "<|reserved_special_token_0|>"}"#.to_vec(),
        ),
        (
            "secret-setting",
            "silent-vocabulary.vocab",
            format!(r#"{{"wiki_password": "{word}"}}"#).into_bytes(),
        ),
    ]
}

fn network() -> Vec<File> {
    let text = |t: &str| t.as_bytes().to_vec();
    vec![
        (
            "network-numeric-host",
            "fires-text.txt",
            text("see http://8.8.4.4/docs for more\n"),
        ),
        (
            "network-numeric-host",
            "fires-code.py",
            text("connect('http://8.8.4.4:9001/gate')\n"),
        ),
        (
            "network-numeric-host",
            "silent-private.py",
            text("connect('http://10.8.4.4:9001/gate')  # 1.2.3.4\n"),
        ),
        (
            "network-suspicious-host",
            "fires-tunnel.json",
            text(r#"{"endpoint": "https://ab12.ngrok-free.app/collect"}"#),
        ),
        (
            "network-suspicious-host",
            "silent-hub.json",
            text(r#"{"endpoint": "https://huggingface.co/ngrok-free.app/collect"}"#),
        ),
        (
            "network-program-address",
            "fires-exe.txt",
            text("get http://dl.example/runtime/setup.exe first\n"),
        ),
        (
            "network-program-address",
            "silent-encrypted.txt",
            text("get https://dl.example/runtime/setup.exe first\n"),
        ),
        (
            "network-lookalike-host",
            "fires-label.txt",
            text("from https://huggingface.co.models.example/x\n"),
        ),
        (
            "network-lookalike-host",
            "fires-letters.txt",
            text("from https://xn--gthub-n4a.com/x\n"),
        ),
        (
            "network-lookalike-host",
            "silent-original.txt",
            text("from https://cdn-lfs.huggingface.co/x\n"),
        ),
        (
            "network-active-address",
            "fires-script.json",
            text(r#"{"homepage": "javascript:alert(document.cookie)"}"#),
        ),
        (
            "network-active-address",
            "silent-picture.json",
            text(r#"{"homepage": "data:image/png;base64,iVBORw0KGgo="}"#),
        ),
    ]
}

fn embedded() -> Vec<File> {
    let mut pe = vec![0; 0x80];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 0x80;
    pe.extend(b"PE\0\0\x64\x86\x01\x00");
    pe.extend([0; 16]);
    pe.extend([0x0b, 0x02, 0, 0]);
    let no_pe = over(pe.clone(), 0x3c, &[0x84]);
    let class = |version: u8| {
        let mut class =
            b"\xca\xfe\xba\xbe\0\0\0\0\0\x10\x07\0\x02\x01\0\x04Evil\x07\0\x04\x01\0\x02Ok\x01"
                .to_vec();
        class[7] = version;
        class
    };
    let script = "#!/bin/sh\necho pwned\n# a comment that is long enough to be seen as text\n";
    let encoded = "powershell -nop -enc ZQBjAGgAbwAgAHAAdwBuAGUAZAAgAGEAbgBkACAAcwBvACAAbwBuAA==\n";
    vec![
        (
            "embedded-executable",
            "fires-elf-inside.f32",
            over(weights(512), 900, &elf(62)),
        ),
        (
            "embedded-executable",
            "fires-elf-first.f32",
            over(weights(512), 0, &elf(62)),
        ),
        (
            "embedded-executable",
            "fires-gpu.f32",
            over(weights(512), 0, &elf(190)),
        ),
        (
            "embedded-executable",
            "fires-pe.pad",
            over(vec![0; 1024], 256, &pe),
        ),
        (
            "embedded-executable",
            "fires-java.f32",
            over(weights(512), 900, &class(61)),
        ),
        (
            "embedded-executable",
            "silent-magic.f32",
            over(weights(512), 900, b"\x7fELF"),
        ),
        (
            "embedded-executable",
            "silent-pe.pad",
            over(vec![0; 1024], 256, &no_pe),
        ),
        (
            "embedded-executable",
            "silent-java.f32",
            over(weights(512), 900, &class(99)),
        ),
        (
            "embedded-script",
            "fires-shell.f32",
            over(weights(512), 901, script.as_bytes()),
        ),
        (
            "embedded-script",
            "fires-encoded.txt",
            encoded.as_bytes().to_vec(),
        ),
        (
            "embedded-script",
            "silent-short.f32",
            over(weights(512), 901, b"#!/bin/sh\n\0\0\0"),
        ),
        (
            "embedded-script",
            "silent-plain.txt",
            encoded.replace("-enc ", "-file ").into_bytes(),
        ),
        (
            "embedded-object",
            "fires-pickle.f32",
            over(weights(512), 901, PICKLE),
        ),
        (
            "embedded-object",
            "silent-data.f32",
            over(weights(512), 901, DATA_PICKLE),
        ),
    ]
}

fn low_bits() -> Vec<File> {
    let coded = |text: &str| {
        let bytes: Vec<u8> = text
            .bytes()
            .flat_map(|b| f32::from(b).to_le_bytes())
            .collect();
        over(weights(512), 400, &bytes)
    };
    let widened: Vec<u8> = weights(20_000)
        .chunks(4)
        .flat_map(|c| [0, 0, c[2], c[3]])
        .collect();
    let numbers: String = noise(90, "<=>?@ABCDEFGHIJKLMNOPQ", 31);
    vec![
        (
            "weights-hidden-payload",
            "fires-elf.f32",
            under(weights(512), 40, &elf(62)),
        ),
        (
            "weights-hidden-payload",
            "fires-pickle.f32",
            under(weights(512), 40, PICKLE),
        ),
        (
            "weights-hidden-payload",
            "silent-magic.f32",
            under(weights(512), 40, b"\x7fELF"),
        ),
        (
            "weights-hidden-text",
            "fires-source.f32",
            under(weights(512), 40, SOURCE.as_bytes()),
        ),
        (
            "weights-hidden-text",
            "silent-short.f32",
            under(weights(512), 40, &SOURCE.as_bytes()[..50]),
        ),
        ("weights-coded-text", "fires-source.f32", coded(SOURCE)),
        ("weights-coded-text", "silent-numbers.f32", coded(&numbers)),
        (
            "weights-mixed-precision",
            "fires-some.f32",
            over(widened.clone(), 8000, &[7; 400]),
        ),
        ("weights-mixed-precision", "silent-none.f32", widened),
    ]
}

fn files() -> Vec<File> {
    let mut files = secrets();
    files.extend(network());
    files.extend(embedded());
    files.extend(low_bits());
    files
}

#[test]
fn golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (rule, name, bytes) in files() {
        let path = root.join(rule).join(name);
        if update {
            fs::create_dir_all(root.join(rule)).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let stored = fs::read(&path).unwrap_or_default();
        assert!(stored == bytes, "{} is not as it is built", path.display());
    }
    let names: Vec<&str> = Detectors.rules().iter().map(|r| r.name).collect();
    check_rules(&Detectors, &root, |rule| names.contains(&rule));
}

#[test]
fn secrets_are_not_in_any_golden_result() {
    for (rule, name, bytes) in secrets() {
        let said = format!("{:?}", look(name, &bytes, 1 << 18).issues);
        let words = bytes.split(|b| !b.is_ascii_alphanumeric());
        for word in words.filter(|w| w.len() >= 20) {
            let word = String::from_utf8_lossy(word);
            assert!(!said.contains(&*word), "{rule}/{name}: {said}");
        }
    }
}

#[test]
fn findings_do_not_depend_on_the_pieces() {
    let mut rng = Rng::new(3);
    for (rule, name, bytes) in files() {
        let mutated = mutants(&bytes, PICKLE, 5, 3).collect::<Vec<_>>();
        for bytes in mutated.iter().chain([&bytes]) {
            let whole = look(name, bytes, usize::MAX >> 1);
            for piece in [rng.below(30) + 1, rng.below(2000) + 1, 4096] {
                let cut = look(name, bytes, piece);
                assert_eq!(
                    cut.issues, whole.issues,
                    "{rule}/{name} in pieces of {piece}"
                );
                assert_eq!(cut.children.len(), whole.children.len());
            }
        }
    }
}

#[test]
fn fuzz_regions() {
    // One after the other the payloads make few seeds, and each mutant goes through all detectors.
    let small = files()
        .into_iter()
        .filter(|(_, _, bytes)| bytes.len() < 400);
    let text: Vec<Vec<u8>> = small.map(|(_, _, bytes)| bytes).collect();
    let mut seeds: Vec<Vec<u8>> = text.chunks(6).map(|some| some.concat()).collect();
    seeds.push(under(weights(128), 4, PICKLE));
    seeds.push([PICKLE, &elf(62), SOURCE.as_bytes(), &elf(190)].concat());
    fuzz(&seeds, ma_detect::fuzz::detect);
}
