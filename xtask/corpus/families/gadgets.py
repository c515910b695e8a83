"""One allow-nothing call each: names that reach a shell, an interpreter, a file or the network.

The names lie in gadgets.tsv (advisories, papers) and gadgets_more.tsv (further ones); a string
`@module.name` among the arguments stands for a global. The twin holds the same arguments and
calls collections.deque.
"""

import ast
import os
import re

from making import zips
from making.pickles import Call, G, dumps
from making.torches import torch_zip

HERE = os.path.dirname(os.path.abspath(__file__))


def value(x):
    """Arguments from the table as assembler values."""
    if isinstance(x, str) and re.fullmatch(r"@[\w.]+\.\w+", x):
        return G(*x[1:].rsplit(".", 1))
    if isinstance(x, (list, tuple)):
        return type(x)(value(v) for v in x)
    if isinstance(x, dict):
        return {k: value(v) for k, v in x.items()}
    return x


def plain(x):
    """The same with names as text, so that the twin imports nothing."""
    if isinstance(x, (list, tuple)):
        return type(x)(plain(v) for v in x)
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return x


def cases(c):
    """d01–d162."""
    table(c, "gadget", "gadgets.tsv")
    # d84: only Keras names in the stream; the danger is the .keras zip in the literal.
    lambda_layer = (b'{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Lambda", '
                    b'"config": {"function": {"class_name": "__lambda__", "config": {"code": "4wAAAAAAAAAA", "defaults": null, "closure": null}}}}]}}')
    dense = b'{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}]}}'

    def keras(config):
        inner = zips.simple({"metadata.json": b'{"keras_version": "3.4.1", "date_saved": "2024-01-01@00:00:00"}', "config.json": config})
        return dumps(Call(G("keras.src.models.model", "Model._unpickle_model"), Call(G("_io", "BytesIO"), inner)))

    c.add("gadget", "d84", "keras-unpickle-model", "pkl", keras(lambda_layer), keras(dense), "critical",
          "a pickled Keras model whose inner zip has a Lambda layer", calm="warning")
    carriers(c)


def table(c, family, name):
    """One case for each row of a table."""
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip()][1:]
    for i, (id, module, attr, args, expected, source) in enumerate(rows):
        args = ast.literal_eval(args)
        proto = 4 if "." in attr else (4, 2, 5, 3, 4, 0, 1)[i % 7]
        if proto < 3 and not ascii_only(args):
            proto = 3
        slug = f"{module}-{attr}".lower().replace(".", "-").replace("_", "")[:60]
        calm = [v if not isinstance(v, str) else v.lstrip("@") for v in plain(list(args))] or ["x"]
        c.add(family, id, slug, "pkl", dumps(Call(G(module, attr), *value(args)), proto),
              dumps(Call(G("collections", "deque"), calm), proto), expected, f"{module}.{attr} ({source})")


def ascii_only(x):
    """No bytes anywhere: protocols below 3 have none."""
    if isinstance(x, (list, tuple)):
        return all(ascii_only(v) for v in x)
    return not isinstance(x, bytes)


def carriers(c):
    """Some gadgets once more, in containers and by other opcodes."""
    from making.pickles import Inst, Obj, Seq

    picks = [("mailcap", "findmatch"), ("timeit", "timeit"), ("pip", "main"), ("cProfile", "run"), ("runpy", "_run_code"),
             ("numpy.f2py.crackfortran", "getlincoef"), ("idlelib.pyshell", "ModifiedInterpreter.runcode"), ("torch.hub", "load"),
             ("ctypes", "CDLL"), ("webbrowser", "open"), ("imaplib", "IMAP4_stream"), ("_pyrepl.pager", "pipe_pager")]
    for i, (module, name) in enumerate(picks):
        calm = G("collections", "Counter")
        proto = 4 if "." in name else 2
        nodes = {
            "torch": lambda g: torch_zip(dumps(Seq(Call(g, "echo pwned"), {"w": 1}), proto)),
            "obj": lambda g: dumps(Obj(g, "echo pwned"), proto),
            "zip": lambda g: zips.simple({"m/model.pkl": dumps(Call(g, "echo pwned"), proto)}, 8),
        }
        for n, (how, make) in enumerate(nodes.items()):
            ext = {"torch": "pt", "obj": "pkl", "zip": "zip"}[how]
            c.add("gadget", f"d2{i:02}{chr(97 + n)}", f"{how}-{module}-{name}".lower().replace(".", "-").replace("_", ""), ext,
                  make(G(module, name)), make(calm), what=f"{module}.{name} in a {how}")
        if "." not in name:
            c.add("gadget", f"d2{i:02}d", f"inst-{module}-{name}".lower().replace(".", "-").replace("_", ""), "pkl",
                  dumps(Inst(module, name, "echo pwned"), 0), dumps(Inst("collections", "Counter", "echo pwned"), 0), what=f"{module}.{name} by INST")

