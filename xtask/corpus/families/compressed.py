"""Single compressed streams, 7z, wrong extensions, and joblib files."""

import bz2
import gzip
import io
import lzma
import struct
import zlib

from making import zips
from making.pickles import DATA, EVIL, TWIN, Build, Call, G, New, Payload, dumps, enc, wrap
from making.torches import state_pickle, torch_zip

FAMILY = "compressed"


def lz4(data):
    """An LZ4 frame."""
    import lz4.frame

    return lz4.frame.compress(data, store_size=False)


def zstd(data):
    """A Zstandard frame."""
    import zstandard

    return zstandard.ZstdCompressor(level=3).compress(data)


def zfile(data):
    """Joblib's oldest container: ZF, the length as hex in 19 characters, zlib."""
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data, 3)


def seven(files, password=None):
    """A 7z archive. The library stamps the time, so the entries get a fixed one."""
    import py7zr

    out = io.BytesIO()
    archive = py7zr.SevenZipFile(out, "w", password=password, filters=None)
    if password:
        archive.set_encrypted_header(True)
    for name, data in files.items():
        archive.writef(io.BytesIO(data), name)
    for info in archive.header.files_info.files:
        info["lastwritetime"] = type(info["lastwritetime"])(119600064000000000)
    archive.close()
    return out.getvalue()


PACKERS = {
    "zlib": lambda d: zlib.compress(d, 3), "gzip": lambda d: gzip.compress(d, 9, mtime=0), "bz2": bz2.compress,
    "xz": lzma.compress, "lzma": lambda d: lzma.compress(d, lzma.FORMAT_ALONE), "lz4": lz4, "zf": zfile, "zstd": zstd,
}


def wrapper(shape, dtype, order="C", aligned=True, subclass="ndarray"):
    """joblib.numpy_pickle.NumpyArrayWrapper with its state."""
    state = {"subclass": G("numpy", subclass), "shape": shape, "order": order, "dtype": dtype, "allow_mmap": aligned}
    if aligned:
        state["numpy_array_alignment_bytes"] = 16
    return Build(New(G("joblib.numpy_pickle", "NumpyArrayWrapper")), state)


def dtype(kind):
    """A numpy dtype as pickled."""
    state = (3, "<", None, None, None, -1, -1, 0) if kind != "O8" else (3, "|", None, None, None, -1, -1, 63)
    return Build(Call(G("numpy", "dtype"), kind, False, True), state)


def joblib_dump(raw, shape, kind, after, aligned=True):
    """[wrapper, `after`] with the array's bytes right after the wrapper's BUILD, outside any frame."""
    head = b"](" + enc(wrapper(shape, dtype(kind), aligned=aligned), 4)
    pad = b""
    if aligned:
        # One byte says how much padding follows, so that the data lies at a multiple of 16.
        at = 2 + 9 + len(head) + 1
        count = -at % 16
        pad = bytes([count]) + b"\xff" * count
    return b"\x80\x04\x95" + struct.pack("<Q", len(head)) + head + pad + raw + enc(after, 4) + b"e."


def boxed(item):
    """The pickle that joblib writes for an object array of one item."""
    array = Call(G("numpy.core.multiarray", "_reconstruct"), G("numpy", "ndarray"), (0,), b"b")
    return dumps(Build(array, (1, (1,), dtype("O8"), False, [item])), 4)


def cases(c):
    """c18, c19, c33–c50, c60 of the catalogue and relatives."""
    for id, slug, ext, p in [("c40", "zlib", "joblib", 3), ("c41", "gzip", "joblib", 3), ("c42", "bz2", "joblib", 3), ("c43", "xz", "joblib", 3),
                             ("c44", "lzma", "joblib", 3), ("c45", "lz4", "joblib", 3), ("c46", "zf", "joblib", 3), ("c47", "zlib", "pkl", 4),
                             ("c48", "gzip", "pkl.gz", 4), ("c60", "zstd", "pkl.zst", 4), ("c47b", "lz4", "pkl", 4), ("c47c", "xz", "pkl", 2),
                             ("c47d", "zstd", "pkl", 2), ("c47e", "bz2", "pkl.bz2", 0), ("c47f", "lzma", "bin", 4), ("c47g", "gzip", "pt", 2)]:
        c.pair(FAMILY, id, f"{slug}-{ext.replace('.', '-')}", ext, lambda pay, s=slug, v=p: PACKERS[s](dumps({**DATA, "hook": pay.node}, v)),
               what=f"a pickle in a {slug} stream named .{ext}")
    streams(c)
    sevens(c)
    renamed(c)
    joblibs(c)


def streams(c):
    for id, slug in [("k01", "gzip"), ("k02", "bz2"), ("k03", "xz"), ("k04", "zstd"), ("k05", "lz4")]:
        pack = PACKERS[slug]
        c.pair(FAMILY, id, f"{slug}-two-members", "pkl", lambda p, pk=pack: pk(dumps(DATA)) + pk(p.pickle(4)), what=f"two {slug} streams in a row, the call in the second")
    c.pair(FAMILY, "k06", "split-over-members", "pkl.gz", lambda p: b"".join(PACKERS["gzip"](p.pickle(4)[i:i + 5]) for i in range(0, len(p.pickle(4)), 5)),
           what="one pickle split over many gzip members")
    c.pair(FAMILY, "k07", "gzip-in-gzip", "pkl.gz", lambda p: PACKERS["gzip"](PACKERS["gzip"](p.pickle(4))), what="gzip in gzip")
    c.pair(FAMILY, "k08", "mixed-8-deep", "bin", _mixed, what="eight compressors in one another")
    c.pair(FAMILY, "k09", "gzip-cut", "pkl.gz", lambda p: PACKERS["gzip"](p.pickle(4) + bytes(20000))[:-12], calm="warning", what="a gzip stream cut after the call")
    c.pair(FAMILY, "k10", "gzip-bad-crc", "pkl.gz", lambda p: PACKERS["gzip"](p.pickle(4))[:-8] + bytes(8), calm="warning", what="a gzip stream with a wrong CRC")
    c.pair(FAMILY, "k11", "zlib-no-adler", "pkl", lambda p: PACKERS["zlib"](p.pickle(4))[:-4], calm="warning", what="a zlib stream without its checksum")
    c.pair(FAMILY, "k12", "gzip-trailing", "pkl.gz", lambda p: PACKERS["gzip"](dumps(DATA)) + p.pickle(4), calm="warning", what="a pickle after a gzip stream")
    named = lambda p, name: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name + b"\0" + zips.compress(p.pickle(4), 8) + struct.pack("<II", zlib.crc32(p.pickle(4)), len(p.pickle(4)))
    c.pair(FAMILY, "k13", "gzip-name", "gz", lambda p: named(p, b"../../pwned.pkl"), calm="warning", what="the gzip header names a file outside")
    c.pair(FAMILY, "k14", "zlib-window-small", "pkl", lambda p: _zlib(p.pickle(4), 9), what="zlib with a window of 512 bytes (58 xx is not the usual header)")
    bomb = PACKERS["gzip"](bytes(100 << 20))
    c.add("bomb", "o11", "gzip-100mb", "pkl.gz", bomb, PACKERS["gzip"](dumps(DATA)), "warning", "100 MB of zeros in gzip")
    c.add("bomb", "o12", "bz2-200mb", "bz2", bz2.compress(bytes(200 << 20)), bz2.compress(dumps(DATA)), "warning", "200 MB of zeros in 150 bytes of bzip2")
    c.add("bomb", "o13", "xz-200mb", "xz", lzma.compress(bytes(200 << 20), preset=1), lzma.compress(dumps(DATA)), "warning", "200 MB of zeros in xz")
    c.add("bomb", "o14", "zstd-200mb", "zst", zstd(bytes(200 << 20)), zstd(dumps(DATA)), "warning", "200 MB of zeros in zstd")
    c.add("bomb", "o15", "gzip-gzip", "gz", PACKERS["gzip"](bomb), None, "warning", "a gzip bomb in gzip")
    c.add("bomb", "o16", "bomb-then-call", "pkl.gz", PACKERS["gzip"](dumps(bytes(64 << 20)) + EVIL.pickle(4)), None, "critical",
          "64 MB of zeros as a literal, the call in the pickle after it")


def _zlib(data, bits):
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return packer.compress(data) + packer.flush()


def _mixed(p):
    data = p.pickle(4)
    for name in ("zlib", "gzip", "bz2", "xz", "lz4", "zstd", "gzip", "xz"):
        data = PACKERS[name](data)
    return data


def sevens(c):
    c.pair(FAMILY, "c18", "7z-as-pt", "pt", lambda p: seven({"archive/data.pkl": state_pickle(p.node), "archive/version": b"3\n"}), what="a 7z archive named .pt")
    c.pair(FAMILY, "c19", "7z", "7z", lambda p: seven({"model/data.pkl": p.pickle(4)}), what="a pickle in a 7z archive")
    c.pair(FAMILY, "c19b", "7z-torch", "7z", lambda p: seven({"model.pt": torch_zip(state_pickle(p.node))}), what="a torch zip in a 7z archive")
    # Encryption uses a random salt: bytes from an earlier run would differ, so the twin is plain.
    c.add(FAMILY, "c19c", "7z-cut", "7z", seven({"model/data.pkl": EVIL.pickle(4)})[:-20], seven({"model/data.pkl": TWIN.pickle(4)}), "gap", "a 7z archive, cut")
    c.add(FAMILY, "c19d", "7z-encrypted", "7z", encrypted_7z(), seven({"model/data.pkl": TWIN.pickle(4)}), "gap", "an encrypted 7z archive")
    c.add(FAMILY, "c19e", "rar5", "rar", b"Rar!\x1a\7\1\0" + bytes(40), None, "gap", "a RAR archive")


def encrypted_7z():
    """A 7z archive with AES, made with a fixed salt."""
    import secrets
    from unittest import mock

    import py7zr.compressor

    def fixed(n):
        return bytes(range(n))

    patches = [mock.patch("secrets.token_bytes", fixed)]
    if hasattr(py7zr.compressor, "get_random_bytes"):
        patches.append(mock.patch("py7zr.compressor.get_random_bytes", fixed))
    del secrets
    for p in patches:
        p.start()
    try:
        return seven({"model/data.pkl": EVIL.pickle(4)}, password="secret")
    finally:
        for p in patches:
            p.stop()


def renamed(c):
    kinds = [("c33", "bin"), ("c34", "ckpt"), ("c35", ""), ("c36", "onnx"), ("c37", "safetensors"), ("c38", "h5"), ("c38b", "gguf"), ("c38c", "txt"),
             ("c38d", "json"), ("c38e", "png"), ("c38f", "md"), ("c38g", "npy"), ("c38h", "zip"), ("c38i", "tflite"), ("c38j", "pb"), ("c38k", "py"),
             ("c38l", "model"), ("c38m", "dat"), ("c38n", "PKL"), ("c38o", "pkl.bak"), ("c38p", "yaml"), ("c38q", "keras"), ("c38r", "pt")]
    for n, (id, ext) in enumerate(kinds):
        c.pair("renamed", id, f"pickle-{(ext or 'noext').replace('.', '-').lower()}", ext, lambda p, v=(2, 4, 0, 3)[n % 4]: dumps({"a": p.node, **DATA}, v),
               calm="info", what=f"a pickle named .{ext}")
    for id, ext in [("c39", "json"), ("c39b", "bin"), ("c39c", "jpg"), ("c39d", "onnx"), ("c39e", "txt"), ("c39f", "")]:
        c.pair("renamed", id, f"torch-{ext or 'noext'}", ext, lambda p: torch_zip(state_pickle(p.node)), calm="info", what=f"a torch zip named .{ext}")


def joblibs(c):
    f = "joblib"
    stops = b".\x99.." * 6
    c.pair(f, "c49", "interleaved-array", "joblib", lambda p: joblib_dump(stops[:24], (3,), "f8", p.node), what="the raw array is STOPs and bad opcodes, the call comes after it")
    c.pair(f, "c49b", "interleaved-unaligned", "joblib", lambda p: joblib_dump(stops[:24], (3,), "f8", p.node, aligned=False), what="the same without alignment bytes")
    c.pair(f, "c49c", "interleaved-decoy", "joblib", lambda p: joblib_dump(dumps(None, 2) + b"." * 44, (6,), "f8", p.node), what="the raw array is a harmless pickle")
    c.pair(f, "c49d", "call-before-array", "joblib",
           lambda p: b"\x80\x04](" + enc(p.node, 4) + enc(wrapper((2,), dtype("f8"), aligned=False), 4) + bytes(16) + b"e.", what="the call comes before the array")
    c.pair(f, "c50", "object-array", "joblib", lambda p: joblib_dump(boxed(p.node), (1,), "O8", None, aligned=False), what="an object array: its pickle lies in the stream")
    c.pair(f, "c50b", "after-object-array", "joblib", lambda p: joblib_dump(boxed("a"), (1,), "O8", p.node, aligned=False), what="the call comes after an object array")
    for id, slug in [("c50c", "zlib"), ("c50d", "lz4"), ("c50e", "xz")]:
        c.pair(f, id, f"interleaved-{slug}", "joblib", lambda p, s=slug: PACKERS[s](joblib_dump(stops[:24], (3,), "f8", p.node, aligned=False)),
               what=f"array and call in a {slug} stream")
    c.add(f, "c50f", "computed-shape", "joblib",
          b"\x80\x04](" + enc(wrapper(Call(G("builtins", "tuple"), [3]), dtype("f8"), aligned=False), 4) + stops[:24] + enc(EVIL.node, 4) + b"e.",
          joblib_dump(stops[:24], (3,), "f8", None, aligned=False), "critical", "the array's shape is computed: nobody can skip its bytes")
    c.add(f, "c50g", "subclassed-wrapper", "joblib",
          wrap(enc([Build(New(Call(G("builtins", "type"), "W", (G("joblib.numpy_pickle", "NumpyArrayWrapper"),), {})),
                          {"subclass": G("numpy", "ndarray"), "shape": (3,), "order": "C", "dtype": dtype("f8"), "allow_mmap": False})], 4), 4, frame=False),
          joblib_dump(stops[:24], (3,), "f8", None, aligned=False), "critical", "type() makes a subclass of the array wrapper")
    c.add(f, "c50h", "old-wrapper", "pkl", dumps(Build(New(G("joblib.numpy_pickle", "NDArrayWrapper")), {"filename": "../evil.npy", "subclass": G("numpy", "ndarray")}), 2),
          None, "warning", "the old wrapper loads another file")
    other = Payload("joblib.numpy_pickle", "load", "other.joblib")
    c.add(f, "c50i", "loads-joblib", "joblib", other.pickle(4), TWIN.pickle(4), "critical", "joblib.load of another file")
    c.add(f, "c50j", "memory-mapped", "joblib", joblib_dump(bytes(24), (1 << 61,), "f8", None, aligned=False), joblib_dump(bytes(24), (3,), "f8", None, aligned=False),
          "warning", "a shape of 2^61 elements")
