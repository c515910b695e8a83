"""numpy and scipy: arrays, scalars, random states, npy and npz, sparse matrices."""

import io
import pickle

import numpy as np


def values():
    """name -> object."""
    rng = np.random.RandomState(0)
    out = {
        "f8": np.arange(6.0).reshape(2, 3), "f4": np.ones(4, "f4"), "f2": np.ones(4, "f2"), "i8": np.arange(5), "u1": np.arange(250, dtype="u1"), "bool": np.array([True, False]),
        "complex": np.array([1 + 2j]), "fortran": np.asfortranarray(np.eye(3)), "strings": np.array(["a", "bcd"]), "bytes": np.array([b"a", b"bc"]), "scalar-f8": np.float64(1.5),
        "scalar-i4": np.int32(7), "scalar-bool": np.bool_(True), "dtype": np.dtype([("a", "i4"), ("b", "f8")]), "dtype-object": np.dtype(object), "structured": np.zeros(3, [("a", "i4"), ("b", "U5")]),
        "record": np.rec.array([(1, "x")], dtype=[("n", "i4"), ("s", "U3")]), "datetime": np.array(["2024-01-01"], "M8[D]"), "timedelta": np.array([1, 2], "m8[s]"),
        "masked": np.ma.array([1, 2, 3], mask=[0, 1, 0]), "object-str": np.array(["os.system", None, 1.5], object), "object-nested": np.array([{"a": [1]}, "x"], object),
        "empty": np.zeros((0, 3)), "zero-d": np.array(3.0), "matrix": np.matrix([[1, 2]]), "randomstate": np.random.RandomState(1), "big-random": rng.rand(500), "int-types": [np.int8, np.float32, np.ndarray],
        "poly1d": np.poly1d([1, 2]), "ufunc": np.add, "list-of-arrays": [np.arange(3), np.arange(4)], "dict": {"w": rng.randn(3, 3), "b": np.zeros(3)}, "random-bytes": np.frombuffer(rng.bytes(3000), "u1"),
        "big-endian": np.arange(3, dtype=">i4"), "noncontiguous": np.arange(10)[::2],
    }
    if hasattr(np.random, "default_rng"):
        out["generator"] = np.random.default_rng(0)
        out["philox"] = np.random.Generator(np.random.Philox(1))
        out["mt19937"] = np.random.MT19937(3)
        out["seedsequence"] = np.random.SeedSequence(5)
    if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
        out["stringdtype"] = np.array(["hello", "os.system"], dtype=np.dtypes.StringDType())
    return out


def build(sink):
    """Pickles at several protocols, npy, npz, joblib."""
    package = "numpy " + np.__version__
    every = values()
    for i, (name, value) in enumerate(sorted(every.items())):
        proto = (4, 2, 5, 3)[i % 4]
        try:
            data = pickle.dumps(value, min(proto, pickle.HIGHEST_PROTOCOL))
        except Exception:
            continue
        sink.add("numpy", name + ".pkl", data, package, "%s, protocol %d" % (name, proto), "info" if name == "ufunc" else "clean")
    for proto in range(pickle.HIGHEST_PROTOCOL + 1):
        sink.add("numpy", "dict-p%d.pkl" % proto, pickle.dumps(every["dict"], proto), package, "arrays in a dict, protocol %d" % proto)
        sink.add("numpy", "randomstate-p%d.pkl" % proto, pickle.dumps(every["randomstate"], proto), package, "RandomState, protocol %d" % proto)
    for name in ("f8", "f4", "fortran", "complex", "strings", "structured", "datetime", "object-str", "object-nested", "empty", "zero-d", "bool", "big-endian", "random-bytes"):
        np.save(sink.path("numpy", name + ".npy", package, name), every[name])
    for version in ((1, 0), (2, 0), (3, 0)):
        out = io.BytesIO()
        try:
            np.lib.format.write_array(out, every["structured"], version=version)
        except (ValueError, AttributeError):
            continue
        sink.add("numpy", "structured-v%d.npy" % version[0], out.getvalue(), package, "format version %d" % version[0])
    np.savez(sink.path("numpy", "plain.npz", package, "npz"), **every["dict"])
    np.savez_compressed(sink.path("numpy", "compressed.npz", package, "compressed npz"), a=every["f8"], o=every["object-str"])
    every["f8"].tofile(sink.path("numpy", "raw.bin", package, "raw floats"))
    np.savetxt(sink.path("numpy", "text.txt", package, "numbers as text"), every["f8"])
    every["f8"].dump(sink.path("numpy", "dump.npy.pkl", package, "ndarray.dump"))
    try:
        import joblib
    except ImportError:
        return
    what = "joblib " + joblib.__version__ + ", " + package
    for name in ("f8", "dict", "object-str", "list-of-arrays", "structured", "masked", "fortran", "big-random", "random-bytes"):
        joblib.dump(every[name], sink.path("joblib", "np-%s.joblib" % name, what, name))
    for compress in (("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3), ("lz4", 3)):
        try:
            joblib.dump(every["dict"], sink.path("joblib", "np-dict.%s" % compress[0], what, "arrays, %s" % compress[0]), compress=compress)
        except ValueError:
            sink.rows.pop()
    joblib.dump({"a": every["f8"], "inner": [every["object-nested"], every["i8"], "end"]}, sink.path("joblib", "np-mixed.joblib", what, "raw and object arrays mixed"))
    sparse(sink)


def sparse(sink):
    """scipy."""
    import scipy
    import scipy.sparse as sp

    package = "scipy " + scipy.__version__
    eye = sp.random(20, 10, 0.2, random_state=0)
    for kind in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia"):
        sink.add("scipy", kind + ".pkl", pickle.dumps(eye.asformat(kind), 2 if kind in "lil dok" else 4), package, kind + " matrix")
    sp.save_npz(sink.path("scipy", "sparse.npz", package, "sparse npz"), eye.tocsr())
    from scipy import interpolate, spatial, stats

    sink.add("scipy", "kdtree.pkl", pickle.dumps(spatial.cKDTree([[0, 0], [1, 1.0]])), package, "cKDTree")
    sink.add("scipy", "spline.pkl", pickle.dumps(interpolate.UnivariateSpline(range(6), range(6))), package, "UnivariateSpline")
    sink.add("scipy", "interp1d.pkl", pickle.dumps(interpolate.interp1d([0, 1], [0, 1.0])), package, "interp1d", "info")
    sink.add("scipy", "frozen-norm.pkl", pickle.dumps(stats.norm(0, 1)), package, "a frozen distribution", "info")
    sink.add("scipy", "kde.pkl", pickle.dumps(stats.gaussian_kde([1.0, 2.0, 4.0])), package, "gaussian_kde", "info")
