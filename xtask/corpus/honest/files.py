"""What lies beside models: archives, text, pictures, other formats, random bytes."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import struct
import tarfile
import zipfile

DATA = {"weights": [0.25, -1.5, 3.0], "name": "demo", "vocab": {"hello": 1, "os.system": 2}}
README = """---
license: apache-2.0
tags: [image-classification]
---
# A demo model

```python
import requests
from PIL import Image
image = Image.open(requests.get("https://example.org/cat.png", stream=True).raw)
model = AutoModel.from_pretrained("someone/demo")
```

Do not use `eval()` or `os.system` on its output. Trained to spot malware and backdoors.
"""


def build(sink):
    """All of it."""
    own = "standard library"
    files = {"model/data.pkl": pickle.dumps(DATA), "model/config.json": json.dumps({"hidden": 8}).encode(), "README.md": README.encode()}
    archives(sink, files, own)
    texts(sink)
    noise(sink)
    pictures(sink)
    for part in (safetensors_, onnx_, gguf_, hdf5_, flax_):
        try:
            part(sink)
        except ImportError as e:
            print("  skipped: %s" % e)


def zipped(files, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def archives(sink, files, own):
    pk = files["model/data.pkl"]
    for name, method in (("stored", 0), ("deflated", 8), ("bzip2", 12), ("lzma", 14)):
        sink.add("archives", name + ".zip", zipped(files, method), own, "zip, " + name)
    tar = tarred(files)
    sink.add("archives", "plain.tar", tar, own, "tar")
    sink.add("archives", "model.tar.gz", gzip.compress(tar, mtime=0), own, "tar.gz")
    sink.add("archives", "model.tar.bz2", bz2.compress(tar), own, "tar.bz2")
    sink.add("archives", "model.tar.xz", lzma.compress(tar), own, "tar.xz")
    sink.add("archives", "data.pkl.gz", gzip.compress(pk, mtime=0), own, "gzip of a pickle")
    sink.add("archives", "data.pkl.bz2", bz2.compress(pk), own, "bzip2 of a pickle")
    sink.add("archives", "data.pkl.xz", lzma.compress(pk), own, "xz of a pickle")
    sink.add("archives", "data.pkl.lzma", lzma.compress(pk, lzma.FORMAT_ALONE), own, "lzma of a pickle")
    sink.add("archives", "nested.zip", zipped({"a.zip": zipped(files, 8), "b.tar.gz": gzip.compress(tar, mtime=0)}, 0), own, "archives in a zip")
    sink.add("archives", "empty.zip", zipped({}, 0), own, "an empty zip")
    sink.add("archives", "zeros.zip", zipped({"weights.bin": bytes(1 << 20)}, 8), own, "a megabyte of zeros: sparse weights compress well")
    try:
        import lz4.frame

        sink.add("archives", "data.pkl.lz4", lz4.frame.compress(pk), "lz4 " + lz4.__version__, "lz4 of a pickle")
    except ImportError:
        pass
    try:
        import zstandard

        sink.add("archives", "data.pkl.zst", zstandard.ZstdCompressor().compress(pk), "zstandard " + zstandard.__version__, "zstd of a pickle")
        sink.add("archives", "model.tar.zst", zstandard.ZstdCompressor().compress(tar), "zstandard " + zstandard.__version__, "zstd of a tar")
    except ImportError:
        pass
    try:
        import py7zr

        with py7zr.SevenZipFile(sink.path("archives", "model.7z", "py7zr " + py7zr.__version__, "7z"), "w") as z:
            for name, data in files.items():
                z.writestr(data, name)
    except ImportError:
        pass


def texts(sink):
    own = "written by hand"
    rows = {
        "README.md": README, "requirements.txt": "numpy==1.26.4\ntorch>=2.0\ntransformers\n", "config.json": json.dumps({"model_type": "bert", "model_name": "unsafe-content-detector", "md5": "d41d8cd98f00b204e9800998ecf8427e"}, indent=2),
        "vocab.txt": "\n".join(["[PAD]", "[UNK]", "os", "system", "eval", "malware", "backdoor", "trojan", "exec", "import"]) + "\n", "merges.txt": "#version: 0.2\no s\nsys tem\n", "config.yaml": "model:\n  hidden: 8\n  name: demo\nseed: 1\n",
        "labels.csv": "id,label\n0,cat\n1,dog\n", "tokenizer.json": json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {"eval(": 0, "os.system": 1, "import": 2}, "merges": []}}), "LICENSE": "Creative Commons Attribution 4.0 International\n",
        "log.txt": "2024-01-01 12:00:00 INFO eval: loss=0.3\n2024-01-01 12:00:01 INFO exec time 3 s\n", "train.md": "Run `python train.py --eval` and then `curl https://example.org/x`.\n", "notes.txt": "(S'not a pickle'\n", "c.txt": "cos is short for cosine\nsystem of equations\n.\n",
        "poem.txt": "(I) one\n(V) five\n. the end\n", "params.json": json.dumps({"c": 1, "learning_rate": 0.1, "layers": [1, 2, 3]}), "metrics.jsonl": "".join(json.dumps({"step": i, "loss": 1.0 / (i + 1)}) + "\n" for i in range(50)),
        "setup.cfg": "[metadata]\nname = demo\n", "data.tsv": "a\tb\n1\t2\n", "index.html": "<html><body>Model card</body></html>\n", "empty.txt": "", "weights.txt": " ".join(str(i / 7) for i in range(300)),
    }
    for name, text in rows.items():
        sink.add("text", name, text.encode(), own, name)


def noise(sink):
    rng = random.Random(20240101)
    for i, (ext, size) in enumerate([("bin", 100), ("bin", 4096), ("pt", 5000), ("dat", 20000), ("pkl", 3000), ("ckpt", 9000), ("weights", 65536), ("", 2000), ("npy", 1000), ("h5", 4000), ("model", 3000), ("bin", 300000)]):
        sink.add("noise", "random-%02d%s" % (i, "." + ext if ext else ""), rng.randbytes(size), "random.Random(20240101)", "random bytes named .%s" % ext, "info" if ext in ("pt", "pkl", "ckpt", "npy", "h5", "") else "clean")
    for i in range(60):
        # Each first byte that is an opcode or a magic once, so that sniffers meet all of them.
        first = b"\x80(c]}ISVKMJNGX\x8cPRB\x1fx\x9cZ["[i % 20:i % 20 + 1]
        sink.add("noise", "first-byte-%02d.bin" % i, first + rng.randbytes(rng.randrange(50, 3000)), "random.Random(20240101)", "random bytes that start like a pickle or an archive", "info")
    floats = [rng.gauss(0, 0.02) for _ in range(600000)]
    for kind, code, count in (("f4", "f", 600000), ("f8", "d", 200000), ("f2", "e", 600000)):
        data = struct.pack("<%d%s" % (count, code), *floats[:count])
        sink.add("weights", "gauss-%s.bin" % kind, data, "random.Random(20240101)", "weights as raw %s" % kind)
    sink.add("weights", "bf16.dat", b"".join(struct.pack("<f", v)[2:] for v in floats), "random.Random(20240101)", "weights as bfloat16")
    sink.add("weights", "int8.weights", bytes(int(v * 1000) & 255 for v in floats), "random.Random(20240101)", "weights as int8")
    sink.add("weights", "zeros.bin", bytes(3 << 20), "bytes()", "3 MB of zeros")
    sink.add("weights", "ones.bin", struct.pack("<f", 1.0) * 500000, "struct", "2 MB of ones")
    sink.add("weights", "pattern.bin", b".NK\x80\x02" * 100000, "bytes", "a pattern of opcode bytes", "info")


def pictures(sink):
    try:
        import PIL
        from PIL import Image
    except ImportError:
        return
    picture = Image.frombytes("RGB", (32, 32), random.Random(3).randbytes(32 * 32 * 3))
    for ext in ("png", "jpg", "gif", "bmp", "webp", "tiff"):
        picture.save(sink.path("pictures", "noise." + ext, "pillow " + PIL.__version__, ext))


def safetensors_(sink):
    import numpy as np
    import safetensors
    from safetensors.numpy import save

    package = "safetensors " + safetensors.__version__
    sink.add("safetensors", "small.safetensors", save({"w": np.arange(6, dtype="f4").reshape(2, 3), "b": np.zeros(3, "f2")}, {"format": "pt"}), package, "two tensors")
    sink.add("safetensors", "many.safetensors", save({"layer.%d.weight" % i: np.zeros(1, "f4") for i in range(5000)}), package, "5,000 tensors")
    sink.add("safetensors", "empty.safetensors", save({}), package, "no tensors")


def onnx_(sink):
    import onnx
    from onnx import TensorProto, helper

    node = helper.make_node("Add", ["x", "w"], ["y"], doc_string="See https://pytorch.org")
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
                              [helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])])
    sink.add("onnx", "add.onnx", helper.make_model(graph, producer_name="demo").SerializeToString(), "onnx " + onnx.__version__, "one node")


def gguf_(sink):
    import gguf
    import numpy as np

    path = sink.path("gguf", "small.gguf", "gguf", "two tensors")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("demo")
    writer.add_block_count(1)
    writer.add_tensor("a.weight", np.ones((4, 8), "f4"))
    writer.add_tensor("b.weight", np.ones(8, "f4"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def hdf5_(sink):
    import h5py

    with h5py.File(sink.path("hdf5", "small.h5", "h5py " + h5py.__version__, "one data set"), "w", libver="earliest") as f:
        f.create_dataset("w", data=[1.0, 2.0], track_times=False)


def flax_(sink):
    import msgpack

    sink.add("msgpack", "state.msgpack", msgpack.packb({"params": {"w": [1.0, 2.0], "name": "os.system"}}), "msgpack", "a msgpack map")
