"""Checks the bare pickles of the corpus against CPython itself, without running them.

    python verify.py OUT

Each stream goes through the C unpickler of this Python, reading a BytesIO, with a find_class
that imports nothing: it writes the name down and hands out a stand-in class that swallows every
use. A few pure functions (str.join, bytes.decode, ...) are the real ones, because later names
are built with them. An evil file passes when CPython asks for a name that its twin does not ask
for (`unnamed` lists the exceptions); a twin passes when it
loads to the end. Containers are checked by verify_containers.py.
"""

import base64
import binascii
import bz2
import codecs
import csv
import gzip
import io
import lzma
import operator
import os
import pickle
import sys
import zlib

REAL = {
    ("builtins", n): getattr(__import__("builtins"), n)
    for n in ("tuple", "list", "dict", "set", "frozenset", "str", "bytes", "bytearray", "int", "float", "chr", "reversed", "slice", "object", "bool", "complex")
}
REAL.update({
    ("builtins", "str.join"): str.join, ("builtins", "str.replace"): str.replace, ("builtins", "str.format"): str.format, ("builtins", "str.lower"): str.lower,
    ("builtins", "str.strip"): str.strip, ("builtins", "str.translate"): str.translate, ("builtins", "bytes.decode"): bytes.decode, ("builtins", "bytes.fromhex"): bytes.fromhex,
    ("_codecs", "encode"): codecs.encode, ("codecs", "decode"): codecs.decode, ("_codecs", "decode"): codecs.decode, ("base64", "b64decode"): base64.b64decode, ("binascii", "unhexlify"): binascii.unhexlify,
    ("zlib", "decompress"): zlib.decompress, ("gzip", "decompress"): gzip.decompress, ("bz2", "decompress"): bz2.decompress, ("lzma", "decompress"): lzma.decompress,
    ("operator", "getitem"): operator.getitem, ("operator", "add"): operator.add, ("operator", "concat"): operator.concat,
    ("collections", "OrderedDict"): __import__("collections").OrderedDict, ("collections", "Counter"): __import__("collections").Counter,
    ("collections", "deque"): __import__("collections").deque, ("collections", "defaultdict"): __import__("collections").defaultdict,
})
TEXT = {("collections", "namedtuple.a"): "os", ("collections", "namedtuple.b"): "system", ("os", "__name__"): "os", ("logging", "os.__name__"): "os"}
TEXTUAL = {("json", "loads"): "os", ("ast", "literal_eval"): "os", ("textwrap", "dedent"): "os", ("posixpath", "basename"): "os", ("urllib.parse", "unquote"): "os", ("html", "unescape"): "os",
           ("builtins", "getattr"): None}


class Meta(type):
    """The stand-in's class: calling, comparing, indexing it does nothing."""

    def __call__(cls, *args, **kwargs):
        cls.log.append(cls.key)
        if cls.key == ("builtins", "type") and len(args) == 3:
            return stand_in(("made", str(args[0])), cls.log)
        if cls.key in TEXTUAL:
            return TEXTUAL[cls.key] or cls.again(args)
        return type.__call__(cls)

    def __setitem__(cls, key, value):
        cls.log.append(("set", cls.key))

    def __getitem__(cls, key):
        return cls

    def __iter__(cls):
        return iter(())


def stand_in(key, log):
    """A class that stands for the global `key`."""
    def swallow(*args, **kwargs):
        log.append(("use", key))

    def again(args):
        return "os" if len(args) > 1 and args[1] == "__name__" else stand_in(("getattr", str(args[1:2])), log)

    def new(cls, *args, **kwargs):
        log.append(("new", key))
        return object.__new__(cls)

    methods = {n: staticmethod(swallow) for n in ("append", "extend", "add", "__setitem__", "__setstate__", "__getinitargs__")}
    return Meta("StandIn", (), {
        "log": log, "key": key, "again": staticmethod(again), "__new__": new, "__init__": lambda self, *a, **k: None, "__iter__": lambda self: iter(()),
        "__call__": lambda self, *a, **k: stand_in(("result", key), log), "__hash__": lambda self: 1, "__eq__": lambda self, o: self is o, "__lt__": lambda self, o: False,
        "__getattr__": lambda self, n: swallow, "__index__": lambda self: 1, "__len__": lambda self: 0, "__getitem__": lambda self, i: stand_in(("item", key), log), **methods,
    })


def no_escape(event, args):
    """Audit hook: even if a reader finds a way round the stand-ins, nothing starts."""
    if event in ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn", "subprocess.Popen", "socket.connect", "webbrowser.open", "ctypes.dlopen"):
        raise PermissionError(f"refused: {event}")


def safe(base):
    """`base` (C or Python unpickler) with a find_class that only writes down."""

    class Safe(base):
        def __init__(self, file, names, **kwargs):
            super().__init__(file, **kwargs)
            self.names = names

        def find_class(self, module, name):
            self.names.append((module, name))
            if (module, name) in TEXT:
                return TEXT[module, name]
            return REAL.get((module, name)) or stand_in((module, name), self.names)

        def persistent_load(self, pid):
            return stand_in(("pid", "x"), self.names)

        def get_extension(self, code):
            self.names.append(("extension", str(code)))
            return stand_in(("extension", str(code)), self.names)

    return Safe


Safe = safe(pickle.Unpickler)
SafePy = safe(pickle._Unpickler)


def run(data, unpickler=Safe):
    """(names asked for, streams finished, last error) of all streams in a row, looking past bytes between them."""
    names, done, error = [], 0, None
    f = io.BytesIO(data)
    while f.tell() < len(data):
        at = f.tell()
        try:
            unpickler(f, names, encoding="utf-8").load()
            done += 1
            continue
        except RecursionError as e:
            error = repr(e)
            break
        except Exception as e:
            error = f"{type(e).__name__}: {e}"[:90]
            # What an application would do that seeks: the next place that looks like a start.
            nexts = [i for i in (data.find(b"\x80" + bytes([v]), at + 1) for v in range(6)) if i > 0]
            text = data.find(b"cos\n", at + 1)
            nexts += [text] if text > 0 and not nexts else []
            if not nexts:
                break
            f.seek(min(nexts))
    return names, done, error


def unnamed(path):
    """The danger is not a name: bytes for another loader, an extension code, harmless readings of a broken frame."""
    name = path.split("/")[-1]
    return name.startswith(("n0", "b58", "b44", "g11a", "g11b", "g11i", "g12n", "d84", "b40b"))


def main(out):
    """Print what does not behave as the manifest says; exit 1 if anything."""
    skip = {"torch", "zip", "zip-tamper", "tar", "traversal", "bomb", "compressed", "renamed", "numpy", "lookalike", "joblib"}
    bad = checked = 0
    with open(os.path.join(out, "manifest.tsv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    by_path = {r["path"]: r for r in rows}
    for r in rows:
        path = r["path"]
        if r["family"] in skip or not path.endswith(".pkl") or "resource" in path:
            continue
        with open(os.path.join(out, path), "rb") as f:
            data = f.read()
        names, done, error = run(data)
        if not names or error:
            names = names + run(data, SafePy)[0]
        checked += 1
        if path.startswith("twin/"):
            if error and r["expected"] == "clean":
                bad += 1
                print(f"twin breaks: {path}: {error}")
            continue
        twin = "twin/" + path[5:]
        other = []
        if twin in by_path:
            with open(os.path.join(out, twin), "rb") as f:
                other = run(f.read())[0]
        new = [n for n in names if n not in other]
        if not new and not unnamed(path):
            bad += 1
            print(f"no name reached: {path}: {names[:4]} {error}")
        elif error and not done and os.environ.get("VERBOSE"):
            print(f"  stops after {new[-1]}: {path}: {error}")
    print(f"{checked} files checked, {bad} not as expected")
    return bad


if __name__ == "__main__":
    sys.addaudithook(no_escape)
    sys.exit(bool(main(sys.argv[1])))
