//! The fuzz bodies of the lower layers, over seeds with mutations. `FUZZ_SECONDS` makes it longer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::time::{Duration, Instant};

use ma_pickle::fuzz;

const SEEDS: &[&[u8]] = &[
    b"cos\nsystem\n(S'echo pwned'\ntR.",
    b"(S'echo pwned'\nios\nsystem\n.",
    b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x04echo\x94\x85R\x94.",
    b"\x80\x02}q\x00(X\x01\0\0\0aq\x01K\x01U\x03abcq\x02]q\x03(K\x01M\x02\x03J\x04\x05\x06\x07eu.",
    b"\x80\x03cm\nC\nq\x00)\x81q\x01}q\x02X\x01\0\0\0xq\x03G?\xf8\0\0\0\0\0\0sb.",
    b"\x80\x05N(\x95\x02\0\0\0\0\0\0\0B\x07\x01\0\0\0\0cos\nsystem\n(S'x'\ntR.",
    b"]q\x00](h\x00h\x00h\x00eq\x01](h\x01h\x01h\x01eq\x02h\x02\x85\x86\x87.",
    b"I7\0zz\nL0x1fL\nF1.5\nV\\u0061\np3\ng3\n(l(d(t\x91\x8f(K\x01\x90.",
    b"\x80\x04\x8f(K\x01\x90\x8c\x01a\x8c\x01b\x93)}\x92\x82\x05\x83\x05\0\x84\x05\0\0\0Pid\nQ\x97\x98.",
    b"\x80\x04\x8d\x02\0\0\0\0\0\0\0ab\x8e\x02\0\0\0\0\0\0\0ab\x96\x02\0\0\0\0\0\0\0ab\x8a\x0212\x8b\x02\0\0\x0012.",
    b"(cos\nsystem\nS'x'\no0(cm\nn\n2201.",
];

/// xorshift: the runs are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn mutate(random: &mut Random) -> Vec<u8> {
    let mut bytes = SEEDS[random.below(SEEDS.len())].to_vec();
    for _ in 0..random.below(6) {
        let at = random.below(bytes.len() + 1);
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, [0xff, 0, b'\n', b'(', 0x95, b'.'][random.below(6)]),
            4 => {
                let other = SEEDS[random.below(SEEDS.len())];
                let from = random.below(other.len());
                bytes.splice(at..at, other[from..].iter().copied());
            }
            5 => {
                let from = random.below(at.max(1));
                let piece = bytes[from..at].to_vec();
                for _ in 0..random.below(5) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            6 => {
                let mut frame = vec![0x95];
                frame.extend((random.below(30) as u64).to_le_bytes());
                bytes.splice(at..at, frame);
            }
            _ => {
                let n = random.below(3000);
                let piece = [
                    &b"N\x850"[..],
                    b"]\x94",
                    b"(",
                    b"h\x00a",
                    b"h\x002",
                    b"K\x01\x86",
                ];
                let piece = piece[random.below(piece.len())].repeat(n);
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

fn fuzz_with(body: fn(&[u8]), seed: u64) {
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|s| s.parse().ok()).unwrap_or(2);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random(seed);
    let mut runs = 0u64;
    while Instant::now() < end {
        let bytes = mutate(&mut random);
        let begin = Instant::now();
        let result = std::panic::catch_unwind(|| body(&bytes));
        if result.is_err() || begin.elapsed() > Duration::from_secs(10) {
            let path = std::env::temp_dir().join(format!("pickle-crash-{seed}-{runs}"));
            std::fs::write(&path, &bytes).unwrap();
            panic!("{} after {runs} runs", path.display());
        }
        runs += 1;
    }
    assert!(runs > 100);
}

#[test]
fn opcodes() {
    fuzz_with(fuzz::opcodes, 1);
}

#[test]
fn machine() {
    fuzz_with(fuzz::machine, 2);
}

#[test]
fn decompile() {
    fuzz_with(fuzz::decompile, 3);
}
