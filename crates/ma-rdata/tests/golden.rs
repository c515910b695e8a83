//! Every rule has a file that fires it and a twin that does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::too_many_lines)]

#[path = "../src/fixture.rs"]
mod fixture;

use fixture::*;
use ma_testkit::golden::folder;

ma_testkit::golden!(ma_rdata::Rdata);

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

fn nested(value: R) -> R {
    R::Env(Box::new(R::List(vec![("data", value)])))
}

fn active(body: R) -> Vec<u8> {
    rds(&R::Env(Box::new(R::Active("x", Box::new(function(body))))))
}

fn code() -> Vec<File> {
    let pasted = call("get", vec![call("paste0", vec![text("sys"), text("tem")])]);
    let pasted = R::Call(Box::new(pasted), vec![("", text("echo pwned"))]);
    let done = R::Promise(Box::new(R::Real(vec![2.0])), Box::new(system()));
    let formula = |what| rds(&call("~", vec![R::Sym("y"), what]));
    let train = call("lm", vec![R::Sym("formula"), R::Sym("system")]);
    let shown = R::Code(vec![system(), R::Sym("system"), text("echo pwned")]);
    let hidden = R::Code(vec![harmless(), R::Sym("system"), text("echo pwned")]);
    vec![
        ("rdata-promise", "fires-object.rds", rds(&promise(system()))),
        (
            "rdata-promise",
            "fires-ascii.rds",
            stream(b'A', &promise(system())),
        ),
        (
            "rdata-promise",
            "fires-native.rds",
            stream(b'B', &promise(pasted)),
        ),
        (
            "rdata-promise",
            "fires-through-function.rda",
            rda(vec![
                ("f", function(system())),
                ("x", promise(call("f", vec![]))),
            ]),
        ),
        (
            "rdata-promise",
            "fires-workspace.rda",
            rda(vec![("x", promise(system()))]),
        ),
        (
            "rdata-promise",
            "fires-info-nested.rds",
            rds(&nested(promise(harmless()))),
        ),
        (
            "rdata-promise",
            "fires-harmless.rds",
            rds(&promise(harmless())),
        ),
        // A promise that has its value is not evaluated, its call is a call as any other.
        ("rdata-promise", "silent-evaluated.rds", rds(&done)),
        ("rdata-active-binding", "fires-system.rds", active(system())),
        ("rdata-active-binding", "silent-exp.rds", active(harmless())),
        (
            "rdata-hook",
            "fires-first.rda",
            rda(vec![(".First", function(system()))]),
        ),
        (
            "rdata-hook",
            "silent-second.rda",
            rda(vec![(".Second", function(harmless()))]),
        ),
        (
            "rdata-shadowed-function",
            "fires-print.rda",
            rda(vec![("print", function(system()))]),
        ),
        (
            "rdata-shadowed-function",
            "fires-method.rda",
            rda(vec![("print.fit", function(system()))]),
        ),
        (
            "rdata-shadowed-function",
            "silent-method.rda",
            rda(vec![("print.fit", function(harmless()))]),
        ),
        (
            "rdata-shadowed-function",
            "silent-own-name.rda",
            rda(vec![("show_it", function(harmless()))]),
        ),
        (
            "rdata-dangerous-call",
            "fires-function.rds",
            rds(&function(system())),
        ),
        (
            "rdata-dangerous-call",
            "silent-function.rds",
            rds(&function(harmless())),
        ),
        (
            "rdata-dangerous-call",
            "fires-formula.rds",
            formula(system()),
        ),
        (
            "rdata-dangerous-call",
            "silent-formula.rds",
            formula(R::Sym("system")),
        ),
        ("rdata-dangerous-call", "silent-model-call.rds", rds(&train)),
        (
            "rdata-hidden-bytecode",
            "fires-other-source.rds",
            rds(&function(hidden)),
        ),
        (
            "rdata-hidden-bytecode",
            "silent-same-source.rds",
            rds(&function(shown)),
        ),
    ]
}

/// A function in an environment with one variable.
fn made_in(value: R) -> Vec<u8> {
    let frame = R::Env(Box::new(R::List(vec![("api_token", value)])));
    rds(&R::FunctionIn(Box::new(frame), Box::new(harmless())))
}

fn structure() -> Vec<File> {
    let with = |rest: &[u8]| [rds(&R::Int(vec![1])), rest.to_vec()].concat();
    let numbers = |length| rds(&R::Ints(vec![13, length, 1, 2]));
    let deep = |n: usize| -> Vec<u8> {
        let words = (0..n).flat_map(|_| [19, 1]).chain([254]).collect();
        rds(&R::Ints(words))
    };
    let cut = rds(&R::Real(vec![1.0, 2.0]));
    let cell = |place| {
        rds(&R::Ints(vec![
            21, 2, 13, 1, 8, 2, 244, 0, 6, 254, 0, 254, 0, 254, 243, place,
        ]))
    };
    vec![
        (
            "rdata-altrep",
            "fires-package.rds",
            rds(&R::Altrep("vroom_chr", "vroom")),
        ),
        (
            "rdata-altrep",
            "fires-mmap.rds",
            rds(&R::Altrep("mmap_real", "base")),
        ),
        (
            "rdata-altrep",
            "silent-sequence.rds",
            rds(&R::Altrep("compact_intseq", "base")),
        ),
        (
            "rdata-outside-reference",
            "fires-caret.rds",
            rds(&R::Outside(249, "caret")),
        ),
        (
            "rdata-outside-reference",
            "fires-persistent.rds",
            rds(&R::Outside(247, "env::1")),
        ),
        (
            "rdata-outside-reference",
            "silent-stats.rds",
            rds(&R::Outside(249, "stats")),
        ),
        (
            "rdata-external-pointer",
            "fires-pointer.rds",
            rds(&R::Pointer),
        ),
        (
            "rdata-external-pointer",
            "silent-raw.rds",
            rds(&R::Raw(vec![1, 2])),
        ),
        (
            "rdata-malformed",
            "fires-reference.rds",
            rds(&R::Ints(vec![0x5ff])),
        ),
        ("rdata-malformed", "fires-bytecode-cell.rds", cell(7)),
        ("rdata-malformed", "silent-bytecode-cell.rds", cell(0)),
        ("rdata-malformed", "fires-type.rds", rds(&R::Ints(vec![99]))),
        ("rdata-malformed", "fires-cut.rds", cut[..29].to_vec()),
        ("rdata-malformed", "silent-whole.rds", cut),
        ("rdata-length", "fires-billion.rds", numbers(1_000_000_000)),
        ("rdata-length", "silent-two.rds", numbers(2)),
        (
            "rdata-trailing-data",
            "fires-zip.rds",
            with(b"PK\x03\x04 and the rest of it"),
        ),
        ("rdata-trailing-data", "fires-text.rds", with(b"note")),
        ("rdata-trailing-data", "silent-end.rds", with(b"")),
        ("rdata-depth", "fires-6000.rds", deep(6000)),
        (
            "rdata-captured-environment",
            "fires-token.rds",
            made_in(text("not a real one")),
        ),
        (
            "rdata-captured-environment",
            "silent-function.rds",
            made_in(function(harmless())),
        ),
        ("rdata-depth", "silent-60.rds", deep(60)),
    ]
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-rdata --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in code().into_iter().chain(structure()) {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}
