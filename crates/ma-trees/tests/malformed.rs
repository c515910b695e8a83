//! Broken files: no panic, no endless loop.

#[test]
fn fuzz_parse() {
    let good = b"trees\x02\0\0\0ab".to_vec();
    ma_testkit::malformed::fuzz(&[good], ma_trees::fuzz::parse);
}
