//! Gadgets that no list of names can catch, and payloads inside values, each next to a twin.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in tests a panic is the point"
)]

mod rows;

use ma_core::Severity::{Critical, Info, Warning};
use ma_testkit::pickle::Pickle;
use rows::{Row, check, p4, worst};

fn structure_rows() -> Vec<Row> {
    let none = p4().raw("N").stop();
    let made = |method: &str, after: fn(Pickle) -> Pickle| {
        let class = p4().name("builtins", "type").mark().text("X").empty_tuple();
        let class = class
            .dict()
            .text(method)
            .name("os", "system")
            .raw("s")
            .tuple()
            .reduce();
        after(class.empty_tuple().newobj()).stop()
    };
    vec![
        (
            "b43 EXT registered here",
            {
                let call = p4()
                    .name("copyreg", "add_extension")
                    .text("os")
                    .text("system")
                    .int(240)
                    .tuple3();
                call.reduce()
                    .pop()
                    .op("82 f0")
                    .text("echo pwned")
                    .tuple1()
                    .reduce()
                    .stop()
            },
            Critical,
            none.clone(),
        ),
        (
            "b44 EXT",
            p4().op("82 f0").text("x").tuple1().reduce().stop(),
            Critical,
            none.clone(),
        ),
        (
            "b45 __setstate__",
            made("__setstate__", |p| p.text("x").build()),
            Critical,
            none.clone(),
        ),
        (
            "b46 append",
            made("append", |p| p.text("x").raw("a")),
            Critical,
            none.clone(),
        ),
        (
            "b47 add",
            made("add", |p| p.mark().text("x").op("90")),
            Critical,
            none.clone(),
        ),
        (
            "b48 attributes of a function",
            p4().name("collections", "namedtuple")
                .raw("N")
                .dict()
                .text("a")
                .text("os")
                .raw("s")
                .tuple2()
                .build()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b49 sys.modules",
            p4().name("collections", "_sys.modules")
                .text("collections")
                .name("logging", "os")
                .raw("s")
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b51 getattr",
            p4().name("builtins", "getattr")
                .call("builtins", "__import__", &["os"])
                .text("system")
                .tuple2()
                .reduce()
                .text("x")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b52 attrgetter",
            p4().call("operator", "attrgetter", &["system"])
                .call("importlib", "import_module", &["os"])
                .tuple1()
                .reduce()
                .text("x")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b54 __builtins__",
            p4().name("builtins", "dict.get")
                .name("collections", "__builtins__")
                .text("exec")
                .tuple2()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b55 partial",
            p4().name("functools", "partial")
                .name("os", "system")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            p4().name("functools", "partial")
                .name("builtins", "int")
                .tuple1()
                .reduce()
                .stop(),
        ),
        (
            "b62 marshal",
            p4().name("marshal", "loads")
                .bytes(b"\xe3code")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "b69 __main__",
            p4().name("__main__", "Net")
                .empty_tuple()
                .newobj()
                .dict()
                .build()
                .stop(),
            Warning,
            none.clone(),
        ),
        (
            "b70 unknown package",
            p4().call("unknown_pkg.loader", "bootstrap", &["x"]).stop(),
            Warning,
            none.clone(),
        ),
        (
            "b71 import only",
            p4().name("antigravity", "fly").stop(),
            Critical,
            none.clone(),
        ),
        (
            "b71c unknown import",
            p4().name("unknown_pkg", "thing").stop(),
            Info,
            none.clone(),
        ),
        (
            "g01 reduce",
            p4().name("functools", "reduce")
                .name("os", "system")
                .list()
                .tuple2()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "g02 sorted by",
            p4().name("functools", "cmp_to_key")
                .name("os", "system")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
        (
            "g03 property",
            p4().name("builtins", "property")
                .name("os", "system")
                .tuple1()
                .reduce()
                .stop(),
            Critical,
            none.clone(),
        ),
    ]
}

fn nested_rows() -> Vec<Row> {
    let inner = p4().payload().stop();
    let harmless = p4().call("collections", "OrderedDict", &[]).stop();
    let base64 = "gASVKQAAAAAAAACMAm9zlIwGc3lzdGVtlJOUjAplY2hvIHB3bmVklIWUUpQu";
    let loads = |bytes: &[u8]| {
        p4().name("pickle", "loads")
            .bytes(bytes)
            .tuple1()
            .reduce()
            .stop()
    };
    let kept = |bytes: &[u8]| p4().dict().text("x").bytes(bytes).raw("s").stop();
    let decode = p4()
        .name("pickle", "loads")
        .call("base64", "b64decode", &[base64])
        .tuple1()
        .reduce()
        .stop();
    vec![
        ("b56 loads", loads(&inner), Critical, kept(&harmless)),
        (
            "b59 base64",
            decode,
            Critical,
            p4().text("gASVKQAAAAAAAACM").stop(),
        ),
        ("n01 literal", kept(&inner), Warning, kept(&harmless)),
        (
            "n03 base64 text",
            p4().text(base64).stop(),
            Warning,
            p4().text("aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=").stop(),
        ),
        (
            "n07 behind a prefix",
            kept(&[b"prefix: ".to_vec(), inner.clone()].concat()),
            Warning,
            kept(&[b"prefix: ".to_vec(), harmless.clone()].concat()),
        ),
        (
            "b67 after many opcodes",
            Pickle::new().raw(b"N0".repeat(200_000)).payload().stop(),
            Critical,
            Pickle::new().raw(b"N0".repeat(200_000)).raw("N").stop(),
        ),
        (
            "b68 behind a long literal",
            p4().bytes(&vec![b'x'; 3 << 20]).payload().stop(),
            Critical,
            p4().bytes(&vec![b'x'; 3 << 20]).stop(),
        ),
        (
            "b15 many streams",
            [b"N.".repeat(60_000), inner].concat(),
            Critical,
            [b"N.".repeat(60_000), harmless].concat(),
        ),
    ]
}

#[test]
fn gadgets_are_seen_and_their_twins_are_silent() {
    check(structure_rows());
}

#[test]
fn nested_payloads_are_seen_and_their_twins_are_silent() {
    check(nested_rows());
}

/// A call of an unknown function with these texts.
fn unknown(name: &str, texts: &[&str]) -> Vec<u8> {
    p4().call("evil_pkg", name, texts).stop()
}

fn argument_rows() -> Vec<Row> {
    let twin = || p4().call("collections", "OrderedDict", &[]).stop();
    let mut rows: Vec<Row> = [
        &["echo pwned"][..],
        &["https://example.com/x.py"],
        &["/bin/sh", "-c", "id"],
        &["sh", "-c", "id"],
        &["true;sh"],
        &["import os; os.system('echo pwned')"],
    ]
    .into_iter()
    .map(|texts| {
        (
            "an unknown function with a telling argument",
            unknown("run", texts),
            Critical,
            twin(),
        )
    })
    .collect();
    rows.push((
        "an unknown class with a command",
        unknown("Runner", &["bash -c id"]),
        Critical,
        twin(),
    ));
    rows.push((
        "a class that opens a file when it is called",
        p4().call("numpy", "memmap", &["/etc/passwd"]).stop(),
        Warning,
        p4().name("numpy", "memmap").stop(),
    ));
    rows.push((
        "a class is changed for all",
        p4().name("collections.abc", "Mapping.register")
            .name("builtins", "int")
            .tuple1()
            .reduce()
            .stop(),
        Critical,
        p4().name("builtins", "int").stop(),
    ));
    let maker = |module: &str, name: &str| {
        p4().name("numpy.random._pickle", "__generator_ctor")
            .text("PCG64")
            .name(module, name)
            .tuple2()
            .reduce()
            .stop()
    };
    rows.push((
        "a function that calls what it is given",
        maker("evil_pkg", "run"),
        Warning,
        maker("numpy.random._pickle", "__bit_generator_ctor"),
    ));
    let times = |n: i32| {
        p4().name("_operator", "mul")
            .text("x")
            .int(n)
            .tuple2()
            .reduce()
            .stop()
    };
    rows.push(("an enormous product", times(i32::MAX), Warning, times(3)));
    for module in [
        "\u{ff4f}\u{ff53}",
        "\u{43e}s",
        "\u{43e}\u{455}",
        "bu\u{456}ltins",
    ] {
        rows.push((
            "look-alike letters",
            p4().call(module, "system", &["x"]).stop(),
            Critical,
            twin(),
        ));
    }
    for hook in ["__setstate__", "append", "__class__"] {
        let state = |value: &str| {
            p4().name("collections", "OrderedDict")
                .empty_tuple()
                .reduce()
                .dict()
                .text(hook)
                .raw(value)
                .op("73")
                .build()
                .stop()
        };
        rows.push((
            "a field that loaders call",
            state("cevil_pkg\nrun\n"),
            Critical,
            state("N"),
        ));
    }
    for (module, name) in [
        ("dl", "open"),
        ("mac", "system"),
        ("os2", "system"),
        ("_rawffi", "CDLL"),
        ("java.lang", "Runtime.exec"),
        ("System.Diagnostics", "Process.Start"),
    ] {
        rows.push((
            "a system of another Python",
            p4().call(module, name, &["x"]).stop(),
            Critical,
            twin(),
        ));
    }
    rows
}

#[test]
fn arguments_fields_and_letters_tell() {
    check(argument_rows());
    // Words alone tell nothing, and an unknown function stays a question.
    assert_eq!(worst(&unknown("make", &["relu", "echo"])), Some(Warning));
}

#[test]
fn rare_encodings_are_undone() {
    let payload = p4().payload().stop();
    let literal = |bytes: &[u8]| worst(&p4().bytes(bytes).stop());
    let percent: String = payload.iter().map(|b| format!("%{b:02x}")).collect();
    let spaced: String = payload.iter().map(|b| format!("{b:02x} ")).collect();
    let escaped: String = payload.iter().map(|b| format!("\\x{b:02x}")).collect();
    let printable: String = payload.iter().map(|b| format!("={b:02X}")).collect();
    let wide: Vec<u8> = b"cos\nsystem\n(S'echo pwned'\ntR."
        .iter()
        .flat_map(|b| [*b, 0])
        .collect();
    for (how, bytes) in [
        ("percent", percent.into_bytes()),
        ("spaced", spaced.into_bytes()),
        ("escaped", escaped.into_bytes()),
        ("printable", printable.into_bytes()),
        ("rot13", b"pbf\nflfgrz\n(F'rpub cjarq'\ngE.".to_vec()),
        ("UTF-16", wide),
    ] {
        assert_eq!(literal(&bytes), Some(Warning), "{how}");
    }
}

#[test]
fn programs_in_values_are_handed_out() {
    let children = |bytes: &[u8]| -> Vec<String> {
        let found = ma_pickle::scan_bytes("x.pkl", &p4().bytes(bytes).stop());
        found.children.iter().map(|c| c.path.to_string()).collect()
    };
    let padded = |magic: &[u8]| [magic, &[0; 100]].concat();
    for magic in [&b"\x7fELF\x02\x01\x01"[..], b"PK\x03\x04", b"#!/bin/sh\n"] {
        assert_eq!(children(&padded(magic)).len(), 1, "{magic:?}");
        assert!(children(magic).is_empty(), "{magic:?}");
        assert!(children(&[b"x", &padded(magic)[..]].concat()).is_empty());
    }
    assert!(children(&padded(b"MZ")).is_empty());
}

#[test]
fn numbers_too_long_to_read_are_seen() {
    for (digits, expected) in [(120_000, Some(Warning)), (1000, None)] {
        for (start, end) in [("I", "\n."), ("L", "L\n.")] {
            let bytes = format!("{start}{}{end}", "9".repeat(digits));
            assert_eq!(worst(bytes.as_bytes()), expected, "{start} {digits}");
        }
    }
}
