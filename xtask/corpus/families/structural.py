"""Gadgets that no list of names catches: each name alone is ordinary, the shape is the attack.

The families follow the catalogue: iteration, descriptors, comparison, callbacks, files that run later,
namespace reads, built names, mutation, inherited methods, trusted loaders.
"""

import codecs

from making.pickles import AddItems, Append, Appends, Build, Call, FSet, G, Get, New, NewEx, Obj, Put, Raw, Reduce, Seq, SetItem, SetItems, Stack, dumps, enc

FAMILY = "structural"
SYSTEM = G("os", "system")
CMD = "echo pwned"
LIST = [CMD]


def b(name):
    """A builtin."""
    return G("builtins", name)


MAP = Call(b("map"), SYSTEM, LIST)
PARTIAL = Call(G("functools", "partial"), SYSTEM, CMD)


def cases(c):
    """g01–g11 in several variants."""
    for group in (iteration, descriptors, comparison, callbacks, later, namespaces, built, mutation, inherited, loaders, computed, mixed):
        group(c)


def put(c, id, slug, evil, twin=None, expected="critical", what="", proto=4, calm="clean"):
    """One case; without a twin of its own the twin is the list of the arguments."""
    twin = twin if twin is not None else Call(G("collections", "Counter"), slug)
    c.add(FAMILY, id, slug, "pkl", dumps(evil, proto), dumps(twin, proto), expected, what, calm)


def iteration(c):
    drivers = {
        "list": Call(b("list"), MAP), "set": Call(b("set"), MAP), "frozenset": Call(b("frozenset"), MAP), "dict": Call(b("dict"), MAP),
        "min": Call(b("min"), MAP), "max": Call(b("max"), MAP), "sum": Call(b("sum"), MAP), "any": Call(b("any"), MAP), "all": Call(b("all"), MAP),
        "sorted": Call(b("sorted"), MAP), "bytes": Call(b("bytes"), MAP), "bytearray": Call(b("bytearray"), MAP), "next": Call(b("next"), MAP),
        "deque": Call(G("collections", "deque"), MAP), "counter": Call(G("collections", "Counter"), MAP), "join": Call(b("str.join"), "", MAP),
        "ordereddict": Call(G("collections", "OrderedDict"), MAP), "ndarray": Call(G("numpy", "fromiter"), MAP, "i4"),
        "star-args": Reduce(b("print"), Call(b("tuple"), MAP)), "itemgetter": Call(G("operator", "countOf"), MAP, 0), "contains": Call(G("operator", "contains"), MAP, 9),
        "array": Call(G("array", "array"), "l", MAP), "chain": Call(b("list"), Call(G("itertools", "chain"), MAP)), "zip": Call(b("list"), Call(b("zip"), MAP)),
        "enumerate": Call(b("list"), Call(b("enumerate"), MAP)), "extend": Appends(New(G("collections", "deque")), Raw(b"K\1")), "fsum": Call(G("math", "fsum"), MAP),
        "heapify": Call(G("heapq", "nsmallest"), 1, MAP), "mean": Call(G("statistics", "mean"), MAP),
    }
    drivers["extend"] = Call(b("list.extend"), [], MAP)
    for n, (name, node) in enumerate(drivers.items()):
        put(c, f"g01{chr(97 + n) if n < 26 else 'z' + str(n)}", f"map-{name}", node, what=f"{name} drives map(os.system, ...)")
    lazy = {
        "filter": Call(b("list"), Call(b("filter"), SYSTEM, LIST)), "starmap": Call(b("list"), Call(G("itertools", "starmap"), SYSTEM, [(CMD,)])),
        "accumulate": Call(b("list"), Call(G("itertools", "accumulate"), [CMD, CMD], SYSTEM)), "takewhile": Call(b("list"), Call(G("itertools", "takewhile"), SYSTEM, LIST)),
        "dropwhile": Call(b("list"), Call(G("itertools", "dropwhile"), SYSTEM, LIST)), "filterfalse": Call(b("list"), Call(G("itertools", "filterfalse"), SYSTEM, LIST)),
        "groupby": Call(b("list"), Call(G("itertools", "groupby"), LIST, SYSTEM)), "reduce": Call(G("functools", "reduce"), SYSTEM, [CMD, ""]),
        "iter-sentinel": Call(b("list"), Call(b("iter"), PARTIAL, 0)), "sorted-key": Call(b("sorted"), LIST), "max-key": NewEx(b("dict"), (), {}),
        "apply-along-axis": Call(G("numpy", "apply_along_axis"), SYSTEM, 0, LIST), "vectorize": Call(Call(G("numpy", "vectorize"), SYSTEM), LIST),
        "fromfunction": Call(G("numpy", "fromfunction"), SYSTEM, (1,)), "frompyfunc": Call(Call(G("numpy", "frompyfunc"), SYSTEM, 1, 1), CMD),
        "series-apply": Call(G("pandas", "Series.apply"), Call(G("pandas", "Series"), LIST), SYSTEM), "executor-map": Call(
            G("concurrent.futures", "ThreadPoolExecutor.map"), Call(G("concurrent.futures", "ThreadPoolExecutor"), 1), SYSTEM, LIST),
        "pool-map": Call(G("multiprocessing.pool", "ThreadPool.map"), Call(G("multiprocessing.pool", "ThreadPool"), 1), SYSTEM, LIST),
    }
    lazy["sorted-key"] = Call(Call(G("functools", "partial"), b("sorted"), LIST), Raw(enc(1, 4)))
    lazy["max-key"] = Call(G("heapq", "nlargest"), 1, LIST, SYSTEM)
    for n, (name, node) in enumerate(lazy.items()):
        put(c, f"g02{chr(97 + n)}", f"lazy-{name}", node, what=f"{name} calls os.system")
    put(c, "g02w", "appends-map", Call(b("list.extend"), [], MAP), [CMD], what="list.extend by a dotted name drives map")
    put(c, "g02x", "newobj-deque", New(G("collections", "deque"), MAP), New(G("collections", "deque")), what="deque.__new__, then nothing; map stays lazy", expected="critical")
    put(c, "g02y", "map-unforced", MAP, LIST, what="a lazy map is the result: who loads it drives it")


def descriptors(c):
    get = {
        "property": Call(b("property.__get__"), Call(b("property"), SYSTEM), CMD), "classmethod": Call(Call(b("classmethod.__get__"), Call(b("classmethod"), SYSTEM), None, CMD)),
        "staticmethod": Call(Call(b("staticmethod.__get__"), Call(b("staticmethod"), SYSTEM), None), CMD),
        "cached-property": Call(G("functools", "cached_property.__get__"), Call(G("functools", "cached_property"), SYSTEM), CMD),
        "partialmethod": Call(Call(G("functools", "partialmethod.__get__"), Call(G("functools", "partialmethod"), SYSTEM), CMD)),
        "dynamic-class-attribute": Call(G("types", "DynamicClassAttribute.__get__"), Call(G("types", "DynamicClassAttribute"), SYSTEM), CMD),
        "singledispatchmethod": Call(Call(G("functools", "singledispatchmethod.__get__"), Call(G("functools", "singledispatchmethod"), SYSTEM), CMD)),
        "lru-cache": Call(Call(G("functools", "lru_cache"), SYSTEM), CMD), "singledispatch": Call(Call(G("functools", "singledispatch"), SYSTEM), CMD),
        "methodtype": Call(Call(G("types", "MethodType"), SYSTEM, CMD)), "methodcaller": Call(Call(G("operator", "methodcaller"), "system", CMD), G("logging", "os")),
        "wraps": Call(Call(Call(G("functools", "wraps"), SYSTEM), SYSTEM), CMD), "contextmanager": Call(G("contextlib", "ContextDecorator.__call__"), None, SYSTEM),
        "partial": Call(PARTIAL), "partial-of-partial": Call(Call(G("functools", "partial"), PARTIAL)), "partial-build": Call(Build(
            Call(G("functools", "partial"), b("print")), (SYSTEM, (CMD,), {}, {}))),
    }
    for n, (name, node) in enumerate(get.items()):
        put(c, f"g03{chr(97 + n)}", f"descriptor-{name}", node, what=f"{name} calls os.system")
    put(c, "g03q", "partial-held", PARTIAL, Call(G("functools", "partial"), b("int"), "7"), what="a partial over os.system is the result, uncalled")
    put(c, "g03r", "partial-build-held", Build(Call(G("functools", "partial"), b("int")), (SYSTEM, (CMD,), {}, {})), Build(
        Call(G("functools", "partial"), b("int")), (b("float"), ("1",), {}, {})), what="BUILD gives a harmless partial another function")


def comparison(c):
    key = Call(Call(G("functools", "cmp_to_key"), SYSTEM), CMD)
    put(c, "g04a", "cmp-to-key-lt", Call(G("operator", "lt"), key, key), what="cmp_to_key(os.system) compared")
    put(c, "g04b", "cmp-to-key-sorted", Call(b("sorted"), [key, key]), what="cmp_to_key(os.system) sorted")
    put(c, "g04c", "cmp-to-key-max", Call(b("max"), key, key), what="cmp_to_key(os.system) in max")
    put(c, "g04d", "cmp-to-key-bisect", Call(G("bisect", "bisect"), [key], key), what="cmp_to_key(os.system) in bisect")
    put(c, "g04e", "type-eq-dict-key", SetItems({}, *[Raw(enc(New(Call(b("type"), "K", (), {"__hash__": Call(G("functools", "partial"), b("int"), 1), "__eq__": SYSTEM})), 4)), 1] * 2),
        what="dict keys with a callable __eq__")
    put(c, "g04f", "type-lt-heap", Call(G("heapq", "heapify"), [New(Call(b("type"), "K", (), {"__lt__": SYSTEM}))] * 2), what="a callable __lt__ in a heap")
    put(c, "g04g", "type-eq-frozenset", FSet(New(Call(b("type"), "K", (), {"__hash__": PARTIAL}))), what="a callable __hash__ in FROZENSET")
    put(c, "g04h", "type-eq-additems", AddItems(set(), New(Call(b("type"), "K", (), {"__hash__": PARTIAL}))), what="a callable __hash__ in ADDITEMS")


def callbacks(c):
    future = Call(G("concurrent.futures", "Future"))
    rows = {
        "weakref-finalize": Call(G("weakref", "finalize"), New(G("collections", "OrderedDict")), SYSTEM, CMD), "weakref-ref": Call(G("weakref", "ref"), New(G("collections", "deque")), SYSTEM),
        "atexit": Call(G("atexit", "register"), SYSTEM, CMD), "future-callback": Call(G("concurrent.futures", "Future.add_done_callback"), future, SYSTEM),
        "logger-filter": Call(G("logging", "Logger.addFilter"), Call(G("logging", "getLogger")), SYSTEM), "logging-factory": Call(G("logging", "setLogRecordFactory"), SYSTEM),
        "timer-start": Call(G("threading", "Timer.start"), Call(G("threading", "Timer"), 0, SYSTEM, (CMD,))), "thread-run": Call(
            G("threading", "Thread.run"), Call(G("threading", "Thread"), None, SYSTEM, None, (CMD,))),
        "excepthook": Build(G("logging", "sys"), (None, {"excepthook": SYSTEM})), "displayhook": Build(G("logging", "sys"), (None, {"displayhook": SYSTEM})),
        "codecs-error": Call(G("codecs", "register_error"), "strict", SYSTEM), "gc-callbacks": Append(G("gc", "callbacks"), SYSTEM),
        "gc-callbacks-extend": Appends(G("gc", "callbacks"), SYSTEM, SYSTEM), "meta-path": Append(G("sys", "meta_path"), SYSTEM), "path-hooks": Append(G("sys", "path_hooks"), SYSTEM),
        "sys-path": Append(G("sys", "path"), "/tmp/pwned"), "copyreg-dispatch": SetItem(G("copyreg", "dispatch_table"), b("int"), SYSTEM),
        "copyreg-pickle": Call(G("copyreg", "pickle"), b("complex"), SYSTEM), "exitstack": Call(G("contextlib", "ExitStack.callback"), Call(G("contextlib", "ExitStack")), SYSTEM, CMD),
        "asyncio-call-soon": Call(G("asyncio", "BaseEventLoop.call_soon"), Call(G("asyncio", "new_event_loop")), SYSTEM, CMD), "sched": Call(G("sched", "scheduler"), SYSTEM, SYSTEM),
        "register-at-fork": Call(G("os", "register_at_fork"), SYSTEM), "audit-hook": Call(G("sys", "addaudithook"), SYSTEM), "warnings-hook": Build(
            G("warnings", "sys.modules"), {"x": SYSTEM}), "showwarning": Build(G("logging", "warnings"), (None, {"showwarning": SYSTEM})),
        "defaultdict-factory": Call(G("collections", "defaultdict"), PARTIAL),
    }
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g05{chr(97 + n)}", f"callback-{name}", node,
            Call(G("collections", "defaultdict"), b("list")) if name == "defaultdict-factory" else None, what=f"os.system is hung up as a callback: {name}")


def later(c):
    path = Call(G("pathlib", "PosixPath"), "/tmp/pwned.pth")
    rows = {
        "pth-write-text": Call(G("pathlib", "PosixPath.write_text"), path, "import os; os.system('echo pwned')"), "fileio-write": Call(
            G("_io", "FileIO.write"), Call(G("_io", "FileIO"), "/tmp/pwned.pth", "w"), b"echo pwned"), "addsitedir": Call(G("site", "addsitedir"), "/tmp/pwned"),
        "file-handler": Call(G("logging", "FileHandler"), "/tmp/pwned.py"), "sqlite-extension": Call(G("sqlite3", "Connection.load_extension"), Call(G("sqlite3", "connect"), ":memory:"), "./pwned.so"),
        "np-save": Call(G("numpy", "save"), "/tmp/pwned.npy", [1]), "np-savetxt": Call(G("numpy", "savetxt"), "/tmp/pwned.py", [CMD], "%s"), "np-tofile": Call(
            G("numpy", "ndarray.tofile"), Call(G("numpy", "array"), [1]), "/tmp/pwned"), "torch-save": Call(G("torch", "save"), {}, "/tmp/pwned"), "df-to-csv": Call(
            G("pandas", "DataFrame.to_csv"), Call(G("pandas", "DataFrame"), {}), "/tmp/pwned.py"), "os-rename": Call(G("os", "rename"), "/tmp/a", "/tmp/b"), "memmap": Call(
            G("numpy", "memmap"), "/etc/passwd"), "zip-extract": Call(G("zipfile", "ZipFile.extractall"), Call(G("zipfile", "ZipFile"), "x.zip"), "/tmp"), "symlink": Call(
            G("pathlib", "PosixPath.symlink_to"), path, "/etc/passwd"), "open-dotted": Call(G("pathlib", "Path.open"), path, "w"), "json-dump": Call(G("json", "dump"), {}, None),
        "linecache": Call(G("linecache", "updatecache"), "/etc/passwd"), "mmap": Call(G("mmap", "mmap"), -1, 10), "shelve": Call(G("shelve", "open"), "/tmp/pwned"),
    }
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g06{chr(97 + n)}", f"later-{name}", node, expected="warning" if name in ("json-dump", "mmap", "memmap") else "critical",
            what=f"reads or writes a file that may run later: {name}")


def namespaces(c):
    imported = Call(b("__import__"), "os")
    rows = {
        "vars-get": Call(Call(b("dict.get"), Call(b("vars"), imported), "system"), CMD), "globals-get": Call(Call(b("dict.get"), Call(b("globals")), "__builtins__"), "x"),
        "dunder-dict-item": Call(Call(b("dict.__getitem__"), G("logging", "os.__dict__"), "system"), CMD), "builtins-dunder": Call(
            Call(b("dict.__getitem__"), G("logging", "__builtins__"), "eval"), "1"), "itemgetter": Call(Call(Call(G("operator", "itemgetter"), "system"), G("logging", "os.__dict__")), CMD),
        "operator-getitem": Call(Call(G("operator", "getitem"), G("logging", "os.__dict__"), "system"), CMD), "str-format": Call(b("str.format"), "{0.__class__.__mro__}", 1),
        "formatter": Call(G("string", "Formatter.get_field"), Call(G("string", "Formatter")), "0.system", (G("logging", "os"),), {}), "getattr-static": Call(
            Call(G("inspect", "getattr_static"), G("logging", "os"), "system"), CMD), "subclasses": Call(b("object.__subclasses__")), "mro": Call(b("type.mro"), b("int")),
        "getattribute": Call(Call(b("object.__getattribute__"), G("logging", "os"), "system"), CMD), "init-globals": Call(
            b("dict.get"), G("logging", "Handler.__init__.__globals__"), "os"), "class-base": Call(G("collections", "OrderedDict.__base__.__subclasses__")), "func-code": Build(
            G("collections", "namedtuple.__code__"), None), "func-defaults": G("collections", "namedtuple.__defaults__"), "modules-item": Call(
            Call(b("getattr"), Call(b("dict.get"), G("sys", "modules"), "os"), "system"), CMD), "ordereddict-globals": G("collections", "OrderedDict.__init__.__objclass__"),
        "loader": Call(G("logging", "__loader__.load_module"), "os"), "spec-loader": Call(G("json", "__spec__.loader.get_data"), "/etc/passwd"), "chainmap": Call(
            Call(G("collections", "ChainMap.__getitem__"), Call(G("collections", "ChainMap"), G("logging", "os.__dict__")), "system"), CMD), "userdict": Call(
            Call(G("collections", "UserDict.__getitem__"), Call(G("collections", "UserDict"), G("logging", "os.__dict__")), "system"), CMD), "simplenamespace": Call(
            Call(b("getattr"), Build(New(G("types", "SimpleNamespace")), G("logging", "os.__dict__")), "system"), CMD), "namespace-build": Build(
            New(G("argparse", "Namespace")), G("logging", "os.__dict__")),
    }
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g07{chr(97 + n)}", f"namespace-{name}", node, what=f"reads a namespace: {name}")
    put(c, "g07y", "getattr-plain-uncalled", Call(b("getattr"), G("torch.nn.modules.module", "Module"), "__class__"), Call(b("getattr"), G("datetime", "timezone"), "utc"),
        expected="critical", what="getattr of a dunder", calm="info")
    put(c, "g07z", "getattr-invoked", Call(Call(b("getattr"), G("pathlib", "PosixPath"), "cwd")), Call(b("getattr"), G("datetime", "timezone"), "utc"),
        what="the result of getattr on an allowed class is called", calm="info")


def built(c):
    def name(*nodes):
        return Call(Stack(*nodes), CMD)

    join = lambda s: Call(b("str.join"), "", list(s))
    rows = {
        "join": name(join("os"), join("system")), "replace": name(Call(b("str.replace"), "o$s", "$", ""), "system"), "format": name(Call(b("str.format"), "{}{}", "o", "s"), "system"),
        "decode": name(Call(b("bytes.decode"), b"os"), Call(b("bytes.decode"), b"system")), "rot13": name(Call(G("codecs", "decode"), codecs.encode("os", "rot13"), "rot13"), "system"),
        "lower": name(Call(b("str.lower"), "OS"), "system"), "strip": name(Call(b("str.strip"), " os "), "system"), "chr": name(
            Call(b("str.join"), "", [Call(b("chr"), n) for n in b"os"]), "system"), "str-of-bytes": name(Call(b("str"), b"os", "ascii"), "system"), "hex": name(
            Call(b("bytes.decode"), Call(b("bytes.fromhex"), "6f73")), "system"), "slice": name(Call(G("operator", "getitem"), "xosx", Call(b("slice"), 1, 3)), "system"),
        "add": name(Call(G("operator", "add"), "o", "s"), "system"), "concat": name(Call(G("operator", "concat"), "o", "s"), "system"), "translate": name(
            Call(b("str.translate"), "12", {49: "o", 50: "s"}), "system"), "json": name(Call(G("json", "loads"), '"os"'), "system"), "literal-eval": name(
            Call(G("ast", "literal_eval"), "'os'"), "system"), "textwrap": name(Call(G("textwrap", "dedent"), "  os"), "system"), "posixpath": name(
            Call(G("posixpath", "basename"), "/x/os"), "system"), "codecs-latin1": name(Call(G("_codecs", "decode"), b"os", "latin1"), "system"), "getter": name(
            Call(b("getattr"), G("logging", "os"), "__name__"), "system"), "module-name": Call(Stack(G("os", "__name__"), "system"), CMD), "reversed": name(
            Call(b("str.join"), "", Call(b("reversed"), "so")), "system"), "memo": Seq(Put(3, join("os")), Put(4, join("system")), name(Get(3), Get(4))),
        "urllib": name(Call(G("urllib.parse", "unquote"), "%6fs"), "system"), "html": name(Call(G("html", "unescape"), "&#111;s"), "system"),
    }
    for n, (slug, node) in enumerate(rows.items()):
        put(c, f"g08{chr(97 + n)}", f"built-name-{slug}", node, what=f"STACK_GLOBAL takes a computed name: {slug}")


def mutation(c):
    shadowed = Call(G("collections", "OrderedDict"), CMD)
    modules = G("collections", "_sys.modules")
    rows = {
        "modules-setitems": Seq(SetItems(modules, "json", G("logging", "os"), "x", 1), Call(G("json", "system"), CMD)), "modules-direct": Seq(
            SetItem(G("sys", "modules"), "json", G("logging", "os")), Call(G("json", "system"), CMD)), "module-build": Seq(
            Build(G("logging", "collections"), (None, {"OrderedDict": SYSTEM})), shadowed), "module-build-dict": Seq(Build(G("logging", "collections"), {"OrderedDict": SYSTEM}), shadowed),
        "class-build": Seq(Build(G("collections", "OrderedDict"), (None, {"fromkeys": SYSTEM})), Call(G("collections", "OrderedDict.fromkeys"), CMD)), "function-code": Build(
            G("collections", "namedtuple"), (None, {"__code__": G("logging", "basicConfig.__code__")})), "function-defaults": Build(G("logging", "basicConfig"), (None, {"__defaults__": (1,)})),
        "builtins-item": Seq(SetItem(G("collections", "__builtins__"), "len", SYSTEM), Call(b("len"), CMD)), "setattr": Seq(
            Call(b("setattr"), G("logging", "collections"), "OrderedDict", SYSTEM), shadowed), "environ": SetItem(G("os", "environ"), "LD_PRELOAD", "/tmp/pwned.so"),
        "dict-update": Seq(Call(b("dict.update"), G("collections", "__dict__"), {"OrderedDict": SYSTEM}), shadowed), "dict-setdefault": Call(
            b("dict.setdefault"), modules, "evil", G("logging", "os")), "operator-setitem": Seq(Call(G("operator", "setitem"), G("collections", "__dict__"), "OrderedDict", SYSTEM), shadowed),
        "fsspec-registry": Seq(SetItem(G("fsspec.registry", "known_implementations"), "pwn", {"class": "os.system"}), Call(G("fsspec.core", "url_to_fs"), "pwn://x")), "pydantic-imports": SetItem(
            G("pydantic", "_dynamic_imports"), "BaseModel", ("pwned", "x")), "nn-module": Seq(Build(G("torch.nn.modules.module", "Module"), (None, {"forward": SYSTEM})), 1), "list-append": Append(
            G("collections", "__all__"), "pwned"), "torch-library": SetItem(G("torch._utils", "__dict__"), "_rebuild_tensor_v2", SYSTEM), "abc-register": Call(
            G("collections.abc", "Mapping.register"), b("int")), "warnings-filters": Call(b("list.clear"), G("warnings", "filters")), "torch-safe-globals": Call(
            b("list.append"), G("torch._weights_only_unpickler", "_marked_safe_globals_set"), SYSTEM), "encodings-cache": SetItem(G("encodings", "_cache"), "utf-8", SYSTEM), "linecache": SetItem(
            G("linecache", "cache"), "x.py", (1, None, ["print(1)"], "x.py")), "logging-config": Build(G("logging", "root"), (None, {"handlers": [SYSTEM]})), "json-decoder": Build(
            G("json", "_default_decoder"), {"decode": SYSTEM}),
    }
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g09{chr(97 + n)}", f"mutation-{name}", node, what=f"changes an imported object: {name}")


def inherited(c):
    rows = {
        "path-write-bytes": Call(G("pathlib", "Path.write_bytes"), Call(G("pathlib", "PosixPath"), "/tmp/pwned"), b"echo pwned"), "path-touch": Call(
            G("pathlib", "PosixPath.touch"), Call(G("pathlib", "PosixPath"), "/tmp/pwned")), "path-rmdir": Call(G("pathlib", "Path.rmdir"), Call(G("pathlib", "PosixPath"), "/tmp/pwned")),
        "format-map": Call(b("str.format_map"), "{x}", Call(G("collections", "defaultdict"), PARTIAL)), "missing": Call(
            G("collections", "defaultdict.__missing__"), Call(G("collections", "defaultdict"), PARTIAL), "x"), "defaultdict-getitem": Call(
            G("collections", "defaultdict.__getitem__"), Call(G("collections", "defaultdict"), PARTIAL), "x"), "ordereddict-class": Call(
            G("collections", "OrderedDict.__class__"), "X", (), {"__setstate__": SYSTEM}), "type-call": Call(b("type.__call__"), b("type"), "X", (), {"__init__": SYSTEM}), "df-to-pickle": Call(
            G("pandas.core.frame", "DataFrame.to_pickle"), Call(G("pandas", "DataFrame"), {}), "/tmp/pwned"), "df-pipe": Call(
            G("pandas.core.frame", "DataFrame.pipe"), Call(G("pandas", "DataFrame"), {}), SYSTEM), "ndarray-dump": Call(
            G("numpy", "ndarray.dump"), Call(G("numpy", "array"), [1]), "/tmp/pwned"), "tensor-apply": Call(G("torch", "Tensor.apply_"), None, SYSTEM), "tensor-map": Call(
            G("torch", "Tensor.map_"), None, None, SYSTEM), "module-apply": Call(G("torch.nn", "Module.apply"), None, SYSTEM), "register-hook": Call(
            G("torch", "Tensor.register_hook"), None, SYSTEM), "enum-functional": Call(G("enum", "Enum._generate_next_value_"), 1, 1, 1, []), "counter-fromkeys": Call(
            G("collections", "OrderedDict.fromkeys"), MAP), "datetime-strptime": Call(G("datetime", "datetime.strptime"), "1", "%Y"), "new-function": Call(
            b("object.__new__"), G("subprocess", "Popen")), "init-popen": Call(G("subprocess", "Popen.__init__"), New(G("subprocess", "Popen")), ["echo", "pwned"]),
    }
    mild = {"enum-functional", "datetime-strptime"}
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g10{chr(97 + n)}", f"inherited-{name}", node, expected="info" if name in mild else "critical", what=f"a method reached through a class: {name}")


def loaders(c):
    from making import zips
    from making.pickles import EVIL, TWIN
    from making.torches import legacy, torch_zip

    for n, (name, node) in enumerate({
        "load-from-bytes": lambda p: Call(G("torch.storage", "_load_from_bytes"), legacy(p.pickle(2))),
        "load-from-bytes-zip": lambda p: Call(G("torch.storage", "_load_from_bytes"), torch_zip(p.pickle(2))),
        "np-load-bytesio": lambda p: Call(G("numpy", "load"), Call(G("_io", "BytesIO"), p.pickle(2)), None, True),
        "joblib-load-bytesio": lambda p: Call(G("joblib", "load"), Call(G("_io", "BytesIO"), p.pickle(2))),
        "torch-load-bytesio": lambda p: Call(G("torch", "load"), Call(G("_io", "BytesIO"), torch_zip(p.pickle(2)))),
        "pd-read-pickle-bytesio": lambda p: Call(G("pandas", "read_pickle"), Call(G("_io", "BytesIO"), p.pickle(2))),
        "keras-unpickle": lambda p: Call(G("keras.src.saving.keras_saveable", "KerasSaveable._unpickle_model"), Call(
            G("_io", "BytesIO"), zips.simple({"config.json": b'{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}', "x.pkl": p.pickle(2)}))),
        "numpy-core-loads": lambda p: Call(G("numpy._core.multiarray", "_loads"), p.pickle(2)),
        "zlib-then-load": lambda p: Call(G("torch.storage", "_load_from_bytes"), Call(G("zlib", "decompress"), __import__("zlib").compress(legacy(p.pickle(2))))),
    }.items()):
        quiet = n < 2
        c.add(FAMILY, f"g11{chr(97 + n)}", f"loader-{name}", "pkl", dumps(node(EVIL)), dumps(node(TWIN)) if quiet else TWIN.pickle(4), what=f"a trusted loader reads a literal: {name}")


def computed(c):
    """The callee is the result of something."""
    ident = lambda x: Call(G("operator", "itemgetter"), 0)
    rows = {
        "itemgetter-list": Call(Call(ident(0), [SYSTEM]), CMD), "list-pop": Call(Call(b("list.pop"), [SYSTEM]), CMD), "dict-pop": Call(Call(b("dict.pop"), {"a": SYSTEM}, "a"), CMD),
        "next-iter": Call(Call(b("next"), Call(b("iter"), [SYSTEM])), CMD), "max-single": Call(Call(b("max"), [SYSTEM]), CMD), "tuple-obj": Obj(Call(ident(0), [SYSTEM]), CMD),
        "inst-then-call": Call(Call(G("functools", "partial"), SYSTEM), CMD), "memo": Seq(Put(7, SYSTEM), Call(Get(7), CMD)), "copy": Call(Call(G("copy", "copy"), SYSTEM), CMD),
        "deepcopy": Call(Call(G("copy", "deepcopy"), SYSTEM), CMD), "identity-or": Call(Call(G("operator", "or_"), SYSTEM, SYSTEM), CMD), "popitem": Call(
            Call(G("operator", "itemgetter"), 1), Call(b("dict.popitem"), {"a": SYSTEM})), "persistent-result": Call(Raw(enc("x", 4) + b"Q"), CMD), "ext-result": Call(Raw(b"\x82\x63"), CMD),
    }
    for n, (name, node) in enumerate(rows.items()):
        put(c, f"g12{chr(97 + n)}", f"computed-{name}", node, what=f"the callee is computed: {name}")


def mixed(c):
    """Chains of several of the above, and calls that only look like a model's."""
    put(c, "g13a", "type-callable-chain", Call(New(Call(b("type"), "X", (), {"__call__": SYSTEM})), CMD), what="an instance with a callable __call__ is called")
    put(c, "g13b", "type-metaclass", Call(Call(b("type"), "M", (b("type"),), {"__call__": SYSTEM}), "X", (), {}), what="a metaclass made by type()")
    put(c, "g13c", "type-base-unpickler", Call(b("type"), "U", (G("pickle", "Unpickler"),), {}), what="type() with Unpickler as base")
    put(c, "g13d", "new-class", Call(G("types", "new_class"), "X", (), {}, SYSTEM), what="types.new_class with a callable body")
    put(c, "g13e", "make-dataclass", Call(G("dataclasses", "make_dataclass"), "X", ["a: print(1)"]), what="dataclasses.make_dataclass evaluates text")
    put(c, "g13f", "namedtuple-call", Call(G("collections", "namedtuple"), "X", "a b"), Call(G("collections", "Counter"), "a b"), "warning", "collections.namedtuple evaluates text")
    put(c, "g13g", "enum-functional", Call(G("enum", "Enum"), "X", "a b"), None, "info", "an enum made by the stream")
    put(c, "g13h", "state-setter", Build(New(G("logging", "Handler")), {"formatter": SYSTEM}), Build(New(G("argparse", "Namespace")), {"formatter": "x"}), what="os.system as an attribute of an object")
    put(c, "g13i", "callable-in-data", {"activation": SYSTEM}, {"activation": G("torch.nn.functional", "relu")}, what="os.system where a model keeps its activation function", calm="info")
    put(c, "g13j", "estimator-func", Build(New(G("sklearn.preprocessing._function_transformer", "FunctionTransformer")), {"func": SYSTEM, "inverse_func": None, "validate": False}),
        Build(New(G("sklearn.preprocessing._function_transformer", "FunctionTransformer")), {"func": None, "inverse_func": None, "validate": False}), what="os.system as the function of a scikit-learn transformer")
    put(c, "g13k", "vectorizer-tokenizer", Build(New(G("sklearn.feature_extraction.text", "CountVectorizer")), {"tokenizer": G("builtins", "eval"), "vocabulary_": {"a": 0}}),
        Build(New(G("sklearn.feature_extraction.text", "CountVectorizer")), {"tokenizer": None, "vocabulary_": {"a": 0}}), what="eval as the tokenizer of a vectorizer")
    put(c, "g13l", "lambda-from-eval", Call(b("eval"), "lambda x: x"), what="eval of an innocent lambda")
    put(c, "g13m", "nested-reduce-args", Reduce(SYSTEM, Call(b("tuple"), LIST)), what="the argument tuple is the result of a call")
    put(c, "g13n", "args-by-build", Seq(Put(1, LIST), Reduce(SYSTEM, Call(b("tuple"), Get(1)))), what="the argument list comes from the memo")
    put(c, "g13o", "torch-compile-hook", Call(G("torch.nn.modules.module", "register_module_forward_hook"), SYSTEM), what="a global forward hook")
    put(c, "g13p", "tf-keras-lambda", Build(New(G("keras.src.layers.core.lambda_layer", "Lambda")), {"function": SYSTEM}), None, "critical", "os.system in a Lambda layer")
    put(c, "g13q", "operator-call-partial", Call(G("operator", "call"), PARTIAL), what="operator.call of a partial")
    put(c, "g13r", "import-by-name", Call(b("__import__"), "this"), what="__import__ of a module with an effect")
