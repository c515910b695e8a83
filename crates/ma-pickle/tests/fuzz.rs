//! The fuzz body run for a moment over mutated seeds: no panic, always an end. `FUZZ_SECONDS=300`
//! makes it run longer, and `FUZZ_SEEDS=folder` adds the small files of a folder tree.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in tests a panic is the point"
)]

mod cases;

use std::time::{Duration, Instant};

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Limits, Match, Probe, ScanOptions,
    Scanner, Target,
};
use ma_pickle::Pickle;

/// Scans bytes under small limits; errors of the budget are fine.
fn scan(bytes: &[u8]) {
    let artifact = Artifact::new(
        ArtifactPath::new("fuzz.pkl"),
        Blob::from_vec(bytes.to_vec()),
    );
    let budget = Budget::new(Limits {
        max_steps: 20_000_000,
        max_expanded: 64 << 20,
        ..Limits::default()
    });
    let mut found = Collector::default();
    let head = &bytes[..bytes.len().min(8192)];
    let _ = Pickle.probe(&Probe::new(&artifact, head, None)) == Match::No;
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let _ = Pickle.scan(Target::Bytes(&artifact), &mut cx);
    let _ = Pickle.inspect(Target::Bytes(&artifact), &mut cx);
    let _ = ma_pickle::facts(&artifact.blob, 0, &budget);
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % below.max(1)
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.next(seeds.len())].clone();
    for _ in 0..=random.next(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.next(bytes.len());
        match random.next(6) {
            0 => bytes[at] = u8::try_from(random.next(256)).unwrap(),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, b"(.ctR0b}]s\x80\x93\x94\x95"[random.next(14)]),
            3 => drop(bytes.remove(at)),
            4 => {
                let other = &seeds[random.next(seeds.len())];
                let from = random.next(other.len());
                let part = &other[from..other.len().min(from + 64)];
                bytes.splice(at..at, part.iter().copied());
            }
            _ => {
                let end = bytes.len().min(at + 1 + random.next(40));
                let part = bytes[at..end].to_vec();
                bytes.extend(part);
            }
        }
    }
    bytes
}

/// Adds the files of a folder tree.
fn add_files(folder: std::path::PathBuf, seeds: &mut Vec<Vec<u8>>) {
    let mut todo = vec![folder];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if entry.metadata().is_ok_and(|m| m.len() < 20_000) {
                seeds.push(std::fs::read(path).unwrap());
            }
        }
    }
}

#[test]
fn mutated_seeds_are_scanned_without_a_panic() {
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(3);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut seeds: Vec<Vec<u8>> = cases::all().into_iter().map(|c| c.bytes).collect();
    if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
        add_files(folder.into(), &mut seeds);
    }
    seeds.retain(|seed| seed.len() < 100_000);
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seconds);
    let mut slowest = (Duration::ZERO, Vec::new());
    while Instant::now() < until {
        let bytes = mutate(&seeds, &mut random);
        let started = Instant::now();
        scan(&bytes);
        let took = started.elapsed();
        if took > slowest.0 {
            slowest = (took, bytes);
        }
    }
    assert!(
        slowest.0 < Duration::from_secs(5),
        "{:?} for {:?}",
        slowest.0,
        slowest.1
    );
}
