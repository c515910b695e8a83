"""Checks containers of the corpus against torch, numpy and joblib, without running them.

    python verify_containers.py OUT

The real readers open the files, but every unpickler they use is the stand-in of verify.py, which
writes names down and imports nothing. Printed are the evil files whose payload a reader did not
reach, with the reason: some are traps that only other readers fall into, so the list is for
people to read, not a test.
"""

import csv
import os
import pickle
import sys
import tempfile

from verify import REAL, no_escape, safe

NAMES = []
Base = safe(pickle.Unpickler)
del Base.persistent_load  # torch sets its own


class Unpickler(Base):
    """Collects into NAMES."""

    def __init__(self, file, **kwargs):
        super().__init__(file, NAMES, **kwargs)

    def find_class(self, module, name):
        if module == "torch" and name.endswith(("Storage", "Tensor")) and "." not in name:
            import torch

            NAMES.append((module, name))
            return getattr(torch, name)
        return super().find_class(module, name)


def load(file, **kwargs):
    """pickle.load, safely."""
    return Unpickler(file, **kwargs).load()


class Module:
    """What torch takes as `pickle_module`."""

    __name__ = "pickle"
    Unpickler = Unpickler
    load = staticmethod(load)
    UnpicklingError = pickle.UnpicklingError


def by_torch(path):
    import torch

    torch.load(path, pickle_module=Module, weights_only=False, map_location="cpu")


def by_numpy(path):
    import numpy

    pickle.load = load
    got = numpy.load(path, allow_pickle=True)
    if hasattr(got, "files"):
        for name in got.files:
            got[name]


def nested(file, find_class):
    """The unpickler of a pickle inside a joblib stream."""
    kind = type("Nested", (pickle.Unpickler,), {"find_class": find_class})
    return kind(file).load()


def by_joblib(path):
    import joblib.numpy_pickle as jp
    import joblib.numpy_pickle_compat as old
    import numpy

    real = {("joblib.numpy_pickle", "NumpyArrayWrapper"): jp.NumpyArrayWrapper, ("numpy", "ndarray"): numpy.ndarray, ("numpy", "dtype"): numpy.dtype, **REAL}
    real["numpy.core.multiarray", "_reconstruct"] = numpy.ndarray(0).__reduce__()[0]

    def find_class(self, module, name):
        if (module, name) in real:
            NAMES.append((module, name))
            return real[module, name]
        return Base.find_class(Probe, module, name)

    class Probe:
        names = NAMES

    pickle.load = lambda file, **kwargs: nested(file, find_class)
    jp.NumpyUnpickler.find_class = old.ZipNumpyUnpickler.find_class = find_class
    jp.load(path)


def main(out):
    """Print who was not reached."""
    readers = {"torch": by_torch, "zip": by_torch, "renamed": by_torch, "numpy": by_numpy, "joblib": by_joblib, "compressed": by_joblib}
    total = missed = 0
    with open(os.path.join(out, "manifest.tsv"), encoding="utf-8", newline="") as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE) if r["family"] in readers]
    for r in rows:
        reader, path = readers[r["family"]], r["path"]
        ext = os.path.basename(path).split(".", 1)[-1]
        if reader is by_torch and ext not in ("pt", "pth", "ckpt") or "script" in path or "package" in path or "pt2" in path or ext == "7z":
            continue
        if reader is by_torch and r["expected"] not in ("critical", "clean"):
            continue
        NAMES.clear()
        error = ""
        try:
            reader(os.path.join(out, path))
        except ImportError:
            continue
        except BaseException as e:
            error = f"{type(e).__name__}: {str(e)[:90]}"
        total += 1
        called = [n for n in NAMES if n[0] in ("os", "builtins") or n[1] in ("eval", "load", "system") or n[0] == "new" and n[1][0] == "os"]
        if path.startswith("evil/") and not called:
            missed += 1
            print(f"not reached: {path}: {error or 'loads'}")
        elif path.startswith("twin/") and (called or error and r["expected"] == "clean"):
            print(f"twin: {path}: {error} {called[:3]}")
    print(f"{total} read, {missed} evil files not reached")


if __name__ == "__main__":
    target = os.path.abspath(sys.argv[1])
    for name in ("torch", "numpy", "joblib"):
        try:
            __import__(name)
        except ImportError:
            pass
    sys.addaudithook(no_escape)
    os.chdir(tempfile.mkdtemp())
    main(target)
