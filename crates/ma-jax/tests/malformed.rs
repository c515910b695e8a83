//! Broken files: no panic, no endless loop, and a cut one is never clean.
#![allow(clippy::indexing_slicing)]

use ma_jax::{Flax, fuzz};
use ma_testkit::msgpack::{array, bytes, extension, map, model};
use ma_testkit::{malformed, run};

fn seeds() -> Vec<Vec<u8>> {
    vec![
        model(),
        map(&[
            ("w", array(&[2, 0], "float8_e4m3fn", &[])),
            ("x", extension(7, b"cos\nsystem\n")),
            ("y", bytes(b"\x80\x04K\x01.......")),
        ]),
        b"{\"zarr_format\":2,\"shape\":[4],\"chunks\":[2],\"dtype\":\"<f4\",\"filters\":[{\"id\":\"pickle\"}],\"fill_value\":\"gAQu\"}".to_vec(),
        b"{\"tree_metadata\":{\"('a', '../b')\":{\"value_metadata\":{\"value_type\":\"x\"}}},\"kvstore\":{\"driver\":\"s3\"}}".to_vec(),
        b"\x0c\xdb\x3a\x2a\x10\0\0\0\0\0\0\0\0\x01ab".to_vec(),
    ]
}

#[test]
fn fuzz_parse() {
    malformed::fuzz(&seeds(), fuzz::parse);
}

#[test]
fn fuzz_scan() {
    malformed::fuzz(&seeds(), fuzz::scan);
}

#[test]
fn a_cut_checkpoint_is_never_clean() {
    let good = model();
    for n in 0..good.len() {
        let found = run::scan(&Flax, "x.msgpack", &good[..n]);
        assert!(!found.gaps.is_empty(), "cut at {n}");
    }
    assert!(run::scan(&Flax, "x.msgpack", &good).gaps.is_empty());
}
