//! Good archives made bad: no panic, and bounded.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod cases;

use std::io::Write;

use ma_testkit::malformed::fuzz;

fn seeds(extensions: &[&str]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = cases::golden()
        .into_iter()
        .filter(|(_, name, _)| extensions.iter().any(|e| name.ends_with(e)))
        .map(|(.., bytes)| bytes)
        .collect();
    out.sort();
    out.dedup();
    out
}

fn stream_seeds() -> Vec<Vec<u8>> {
    let text: Vec<u8> = (0..600u32)
        .flat_map(|i| (i * i).to_string().into_bytes())
        .collect();
    let mut out = seeds(&[".gz"]);
    out.push(cases::zstd_zeros(1 << 20));
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bz.write_all(&text).unwrap();
    out.push(bz.finish().unwrap());
    let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    z.write_all(&text).unwrap();
    let z = z.finish().unwrap();
    out.push([&b"ZF0x8f9               "[..21], &z].concat());
    out.push(z);
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&text).unwrap();
    out.push(lz4.finish().unwrap());
    out.push(ruzstd::encoding::compress_to_vec(
        &text[..],
        ruzstd::encoding::CompressionLevel::Fastest,
    ));
    out.push(cases::xz(&text));
    out.push(cases::lzma(&text));
    out
}

fn sevenz_seeds() -> Vec<Vec<u8>> {
    let files = [("a.txt", &b"text"[..]), ("m/data.pkl", cases::PICKLE)];
    vec![
        cases::sevenz_plain("m/data.pkl", cases::PICKLE),
        cases::sevenz(&files),
    ]
}

#[test]
fn fuzz_zips() {
    fuzz(&seeds(&[".zip", ".distcp"]), ma_archive::fuzz::zip);
}

#[test]
fn fuzz_tars() {
    let small: Vec<_> = seeds(&[".tar"])
        .into_iter()
        .filter(|s| s.len() <= 4096)
        .collect();
    fuzz(&small, ma_archive::fuzz::tar);
}

#[test]
fn fuzz_streams() {
    fuzz(&stream_seeds(), ma_archive::fuzz::streams);
}

#[test]
fn fuzz_7z() {
    fuzz(&sevenz_seeds(), ma_archive::fuzz::sevenz);
}

#[test]
fn fuzz_rar() {
    fuzz(&[cases::rar4(), cases::rar5()], ma_archive::fuzz::rar);
}
