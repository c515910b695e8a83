//! Known ways around scanners, each next to a twin that differs only in the evil part. The numbers
//! are those of the catalogue of evasions in the documentation of this project's tests.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in tests a panic is the point"
)]

mod rows;

use ma_core::Severity::Critical;
use ma_testkit::pickle::Pickle;
use rows::{Row, check, p4, worst};

/// Puts the evil function and its harmless twin through the same maker.
fn pair(id: &'static str, make: impl Fn(&str, &str) -> Vec<u8>) -> Row {
    (
        id,
        make("os", "system"),
        Critical,
        make("collections", "OrderedDict"),
    )
}

fn opcode_rows() -> Vec<Row> {
    let text = |m: &str, n: &str| Pickle::new().global(m, n).raw("(S'x'\ntR").end();
    let mut rows = vec![
        pair("b01 INST", |m, n| Pickle::new().raw("(").inst(m, n).stop()),
        pair("b02 OBJ", |m, n| {
            Pickle::new().raw("(").global(m, n).raw("o").stop()
        }),
        pair("b03 OBJ, then POP", |m, n| {
            Pickle::new().raw("(").global(m, n).raw("o0N").stop()
        }),
        pair("b04 NEWOBJ of a built-in around map", |m, n| {
            let map = if m == "os" { "map" } else { "zip" };
            let map = p4()
                .name("builtins", "tuple")
                .name("builtins", map)
                .name(m, n);
            map.list().tuple2().reduce().tuple1().newobj().stop()
        }),
        pair("b05 NEWOBJ_EX", |m, n| {
            p4().name(m, n).empty_tuple().dict().op("92").stop()
        }),
        pair("b13 second stream", |m, n| {
            [p4().raw("N").stop(), p4().call(m, n, &[]).stop()].concat()
        }),
        pair("b14 three-hundredth stream", |m, n| {
            [
                p4().raw("N").stop().repeat(299),
                p4().call(m, n, &[]).stop(),
            ]
            .concat()
        }),
        pair("b16 NULs between", |m, n| {
            [
                p4().raw("N").stop(),
                vec![0; 50],
                p4().call(m, n, &[]).stop(),
            ]
            .concat()
        }),
        pair("b17 PUT and MEMOIZE mixed", |m, n| {
            p4().text(m)
                .put(5)
                .text(n)
                .op("94 30 30")
                .get(5)
                .get(1)
                .op("93")
                .empty_tuple()
                .reduce()
                .stop()
        }),
        pair("b18 MEMOIZE overwrites", |m, n| {
            p4().text("torch")
                .put(1)
                .pop()
                .text(m)
                .op("94")
                .pop()
                .text(n)
                .put(7)
                .pop()
                .get(1)
                .get(7)
                .op("93")
                .empty_tuple()
                .reduce()
                .stop()
        }),
        pair("b19 PUT is not the producer", |m, n| {
            p4().text(m)
                .text("torch")
                .pop()
                .put(0)
                .pop()
                .get(0)
                .text(n)
                .op("93")
                .empty_tuple()
                .reduce()
                .stop()
        }),
        pair("b20 DUP", |m, n| {
            p4().text(m)
                .raw("20")
                .text(n)
                .op("93")
                .empty_tuple()
                .reduce()
                .stop()
        }),
        pair("b21 POP_MARK", |m, n| {
            p4().text(m)
                .text(n)
                .mark()
                .text("torch")
                .text("Size")
                .raw("1")
                .op("93")
                .empty_tuple()
                .reduce()
                .stop()
        }),
        pair("b22 memo of another stream", |m, n| {
            let first = p4().text("torch").put(0).stop();
            let second = p4()
                .text(m)
                .put(0)
                .pop()
                .get(0)
                .text(n)
                .op("93")
                .empty_tuple()
                .reduce()
                .stop();
            [first, second].concat()
        }),
        pair("b33 late PROTO", |m, n| {
            let module = if m == "os" { "commands" } else { m };
            let name = if m == "os" { "getoutput" } else { n };
            p4().raw("N0")
                .proto(2)
                .global(module, name)
                .raw(")R")
                .stop()
        }),
        pair("b42 FRAME in FRAME", |m, n| {
            let inner = p4().call(m, n, &[]).stop();
            let inner = inner[2..].to_vec();
            let len = u64::try_from(inner.len()).unwrap();
            p4().raw([0x95])
                .raw((len + 9).to_le_bytes())
                .raw([0x95])
                .raw(len.to_le_bytes())
                .raw(inner)
                .end()
        }),
        pair("b75 FRAME too long", |m, n| {
            p4().raw([0x95])
                .raw(9999u64.to_le_bytes())
                .call(m, n, &[])
                .stop()
        }),
        pair("b66 in a persistent id", |m, n| {
            p4().call(m, n, &[]).raw("Q").stop()
        }),
        pair("b39 UTF-8 in STRING", |m, n| {
            Pickle::new().raw("S'\u{e4}'\n0").raw(text(m, n)).stop()
        }),
    ];
    rows.last_mut().unwrap().3 = Pickle::new().raw("S'a'\n.").end();
    // The id of an object of a known class is still unusual.
    let at = rows
        .iter()
        .position(|row| row.0.starts_with("b66"))
        .unwrap();
    rows[at].3 = p4().text("0").raw("Q").stop();
    let at = rows
        .iter()
        .position(|row| row.0.starts_with("b20"))
        .unwrap();
    rows[at].1 = p4()
        .text("os")
        .raw("2")
        .text("system")
        .op("93")
        .empty_tuple()
        .reduce()
        .stop();
    rows[at].3 = p4()
        .text("collections")
        .raw("2")
        .text("OrderedDict")
        .op("93")
        .empty_tuple()
        .reduce()
        .stop();
    rows
}

fn spelling_rows() -> Vec<Row> {
    let call = |names: &str| [names.as_bytes(), b"\x93)R."].concat();
    let number = |number: &str| {
        let evil = [number.as_bytes(), b"0cos\nsystem\n(S'echo pwned'\ntR."].concat();
        (evil, [number.as_bytes(), b"0N."].concat())
    };
    let mut rows = vec![
        (
            "b26 escapes",
            call("\u{1}S'\\x6fs'\nS'system'\n")[1..].to_vec(),
            Critical,
            call("S'\\x63ollections'\nS'OrderedDict'\n"),
        ),
        (
            "b27 octal",
            call("S'\\157s'\nS'system'\n"),
            Critical,
            call("S'collections'\nS'OrderedDict'\n"),
        ),
        (
            "b28 UNICODE",
            call("V\\u006fs\nVsystem\n"),
            Critical,
            call("Vcollections\nVOrderedDict\n"),
        ),
        (
            "b23 dotted",
            p4().name("pathlib", "os.system").stop(),
            Critical,
            p4().name("pathlib", "PurePosixPath").stop(),
        ),
        (
            "b24 dotted GLOBAL",
            p4().global("logging", "os.system").stop(),
            Critical,
            p4().global("collections", "deque").stop(),
        ),
        (
            "b25 dotted twice",
            p4().name("torch", "serialization.os.system").stop(),
            Critical,
            p4().name("torch", "Size").stop(),
        ),
        (
            "b78 a scanner",
            p4().call("picklescan.scanner", "_unsafe_globals.clear", &[])
                .stop(),
            Critical,
            p4().text("picklescan").stop(),
        ),
    ];
    for (id, python2) in [
        ("b29", ("cPickle", "loads")),
        ("b30", ("commands", "getoutput")),
        ("b31", ("urllib2", "urlopen")),
        ("b32", ("__builtin__", "eval")),
    ] {
        let (module, name) = python2;
        let evil = Pickle::new().global(module, name).raw("(S'x'\ntR").stop();
        rows.push((
            id,
            evil,
            Critical,
            Pickle::new()
                .global("__builtin__", "set")
                .raw("((ltR")
                .stop(),
        ));
    }
    for (id, spelling) in [
        ("b34 I with NUL", "I7\0zzz\n"),
        ("b35 I in base 16", "I0x10\n"),
        ("b36 L with NUL", "L7\0zz\n"),
        ("b37 F with NUL", "F1.5\0zz\n"),
        ("b38 p with NUL", "Np3\0\n"),
    ] {
        let (evil, twin) = number(spelling);
        rows.push((id, evil, Critical, twin));
    }
    rows
}

fn broken_rows() -> Vec<Row> {
    let after = |tail: &[u8]| [p4().payload().end(), tail.to_vec()].concat();
    let twin = p4().call("collections", "OrderedDict", &[]).stop();
    [
        ("b06 bad opcodes", &b"\x99\x99\x99"[..]),
        ("b07 no STOP", b""),
        ("b08 string beyond the end", b"X\xff\xff\x00\x00abc"),
        ("b09 bytes as a module", b"C\x02os\x8c\x01x\x93."),
        (
            "b10 unhashable operand",
            b"\x96\x02\0\0\0\0\0\0\0os\x8c\x01x\x93.",
        ),
        ("b11 missing memo slot", b"h\x63."),
        ("b12 stack underflow", b"000000."),
    ]
    .into_iter()
    .map(|(id, tail)| (id, after(tail), Critical, twin.clone()))
    .collect()
}

/// What ran before the end of a file ran, however the file ends.
#[test]
fn cutting_behind_the_payload_hides_nothing_and_is_never_clean() {
    let payload = p4().payload().end();
    let whole = [
        payload.clone(),
        p4().raw("N0N").text("more").raw("0N").stop(),
    ]
    .concat();
    for len in payload.len()..whole.len() {
        let found = ma_pickle::scan_bytes("cut.pkl", &whole[..len]);
        assert!(
            found
                .issues
                .iter()
                .any(|i| i.rule.name == "pickle-dangerous-call"),
            "{len}"
        );
        assert!(!found.gaps.is_empty(), "{len}");
    }
}

#[test]
fn bytes_around_a_payload_hide_nothing() {
    let payload = p4().payload().stop();
    for before in [
        &b""[..],
        b"\0\0\0",
        b"junk\n",
        b"PK\x03\x04",
        b"\x80\x04\x95\xff",
    ] {
        for after in [&b""[..], b"\0\0", b"\n", b"....", b"\x80\x02"] {
            let bytes = [before, &payload, after].concat();
            assert_eq!(worst(&bytes), Some(Critical), "{before:?} {after:?}");
        }
    }
}

#[test]
fn random_numbers_are_silent() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = p4().dict().stop();
    for _ in 0..400_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    let found = ma_pickle::scan_bytes("random.pkl", &bytes);
    let rules: Vec<_> = found.issues.iter().map(|i| i.rule.name).collect();
    assert_eq!(rules, ["pickle-trailing-data"]);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
}

#[test]
fn every_evasion_is_seen_and_its_twin_is_silent() {
    check(opcode_rows());
    check(spelling_rows());
    check(broken_rows());
}

#[test]
fn frames_whose_second_reading_is_skipped_are_gaps() {
    let mut stream = b"\x80\x04".to_vec();
    for _ in 0..50 {
        stream.extend(b"\x95\x02\0\0\0\0\0\0\0M\x05\x00N");
    }
    stream.extend(b".");
    let found = ma_pickle::scan_bytes("model.pkl", &stream);
    let told = |gap: &ma_core::Gap| format!("{gap:?}").contains("second reading");
    assert!(found.gaps.iter().any(told), "{:?}", found.gaps);
}
