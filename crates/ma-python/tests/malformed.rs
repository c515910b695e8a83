//! Cut, flipped and spliced seeds through the fuzz bodies, for a few seconds, or for as many as
//! `FUZZ_SECONDS` says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the mutator works on its own numbers"
)]

use std::time::{Duration, Instant};

/// A small generator of numbers, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// The seed with up to eight changes.
    fn mutate(&mut self, seed: &[u8], other: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = seed.to_vec();
        for _ in 0..=self.below(8) {
            let at = self.below(out.len() + 1);
            match self.below(6) {
                0 => out.truncate(at),
                1 if at < out.len() => out[at] ^= 1 << self.below(8),
                2 if at < out.len() => out[at] = u8::try_from(self.below(256)).unwrap(),
                3 => {
                    let piece = pieces[self.below(pieces.len())];
                    out.splice(at..at, piece.iter().copied());
                }
                4 if !other.is_empty() => {
                    let from = self.below(other.len());
                    let to = (from + self.below(64)).min(other.len());
                    out.splice(at..at, other[from..to].iter().copied());
                }
                _ => {
                    let to = (at + self.below(16)).min(out.len());
                    out.drain(at..to);
                }
            }
        }
        out
    }
}

fn run(seeds: &[Vec<u8>], pieces: &[&[u8]], body: fn(&[u8])) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for seed in seeds {
        body(seed);
    }
    let start = Instant::now();
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3);
    while start.elapsed() < Duration::from_secs(seconds) {
        let seed = &seeds[random.below(seeds.len())];
        let other = &seeds[random.below(seeds.len())];
        let input = random.mutate(seed, other, pieces);
        let began = Instant::now();
        body(&input);
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "too slow: {:?}",
            String::from_utf8_lossy(&input)
        );
    }
}

#[test]
fn marshal_survives_anything() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/marshal");
    let mut seeds: Vec<(std::path::PathBuf, Vec<u8>)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(_, bytes)| bytes).collect();
    let pieces: [&[u8]; 7] = [
        b"r\0\0\0\0",
        b"\xff\xff\xff\x7f",
        b"\xe3",
        b")\xff",
        b"{",
        b"\xa7\r\r\n",
        b"l\xff\xff\xff\xff",
    ];
    run(&seeds, &pieces, ma_python::fuzz::marshal);
}

#[cfg(feature = "source")]
#[test]
fn source_survives_anything() {
    let seeds: Vec<Vec<u8>> = [
        "import os as o\nfrom subprocess import run as r, call\n\nclass A(B, metaclass=M):\n    x: int = o.system('echo pwned')\n    def __init__(self, y=r):\n        self.z = y\n        self.z(['echo', *x], **{'shell': True})\n",
        "exec(''.join(chr(c ^ 1) for c in [1, 2, 3]))\nf'{a!r:>{w}}' f\"{b'x' % (1,)}\"\nx[1:2, ::3] = y = lambda *a, **k: (yield)\n",
        "try:\n    match x:\n        case {'a': [b, *c], **d} if e: pass\n        case P(q=1) | None: pass\nexcept* E as f:\n    raise g from h\nelse:\n    del i, j[0]\nfinally:\n    async def k(): return await l\n",
        "# coding: utf-8\nglobals()['x'] = __import__('base64').b64decode('ZWNobyBwd25lZA==')\nif __name__ == '__main__':\n    eval(x.decode()[::-1])\n",
        "print 'python 2', x\nexec 'y'\nos.system(`z`)\n",
        "class M(Module):\n  p : __torch__.torch.classes.tensorrt.Engine\n  def forward(self, x: Tensor) -> Tensor:\n    return torch.save(x, \"f\")\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let pieces: [&[u8]; 10] = [
        b"(((((",
        b"'''",
        b"\\\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"eval('",
        b"\n    ",
        b"lambda: ",
        b"f'{",
        b"not not not ",
    ];
    run(&seeds, &pieces, ma_python::fuzz::source);
}
