"""Makes the genuine TensorFlow files of testdata/benign/tensorflow. Usage: make_benign.py OUT

Made with tensorflow-cpu 2.21 (keras 3) and tf_keras 2.21. Nothing here is executed but the
construction of the graphs themselves.
"""
import os, shutil, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import tensorflow as tf
v1 = tf.compat.v1
OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)


def path(name):
    p = os.path.join(OUT, name)
    shutil.rmtree(p, ignore_errors=True)
    return p


class Linear(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0], [2.0]], name="w")

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        return {"y": tf.matmul(x, self.w)}


class Words(tf.Module):
    """A vocabulary file as an asset, split text, look words up."""

    def __init__(self, vocab):
        init = tf.lookup.TextFileInitializer(vocab, tf.string, 0, tf.int64, -1, delimiter="\t")
        self.table = tf.lookup.StaticVocabularyTable(init, 1)
        self.asset = tf.saved_model.Asset(vocab)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def ids(self, text):
        parts = tf.strings.split(tf.strings.lower(text), " ")
        return {"ids": self.table.lookup(parts).to_tensor(-1)}


class Pipeline(tf.Module):
    """tf.data inside a function, over tensors and over a file that the caller names."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def total(self, values):
        data = tf.data.Dataset.from_tensor_slices(values).map(lambda v: v * 2.0).batch(2).cache()
        return {"total": data.reduce(0.0, lambda s, v: s + tf.reduce_sum(v))}

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def lines(self, filename):
        data = tf.data.TextLineDataset(filename)
        return {"lines": data.reduce(tf.constant(0, tf.int64), lambda n, _: n + 1)}


class Branches(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def collatz(self, n):
        steps = tf.constant(0)
        while n > 1:
            n = tf.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1)
            steps += 1
        tf.print("steps", steps)
        tf.debugging.assert_non_negative(steps)
        return {"steps": steps}


def saved_models():
    vocab = os.path.join(OUT, "vocab.txt")
    with open(vocab, "w") as f:
        f.write("the\ncat\nsat\n")
    tf.saved_model.save(Linear(), path("tf2-linear"))
    words = Words(vocab)
    tf.saved_model.save(words, path("tf2-vocabulary-asset"), signatures={"serving_default": words.ids})
    pipe = Pipeline()
    tf.saved_model.save(pipe, path("tf2-data"), signatures={"total": pipe.total, "lines": pipe.lines})
    branches = Branches()
    tf.saved_model.save(branches, path("tf2-control-flow"), signatures={"serving_default": branches.collatz})
    os.remove(vocab)


def keras():
    import keras
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    net.export(path("keras3-export"), verbose=False)
    text = keras.layers.TextVectorization(vocabulary=["cat", "sat"], output_sequence_length=4)
    inputs = keras.Input((1,), dtype="string")
    x = keras.layers.Embedding(8, 2)(text(inputs))
    keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(x)).export(path("keras3-text"), verbose=False)
    try:
        import tf_keras
    except ImportError:
        return
    old = tf_keras.Sequential([tf_keras.layers.Input((4,)), tf_keras.layers.Dense(3, "relu"), tf_keras.layers.Dropout(0.1), tf_keras.layers.Dense(1)])
    old.compile("sgd", "mse")
    old.save(path("keras2-dense"), save_format="tf")


def tf1():
    vocab = os.path.join(OUT, "labels.txt")
    with open(vocab, "w") as f:
        f.write("no\nyes\n")
    graph = v1.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.float32, [None, 2], "x")
        w = v1.get_variable("w", [2, 2])
        y = tf.argmax(tf.matmul(x, w), 1)
        init = tf.lookup.TextFileInitializer(vocab, tf.int64, -1, tf.string, 0, delimiter="\t")
        table = v1.lookup.StaticHashTable(init, "?") if hasattr(v1.lookup, "StaticHashTable") else tf.lookup.StaticHashTable(init, "?")
        asset = tf.constant(vocab)
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        label = table.lookup(y)
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(path("tf1-builder"))
        signature = v1.saved_model.predict_signature_def({"x": x}, {"label": label})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(), strip_default_attrs=True)
        builder.save()
        saver = v1.train.Saver()
        v1.train.export_meta_graph(os.path.join(OUT, "tf1-model.meta"), saver_def=saver.as_saver_def())
        v1.train.export_meta_graph(os.path.join(OUT, "tf1-model-text.meta"), saver_def=saver.as_saver_def(), as_text=True)
        frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [y.op.name])
    v1.io.write_graph(frozen, OUT, "frozen.pb", as_text=False)
    v1.io.write_graph(frozen, OUT, "frozen.pbtxt", as_text=True)
    os.remove(vocab)


def text_form():
    from tensorflow.core.protobuf import saved_model_pb2
    from google.protobuf import text_format
    model = saved_model_pb2.SavedModel()
    with open(os.path.join(OUT, "tf2-linear", "saved_model.pb"), "rb") as f:
        model.ParseFromString(f.read())
    folder = path("tf2-text-form")
    os.makedirs(folder)
    with open(os.path.join(folder, "saved_model.pbtxt"), "w") as f:
        f.write(text_format.MessageToString(model))


saved_models()
keras()
tf1()
text_form()
