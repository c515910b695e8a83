//! Broken files: no panic, no endless loop, and a cut file never reads as clean.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "../src/fixture.rs"]
mod fixture;

use fixture::*;
use ma_testkit::malformed::fuzz;
use ma_testkit::run;

fn seeds() -> Vec<Vec<u8>> {
    let object = R::Named(vec![
        (
            "p",
            promise(call("do.call", vec![text("system"), text("x")])),
        ),
        (
            "f",
            function(R::Code(vec![system(), R::Sym("system"), text("x")])),
        ),
        (
            "e",
            R::Env(Box::new(R::Active("x", Box::new(function(system()))))),
        ),
        ("a", R::Altrep("mmap_real", "base")),
        ("s", R::Str(vec!["a\\b", "c d"])),
        ("r", R::Raw(b"PK\x03\x04aaaaaaaaaaaaaaaaaaa".to_vec())),
        ("n", R::Outside(249, "caret")),
        (
            "d",
            R::With(
                Box::new(R::Real(vec![1.0, 2.0])),
                vec![("dim", R::Int(vec![2]))],
            ),
        ),
        ("x", R::Pointer),
    ]);
    let shared = vec![21, 3, 13, 1, 8, 2, 244, 0, 6, 254, 0, 254, 243, 0, 243, 0];
    let mut seeds: Vec<Vec<u8>> = b"XAB".iter().map(|l| stream(*l, &object)).collect();
    seeds.push(rda(vec![
        ("x", promise(system())),
        (".First", function(harmless())),
    ]));
    seeds.push(rds(&R::Ints(shared)));
    seeds
}

#[test]
fn fuzz_parse() {
    fuzz(&seeds(), ma_rdata::fuzz::parse);
}

#[test]
fn fuzz_scan() {
    fuzz(&seeds(), ma_rdata::fuzz::scan);
}

#[test]
fn a_cut_file_is_never_clean() {
    for seed in seeds() {
        for end in 16..seed.len() {
            let found = run::scan(&ma_rdata::Rdata, "x.rds", &seed[..end]);
            assert!(!found.gaps.is_empty(), "cut at {end} of {}", seed.len());
        }
    }
}
