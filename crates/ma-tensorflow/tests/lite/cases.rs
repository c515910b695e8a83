//! The golden files: for each rule a file that fires it, and a twin that differs in the evil part only.

use ma_testkit::torch::stored_zip;

use crate::flat::{Model, T, V, add_graph, code, custom, operator, tensor, text};
use crate::table::{Tensor, index, table};

/// A file of a rule: rule, name, bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// Bytes that begin like an ELF program.
const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0";
/// A pickle that says `echo pwned` to nobody.
const PICKLE: &[u8] = b"\x80\x04cos\nsystem\n\x8c\x0aecho pwned\x85R.";

/// The options of a Flex operator: a FlexBuffer vector of the name and a `NodeDef`.
fn flex_options(name: &str, node: &[u8]) -> Vec<u8> {
    let mut out = vec![name.len() as u8];
    out.extend(name.as_bytes());
    out.push(0);
    out.push(node.len() as u8);
    let second = out.len();
    out.extend(node);
    out.push(0);
    out.push(2);
    let vector = out.len();
    out.extend([(vector - 1) as u8, (vector + 1 - second) as u8]);
    out.extend([0x14, 0x14]);
    let root = out.len();
    out.extend([(root - vector) as u8, 0x28, 1]);
    out
}

fn node(op: &str) -> Vec<u8> {
    ma_testkit::proto::Message::new()
        .text(1, op)
        .text(2, op)
        .build()
}

/// A model whose operator runs TensorFlow's `op` on constant texts.
fn flex(named: &str, op: &str, texts: &[&str]) -> Vec<u8> {
    let mut model = Model::new().set_code(custom(&format!("Flex{named}")));
    model.buffers.push(vec![(0, V::Bytes(strings(texts)))]);
    let tensors = vec![
        tensor("in", 0, &[1, 4], 0),
        tensor("texts", 5, &[texts.len() as i32], 2),
        tensor("out", 0, &[1, 4], 0),
    ];
    let mut run = operator(0, &[1, 0], &[2]);
    run.push((5, V::Bytes(flex_options(named, &node(op)))));
    model.graphs[0] = vec![
        (0, V::Tables(tensors)),
        (1, V::Ints(vec![0])),
        (2, V::Ints(vec![2])),
        (3, V::Tables(vec![run])),
        (4, text("main")),
    ];
    model.build()
}

/// The buffer of a tensor of strings.
fn strings(texts: &[&str]) -> Vec<u8> {
    let mut out = (texts.len() as i32).to_le_bytes().to_vec();
    let mut at = (texts.len() as i32 + 2) * 4;
    for t in texts {
        out.extend(at.to_le_bytes());
        at += t.len() as i32;
    }
    out.extend(at.to_le_bytes());
    texts.iter().for_each(|t| out.extend(t.as_bytes()));
    out
}

/// An operator that runs other graphs.
fn runs(code: i32, options: u8, graphs: &[i32]) -> T {
    let fields = graphs
        .iter()
        .enumerate()
        .map(|(i, g)| (i as u16, V::I32(*g)));
    let mut run = operator(code, &[0], &[2]);
    run.push((3, V::U8(options)));
    run.push((4, V::Table(fields.collect())));
    run
}

/// A model whose first graph runs others.
fn running(builtin: i32, options: u8, graphs: &[i32], others: Vec<T>) -> Vec<u8> {
    let mut model = Model::new();
    model.codes.push(code(builtin));
    if let Some((_, V::Tables(operators))) = model.graphs[0].iter_mut().find(|(id, _)| *id == 3) {
        *operators = vec![runs(1, options, graphs)];
    }
    model.graphs.extend(others);
    model.build()
}

/// A pooling with that stride.
fn pool(stride: i32) -> Vec<u8> {
    let options = vec![
        (1, V::I32(stride)),
        (2, V::I32(1)),
        (3, V::I32(1)),
        (4, V::I32(1)),
    ];
    Model::new()
        .set_code(code(17))
        .set_operator(3, V::U8(5))
        .set_operator(4, V::Table(options))
        .build()
}

/// A concatenation along that axis.
fn concatenation(axis: i32) -> Vec<u8> {
    Model::new()
        .set_code(code(2))
        .set_operator(3, V::U8(10))
        .set_operator(4, V::Table(vec![(0, V::I32(axis))]))
        .build()
}

/// A constant of four rows with one stored value, at that column.
fn sparse(column: i32) -> Vec<u8> {
    let dense = vec![(0, V::U8(0)), (1, V::I32(1))];
    let list = |values: Vec<i32>| V::Table(vec![(0, V::Ints(values))]);
    let compressed = vec![
        (0, V::U8(1)),
        (2, V::U8(1)),
        (3, list(vec![0, 1])),
        (4, V::U8(1)),
        (5, list(vec![column])),
    ];
    let sparsity = vec![
        (0, V::Ints(vec![0, 1])),
        (2, V::Tables(vec![dense, compressed])),
    ];
    Model::new()
        .set_tensor(1, 0, V::Ints(vec![1, 4]))
        .set_tensor(1, 6, V::Table(sparsity))
        .set_buffer(1, 0, V::Bytes(1f32.to_le_bytes().to_vec()))
        .build()
}

fn quantised(scales: Vec<f32>, zeros: Vec<i64>) -> Vec<u8> {
    let quantisation = vec![(2, V::Floats(scales)), (3, V::Longs(zeros)), (6, V::I32(0))];
    Model::new()
        .set_tensor(1, 1, V::U8(9))
        .set_tensor(1, 4, V::Table(quantisation))
        .set_buffer(1, 0, V::Bytes(vec![1, 2, 3, 4]))
        .build()
}

fn external(name: &str) -> Vec<u8> {
    let buffer = vec![
        (0, V::I32(1)),
        (1, V::I32(0)),
        (2, V::U64(0)),
        (3, V::U64(16)),
    ];
    Model::new()
        .field(8, V::Tables(vec![vec![(0, text(name))]]))
        .field(9, V::Tables(vec![buffer]))
        .build()
}

fn call(name: &str) -> Vec<u8> {
    Model::new()
        .set_code(code(173))
        .set_operator(11, V::U8(5))
        .set_operator(12, V::Table(vec![(0, text(name))]))
        .build()
}

fn with_metadata(model: Model, name: &str) -> Vec<u8> {
    let metadata = vec![(0, text(name)), (1, V::I32(1))];
    model.field(6, V::Tables(vec![metadata])).build()
}

fn custom_options(name: &str, options: &[u8]) -> Vec<u8> {
    Model::new()
        .set_code(custom(name))
        .set_operator(5, V::Bytes(options.to_vec()))
        .build()
}

fn followed(mut file: Vec<u8>, by: &[u8]) -> Vec<u8> {
    file.extend(by);
    file
}

pub(crate) fn tflite_structure() -> Vec<File> {
    let plain = Model::new().build();
    let cut = plain[..plain.len() - 64].to_vec();
    let beyond = |size| {
        let mut model = Model::new();
        model.buffers[1].clear();
        let model = model.set_buffer(1, 1, V::U64(64));
        model.set_buffer(1, 2, V::U64(size)).build()
    };
    let graph = |name: &str, run: T| {
        let mut graph = add_graph(name);
        if let Some((_, V::Tables(operators))) = graph.iter_mut().find(|(id, _)| *id == 3) {
            *operators = vec![run];
        }
        graph
    };
    vec![
        ("tflite-broken", "fires-cut.tflite", cut),
        ("tflite-broken", "fires-beyond.tflite", beyond(1 << 40)),
        ("tflite-broken", "silent-inside.tflite", beyond(16)),
        (
            "tflite-index-out-of-range",
            "fires-tensor.tflite",
            Model::new().set_operator(1, V::Ints(vec![0, 99])).build(),
        ),
        (
            "tflite-index-out-of-range",
            "fires-buffer.tflite",
            Model::new().set_tensor(1, 2, V::I32(7)).build(),
        ),
        (
            "tflite-index-out-of-range",
            "fires-code.tflite",
            Model::new().set_operator(0, V::I32(1)).build(),
        ),
        (
            "tflite-index-out-of-range",
            "fires-axis.tflite",
            concatenation(2),
        ),
        (
            "tflite-index-out-of-range",
            "fires-subgraph.tflite",
            running(118, 92, &[1, 2], vec![add_graph("then")]),
        ),
        (
            "tflite-index-out-of-range",
            "silent-left-out.tflite",
            Model::new()
                .set_operator(1, V::Ints(vec![0, 1, -1]))
                .build(),
        ),
        (
            "tflite-index-out-of-range",
            "silent-axis.tflite",
            concatenation(-1),
        ),
        (
            "tflite-subgraph-cycle",
            "fires-if.tflite",
            running(118, 92, &[1, 0], vec![add_graph("then")]),
        ),
        (
            "tflite-subgraph-cycle",
            "fires-two.tflite",
            running(129, 103, &[1], vec![graph("back", runs(1, 103, &[0]))]),
        ),
        (
            "tflite-subgraph-cycle",
            "silent-while.tflite",
            running(119, 93, &[1, 2], vec![add_graph("cond"), add_graph("body")]),
        ),
        (
            "tflite-shape-overflow",
            "fires-negative.tflite",
            Model::new().set_tensor(0, 0, V::Ints(vec![-1, 4])).build(),
        ),
        (
            "tflite-shape-overflow",
            "fires-product.tflite",
            Model::new()
                .set_tensor(0, 0, V::Ints(vec![0x7fff_ffff; 3]))
                .build(),
        ),
        (
            "tflite-shape-overflow",
            "silent-signature.tflite",
            Model::new().set_tensor(0, 7, V::Ints(vec![-1, 4])).build(),
        ),
        (
            "tflite-data-size",
            "fires-short.tflite",
            Model::new().set_tensor(1, 0, V::Ints(vec![4, 4])).build(),
        ),
        (
            "tflite-data-size",
            "fires-long.tflite",
            Model::new().set_tensor(1, 0, V::Ints(vec![3])).build(),
        ),
        ("tflite-data-size", "silent-plain.tflite", plain),
    ]
}

pub(crate) fn tflite_content() -> Vec<File> {
    let texts = |bytes: Vec<u8>| {
        Model::new()
            .set_tensor(1, 1, V::U8(5))
            .set_tensor(1, 0, V::Ints(vec![2]))
            .set_buffer(1, 0, V::Bytes(bytes))
            .build()
    };
    let mut lying = strings(&["ab", "cd"]);
    lying[8..12].copy_from_slice(&0x7fff_0000i32.to_le_bytes());
    let zip = stored_zip(&[("labels.txt", b"cat\ndog\n")]);
    let plain = Model::new().build();
    let labelled = with_metadata(Model::new(), "TFLITE_METADATA");
    vec![
        ("tflite-string-tensor", "fires-offset.tflite", texts(lying)),
        (
            "tflite-string-tensor",
            "silent-two.tflite",
            texts(strings(&["ab", "cd"])),
        ),
        ("tflite-sparsity", "fires-index.tflite", sparse(4)),
        ("tflite-sparsity", "silent-index.tflite", sparse(3)),
        (
            "tflite-quantization",
            "fires-scales.tflite",
            quantised(vec![0.5; 3], vec![0; 3]),
        ),
        (
            "tflite-quantization",
            "fires-nan.tflite",
            quantised(vec![f32::NAN], vec![0]),
        ),
        (
            "tflite-quantization",
            "silent-axis.tflite",
            quantised(vec![0.5; 4], vec![0; 4]),
        ),
        ("tflite-zero-division", "fires-stride.tflite", pool(0)),
        ("tflite-zero-division", "silent-stride.tflite", pool(1)),
        (
            "tflite-custom-operator",
            "fires-unknown.tflite",
            custom_options("EvilCorpOp", b"x"),
        ),
        (
            "tflite-custom-operator",
            "fires-known.tflite",
            custom_options("MaxUnpooling2D", b"x"),
        ),
        (
            "tflite-custom-operator",
            "silent-built-in.tflite",
            plain.clone(),
        ),
        (
            "tflite-flex-operator",
            "fires-write.tflite",
            flex("WriteFile", "WriteFile", &["/etc/cron.d/x"]),
        ),
        (
            "tflite-flex-operator",
            "fires-disguised.tflite",
            flex("Upper", "ReadFile", &["/etc/passwd"]),
        ),
        (
            "tflite-flex-operator",
            "fires-computes.tflite",
            flex("StringUpper", "StringUpper", &["a"]),
        ),
        (
            "tflite-flex-operator",
            "silent-built-in.tflite",
            texts(strings(&["/etc/cron.d/x", "y"])),
        ),
        (
            "tflite-external-file",
            "fires-escape.tflite",
            external("../../etc/passwd"),
        ),
        (
            "tflite-external-file",
            "fires-beside.tflite",
            external("weights.bin"),
        ),
        ("tflite-external-file", "silent-none.tflite", plain.clone()),
        (
            "tflite-unclaimed-data",
            "fires-program.tflite",
            followed(plain.clone(), ELF),
        ),
        (
            "tflite-unclaimed-data",
            "fires-zip.tflite",
            followed(plain.clone(), &zip),
        ),
        (
            "tflite-unclaimed-data",
            "fires-note.tflite",
            followed(plain.clone(), b"left here by accident"),
        ),
        (
            "tflite-unclaimed-data",
            "silent-labels.tflite",
            followed(labelled, &zip),
        ),
        (
            "tflite-unclaimed-data",
            "silent-zeros.tflite",
            followed(plain, &[0; 100]),
        ),
        (
            "tflite-embedded-code",
            "fires-pickle.tflite",
            custom_options("Mfcc", PICKLE),
        ),
        (
            "tflite-embedded-code",
            "fires-program.tflite",
            custom_options("Mfcc", ELF),
        ),
        (
            "tflite-embedded-code",
            "silent-options.tflite",
            custom_options("Mfcc", b"upper_frequency_limit"),
        ),
        ("tflite-native-call", "fires-symbol.tflite", call("system")),
        (
            "tflite-native-call",
            "silent-add.tflite",
            Model::new().set_code(code(163)).build(),
        ),
    ]
}

fn checkpoint(tensors: &[Tensor], data: &[u8]) -> Vec<u8> {
    stored_zip(&[
        ("m.index", &index(tensors)),
        ("m.data-00000-of-00001", data),
    ])
}

fn two(offset: u64) -> Vec<Tensor> {
    vec![Tensor::f32("a", 2, 0), Tensor::f32("b", 2, offset)]
}

fn with(change: impl FnOnce(&mut Tensor)) -> Vec<Tensor> {
    let mut tensors = two(8);
    change(&mut tensors[1]);
    tensors
}

fn names(bytes: &[u8]) -> Vec<u8> {
    let tensor = Tensor {
        name: "names",
        dtype: 7,
        shape: vec![2],
        shard: 0,
        offset: 0,
        size: bytes.len() as u64,
    };
    checkpoint(&[tensor], bytes)
}

/// A checkpoint with one object that names a saver, or none.
fn objects(saver: Option<&str>) -> Vec<u8> {
    use ma_testkit::proto::Message;
    let mut object = Message::new().message(1, &Message::new().varint(1, 0).text(2, "self"));
    if let Some(saver) = saver {
        object = object.message(4, &Message::new().text(1, saver));
    }
    let graph = Message::new().message(1, &object).build();
    let mut data = vec![graph.len() as u8, 0, 0, 0, 0];
    data.extend(&graph);
    let tensor = Tensor {
        name: "_CHECKPOINTABLE_OBJECT_GRAPH",
        dtype: 7,
        shape: vec![],
        shard: 0,
        offset: 0,
        size: data.len() as u64,
    };
    checkpoint(&[tensor], &data)
}

pub(crate) fn checkpoints() -> Vec<File> {
    let weights = [0u8; 16].map(|_| 7);
    let behind = |more: &[u8]| checkpoint(&two(8), &[&weights, more].concat());
    let twice = vec![
        (vec![], vec![8, 1]),
        (b"a".to_vec(), vec![8, 1, 0x28, 4]),
        (b"a".to_vec(), vec![8, 3, 0x20, 4, 0x28, 4]),
    ];
    let state = |path: &str| {
        format!("model_checkpoint_path: \"{path}\"\nall_model_checkpoint_paths: \"m-1\"\n")
            .into_bytes()
    };
    vec![
        ("checkpoint-broken", "fires-twice.index", table(&twice)),
        ("checkpoint-broken", "silent-once.index", table(&twice[..2])),
        (
            "checkpoint-out-of-range",
            "fires-shard.zip",
            checkpoint(&with(|t| t.shard = 3), &weights),
        ),
        (
            "checkpoint-out-of-range",
            "fires-beyond.zip",
            checkpoint(&two(8), &weights[..12]),
        ),
        (
            "checkpoint-out-of-range",
            "silent-inside.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "fires-size.zip",
            checkpoint(&with(|t| t.shape = vec![1]), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "fires-overflow.zip",
            checkpoint(&with(|t| t.shape = vec![1 << 40, 1 << 40]), &weights),
        ),
        (
            "checkpoint-size-mismatch",
            "silent-size.zip",
            checkpoint(&with(|t| t.shape = vec![1, 2]), &weights),
        ),
        (
            "checkpoint-overlap",
            "fires-shared.zip",
            checkpoint(&two(4), &weights[..12]),
        ),
        (
            "checkpoint-overlap",
            "silent-apart.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-unclaimed-data",
            "fires-program.zip",
            behind(ELF),
        ),
        (
            "checkpoint-unclaimed-data",
            "fires-between.zip",
            checkpoint(&two(12), &[7; 20]),
        ),
        (
            "checkpoint-unclaimed-data",
            "silent-zeros.zip",
            behind(&[0; 32]),
        ),
        (
            "checkpoint-state-path",
            "fires-upwards",
            state("../other/m-1"),
        ),
        (
            "checkpoint-state-path",
            "fires-network",
            state("gs://bucket/m-1"),
        ),
        ("checkpoint-state-path", "silent-beside", state("m-1")),
        (
            "checkpoint-missing-data",
            "fires-alone.zip",
            stored_zip(&[("m.index", &index(&two(8)))]),
        ),
        (
            "checkpoint-missing-data",
            "silent-there.zip",
            checkpoint(&two(8), &weights),
        ),
        (
            "checkpoint-string-tensor",
            "fires-lengths.zip",
            names(b"\x02\x7f\0\0\0\0abcd"),
        ),
        (
            "checkpoint-string-tensor",
            "silent-lengths.zip",
            names(b"\x02\x02\0\0\0\0abcd"),
        ),
        (
            "checkpoint-custom-saver",
            "fires-saver.zip",
            objects(Some("Corp>Saver")),
        ),
        ("checkpoint-custom-saver", "silent-plain.zip", objects(None)),
    ]
}

fn tfjs(node: &str, path: &str, name: &str) -> Vec<u8> {
    format!(
        r#"{{"format": "graph-model", "generatedBy": "test", "modelTopology": {{"node": [
{{"name": "x", "op": "Placeholder", "attr": {{"dtype": {{"type": "DT_FLOAT"}}}}}},
{{"name": "path", "op": "Const", "attr": {{"value": {{"tensor": {{"dtype": "DT_STRING", "tensorShape": {{}}, "stringVal": ["L2V0Yy9jcm9uLmQveA=="]}}}}}}}},
{{"name": "y", "op": "{node}", "input": ["path", "x"]}}]}},
"weightsManifest": [{{"paths": ["{path}"], "weights": [{{"name": "{name}", "shape": [2], "dtype": "float32"}}]}}]}}"#
    )
    .into_bytes()
}

fn beside(json: &[u8], weights: &[u8]) -> Vec<u8> {
    stored_zip(&[("model.json", json), ("group1-shard1of1.bin", weights)])
}

pub(crate) fn tfjs_models() -> Vec<File> {
    const SHARD: &str = "group1-shard1of1.bin";
    let plain = tfjs("AddV2", SHARD, "w");
    let constant = |bytes: &str| {
        let text = String::from_utf8(plain.clone()).unwrap();
        text.replace("L2V0Yy9jcm9uLmQveA==", bytes).into_bytes()
    };
    let twice = |value: &str| {
        let text = String::from_utf8(plain.clone()).unwrap();
        text.replacen('{', &format!("{{\"format\": \"{value}\", "), 1)
            .into_bytes()
    };
    // ELF and a pickle in base64.
    let elf = "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAA";
    vec![
        (
            "tfjs-operator",
            "fires-write.json",
            tfjs("WriteFile", SHARD, "w"),
        ),
        (
            "tfjs-operator",
            "fires-unknown.json",
            tfjs("EvilCorpOp", SHARD, "w"),
        ),
        ("tfjs-operator", "silent-add.json", plain.clone()),
        (
            "tfjs-weights-path",
            "fires-upwards.json",
            tfjs("AddV2", "../../../etc/passwd", "w"),
        ),
        (
            "tfjs-weights-path",
            "fires-address.json",
            tfjs("AddV2", "https://example.com/w.bin", "w"),
        ),
        ("tfjs-weights-path", "silent-beside.json", plain.clone()),
        (
            "tfjs-weights-size",
            "fires-short.zip",
            beside(&plain, &[0; 4]),
        ),
        (
            "tfjs-weights-size",
            "fires-more.zip",
            beside(&plain, &[7; 12]),
        ),
        (
            "tfjs-weights-size",
            "silent-whole.zip",
            beside(&plain, &[7; 8]),
        ),
        ("tfjs-embedded-code", "fires-program.json", constant(elf)),
        ("tfjs-embedded-code", "silent-text.json", plain.clone()),
        (
            "tfjs-script",
            "fires-name.json",
            tfjs("AddV2", SHARD, "<script>alert(1)</script>"),
        ),
        (
            "tfjs-script",
            "silent-name.json",
            tfjs("AddV2", SHARD, "a<b"),
        ),
        (
            "tfjs-duplicate-key",
            "fires-format.json",
            twice("layers-model"),
        ),
        (
            "tfjs-duplicate-key",
            "fires-equal.json",
            twice("graph-model"),
        ),
        ("tfjs-duplicate-key", "silent-once.json", plain.clone()),
        (
            "tfjs-broken",
            "fires-cut.json",
            plain[..plain.len() - 30].to_vec(),
        ),
        ("tfjs-broken", "silent-whole.json", plain.clone()),
        (
            "tfjs-missing-weights",
            "fires-alone.zip",
            stored_zip(&[("model.json", &plain)]),
        ),
        (
            "tfjs-missing-weights",
            "silent-there.zip",
            beside(&plain, &[7; 8]),
        ),
    ]
}
