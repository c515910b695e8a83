"""PyTorch containers written by hand: zip, the five-pickle legacy file, the 0.1.1 tar.

Names and record layouts follow torch/serialization.py; see the format pages of the docs.
"""

import struct

from . import tars, zips
from .pickles import Call, G, Pid, Seq, dumps

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
SYS_INFO = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
WEIGHTS = struct.pack("<4f", 0.25, -1.5, 3.0, 0.125)


def tensor(key="0", numel=4, storage="FloatStorage"):
    """A one-dimensional tensor over storage `key`."""
    pid = Pid(("storage", G("torch", storage), key, "cpu", numel))
    return Call(G("torch._utils", "_rebuild_tensor_v2"), pid, 0, (numel,), (1,), False, Call(G("collections", "OrderedDict")))


def legacy_tensor(key="0", numel=4):
    """The same as legacy files write it: the persistent id has a view field."""
    pid = Pid(("storage", G("torch", "FloatStorage"), key, "cpu", numel, None))
    return Call(G("torch._utils", "_rebuild_tensor_v2"), pid, 0, (numel,), (1,), False, Call(G("collections", "OrderedDict")))


def state_pickle(first=None, proto=2):
    """data.pkl of a state dict, `first` evaluated and dropped before it."""
    state = {"weight": tensor()}
    return dumps(state if first is None else Seq(first, state), proto)


def members(pickle, root="archive", storages=None, extra=()):
    """The members of a torch zip, as (name, bytes)."""
    storages = {"0": WEIGHTS} if storages is None else storages
    out = [(f"{root}/data.pkl", pickle), (f"{root}/byteorder", b"little")]
    out += [(f"{root}/data/{key}", raw) for key, raw in storages.items()]
    out += [(f"{root}/version", b"3\n"), (f"{root}/.data/serialization_id", b"1234567890123456789012345678901234567890")]
    return out + list(extra)


def torch_zip(pickle, root="archive", storages=None, extra=(), method=zips.STORED, **kwargs):
    """A checkpoint as torch >= 1.6 writes it."""
    return zips.pack([zips.Member(n, d, method) for n, d in members(pickle, root, storages, extra)], **kwargs)


def legacy(obj=None, magic=None, protocol=None, info=None, keys=None, tail=b""):
    """Five pickles and the raw storages. Each of the five can be replaced by a whole stream."""
    streams = [
        magic or dumps(MAGIC, 2), protocol or dumps(PROTOCOL, 2), info or dumps(SYS_INFO, 2),
        obj or dumps({"weight": legacy_tensor()}, 2), keys or dumps(["0"], 2),
    ]
    return b"".join(streams) + struct.pack("<q", 4) + WEIGHTS + tail


def legacy_tar(storages=None, tensors=None, obj=None):
    """The tar of torch 0.1.1: members storages, tensors, pickle."""
    if storages is None:
        storages = (dumps(1, 2) + dumps((0, "cpu", G("torch", "FloatStorage")), 2)
                    + struct.pack("<q", 4) + WEIGHTS + dumps([], 2))
    if tensors is None:
        tensors = (dumps(1, 2) + dumps((1, 0, G("torch", "FloatTensor")), 2)
                   + struct.pack("<i4xqqq", 1, 4, 1, 0))
    if obj is None:
        obj = dumps({"weight": Pid("1")}, 2)
    return tars.pack([tars.Entry("storages", storages), tars.Entry("tensors", tensors), tars.Entry("pickle", obj)])


def torchscript(code, root="model", data=None, constants=None, extra=()):
    """A TorchScript archive with one module whose source is `code`."""
    data = data or (b"\x80\x02c__torch__.torch.nn.modules.module\nModel\nq\0)\x81}(X\x08\0\0\0trainingq\1\x89ub.")
    files = [
        (f"{root}/data.pkl", data), (f"{root}/code/__torch__.py", code.encode()),
        (f"{root}/constants.pkl", constants or b"\x80\x02)."), (f"{root}/version", b"3\n"), (f"{root}/byteorder", b"little"),
    ]
    return zips.pack([zips.Member(n, d) for n, d in files + list(extra)])


SCRIPT = """class Model(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Model,
    x: Tensor) -> Tensor:
{body}
    return x
"""


def script(body):
    """TorchScript source of a module whose forward has one more line."""
    return SCRIPT.format(body="    " + body)
