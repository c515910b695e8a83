"""Applications of PyTorch: transformers, Lightning, accelerate, torchvision, Ultralytics. No downloads."""

import io
import os
import shutil
import tempfile
import warnings

import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("YOLO_OFFLINE", "1")


def build(sink):
    """Each on its own."""
    warnings.simplefilter("ignore")
    for part in (vision, transformers_, lightning, accelerate_, ultralytics_):
        try:
            part(sink)
        except Exception as e:
            print("  %s: %s" % (part.__name__, str(e)[:120]))


def save(sink, framework, name, obj, package, what, expected="clean", **kwargs):
    out = io.BytesIO()
    torch.save(obj, out, **kwargs)
    sink.add(framework, name, out.getvalue(), package, what, expected)


def vision(sink):
    import torchvision

    package = "torchvision " + torchvision.__version__.split("+")[0]
    model = torchvision.models.squeezenet1_1(weights=None)
    save(sink, "torchvision", "squeezenet.pth", model.state_dict(), package, "state dict", "clean")
    save(sink, "torchvision", "squeezenet-module.pt", model, package, "whole model", "info")
    save(sink, "torchvision", "transforms.pt", torchvision.transforms.Compose([torchvision.transforms.Resize(8), torchvision.transforms.ToTensor()]), package, "transforms", "info")


def transformers_(sink):
    import transformers

    package = "transformers " + transformers.__version__
    args = transformers.TrainingArguments(output_dir=tempfile.gettempdir(), report_to=[], use_cpu=True)
    save(sink, "transformers", "training_args.bin", args, package, "TrainingArguments", "info")
    seq = transformers.Seq2SeqTrainingArguments(output_dir=tempfile.gettempdir(), report_to=[], use_cpu=True)
    save(sink, "transformers", "seq2seq_training_args.bin", seq, package, "Seq2SeqTrainingArguments", "info")
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20, max_position_embeddings=16)
    model = transformers.BertModel(config)
    save(sink, "transformers", "pytorch_model.bin", model.state_dict(), package, "state dict of a tiny BERT")
    save(sink, "transformers", "bert-module.pt", model, package, "whole tiny BERT", "info")
    save(sink, "transformers", "config.pt", config, package, "a configuration object", "info")
    folder = tempfile.mkdtemp()
    model.save_pretrained(folder)
    for name in sorted(os.listdir(folder)):
        shutil.copy(os.path.join(folder, name), sink.path("transformers", "tiny-bert-" + name, package, "save_pretrained: " + name))
    shutil.rmtree(folder)


def lightning(sink):
    import pytorch_lightning as pl

    class Lit(pl.LightningModule):
        def __init__(self, lr=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.fc = torch.nn.Linear(2, 1)

        def training_step(self, batch, _):
            return self.fc(batch[0]).sum()

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.1)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 2)))
    folder = tempfile.mkdtemp()
    callbacks = [pl.callbacks.ModelCheckpoint(folder), pl.callbacks.EarlyStopping("x", strict=False)]
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", logger=False, callbacks=callbacks[:1], enable_progress_bar=False, enable_model_summary=False, default_root_dir=folder)
    trainer.fit(Lit(), data)
    path = sink.path("lightning", "trained.ckpt", "pytorch-lightning " + pl.__version__, "a checkpoint after one epoch")
    trainer.save_checkpoint(path)
    shutil.rmtree(folder)


def accelerate_(sink):
    import accelerate

    folder = tempfile.mkdtemp()
    acc = accelerate.Accelerator(cpu=True)
    net = torch.nn.Linear(2, 2)
    net, opt = acc.prepare(net, torch.optim.SGD(net.parameters(), lr=0.1))
    acc.save_state(folder)
    for name in sorted(os.listdir(folder)):
        if os.path.isfile(os.path.join(folder, name)):
            shutil.copy(os.path.join(folder, name), sink.path("accelerate", name, "accelerate " + accelerate.__version__, "save_state: " + name))
    shutil.rmtree(folder)


def ultralytics_(sink):
    import ultralytics

    package = "ultralytics " + ultralytics.__version__
    for name in ("yolov8n", "yolov8n-seg", "yolov8n-cls"):
        model = ultralytics.YOLO(name + ".yaml")
        net = model.model.half()
        save(sink, "ultralytics", name + ".pt", {"epoch": -1, "best_fitness": None, "model": net, "ema": None, "updates": None, "optimizer": None, "train_args": {"task": "detect"}, "date": "2024-01-01", "version": ultralytics.__version__}, package, "an untrained model as the library saves it", "info")
