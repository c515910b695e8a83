"""PyTorch's other containers: legacy files and tars, TorchScript, packages, .mar, .pt2, DCP, checkpoints of frameworks."""

import base64
import json
import struct

from making import tars, zips
from making.elf import elf, elf_importing
from making.pickles import (
    EVIL, TWIN, Build, Call, G, New, Pid, Seq, dumps, enc, wrap,
)
from making.torches import (
    MAGIC, PROTOCOL, WEIGHTS, legacy, legacy_tar, legacy_tensor, script, state_pickle, tensor, torch_zip, torchscript,
)

FAMILY = "torch"


def cases(c):
    """c25–c32, c57–c59, c63–c65, c69–c72 of the catalogue and relatives."""
    legacies(c)
    tar_checkpoints(c)
    scripts(c)
    packages(c)
    exported(c)
    frameworks(c)
    structure(c)


def legacies(c):
    def state(p, proto=2):
        return dumps({"weight": legacy_tensor(), "hook": p.node}, proto)

    c.pair(FAMILY, "c28", "legacy-pickle-4", "pt", lambda p: legacy(state(p)), what="legacy: the call is in the object")
    c.pair(FAMILY, "c29", "legacy-pickle-3", "pt", lambda p: legacy(info=p.pickle(2)), what="legacy: the call is in the system info")
    c.pair(FAMILY, "c30", "legacy-pickle-5", "pt", lambda p: legacy(keys=dumps(Seq(p.node, ["0"]), 2)), what="legacy: the call is in the list of keys")
    c.pair(FAMILY, "c30b", "legacy-pickle-2", "pt", lambda p: legacy(protocol=dumps(Seq(p.node, PROTOCOL), 2)), what="legacy: the call is in the protocol number")
    c.add(FAMILY, "c31", "legacy-magic-eval", "pt",
          legacy(magic=dumps(Call(G("builtins", "eval"), f"__import__('os').system('echo pwned') or {MAGIC}"), 2)), legacy(),
          what="legacy: the magic number is computed by eval")
    c.pair(FAMILY, "c32", "legacy-magic-own-pickle", "pt", lambda p: legacy(magic=dumps(Seq(p.node, MAGIC), 2)),
           what="legacy: the call stands before the magic number in its own pickle")
    c.pair(FAMILY, "c32b", "legacy-wrong-magic", "pt", lambda p: legacy(magic=p.pickle(2)), calm="warning",
           what="legacy: the first pickle is no magic number at all, it has run when that is noticed")
    c.pair(FAMILY, "c65", "legacy-two-saves", "pt", lambda p: legacy() + legacy(p.pickle(2)),
           what="legacy: two files in a row, the call in the second, after raw weights")
    c.pair(FAMILY, "c65b", "legacy-then-pickle", "pt", lambda p: legacy(tail=p.pickle(4)), expected="warning", calm="info",
           what="legacy: a pickle after the raw weights")
    c.pair(FAMILY, "c65c", "legacy-module-pid", "pt",
           lambda p: legacy(dumps({"m": Pid(("module", p.callee, "net.py", "class Net: pass"))}, 2)) if p.module == "os"
           else legacy(), what="legacy: a persistent id names a class and its source file")
    c.pair(FAMILY, "c65d", "legacy-protocol-4", "pt", lambda p: legacy(state(p, 4)), what="legacy: the object has protocol 4")
    c.pair(FAMILY, "c65e", "legacy-opcodes-in-weights", "pt",
           lambda p: legacy(state(p)).replace(WEIGHTS, b"\x80\x02.\x99\x99..\x80\x04\x95\xff\xff\xff\xff\xff"[:16].ljust(16, b".")),
           what="legacy: the raw weights look like opcodes")


def tar_checkpoints(c):
    raw = struct.pack("<q", 4) + WEIGHTS
    keyed = dumps((0, "cpu", G("torch", "FloatStorage")), 2)
    c.pair(FAMILY, "c25", "tar-pickle", "tar", lambda p: legacy_tar(obj=p.pickle(2)), what="torch tar: member pickle")
    c.pair(FAMILY, "c26", "tar-storages", "pt", lambda p: legacy_tar(storages=dumps(Seq(p.node, 1), 2) + keyed + raw + dumps([], 2)),
           what="torch tar: member storages")
    c.pair(FAMILY, "c63", "tar-after-weights", "pt", lambda p: legacy_tar(storages=dumps(1, 2) + keyed + raw + dumps(Seq(p.node, []), 2)),
           what="torch tar: after the raw weights in storages")
    c.pair(FAMILY, "c64", "tar-after-sizes", "pt",
           lambda p: legacy_tar(tensors=dumps(2, 2) + dumps((1, 0, G("torch", "FloatTensor")), 2) + struct.pack("<i4xqqq", 1, 4, 1, 0)
                                + dumps(Seq(p.node, (2, 0, G("torch", "FloatTensor"))), 2) + struct.pack("<i4xqqq", 1, 4, 1, 0)),
           what="torch tar: after the raw sizes in tensors")
    c.pair(FAMILY, "c64b", "tar-in-zip-name", "pth", lambda p: legacy_tar(obj=dumps({"a": p.node}, 0)), what="torch tar: protocol 0")


def scripts(c):
    calm = torchscript(script("x = torch.relu(x)"))
    for id, slug, body in [
        ("c59", "aten-save", "_0 = ops.aten.save([x], \"/tmp/pwned\")"),
        ("c59b", "torch-save", "torch.save(x, \"/tmp/pwned\")"),
        ("c59c", "from-file", "x = torch.from_file(\"/etc/passwd\", False, 10, dtype=0)"),
        ("c59d", "aten-from-file", "x = ops.aten.from_file(\"/etc/passwd\", False, 10, 0, 0, None, None)"),
        ("c59e", "torch-load", "x = torch.load(\"/tmp/pwned\")"),
        ("c59f", "rpc", "_1 = ops.prim.rpc_sync(\"worker0\", x)"),
        ("c59g", "custom-namespace", "x = ops.pwned.run(x, \"echo pwned\")"),
        ("c59h", "aten-save-spaced", "_0 = ops . aten . save ( [x] , \"/tmp/pwned\" )"),
    ]:
        expected = "warning" if id in ("c59g", "c59f") else "critical"
        c.add(FAMILY, id, f"script-{slug}", "pt", torchscript(script(body)), calm, expected, f"TorchScript source: {body}")
    loop = script("while True:\n      x = torch.add(x, 1)")
    c.add(FAMILY, "c59i", "script-endless", "pt", torchscript(loop), calm, "info", "TorchScript source with an endless loop")
    c.pair(FAMILY, "c59j", "script-data-pkl", "pt", lambda p: torchscript(script("x = torch.relu(x)"), data=p.pickle(2)),
           what="TorchScript: a Python call in data.pkl")
    c.pair(FAMILY, "c59k", "script-constants-pkl", "pt", lambda p: torchscript(script("x = torch.relu(x)"), constants=p.pickle(2)),
           what="TorchScript: a Python call in constants.pkl")
    c.pair(FAMILY, "c59l", "script-debug-pkl", "pt",
           lambda p: torchscript(script("x = torch.relu(x)"), extra=[("model/code/__torch__.py.debug_pkl", p.pickle(2))]),
           what="TorchScript: a Python call in a debug pickle")
    c.pair(FAMILY, "c59m", "script-extra", "pt", lambda p: torchscript(script("x = torch.relu(x)"), extra=[("model/extra/info.pkl", p.pickle(4))]),
           what="TorchScript: a pickle among the extra files")
    c.pair(FAMILY, "c59n", "mobile-bytecode", "ptl", lambda p: torchscript(script("x = torch.relu(x)"), extra=[("model/bytecode.pkl", p.pickle(2))]),
           what="mobile: a Python call in bytecode.pkl")


def packages(c):
    def package(source, p=TWIN):
        return zips.simple({
            "pkg/.data/extern_modules": b"os\n", "pkg/.data/version": b"6\n", "pkg/.data/python_version": b"3.11.7",
            "pkg/byteorder": b"little", "pkg/model/model.pkl": dumps(Build(New(G("my_model.net", "Net")), {"w": 1}), 3),
            "pkg/my_model/__init__.py": b"", "pkg/my_model/net.py": source,
        })

    calm = package(b"class Net:\n    def __init__(self):\n        self.w = 1\n")
    for id, slug, source in [
        ("c57", "source-system", b"import os\nos.system('echo pwned')\n\nclass Net:\n    pass\n"),
        ("c57b", "source-subprocess", b"import subprocess\n\nclass Net:\n    def __setstate__(self, s):\n        subprocess.Popen(['echo', 'pwned'])\n"),
        ("c57c", "source-exec", b"import base64\nexec(base64.b64decode('cHJpbnQoJ2VjaG8gcHduZWQnKQ=='))\n\nclass Net:\n    pass\n"),
        ("c57d", "source-ctypes", b"import ctypes\nctypes.CDLL('./pwned.so')\n\nclass Net:\n    pass\n"),
        ("c57e", "source-getattr", b"getattr(__import__('o' + 's'), 'sys' + 'tem')('echo pwned')\n\nclass Net:\n    pass\n"),
    ]:
        c.add(FAMILY, id, f"package-{slug}", "pt", package(source), calm, what="torch.package: the Python source runs on import", calm="warning")
    handler = lambda body: b"from ts.torch_handler.base_handler import BaseHandler\n\nclass Handler(BaseHandler):\n    def initialize(self, context):\n" + body
    manifest = {"createdOn": "01/01/2024 00:00:00", "runtime": "python", "archiverVersion": "0.11.0",
                "model": {"modelName": "m", "serializedFile": "model.pt", "handler": "handler.py", "modelVersion": "1.0"}}
    mar = lambda body, p, m=manifest, more=(): zips.pack([zips.Member(n, d, 8) for n, d in [
        ("MAR-INF/MANIFEST.json", json.dumps(m, indent=2).encode()), ("handler.py", handler(body)),
        ("model.pt", torch_zip(state_pickle(p.node))), *more]])
    quiet = b"        super().initialize(context)\n"
    c.add(FAMILY, "c58", "mar-handler", "mar", mar(b"        import os\n        os.system('echo pwned')\n", TWIN), mar(quiet, TWIN),
          what="TorchServe: the handler runs a command", calm="info")
    c.add(FAMILY, "c58b", "mar-model", "mar", mar(quiet, EVIL), mar(quiet, TWIN), what="TorchServe: the call is in the model", calm="info")
    up = {**manifest, "model": {**manifest["model"], "serializedFile": "../../model.pt"}}
    c.add(FAMILY, "c58c", "mar-path", "mar", mar(quiet, TWIN, up), mar(quiet, TWIN), "warning", "TorchServe: the manifest names a file outside", "info")
    url = {**manifest, "model": {**manifest["model"], "handler": "http://127.0.0.1:9/handler.py"}}
    c.add(FAMILY, "c58d", "mar-url", "mar", mar(quiet, TWIN, url), mar(quiet, TWIN), "warning", "TorchServe: the manifest names an address", "info")
    yaml = ("model-config.yaml", b"minWorkers: 1\nx: !!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL [\"http://127.0.0.1:9/\"]]]]\n")
    c.add(FAMILY, "c58e", "mar-yaml", "mar", mar(quiet, TWIN, more=[yaml]), mar(quiet, TWIN, more=[("model-config.yaml", b"minWorkers: 1\n")]),
          what="TorchServe: a YAML tag builds Java objects", calm="info")
    reqs = ("requirements.txt", b"--index-url http://127.0.0.1:9/simple\npwned\n")
    c.add(FAMILY, "c58f", "mar-requirements", "mar", mar(quiet, TWIN, more=[reqs]), mar(quiet, TWIN, more=[("requirements.txt", b"numpy\n")]),
          "warning", "TorchServe: requirements from an unusual index", "info")
    c.add(FAMILY, "c58g", "mar-tgz", "tar.gz", _gz(tars.simple({"MAR-INF/MANIFEST.json": json.dumps(manifest).encode(), "handler.py": handler(quiet),
          "model.pt": torch_zip(state_pickle(EVIL.node))})), _gz(tars.simple({"MAR-INF/MANIFEST.json": json.dumps(manifest).encode(),
          "handler.py": handler(quiet), "model.pt": torch_zip(state_pickle(TWIN.node))})), what="TorchServe as tar.gz", calm="info")


def _gz(data):
    import gzip

    return gzip.compress(data, 9, mtime=0)


def exported(c):
    graph = {"graph_module": {"graph": {"nodes": [{"target": "torch.ops.aten.add.Tensor", "inputs": [], "outputs": [], "metadata": {}}]}},
             "schema_version": {"major": 8, "minor": 5}}

    def pt2(more, target="torch.ops.aten.add.Tensor"):
        text = json.dumps(graph).replace("torch.ops.aten.add.Tensor", target)
        files = {"m/archive_format": b"pt2", "m/archive_version": b"0", "m/byteorder": b"little", "m/models/model.json": text.encode(),
                 "m/data/weights/weight_0": WEIGHTS, **more}
        return zips.simple(files)

    calm = pt2({})
    c.add(FAMILY, "c73", "pt2-elf", "pt2", pt2({"m/data/aotinductor/model/model.so": elf()}), calm, "warning", "pt2: a shared library, loaded by dlopen")
    c.add(FAMILY, "c73b", "pt2-elf-system", "pt2", pt2({"m/data/aotinductor/model/model.so": elf_importing("system", "dlopen", "connect")}), calm,
          "critical", "pt2: a shared library that imports system")
    c.pair(FAMILY, "c73c", "pt2-sample-inputs", "pt2", lambda p: pt2({"m/data/sample_inputs/model.pt": torch_zip(state_pickle(p.node))}),
           what="pt2: the call is in the sample inputs")
    c.pair(FAMILY, "c73d", "pt2-custom-object", "pt2", lambda p: pt2({"m/data/constants/custom_obj_0": p.pickle(2)}), what="pt2: the call is in a custom object")
    c.add(FAMILY, "c73e", "pt2-operator", "pt2", pt2({}, "torch.ops.pwned.run.default"), calm, "warning", "pt2: an operator of an unknown namespace")
    c.add(FAMILY, "c73f", "pt2-target-function", "pt2", pt2({}, "os.system"), calm, "warning", "pt2: the target of a node is a Python function")


def frameworks(c):
    def sb3(p):
        blob = base64.b64encode(p.pickle(4)).decode()
        data = {"policy_class": {":type:": "<class 'abc.ABCMeta'>", ":serialized:": blob}, "gamma": 0.99, "n_envs": 1}
        return zips.simple({"data": json.dumps(data, indent=4).encode(), "pytorch_variables.pth": torch_zip(state_pickle()),
                            "policy.pth": torch_zip(state_pickle()), "_stable_baselines3_version": b"2.3.2", "system_info.txt": b"- OS: Linux\n"})

    c.pair(FAMILY, "c69", "sb3-json", "zip", sb3, what="stable-baselines3: base64 of a pickle in the member `data`")
    c.pair(FAMILY, "c70", "dcp-first", "distcp", lambda p: torch_zip(state_pickle(p.node)) + WEIGHTS * 64 + torch_zip(state_pickle()),
           what="distributed checkpoint: concatenated torch zips, the call in the first")
    c.pair(FAMILY, "c70b", "dcp-middle", "distcp",
           lambda p: torch_zip(state_pickle()) + torch_zip(state_pickle(p.node)) + torch_zip(state_pickle()), what="the same, in the middle")
    c.pair(FAMILY, "c71", "dcp-metadata", "metadata", lambda p: p.pickle(2), what="distributed checkpoint: .metadata is a plain pickle")
    yaml = b"target: nemo.collections.asr.models.EncDecCTCModel\nsample_rate: 16000\n"
    nemo = lambda p, y=yaml: tars.simple({"./model_config.yaml": y, "./model_weights.ckpt": torch_zip(state_pickle(p.node))})
    c.pair(FAMILY, "c72", "nemo", "nemo", nemo, what="NeMo: the call is in the weights")
    c.pair(FAMILY, "c72b", "nemo-gz", "nemo", lambda p: _gz(nemo(p)), what="NeMo as tar.gz")
    for id, slug, evil in [
        ("c72c", "target", b"model:\n  _target_: os.system\n  command: echo pwned\n"),
        ("c72d", "cls-params", b"cls: subprocess.Popen\nparams:\n  args: [echo, pwned]\n"),
        ("c72e", "root-target", b"target: os.system\n"),
        ("c72f", "python-tag", b"x: !!python/object/apply:os.system ['echo pwned']\n"),
        ("c72g", "nested-target", b"a:\n  b:\n    - _target_: builtins.eval\n      _args_: [\"print('echo pwned')\"]\n"),
    ]:
        c.add(FAMILY, id, f"nemo-{slug}", "nemo", nemo(TWIN, evil), nemo(TWIN), what=f"NeMo: {evil.decode()}")
    lightning = lambda p: torch_zip(dumps({"epoch": 1, "pytorch-lightning_version": "2.2.0", "state_dict": {"w": tensor()}, "loops": {},
                                           "callbacks": {p.callee if p.module == "os" else "EarlyStopping": {"wait": 1}}, "hyper_parameters": {"lr": 0.1}}, 2))
    c.pair(FAMILY, "c72h", "lightning-callback", "ckpt", lightning, what="Lightning: os.system as the key of a callback")


def structure(c):
    """Checkpoints whose pickle and records disagree, and calls torch alone makes dangerous."""
    c.add(FAMILY, "c74", "storage-too-small", "pt", torch_zip(dumps({"w": tensor(numel=1 << 20)}, 2)), torch_zip(state_pickle()), "warning",
          "a storage claims more elements than its record has")
    c.add(FAMILY, "c74b", "storage-missing", "pt", torch_zip(dumps({"w": tensor("7")}, 2)), torch_zip(state_pickle()), "info",
          "a storage without record")
    far = Call(G("torch._utils", "_rebuild_tensor_v2"), Pid(("storage", G("torch", "FloatStorage"), "0", "cpu", 4)), 1 << 40, (4,), (1 << 30,), False,
               Call(G("collections", "OrderedDict")))
    c.add(FAMILY, "c74c", "strides-outside", "pt", torch_zip(dumps({"w": far}, 2)), torch_zip(state_pickle()), "warning", "offset and strides outside the storage")
    setitem = b"\x80\x02" + enc(tensor(), 2) + b"K\0K\1s."
    c.add(FAMILY, "c74d", "setitem-on-tensor", "pt", torch_zip(setitem), torch_zip(state_pickle()), "warning",
          "SETITEM on a tensor: memory corruption in the weights-only loader before 2.10")
    rebuilt = Call(G("torch._tensor", "_rebuild_from_type_v2"), G("os", "system"), G("torch", "Tensor"), ("echo pwned",), {})
    c.add(FAMILY, "c74e", "rebuild-from-type", "pt", torch_zip(dumps({"w": rebuilt}, 2)), torch_zip(state_pickle()), what="_rebuild_from_type_v2 calls what it is given")
    c.add(FAMILY, "c74f", "pid-not-tuple", "pt", torch_zip(wrap(enc(Pid("os.system"), 2), 2)), torch_zip(state_pickle()), "info", "a persistent id that is no tuple")
    c.add(FAMILY, "c74g", "pid-storage-type", "pt", torch_zip(dumps({"w": Pid(("storage", G("os", "system"), "0", "cpu", 4))}, 2)), torch_zip(state_pickle()),
          what="os.system as the storage type")
    c.add(FAMILY, "c74h", "module-mutation", "pt", torch_zip(dumps(Seq(Build(G("torch", "nn.Module"), (None, {"forward": G("os", "system")})), {"w": tensor()}), 4)),
          torch_zip(state_pickle()), what="BUILD replaces nn.Module.forward")
    c.add(FAMILY, "c74i", "forward-hook", "pt",
          torch_zip(dumps(Build(New(G("torch.nn.modules.linear", "Linear")), {"_forward_hooks": {0: G("os", "system")}, "weight": tensor()}), 2)),
          torch_zip(dumps(Build(New(G("torch.nn.modules.linear", "Linear")), {"_forward_hooks": {}, "weight": tensor()}), 2)), what="os.system as a forward hook")
