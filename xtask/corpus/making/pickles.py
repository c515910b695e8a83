"""A small assembler of pickle streams.

Values are ordinary Python data plus the node classes below; `dumps` turns a value
into a stream of the protocol asked for. Nothing is imported or called: a node only
*names* what the stream would import or call. Where a case needs an odd encoding it
uses the opcode functions at the end of this file, or plain bytes.

Layout of a stream: [PROTO n] [FRAME len] opcodes STOP. All numbers little-endian,
but BINFLOAT, which is big-endian.
"""

import struct

STOP = b"."
MARK = b"("


class Node:
    """Something that the stream builds by more than pushing a constant."""

    def __init__(self, *parts):
        self.parts = parts

    def __repr__(self):
        return f"{type(self).__name__}{self.parts!r}"


class G(Node):
    """A global: G(module, name)."""


class Call(Node):
    """REDUCE: Call(callee, *args)."""


class Reduce(Node):
    """REDUCE with one value as the argument tuple: Reduce(callee, args)."""


class New(Node):
    """NEWOBJ: New(cls, *args)."""


class NewEx(Node):
    """NEWOBJ_EX: NewEx(cls, args, kwargs)."""


class Inst(Node):
    """INST: Inst(module, name, *args)."""


class Obj(Node):
    """OBJ: Obj(cls, *args)."""


class Build(Node):
    """BUILD: Build(obj, state)."""


class SetItem(Node):
    """SETITEM: SetItem(obj, key, value)."""


class SetItems(Node):
    """SETITEMS: SetItems(obj, key, value, key, value, ...)."""


class Append(Node):
    """APPEND: Append(obj, value)."""


class Appends(Node):
    """APPENDS: Appends(obj, *values)."""


class AddItems(Node):
    """ADDITEMS: AddItems(obj, *values)."""


class Stack(Node):
    """STACK_GLOBAL on two computed operands: Stack(module, name)."""


class Put(Node):
    """PUT: Put(index, value)."""


class Get(Node):
    """GET: Get(index)."""


class Seq(Node):
    """Each value but the last is pushed and popped: Seq(a, b, result)."""


class Raw(Node):
    """Bytes that leave exactly one value on the stack."""


class Pid(Node):
    """BINPERSID: Pid(id)."""


class BA(Node):
    """BYTEARRAY8: BA(bytes)."""


class FSet(Node):
    """FROZENSET: FSet(*items)."""


class Text(Node):
    """A str as protocol-1 BINSTRING: Text(str)."""


def enc(value, proto):
    """The opcodes that push `value`, without PROTO and STOP."""
    if isinstance(value, Node):
        return _NODES[type(value)](value.parts, proto)
    if value is None:
        return b"N"
    if isinstance(value, bool):
        if proto < 2:
            return b"I01\n" if value else b"I00\n"
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return _int(value, proto)
    if isinstance(value, float):
        if proto == 0:
            return b"F" + repr(value).encode() + b"\n"
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return _str(value, proto)
    if isinstance(value, bytes):
        return _bytes(value, proto)
    if isinstance(value, tuple):
        return _tuple(value, proto)
    if isinstance(value, list):
        return _list(value, proto)
    if isinstance(value, dict):
        return _dict(value, proto)
    if isinstance(value, set):
        if proto < 4:
            return enc(Call(G("__builtin__" if proto < 3 else "builtins", "set"), sorted(value)), proto)
        return b"\x8f(" + b"".join(enc(v, proto) for v in sorted(value)) + b"\x90"
    raise TypeError(type(value))


def _int(n, proto):
    if proto == 0:
        return b"I%d\n" % n if -(2**31) <= n < 2**31 else b"L%dL\n" % n
    if 0 <= n < 256:
        return b"K" + bytes([n])
    if 0 <= n < 65536:
        return b"M" + struct.pack("<H", n)
    if -(2**31) <= n < 2**31:
        return b"J" + struct.pack("<i", n)
    if proto == 1:
        return b"L%dL\n" % n
    raw = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def _str(s, proto):
    if proto == 0:
        safe = s.replace("\\", "\\u005c").replace("\n", "\\u000a").replace("\0", "\\u0000")
        return b"V" + safe.encode("raw-unicode-escape") + b"\n"
    raw = s.encode("utf-8", "surrogatepass")
    if proto >= 4 and len(raw) < 256:
        return b"\x8c" + bytes([len(raw)]) + raw
    return b"X" + struct.pack("<I", len(raw)) + raw


def _bytes(b, proto):
    if proto < 3:
        return enc(Call(G("_codecs", "encode"), b.decode("latin1"), "latin1"), proto)
    if len(b) < 256:
        return b"C" + bytes([len(b)]) + b
    return b"B" + struct.pack("<I", len(b)) + b


def _tuple(t, proto):
    body = b"".join(enc(v, proto) for v in t)
    if proto >= 1 and not t:
        return b")"
    if proto >= 2 and len(t) <= 3:
        return body + bytes([0x84 + len(t)])
    return MARK + body + b"t"


def _list(items, proto):
    if proto == 0:
        return b"(l" + b"".join(enc(v, 0) + b"a" for v in items)
    if not items:
        return b"]"
    if len(items) == 1:
        return b"]" + enc(items[0], proto) + b"a"
    return b"](" + b"".join(enc(v, proto) for v in items) + b"e"


def _dict(d, proto):
    if proto == 0:
        return b"(d" + b"".join(enc(k, 0) + enc(v, 0) + b"s" for k, v in d.items())
    if not d:
        return b"}"
    body = b"".join(enc(k, proto) + enc(v, proto) for k, v in d.items())
    return b"}" + body + b"s" if len(d) == 1 else b"}(" + body + b"u"


def _global(parts, proto):
    module, name = parts
    if proto < 4:
        return glob(module, name)
    return _str(module, proto) + _str(name, proto) + b"\x93"


def _many(op):
    def encode(parts, proto):
        items = b"".join(enc(v, proto) for v in parts[1:])
        return enc(parts[0], proto) + MARK + items + op

    return encode


def _concat(op):
    def encode(parts, proto):
        return b"".join(enc(v, proto) for v in parts) + op

    return encode


def _get(parts, proto):
    index = parts[0]
    if proto == 0:
        return b"g%d\n" % index
    return b"h" + bytes([index]) if index < 256 else b"j" + struct.pack("<I", index)


def _put(parts, proto):
    index, value = parts
    return enc(value, proto) + put(index, proto)


def _obj(parts, proto):
    return MARK + b"".join(enc(v, proto) for v in parts) + b"o"


def _inst(parts, proto):
    module, name, *args = parts
    return MARK + b"".join(enc(v, proto) for v in args) + inst(module, name)


_NODES = {
    G: _global,
    Call: lambda p, v: enc(p[0], v) + _tuple(p[1:], v) + b"R",
    Reduce: _concat(b"R"),
    New: lambda p, v: enc(p[0], v) + _tuple(p[1:], v) + b"\x81",
    NewEx: _concat(b"\x92"),
    Inst: _inst,
    Obj: _obj,
    Build: _concat(b"b"),
    SetItem: _concat(b"s"),
    SetItems: _many(b"u"),
    Append: _concat(b"a"),
    Appends: _many(b"e"),
    AddItems: _many(b"\x90"),
    Stack: _concat(b"\x93"),
    Put: _put,
    Get: _get,
    Seq: lambda p, v: b"".join(enc(x, v) + b"0" for x in p[:-1]) + enc(p[-1], v),
    Raw: lambda p, v: p[0],
    Pid: _concat(b"Q"),
    BA: lambda p, v: b"\x96" + struct.pack("<Q", len(p[0])) + p[0],
    FSet: lambda p, v: MARK + b"".join(enc(x, v) for x in p) + b"\x91",
    Text: lambda p, v: b"T" + struct.pack("<I", len(p[0])) + p[0].encode("utf-8"),
}


def dumps(value, proto=4, frame=True):
    """A whole stream, framed as the real pickler frames it from protocol 4 on."""
    return wrap(enc(value, proto), proto, frame)


def wrap(body, proto=4, frame=True, stop=True):
    """PROTO, FRAME, the opcodes given, STOP."""
    if stop:
        body += STOP
    if proto >= 4 and frame and len(body) >= 4:
        body = b"\x95" + struct.pack("<Q", len(body)) + body
    return (b"\x80" + bytes([proto]) if proto >= 2 else b"") + body


# Single opcodes, for cases that write a stream by hand.


def glob(module, name):
    """GLOBAL."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def inst(module, name):
    """INST (the mark and the arguments come before it)."""
    return b"i" + module.encode() + b"\n" + name.encode() + b"\n"


def string(text):
    """STRING, quoted, no escapes."""
    return b"S'" + text.encode() + b"'\n"


def short(text):
    """SHORT_BINUNICODE."""
    raw = text.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def put(index, proto):
    """PUT, BINPUT or LONG_BINPUT."""
    if proto == 0:
        return b"p%d\n" % index
    return b"q" + bytes([index]) if index < 256 else b"r" + struct.pack("<I", index)


def frame(body):
    """FRAME with the right length."""
    return b"\x95" + struct.pack("<Q", len(body)) + body


class Payload:
    """The part in which an evil file and its twin differ: one name, called with one string."""

    def __init__(self, module, name, arg="echo pwned"):
        self.module, self.name, self.arg = module, name, arg

    @property
    def node(self):
        """The call, as a value."""
        return Call(G(self.module, self.name), self.arg)

    @property
    def callee(self):
        """The global, as a value."""
        return G(self.module, self.name)

    def ops(self, proto):
        """The opcodes of the call alone."""
        return enc(self.node, proto)

    def pickle(self, proto=4):
        """The call as a whole stream."""
        return dumps(self.node, proto)

    @property
    def text(self):
        """The classic protocol-0 form, as opcodes."""
        return glob(self.module, self.name) + MARK + string(self.arg) + b"tR"


EVIL = Payload("os", "system")
TWIN = Payload("collections", "Counter")
DATA = {"weights": [0.25, -1.5, 3.0], "name": "demo", "epoch": 7}
"""What an innocent pickle around the payload holds."""
