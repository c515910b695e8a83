//! Broken files: no panic, no endless loop.

use ma_safetensors::fuzz;
use ma_testkit::safetensors::{file, tensor};

fn seeds() -> Vec<Vec<u8>> {
    let meta = "\"__metadata__\":{\"format\":\"pt\",\"n\":\"a\\u005fb\"}".to_owned();
    vec![
        file(
            &[
                meta,
                tensor("a", "F32", &[1], 0..4),
                tensor("b", "U8", &[2, 2], 4..8),
            ],
            &[0; 8],
        ),
        file(&[tensor("../x", "F4", &[3], 2..4)], b"\0\0\0\0PK\x03\x04"),
        b"{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"x-1-of-2.safetensors\",\"a\":\"../y\"}}"
            .to_vec(),
    ]
}

#[test]
fn fuzz_parse() {
    ma_testkit::malformed::fuzz(&seeds(), fuzz::parse);
}

#[test]
fn fuzz_scan() {
    ma_testkit::malformed::fuzz(&seeds(), fuzz::scan);
}
