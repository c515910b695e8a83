//! Tests of the rules over objects built value by value.
use ma_core::Severity::{self, Critical, Info, Warning};
use ma_testkit::run;

use crate::fixture::*;

fn found(file: &[u8]) -> Vec<(&'static str, Severity)> {
    let found = run::scan(&crate::Rdata, "x.rds", file);
    found
        .issues
        .iter()
        .map(|i| (i.rule.name, i.severity))
        .collect()
}

fn nested(value: R) -> R {
    R::Env(Box::new(R::List(vec![("data", value)])))
}

#[test]
fn promises_are_judged_by_what_they_call_and_where_they_are() {
    let rule = "rdata-promise";
    for letter in [b'X', b'A', b'B'] {
        let file = stream(letter, &promise(system()));
        assert_eq!(found(&file), [(rule, Critical)], "{letter}");
    }
    assert_eq!(
        found(&rda(vec![("x", promise(system()))])),
        [(rule, Critical)]
    );
    assert_eq!(found(&rds(&nested(promise(system())))), [(rule, Critical)]);
    assert_eq!(found(&rds(&promise(harmless()))), [(rule, Warning)]);
    assert_eq!(found(&rds(&nested(promise(harmless())))), [(rule, Info)]);
    assert_eq!(
        found(&rds(&promise(call("eval", vec![R::Sym("x")])))),
        [(rule, Critical)]
    );
    let written = call("writeLines", vec![text("x"), text("y")]);
    assert_eq!(found(&rds(&nested(promise(written)))), [(rule, Warning)]);
    let done = R::Promise(Box::new(R::Real(vec![2.7])), Box::new(harmless()));
    assert_eq!(found(&rds(&done)), []);
}

#[test]
fn names_are_followed_through_what_hides_them() {
    let base = call("::", vec![R::Sym("base"), R::Sym("system")]);
    let by_name = call("get", vec![call("paste0", vec![text("sys"), text("tem")])]);
    let bytes = call(
        "as.raw",
        vec![call(
            "c",
            "system"
                .bytes()
                .map(|b| R::Real(vec![f64::from(b)]))
                .collect(),
        )],
    );
    let decoded = call("match.fun", vec![call("rawToChar", vec![bytes])]);
    let inside = call("$", vec![call("baseenv", vec![]), R::Sym("system")]);
    for function in [base, by_name, decoded, inside, R::Builtin("system")] {
        let code = R::Call(Box::new(function), vec![("", text("echo pwned"))]);
        assert_eq!(
            found(&rds(&nested(promise(code)))),
            [("rdata-promise", Critical)]
        );
    }
    let code = call("do.call", vec![text("system"), text("echo pwned")]);
    assert_eq!(
        found(&rds(&function(code))),
        [("rdata-dangerous-call", Warning)]
    );
    let code = call("lapply", vec![text("echo pwned"), R::Sym("system")]);
    assert_eq!(
        found(&rds(&function(code))),
        [("rdata-dangerous-call", Warning)]
    );
    let source = call("parse", vec![text("system('echo pwned')")]);
    let code = call("eval", vec![source]);
    assert_eq!(
        found(&rds(&function(code))),
        [("rdata-dangerous-call", Warning)]
    );
}

#[test]
fn what_models_hold_is_silent() {
    let formula = call(
        "~",
        vec![
            R::Sym("y"),
            call("+", vec![R::Sym("system"), R::Sym("file")]),
        ],
    );
    let fit = call("lm", vec![formula.clone(), R::Sym("train")]);
    let body = call("eval", vec![call("match.call", vec![])]);
    let model = R::Named(vec![
        ("call", fit),
        ("terms", formula),
        ("predict", function(body)),
        ("coefficients", R::Real(vec![1.0, 2.0])),
        ("env", nested(R::Real(vec![0.5]))),
        ("rows", R::Altrep("compact_intseq", "base")),
        ("where", R::Outside(249, "stats")),
    ]);
    assert_eq!(found(&rds(&model)), []);
}

#[test]
fn formulas_run_when_the_model_is_used() {
    let formula = call("~", vec![R::Sym("y"), system()]);
    assert_eq!(found(&rds(&formula)), [("rdata-dangerous-call", Critical)]);
    let model = R::Named(vec![("terms", system())]);
    assert_eq!(found(&rds(&model)), [("rdata-dangerous-call", Critical)]);
}

#[test]
fn calls_on_their_own() {
    let active = R::Env(Box::new(R::Active("x", Box::new(function(system())))));
    assert_eq!(found(&rds(&active)), [("rdata-active-binding", Critical)]);
    let plain = R::Env(Box::new(R::Active("x", Box::new(function(harmless())))));
    assert_eq!(found(&rds(&plain)), []);
    let rule = "rdata-hook";
    assert_eq!(
        found(&rda(vec![(".First", function(system()))])),
        [(rule, Critical)]
    );
    assert_eq!(
        found(&rda(vec![(".Last", function(harmless()))])),
        [(rule, Warning)]
    );
    assert_eq!(
        found(&rda(vec![(".onLoad", function(harmless()))])),
        [(rule, Info)]
    );
    assert_eq!(
        found(&rds(&R::List(vec![(".First", function(harmless()))]))),
        []
    );
    let rule = "rdata-shadowed-function";
    assert_eq!(
        found(&rda(vec![("print", function(system()))])),
        [(rule, Critical)]
    );
    assert_eq!(
        found(&rda(vec![("print", function(harmless()))])),
        [(rule, Info)]
    );
}

#[test]
fn compiled_code_shows_its_source() {
    let open = function(R::Code(vec![
        system(),
        R::Sym("system"),
        text("echo pwned"),
    ]));
    assert_eq!(found(&rds(&open)), [("rdata-dangerous-call", Warning)]);
    let hidden = function(R::Code(vec![harmless(), R::Sym("system"), system()]));
    assert_eq!(
        found(&rds(&hidden)),
        [
            ("rdata-dangerous-call", Warning),
            ("rdata-hidden-bytecode", Critical)
        ]
    );
}

#[test]
fn outside_things() {
    assert_eq!(
        found(&rds(&R::Altrep("mmap_real", "base"))),
        [("rdata-altrep", Warning)]
    );
    assert_eq!(
        found(&rds(&R::Altrep("arrow", "vroom"))),
        [("rdata-altrep", Warning)]
    );
    assert_eq!(
        found(&rds(&R::Outside(249, "caret"))),
        [("rdata-outside-reference", Info)]
    );
    assert_eq!(
        found(&rds(&R::Outside(247, "env::1"))),
        [("rdata-outside-reference", Info)]
    );
    assert_eq!(found(&rds(&R::Pointer)), [("rdata-external-pointer", Info)]);
}

#[test]
fn broken_streams() {
    let rule = "rdata-malformed";
    assert_eq!(found(&rds(&R::Flags(0x7ff))), [(rule, Warning)]);
    assert_eq!(found(&rds(&R::Flags(99))), [(rule, Warning)]);
    assert_eq!(found(&rds(&R::Ints(vec![14, -5]))), [(rule, Warning)]);
    assert_eq!(
        found(&rds(&R::Ints(vec![14, 1 << 30]))),
        [("rdata-length", Warning)]
    );
    assert_eq!(
        found(&rds(&R::Ints(vec![19, -1, 65536, 0]))),
        [("rdata-length", Warning)]
    );
    let mut odd = rds(&promise(system()));
    odd[1] = b'Z';
    assert_eq!(found(&odd), [("rdata-promise", Critical), (rule, Warning)]);
    let deep: Vec<i32> = (0..6000).flat_map(|_| [19, 1]).chain([254]).collect();
    assert_eq!(found(&rds(&R::Ints(deep))), [("rdata-depth", Warning)]);
}

#[test]
fn what_follows() {
    let rule = "rdata-trailing-data";
    let with = |rest: &[u8]| [rds(&NIL), rest.to_vec()].concat();
    assert_eq!(found(&with(b"")), []);
    assert_eq!(found(&with(b"note")), [(rule, Warning)]);
    assert_eq!(found(&with(&[0; 9])), [(rule, Info)]);
    assert_eq!(found(&with(b"PK\x03\x04rest")), [(rule, Critical)]);
    assert_eq!(found(&with(&rds(&NIL))), [(rule, Info)]);
    assert_eq!(found(&[stream(b'A', &NIL), b"\n".to_vec()].concat()), []);
}

#[test]
fn variables_that_come_along_are_told() {
    let rule = "rdata-captured-environment";
    let made_in = |value| {
        let frame = R::Env(Box::new(R::List(vec![("x", value)])));
        rds(&R::FunctionIn(Box::new(frame), Box::new(harmless())))
    };
    assert_eq!(found(&made_in(text("secret"))), [(rule, Info)]);
    assert_eq!(found(&made_in(function(harmless()))), []);
    assert_eq!(found(&rds(&nested(text("secret")))), []);
}

#[test]
fn functions_of_the_file_are_followed() {
    let through = vec![
        ("f", function(call("g", vec![]))),
        ("g", function(system())),
        ("x", promise(call("f", vec![]))),
    ];
    assert!(found(&rda(through)).contains(&("rdata-promise", Critical)));
}

#[test]
fn shared_cells_do_not_make_the_work_endless() {
    // A call of paste0 whose 20 arguments are all the same cell, which is a call of paste0 again.
    let mut words = vec![21, 40, 13, 1, 8, 1, 244, 0, 6, 254];
    words.extend([0, 1, 9, 0]);
    let mut file = rds(&R::Ints(words));
    // The name is empty: what matters is that the cell refers to itself.
    for _ in 0..20 {
        for word in [2i32, 254, 243, 0] {
            file.extend(word.to_be_bytes());
        }
    }
    for word in [0i32, 254] {
        file.extend(word.to_be_bytes());
    }
    assert_eq!(found(&file), []);
    let artifact = run::artifact("x.rds", &file);
    let budget = ma_core::Budget::default();
    let (model, _) = crate::parse(&artifact.blob, &budget).unwrap();
    let code = crate::deparse::deparse(&model, 0);
    assert!(code.len() < 4096, "{}", code.len());
}

#[test]
fn inspection_tells_what_is_there() {
    let object = R::Named(vec![
        ("a", R::Real(vec![1.0, 2.0])),
        ("f", function(harmless())),
    ]);
    let artifact = run::artifact("x.rds", &rds(&object));
    let (budget, mut sink) = (ma_core::Budget::default(), ma_core::Collector::default());
    let options = ma_core::ScanOptions::default();
    let mut cx = ma_core::Cx::new(&artifact, &budget, options, &mut sink);
    let target = ma_core::Target::Bytes(&artifact);
    let told = ma_core::Scanner::inspect(&crate::Rdata, target, &mut cx);
    let told = told.unwrap().unwrap();
    assert!(
        told.facts
            .contains(&("written by R".to_owned(), "4.3.2".to_owned()))
    );
    let lines: Vec<&str> = told
        .sections
        .iter()
        .flat_map(|s| &s.lines)
        .map(|l| &*l.text)
        .collect();
    assert_eq!(
        lines,
        [
            "object: list[2]",
            "object$a: double[2]",
            "object$f: closure",
            "object@names: character[2] a, f",
            "object$f: function() exp(1)",
        ]
    );
}
