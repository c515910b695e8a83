"""PyTorch: checkpoints of every kind, TorchScript, packages, exported programs."""

import collections
import io
import os
import pickle
import shutil
import warnings

import torch
from torch import nn

PACKAGE = "torch " + torch.__version__.split("+")[0]
NEW = tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (1, 6)


class Net(nn.Module):
    """A small network with a branch, for scripting."""

    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(4, 3)
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):
        """Linear, norm, relu."""
        if x.sum() > 0:
            x = x * 2
        return torch.relu(self.norm(self.fc(x)))


def save(sink, name, obj, what, expected="clean", **kwargs):
    """torch.save to a buffer, so that the archive's name is always `archive`."""
    out = io.BytesIO()
    torch.save(obj, out, **kwargs)
    sink.add("torch", name, out.getvalue(), PACKAGE, what, expected)


def layers():
    """name -> module."""
    return {
        "linear": nn.Linear(4, 2), "conv2d": nn.Conv2d(1, 2, 3), "lstm": nn.LSTM(3, 4), "gru": nn.GRU(3, 4), "embedding": nn.Embedding(5, 3), "mha": nn.MultiheadAttention(4, 2), "sequential": nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.1)),
        "modulelist": nn.ModuleList([nn.Linear(2, 2), nn.Tanh()]), "moduledict": nn.ModuleDict({"a": nn.Linear(2, 2)}), "batchnorm": nn.BatchNorm2d(3), "layernorm": nn.LayerNorm(4), "convt": nn.ConvTranspose2d(1, 1, 2), "encoder": nn.TransformerEncoderLayer(4, 2, 8),
        "softmax": nn.Softmax(dim=1), "crossentropy": nn.CrossEntropyLoss(), "prelu": nn.PReLU(), "upsample": nn.Upsample(scale_factor=2), "flatten": nn.Flatten(), "pool": nn.MaxPool2d(2), "parameterlist": nn.ParameterList([nn.Parameter(torch.ones(2))]),
    }


def tensors():
    """name -> tensor."""
    base = torch.arange(12.0).reshape(3, 4)
    out = {
        "f32": base, "f64": base.double(), "f16": base.half(), "i64": torch.arange(3), "u8": torch.arange(3, dtype=torch.uint8), "bool": torch.tensor([True, False]), "view": base[1:, ::2], "transposed": base.t(), "scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3),
        "requires-grad": base.clone().requires_grad_(), "parameter": nn.Parameter(torch.ones(2)), "sparse": base.to_sparse() if hasattr(base, "to_sparse") else base, "expanded": torch.ones(1).expand(3),
    }
    try:
        out.update(bf16=base.to(torch.bfloat16), complex64=torch.tensor([1 + 2j]))
        out.update(csr=base.to_sparse_csr(), quantized=torch.quantize_per_tensor(base, 0.1, 0, torch.qint8), f8=base.to(torch.float8_e4m3fn), meta=torch.empty(3, device="meta"))
    except Exception as e:
        print("  tensors: %s" % e)
    return out


def build(sink):
    """All of it."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    old = {"_use_new_zipfile_serialization": False} if NEW else {}
    every = tensors()
    for name, value in every.items():
        save(sink, "tensor-%s.pt" % name, value, "a tensor: " + name)
        try:
            save(sink, "tensor-%s-legacy.pt" % name, value, "a tensor, legacy file: " + name, **old)
        except Exception as e:
            sink.rows = sink.rows
            print("  legacy %s: %s" % (name, str(e)[:60]))
    for name, module in layers().items():
        save(sink, "state-%s.pth" % name, module.state_dict(), "state dict: " + name)
        save(sink, "module-%s.pt" % name, module, "a whole module: " + name)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    save(sink, "module-legacy.pt", net, "a whole module, legacy file with sources", **old)
    save(sink, "state-legacy.pth", net.state_dict(), "state dict, legacy file", **old)
    for name, cls in (("sgd", torch.optim.SGD), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("rmsprop", torch.optim.RMSprop)):
        opt = cls(net.parameters(), lr=0.01)
        net(torch.ones(1, 4)).sum().backward()
        opt.step()
        sched = torch.optim.lr_scheduler.StepLR(opt, 1)
        save(sink, "optimizer-%s.pt" % name, {"epoch": 3, "model": net.state_dict(), "optimizer": opt.state_dict(), "scheduler": sched.state_dict(), "loss": 0.3, "rng": torch.get_rng_state()}, "a training checkpoint with " + name)
        save(sink, "optimizer-object-%s.pt" % name, opt, "an optimizer object: " + name)
    for proto in (2, 3, 4, 5):
        if proto <= pickle.HIGHEST_PROTOCOL:
            save(sink, "state-p%d.pt" % proto, net.state_dict(), "state dict, protocol %d" % proto, pickle_protocol=proto)
    shared = torch.ones(4)
    save(sink, "shared-storage.pt", {"a": shared, "b": shared[1:], "c": shared}, "views of one storage")
    save(sink, "words.pt", {"vocab": {"os.system": 0, "eval(": 1}, "w": shared, "args": __import__("argparse").Namespace(lr=0.1), "od": collections.OrderedDict(a=1)}, "offensive words beside a tensor")
    save(sink, "misc.pt", {"dtype": torch.float32, "size": torch.Size([1, 2]), "device": torch.device("cpu"), "version": torch.__version__, "numpy": shared.numpy()}, "dtype, size, device, version, numpy array")
    save(sink, "weightnorm.pt", nn.utils.weight_norm(nn.Linear(2, 2)).state_dict(), "weight norm")
    sink.add("torch", "tensor.pkl", pickle.dumps({"w": torch.ones(3)}, 4), PACKAGE, "pickle.dumps of a tensor: _load_from_bytes inside")
    sink.add("torch", "module.pkl", pickle.dumps(net, 2), PACKAGE, "pickle.dumps of a module")
    scripts(sink)
    if not NEW:
        return
    quant = torch.ao.quantization.quantize_dynamic(net, {nn.Linear}, dtype=torch.qint8)
    save(sink, "quantized-dynamic.pt", quant.state_dict(), "dynamic quantisation, state dict")
    save(sink, "quantized-module.pt", quant, "dynamic quantisation, module")
    lightning = {"epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.2.0", "state_dict": net.state_dict(), "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {}, "optimizer_states": [], "lr_schedulers": [], "hyper_parameters": {"lr": 0.1}}
    save(sink, "lightning-like.ckpt", lightning, "the dict that Lightning writes")
    packages(sink, net)
    exported(sink)
    distributed(sink, net)


def scripts(sink):
    models = {"net": Net().eval(), "sequential": nn.Sequential(nn.Linear(4, 3), nn.ReLU()), "conv": nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU()), "lstm": nn.LSTM(4, 3)}
    inputs = {"net": torch.ones(2, 4), "sequential": torch.ones(2, 4), "conv": torch.ones(1, 1, 5, 5), "lstm": torch.ones(2, 1, 4)}
    for name, model in models.items():
        for how in ("script", "trace"):
            try:
                made = torch.jit.script(model) if how == "script" else torch.jit.trace(model, inputs[name], check_trace=False)
                out = io.BytesIO()
                torch.jit.save(made, out)
                sink.add("torchscript", "%s-%s.pt" % (name, how), out.getvalue(), PACKAGE, "TorchScript, %s of %s" % (how, name))
                if NEW and how == "script" and name != "lstm":
                    made._save_for_lite_interpreter(sink.path("torchscript", "%s.ptl" % name, PACKAGE, "mobile: " + name))
            except Exception as e:
                print("  %s %s: %s" % (how, name, str(e)[:80]))


def packages(sink, net):
    try:
        path = sink.path("torch", "package.pt", PACKAGE, "torch.package with a module of torch.nn")
        with torch.package.PackageExporter(path) as p:
            p.extern("torch.**")
            p.save_pickle("model", "model.pkl", net)
            p.save_text("docs", "readme.txt", "A model.")
    except Exception as e:
        print("  package: %s" % str(e)[:80])


def exported(sink):
    try:
        program = torch.export.export(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), (torch.ones(2, 4),))
        torch.export.save(program, sink.path("torch", "exported.pt2", PACKAGE, "torch.export"))
    except Exception as e:
        print("  export: %s" % str(e)[:80])


def distributed(sink, net):
    try:
        from torch.distributed import checkpoint

        folder = sink.path("torch", "dcp", PACKAGE, "a distributed checkpoint: directory")
        shutil.rmtree(folder, ignore_errors=True)
        checkpoint.save({"model": net.state_dict(), "step": 3}, checkpoint_id=folder, no_dist=True)
        sink.rows.pop()
        for name in sorted(os.listdir(folder)):
            relative = "benign/torch/%s-dcp/%s" % (sink.tag, name)
            sink.rows.append((relative, "torch", PACKAGE, "distributed checkpoint: " + name, "clean"))
    except Exception as e:
        print("  dcp: %s" % str(e)[:80])
