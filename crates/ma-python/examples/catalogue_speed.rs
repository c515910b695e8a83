//! Measures what the catalogue costs: the first lookup, and many after it.
//!
//! `cargo run --release -p ma-python --example catalogue_speed`
#![allow(clippy::print_stdout, reason = "a command-line example")]

use std::hint::black_box;
use std::time::Instant;

use ma_python::catalogue::{classify, entries};

fn main() {
    let start = Instant::now();
    black_box(classify("os", "system"));
    println!("first lookup, with the index: {:?}", start.elapsed());

    let names: Vec<(&str, &str)> = entries().map(|entry| (entry.module, entry.name)).collect();
    measure("every row of the table", &names);
    measure("unknown class", &[("my_project.models.layers", "Swish")]);
    measure("unknown function", &[("my_project.models", "build")]);
    measure(
        "pattern",
        &[("transformers.models.bert.modeling_bert", "BertModel")],
    );
    measure("whole module", &[("torch._dynamo.guards.deep", "anything")]);
    measure("dotted walk", &[("torch", "serialization.os.system")]);
}

fn measure(what: &str, names: &[(&str, &str)]) {
    let rounds = 200_000usize.div_ceil(names.len());
    let start = Instant::now();
    for _ in 0..rounds {
        for (module, name) in names {
            black_box(classify(black_box(module), black_box(name)));
        }
    }
    let lookups = rounds.saturating_mul(names.len());
    let each = start
        .elapsed()
        .as_nanos()
        .checked_div(lookups as u128)
        .unwrap_or_default();
    println!("{what}: {each} ns");
}
