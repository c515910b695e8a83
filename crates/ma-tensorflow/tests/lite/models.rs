//! The golden files about LiteRT models: for each rule a file that fires it, and a twin that differs in
//! the evil part only.

use ma_testkit::torch::stored_zip;

use crate::flat::{Model, T, V, add_graph, code, custom, operator, tensor, text};

/// A file of a rule: rule, name, bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// Bytes that begin like an ELF program.
pub(crate) const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0";
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
pub(crate) fn flex(named: &str, op: &str, texts: &[&str]) -> Vec<u8> {
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
            "fires-while.tflite",
            running(119, 93, &[1, 1], vec![add_graph("both")]),
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
    let zip = stored_zip(&[("labels.txt", b"tench\ngoldfish\n")]);
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
