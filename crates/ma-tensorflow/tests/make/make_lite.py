"""Makes the genuine files of testdata/benign/{tflite,tf-checkpoint,tfjs}. Usage: make_lite.py OUT

Made with tensorflow-cpu 2.21 (keras 3). For TensorFlow.js: tensorflowjs 4.22, of which only the
converters are imported (what it imports besides is replaced by empty modules).
"""
import os, sys, types, zipfile
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

OUT = sys.argv[1]
for folder in ("tflite", "tf-checkpoint", "tfjs", "saved"):
    os.makedirs(os.path.join(OUT, folder), exist_ok=True)
np.random.seed(1)
tf.random.set_seed(1)
Spec, Lite, Layers = tf.TensorSpec, tf.lite.TFLiteConverter, tf.keras.layers


def at(*parts):
    return os.path.join(OUT, *parts)


def save(name, converter):
    with open(at("tflite", name + ".tflite"), "wb") as f:
        f.write(converter.convert())


def function(f, *specs):
    concrete = tf.function(f, input_signature=specs).get_concrete_function()
    return Lite.from_concrete_functions([concrete], tf.Module())


def flex(converter):
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    return converter


dense = tf.keras.Sequential([tf.keras.Input((4,)), Layers.Dense(3, activation="relu"), Layers.Dense(2, activation="softmax")])
conv = tf.keras.Sequential([tf.keras.Input((8, 8, 1)), Layers.Conv2D(2, 3, activation="relu"), Layers.DepthwiseConv2D(3), Layers.MaxPooling2D(), Layers.Flatten(), Layers.Dense(2)])
save("dense", Lite.from_keras_model(dense))
save("conv", Lite.from_keras_model(conv))

int8 = Lite.from_keras_model(conv)
int8.optimizations = [tf.lite.Optimize.DEFAULT]
int8.representative_dataset = lambda: ([np.random.rand(1, 8, 8, 1).astype("f")] for _ in range(8))
int8.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
int8.inference_input_type = int8.inference_output_type = tf.int8
save("conv-int8", int8)

half = Lite.from_keras_model(dense)
half.optimizations = [tf.lite.Optimize.DEFAULT]
half.target_spec.supported_types = [tf.float16]
save("dense-f16", half)

save("while", function(lambda x: tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2.0), [tf.constant(0), x])[1], Spec([2], tf.float32)))
save("if", function(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: x - 1.0), Spec([2], tf.float32)))
save("flex-select", flex(function(lambda x: tf.linalg.cholesky(x), Spec([2, 2], tf.float32))))
save("strings", function(lambda i: tf.gather(tf.constant(["alpha", "beta", "gamma"]), i), Spec([1], tf.int32)))


class Matrix(tf.Module):
    def __init__(self):
        self.v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    @tf.function(input_signature=[Spec([1, 2], tf.float32)])
    def serve(self, x):
        return {"y": x @ self.v}


class Sum(tf.Module):
    def __init__(self):
        self.v = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[Spec([2], tf.float32)])
    def serve(self, x):
        self.v.assign_add(x)
        return {"v": self.v.read_value()}


class Table(tf.Module):
    def __init__(self):
        words = tf.lookup.KeyValueTensorInitializer(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64))
        self.t = tf.lookup.StaticHashTable(words, -1)

    @tf.function(input_signature=[Spec([None], tf.string)])
    def serve(self, x):
        return {"o": self.t.lookup(x)}


matrix, total, table = Matrix(), Sum(), Table()
for name, module in (("matrix", matrix), ("sum", total), ("table", table)):
    tf.saved_model.save(module, at("saved", name), signatures={"serving_default": module.serve})
save("signatures", Lite.from_concrete_functions([matrix.serve.get_concrete_function()], matrix))
variables = Lite.from_saved_model(at("saved", "sum"))
variables.experimental_enable_resource_variables = True
save("variables", variables)
save("hashtable", Lite.from_saved_model(at("saved", "table")))
lstm = tf.keras.Sequential([tf.keras.Input((4, 2), batch_size=1), Layers.LSTM(3)])
save("lstm", Lite.from_keras_model(lstm))
offset = Lite.from_keras_model(dense)
offset._experimental_use_buffer_offset = True
save("buffer-offset", offset)
wide = tf.keras.Sequential([tf.keras.Input((32,)), Layers.Dense(16, use_bias=False)])
kernel = np.random.rand(32, 16).astype("f")
kernel[np.random.rand(32, 16) < 0.9] = 0
wide.set_weights([kernel])
sparse = Lite.from_keras_model(wide)
sparse.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
save("sparse", sparse)

# Metadata and labels, as the metadata writer of tflite-support lays them out.
with open(at("tflite", "dense.tflite"), "rb") as f:
    model = schema.ModelT.InitFromPackedBuf(f.read(), 0)
builder = flatbuffers.Builder(64)
name, version = builder.CreateString("Dense"), builder.CreateString("v1")
builder.StartObject(8)
builder.PrependUOffsetTRelativeSlot(0, name, 0)
builder.PrependUOffsetTRelativeSlot(2, version, 0)
builder.Finish(builder.EndObject(), b"M001")
buffer = schema.BufferT()
buffer.data = np.frombuffer(bytes(builder.Output()), np.uint8)
model.buffers.append(buffer)
entry = schema.MetadataT()
entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers) - 1
model.metadata.append(entry)
builder = flatbuffers.Builder(4096)
builder.Finish(model.Pack(builder), b"TFL3")
with open(at("tflite", "labelled.tflite"), "wb") as f:
    f.write(builder.Output())
with zipfile.ZipFile(at("tflite", "labelled.tflite"), "a") as z:
    z.writestr("labels.txt", "tench\ngoldfish\n")

# Checkpoints.
os.chdir(at("tf-checkpoint"))
tf.train.Checkpoint(
    v=tf.Variable(np.arange(6, dtype="f").reshape(2, 3)), b=tf.Variable(np.zeros(3, "f")),
    names=tf.Variable(["hello", "world"]), step=tf.Variable(3, dtype=tf.int64),
).save("model")
optimizer = tf.keras.optimizers.Adam()
dense.compile(optimizer, "mse")
dense.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
tf.train.Checkpoint(model=dense, opt=optimizer).write("opt")
v1 = tf.compat.v1
with tf.Graph().as_default():
    v1.get_variable("a", [2, 2])
    v1.get_variable("scope/p", [4, 2], partitioner=v1.fixed_size_partitioner(2))
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, "tf1", global_step=7)
        v1.train.Saver(write_version=1).save(session, "old.ckpt")


class Nothing(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)


for missing in ("tensorflow_hub", "tensorflow_decision_forests", "jax", "jax.experimental", "jax.experimental.jax2tf", "flax", "tf_keras"):
    sys.modules[missing] = Nothing(missing)
for name, kind in (("object", object), ("bool", bool), ("float", float), ("int", int)):
    if name not in np.__dict__:
        setattr(np, name, kind)
from tensorflowjs.converters import keras_h5_conversion, tf_saved_model_conversion_v2

convert = tf_saved_model_conversion_v2.convert_tf_saved_model
convert(at("saved", "matrix"), at("tfjs", "graph"))
convert(at("saved", "table"), at("tfjs", "table"))
convert(at("saved", "matrix"), at("tfjs", "quantized"), quantization_dtype_map={"uint8": "*"})
keras_h5_conversion.save_keras_model(dense, at("tfjs", "layers"))
