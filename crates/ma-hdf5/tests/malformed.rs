//! Broken files: no panic, no endless loop.

#[test]
fn fuzz_parse() {
    let good = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0".to_vec();
    ma_testkit::malformed::fuzz(&[good], ma_hdf5::fuzz::parse);
}
