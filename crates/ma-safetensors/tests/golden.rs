//! Every rule has a file that fires it and a twin that does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::fs;

use ma_core::{Collector, Rule};
use ma_testkit::golden::folder;
use ma_testkit::safetensors::{file, tensor};
use ma_testkit::{Scan, check_folder, torch};

struct All;

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        let rules = ma_safetensors::scanners();
        let rules = rules.iter().flat_map(|s| s.info().rules.iter().copied());
        rules.collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        torch::scan_all(&ma_safetensors::scanners(), name, bytes)
    }
}

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

fn one(name: &str) -> Vec<u8> {
    file(&[tensor(name, "U8", &[4], 0..4)], &[0; 4])
}

fn two(dtype: &str, second: std::ops::Range<u64>) -> Vec<u8> {
    let a = tensor("a", "U8", &[4], 0..4);
    let b = tensor("b", dtype, &[4], second);
    file(&[a, b], &[0; 8])
}

fn meta(value: &str) -> Vec<u8> {
    let meta = format!("\"__metadata__\":{value}");
    file(&[meta, tensor("a", "U8", &[4], 0..4)], &[0; 4])
}

fn field(more: &str) -> Vec<u8> {
    let a = tensor("a", "U8", &[4], 0..4);
    file(
        &[a.replace("\"shape\"", &format!("{more}\"shape\""))],
        &[0; 4],
    )
}

fn index(file: &str) -> Vec<u8> {
    format!("{{\"metadata\":{{\"total_size\":8}},\"weight_map\":{{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"{file}\"}}}}").into_bytes()
}

fn with_len(n: u64) -> Vec<u8> {
    let mut bytes = one("a");
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    bytes
}

fn after(rest: &[u8]) -> Vec<u8> {
    [one("a"), rest.to_vec()].concat()
}

fn headers() -> Vec<File> {
    let deep = format!("\"x\":{}1{},", "[".repeat(20), "]".repeat(20));
    vec![
        (
            "safetensors-header-length",
            "fires-beyond.safetensors",
            with_len(1000),
        ),
        (
            "safetensors-header-length",
            "fires-huge.safetensors",
            with_len(1 << 60),
        ),
        (
            "safetensors-header-length",
            "silent-plain.safetensors",
            one("a"),
        ),
        (
            "safetensors-header-malformed",
            "fires-not-json.safetensors",
            file(&["\"a\":oops".to_owned()], &[]),
        ),
        (
            "safetensors-header-malformed",
            "fires-no-dtype.safetensors",
            file(
                &["\"a\":{\"shape\":[0],\"data_offsets\":[0,0]}".to_owned()],
                &[],
            ),
        ),
        (
            "safetensors-header-malformed",
            "silent-no-elements.safetensors",
            file(&[tensor("a", "U8", &[0], 0..0)], &[]),
        ),
        ("safetensors-duplicate-key", "fires-tensor.safetensors", {
            let a = tensor("a", "U8", &[4], 0..4);
            file(&[a.clone(), a], &[0; 4])
        }),
        (
            "safetensors-duplicate-key",
            "fires-metadata.safetensors",
            meta("{\"format\":\"pt\",\"format\":\"tf\"}"),
        ),
        (
            "safetensors-duplicate-key",
            "silent-other-case.safetensors",
            meta("{\"format\":\"pt\",\"Format\":\"tf\"}"),
        ),
        (
            "safetensors-extra-field",
            "fires-payload.safetensors",
            field("\"note\":\"aGVsbG8=\","),
        ),
        (
            "safetensors-extra-field",
            "silent-none.safetensors",
            field(""),
        ),
        (
            "safetensors-metadata-type",
            "fires-number.safetensors",
            meta("{\"n\":1}"),
        ),
        (
            "safetensors-metadata-type",
            "silent-text.safetensors",
            meta("{\"n\":\"1\"}"),
        ),
        (
            "safetensors-header-bloat",
            "fires-deep.safetensors",
            field(&deep),
        ),
        (
            "safetensors-header-bloat",
            "silent-flat.safetensors",
            field("\"x\":[1],"),
        ),
    ]
}

fn tensors() -> Vec<File> {
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0becho pwned\x85R.";
    vec![
        (
            "safetensors-offsets",
            "fires-overlap.safetensors",
            two("U8", 3..7),
        ),
        (
            "safetensors-offsets",
            "fires-shared.safetensors",
            two("I8", 0..4),
        ),
        (
            "safetensors-offsets",
            "fires-size.safetensors",
            two("F32", 4..8),
        ),
        (
            "safetensors-offsets",
            "silent-neighbours.safetensors",
            two("U8", 4..8),
        ),
        ("safetensors-unclaimed-bytes", "fires-hole.safetensors", {
            let a = tensor("a", "U8", &[4], 0..4);
            let b = tensor("b", "U8", &[4], 12..16);
            file(&[a, b], b"\0\0\0\0#!/bin/s\0\0\0\0")
        }),
        (
            "safetensors-unclaimed-bytes",
            "fires-pickle-behind.safetensors",
            after(pickle),
        ),
        (
            "safetensors-unclaimed-bytes",
            "fires-padding.safetensors",
            after(&[0; 8]),
        ),
        (
            "safetensors-unclaimed-bytes",
            "silent-exact.safetensors",
            after(&[]),
        ),
        (
            "safetensors-unknown-dtype",
            "fires-f128.safetensors",
            two("F128", 4..8),
        ),
        (
            "safetensors-unknown-dtype",
            "silent-f8.safetensors",
            two("F8_E8M0", 4..8),
        ),
        (
            "safetensors-tensor-name",
            "fires-upward.safetensors",
            one("../../etc/cron.d/x"),
        ),
        (
            "safetensors-tensor-name",
            "fires-escape.safetensors",
            one("w\\u001b[8m"),
        ),
        (
            "safetensors-tensor-name",
            "silent-slash.safetensors",
            one("encoder/layer.0/kernel:0"),
        ),
        ("safetensors-truncated", "fires-cut.safetensors", {
            let whole = one("a");
            whole[..whole.len() - 1].to_vec()
        }),
        (
            "safetensors-truncated",
            "silent-whole.safetensors",
            one("a"),
        ),
    ]
}

fn indexes() -> Vec<File> {
    let good = "model-00002-of-00002.safetensors";
    let twice = format!(
        "{{\"weight_map\":{{\"a\":\"{good}\",\"a\":\"model-00001-of-00002.safetensors\"}}}}"
    );
    let again = format!("{{\"weight_map\":{{\"a\":\"{good}\",\"b\":\"{good}\"}}}}");
    vec![
        (
            "safetensors-index-path",
            "fires-upward.safetensors.index.json",
            index("../other/model.safetensors"),
        ),
        (
            "safetensors-index-path",
            "fires-url.safetensors.index.json",
            index("https://example.org/x.safetensors"),
        ),
        (
            "safetensors-index-path",
            "silent-plain.safetensors.index.json",
            index(good),
        ),
        (
            "safetensors-index-type",
            "fires-bin.safetensors.index.json",
            index("pytorch_model-00002-of-00002.bin"),
        ),
        (
            "safetensors-index-type",
            "silent-plain.safetensors.index.json",
            index(good),
        ),
        (
            "safetensors-index-type",
            "silent-pytorch.bin.index.json",
            index("pytorch_model-00002-of-00002.bin"),
        ),
        (
            "safetensors-index-mismatch",
            "fires-twice.safetensors.index.json",
            twice.into_bytes(),
        ),
        (
            "safetensors-index-mismatch",
            "fires-cut.safetensors.index.json",
            index(good)[..120].to_vec(),
        ),
        (
            "safetensors-index-mismatch",
            "silent-two-in-one.safetensors.index.json",
            again.into_bytes(),
        ),
    ]
}

#[test]
fn golden_files() {
    let folder = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in headers().into_iter().chain(tensors()).chain(indexes()) {
        let path = folder.join(rule).join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert_eq!(kept, bytes, "{}: UPDATE_GOLDEN=1 writes it", path.display());
    }
    check_folder(&All, &folder);
}
