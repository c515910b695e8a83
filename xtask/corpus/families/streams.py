"""More than one stream in a file, bytes around streams, and streams that exhaust a scanner."""

import random

from making.pickles import DATA, EVIL, TWIN, Build, Call, G, New, Put, Seq, dumps, enc, glob, put, short, string, wrap

FAMILY = "stream"


def cases(c):
    """b13–b16, b67–b74 of the catalogue and relatives."""
    several(c)
    budgets(c)
    resources(c)
    soft(c)


def several(c):
    benign = dumps(DATA, 4)
    tiny = dumps(None, 2)
    noise = random.Random(7).randbytes(900).replace(b".", b"-")
    for id, slug, before, calm, what in [
        ("b13", "second-stream", benign, "clean", "the call is in the second pickle of the file"),
        ("b14", "stream-300", tiny * 299, "clean", "the call is in the 300th pickle"),
        ("b15", "stream-60001", tiny * 60000, "clean", "60,000 tiny pickles come first"),
        ("b16", "nuls-between", benign + b"\0" * 64, "info", "NULs between two pickles"),
        ("b16b", "newline-between", benign + b"\n", "info", "a line feed between two pickles"),
        ("b16c", "noise-between", benign + noise, "warning", "900 random bytes between two pickles"),
        ("b16d", "text-between", benign + b"-- end of model --\n", "warning", "a line of text between two pickles"),
        ("b16e", "broken-first", b"\x80\x04\x99\x99", "warning", "the first pickle is broken, the second calls"),
        ("b16f", "stop-in-mark", b"\x80\x04((N.", "info", "the first pickle ends with an open mark"),
        ("b16g", "megabyte-between", benign + b"\0" * 1_200_000, "info", "a megabyte of NULs between two pickles"),
        ("b16h", "header-between", benign + b"\x80\x04", "warning", "a lone PROTO between two pickles"),
    ]:
        c.pair(FAMILY, id, slug, "pkl", lambda p, b=before: b + p.pickle(4), what=what, calm=calm)
    c.pair(FAMILY, "b13b", "second-protocol-0", "pkl", lambda p: benign + p.text + b".",
           what="the second pickle has protocol 0 and no header")
    c.pair(FAMILY, "b13c", "second-inst", "pkl",
           lambda p: dumps(DATA, 0) + b"(" + string(p.arg) + b"i" + f"{p.module}\n{p.name}\n".encode() + b".",
           what="the second pickle is an INST without header")
    c.pair(FAMILY, "b13d", "three-with-middle", "pkl", lambda p: benign + p.pickle(2) + benign, what="the second of three")


def budgets(c):
    push = b"K\x010" * 700_000
    c.pair("budget", "b67", "after-1.4m-opcodes", "pkl", lambda p: b"\x80\x04" + push + p.ops(4) + b".",
           what="the call comes after 1.4 million opcodes", calm="info")
    literal = b"B" + (17 << 20).to_bytes(4, "little") + bytes(17 << 20)
    c.pair("budget", "b68", "behind-17mb-literal", "pkl", lambda p: b"\x80\x04" + literal + b"0" + p.ops(4) + b".",
           what="the call comes after a literal of 17 MB")
    c.pair("budget", "b68b", "inside-17mb-list", "pkl",
           lambda p: b"\x80\x04](" + b"K\x01" * (1 << 20) + p.ops(4) + b"e.", what="the call is item 1,048,577 of a list")
    c.pair("budget", "b68c", "long-line", "pkl",
           lambda p: b"V" + b"a" * (3 << 20) + b"\n0" + p.text + b".", what="a text line of 3 MB, then the call")
    c.pair("budget", "b68d", "many-memo-slots", "pkl",
           lambda p: b"\x80\x04" + b"N\x940" * 300_000 + p.ops(4) + b".", what="300,000 memo slots, then the call", calm="info")
    c.pair("budget", "b68e", "many-globals", "pkl",
           lambda p: b"\x80\x02" + b"".join(b"ccollections\nOrderedDict\n0" for _ in range(40_000)) + p.ops(2) + b".",
           what="40,000 harmless imports, then the call", calm="info")


def resources(c):
    laugh = b"\x80\x02]q\0" + b"(" + b"K\1" * 10 + b"e0"
    for level in range(1, 20):
        laugh += b"]" + put(level, 2) + b"(" + (b"h" + bytes([level - 1])) * 10 + b"e0"
    c.add("resource", "b72", "billion-laughs", "pkl", laugh + b"h\x13.", dumps([[1] * 10] * 10, 2), "critical",
          "lists of lists: 10^20 leaves when copied or printed")
    laugh4 = b"\x80\x04" + short("x" * 200) + b"\x940"
    for level in range(1, 30):
        laugh4 += b"h" + bytes([level - 1]) + b"h" + bytes([level - 1]) + b"h" + bytes([level - 1]) + b"\x87\x940"
    c.add("resource", "b72b", "tuple-laughs", "pkl", laugh4 + b"h\x1d.", dumps((("x",) * 3,) * 3), "critical",
          "tuples of tuples: 3^29 leaves, hashing them takes forever")
    frozen = b"\x80\x04" + b"(\x91\x940" + b"".join(
        b"(h" + bytes([n]) + b"(h" + bytes([n]) + b"\x91" + b"\x91\x940" for n in range(60)) + b"h\x3c."
    c.add("resource", "b72c", "nested-frozensets", "pkl", frozen, None, "critical", "nested frozensets: hashing and comparing explodes")
    c.add("resource", "b73", "memo-index-2e9", "pkl", b"Np2000000000\n.", b"Np0\n.", "critical",
          "PUT 2,000,000,000: C allocates 32 GB")
    c.add("resource", "b73b", "long-binput", "pkl", b"\x80\x02Nr\xff\xff\xff\x7f.", b"\x80\x02Nr\1\0\0\0.", "critical",
          "LONG_BINPUT 2^31-1")
    c.add("resource", "b74", "marks-200000", "pkl", b"(" * 200_000 + b"N.", b"(" * 3 + b"t" * 3 + b".", "critical",
          "200,000 open marks")
    c.add("resource", "b74b", "nested-tuples", "pkl", b"\x80\x04)" + b"\x85" * 300_000 + b".", b"\x80\x04)" + b"\x85" * 30 + b".",
          "critical", "tuples nested 300,000 deep: the interpreter's stack overflows when they are freed or printed")
    c.add("resource", "b74c", "nested-lists", "pkl", b"\x80\x04]" + b"]" * 150_000 + b"a" * 150_000 + b".",
          b"\x80\x04]" + b"]" * 20 + b"a" * 20 + b".", "critical", "lists nested 150,000 deep")
    c.add("resource", "b74d", "huge-declared-bytes", "pkl", b"\x80\x04\x8e\xff\xff\xff\xff\xff\0\0\0abc", None, "warning",
          "BINBYTES8 of a terabyte in a file of 20 bytes")
    c.add("resource", "b74e", "huge-long", "pkl", b"\x80\x02\x8b\xff\xff\xff\x7f\1", None, "warning", "LONG4 of 2 GB declared")
    c.add("resource", "b74f", "decimal-long", "pkl", b"L" + b"9" * 400_000 + b"L\n.", b"L" + b"9" * 40 + b"L\n.", "warning",
          "a LONG of 400,000 decimal digits: quadratic conversion")
    c.add("resource", "b74g", "range-bomb", "pkl", dumps(Call(G("builtins", "list"), Call(G("builtins", "range"), 10**12))),
          dumps(Call(G("builtins", "range"), 10**12)), "warning", "list(range(10**12))")
    c.add("resource", "b74h", "bytearray-bomb", "pkl", dumps(Call(G("builtins", "bytearray"), 10**12)),
          dumps(Call(G("builtins", "bytearray"), b"x")), "warning", "bytearray(10**12)")
    c.add("resource", "b74i", "power-bomb", "pkl", dumps(Call(G("builtins", "pow"), 9**19, 9**19)), dumps(9**19), "warning",
          "pow of two huge numbers")
    c.add("resource", "b74j", "redos", "pkl", dumps(Call(G("re", "_compile"), "(a" * 4000 + ")*" * 4000, 0)),
          dumps(Call(G("re", "_compile"), "(a+)b", 0)), "warning", "a regular expression nested 4,000 deep")


def soft(c):
    ns = {"lr": 0.1}
    c.add("suspicious", "b69", "main-class", "pkl", dumps(Build(New(G("__main__", "Model")), ns)),
          dumps(Build(New(G("argparse", "Namespace")), ns)), "warning", "a class of __main__: unknown code")
    c.add("suspicious", "b70", "unknown-package-called", "pkl",
          dumps(Call(G("totally_unknown_pkg.loader", "bootstrap"), "x")), dumps(Call(G("collections", "Counter"), "x")),
          "critical", "a function of an unknown package is called: the package is the payload")
    c.add("suspicious", "b70b", "local-module-called", "pkl", dumps(Call(G("helper", "run"), "config.json"), 2),
          dumps(Call(G("collections", "Counter"), "config.json"), 2), "critical", "a function of a file beside the model")
    c.add("suspicious", "b71", "import-only-antigravity", "pkl", dumps({"a": G("antigravity", "fly")}),
          dumps({"a": G("collections", "OrderedDict")}), "critical", "importing the module is the effect")
    c.add("suspicious", "b71b", "import-only-this", "pkl", dumps(G("this", "s"), 2), dumps(G("collections", "Counter"), 2),
          "critical", "importing the module is the effect")
    c.add("suspicious", "b71c", "import-only-unknown", "pkl", dumps({"a": G("model_utils_x", "Config")}),
          dumps({"a": G("collections", "OrderedDict")}), "info", "an unknown module is imported, its name never used")
    c.add("suspicious", "b71d", "import-only-main-guard", "pkl", dumps(G("idlelib.idle", "idlelib")), None,
          "critical", "importing idlelib.idle starts a program")
    c.add("suspicious", "b71e", "import-only-test-module", "pkl", dumps(G("test.autotest", "libregrtest")), None,
          "critical", "importing test.autotest runs the test suite")
    c.add("suspicious", "b70c", "memo-hole", "pkl",
          b"\x80\x04" + short("pkg_of_mine.loader") + b"r\x10\x27\0\0" + short("start") + b"r\x20\x4e\0\0\x93" + short("x") + b"\x85R.",
          b"\x80\x04" + short("collections") + b"r\1\0\0\0" + short("Counter") + b"r\2\0\0\0\x93" + short("x") + b"\x85R.",
          "critical", "an unknown callee and memo indices with holes, as generators of evasive files write them")
    c.add("suspicious", "b69b", "main-function-called", "pkl", glob("__main__", "load") + b"(" + string("x") + b"tR.",
          glob("collections", "Counter") + b"(" + string("x") + b"tR.", "critical", "a function of __main__ is called")
    # The lattice between data and danger.
    c.add("suspicious", "s01", "unknown-class-data", "pkl", dumps(Build(New(G("acme_models.net", "Encoder")), ns)),
          dumps(Build(New(G("collections", "OrderedDict")), ns)), "info", "an unknown class rebuilt as data")
    c.add("suspicious", "s02", "unknown-class-with-string", "pkl", dumps(Call(G("acme_models.net", "Encoder"), "http://127.0.0.1:9/")),
          dumps(Call(G("collections", "Counter"), "http://127.0.0.1:9/")), "critical", "an unknown class called with a string")
    c.add("suspicious", "s03", "type-of-data", "pkl", dumps(Call(G("builtins", "type"), "Point", (), {"x": 1})),
          dumps({"x": 1}), "warning", "type() builds a class of plain data")
    c.add("suspicious", "s04", "pure-memo-put", "pkl", wrap(enc(Seq(Put(1, EVIL.callee), None), 4), 4),
          wrap(enc(Seq(Put(1, TWIN.callee), None), 4), 4), "critical", "os.system is only imported, never called")
