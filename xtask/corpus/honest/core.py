"""Builtin types and the standard library, every protocol, Python 2.7 and 3."""

import array
import collections
import datetime
import decimal
import fractions
import functools
import operator
import pickle
import re
import sys
import uuid

PY3 = sys.version_info[0] == 3
PACKAGE = "Python %d.%d.%d" % sys.version_info[:3]

# Strings that name lists and pattern matchers stumble over.
WORDS = ["os.system", "eval(", "exec(", "import os", "subprocess.Popen", "malware", "backdoor", "trojan", "__import__", "cos\nsystem\n", "rm -rf", "password", "DROP TABLE",
         "https://example.org/model", "pickle.loads", "c__builtin__\neval\n", "GLOBAL", "javascript:", "<script>", "/etc/passwd", "system", "posix", "base64", "curl", "wget"]


# Classes of this corpus are unknown to a scanner; attrgetter and bare functions deserve a mention at most.
MENTIONED = ("instance", "slotted", "withstate", "enum", "flag", "dataclass", "namedtuple", "attrgetter", "functions")


def values():
    """name -> object."""
    out = {
        "none": None, "ints": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**63, -(2**63), 2**255, -(2**255), 10**300],
        "floats": [0.0, -0.0, 1.5, 1e300, float("inf"), float("nan")], "bools": [True, False], "strings": [u"", u"a", u"\u00e9\u4e2d\U0001f600", u"x" * 300, u"line\nline\\n"],
        "bytes": [b"", b"\0\1\xff", b"y" * 300], "nested": {"a": [1, (2, {"b": [3]})], "c": ((), [], {})}, "sets": [set([1, 2, 3]), frozenset(["a"])], "complex": 1 + 2j,
        "words": WORDS, "vocabulary": dict((w, i) for i, w in enumerate(WORDS)), "large-list": list(range(3000)), "large-dict": dict((str(i), i) for i in range(2500)),
        "shared": None, "recursive": None, "ordereddict": collections.OrderedDict([("b", 1), ("a", 2)]), "defaultdict": collections.defaultdict(list, {"a": [1]}),
        "counter": collections.Counter("abracadabra"), "deque": collections.deque([1, 2], maxlen=5), "datetime": [datetime.datetime(2024, 1, 2, 3, 4, 5, 6), datetime.date(2024, 1, 2),
        datetime.time(1, 2), datetime.timedelta(days=1)], "decimal": decimal.Decimal("1.10"), "fraction": fractions.Fraction(1, 3), "uuid": uuid.UUID(int=5), "array": array.array("d", [1.0, 2.0]),
        "partial": functools.partial(int, base=2), "itemgetter": operator.itemgetter(1), "attrgetter": operator.attrgetter("x"), "types": [int, str, dict, object], "functions": [len, sum],
        "regex": re.compile("a+(b|c)*", re.I), "slice": slice(1, 2, 3) if PY3 else None, "exception": ValueError("bad"), "notimplemented": [NotImplemented, Ellipsis] if PY3 else None, "xrange": range(3),
    }
    same = [1, 2]
    loop = []
    loop.append(loop)
    out.update(shared=[same, same, (same,)], recursive=loop)
    from honest import shapes

    out.update(instance=shapes.Point(1, 2), slotted=shapes.Slotted(1, 2), withstate=shapes.WithState([1]))
    if PY3:
        out.update(modern())
    return out


def modern():
    """What Python 2 has not."""
    import argparse
    import ipaddress
    import logging
    import pathlib
    import types

    out = {"path": pathlib.PurePosixPath("/models/a.bin"), "posixpath": pathlib.PosixPath("weights/model.pt"), "namespace": argparse.Namespace(lr=0.1, model="bert", gpus=[0]),
           "simplenamespace": types.SimpleNamespace(a=1), "timezone": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), "bytearray": bytearray(b"abc" * 100),
           "ip": ipaddress.ip_address("127.0.0.1"), "level": logging.INFO, "chainmap": collections.ChainMap({"a": 1}), "userdict": collections.UserDict({"a": 1}), "mappingproxy": dict(a=1)}
    try:
        from honest import shapes3

        out.update(enum=shapes3.Color.RED, flag=shapes3.Mode.READ | shapes3.Mode.WRITE, dataclass=shapes3.Config(), namedtuple=shapes3.Row("a", 1.0))
        import zoneinfo

        out["zoneinfo"] = datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))
    except (ImportError, SyntaxError):
        pass
    return out


def build(sink):
    """All values in one file a protocol, then each value alone."""
    every = values()
    top = pickle.HIGHEST_PROTOCOL
    for proto in range(top + 1):
        def good(v):
            try:
                pickle.dumps(v, proto)
                return True
            except Exception:
                return False

        kept = dict((k, v) for k, v in every.items() if good(v))
        sink.add("python", "everything-p%d.pkl" % proto, pickle.dumps(kept, proto), PACKAGE, "all values, protocol %d" % proto, "info")
        for name in ("nested", "words", "vocabulary", "regex", "partial", "datetime", "ordereddict"):
            if name in kept:
                sink.add("python", "%s-p%d.pkl" % (name, proto), pickle.dumps(kept[name], proto), PACKAGE, "%s, protocol %d" % (name, proto))
    for name, value in sorted(every.items()):
        proto = (2, top, 0, 3 if top >= 3 else 1)[sum(map(ord, name)) % 4]
        try:
            data = pickle.dumps(value, proto)
        except Exception:
            continue
        sink.add("python", "%s.pkl" % name, data, PACKAGE, "%s, protocol %d" % (name, proto), "info" if name in MENTIONED else "clean")
    three = b"".join(pickle.dumps(v, 2) for v in (1, {"a": 2}, [3]))
    sink.add("python", "three-streams.pkl", three, PACKAGE, "three pickles in a row")
    sink.add("python", "many-streams.pkl", b"".join(pickle.dumps({"i": i}, 2) for i in range(500)), PACKAGE, "500 pickles in a row")
    if not PY3:
        import cPickle
        import UserDict

        sink.add("python", "cpickle.pkl", cPickle.dumps(every["nested"], 2), PACKAGE, "cPickle")
        sink.add("python", "userdict.pkl", cPickle.dumps(UserDict.UserDict({"a": 1}), 0), PACKAGE, "an old-style instance, protocol 0")
        return
    sink.add("python", "pickle-of-pickle.pkl", pickle.dumps({"blob": pickle.dumps({"a": 1})}), PACKAGE, "data that holds the bytes of a harmless pickle")
    sink.add("python", "python-source.pkl", pickle.dumps({"code": "import os\nos.system('ls')\n", "doc": "Uses eval() and exec()."}), PACKAGE, "source text as data")
    sink.add("python", "docstring.pkl", pickle.dumps("See https://scikit-learn.org/stable/ ; eval metric is accuracy, exec time 3 s"), PACKAGE, "a docstring with eval and a link")
    sink.add("python", "100k-strings.pkl", pickle.dumps(["token%d" % i for i in range(100000)]), PACKAGE, "100,000 strings")
    class_python = pickle._Pickler
    import io

    out = io.BytesIO()
    class_python(out, 4).dump(every["nested"])
    sink.add("python", "pure-python-pickler.pkl", out.getvalue(), PACKAGE, "written by the pure-Python pickler")
    import pickletools

    sink.add("python", "optimized.pkl", pickletools.optimize(pickle.dumps(every["large-dict"], 4)), PACKAGE, "pickletools.optimize")
    serialisers(sink, every)


def serialisers(sink, every):
    """Data through dill, cloudpickle and joblib."""
    for name in ("dill", "cloudpickle"):
        try:
            module = __import__(name)
        except ImportError:
            continue
        what = "%s %s" % (name, module.__version__)
        for key in ("nested", "words", "ordereddict", "datetime", "partial", "dataclass", "regex", "defaultdict"):
            if key in every:
                sink.add(name, "%s-%s.pkl" % (name, key), module.dumps(every[key]), what, "plain data: %s" % key, "info" if key in MENTIONED else "clean")
    try:
        import joblib
    except ImportError:
        return
    for key in ("nested", "words", "vocabulary", "large-list"):
        for compress, ext in ((0, "joblib"), (3, "joblib.z"), (("gzip", 3), "joblib.gz"), (("bz2", 3), "joblib.bz2"), (("xz", 3), "joblib.xz"), (("lzma", 3), "joblib.lzma"), (("lz4", 3), "joblib.lz4")):
            name = "%s.%s" % (key, ext)
            try:
                joblib.dump(every[key], sink.path("joblib", name, "joblib " + joblib.__version__, "plain data: %s, %s" % (key, compress)), compress=compress)
            except Exception as e:
                sink.rows.pop()
                print("joblib %s: %s" % (name, e))
