//! Each opcode.

use super::{effects, refusal, result, run};
use crate::event::StreamEnd;

#[test]
fn constants() {
    assert_eq!(result(b"N."), "None");
    assert_eq!(result(b"\x88."), "True");
    assert_eq!(result(b"\x89."), "False");
    assert_eq!(result(b"I01\n."), "True");
    assert_eq!(result(b"I00\n."), "False");
    assert_eq!(result(b"I5\n."), "5");
    assert_eq!(result(b"K\x05."), "5");
    assert_eq!(result(b"M\x05\x01."), "261");
    assert_eq!(result(b"J\xfe\xff\xff\xff."), "-2");
    assert_eq!(result(b"L-7L\n."), "-7");
    assert_eq!(result(b"\x8a\x01\xff."), "-1");
    assert_eq!(result(b"\x8a\x00."), "0");
    assert_eq!(result(b"\x8b\x02\0\0\0\x00\x01."), "256");
    assert_eq!(result(b"F1.5\n."), "1.5");
    assert_eq!(result(b"Finf\n."), "float('inf')");
    assert_eq!(result(b"G\xc0\x04\0\0\0\0\0\0."), "-2.5");
    assert_eq!(
        result(b"L1000000000000000000000L\n."),
        "int.from_bytes(bytes.fromhex('0000a0dec5adc93536'), 'little', signed=True)"
    );
}

#[test]
fn strings_and_bytes() {
    assert_eq!(result(b"S'a\\x62\\n'\n."), r"'ab\n'");
    assert_eq!(result(b"S\"x\"\n."), "'x'");
    assert_eq!(result(b"T\x02\0\0\0ab."), "'ab'");
    assert_eq!(result(b"U\x02ab."), "'ab'");
    assert_eq!(result(b"V\\u00e9\\U0001f600\n."), "'é😀'");
    assert_eq!(result(b"X\x02\0\0\0ab."), "'ab'");
    assert_eq!(result(b"\x8c\x03\xed\xa0\x80."), r"'\xed\xa0\x80'");
    assert_eq!(result(b"\x8d\x02\0\0\0\0\0\0\0ab."), "'ab'");
    assert_eq!(result(b"B\x02\0\0\0a\xff."), r"b'a\xff'");
    assert_eq!(result(b"C\x02ab."), "b'ab'");
    assert_eq!(result(b"\x8e\x02\0\0\0\0\0\0\0ab."), "b'ab'");
    assert_eq!(result(b"\x96\x02\0\0\0\0\0\0\0ab."), "bytearray(b'ab')");
    assert_eq!(
        refusal(b"Sabc\n."),
        "the STRING opcode argument must be quoted"
    );
    assert_eq!(
        refusal(b"S'\n."),
        "the STRING opcode argument must be quoted"
    );
    assert_eq!(
        refusal(b"S'a\"\n."),
        "the STRING opcode argument must be quoted"
    );
}

#[test]
fn containers() {
    assert_eq!(result(b")."), "()");
    assert_eq!(result(b"]."), "[]");
    assert_eq!(result(b"}."), "{}");
    assert_eq!(result(b"\x8f."), "set()");
    assert_eq!(result(b"K\x01\x85."), "(1,)");
    assert_eq!(result(b"K\x01K\x02\x86."), "(1, 2)");
    assert_eq!(result(b"K\x01K\x02K\x03\x87."), "(1, 2, 3)");
    assert_eq!(result(b"(K\x01K\x02t."), "(1, 2)");
    assert_eq!(result(b"(K\x01K\x02l."), "[1, 2]");
    assert_eq!(result(b"(K\x01K\x02d."), "{1: 2}");
    assert_eq!(result(b"(K\x01K\x02\x91."), "frozenset({1, 2})");
    assert_eq!(result(b"(\x91."), "frozenset()");
    assert_eq!(result(b"]K\x01a."), "[1]");
    assert_eq!(result(b"](K\x01K\x02e."), "[1, 2]");
    assert_eq!(result(b"](e."), "[]");
    assert_eq!(result(b"}K\x01K\x02s."), "{1: 2}");
    assert_eq!(result(b"}(K\x01K\x02K\x03K\x04u."), "{1: 2, 3: 4}");
    assert_eq!(result(b"\x8f(K\x01K\x02\x90."), "{1, 2}");
    assert_eq!(refusal(b"(K\x01d."), "odd number of items for DICT");
    assert_eq!(refusal(b"}(K\x01u."), "odd number of items for SETITEMS");
}

#[test]
fn stack_and_marks() {
    assert_eq!(result(b"K\x01K\x020."), "1");
    assert_eq!(result(b"K\x01(0."), "1");
    assert_eq!(result(b"K\x01(K\x02K\x031."), "1");
    assert_eq!(result(b"K\x012\x86."), "(1, 1)");
    // The top is returned whatever lies below, an open mark included.
    assert_eq!(result(b"K\x01K\x02."), "2");
    assert_eq!(result(b"(K\x02."), "2");
    assert_eq!(refusal(b"."), "unpickling stack underflow");
    assert_eq!(refusal(b"0"), "unpickling stack underflow");
    assert_eq!(refusal(b"K\x01(."), "unexpected MARK found");
    assert_eq!(refusal(b"K\x01(2"), "unexpected MARK found");
    assert_eq!(refusal(b"(K\x01\x86"), "unexpected MARK found");
    assert_eq!(refusal(b"1"), "could not find MARK");
    assert_eq!(refusal(b"](a"), "unexpected MARK found");
    assert_eq!(refusal(b"(e"), "unpickling stack underflow");
    assert_eq!(refusal(b"](K\x01a"), "unexpected MARK found");
    assert_eq!(
        refusal(b"](K\x01(K\x02e"),
        "object has no attribute 'append'"
    );
}

#[test]
fn memo() {
    assert_eq!(result(b"K\x07q\x050h\x05."), "7");
    assert_eq!(result(b"K\x07r\x05\0\0\x000j\x05\0\0\0."), "7");
    assert_eq!(result(b"K\x07p5\n0g5\n."), "7");
    assert_eq!(result(b"K\x07\x940h\0."), "7");
    // MEMOIZE stores at the number of distinct slots: after PUT 100 that is 1.
    assert_eq!(result(b"K\x01q\x64K\x02\x9400h\x01."), "2");
    // So it may overwrite what an earlier PUT chose.
    assert_eq!(result(b"K\x01q\x01K\x02\x9400h\x01."), "2");
    assert_eq!(refusal(b"h\0"), "Memo value not found");
    assert_eq!(refusal(b"g-1\n"), "Memo value not found");
    assert_eq!(refusal(b"K\x01p-1\n"), "negative PUT argument");
    assert_eq!(refusal(b"q\0"), "unpickling stack underflow");
    assert_eq!(refusal(b"K\x01(\x94"), "unexpected MARK found");
}

#[test]
fn imports() {
    assert_eq!(effects(b"cos\nsystem\n."), ["import os.system 0"]);
    assert_eq!(
        effects(b"\x80\x04\x8c\x02os\x8c\x06system\x93."),
        ["import os.system 4"]
    );
    assert_eq!(
        effects(b"S'\\x6fs'\nV\\u0073ystem\n\x93."),
        ["import os.system 0"]
    );
    assert_eq!(effects(b"U\x02osU\x06system\x93."), ["import os.system 0"]);
    assert_eq!(refusal(b"c\nsystem\n."), "pickle data was truncated");
    assert_eq!(refusal(b"cos\n\n."), "pickle data was truncated");
    for bad in [
        &b"N"[..],
        b"K\x01",
        b"C\x01x",
        b"]",
        b")",
        b"\x96\x01\0\0\0\0\0\0\0x",
    ] {
        let stream = [b"\x8c\x02os", bad, b"\x93"].concat();
        assert_eq!(refusal(&stream), "STACK_GLOBAL requires str");
    }
    // Blanks and carriage returns are part of the name.
    assert_eq!(
        result(b"cos \nsys\rtem\n."),
        r"getattr(import_module('os '), 'sys\rtem')"
    );
}

#[test]
fn computed_names() {
    // `os.name` is a str: its value names the module.
    let stream = b"cos\nname\n\x8c\x06system\x93.";
    assert_eq!(effects(stream), ["import os.name 0", "import ?.? 0"]);
    assert_eq!(result(stream), "getattr(import_module(os.name), 'system')");
}

#[test]
fn calls() {
    let args = b"(S'x'\n";
    assert_eq!(
        effects(&[b"cos\nsystem\n", &args[..], b"tR."].concat()),
        ["import os.system 0", "os.system('x')"]
    );
    assert_eq!(
        effects(&[&args[..], b"ios\nsystem\n."].concat()),
        ["import os.system 0", "os.system('x')"]
    );
    assert_eq!(
        effects(b"(cos\nsystem\nS'x'\no."),
        ["import os.system 0", "os.system('x')"]
    );
    assert_eq!(
        effects(b"cos\nC\nK\x01\x85\x81."),
        ["import os.C 0", "os.C.__new__(os.C, 1)"]
    );
    assert_eq!(effects(b"cos\nC\n)\x81.")[1], "os.C.__new__(os.C)");
    assert_eq!(
        effects(b"cos\nC\n)}S'k'\nK\x02s\x92.")[1],
        "os.C.__new__(os.C, **{'k': 2})"
    );
    // The result is thrown away and nothing is ever returned: it ran all the same.
    assert_eq!(effects(b"cos\nsystem\n(S'x'\ntR0")[1], "os.system('x')");
    assert_eq!(
        effects(b"cbuiltins\ngetattr\n(cos\nos\nS'system'\ntR(S'x'\ntR.")[3],
        "builtins.getattr(os.os, 'system')('x')"
    );
    assert_eq!(refusal(b"K\x01)R"), "object is not callable");
    assert_eq!(refusal(b"cos\nC\nK\x01R"), "argument list must be a tuple");
    assert_eq!(refusal(b"(o"), "unpickling stack underflow");
    assert_eq!(
        refusal(b"cos\nC\n)K\x01\x92"),
        "NEWOBJ_EX kwargs argument must be a dict"
    );
    assert_eq!(refusal(b"ios\nsystem\n."), "could not find MARK");
}

#[test]
fn changes() {
    let object = b"cos\nC\n)R";
    let with = |rest: &[u8]| effects(&[&object[..], rest].concat())[2..].to_vec();
    assert_eq!(with(b"}b."), ["os.C() <- {}"]);
    assert_eq!(with(b"K\x01a."), ["os.C() += 1"]);
    assert_eq!(with(b"(K\x01K\x02e."), ["os.C() += 1, 2"]);
    assert_eq!(with(b"K\x01K\x02s."), ["os.C()[1, 2]"]);
    assert_eq!(with(b"(K\x01K\x02u."), ["os.C()[1, 2]"]);
    assert_eq!(with(b"(K\x01\x90."), ["os.C() |= 1"]);
    // A module, class or function is changed the same way.
    assert_eq!(effects(b"cos\nC\n}b.")[1], "os.C <- {}");
    assert_eq!(effects(b"cos\nC\nK\x01K\x02s.")[1], "os.C[1, 2]");
    assert_eq!(refusal(b"K\x01K\x02a"), "object has no attribute 'append'");
    assert_eq!(refusal(b")K\x02a"), "object has no attribute 'append'");
    assert_eq!(
        refusal(b")K\x02K\x01s"),
        "object does not support item assignment"
    );
    assert_eq!(refusal(b"](K\x01\x90"), "object has no attribute 'add'");
    assert_eq!(refusal(b"K\x01b"), "unpickling stack underflow");
}

#[test]
fn persistent_ids_and_extensions() {
    assert_eq!(effects(b"Psome id\n."), ["persistent_load('some id')"]);
    assert_eq!(effects(b"K\x05Q."), ["persistent_load(5)"]);
    // What runs inside the id runs before the application sees it.
    assert_eq!(
        effects(b"cos\nf\n)RQ."),
        ["import os.f 0", "os.f()", "persistent_load(os.f())"]
    );
    assert_eq!(effects(b"\x82\x05."), ["ext 5 copyreg_extension(5)"]);
    assert_eq!(
        effects(b"\x83\x05\x01."),
        ["ext 261 copyreg_extension(261)"]
    );
    assert_eq!(effects(b"\x84\x05\0\0\0."), ["ext 5 copyreg_extension(5)"]);
    assert_eq!(refusal(b"\x82\0."), "EXT specifies code <= 0");
    assert_eq!(refusal(b"\x84\xff\xff\xff\xff."), "EXT specifies code <= 0");
    let registers = b"ccopyreg\nadd_extension\n(S'os'\nS'system'\nK\x07tR0\x82\x07.";
    assert_eq!(effects(registers)[2], "ext 7 copyreg.add_extension");
}

#[test]
fn ends_of_streams() {
    let (_, end) = run(b"N.rest");
    assert_eq!(end, StreamEnd::Stop { end: 2 });
    assert_eq!(run(b"N").1, StreamEnd::Truncated { at: 1 });
    assert_eq!(run(b"").1, StreamEnd::Truncated { at: 0 });
    assert_eq!(run(b"X\xff\0\0\0abc").1, StreamEnd::Truncated { at: 0 });
    assert_eq!(run(b"N\x99").1, StreamEnd::Invalid { at: 1, byte: 0x99 });
    // What came before the error has run.
    assert_eq!(
        effects(b"cos\nsystem\n(S'x'\ntR\x99\x99")[1],
        "os.system('x')"
    );
}
