"""Writes names.tsv: what a Keras configuration may name.

Run with keras and tf_keras installed: `python names.py > names.tsv`. Nothing is loaded but the two packages.
Names of Keras 1 and 2.0 to 2.3 that no installed package has are in OLD.
"""
import importlib, inspect, os, pkgutil, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras, tf_keras
from keras.src.api_export import REGISTERED_NAMES_TO_OBJS as EXPORTED

# Modules whose functions are part of a model.
MODELLING = ("activations", "losses", "metrics", "initializers", "regularizers", "constraints", "ops", "random",
             "quantizers")
# Beginnings of names in the backend that are no tensor functions.
STATE = ("_", "eval", "get_", "placeholder", "variable", "enable_", "disable_", "configure_", "global_learning", "learning_phase", "print_", "set_", "clear_", "get_session", "manual_", "reset_", "function", "eager_learning", "symbolic_learning", "track_", "call_",
         "batch_get", "batch_set", "get_value", "is_", "in_", "unique_object", "deprecated", "observe", "name_scope")
# Functions that look others up: a configuration has no use for them.
LOOKUPS = ("get", "serialize", "deserialize", "clone_metric", "clone_metrics")
OLD = {
    "class": "Merge Highway MaxoutDense TimeDistributedDense AtrousConvolution1D AtrousConvolution2D Convolution1D "
             "Convolution2D Convolution3D Deconvolution2D Deconvolution3D SeparableConvolution1D SeparableConvolution2D "
             "CuDNNGRU CuDNNLSTM SReLU ParametricSoftplus ThresholdedReLU LocallyConnected1D LocallyConnected2D "
             "RandomFourierFeatures ConvRecurrent2D ConvLSTM2DCell Recurrent ActivityRegularization "
             "WeightRegularizer TFOptimizer Graph Container Siamese Masking BatchNormalizationV1 BatchNormalizationV2 "
             "DenseFeatures SequenceFeatures RandomHeight RandomWidth SyncBatchNormalization "
             "TensorFlowOpLayer AddMetric AddLoss SlicingOpLambda TFOpLambda ClassMethod InstanceMethod InstanceProperty",
    "function": "mse mae mape msle kld cosine cosine_proximity acc accuracy crossentropy ce hinge logcosh "
                "binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy "
                "sparse_top_k_categorical_accuracy fbeta_score fmeasure precision recall matthews_correlation "
                "matthews_correlation_coefficient lecun_uniform lecun_normal glorot_uniform glorot_normal he_normal he_uniform "
                "zero zeros one ones normal uniform identity orthogonal constant truncated_normal maxnorm max_norm "
                "nonneg non_neg unitnorm unit_norm unit_norm min_max_norm l1 l2 l1_l2 l1l2 linear hard_sigmoid "
                "adam sgd rmsprop adagrad adadelta adamax nadam ftrl lion adafactor",
}


def rows_of_keras():
    for path, item in EXPORTED.items():
        module, name = path.rsplit(".", 1)
        if inspect.isclass(item):
            if hasattr(item, "from_config"):
                yield module, name, "class"
        elif name == "preprocess_input" or path in ("keras.utils.normalize", "keras.utils.to_categorical"):
            yield module, name, "function"
        elif module.split(".")[1:2] and module.split(".")[1] in MODELLING and callable(item) and name not in LOOKUPS:
            yield module, name, "function"


def walk(package):
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if any(part in info.name for part in ("test", "legacy_tf", "benchmark", "mixed_precision.loss_scale_benchmark")):
            continue
        try:
            yield importlib.import_module(info.name)
        except Exception:
            continue


def classes(package):
    for module in walk(package):
        for name, item in vars(module).items():
            if inspect.isclass(item) and hasattr(item, "from_config") and item.__module__ == module.__name__:
                if item.__module__.startswith(package.__name__):
                    yield module.__name__, name, "class"


def functions(package, folders):
    for folder in folders:
        for module in walk(importlib.import_module(f"{package.__name__}.src.{folder}")) \
                if hasattr(importlib.import_module(f"{package.__name__}.src.{folder}"), "__path__") \
                else [importlib.import_module(f"{package.__name__}.src.{folder}")]:
            for name, item in vars(module).items():
                if inspect.isfunction(item) and item.__module__ == module.__name__ and not name.startswith("_"):
                    if name in LOOKUPS:
                        continue
                    yield module.__name__, name, "function"


def main():
    rows = {}

    def add(module, name, kind, source):
        rows.setdefault((module.replace("tf_keras", "keras", 1), name, kind), source)

    for row in rows_of_keras():
        add(*row, f"keras {keras.__version__}")
    for row in classes(keras.src):
        add(*row, f"keras {keras.__version__}")
    for row in classes(tf_keras.src):
        add(*row, f"tf_keras {tf_keras.__version__}")
    for row in functions(tf_keras, ("losses", "activations", "metrics")):
        add(*row, f"tf_keras {tf_keras.__version__}")
    # Tensor functions of the older backend, without those that change its state or run code.
    backend = importlib.import_module("tf_keras.src.backend")
    for name, item in vars(backend).items():
        if inspect.isfunction(item) and item.__module__ == backend.__name__ and not name.startswith(STATE):
            add("keras.backend", name, "function", f"tf_keras {tf_keras.__version__}")
    for kind, names in OLD.items():
        for name in names.split():
            add("keras", name, kind, "Keras 1 to 2.3, documentation")
    print("# What a Keras configuration may name. Written by names.py. Columns: module (`tf_keras` is `keras`), name, kind, source.")
    for (module, name, kind), source in sorted(rows.items()):
        print(module, name, kind, source, sep="\t")


main()
