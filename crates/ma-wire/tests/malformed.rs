//! Broken encodings: no panic, no endless loop.
#![allow(clippy::expect_used)]

use ma_testkit::malformed::fuzz;
use ma_wire::fuzz;

#[test]
fn fuzz_protobuf() {
    let seed = b"\x08\x96\x01\x12\x0b\x0a\x03abc\x11\x01\0\0\0\0\0\0\0\x1a\x03\x01\x02\x03\x2b\x08\x01\x2c\x25\x02\0\0\0";
    fuzz(&[seed.to_vec()], fuzz::protobuf);
}

#[test]
fn fuzz_flatbuffers() {
    let mut seed = Vec::new();
    for word in [
        0x14u32,
        0x5453_4554,
        0x0008_0000,
        0x0004_0010,
        0x000c_0008,
        12,
        16,
        16,
        16,
    ] {
        seed.extend(word.to_le_bytes());
    }
    seed.extend(b"\x02\0\0\0hi\0\0\x01\0\0\0\x04\0\0\0");
    fuzz(&[seed], fuzz::flatbuffers);
}

#[test]
fn fuzz_json() {
    let seeds: [&[u8]; 2] = [
        br#"{"a": [1, -2.5e3, "x\u005fy", {"a": null, "a": true}], "b": {}}"#,
        b"[[[]], NaN, \"\xff\xd0\", \"\\ud83d\\ude00\"]",
    ];
    fuzz(&seeds.map(<[u8]>::to_vec), fuzz::json);
}
