"""Streams that make a careless decoder lose the call: opcodes, memo, frames, names."""

import struct

from making.pickles import (
    BA, DATA, STOP, AddItems, Append, Build, Call, G, Get, Inst, New, NewEx, Obj, Pid, Put, Raw, Seq,
    SetItem, Stack, dumps, enc, frame, glob, inst, put, short, string, wrap,
)
from making.torches import torch_zip

FAMILY = "opcode"


def cases(corpus):
    """b01–b55, b66, b75, b78 of the catalogue."""
    calls(corpus)
    broken(corpus)
    memo(corpus)
    names(corpus)
    numbers(corpus)
    frames(corpus)
    extensions(corpus)
    objects(corpus)
    computed(corpus)


def calls(c):
    c.pair(FAMILY, "b01", "inst", "pkl", lambda p: b"(" + string(p.arg) + inst(p.module, p.name) + STOP,
           what="INST calls; the first two bytes also pass for a zlib header")
    c.pair(FAMILY, "b02", "obj", "pkl", lambda p: b"(" + glob(p.module, p.name) + string(p.arg) + b"o.",
           what="OBJ calls")
    c.pair(FAMILY, "b03", "obj-popped", "pkl",
           lambda p: wrap(enc(Obj(p.callee, p.arg), 2) + b"0N", 2), what="OBJ, result popped")
    c.pair(FAMILY, "b03b", "reduce-popped", "pkl",
           lambda p: dumps(Seq(p.node, None)), what="REDUCE, result popped")
    c.add(FAMILY, "b04", "newobj-map", "pkl",
          dumps(New(G("builtins", "tuple"), Call(G("builtins", "map"), G("os", "system"), ["echo pwned"]))),
          dumps(New(G("builtins", "tuple"), Call(G("builtins", "list"), ["echo pwned"]))),
          what="NEWOBJ of builtins only: tuple.__new__ drives map")
    c.add(FAMILY, "b05", "newobj-ex", "pkl",
          dumps(NewEx(G("builtins", "tuple"), (Call(G("builtins", "map"), G("os", "system"), ["echo pwned"]),), {})),
          dumps(NewEx(G("builtins", "tuple"), (["echo pwned"],), {})), what="NEWOBJ_EX drives map")


def broken(c):
    def tail(t):
        return lambda p: b"\x80\x04" + p.ops(4) + t

    for id, slug, after, what in [
        ("b06", "unknown-opcode", b"0\x99\x99\x99", "stream breaks after the call"),
        ("b07", "no-stop", b"", "no STOP"),
        ("b08", "string-past-end", b"X\xff\xff\xff\x00abc", "literal longer than the file"),
        ("b09", "type-confusion", b"C\x02os" + short("x") + b"\x93.", "STACK_GLOBAL with bytes after the call"),
        ("b10", "bytearray-operand", b"\x96" + struct.pack("<Q", 2) + b"os" + short("system") + b"\x93.",
         "unhashable operand of STACK_GLOBAL after the call"),
        ("b11", "missing-memo", b"0h\xc8.", "GET of an empty memo slot after the call"),
        ("b12", "underflow", b"000000.", "stack underflow after the call"),
    ]:
        c.pair(FAMILY, id, slug, "pkl", tail(after), what=what, calm="warning")


def memo(c):
    def mixed(p):
        return (b"\x80\x04" + short(p.module) + put(5, 1) + b"0" + short(p.name) + b"\x940"
                + b"h\x05" + b"h\x01" + b"\x93" + short(p.arg) + b"\x85R.")

    c.pair(FAMILY, "b17", "put-memoize-mixed", "pkl", mixed, what="PUT and MEMOIZE mixed, names by GET")

    def overwritten(p):
        # MEMOIZE numbers by the count of filled slots: after PUT 1 it writes slot 1 again.
        return (b"\x80\x04" + short("torch") + put(1, 1) + b"0" + short(p.module) + b"\x940"
                + b"h\x01" + short(p.name) + b"\x93" + short(p.arg) + b"\x85R.")

    c.pair(FAMILY, "b18", "memoize-overwrites", "pkl", overwritten, what="MEMOIZE overwrites the slot of PUT 1")
    c.pair(FAMILY, "b19", "put-not-after-producer", "pkl",
           lambda p: b"\x80\x04" + short(p.module) + short("torch") + b"0" + put(0, 1) + b"0"
           + b"h\x00" + short(p.name) + b"\x93" + short(p.arg) + b"\x85R.",
           what="the opcode before PUT is not what PUT stores")
    c.pair(FAMILY, "b20", "dup", "pkl",
           lambda p: b"\x80\x04" + short(p.module) + short(p.name) + b"\x932" + short(p.arg) + b"\x85R0N.",
           what="DUP moves the operands")
    c.pair(FAMILY, "b21", "pop-mark", "pkl",
           lambda p: b"\x80\x04" + short(p.module) + short(p.name) + b"(" + short("torch") + short("Size") + b"1\x93"
           + short(p.arg) + b"\x85R.", what="POP_MARK throws decoy names away")
    c.pair(FAMILY, "b22", "memo-per-stream", "pkl",
           lambda p: b"\x80\x04" + short("collections") + b"\x940" + short("OrderedDict") + b"\x94."
           + b"\x80\x04" + short(p.module) + b"\x94" + short(p.name) + b"\x9400"
           + b"h\x00h\x01\x93" + short(p.arg) + b"\x85R.",
           what="the memo is new for each stream")


def names(c):
    for id, slug, module, name, calm in [
        ("b23", "dotted-stack-global", "pathlib", "os.system", "PurePosixPath"),
        ("b25", "dotted-torch", "torch", "serialization.os.system", "Size"),
        ("b25b", "dotted-deep", "logging", "handlers.os.path.os.system", "LogRecord"),
        ("b25c", "dotted-twice-round", "collections", "abc._sys.modules", "OrderedDict"),
    ]:
        arg = ((1, 2),) if name.startswith("serial") else ("echo pwned",)
        twin = dumps(Call(G("collections", "Counter"), "echo pwned")) if calm in ("LogRecord", "OrderedDict") \
            else dumps(Call(G(module, calm), *arg))
        c.add(FAMILY, id, slug, "pkl", dumps(Call(G(module, name), "echo pwned")), twin,
              what=f"dotted name {module} {name}")
    c.add(FAMILY, "b24", "dotted-global", "pkl",
          b"\x80\x04" + glob("pathlib", "os.system") + string("echo pwned") + b"\x85R.",
          b"\x80\x04" + glob("pathlib", "PurePosixPath") + string("echo pwned") + b"\x85R.",
          what="dotted name in GLOBAL under protocol 4")
    c.add(FAMILY, "b24b", "dotted-inst", "pkl",
          b"\x80\x04(" + string("echo pwned") + inst("pathlib", "os.system") + b".",
          b"\x80\x04(" + string("echo pwned") + inst("pathlib", "PurePosixPath") + b".",
          what="dotted name in INST under protocol 4")
    long_walk = "os.path." * 6000 + "os.system"
    c.add(FAMILY, "b25d", "dotted-48k", "pkl", dumps(Call(G("logging", long_walk), "echo pwned")),
          dumps(Call(G("collections", "Counter"), long_walk)), what="a dotted name of 48,000 characters")
    for id, slug, evil in [
        ("b26", "hex-escape", (b"S'\\x6fs'\n", b"S'sys\\x74em'\n")),
        ("b27", "octal-escape", (b"S'\\157s'\n", b"S'\\163ystem'\n")),
        ("b28", "unicode-escape", (b"V\\u006fs\n", b"Vs\\u0079stem\n")),
        ("b28b", "double-quotes", (b'S"os"\n', b'S"system"\n')),
    ]:
        twin = tuple(part.replace(b"\\x6fs", b"\\x63ollections").replace(b"\\157s", b"\\143ollections")
                     .replace(b"\\u006fs", b"\\u0063ollections").replace(b'"os"', b'"collections"')
                     .replace(b"sys\\x74em", b"Coun\\x74er").replace(b"\\163ystem", b"\\103ounter")
                     .replace(b"s\\u0079stem", b"C\\u006funter").replace(b'"system"', b'"Counter"')
                     for part in evil)
        body = [b"\x80\x04" + m + n + b"\x93" + short("echo pwned") + b"\x85R." for m, n in (evil, twin)]
        c.add(FAMILY, id, slug, "pkl", body[0], body[1], what="names behind escapes")
    inner = glob("os", "system") + b"(" + string("echo pwned") + b"tR."
    calm_inner = glob("collections", "Counter") + b"(" + string("echo pwned") + b"tR."
    c.add(FAMILY, "b29", "py2-cpickle", "pkl", dumps(Call(G("cPickle", "loads"), inner), 2),
          dumps(Call(G("__builtin__", "bytearray"), calm_inner), 2), what="Python-2 name: cPickle.loads")
    for n, (module, name, args) in enumerate([
        ("commands", "getoutput", ("echo pwned",)),
        ("urllib2", "urlopen", ("http://127.0.0.1:9/",)),
        ("__builtin__", "map", (G("os", "system"), ["echo pwned"])),
        ("commands", "getstatusoutput", ("echo pwned",)),
        ("urllib", "urlretrieve", ("http://127.0.0.1:9/", "/tmp/x")),
        ("httplib", "HTTPConnection", ("127.0.0.1",)),
        ("xmlrpclib", "ServerProxy", ("http://127.0.0.1:9/",)),
        ("SocketServer", "TCPServer", (("127.0.0.1", 0), None)),
        ("__builtin__", "reduce", (G("os", "system"), ["echo pwned", ""])),
        ("itertools", "imap", (G("os", "system"), ["echo pwned"])),
        ("itertools", "ifilter", (G("os", "system"), ["echo pwned"])),
        ("__builtin__", "execfile", ("/tmp/x.py",)),
        ("__builtin__", "apply", (G("os", "system"), ["echo pwned"])),
        ("thread", "start_new_thread", (G("os", "system"), ("echo pwned",))),
        ("multiprocessing", "Process", (None, G("os", "system"), None, ("echo pwned",))),
        ("__builtin__", "eval", ("__import__('os').system('echo pwned')",)),
        ("__builtin__", "raw_input", ("echo pwned",)),
        ("UserDict", "UserDict", None),
    ]):
        if args is None:
            continue
        id = f"b{30 + n}" if n < 3 else f"b32{chr(94 + n)}"
        slug = f"py2-{module.strip('_').lower()}-{name.lower().replace('_', '')}"
        # Under protocol 2 the twin uses Python-2 names that are only data.
        twin = dumps(Call(G("__builtin__", "list"), [repr(a) if isinstance(a, G) else a for a in (module, name)]), 2)
        c.add(FAMILY, id, slug, "pkl", dumps(Call(G(module, name), *args), 2), twin,
              what=f"Python-2 name under protocol 2: {module}.{name}")
    late = lambda m, n: b"\x80\x04" + enc(DATA, 4) + b"0\x80\x02" + glob(m, n) + b"U\x0aecho pwned\x85R."
    c.add(FAMILY, "b33", "late-proto-2", "pkl", late("commands", "getoutput"), late("__builtin__", "frozenset"),
          what="a late PROTO 2 switches the Python-2 names on", calm="info")
    up = lambda m, n: b"\x80\x02" + enc(DATA, 2) + b"0\x80\x04" + glob(m, n) + b"X\x0a\0\0\0echo pwned\x85R."
    c.add(FAMILY, "b33b", "late-proto-4", "pkl", up("pathlib", "os.system"), up("pathlib", "PurePosixPath"),
          what="a late PROTO 4 switches the dotted names on", calm="info")


def numbers(c):
    for id, slug, first in [
        ("b34", "int-nul", b"I7\0zzz\n0"), ("b35", "int-hex", b"I0x10\n0"), ("b36", "long-nul", b"L7\0zz\n0"),
        ("b37", "float-nul", b"F1.5\0zz\n0"), ("b38", "put-nul", b"Np3\0\n0"),
        ("b35b", "int-underscore", b"I1_000\n0"), ("b35c", "int-blank", b"I 5\n0"), ("b38b", "get-plus", b"Np1\n0g+1\n0"),
        ("b38c", "get-blank", b"Np1\n0g 1\n0"), ("b36b", "long-no-suffix", b"L12345678901234567890\n0"),
    ]:
        c.pair(FAMILY, id, slug, "pkl", lambda p, first=first: first + p.text + b".",
               what="a number that a strict decoder refuses, C takes it, the call follows", calm="info")
    c.pair(FAMILY, "b39", "utf8-string-torch", "pt",
           lambda p: torch_zip(wrap(b"S'\xc3\xa9t\xc3\xa9'\n0" + enc(p.node, 2), 2)),
           what="UTF-8 in STRING inside a torch zip, which decodes as UTF-8")
    c.pair(FAMILY, "b39b", "surrogate-string", "pkl",
           lambda p: b"\x80\x04X\x03\0\0\0\xed\xa0\x800" + p.ops(4) + b".", what="a lone surrogate before the call")
    c.pair(FAMILY, "b39c", "unicode8-names", "pkl",
           lambda p: b"\x80\x04" + b"".join(b"\x8d" + struct.pack("<Q", len(s)) + s.encode()
                                            for s in (p.module, p.name)) + b"\x93" + short(p.arg) + b"\x85R.",
           what="names as BINUNICODE8")
    c.pair(FAMILY, "b39d", "binstring-names", "pkl",
           lambda p: b"\x80\x04" + b"".join(b"U" + bytes([len(s)]) + s.encode() for s in (p.module, p.name))
           + b"\x93" + short(p.arg) + b"\x85R.", what="names as SHORT_BINSTRING")


def straddle(p, cover=2):
    """BINBYTES whose length straddles its frame.

    In a row it is 0x107 bytes of data. C, reading a BytesIO, drops the buffered 07 and
    sees a length of 1, so that what looked like data is the next opcode.
    """
    hidden = b"\0\0" + p.text + b"1."
    linear = b"B\x07\x01\0\0" + hidden + b"\0" * (263 - len(hidden)) + b"1."
    return b"\x80\x05N(\x95" + struct.pack("<Q", cover or len(linear)) + linear


def frames(c):
    from making.pickles import EVIL, TWIN

    c.add(FAMILY, "b40", "frame-straddle", "pkl", straddle(EVIL), straddle(TWIN, None),
          what="an opcode straddles the end of its frame: two readings")
    c.add(FAMILY, "b40b", "frame-straddle-benign-readings", "pkl", straddle(TWIN), straddle(TWIN, None),
          what="straddling frame, both readings harmless: still no pickler writes it")
    c.add(FAMILY, "b41", "frame-straddle-torch", "pt", torch_zip(straddle(EVIL)), torch_zip(straddle(TWIN, None)),
          what="the same in a torch zip, which is read through BytesIO")
    c.pair(FAMILY, "b42", "frame-in-frame", "pkl",
           lambda p: b"\x80\x04" + frame(b"N0" + frame(p.ops(4) + b".")), what="FRAME in FRAME", calm="info")
    c.pair(FAMILY, "b75", "frame-too-long", "pkl",
           lambda p: b"\x80\x04\x95\xff\xff\0\0\0\0\0\0" + p.ops(4) + b".",
           what="FRAME longer than the data: the Python unpickler runs it", calm="warning")
    c.pair(FAMILY, "b75b", "frame-zero", "pkl",
           lambda p: b"\x80\x04\x95\0\0\0\0\0\0\0\0" + p.ops(4) + b".", what="FRAME 0, all opcodes outside", calm="info")
    c.pair(FAMILY, "b75c", "frame-huge", "pkl",
           lambda p: b"\x80\x04" + p.ops(4) + b"0\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
           what="an impossible FRAME after the call", calm="warning")


def extensions(c):
    def registered(op, code, module="os", name="system"):
        return dumps(Seq(Call(G("copyreg", "add_extension"), module, name, code),
                         Call(Raw(op), "echo pwned")))

    calm = dumps(Call(G("collections", "Counter"), "echo pwned"))
    c.add(FAMILY, "b43", "ext1-registered", "pkl", registered(b"\x82\xf1", 0xF1), calm,
          what="copyreg.add_extension, then EXT1")
    c.add(FAMILY, "b43b", "ext2-registered", "pkl", registered(b"\x83\xf1\x01", 0x1F1), what="the same with EXT2")
    c.add(FAMILY, "b43c", "ext4-registered", "pkl", registered(b"\x84\xf1\x01\x02\0", 0x201F1), what="the same with EXT4")
    c.add(FAMILY, "b43d", "ext-registered-benign", "pkl", registered(b"\x82\xf2", 0xF2, "collections", "Counter"),
          what="a pickle that writes the extension registry at all")
    for id, slug, op in [("b44", "ext1-unknown", b"\x82\x2a"), ("b44b", "ext2-unknown", b"\x83\x2a\x01"),
                         ("b44c", "ext4-unknown", b"\x84\x2a\x01\x01\0")]:
        c.add(FAMILY, id, slug, "pkl", dumps(Call(Raw(op), "echo pwned")), calm,
              what="an extension code registered elsewhere: unresolvable callee")


def objects(c):
    system, counter = G("os", "system"), G("collections", "OrderedDict")

    def cls(method):
        return Call(G("builtins", "type"), "X", (), {method: system})

    c.add(FAMILY, "b45", "type-setstate", "pkl", dumps(Build(New(cls("__setstate__")), "echo pwned")),
          dumps(Build(New(counter), {"note": "echo pwned"})), what="type() with a callable __setstate__, then BUILD")
    c.add(FAMILY, "b46", "type-append", "pkl", dumps(Append(New(cls("append")), "echo pwned")),
          dumps(Append(New(G("collections", "deque")), "echo pwned")), what="type() with a callable append, then APPEND")
    c.add(FAMILY, "b47", "type-add", "pkl", dumps(AddItems(New(cls("add")), "echo pwned")),
          dumps(AddItems(New(G("builtins", "set")), "echo pwned")), what="type() with a callable add, then ADDITEMS")
    c.add(FAMILY, "b47b", "type-extend", "pkl",
          wrap(enc(New(cls("extend")), 4) + b"(" + short("echo pwned") + b"e", 4),
          wrap(enc(New(G("collections", "deque")), 4) + b"(" + short("echo pwned") + b"e", 4),
          what="type() with a callable extend, then APPENDS")
    partial = Call(G("functools", "partial"), system, "echo pwned")
    c.add(FAMILY, "b47c", "type-setitem", "pkl",
          dumps(SetItem(New(Call(G("builtins", "type"), "X", (), {"__setitem__": partial})), 1, 2)),
          dumps(SetItem(New(counter), 1, 2)), what="type() with a callable __setitem__, then SETITEM")
    c.add(FAMILY, "b47d", "type-hash", "pkl",
          dumps({Raw(enc(New(Call(G("builtins", "type"), "X", (), {"__hash__": partial})), 4)): 1}),
          dumps({"x": 1}), what="type() with a callable __hash__, the object is a dict key")
    c.add(FAMILY, "b47e", "type-del", "pkl",
          dumps(Seq(New(Call(G("builtins", "type"), "X", (), {"__del__": partial})), None)),
          dumps(Seq(New(counter), None)), what="type() with a callable __del__, the object is popped")
    c.add(FAMILY, "b47f", "type-getattr", "pkl",
          dumps(Build(New(Call(G("builtins", "type"), "X", (), {"__getattr__": system})), {"a": 1})),
          dumps(Build(New(counter), {"a": 1})), what="type() with a callable __getattr__, which BUILD asks")


def computed(c):
    calm = dumps(Call(G("collections", "Counter"), "echo pwned"))
    slots = Build(G("collections", "namedtuple"), (None, {"a": "os", "b": "system"}))
    by_attribute = Stack(G("collections", "namedtuple.a"), G("collections", "namedtuple.b"))
    c.add(FAMILY, "b48", "names-from-attributes", "pkl", dumps(Seq(slots, Call(by_attribute, "echo pwned"))), calm,
          what="BUILD writes attributes of a function, STACK_GLOBAL reads its operands from them")
    swap = SetItem(G("collections", "_sys.modules"), "collections", G("logging", "os"))
    c.add(FAMILY, "b49", "sys-modules-swap", "pkl", dumps(Seq(swap, Call(G("collections", "system"), "echo pwned"))),
          calm, what="sys.modules['collections'] becomes os")
    shadow = SetItem(G("collections", "__dict__"), "OrderedDict", G("logging", "os.system"))
    c.add(FAMILY, "b50", "shadowed-class", "pkl",
          dumps(Seq(shadow, Call(G("collections", "OrderedDict"), "echo pwned"))),
          dumps(Call(G("collections", "OrderedDict"))), what="the only call is collections.OrderedDict, shadowed before")
    c.add(FAMILY, "b50b", "shadowed-by-build", "pkl",
          dumps(Seq(Build(G("logging", "_collections_abc"), (None, {"Mapping": G("os", "system")})),
                    Call(G("_collections_abc", "Mapping"), "echo pwned"))), calm,
          what="BUILD replaces an attribute of an imported module")
    imported = Call(G("builtins", "__import__"), "os")
    c.add(FAMILY, "b51", "getattr-import", "pkl",
          dumps(Call(Call(G("builtins", "getattr"), imported, "system"), "echo pwned")), calm,
          what="getattr(__import__('os'), 'system')(...)")
    c.add(FAMILY, "b52", "attrgetter-import", "pkl",
          dumps(Call(Call(Call(G("operator", "attrgetter"), "system"), imported), "echo pwned")), calm,
          what="attrgetter('system')(__import__('os'))(...)")
    module_dict = Call(G("builtins", "vars"), Call(G("importlib", "import_module"), "os"))
    c.add(FAMILY, "b53", "dict-get-vars", "pkl",
          dumps(Call(Call(G("builtins", "dict.get"), module_dict, "system"), "echo pwned")), calm,
          what="dict.get(vars(import_module('os')), 'system')(...)")
    c.add(FAMILY, "b54", "dict-get-builtins", "pkl",
          dumps(Call(Call(G("builtins", "dict.get"), G("collections", "__builtins__"), "exec"), "print('echo pwned')")),
          calm, what="dict.get(collections.__builtins__, 'exec')(...)")
    lazy = Call(G("functools", "partial"), G("os", "system"), "echo pwned")
    c.add(FAMILY, "b55", "format-map", "pkl",
          dumps(Call(G("builtins", "str.format_map"), "{x}", Call(G("collections", "defaultdict"), lazy))),
          dumps(Call(G("collections", "defaultdict"), G("builtins", "list"))),
          what="str.format_map on a defaultdict whose factory is the payload")
    c.pair(FAMILY, "b66", "in-persistent-id", "pt",
           lambda p: torch_zip(wrap(enc(Pid(("storage", p.node, "0", "cpu", 1)), 2), 2)),
           what="the call is inside the persistent id", calm="warning")
    c.add(FAMILY, "b78", "disarm-scanner", "pkl",
          dumps(Call(Call(G("builtins", "getattr"), G("picklescan.scanner", "_unsafe_globals"), "clear"))), calm,
          what="calls into a scanner that lives in the same process")
    c.add(FAMILY, "b78b", "disarm-scanner-dotted", "pkl",
          dumps(Call(G("picklescan.scanner", "_unsafe_globals.clear"))), what="the same by a dotted name")
    places(c)


def places(c):
    """Where a call can hide in otherwise ordinary data."""
    from making.pickles import EVIL, Payload

    hashable = Payload("pathlib", "PurePosixPath")
    spots = {
        "dict-key": lambda n: {Raw(enc(n, 4)): 1}, "dict-value": lambda n: {"k": n}, "list-item": lambda n: [1, n, 2],
        "tuple-item": lambda n: (1, (2, (3, n))), "frozenset-item": lambda n: Raw(b"(" + enc(n, 4) + b"\x91"),
        "build-state": lambda n: Build(New(G("collections", "OrderedDict")), {"a": n}),
        "call-argument": lambda n: Call(G("collections", "Counter"), [Raw(enc(n, 4))]),
        "newobj-argument": lambda n: New(G("builtins", "list"), n), "setitem-key": lambda n: SetItem({}, n, 1),
        "memo-only": lambda n: Seq(Put(9, n), Get(9), DATA), "newobj-ex-kwargs": lambda n: NewEx(
            G("builtins", "dict"), (), {"a": n}),
    }
    for i, (slug, spot) in enumerate(spots.items()):
        c.add("place", f"p{i + 1:02}", slug, "pkl", dumps(spot(EVIL.node)), dumps(spot(hashable.node)),
              what=f"the call lies in a {slug.replace('-', ' ')}")
    c.add("place", "p12", "recursive-list", "pkl",
          b"\x80\x04]q\x01h\x01a" + EVIL.ops(4) + b"a.", b"\x80\x04]q\x01h\x01a" + dumps("x", 0)[:-1] + b"a.",
          what="a list that contains itself, then the call")
    c.add("place", "p13", "bytearray-neighbour", "pkl", dumps([BA(b"abc"), EVIL.node]), dumps([BA(b"abc"), 1], 5),
          what="a BYTEARRAY8 beside the call")
    c.add("place", "p14", "inst-and-reduce", "pkl", dumps([Inst("os", "getcwd"), EVIL.node], 1),
          dumps([Inst("collections", "OrderedDict"), Call(G("collections", "OrderedDict"))], 1), what="INST beside REDUCE")
