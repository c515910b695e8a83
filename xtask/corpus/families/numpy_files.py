"""npy and npz: object arrays are pickles, and so is a .npy without its magic."""

import struct

from making import zips
from making.compressors import gz
from making.pickles import EVIL, TWIN, Call, G, Seq, dumps

FAMILY = "numpy"


def npy(descr, shape, data, version=1, order="False", extra="", pad=True):
    """A .npy file: magic, version, header length, Python dict, data."""
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {extra}}}"
    size = 10 if version == 1 else 12
    fill = (-(size + len(header) + 1) % 64) if pad else 0
    raw = (header + " " * fill + "\n").encode("utf-8" if version == 3 else "latin1")
    length = struct.pack("<H", len(raw)) if version == 1 else struct.pack("<I", len(raw))
    return b"\x93NUMPY" + bytes([version, 0]) + length + raw + data


FLOATS = npy("'<f8'", "(2,)", struct.pack("<2d", 0.5, 1.5))


def objects(p, version=1, descr="'|O'", shape="(1,)", proto=3):
    """An object array of one element."""
    return npy(descr, shape, dumps([p.node], proto), version)


def cases(c):
    """c51–c56 of the catalogue and relatives."""
    for id, version in [("c51", 1), ("c52", 2), ("c53", 3)]:
        c.pair(FAMILY, id, f"object-v{version}", "npy", lambda p, v=version: objects(p, v), what=f"an object array, format version {version}", calm="info")
    c.pair(FAMILY, "c53b", "structured-object", "npy", lambda p: objects(p, descr="[('a', '<i4'), ('b', '|O')]"), what="an object field in a structured dtype", calm="info")
    c.pair(FAMILY, "c53c", "nested-structured", "npy", lambda p: objects(p, descr="[('a', [('x', '<f4'), ('y', '|O', (2,))])]"), what="an object field two levels deep", calm="info")
    c.pair(FAMILY, "c53d", "object-v3-name", "npy", lambda p: objects(p, 3, descr="[('\u043a\u043b\u044e\u0447', '|O')]"), what="a field name that needs version 3", calm="info")
    c.pair(FAMILY, "c53e", "object-proto-0", "npy", lambda p: objects(p, proto=0), what="an object array with a protocol-0 pickle", calm="info")
    c.pair(FAMILY, "c53f", "object-scalar", "npy", lambda p: objects(p, shape="()"), what="an object array of no dimension", calm="info")
    c.pair(FAMILY, "c53g", "object-empty-shape", "npy", lambda p: objects(p, shape="(0,)"), what="an empty object array is unpickled all the same", calm="info")
    c.pair(FAMILY, "c53h", "object-o8", "npy", lambda p: objects(p, descr="'O8'"), what="the old spelling of the object dtype", calm="info")
    c.pair(FAMILY, "c53i", "object-descr-tuple", "npy", lambda p: objects(p, descr="('|O', (2,))"), what="a sub-array dtype of objects", calm="info")
    c.pair(FAMILY, "c54", "raw-pickle", "npy", lambda p: p.pickle(4), what="a .npy without magic is a pickle")
    c.pair(FAMILY, "c54b", "raw-pickle-inst", "npy", lambda p: b"(S'" + p.arg.encode() + b"'\ni" + f"{p.module}\n{p.name}\n".encode() + b".", what="the same, protocol 0")
    c.pair(FAMILY, "c55", "object", "npz", lambda p: zips.simple({"a.npy": FLOATS, "b.npy": objects(p)}), what="an object array in an npz", calm="info")
    c.pair(FAMILY, "c55b", "object-deflated", "npz", lambda p: zips.simple({"a.npy": FLOATS, "b.npy": objects(p)}, 8), what="the same, deflated", calm="info")
    c.pair(FAMILY, "c56", "pickle-member", "npz", lambda p: zips.simple({"a.npy": FLOATS, "meta.pkl": p.pickle(4)}), what="a pickle in an npz", calm="info")
    c.pair(FAMILY, "c56b", "pickle-as-npy", "npz", lambda p: zips.simple({"a.npy": FLOATS, "b.npy": p.pickle(2)}), what="a pickle as a .npy member of an npz", calm="info")
    c.pair(FAMILY, "c56c", "trailing-pickle", "npy", lambda p: FLOATS + p.pickle(4), "warning", what="a pickle after the array", calm="info")
    c.pair(FAMILY, "c56d", "npy-gz", "npy.gz", lambda p: gz(objects(p)), what="an object array in gzip", calm="info")
    c.pair(FAMILY, "c56e", "npz-in-tgz", "tar.gz", lambda p: gz(_tar(p)), what="an npz with an object array in a tar.gz", calm="info")
    c.pair(FAMILY, "c56f", "object-two-streams", "npy", lambda p: npy("'|O'", "(1,)", dumps([1], 3) + p.pickle(3)), what="a second pickle after the object array", calm="info")
    c.pair(FAMILY, "c56g", "two-arrays", "npy", lambda p: FLOATS + objects(p), what="two arrays in one file (np.save twice), the second of objects", calm="info")
    headers(c)


def _tar(p):
    from making import tars

    return tars.simple({"data/arrays.npz": zips.simple({"a.npy": FLOATS, "b.npy": objects(p)})})


def headers(c):
    data = struct.pack("<2d", 0.5, 1.5)
    rows = [
        ("c57a", "header-call", npy("__import__('os').system('echo pwned')", "(2,)", data), "critical", "the header is an expression: readers that use eval run it"),
        ("c57b", "header-call-shape", npy("'<f8'", "(len('ab'),)", data), "critical", "the shape is an expression"),
        ("c57c", "shape-negative", npy("'<f8'", "(-1,)", data), "warning", "a negative shape"),
        ("c57d", "shape-huge", npy("'<f8'", "(4611686018427387904, 4)", data), "warning", "a shape that overflows"),
        ("c57e", "too-short", npy("'<f8'", "(200,)", data), "warning", "less data than the shape says"),
        ("c57f", "header-too-long", b"\x93NUMPY\2\0" + struct.pack("<I", 1 << 30) + b"{'descr'", "warning", "a header of 1 GB"),
        ("c57g", "extra-key", npy("'<f8'", "(2,)", data, extra="'code': 'x', "), "info", "an unknown key"),
        ("c57h", "version-9", npy("'<f8'", "(2,)", data).replace(b"NUMPY\1", b"NUMPY\x09"), "gap", "an unknown version"),
        ("c57i", "void-huge", npy("'|V2147483647'", "(1,)", data), "warning", "an element of 2 GB"),
        ("c57j", "header-deep", npy("[" * 3000 + "]" * 3000, "(2,)", data, 2), "warning", "brackets nested 3,000 deep"),
    ]
    for id, slug, evil, expected, what in rows:
        c.add(FAMILY, id, slug, "npy", evil, FLOATS, expected, what)
    c.add(FAMILY, "c57k", "random-generator", "pkl", dumps(Call(G("numpy.random._pickle", "__generator_ctor"), Call(G("os", "system"), "echo pwned"))),
          dumps(Call(G("numpy.random._pickle", "__bit_generator_ctor"), "PCG64")), "critical", "a call inside the arguments of numpy's own constructor")
    c.add(FAMILY, "c57l", "reconstruct", "pkl", dumps(Call(G("numpy.core.multiarray", "_reconstruct"), G("os", "system"), (0,), b"b")),
          dumps(Call(G("numpy.core.multiarray", "_reconstruct"), G("numpy", "ndarray"), (0,), b"b")), "critical", "os.system as the class of an array")
    c.add(FAMILY, "c57m", "ufunc-reconstruct", "pkl", dumps(Call(G("numpy.core", "_ufunc_reconstruct"), "os", "system")),
          dumps(Call(G("numpy.core", "_ufunc_reconstruct"), "numpy", "add")), "critical", "_ufunc_reconstruct imports any module and takes any name from it", calm="info")
    c.add(FAMILY, "c57n", "object-ndarray-state", "pkl", dumps(Seq(EVIL.node, [TWIN.node])), dumps([TWIN.node]), "critical", "a call before an innocent object")
