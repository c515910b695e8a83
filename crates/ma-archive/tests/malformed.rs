//! Good archives made bad: no panic, and bounded. `FUZZ_SECONDS=300 cargo test --release -p ma-archive
//! --test malformed -- --ignored` runs the bodies for longer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod cases;

use std::io::Write;
use std::time::{Duration, Instant};

use ma_testkit::malformed::{mutants, torture};

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
fn bad_zips() {
    torture(&seeds(&[".zip", ".distcp"]), 40, ma_archive::fuzz::zip);
}

#[test]
fn bad_tars() {
    let small: Vec<_> = seeds(&[".tar"])
        .into_iter()
        .filter(|s| s.len() <= 4096)
        .collect();
    torture(&small, 40, ma_archive::fuzz::tar);
}

#[test]
fn bad_streams() {
    torture(&stream_seeds(), 40, ma_archive::fuzz::streams);
}

#[test]
fn bad_7z() {
    torture(&sevenz_seeds(), 2000, ma_archive::fuzz::sevenz);
}

#[test]
fn bad_rar() {
    torture(&[cases::rar4(), cases::rar5()], 1000, ma_archive::fuzz::rar);
}

/// Name, seeds, body.
type Run = (&'static str, Vec<Vec<u8>>, fn(&[u8]));

/// For longer runs by hand.
#[test]
#[ignore = "runs for FUZZ_SECONDS a body"]
fn fuzz_longer() {
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(60);
    let only = std::env::var("FUZZ_ONLY").unwrap_or_default();
    let runs: [Run; 5] = [
        ("zip", seeds(&[".zip", ".distcp"]), ma_archive::fuzz::zip),
        ("tar", seeds(&[".tar"]), ma_archive::fuzz::tar),
        ("streams", stream_seeds(), ma_archive::fuzz::streams),
        ("sevenz", sevenz_seeds(), ma_archive::fuzz::sevenz),
        (
            "rar",
            vec![cases::rar4(), cases::rar5()],
            ma_archive::fuzz::rar,
        ),
    ];
    for (name, mut seeds, body) in runs {
        if !only.is_empty() && only != name {
            continue;
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        let (mut round, mut count, mut slowest) = (0u64, 0u64, Duration::ZERO);
        while Instant::now() < end {
            round += 1;
            let mut kept = Vec::new();
            for (i, seed) in seeds.iter().enumerate() {
                let other = &seeds[(i + round as usize) % seeds.len()];
                for bad in mutants(seed, other, round * 1000 + i as u64, 50) {
                    let start = Instant::now();
                    let result = std::panic::catch_unwind(|| body(&bad));
                    slowest = slowest.max(start.elapsed());
                    count += 1;
                    if result.is_err() || start.elapsed() > Duration::from_secs(5) {
                        let path = format!("/tmp/fuzz-{name}-{round}-{i}.bin");
                        std::fs::write(&path, &bad).unwrap();
                        println!("{name}: {path}");
                    }
                    // Some mutants are mutated again, so that runs go deeper than one step.
                    if count % 97 == 0 && bad.len() < 20_000 && seeds.len() + kept.len() < 400 {
                        kept.push(bad);
                    }
                }
            }
            seeds.extend(kept);
        }
        println!(
            "{name}: {count} runs, slowest {slowest:?}, {} seeds",
            seeds.len()
        );
    }
}
