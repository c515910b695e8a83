//! Good files made bad: cut at many lengths, with bytes and length fields flipped. Deterministic: the
//! same input gives the same files on every machine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A small generator of numbers (xorshift64*), so that no run differs from another.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator with that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n` (0 when `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 {
            0
        } else {
            (self.number() % n as u64) as usize
        }
    }
}

/// The file cut at every length up to 512 and at about 200 more.
pub fn cuts(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (bytes.len() / 200).max(1);
    (0..bytes.len())
        .filter(move |n| *n < 512 || n % step == 0)
        .map(|n| bytes[..n].to_vec())
}

/// The values that break length fields.
const EXTREMES: [u64; 8] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// The file with one field of 1, 2, 4 or 8 bytes overwritten by an extreme value, at up to `places`
/// places spread over the file (every place of a small file).
pub fn flips(bytes: &[u8], places: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (bytes.len() / places.max(1)).max(1);
    (0..bytes.len()).step_by(step).flat_map(move |at| {
        EXTREMES.iter().enumerate().map(move |(i, value)| {
            let width = [1, 2, 4, 8][(i + at) % 4];
            let mut out = bytes.to_vec();
            for (k, byte) in value.to_le_bytes()[..width].iter().enumerate() {
                if let Some(place) = out.get_mut(at + k) {
                    *place = *byte;
                }
            }
            out
        })
    })
}

/// `count` random mutations of `bytes`: flips, overwrites, removals, repeats and splices with
/// `other`.
pub fn mutants<'a>(
    bytes: &'a [u8],
    other: &'a [u8],
    seed: u64,
    count: usize,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    let mut rng = Rng::new(seed);
    (0..count).map(move |_| {
        let mut out = bytes.to_vec();
        for _ in 0..=rng.below(4) {
            mutate(&mut out, other, &mut rng);
        }
        out
    })
}

fn mutate(out: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.below(out.len());
    match rng.below(6) {
        0 => {
            if let Some(byte) = out.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
        }
        1 => {
            if let Some(byte) = out.get_mut(at) {
                *byte = rng.number() as u8;
            }
        }
        2 => {
            let n = rng.below(16).min(out.len() - at);
            out.drain(at..at + n);
        }
        3 => {
            let n = rng.below(32).min(out.len() - at);
            let piece = out[at..at + n].to_vec();
            out.splice(at..at, piece);
        }
        4 => {
            let from = rng.below(other.len());
            let n = rng.below(64).min(other.len() - from);
            out.splice(at..at, other[from..from + n].iter().copied());
        }
        _ => {
            let value = EXTREMES[rng.below(EXTREMES.len())].to_le_bytes();
            let width = [1, 2, 4, 8][rng.below(4)];
            for (k, byte) in value[..width].iter().enumerate() {
                if let Some(place) = out.get_mut(at + k) {
                    *place = *byte;
                }
            }
        }
    }
}

/// Runs `body` over all cuts, flips and `count` mutants of each of `seeds`.
pub fn torture(seeds: &[Vec<u8>], count: usize, body: impl Fn(&[u8])) {
    for (i, seed) in seeds.iter().enumerate() {
        let other = seeds.get((i + 1) % seeds.len()).map_or(&[][..], |s| s);
        for bad in
            cuts(seed)
                .chain(flips(seed, 256))
                .chain(mutants(seed, other, i as u64 + 1, count))
        {
            body(&bad);
        }
    }
}

/// The body of a `fuzz_*` test: [`torture`], and then mutants of the seeds for as many seconds as
/// `MODELAUDIT_FUZZ_SECONDS` says (none by default, so that the test suite stays quick;
/// `cargo xtask fuzz` sets it). An input that panics or takes longer than ten seconds is kept as a
/// file, and the test fails.
///
/// # Panics
/// When `body` does, or takes too long.
pub fn fuzz(seeds: &[Vec<u8>], body: impl Fn(&[u8])) {
    let body = |bytes: &[u8]| watched(bytes, &body);
    torture(seeds, 300, body);
    let seconds = std::env::var("MODELAUDIT_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|s| s.parse().ok()).unwrap_or(0u64);
    let start = Instant::now();
    let mut round = 1000u64;
    while start.elapsed().as_secs() < seconds {
        for (i, seed) in seeds.iter().enumerate() {
            let other = seeds.get((i + 1) % seeds.len()).map_or(&[][..], |s| s);
            mutants(seed, other, round, 20).for_each(|bad| body(&bad));
            round += 1;
        }
    }
}

fn watched(bytes: &[u8], body: impl Fn(&[u8])) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| body(bytes)));
    if outcome.is_ok() && start.elapsed() < Duration::from_secs(10) {
        return;
    }
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(format!("fuzz-{process}-{thread:?}.bin"));
    // Whether or not the file can be written, the test fails and says why.
    let _ = std::fs::write(&path, bytes);
    panic!("the input is kept in {}", path.display());
}
