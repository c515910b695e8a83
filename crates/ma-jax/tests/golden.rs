//! Every rule has a file that fires it and a twin that does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;

use ma_core::{Collector, Rule};
use ma_testkit::golden::folder;
use ma_testkit::msgpack::{array, bytes, extension, map, model, text};
use ma_testkit::{Scan, check_folder, torch};

struct All;

impl Scan for All {
    fn rules(&self) -> Vec<&'static Rule> {
        let scanners = ma_jax::scanners();
        let rules = scanners.iter().flat_map(|s| s.info().rules.iter().copied());
        rules.collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        torch::scan_all(&ma_jax::scanners(), name, bytes)
    }
}

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

fn one(value: Vec<u8>) -> Vec<u8> {
    map(&[("w", array(&[1], "uint8", &[0])), ("v", value)])
}

fn nested(depth: usize) -> Vec<u8> {
    let mut value = vec![0x91; depth];
    value.push(1);
    one(value)
}

fn flax() -> Vec<File> {
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0becho pwned\x85R.";
    let good = model();
    vec![
        (
            "flax-array-size",
            "fires-short.msgpack",
            one(array(&[3], "uint8", &[0, 0])),
        ),
        (
            "flax-array-size",
            "fires-no-array.msgpack",
            one(extension(1, &text("hi"))),
        ),
        (
            "flax-array-size",
            "silent-exact.msgpack",
            one(array(&[2], "uint8", &[0, 0])),
        ),
        (
            "flax-array-type",
            "fires-object.msgpack",
            one(array(&[1], "object", &[0; 8])),
        ),
        (
            "flax-array-type",
            "silent-int64.msgpack",
            one(array(&[1], "int64", &[0; 8])),
        ),
        (
            "flax-extension-type",
            "fires-42.msgpack",
            one(extension(42, pickle)),
        ),
        (
            "flax-extension-type",
            "silent-complex.msgpack",
            one(extension(2, &[0x92, 1, 2])),
        ),
        ("flax-malformed", "fires-cut.msgpack", good[..40].to_vec()),
        (
            "flax-malformed",
            "fires-four-billion.msgpack",
            one(vec![0xdd, 0xff, 0xff, 0xff, 0xff]),
        ),
        ("flax-malformed", "silent-whole.msgpack", good),
    ]
}

fn flax_values() -> Vec<File> {
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0becho pwned\x85R.";
    let good = model();
    vec![
        ("flax-nesting", "fires-100.msgpack", nested(100)),
        ("flax-nesting", "silent-20.msgpack", nested(20)),
        (
            "flax-duplicate-key",
            "fires-twice.msgpack",
            map(&[
                ("w", array(&[1], "uint8", &[0])),
                ("w", array(&[1], "uint8", &[1])),
            ]),
        ),
        (
            "flax-duplicate-key",
            "silent-other-map.msgpack",
            one(map(&[("w", vec![1])])),
        ),
        (
            "flax-key-is-path",
            "fires-upward.msgpack",
            one(map(&[("../../x", vec![1])])),
        ),
        (
            "flax-key-is-path",
            "silent-slash.msgpack",
            one(map(&[("a/b..c", vec![1])])),
        ),
        (
            "flax-trailing-data",
            "fires-pickle.msgpack",
            [good.clone(), pickle.to_vec()].concat(),
        ),
        ("flax-trailing-data", "silent-end.msgpack", good),
        (
            "flax-embedded-object",
            "fires-pickle.msgpack",
            one(bytes(pickle)),
        ),
        (
            "flax-embedded-object",
            "fires-script.msgpack",
            one(text("#!/bin/sh\necho pwned")),
        ),
        (
            "flax-embedded-object",
            "silent-text.msgpack",
            one(text("a model of digits, v2")),
        ),
    ]
}

fn zarr(codec: &str, more: &str) -> Vec<u8> {
    format!("{{\"chunks\":[2],\"compressor\":{codec},\"dtype\":\"<f4\",\"fill_value\":0,\"filters\":null,\"order\":\"C\",\"shape\":[4],{more}\"zarr_format\":2}}").into_bytes()
}

fn tree(key: &str) -> Vec<u8> {
    format!("{{\"tree_metadata\":{{\"('params', '{key}')\":{{\"key_metadata\":[{{\"key\":\"params\",\"key_type\":2}},{{\"key\":\"{key}\",\"key_type\":2}}],\"value_metadata\":{{\"value_type\":\"np.ndarray\",\"skip_deserialize\":false}}}}}},\"use_ocdbt\":true,\"use_zarr3\":false,\"custom_metadata\":null}}").into_bytes()
}

fn spec(kvstore: &str) -> Vec<u8> {
    format!("{{\"param_name\":\"w\",\"ts\":{{\"driver\":\"zarr\",\"kvstore\":{kvstore}}}}}")
        .into_bytes()
}

fn metadata() -> Vec<File> {
    let object = "{\"chunks\":[2],\"compressor\":null,\"dtype\":\"|O\",\"fill_value\":\"gASMBXBvc2l4jAZzeXN0ZW2TjAtlY2hvIHB3bmVkhVIu\",\"filters\":[{\"id\":\"pickle\",\"protocol\":5}],\"order\":\"C\",\"shape\":[2],\"zarr_format\":2}";
    vec![
        (
            "orbax-store-elsewhere",
            "fires-bucket.json",
            spec("{\"driver\":\"gcs\",\"bucket\":\"somebody-elses\",\"path\":\"x/\"}"),
        ),
        (
            "orbax-store-elsewhere",
            "fires-file.json",
            spec("{\"driver\":\"file\",\"path\":\"/home/\"}"),
        ),
        ("orbax-store-elsewhere", "fires-url.json", spec("\"s3://somebody-elses/x/\"")),
        (
            "orbax-store-elsewhere",
            "silent-inside.json",
            spec("{\"driver\":\"file\",\"path\":\"params.w/\"}"),
        ),
        ("orbax-parameter-path", "fires-_METADATA", tree("../../x")),
        ("orbax-parameter-path", "silent-_METADATA", tree("Dense_0/kernel")),
        ("zarr-pickle-codec", "fires-.zarray", object.as_bytes().to_vec()),
        (
            "zarr-pickle-codec",
            "silent-.zarray",
            object
                .replace("pickle", "vlen-utf8")
                .replace("gASMBXBvc2l4jAZzeXN0ZW2TjAtlY2hvIHB3bmVkhVIu", "")
                .into_bytes(),
        ),
        (
            "zarr-unknown-codec",
            "fires-.zarray",
            zarr("{\"id\":\"my_codec\",\"x\":1}", ""),
        ),
        (
            "zarr-unknown-codec",
            "silent-.zarray",
            zarr("{\"id\":\"zstd\",\"level\":1}", ""),
        ),
        (
            "zarr-shape",
            "fires-chunk.json",
            b"{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":[4],\"data_type\":\"float32\",\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":[1099511627776]}},\"codecs\":[{\"name\":\"bytes\"}]}".to_vec(),
        ),
        (
            "zarr-shape",
            "silent-chunk.json",
            b"{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":[4],\"data_type\":\"float32\",\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":[2]}},\"codecs\":[{\"name\":\"bytes\"}]}".to_vec(),
        ),
    ]
}

#[test]
fn golden_files() {
    let folder = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in flax().into_iter().chain(flax_values()).chain(metadata()) {
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
