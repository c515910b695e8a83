"""A pickle inside a pickle: loaders as callees, decoded or compressed literals, files named by the stream."""

import base64
import binascii
import bz2
import codecs
import gzip
import lzma
import marshal
import zlib

from making.pickles import BA, Call, G, Seq, dumps, enc, wrap
from making.torches import legacy, torch_zip

FAMILY = "nested"


def cases(c):
    """b56–b65 of the catalogue and relatives."""
    loaders(c)
    encoded(c)
    inert(c)
    other_files(c)


def loaders(c):
    for i, (id, module, name) in enumerate([
        ("b56", "pickle", "loads"), ("b57", "_pickle", "loads"), ("b57b", "pickle", "_loads"), ("b57c", "dill", "loads"),
        ("b57d", "cloudpickle", "loads"), ("b57e", "joblib.numpy_pickle", "loads"), ("b57f", "pandas.compat.pickle_compat", "loads"),
        ("b57g", "torch.serialization", "_legacy_load"), ("b57h", "yaml", "unsafe_load"), ("b57i", "jsonpickle", "decode"),
        ("b57j", "numpy.core.multiarray", "_loads"), ("b57k", "ray.cloudpickle", "loads"), ("b57l", "srsly.cloudpickle", "loads"),
        ("b57m", "multiprocessing.reduction", "loads"), ("b57n", "xmlrpc.client", "loads"), ("b57o", "shelve", "open"),
    ]):
        proto = 4 if i % 2 else 3
        c.pair(FAMILY, id, f"{module.replace('.', '-')}-{name.strip('_').replace('_', '-')}".replace("_", ""), "pkl",
               lambda p, m=module, n=name, v=proto: dumps(Call(G(m, n) if p.module == "os" else G("builtins", "bytes"),
                                                               p.pickle(2)), v),
               what=f"{module}.{name} of a literal")
    c.pair(FAMILY, "b58", "torch-load-from-bytes", "pkl",
           lambda p: dumps(Call(G("torch.storage", "_load_from_bytes"), legacy(p.pickle(2)))),
           what="torch.storage._load_from_bytes of a legacy torch file; real pickles of tensors hold such calls")
    c.pair(FAMILY, "b58b", "torch-load-from-bytes-zip", "pkl",
           lambda p: dumps(Call(G("torch.storage", "_load_from_bytes"), torch_zip(p.pickle(2)))),
           what="torch.storage._load_from_bytes of a torch zip")
    c.pair(FAMILY, "b58c", "load-from-bytes-twice", "pkl",
           lambda p: dumps(Call(G("torch.storage", "_load_from_bytes"), legacy(
               dumps(Call(G("torch.storage", "_load_from_bytes"), legacy(p.pickle(2))), 4)))),
           what="the same, one more time inside")
    c.pair(FAMILY, "b56b", "loads-of-bytearray", "pkl",
           lambda p: dumps(Call(G("pickle", "loads") if p.module == "os" else G("builtins", "bytes"), BA(p.pickle(4))), 5),
           what="pickle.loads of a BYTEARRAY8")
    c.pair(FAMILY, "b56c", "load-of-bytesio", "pkl",
           lambda p: dumps(Call(G("pickle", "load"), Call(G("_io", "BytesIO"), p.pickle(4)))) if p.module == "os"
           else dumps(Call(G("_io", "BytesIO"), p.pickle(4))), what="pickle.load of a BytesIO")
    c.pair(FAMILY, "b56d", "loads-five-deep", "pkl", lambda p: _deep(p, 5), what="five pickles inside one another")


def _deep(p, depth):
    data = p.pickle(4)
    callee = G("pickle", "loads") if p.module == "os" else G("builtins", "bytes")
    for _ in range(depth):
        data = dumps(Call(callee, data))
    return data


def encoded(c):
    lzma_raw = {"format": lzma.FORMAT_XZ}
    packers = {
        ("b59", "base64"): (base64.b64encode, G("base64", "b64decode")),
        ("b59b", "urlsafe-base64"): (base64.urlsafe_b64encode, G("base64", "urlsafe_b64decode")),
        ("b59c", "base32"): (base64.b32encode, G("base64", "b32decode")),
        ("b59d", "base85"): (base64.b85encode, G("base64", "b85decode")),
        ("b59e", "ascii85"): (base64.a85encode, G("base64", "a85decode")),
        ("b59f", "binascii-base64"): (binascii.b2a_base64, G("binascii", "a2b_base64")),
        ("b60", "hex"): (binascii.hexlify, G("binascii", "unhexlify")),
        ("b61", "zlib"): (lambda d: zlib.compress(d, 9), G("zlib", "decompress")),
        ("b61b", "gzip"): (lambda d: gzip.compress(d, 9, mtime=0), G("gzip", "decompress")),
        ("b61c", "bz2"): (bz2.compress, G("bz2", "decompress")),
        ("b61d", "lzma"): (lambda d: lzma.compress(d, **lzma_raw), G("lzma", "decompress")),
    }
    for (id, slug), (pack, unpack) in packers.items():
        c.pair(FAMILY, id, slug, "pkl",
               lambda p, pk=pack, un=unpack: dumps(Call(G("pickle", "loads"), Call(un, pk(p.pickle(2)))))
               if p.module == "os" else dumps(pk(p.pickle(2))), what=f"pickle.loads of a literal behind {slug}")
    c.pair(FAMILY, "b60b", "bytes-fromhex", "pkl",
           lambda p: dumps(Call(G("pickle", "loads"), Call(G("builtins", "bytes.fromhex"), p.pickle(2).hex())))
           if p.module == "os" else dumps(p.pickle(2).hex()), what="pickle.loads(bytes.fromhex(...))")
    c.pair(FAMILY, "b60c", "codecs-encode", "pkl",
           lambda p: dumps(Call(G("pickle", "loads"), Call(G("_codecs", "encode"), p.pickle(2).decode("latin1"), "latin1")), 2)
           if p.module == "os" else dumps(Call(G("_codecs", "encode"), p.pickle(2).decode("latin1"), "latin1"), 2),
           what="pickle.loads of bytes written the protocol-2 way")
    c.add(FAMILY, "b60d", "rot13-eval", "pkl",
          dumps(Call(G("builtins", "eval"), Call(G("codecs", "decode"), codecs.encode("__import__('os').system('echo pwned')", "rot13"), "rot13"))),
          dumps(codecs.encode("__import__('os').system('echo pwned')", "rot13")), what="eval of rot13 text")
    c.add(FAMILY, "b60e", "joined-eval", "pkl",
          dumps(Call(G("builtins", "eval"), Call(G("builtins", "str.join"), "", ["__imp", "ort__('os').sys", "tem('echo pwned')"]))),
          dumps(["__imp", "ort__('os').sys", "tem('echo pwned')"]), what="eval of joined text")
    c.add(FAMILY, "b60f", "reversed-eval", "pkl",
          dumps(Call(G("builtins", "exec"), Call(G("builtins", "str.join"), "", Call(G("builtins", "reversed"), "print(1)"[::-1])))),
          dumps("print(1)"[::-1]), what="exec of reversed text")
    code = compile("print('echo pwned')", "x", "exec")
    blob = marshal.dumps(code)
    c.add(FAMILY, "b62", "marshal-functiontype", "pkl",
          dumps(Call(Call(G("types", "FunctionType"), Call(G("marshal", "loads"), blob), {}))), dumps(blob),
          what="marshal code made into a function and called")
    c.add(FAMILY, "b62b", "marshal-exec", "pkl", dumps(Call(G("builtins", "exec"), Call(G("marshal", "loads"), blob))), None,
          what="exec of marshal code")
    c.add(FAMILY, "b62c", "marshal-base64-zlib", "pkl",
          dumps(Call(G("builtins", "exec"), Call(G("marshal", "loads"), Call(G("zlib", "decompress"), Call(
              G("base64", "b64decode"), base64.b64encode(zlib.compress(blob, 9))))))), None, what="exec of marshal behind base64 and zlib")


def inert(c):
    """Nobody calls a loader, but the bytes are a pickle: the level is at most a warning."""
    calm = lambda data: dumps({"cache": data})
    for id, slug, wrapit in [
        ("n01", "bytes-literal", lambda d: d), ("n02", "base64-literal", base64.b64encode),
        ("n03", "base64-text", lambda d: base64.b64encode(d).decode()), ("n04", "hex-text", lambda d: d.hex()),
        ("n05", "zlib-literal", lambda d: zlib.compress(d, 9)), ("n06", "gzip-literal", lambda d: gzip.compress(d, mtime=0)),
        ("n07", "prefixed-literal", lambda d: b"cache:" + d),
    ]:
        c.pair(FAMILY, id, slug, "pkl", lambda p, w=wrapit: calm(w(p.pickle(4))), "warning",
               what="a pickle with the call lies in a literal; nothing in the stream loads it")


def other_files(c):
    for id, module, name, args in [
        ("b63", "numpy", "load", ("evil.npy", None, True)), ("b64", "pandas", "read_pickle", ("http://127.0.0.1:9/x.pkl",)),
        ("b65", "joblib", "load", ("evil.joblib",)), ("b65b", "torch", "load", ("evil.pt",)),
        ("b65c", "torch.serialization", "load", ("evil.pt",)), ("b65d", "dill", "load_session", ("evil.db",)),
        ("b65e", "dill._dill", "load_module", ("evil.db",)), ("b65f", "numpy", "fromregex", ("/etc/hostname", ".", [])),
        ("b65g", "joblib.numpy_pickle", "load", ("evil.joblib",)), ("b65h", "pickle", "Unpickler", ()),
        ("b65i", "sklearn.datasets", "fetch_openml", ("x",)), ("b65j", "mlflow.pyfunc", "load_model", ("models:/x",)),
        ("b65k", "catboost", "CatBoost.load_model", ("x",)), ("b65l", "gensim.models.word2vec", "Word2Vec.load", ("evil",)),
        ("b65m", "spacy", "load", ("evil",)), ("b65n", "transformers", "AutoModel.from_pretrained", ("someone/evil",)),
        ("b65o", "keras.models", "load_model", ("evil.keras",)), ("b65p", "flax.serialization", "from_bytes", (None, b"x")),
        ("b65q", "h5py", "File", ("/tmp/x.h5",)), ("b65r", "tensorflow", "saved_model.load", ("evil",)),
        ("b65s", "torch.jit", "load", ("evil.pt",)), ("b65t", "pandas", "read_hdf", ("evil.h5",)),
        ("b65u", "stable_baselines3.common.save_util", "load_from_pkl", ("evil.pkl",)),
    ]:
        expected = "warning" if module in ("catboost", "flax.serialization", "h5py", "sklearn.datasets") else "critical"
        c.add(FAMILY, id, f"{module}-{name}".replace("_", "").replace(".", "-").lower(), "pkl", dumps(Call(G(module, name), *args)),
              dumps(Call(G("collections", "deque"), [str(a) for a in args] or ["x"])), expected, f"{module}.{name} loads something else")
    c.pair(FAMILY, "b65v", "loads-popped", "pkl",
           lambda p: wrap(enc(Seq(Call(G("pickle", "loads") if p.module == "os" else G("builtins", "bytes"), p.pickle(2)), None), 4), 4),
           what="pickle.loads, result popped")
