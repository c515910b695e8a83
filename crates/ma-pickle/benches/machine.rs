//! How fast opcodes are walked over, and run.
//!
//! `cargo bench -p ma-pickle --bench machine`

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::ops::ControlFlow;

use divan::Bencher;
use divan::counter::BytesCount;
use ma_core::{Blob, Budget};
use ma_pickle::{Event, Machine, Observer, Opcodes};

fn main() {
    divan::main();
}

/// Writes what CPython's pickler writes for protocol 4, without frames.
struct Writer {
    out: Vec<u8>,
    memo: u32,
}

impl Writer {
    fn new() -> Self {
        Self {
            out: vec![0x80, 4],
            memo: 0,
        }
    }

    fn memoize(&mut self) {
        self.out.push(0x94);
        self.memo += 1;
    }

    fn text(&mut self, text: &str) {
        self.out.push(0x8c);
        self.out.push(text.len() as u8);
        self.out.extend(text.as_bytes());
        self.memoize();
    }

    fn get(&mut self, slot: u32) {
        self.out.push(b'h');
        self.out.push(slot as u8);
    }

    fn int(&mut self, n: u32) {
        self.out.push(b'J');
        self.out.extend(n.to_le_bytes());
    }

    fn float(&mut self, x: f64) {
        self.out.push(b'G');
        self.out.extend(x.to_be_bytes());
    }

    fn op(&mut self, bytes: &[u8]) {
        self.out.extend(bytes);
    }

    fn list(mut self, n: u32, mut item: impl FnMut(&mut Self, u32)) -> Vec<u8> {
        self.op(b"]");
        self.memoize();
        let mut i = 0;
        while i < n {
            self.op(b"(");
            for _ in 0..1000.min(n - i) {
                item(&mut self, i);
                i += 1;
            }
            self.op(b"e");
        }
        self.op(b".");
        self.out
    }
}

/// `[{'id': i, 'name': f'user{i}', 'score': x}, …]`
fn records(n: u32) -> Vec<u8> {
    let mut writer = Writer::new();
    for key in ["id", "name", "score"] {
        writer.text(key);
        writer.op(b"0");
    }
    writer.list(n, |w, i| {
        w.op(b"}");
        w.memoize();
        w.op(b"(");
        w.get(0);
        w.int(i);
        w.get(1);
        w.text(&format!("user{i}"));
        w.get(2);
        w.float(f64::from(i) * 0.5);
        w.op(b"u");
    })
}

/// `['s0', 's1', …]`
fn strings(n: u32) -> Vec<u8> {
    Writer::new().list(n, |w, i| w.text(&format!("item{i}")))
}

/// Instances of a class with a small state each.
fn instances(n: u32) -> Vec<u8> {
    let mut writer = Writer::new();
    for text in ["module", "Class", "x"] {
        writer.text(text);
    }
    writer.op(b"0\x930");
    let mut writer = Writer::new();
    writer.op(b"cmodule\nClass\n");
    writer.memoize();
    writer.op(b"0");
    writer.text("x");
    writer.op(b"0");
    writer.list(n, |w, i| {
        w.get(0);
        w.op(b")\x81");
        w.memoize();
        w.op(b"}(");
        w.get(1);
        w.int(i);
        w.op(b"ub");
    })
}

struct Nothing(u64);

impl Observer for Nothing {
    fn event(&mut self, _machine: &Machine<'_>, _event: &Event<'_>) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }
}

type Make = fn(u32) -> Vec<u8>;

const KINDS: &[(&str, Make, u32)] = &[
    ("records", records, 200_000),
    ("strings", strings, 800_000),
    ("instances", instances, 300_000),
];

fn blob(kind: &str) -> (Blob, u64) {
    let (_, make, n) = KINDS.iter().find(|k| k.0 == kind).unwrap();
    let blob = Blob::from_vec(make(*n));
    let len = blob.len();
    (blob, len)
}

#[divan::bench(args = ["records", "strings", "instances"])]
fn walk(bencher: Bencher, kind: &str) {
    let (blob, len) = blob(kind);
    let budget = Budget::default();
    bencher
        .counter(BytesCount::new(len))
        .bench(|| Opcodes::new(blob.clone(), 0, &budget).count());
}

#[divan::bench(args = ["records", "strings", "instances"])]
fn run(bencher: Bencher, kind: &str) {
    let (blob, len) = blob(kind);
    let budget = Budget::default();
    bencher.counter(BytesCount::new(len)).bench(|| {
        let mut machine = Machine::new(blob.clone(), 0, &budget);
        machine.run(&mut Nothing(0)).unwrap()
    });
}
