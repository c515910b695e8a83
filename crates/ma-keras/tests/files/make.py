"""Writes `empty.h5` and the golden files in HDF5, with h5py. Run in this folder: `python make.py`."""
import json, os
import h5py

here = os.path.dirname(os.path.abspath(__file__))
golden = os.path.join(here, "../../../../testdata/golden/ma-keras")
marshal = os.path.join(here, "../../../ma-python/testdata/marshal")


def lambda_model(path):
    import base64
    code = base64.encodebytes(open(os.path.join(marshal, path), "rb").read()).decode()
    layer = {"class_name": "Lambda", "config": {"name": "scale", "function": [code, None, None], "function_type": "lambda",
                                                "module": "__main__", "output_shape": None, "arguments": {}}}
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [layer]}}


def dense_model():
    layer = {"class_name": "Dense", "config": {"name": "scale", "units": 2, "activation": "relu"}}
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [layer]}}


def write(path, model=None, training=None, fixed=False):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with h5py.File(path, "w", libver="latest", track_order=False) as file:
        if model is None:
            return
        text = json.dumps(model)
        file.attrs["keras_version"] = "2.9.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = text.encode() if fixed else text
        if training:
            file.attrs["training_config"] = json.dumps(training)
        file.create_group("model_weights").attrs["layer_names"] = [b"scale"]


training = {"loss": "mse", "metrics": ["accuracy"], "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.001}}}
evil_training = dict(training, loss={"module": "os", "class_name": "function", "config": "system"})
write(os.path.join(here, "empty.h5"))
write(f"{golden}/keras-lambda-code/fires-dangerous.h5", lambda_model("lambda-evil-3.8.bin"), training)
write(f"{golden}/keras-lambda-code/fires-plain.h5", lambda_model("lambda-3.8.bin"), training, fixed=True)
write(f"{golden}/keras-lambda-code/silent-dense.h5", dense_model(), training)
write(f"{golden}/keras-unsafe-module/fires-training.h5", dense_model(), evil_training)
write(f"{golden}/keras-unsafe-module/silent-training.h5", dense_model(), training)
