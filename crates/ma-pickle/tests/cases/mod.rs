//! One firing and one silent pickle for each rule, put together opcode by opcode. The golden files
//! are these bytes (`UPDATE_GOLDEN=1 cargo test -p ma-pickle` writes them again).
#![allow(
    dead_code,
    unreachable_pub,
    clippy::too_many_lines,
    reason = "a table, of which each test uses a part"
)]

use ma_testkit::pickle::Pickle;

/// A pickle and what it is for.
pub struct Case {
    /// The rule.
    pub rule: &'static str,
    /// What it shows, for the file's name.
    pub name: &'static str,
    /// Whether the rule fires.
    pub fires: bool,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A protocol 4 pickle in the making.
fn p4() -> Pickle {
    Pickle::new().proto(4)
}

/// A pickle of protocol 2 with text of protocol 0 around.
fn p2() -> Pickle {
    Pickle::new().proto(2)
}

/// `getattr(importlib.import_module('os'), 'system')('echo pwned')`.
fn computed_call(method: &str) -> Vec<u8> {
    p4().name("builtins", "getattr")
        .call("importlib", "import_module", &["os"])
        .text(method)
        .tuple2()
        .reduce()
        .text("echo pwned")
        .tuple1()
        .reduce()
        .stop()
}

/// `class` with `method` in its body, made by `type`.
fn made_class(value: impl Fn(Pickle) -> Pickle) -> Vec<u8> {
    let pickle = p4().name("builtins", "type").mark().text("X").empty_tuple();
    let pickle = pickle.dict().text("__setstate__");
    value(pickle)
        .raw("s")
        .tuple()
        .reduce()
        .empty_tuple()
        .newobj()
        .stop()
}

/// A pickle with `os.system` that is base64 text.
const NESTED: &str = "gASVKQAAAAAAAACMAm9zlIwGc3lzdGVtlJOUjAplY2hvIHB3bmVklIWUUpQu";

/// Ten lists, each holding the one before ten times.
fn laughs(levels: usize) -> Vec<u8> {
    let mut pickle = p2().list().put(0).raw("(").text("lol").text("lol").raw("e");
    for level in 1..=levels {
        let slot = u8::try_from(level).unwrap();
        pickle = pickle.list().put(slot).mark();
        for _ in 0..10 {
            pickle = pickle.get(slot - 1);
        }
        pickle = pickle.raw("e");
    }
    pickle.stop()
}

/// All cases.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |rule, name, fires, bytes| {
        cases.push(Case {
            rule,
            name,
            fires,
            bytes,
        })
    };

    case(
        "pickle-dangerous-call",
        "reduce",
        true,
        p4().payload().stop(),
    );
    case(
        "pickle-dangerous-call",
        "inst",
        true,
        b"(S'echo pwned'\nios\nsystem\n.".to_vec(),
    );
    case(
        "pickle-dangerous-call",
        "obj-popped",
        true,
        Pickle::new()
            .raw("(")
            .global("os", "system")
            .raw("S'echo pwned'\no0N")
            .stop(),
    );
    case(
        "pickle-dangerous-call",
        "second-stream",
        true,
        [p4().raw("N").stop(), p4().payload().stop()].concat(),
    );
    case(
        "pickle-dangerous-call",
        "ordered-dict",
        false,
        p4().name("collections", "OrderedDict")
            .empty_tuple()
            .reduce()
            .stop(),
    );
    case(
        "pickle-dangerous-call",
        "words",
        false,
        p4().text("os.system('echo pwned')").stop(),
    );

    case(
        "pickle-dangerous-import",
        "in-a-dict",
        true,
        p4().dict().text("f").name("os", "system").raw("s").stop(),
    );
    case(
        "pickle-dangerous-import",
        "class",
        false,
        p4().dict()
            .text("f")
            .name("collections", "OrderedDict")
            .raw("s")
            .stop(),
    );

    case(
        "pickle-computed-call",
        "getattr",
        true,
        computed_call("system"),
    );
    case(
        "pickle-computed-call",
        "not-called",
        false,
        p4().name("builtins", "getattr")
            .name("collections", "OrderedDict")
            .text("keys")
            .tuple2()
            .reduce()
            .stop(),
    );

    let joined = p4()
        .name("builtins", "str.join")
        .text("")
        .mark()
        .text("o")
        .text("s")
        .raw("l")
        .tuple2()
        .reduce();
    case(
        "pickle-computed-name",
        "joined",
        true,
        joined.text("getpid").op("93").empty_tuple().reduce().stop(),
    );
    case(
        "pickle-computed-name",
        "through-memo",
        false,
        p4().text("collections")
            .op("94")
            .text("OrderedDict")
            .op("94 30 30")
            .get(0)
            .get(1)
            .op("93")
            .empty_tuple()
            .reduce()
            .stop(),
    );

    case(
        "pickle-object-tampering",
        "setitem",
        true,
        p4().name("collections", "_sys.modules")
            .text("x")
            .text("y")
            .raw("s")
            .stop(),
    );
    case(
        "pickle-object-tampering",
        "build-on-a-class",
        true,
        p4().name("collections", "OrderedDict")
            .dict()
            .text("get")
            .text("x")
            .raw("s")
            .build()
            .stop(),
    );
    case(
        "pickle-object-tampering",
        "own-object",
        false,
        p4().name("collections", "OrderedDict")
            .empty_tuple()
            .reduce()
            .text("x")
            .text("y")
            .raw("s")
            .stop(),
    );

    case(
        "pickle-hidden-call",
        "map",
        true,
        p4().name("builtins", "map")
            .name("os", "system")
            .text("echo pwned")
            .tuple1()
            .tuple2()
            .reduce()
            .stop(),
    );
    case(
        "pickle-hidden-call",
        "partial",
        true,
        p4().name("functools", "partial")
            .name("os", "system")
            .text("echo pwned")
            .tuple2()
            .reduce()
            .stop(),
    );
    case(
        "pickle-hidden-call",
        "method",
        true,
        made_class(|p| p.name("os", "system")),
    );
    case(
        "pickle-hidden-call",
        "partial-int",
        false,
        p4().name("functools", "partial")
            .name("builtins", "int")
            .text("7")
            .tuple2()
            .reduce()
            .stop(),
    );
    case(
        "pickle-hidden-call",
        "defaultdict-list",
        false,
        p4().name("collections", "defaultdict")
            .name("builtins", "list")
            .tuple1()
            .reduce()
            .stop(),
    );

    case(
        "pickle-attribute-walk",
        "dunder",
        true,
        p4().name("collections", "OrderedDict.__init__.__globals__")
            .stop(),
    );
    case(
        "pickle-attribute-walk",
        "getattr",
        true,
        p4().name("builtins", "getattr")
            .name("collections", "OrderedDict")
            .text("__subclasses__")
            .tuple2()
            .reduce()
            .stop(),
    );
    case(
        "pickle-attribute-walk",
        "plain-class",
        false,
        p4().name("collections", "OrderedDict").stop(),
    );

    case(
        "pickle-unknown-call",
        "function",
        true,
        p4().call("somewhere.training", "rebuild", &["x"]).stop(),
    );
    case(
        "pickle-unknown-call",
        "known-function",
        false,
        p4().name("copyreg", "_reconstructor")
            .name("collections", "OrderedDict")
            .name("builtins", "object")
            .raw("N")
            .tuple3()
            .reduce()
            .stop(),
    );

    case(
        "pickle-unknown-class",
        "newobj",
        true,
        p4().name("somewhere.models", "Net")
            .empty_tuple()
            .newobj()
            .dict()
            .build()
            .stop(),
    );
    case(
        "pickle-unknown-class",
        "main",
        true,
        p4().name("__main__", "Net").empty_tuple().newobj().stop(),
    );
    case(
        "pickle-unknown-class",
        "known-class",
        false,
        p4().name("torch.nn.modules.linear", "Linear")
            .empty_tuple()
            .newobj()
            .dict()
            .build()
            .stop(),
    );

    case(
        "pickle-unknown-import",
        "value",
        true,
        p4().dict()
            .text("act")
            .name("somewhere.layers", "swish")
            .raw("s")
            .stop(),
    );
    case(
        "pickle-unknown-import",
        "known-value",
        false,
        p4().dict()
            .text("type")
            .name("builtins", "int")
            .raw("s")
            .stop(),
    );

    case(
        "pickle-extension-code",
        "ext1",
        true,
        p2().op("82 f0").stop(),
    );
    case(
        "pickle-extension-code",
        "none",
        false,
        p2().op("4b f0").stop(),
    );

    case(
        "pickle-persistent-id",
        "call-inside",
        true,
        p2().raw("X")
            .raw(5u32.to_le_bytes())
            .raw("other")
            .call("collections", "OrderedDict", &[])
            .tuple2()
            .raw("Q")
            .stop(),
    );
    let storage = p2()
        .mark()
        .text("storage")
        .global("torch", "FloatStorage")
        .text("0")
        .text("cpu")
        .int(4);
    case(
        "pickle-persistent-id",
        "storage",
        false,
        storage.tuple().raw("Q").stop(),
    );

    case(
        "pickle-code-object",
        "code-type",
        true,
        p4().name("types", "CodeType")
            .mark()
            .int(0)
            .text("name")
            .tuple()
            .reduce()
            .stop(),
    );
    case(
        "pickle-code-object",
        "by-name",
        false,
        p4().name("operator", "itemgetter")
            .int(0)
            .tuple1()
            .reduce()
            .stop(),
    );

    let inner = Pickle::new().payload_text().stop();
    case(
        "pickle-loads-other-file",
        "loads",
        true,
        p4().name("pickle", "loads")
            .bytes(&inner)
            .tuple1()
            .reduce()
            .stop(),
    );
    case(
        "pickle-loads-other-file",
        "path",
        true,
        p4().call("joblib", "load", &["other.pkl"]).stop(),
    );
    case(
        "pickle-loads-other-file",
        "bytes-kept",
        false,
        p4().bytes(b"just some bytes here").stop(),
    );

    case(
        "pickle-nested-payload",
        "bytes",
        true,
        p4().dict().text("x").bytes(&inner).raw("s").stop(),
    );
    case(
        "pickle-nested-payload",
        "base64",
        true,
        p4().dict().text("x").text(NESTED).raw("s").stop(),
    );
    case(
        "pickle-nested-payload",
        "harmless-pickle",
        false,
        p4().dict()
            .text("x")
            .bytes(b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.")
            .raw("s")
            .stop(),
    );

    let straddle = Pickle::new().op("80 05 4e 28 95 02 00 00 00 00 00 00 00 42 07 01 00 00 00 00");
    let straddle = straddle
        .raw("cos\nsystem\n(S'echo pwned'\ntR0")
        .raw(vec![b'N'; 240])
        .stop();
    case("pickle-frame-straddle", "counted-bytes", true, straddle);
    case(
        "pickle-frame-straddle",
        "whole-frame",
        false,
        Pickle::new()
            .op("80 04 95 02 00 00 00 00 00 00 00 4b 07")
            .stop(),
    );

    case(
        "pickle-parser-differential",
        "nul-in-number",
        true,
        b"I7\x00zzz\n.".to_vec(),
    );
    case(
        "pickle-parser-differential",
        "plain-number",
        false,
        b"I7\np0\n.".to_vec(),
    );

    case(
        "pickle-broken-stream",
        "bad-opcode",
        true,
        p4().payload().raw([0x99, 0x99]).end(),
    );
    case(
        "pickle-broken-stream",
        "cut",
        true,
        p4().dict().text("weights").end(),
    );
    case("pickle-broken-stream", "whole", false, p4().dict().stop());

    case("pickle-expansion-bomb", "laughs", true, laughs(12));
    case("pickle-expansion-bomb", "few", false, laughs(3));

    case("pickle-memo-bomb", "put", true, b"Np2000000000\n.".to_vec());
    case("pickle-memo-bomb", "small-put", false, b"Np2\n.".to_vec());

    case(
        "pickle-depth-bomb",
        "lists",
        true,
        p2().raw(vec![b']'; 101_000])
            .raw(vec![b'a'; 100_999])
            .stop(),
    );
    case(
        "pickle-depth-bomb",
        "few-lists",
        false,
        p2().raw(vec![b']'; 50]).raw(vec![b'a'; 49]).stop(),
    );

    case(
        "pickle-trailing-data",
        "junk",
        true,
        [p4().dict().stop(), vec![0; 100]].concat(),
    );
    case(
        "pickle-trailing-data",
        "two-streams",
        false,
        [p4().dict().stop(), p4().list().stop()].concat(),
    );

    case(
        "pickle-scanner-tampering",
        "clear",
        true,
        p4().call("picklescan.scanner", "_unsafe_globals.clear", &[])
            .stop(),
    );
    case(
        "pickle-scanner-tampering",
        "words",
        false,
        p4().text("picklescan.scanner").stop(),
    );

    case(
        "pickle-suspicious-call",
        "print",
        true,
        p4().call("builtins", "print", &["x"]).stop(),
    );
    case(
        "pickle-suspicious-call",
        "itemgetter",
        false,
        p4().name("operator", "itemgetter")
            .int(1)
            .tuple1()
            .reduce()
            .stop(),
    );
    cases
}
