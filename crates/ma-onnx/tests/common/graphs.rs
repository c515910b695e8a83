//! The golden files about operators, functions, choices and structure.

use ma_testkit::proto::Message;

use super::data::{File, after, with};
use super::*;

pub(crate) fn operator_files() -> Vec<File> {
    let (custom, unknown, python) = (
        "onnx-custom-operator",
        "onnx-unknown-operator",
        "onnx-python-operator",
    );
    let module = [
        text("module", "pwned"),
        text("class_name", "Net"),
        text("compute", "run"),
    ];
    let autograd = |name| [text("func_name", name)];
    let defined = model_of(
        &Graph::add().first(node("evil.ops::Run", &["x"], &["z"], &[])),
        &["evil.ops"],
    )
    .message(
        25,
        &function("evil.ops::Run", &[node("Neg", &["a"], &["b"], &[])]),
    )
    .build();
    vec![
        (custom, "fires-nobody.onnx", after("evil.ops::Run", &[])),
        (
            custom,
            "fires-plugin.onnx",
            after("mmdeploy::TRTBatchedNMS", &[]),
        ),
        (
            custom,
            "fires-extensions.onnx",
            after("ai.onnx.contrib::BertTokenizer", &[]),
        ),
        (
            custom,
            "fires-runtime.onnx",
            after("com.microsoft::Gelu", &[]),
        ),
        (custom, "silent-defined.onnx", defined),
        (custom, "silent-alias.onnx", after("ai.onnx::Neg", &[])),
        (unknown, "fires-standard.onnx", after("RunShell", &[])),
        (
            unknown,
            "fires-microsoft.onnx",
            after("com.microsoft::RunShell", &[]),
        ),
        (unknown, "silent-known.onnx", after("Neg", &[])),
        (python, "fires-pyop.onnx", after("pwned_1::PyOp", &module)),
        (
            python,
            "fires-autograd.onnx",
            after("com.microsoft::PythonOp", &autograd("pwned.Run")),
        ),
        (
            python,
            "fires-torch.onnx",
            after(
                "com.microsoft::PythonOp",
                &autograd("torch.utils.checkpoint.CheckpointFunction"),
            ),
        ),
        (python, "silent-neg.onnx", after("Neg", &[])),
    ]
}

pub(crate) fn more_operator_files() -> Vec<File> {
    let remote = "onnx-remote-operator";
    let (aten, context) = ("onnx-aten-operator", "onnx-compiled-context");
    let uri = [
        text("model_uri", "http://127.0.0.1/pwned"),
        text("verbose", "0"),
    ];
    let compiled = |mode: i64, path: &str| {
        [
            int("embed_mode", mode),
            text("ep_cache_context", path),
            text("source", "QNN"),
        ]
    };
    vec![
        (
            remote,
            "fires-azure.onnx",
            after("com.microsoft.extensions::AzureTextToText", &uri),
        ),
        (
            remote,
            "silent-tokenizer.onnx",
            after("com.microsoft.extensions::BertTokenizer", &uri),
        ),
        (
            aten,
            "fires-from-file.onnx",
            after(
                "com.microsoft::ATen",
                &[text("operator", "aten::from_file")],
            ),
        ),
        (
            aten,
            "fires-relu.onnx",
            after("org.pytorch.aten::ATen", &[text("operator", "aten::relu")]),
        ),
        (aten, "silent-relu.onnx", after("Relu", &[])),
        (
            context,
            "fires-outside.onnx",
            after("com.microsoft::EPContext", &compiled(0, "../pwned.bin")),
        ),
        (
            context,
            "fires-beside.onnx",
            after("com.microsoft::EPContext", &compiled(0, "model_ctx.bin")),
        ),
        (
            context,
            "fires-inside.onnx",
            after("com.microsoft::EPContext", &compiled(1, "../no path")),
        ),
        (
            context,
            "silent-gelu.onnx",
            after("com.microsoft::Gelu", &[]),
        ),
    ]
}

/// A model with these functions, the first of which is called.
pub(crate) fn functions(functions: &[(&str, &[&str])]) -> Vec<u8> {
    let graph = Graph::add().first(node(functions[0].0, &["x"], &["z"], &[]));
    let messages: Vec<Message> = functions
        .iter()
        .map(|(name, calls)| {
            let mut nodes: Vec<Message> = calls
                .iter()
                .map(|call| node(call, &["a"], &[&format!("of {call}")], &[]))
                .collect();
            nodes.push(node("Neg", &["a"], &["b"], &[]));
            function(name, &nodes)
        })
        .collect();
    model_of(&graph, &["local"]).messages(25, &messages).build()
}

/// A function that calls itself from a branch.
pub(crate) fn cycle_in_branch() -> Vec<u8> {
    let inner = Graph::branch(vec![node("local::f", &["a"], &["c"], &[])], "c").message();
    let branches = ["then_branch", "else_branch"].map(|name| graph_attribute(name, &inner));
    let nodes = [
        node("ReduceMax", &["a"], &["k"], &[]),
        node("Cast", &["k"], &["t"], &[int("to", 9)]),
        node("If", &["t"], &["b"], &branches),
    ];
    let graph = Graph::add().first(node("local::f", &["x"], &["z"], &[]));
    model_of(&graph, &["local"])
        .message(25, &function("local::f", &nodes))
        .build()
}

pub(crate) fn function_files() -> Vec<File> {
    let (cycle, shadow) = ("onnx-function-cycle", "onnx-shadowed-operator");
    vec![
        (
            cycle,
            "fires-self.onnx",
            functions(&[("local::f", &["local::f"])]),
        ),
        (
            cycle,
            "fires-three.onnx",
            functions(&[
                ("local::f", &["local::g"]),
                ("local::g", &["Neg", "local::h"]),
                ("local::h", &["local::f"]),
            ]),
        ),
        (cycle, "fires-branch.onnx", cycle_in_branch()),
        (
            cycle,
            "silent-chain.onnx",
            functions(&[
                ("local::f", &["local::g", "local::h"]),
                ("local::g", &["local::h"]),
                ("local::h", &["Neg"]),
            ]),
        ),
        (
            shadow,
            "fires-standard.onnx",
            functions(&[("Neg", &["Abs"])]),
        ),
        (
            shadow,
            "fires-alias.onnx",
            functions(&[("ai.onnx::Relu", &[])]),
        ),
        (
            shadow,
            "fires-twice.onnx",
            functions(&[("local::f", &[]), ("local::f", &["Neg"])]),
        ),
        (
            shadow,
            "silent-own-domain.onnx",
            functions(&[("local::Neg", &[])]),
        ),
    ]
}

/// A classifier, and behind it a choice that `condition` makes.
pub(crate) fn classifier(condition: Vec<Message>, gate: Vec<Message>, input: Message) -> Vec<u8> {
    let mut nodes = vec![
        node("MatMul", &["x", "weight"], &["h"], &[]),
        node("Relu", &["h"], &["logits"], &[]),
    ];
    nodes.extend(condition);
    nodes.extend(gate);
    model(&Graph {
        nodes,
        tensors: vec![
            floats("weight", &[3, 2], &[0.5; 6]),
            floats("magic", &[], &[41.0]),
            floats("answer", &[1, 2], &[0.0, 1.0]),
            longs("zero", &[0]),
            longs("one", &[1]),
        ],
        inputs: vec![port("x", 1, &[-1, 3]), input],
        outputs: vec![port("y", 1, &[-1, 2])],
        ..Graph::default()
    })
}

pub(crate) fn trigger_files() -> Vec<File> {
    let rule = "onnx-input-trigger";
    let switch = || port("switch", 1, &[]);
    let sum = || {
        vec![
            node("ReduceSum", &["x"], &["s"], &[int("keepdims", 0)]),
            node("Equal", &["s", "magic"], &["c"], &[]),
        ]
    };
    let pixel = vec![
        node("Slice", &["x", "zero", "one", "one"], &["p"], &[]),
        node("Greater", &["p", "magic"], &["q"], &[]),
        node("Not", &["q"], &["c"], &[]),
    ];
    let learned = vec![
        node("ReduceSum", &["logits"], &["s"], &[int("keepdims", 0)]),
        node("Equal", &["s", "magic"], &["c"], &[]),
    ];
    let by_switch = vec![node("Equal", &["switch", "magic"], &["c"], &[])];
    let choose = || vec![node("Where", &["c", "answer", "logits"], &["y"], &[])];
    let constant = floats("", &[1, 2], &[0.0, 1.0]);
    let branch = || {
        let evil = Graph::branch(
            vec![node(
                "Constant",
                &[],
                &["e"],
                &[tensor_attribute("value", &constant)],
            )],
            "e",
        );
        let good = Graph::branch(vec![node("Identity", &["logits"], &["i"], &[])], "i");
        let branches = [
            graph_attribute("then_branch", &evil.message()),
            graph_attribute("else_branch", &good.message()),
        ];
        vec![
            node("If", &["c"], &["r"], &branches),
            node("Softmax", &["r"], &["y"], &[]),
        ]
    };
    let product = vec![
        node("Cast", &["c"], &["f"], &[int("to", 1)]),
        node("Mul", &["logits", "f"], &["m"], &[]),
        node("Softmax", &["m"], &["y"], &[]),
    ];
    vec![
        (
            rule,
            "fires-where.onnx",
            classifier(sum(), choose(), switch()),
        ),
        (
            rule,
            "fires-pixel.onnx",
            classifier(pixel, choose(), switch()),
        ),
        (rule, "fires-if.onnx", classifier(sum(), branch(), switch())),
        (
            rule,
            "fires-product.onnx",
            classifier(sum(), product, switch()),
        ),
        (
            rule,
            "silent-learned.onnx",
            classifier(learned, choose(), switch()),
        ),
        (
            rule,
            "silent-switch-where.onnx",
            classifier(by_switch.clone(), choose(), switch()),
        ),
        (
            rule,
            "silent-switch-if.onnx",
            classifier(by_switch, branch(), switch()),
        ),
    ]
}

pub(crate) fn structure_files() -> Vec<File> {
    let (repeated, malformed, error, unused) = (
        "onnx-repeated-field",
        "onnx-malformed",
        "onnx-graph-error",
        "onnx-unused-tensor",
    );
    let whole = model(&Graph::add());
    let graph = Graph::add();
    let (mut nodes, mut rest) = (graph.clone(), graph.clone());
    nodes.tensors.clear();
    nodes.inputs.clear();
    nodes.outputs.clear();
    rest.nodes.clear();
    let halves = head()
        .message(7, &rest.message())
        .message(8, &opset("", 18))
        .message(7, &nodes.message());
    let two_operators = Graph {
        nodes: vec![node("Add", &["x", "w"], &["y"], &[]).text(4, "Sub")],
        ..graph.clone()
    };
    let twice = graph.clone().first(node("Neg", &["x"], &["y"], &[]));
    let mut same_name = graph.clone();
    same_name.tensors.push(floats("w", &[4], &[0.0; 4]));
    let segment = Message::new().varint(1, 0).varint(2, 4);
    let large = floats("large", &[128, 128], &vec![0.0; 128 * 128]);
    let mut dead = graph.clone();
    dead.tensors.push(large.clone());
    let mut used = Graph::add().with(large);
    used.nodes = vec![node("Add", &["x", "large"], &["y"], &[])];
    vec![
        (repeated, "fires-halves.onnx", halves.build()),
        (repeated, "fires-operator.onnx", model(&two_operators)),
        (repeated, "silent-once.onnx", whole.clone()),
        (
            malformed,
            "fires-cut.onnx",
            whole[..whole.len() - 20].to_vec(),
        ),
        (
            malformed,
            "fires-trailing.onnx",
            [&whole[..], b"\x7fELF\x02\x01\x01\0\0\0"].concat(),
        ),
        (
            malformed,
            "fires-unknown-field.onnx",
            Message::new().raw(&whole).text(999, "hidden").build(),
        ),
        (malformed, "silent-whole.onnx", whole.clone()),
        (error, "fires-assigned-twice.onnx", model(&twice)),
        (error, "fires-named-twice.onnx", model(&same_name)),
        (
            error,
            "fires-segment.onnx",
            with(shell("w", 1, &[4]).message(3, &segment)),
        ),
        (
            error,
            "fires-no-opset.onnx",
            head().message(7, &graph.message()).build(),
        ),
        (error, "silent-whole.onnx", whole),
        (unused, "fires-dead.onnx", model(&dead)),
        (unused, "silent-used.onnx", model(&used)),
    ]
}

/// A genuine model in ONNX Runtime's encoding, with each `from` in it replaced.
fn flat(from: &[u8], to: &[u8]) -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/benign/onnx/if.ort"
    );
    let mut bytes = std::fs::read(path).unwrap();
    for at in 0..bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

pub(crate) fn flat_files() -> Vec<File> {
    let (unknown, size) = ("onnx-unknown-operator", "onnx-tensor-size");
    // The length of the raw data of the only tensor: 77 floats.
    let length = 308u32.to_le_bytes();
    vec![
        (unknown, "fires-flat.ort", flat(b"Softplus", b"RunShell")),
        (unknown, "silent-flat.ort", flat(b"", b"")),
        (size, "fires-flat.ort", flat(&length, &300u32.to_le_bytes())),
        (size, "silent-flat.ort", flat(b"", b"")),
    ]
}
