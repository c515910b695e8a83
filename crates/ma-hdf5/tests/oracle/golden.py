"""Makes the golden files of the rules: testdata/golden/ma-hdf5/<rule>/.

    python golden.py

Made with h5py 3.16.0 (HDF5 2.0.0), PyTables 3.11 and NumPy 2.4. What h5py refuses to write is changed in
the bytes afterwards. New object headers hold the time at which they were made, so some bytes differ from run
to run; the results do not. Payloads are harmless and nothing is run.
"""

import io
import os
import struct
import zipfile

import h5py
import numpy as np
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../../../../testdata/golden/ma-hdf5")


def path(rule, name):
    folder = os.path.join(ROOT, "hdf5-" + rule)
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def make(rule, name, fill, libver="earliest", **more):
    target = path(rule, name)
    with h5py.File(target, "w", libver=libver, **more) as f:
        fill(f)
    return target


def change(target, old, new, count=1):
    with open(target, "rb") as f:
        data = f.read()
    assert data.count(old) >= 1 and len(old) == len(new), (target, data.count(old))
    at = data.rindex(old) if count == -1 else data.index(old)
    data = data[:at] + new + data[at + len(old):]
    with open(target, "wb") as f:
        f.write(data)


def append(target, data):
    with open(target, "ab") as f:
        f.write(data)


def weights(f):
    f["dense/kernel"] = np.ones((2, 3), "f4")


def keras(f):
    f.attrs["keras_version"] = "2.15.0"
    f["model_weights/dense/kernel:0"] = np.ones((2, 3), "f4")


def both(*fills):
    def fill(f):
        for one in fills:
            one(f)
    return fill


def set_item(name, value):
    def fill(f):
        f[name] = value
    return fill


def dataset(name, **arguments):
    def fill(f):
        f.create_dataset(name, **arguments)
    return fill


def small_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("a.txt"), "harmless")
    return out.getvalue()


def links():
    make("external-link", "fires-absolute.h5", both(weights, set_item("dense/bias", h5py.ExternalLink("/etc/passwd", "/x"))))
    make("external-link", "fires-dense.h5", both(weights, lambda f: [f.create_group(f"g{i}") for i in range(9)],
         set_item("bias", h5py.ExternalLink("../secret.h5", "/x"))), libver="latest")
    make("external-link", "fires-beside.h5", both(weights, set_item("dense/bias", h5py.ExternalLink("other.h5", "/bias"))))
    make("external-link", "silent-own.h5", both(weights, set_item("dense/bias", np.zeros(3, "f4"))))
    make("soft-link", "fires-keras.h5", both(keras, set_item("model_weights/dense/bias:0", h5py.SoftLink("/elsewhere"))))
    make("soft-link", "fires-vars.weights.h5", both(set_item("layers/dense/vars/0", np.ones(3, "f4")),
         set_item("layers/dense/vars/1", h5py.SoftLink("/layers/dense/vars/0"))))
    make("soft-link", "silent-other-format.h5", both(weights, set_item("entry/default", h5py.SoftLink("/dense/kernel"))))
    make("link-cycle", "fires-keras.h5", lambda f: (keras(f), f["model_weights"].__setitem__("up", f["/"])))
    make("link-cycle", "fires-other-format.h5", lambda f: (weights(f), f["dense"].__setitem__("self", f["dense"])))
    make("link-cycle", "silent-two-names.h5", lambda f: (keras(f), f["model_weights"].__setitem__("again", f["model_weights/dense/kernel:0"])))
    twin = both(set_item("aaaa_weights", np.ones(2, "f4")), set_item("bbbb_weights", np.zeros(2, "f4")))
    make("duplicate-link", "silent-different.h5", twin)
    change(make("duplicate-link", "fires-same.h5", twin), b"bbbb_weights", b"aaaa_weights")


def files():
    raw = {"shape": (4,), "dtype": "f4"}
    make("external-storage", "fires-absolute.h5", both(weights, dataset("raw", external=[("/etc/passwd", 0, 16)], **raw)))
    make("external-storage", "fires-beside.h5", both(weights, dataset("raw", external=[("weights.raw", 8, h5py.h5f.UNLIMITED)], **raw)))
    make("external-storage", "silent-inside.h5", both(weights, dataset("raw", **raw)))

    def virtual(file):
        def fill(f):
            f["part"] = np.arange(4)
            layout = h5py.VirtualLayout(shape=(4,), dtype="i8")
            layout[:] = h5py.VirtualSource(file, "part", shape=(4,))
            f.create_virtual_dataset("all", layout)
        return fill
    make("virtual-source", "fires-above.h5", virtual("../part.h5"))
    make("virtual-source", "fires-beside.h5", virtual("part.h5"), libver="latest")
    make("virtual-source", "fires-keras.h5", both(keras, virtual(".")))
    make("virtual-source", "silent-own.h5", virtual("."))


def filters():
    def with_filter(number):
        def fill(f):
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((4,))
            plist.set_obj_track_times(False)
            plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
            space = h5py.h5s.create_simple((8,))
            h5py.h5d.create(f.id, b"kernel", h5py.h5t.IEEE_F32LE, space, plist)
        return fill
    make("filter-plugin", "fires-unregistered.h5", with_filter(40321))
    make("filter-plugin", "fires-registered.h5", with_filter(32013))
    data = np.zeros((64,), "f4")
    make("filter-plugin", "silent-built-in.h5", both(dataset("a", data=data, compression="gzip", shuffle=True, fletcher32=True),
         dataset("b", data=data, compression="lzf")))


def shapes():
    make("shape-bomb", "fires-unwritten.h5", dataset("kernel", shape=(1 << 20, 1 << 12), dtype="f4", chunks=(1024, 1024), compression="gzip"))
    make("shape-bomb", "fires-overflow.h5", dataset("kernel", shape=((1 << 60), 3), dtype="f8", chunks=(16, 3), maxshape=(None, 3)))
    make("shape-bomb", "silent-small.h5", dataset("kernel", shape=(1 << 10, 1 << 12), dtype="f4", chunks=(1024, 1024), compression="gzip"))


def ends():
    target = make("truncated", "fires-cut.h5", weights)
    with open(target, "r+b") as f:
        f.truncate(os.path.getsize(target) - 8)
    make("truncated", "silent-whole.h5", weights)
    append(make("trailing-data", "fires-zip.h5", weights), small_zip())
    append(make("trailing-data", "fires-pickle.h5", weights), b"cos\nsystem\n(S'echo pwned'\ntR.")
    append(make("trailing-data", "fires-text.h5", weights), b"something else, of no known kind")
    append(make("trailing-data", "fires-zeros.h5", weights), bytes(100))
    make("trailing-data", "silent-whole.h5", weights)
    for name, block in [("fires-script.h5", b"#!/bin/sh\necho pwned\nexit\n"), ("fires-zip.h5", small_zip()), ("fires-other.h5", bytes([7, 8, 9, 200] * 30)),
                        ("silent-matlab.h5", b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\x02IM"), ("silent-zeros.h5", b"")]:
        target = make("user-block", name, weights, userblock_size=512)
        with open(target, "r+b") as f:
            f.write(block.ljust(512, b"\0"))


def structure():
    pair = np.zeros(2, dtype=[("alpha", "i4"), ("omega", "f8")])
    member = b"omega\0\0\0" + struct.pack("<I", 4)
    make("invalid-structure", "silent-compound.h5", set_item("pairs", pair))
    change(make("invalid-structure", "fires-member.h5", set_item("pairs", pair)), member, b"omega\0\0\0" + struct.pack("<I", 400))
    plain = set_item("kernel", np.ones((2, 2), "f4"))
    target = make("invalid-structure", "fires-references.h5", plain)
    with h5py.File(target, "r") as f:
        at = h5py.h5o.get_info(f["kernel"].id).addr
    with open(target, "r+b") as f:
        f.seek(at + 4)
        f.write(struct.pack("<I", 0))
    scaled = dataset("kernel", data=np.arange(64), chunks=(16,), scaleoffset=3)
    target = make("invalid-structure", "fires-filter.h5", scaled)
    # The number of parameters of the filter, 20.
    change(target, b"\x06\x00\x10\x00\x01\x00\x14\x00scaleoffset", b"\x06\x00\x10\x00\x01\x00\x02\x00scaleoffset")
    chunked = dataset("kernel", data=np.ones((9, 9), "f4"), chunks=(3, 3))
    target = make("invalid-structure", "fires-chunk.h5", chunked)
    change(target, struct.pack("<III", 3, 3, 4), struct.pack("<III", 3, 3, 64))
    make("invalid-structure", "silent-filter.h5", both(scaled, dataset("chunked", data=np.ones((9, 9), "f4"), chunks=(3, 3))))
    noted = both(weights, lambda f: f.attrs.__setitem__("note", "as it was written"))
    make("checksum", "silent-unchanged.h5", noted, libver="latest")
    change(make("checksum", "fires-changed.h5", noted, libver="latest"), b"note", b"nope")


def values():
    shown = '{"class_name": "Sequential"}'
    hidden = '{"class_name": "Functional", "config": {}}'
    # Under both circumstances the attribute has the same length; only the NUL differs.
    config = lambda f: f.attrs.__setitem__("model_config", shown + "\n" + hidden)
    make("hidden-text", "silent-one-text.h5", config)
    change(make("hidden-text", "fires-behind-nul.h5", config), (shown + "\n").encode(), (shown + "\0").encode())

    def table_attribute(value):
        def fill(f):
            f.attrs["CLASS"] = np.bytes_(b"GROUP")
            f.attrs["PYTABLES_FORMAT_VERSION"] = np.bytes_(b"2.1")
            f.attrs["title_of"] = np.bytes_(value)
        return fill
    call = b"cos\nsystem\n(S'echo pwned'\ntR."
    make("pickled-value", "fires-attribute.h5", table_attribute(call))
    make("pickled-value", "fires-broken-behind-call.h5", table_attribute(call[:-1] + b"??."))
    make("pickled-value", "fires-bytes.h5", set_item("blob", np.void(b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.")))
    make("pickled-value", "silent-text.h5", table_attribute(b"A table of values, and nothing else."))
    for name, level in [("fires-object-array.h5", 0), ("fires-packed-references.h5", 5)]:
        packed = tables.Filters(complevel=level, complib="zlib", shuffle=True)
        with tables.open_file(path("pickled-value", name), "w") as f:
            array = f.create_vlarray("/", "objects", tables.ObjectAtom(), expectedrows=2, chunkshape=2,
                                     filters=packed, track_times=False)
            array.append({"a": 1})
            array.append(["b"])
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    elf += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120, 120, 4096) + bytes(64)
    byte_array = lambda data: set_item("tool", np.frombuffer(data, "u1"))
    make("embedded-file", "fires-program.h5", byte_array(elf))
    make("embedded-file", "fires-archive-attribute.h5", lambda f: f.attrs.__setitem__("assets", np.void(small_zip())))
    make("embedded-file", "silent-bytes.h5", byte_array(bytes(range(200))))


for part in [links, files, filters, shapes, ends, structure, values]:
    part()
