"""Makes the HDF5 files of this folder and writes down what h5py says about them.

    python make.py [folder]

The tests compare our reader with that record; Python is not needed to run them.
Made with h5py 3.16.0 (HDF5 2.0.0) and NumPy 2.4.
"""

import json
import os
import sys

import h5py
import numpy as np

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


def describe_value(attr_id, attrs, name):
    try:
        value = attrs[name]
    except (OSError, TypeError, ValueError):
        return {"kind": "other"}
    info = h5py.check_string_dtype(attr_id.dtype)
    is_text = info is not None or attr_id.dtype.kind == "S"
    if isinstance(value, h5py.Empty):
        return {"kind": "empty"}
    if not is_text:
        return {"kind": "other", "shape": list(attr_id.shape)}
    def text(v):
        v = v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
        return v if len(v) <= 200 else f"{len(v)}: {v[:40]} … {v[-40:]}"
    if attr_id.shape == ():
        return {"kind": "text", "text": text(value)}
    return {"kind": "texts", "texts": [text(v) for v in np.asarray(value).ravel()]}


def describe_attrs(obj):
    out = {}
    for name in obj.attrs.keys():
        out[name] = describe_value(obj.attrs.get_id(name), obj.attrs, name)
    return out


LAYOUTS = {h5py.h5d.COMPACT: "compact", h5py.h5d.CONTIGUOUS: "contiguous",
           h5py.h5d.CHUNKED: "chunked", h5py.h5d.VIRTUAL: "virtual"}


def describe_dataset(ds):
    plist = ds.id.get_create_plist()
    layout = LAYOUTS[plist.get_layout()]
    out = {
        "shape": None if ds.shape is None else list(ds.shape),
        # In memory a variable-length element is another thing than in the file.
        "size": 16 if h5py.check_string_dtype(ds.dtype) and ds.dtype.kind == "O" else ds.id.get_type().get_size(),
        "layout": layout,
        "filters": [plist.get_filter(i)[0] for i in range(plist.get_nfilters())],
        # Of this file; what lies in other files is not counted.
        "stored": 0 if plist.get_external_count() else ds.id.get_storage_size(),
        "external": [[plist.get_external(i)[0].decode(), int(plist.get_external(i)[1])]
                     for i in range(plist.get_external_count())],
    }
    if layout == "chunked":
        out["chunk"] = list(ds.chunks)
        out["count"] = ds.id.get_num_chunks() if ds.shape is not None else 0
    if layout == "contiguous" and ds.id.get_offset() is not None:
        out["offset"] = ds.id.get_offset()
    if layout == "virtual":
        out["sources"] = [[plist.get_virtual_filename(i), plist.get_virtual_dsetname(i)]
                          for i in range(plist.get_virtual_count())]
    return out


def describe(path):
    objects = {}
    seen = {}
    with h5py.File(path, "r") as f:
        todo = [("/", f)]
        while todo:
            name, obj = todo.pop()
            address = h5py.h5o.get_info(obj.id).addr
            if address in seen:
                continue
            seen[address] = name
            entry = {"attrs": describe_attrs(obj)}
            if isinstance(obj, h5py.Group):
                entry["kind"] = "group"
                links = {}
                children = []
                for child in obj.keys():
                    link = obj.get(child, getlink=True)
                    if isinstance(link, h5py.SoftLink):
                        links[child] = ["soft", link.path]
                    elif isinstance(link, h5py.ExternalLink):
                        links[child] = ["external", link.filename, link.path]
                    else:
                        links[child] = ["hard"]
                        children.append(child)
                entry["links"] = links
                base = "" if name == "/" else name
                todo.extend((f"{base}/{c}", obj[c]) for c in children)
            elif isinstance(obj, h5py.Dataset):
                entry["kind"] = "dataset"
                entry["dataset"] = describe_dataset(obj)
            else:
                entry["kind"] = "type"
            objects[address] = entry
    return {"objects": {str(a): e for a, e in sorted(objects.items())}}


def attributes(f):
    f.attrs["vlen"] = "text of variable length, ü"
    f.attrs["fixed"] = np.bytes_(b"text of fixed length")
    f.attrs["vlens"] = np.array(["one", "two", "three"], dtype=h5py.string_dtype())
    f.attrs["fixeds"] = np.array([[b"a", b"bc"], [b"def", b""]])
    f.attrs["empty"] = h5py.Empty("f4")
    f.attrs["none"] = ""
    f.attrs["int"] = 7
    f.attrs["floats"] = np.arange(5, dtype=">f8")
    f.attrs["bool"] = True
    f.attrs["enum"] = np.array(1, dtype=h5py.enum_dtype({"RED": 0, "BLUE": 1}, basetype="i2"))
    f.attrs["complex"] = 1 + 2j
    f.attrs["opaque"] = np.void(b"\x01\x02\x03\x04")
    f.attrs["ref"] = f.ref
    f.attrs["compound"] = np.array([(1, 2.0, b"x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "S3")])
    f.attrs.create("utf8 fixed", "grün".encode(), dtype=h5py.string_dtype("utf-8", 8))
    f.attrs.create("array", np.zeros((2, 3), "i4"), shape=(2, 3), dtype=np.dtype(("i4", (3,))))


def datasets(f):
    f["contiguous"] = np.arange(12, dtype="f4").reshape(3, 4)
    f["scalar"] = 3.5
    f["nothing"] = h5py.Empty("i8")
    f["strings"] = np.array(["a", "bb"], dtype=h5py.string_dtype())
    f.create_dataset("unwritten", shape=(4, 4), dtype="f4")
    f.create_dataset("gzip", data=np.zeros((64, 64), "f4"), chunks=(16, 16), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("lzf", data=np.zeros((64,), "f4"), chunks=(16,), compression="lzf")
    f.create_dataset("scaleoffset", data=np.arange(64), chunks=(16,), scaleoffset=3)
    f.create_dataset("single", data=np.arange(8, dtype="i2"), chunks=(8,))
    f.create_dataset("single gzip", data=np.zeros(800, "i2"), chunks=(800,), compression="gzip")
    f.create_dataset("grows", data=np.arange(1000, dtype="i2"), chunks=(10,), maxshape=(None,))
    f.create_dataset("grows twice", data=np.arange(400, dtype="i2").reshape(20, 20), chunks=(3, 3), maxshape=(None, None))
    f.create_dataset("grows gzip", data=np.arange(1000, dtype="i2"), chunks=(10,), maxshape=(None,), compression="gzip")
    f.create_dataset("compound", data=np.zeros(2, dtype=[("a", "i4"), ("b", [("c", "f8"), ("d", "S3")]), ("e", "i2", (2, 2))]))
    space = h5py.h5s.create_simple((3,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(f.id, b"compact", h5py.h5t.NATIVE_INT32, space, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(3, dtype="i4"))
    f["named"] = np.dtype([("x", "f4"), ("y", "f4")])
    f.create_dataset("of named", shape=(2,), dtype=f["named"])
    f["contiguous"].attrs.create("of named", np.zeros(1, f["named"].dtype), dtype=f["named"])


def links(f):
    g = f.create_group("group")
    g["data"] = np.arange(3)
    f["hard"] = g["data"]
    g["up"] = f["/"]
    f["soft"] = h5py.SoftLink("/group/data")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["external"] = h5py.ExternalLink("other.h5", "/weights")


def many(f):
    g = f.create_group("many")
    for i in range(60):
        g.create_group(f"group {i:03}")
    g["soft"] = h5py.SoftLink("/many")
    g["external"] = h5py.ExternalLink("other.h5", "/x")
    for i in range(40):
        g.attrs[f"attribute {i:03}"] = f"value {i}"


def huge_attribute(f):
    g = f.create_group("huge")
    for i in range(12):
        g.attrs[f"small {i}"] = i
    g.attrs["large"] = np.bytes_(b"0123456789" * 7000)


def long_text(f):
    f.attrs["model_config"] = json.dumps({"layers": [{"name": f"dense_{i}"} for i in range(2500)]})


def external_storage(f):
    f.create_dataset("raw", shape=(4,), dtype="f4", external=[("weights.raw", 16, 16)])


def virtual(f):
    f["here"] = np.arange(4)
    layout = h5py.VirtualLayout(shape=(2, 4), dtype="i8")
    layout[0] = h5py.VirtualSource("part_0.h5", "data", shape=(4,))
    layout[1] = h5py.VirtualSource(f["here"])
    f.create_virtual_dataset("both", layout).attrs["note"] = "an attribute of a virtual dataset"


def ordered(f):
    for i in [3, 1, 2]:
        f.create_group(str(i), track_order=True).attrs["n"] = str(i)


def many_chunks(f):
    f.create_dataset("fixed", data=np.arange(1100, dtype="i1"), chunks=(1,))
    f.create_dataset("grows", data=np.arange(600, dtype="i1"), chunks=(1,), maxshape=(None,))
    f.create_dataset("twice", data=np.arange(400).astype("i1").reshape(20, 20), chunks=(1, 1), maxshape=(None, None))


CASES = [attributes, datasets, links, many, huge_attribute, long_text, external_storage, virtual, ordered, many_chunks]


def main():
    os.makedirs(FOLDER, exist_ok=True)
    os.chdir(FOLDER)
    for case in CASES:
        for libver in ["earliest", "latest"]:
            if case is huge_attribute and libver == "earliest":
                continue
            if case is long_text and libver == "latest":
                continue
            name = f"{case.__name__}-{libver}.h5"
            extra = {"track_order": True} if case is ordered else {}
            with h5py.File(name, "w", libver=libver, **extra) as f:
                case(f)
            record(name)
    with h5py.File("user_block.h5", "w", userblock_size=1024) as f:
        attributes(f)
        f["data"] = np.arange(4)
    record("user_block.h5")
    for version in ["v108", "v110", "v112"]:
        with h5py.File(f"datasets-{version}.h5", "w", libver=(version, version)) as f:
            datasets(f)
        record(f"datasets-{version}.h5")


def record(name):
    with open(name + ".json", "w", encoding="utf-8") as out:
        json.dump(describe(name), out, indent=1, sort_keys=True, ensure_ascii=False)
        out.write("\n")


main()
