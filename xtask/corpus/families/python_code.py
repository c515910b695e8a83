"""Pickles that carry Python code: genuine output of dill and cloudpickle, and code objects by hand.

The functions are compiled from text under a fixed file name, so the streams depend on the
versions of Python and of the two libraries only. They are pickled here, never called.
"""

import uuid
from unittest import mock

from making import zips
from making.pickles import DATA, Call, G, dumps
from making.torches import torch_zip

FAMILY = "code"

SOURCE = """
import os

def shout(text="echo pwned"):
    return os.system(text)

def pure(x):
    return x * 2 + 1

def outer(command):
    def inner():
        return os.system(command)
    return inner

def generator():
    yield os.getpid()

adder = lambda x: x + 1

class Loader:
    def __init__(self):
        self.weights = [1, 2, 3]

    def __reduce__(self):
        return (os.system, ("echo pwned",))

class Layer:
    scale = 2

    def forward(self, x):
        os.system("echo pwned")
        return x
"""


def namespace():
    """The names of SOURCE, as if typed into __main__."""
    space = {"__name__": "__main__"}
    exec(compile(SOURCE, "model.py", "exec"), space)  # defines functions only; none of them is called
    return space


def cases(c):
    """b76, b77 and relatives."""
    import cloudpickle
    import dill

    space = namespace()
    data = dill.dumps(DATA, 4)
    plain = cloudpickle.dumps(DATA, 5)
    picks = ["shout", "pure", "adder", "generator"]
    for i, name in enumerate(picks):
        # A function shipped as data runs when somebody calls it.
        c.add(FAMILY, f"b76{'' if not i else chr(97 + i)}", f"dill-{name}", "pkl", dill.dumps(space[name], 4, recurse=True), data, "critical",
              f"dill: the function {name}")
        with mock.patch("uuid.uuid4", lambda: uuid.UUID(int=7)):
            stream = cloudpickle.dumps(space[name], 5)
        c.add(FAMILY, f"b77{'' if not i else chr(97 + i)}", f"cloudpickle-{name}", "pkl", stream, plain, "critical", f"cloudpickle: the function {name}")
    c.add(FAMILY, "b76g", "dill-closure", "pkl", dill.dumps(space["outer"]("echo pwned"), 4, recurse=True), data, "critical", "dill: a closure")
    c.add(FAMILY, "b77g", "cloudpickle-closure", "pkl", cloudpickle.dumps(space["outer"]("echo pwned"), 5), plain, "critical", "cloudpickle: a closure")
    c.add(FAMILY, "b76h", "dill-reduce", "pkl", dill.dumps(space["Loader"](), 4), data, "critical", "dill: an object whose __reduce__ is os.system")
    c.add(FAMILY, "b77h", "cloudpickle-reduce", "pkl", cloudpickle.dumps(space["Loader"](), 4), plain, "critical", "cloudpickle: the same")
    with mock.patch("uuid.uuid4", lambda: uuid.UUID(int=7)):
        c.add(FAMILY, "b77i", "cloudpickle-class", "pkl", cloudpickle.dumps(space["Layer"], 5), plain, "critical", "cloudpickle: a class by value")
        c.add(FAMILY, "b77j", "cloudpickle-instance", "pkl", cloudpickle.dumps({"net": space["Layer"]()}, 5), plain, "critical", "cloudpickle: an instance of a class by value")
    c.add(FAMILY, "b76i", "dill-class", "pkl", dill.dumps(space["Layer"], 4, byref=False), data, "critical", "dill: a class by value")
    c.add(FAMILY, "b76j", "dill-in-torch", "pt", torch_zip(dill.dumps({"fn": space["shout"]}, 2, recurse=True)), torch_zip(dill.dumps(DATA, 2)), "critical",
          "dill: a function in a torch zip (pickle_module=dill)")
    c.add(FAMILY, "b77k", "cloudpickle-mlflow", "zip", zips.simple({"model/python_model.pkl": cloudpickle.dumps(space["shout"], 5)}, 8),
          zips.simple({"model/python_model.pkl": plain}, 8), "critical", "cloudpickle: the function in an archived model directory")
    c.add(FAMILY, "b77l", "cloudpickle-called", "pkl", _called(cloudpickle.dumps(space["shout"], 4)), plain, "critical", "a cloudpickled function is called by the stream")
    marshalled = [
        ("b62d", "codetype", Call(G("types", "FunctionType"), Call(G("types", "CodeType"), 0, 0, 0, 0, 1, 64, b"d\0S\0", (None,), (), (), "model.py", "f", "f", 1, b"", b"", (), ()), {})),
        ("b62e", "dill-create-code", Call(G("dill._dill", "_create_code"), 0, 0, 0, 0, 1, 64, b"d\0S\0", (None,), (), (), "model.py", "f", 1, b"", (), ())),
        ("b62f", "dill-load-type", Call(G("dill._dill", "_load_type"), "CodeType")),
        ("b62g", "cloudpickle-builtin-type", Call(G("cloudpickle.cloudpickle", "_builtin_type"), "CodeType")),
        ("b62h", "cloudpickle-subimport", Call(G("cloudpickle.cloudpickle", "subimport"), "os")),
        ("b62i", "dill-import-module", Call(G("dill._dill", "_import_module"), "os.system")),
        ("b62j", "dill-main", G("__builtin__", "__main__")),
        ("b62k", "dill-eval-repr", Call(G("dill._dill", "_eval_repr"), "__import__('os').system('echo pwned')")),
    ]
    for id, slug, node in marshalled:
        c.add(FAMILY, id, slug, "pkl", dumps(node, 4), dumps(Call(G("collections", "Counter"), slug), 4), "critical", f"code or modules built by hand: {slug}")


def _called(stream):
    """The function's stream, then a call with no arguments."""
    assert stream.endswith(b".")
    body = stream[:-1] + b")R."
    at = body.find(b"\x95")
    return body[:at] + b"\x95" + (int.from_bytes(body[at + 1:at + 9], "little") + 2).to_bytes(8, "little") + body[at + 9:]
