"""Two formats in one file, and native code, scripts or pickles where weights are expected."""

import json
import struct
import zlib

from making import tars, zips
from making.compressors import gz
from making.elf import elf, elf_importing, macho, pe
from making.pickles import DATA, EVIL, TWIN, dumps
from making.torches import WEIGHTS, state_pickle, torch_zip

FAMILY = "lookalike"


def safetensors(data=WEIGHTS, tail=b"", meta=None):
    """One tensor; `tail` lies after the data that the header declares."""
    header = {"w": {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [0, len(data)]}}
    if meta:
        header["__metadata__"] = meta
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + data + tail


def png(tail=b""):
    """A one-pixel PNG."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"") + tail)


def gguf(tail=b""):
    """GGUF version 3 with one string of metadata and no tensors."""
    key, value = b"general.name", b"demo"
    body = struct.pack("<Q", len(key)) + key + struct.pack("<I", 8) + struct.pack("<Q", len(value)) + value
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + body + tail


def cases(c):
    """l01 and on."""
    pickle = EVIL.pickle(4)
    c.add(FAMILY, "l01", "safetensors-then-pickle", "safetensors", safetensors(tail=pickle), safetensors(), "warning", "a pickle after the tensors")
    c.add(FAMILY, "l02", "safetensors-then-elf", "safetensors", safetensors(tail=elf()), safetensors(), "warning", "an executable after the tensors")
    c.add(FAMILY, "l03", "safetensors-then-zip", "safetensors", safetensors(tail=torch_zip(state_pickle(EVIL.node))), safetensors(), "warning", "a torch zip after the tensors")
    c.add(FAMILY, "l04", "png-then-pickle", "png", png(pickle), png(), "warning", "a pickle after a picture")
    c.add(FAMILY, "l05", "png-then-zip", "png", png(zips.simple({"x.pkl": pickle})), png(), "critical", "a zip with a pickle after a picture: unzip reads it")
    c.add(FAMILY, "l06", "gguf-then-zip", "gguf", gguf(zips.simple({"x.pkl": pickle})), gguf(), "critical", "a zip with a pickle after a GGUF")
    c.add(FAMILY, "l07", "elf-as-bin", "bin", elf(2), WEIGHTS * 8, "warning", "an executable named .bin")
    c.add(FAMILY, "l08", "pe-as-pt", "pt", pe(), torch_zip(state_pickle()), "warning", "a Windows executable named .pt")
    c.add(FAMILY, "l09", "macho-as-dat", "dat", macho(), WEIGHTS * 8, "warning", "a macOS library named .dat")
    c.add(FAMILY, "l10", "script-as-bin", "bin", b"#!/bin/sh\necho pwned\n", WEIGHTS * 8, "warning", "a shell script named .bin")
    c.add(FAMILY, "l11", "elf-in-zip", "zip", zips.simple({"model/lib.so": elf_importing("system")}, 8), zips.simple({"model/w.bin": WEIGHTS}, 8), "warning", "a library in a zip")
    c.add(FAMILY, "l12", "elf-in-tgz", "tar.gz", gz(tars.simple({"model/weights.bin": elf()})), gz(tars.simple({"model/weights.bin": WEIGHTS})), "warning", "an executable named weights.bin in a tar.gz")
    c.add(FAMILY, "l13", "elf-as-storage", "pt", torch_zip(state_pickle(), storages={"0": WEIGHTS, "1": elf()}), torch_zip(state_pickle()), "warning", "an executable as a storage record")
    c.add(FAMILY, "l14", "script-in-torch", "pt", torch_zip(state_pickle(), extra=[("archive/setup.sh", b"#!/bin/sh\necho pwned\n")]), torch_zip(state_pickle()), "warning", "a shell script in a torch zip")
    c.add(FAMILY, "l15", "pickle-in-literal-elf", "pkl", dumps({"w": elf()}), dumps({"w": WEIGHTS}), "warning", "an executable as a literal of a pickle")
    c.add(FAMILY, "l16", "pickle-then-tar", "pkl", pickle + tars.simple({"a.txt": b"hi"}), dumps(DATA) + tars.simple({"a.txt": b"hi"}), "critical", "a pickle, then a tar", calm="warning")
    c.add(FAMILY, "l17", "tar-named-pickle", "pkl", tars.simple({"x": pickle}), tars.simple({"x": dumps(DATA)}), "critical", "a tar named .pkl", calm="info")
    member = b"cos\nsystem\n(S'echo pwned'\ntR."
    name = member.decode()
    c.add(FAMILY, "l18", "tar-that-is-a-pickle", "tar", tars.pack([tars.Entry(name, b"hi")]), tars.pack([tars.Entry("a.txt", b"hi")]), "critical",
          "a tar whose first member name is a protocol-0 pickle: pickle.load runs it")
    c.add(FAMILY, "l19", "zip-name-is-pickle", "zip", zips.simple({"(S'echo pwned'\nios\nsystem\n.": b"x"}), zips.simple({"a.txt": b"x"}), "info", "a member name that reads as a pickle")
    c.add(FAMILY, "l20", "text-then-pickle", "txt", b"Model card\n==========\n" * 30 + pickle, b"Model card\n==========\n" * 30, "warning", "a pickle after text")
    c.add(FAMILY, "l21", "weights-then-pickle", "bin", WEIGHTS * 4096 + pickle, WEIGHTS * 4096, "warning", "a pickle after 64 KB of weights")
    c.add(FAMILY, "l22", "pickle-inside-weights", "bin", WEIGHTS * 4096 + EVIL.text + b"." + WEIGHTS * 4096, WEIGHTS * 8192, "warning", "a protocol-0 pickle between weights")
    c.add(FAMILY, "l23", "wasm-as-bin", "bin", b"\0asm\1\0\0\0", WEIGHTS * 8, "info", "a WebAssembly module named .bin")
    c.add(FAMILY, "l24", "pyc-in-zip", "zip", zips.simple({"model/__pycache__/net.cpython-311.pyc": b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(20)}), zips.simple({"model/w.bin": WEIGHTS}), "warning",
          "compiled Python in a zip")
    c.add(FAMILY, "l25", "wheel-in-zip", "zip", zips.simple({"model/pwned-1.0-py3-none-any.whl": zips.simple({"pwned/__init__.py": b"import os\nos.system('echo pwned')\n", "pwned-1.0.dist-info/METADATA": b"Name: pwned\n"}, 8)}),
          zips.simple({"model/w.bin": WEIGHTS}), "warning", "a Python package inside a model archive")
    c.add(FAMILY, "l26", "safetensors-metadata-pickle", "safetensors", safetensors(meta={"note": __import__("base64").b64encode(pickle).decode()}), safetensors(meta={"note": "hello"}), "warning",
          "a base64 pickle in the metadata")
    c.add(FAMILY, "l27", "json-base64-pickle", "json", json.dumps({"state": __import__("base64").b64encode(pickle).decode()}).encode(), json.dumps({"state": __import__("base64").b64encode(dumps(DATA)).decode()}).encode(),
          "warning", "a base64 pickle in a JSON file", calm="info")
    for id, kind, ext in [("l28", 0, "pkl"), ("l29", 2, "pkl"), ("l30", 4, "pkl")]:
        c.add(FAMILY, id, f"cut-after-call-{kind}", ext, EVIL.pickle(kind)[:-1] if kind else EVIL.text, TWIN.pickle(kind), "critical", f"protocol {kind}, cut right after the call")
    c.add(FAMILY, "l31", "cut-in-call", "pkl", EVIL.pickle(4)[:-2], TWIN.pickle(4), "critical", "cut before the REDUCE: os.system was imported already")
    c.add(FAMILY, "l32", "empty-pickle-file", "pkl", b"", TWIN.pickle(4), "gap", "an empty file named .pkl")
    c.add(FAMILY, "l33", "one-byte", "pkl", b"\x80", TWIN.pickle(4), "gap", "one byte")
    c.add(FAMILY, "l34", "utf8-bom", "pkl", b"\xef\xbb\xbf" + pickle, TWIN.pickle(4), "warning", "a byte order mark before the pickle: it does not load")
    c.add(FAMILY, "l35", "newline-first", "pkl", b"\n" + pickle, TWIN.pickle(4), "warning", "a line feed before the pickle: it does not load")
