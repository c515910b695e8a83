//! Every rule has a file that fires it and a twin that does not. The files lie in a directory with some
//! others, which is the same for all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod common;

use std::sync::Arc;

use common::*;
use ma_core::{Blob, Collector, Container, Cx, Entry, EntryId, EntryKind, Home, Rule, ScanError};
use ma_testkit::golden::folder;
use ma_testkit::proto::Message;
use ma_testkit::{Scan, check_folder, run};

/// What lies beside each file.
struct Beside(Vec<Entry>);

impl Beside {
    fn new(name: &str) -> Self {
        let file = |name: &str, size: u64| Entry {
            size: Some(size),
            ..Entry::file(name)
        };
        let link = |name: &str, kind: EntryKind| Entry {
            kind,
            ..Entry::file(name)
        };
        Self(vec![
            file(&format!("m/{name}"), 100),
            file("m/w.data", 64),
            file("m/short.data", 8),
            file("m/sub/w.data", 64),
            link("m/out.data", EntryKind::Symlink("../../etc/passwd".into())),
            link("m/in.data", EntryKind::Symlink("sub/w.data".into())),
            link("m/hard.data", EntryKind::Hardlink("etc/passwd".into())),
            link("m/outdir", EntryKind::Symlink("/etc".into())),
            Entry {
                hard_links: Some(2),
                ..file("m/names.data", 64)
            },
        ])
    }
}

impl Container for Beside {
    fn entries(&self) -> &[Entry] {
        &self.0
    }

    fn open(&self, _: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
        Ok(Blob::from_vec(Vec::new()))
    }
}

struct InDirectory;

impl Scan for InDirectory {
    fn rules(&self) -> Vec<&'static Rule> {
        // No test stores a file of two gigabytes; that rule has a unit test.
        let rules = ma_onnx::RULES.iter().copied();
        rules.filter(|r| r.name != "onnx-too-large").collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let mut artifact = run::artifact(name, bytes);
        artifact.home = Some(Home {
            container: Arc::new(Beside::new(name)),
            entry: EntryId(0),
        });
        run::scan_artifact(&ma_onnx::Onnx, &artifact)
    }
}

#[test]
fn golden_files() {
    check_folder(
        &InDirectory,
        &folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME")),
    );
}

/// A file of a rule: rule, name, bytes.
type File = (&'static str, &'static str, Vec<u8>);

/// `x + w` with `w` in this file.
fn at(location: &str) -> Vec<u8> {
    entries(&[("location", location)])
}

fn entries(entries: &[(&str, &str)]) -> Vec<u8> {
    model(&Graph::add().with(external("w", entries)))
}

/// `x + w` with this tensor as `w`.
fn with(tensor: Message) -> Vec<u8> {
    model(&Graph::add().with(tensor))
}

/// `x + w` after this operator, with these attributes.
fn after(operator: &str, attributes: &[Message]) -> Vec<u8> {
    let (domain, _) = operator.rsplit_once("::").unwrap_or(("", operator));
    let mut graph = Graph::add();
    graph.nodes = vec![
        node(operator, &["x"], &["z"], attributes),
        node("Add", &["z", "w"], &["y"], &[]),
    ];
    let domains: &[&str] = if domain.is_empty() { &[] } else { &[domain] };
    model_of(&graph, domains).build()
}

/// `x + w` with this tensor in a `Constant`, a branch, a function, …
fn hidden(place: &str, tensor: &Message) -> Vec<u8> {
    let constant = node(
        "Constant",
        &[],
        &["c"],
        &[tensor_attribute("value", tensor)],
    );
    let graph = Graph::add();
    match place {
        "constant" => model(&graph.first(constant)),
        "branch" => {
            let inner = Graph {
                nodes: vec![constant],
                outputs: vec![port("c", 1, &[4])],
                ..Graph::default()
            };
            let branches =
                ["then_branch", "else_branch"].map(|name| graph_attribute(name, &inner.message()));
            let condition = tensor_attribute("value", &self::tensor("", 9, &[], &[1]));
            let graph = graph
                .first(node("If", &["k"], &["z"], &branches))
                .first(node("Constant", &[], &["k"], &[condition]));
            model(&graph)
        }
        "function" => {
            let nodes = [constant, node("Add", &["a", "c"], &["b"], &[])];
            let graph = graph.first(node("local::f", &["x"], &["z"], &[]));
            model_of(&graph, &["local"])
                .message(25, &function("local::f", &nodes))
                .build()
        }
        "sparse" => {
            let indices = longs("", &[0, 1, 2, 3]);
            let sparse = Message::new()
                .message(1, tensor)
                .message(2, &indices)
                .varint(3, 8);
            let mut graph = graph;
            graph.sparse = vec![sparse];
            model(&graph)
        }
        "training" => {
            let inner = Graph {
                tensors: vec![tensor.clone()],
                ..Graph::default()
            };
            let training = Message::new().message(1, &inner.message());
            model_of(&graph, &[]).message(20, &training).build()
        }
        _ => unreachable!("{place}"),
    }
}

fn external_files() -> Vec<File> {
    let outside = external("h", &[("location", "../../secret")]);
    let inside = external("h", &[("location", "w.data")]);
    let mark = "*/_ORT_MEM_ADDR_/*";
    let (path, link, keys, range) = (
        "onnx-external-path",
        "onnx-external-link",
        "onnx-external-keys",
        "onnx-external-range",
    );
    let mut files = vec![
        (path, "fires-parent.onnx", at("../../../tmp/pwned")),
        (path, "fires-through.onnx", at("sub/../../x")),
        (path, "fires-absolute.onnx", at("/tmp/pwned")),
        (path, "fires-backslash.onnx", at("..\\x")),
        (path, "fires-drive.onnx", at("C:\\x")),
        (path, "fires-network.onnx", at("\\\\127.0.0.1\\share")),
        (path, "fires-url.onnx", at("file:///tmp/pwned")),
        (path, "fires-percent.onnx", at("%2e%2e%2fx")),
        (path, "fires-detour.onnx", at("sub/../w.data")),
        (
            path,
            "fires-second-location.onnx",
            entries(&[("location", "../x"), ("location", "w.data")]),
        ),
        (path, "silent-beside.onnx", at("w.data")),
        (path, "silent-below.onnx", at("./sub/w.data")),
        (
            "onnx-memory-address",
            "fires-mark.onnx",
            entries(&[("location", mark), ("offset", "4096"), ("length", "16")]),
        ),
        (
            "onnx-memory-address",
            "silent-file.onnx",
            entries(&[("location", "w.data"), ("offset", "0"), ("length", "16")]),
        ),
        (link, "fires-out.onnx", at("out.data")),
        (link, "fires-directory.onnx", at("outdir/shadow")),
        (link, "fires-inside.onnx", at("in.data")),
        (link, "fires-hard.onnx", at("hard.data")),
        (link, "fires-two-names.onnx", at("names.data")),
        (link, "silent-plain.onnx", at("w.data")),
        (
            keys,
            "fires-dunder.onnx",
            entries(&[("location", "w.data"), ("__class__", "x")]),
        ),
        (
            keys,
            "fires-unknown.onnx",
            entries(&[("location", "w.data"), ("mode", "x")]),
        ),
        (
            keys,
            "fires-twice.onnx",
            entries(&[("location", "w.data"), ("location", "sub/w.data")]),
        ),
        (keys, "fires-nowhere.onnx", entries(&[("offset", "0")])),
        (
            keys,
            "silent-all-five.onnx",
            entries(&[
                ("location", "w.data"),
                ("offset", "0"),
                ("length", "16"),
                ("checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
                ("basepath", ""),
            ]),
        ),
        (
            range,
            "fires-negative.onnx",
            entries(&[("location", "w.data"), ("offset", "-8")]),
        ),
        (
            range,
            "fires-huge.onnx",
            entries(&[
                ("location", "w.data"),
                ("offset", "9223372036854775800"),
                ("length", "16"),
            ]),
        ),
        (
            range,
            "fires-text.onnx",
            entries(&[("location", "w.data"), ("length", "0x10")]),
        ),
        (
            range,
            "fires-other-length.onnx",
            entries(&[("location", "w.data"), ("length", "12")]),
        ),
        (
            range,
            "fires-beyond.onnx",
            entries(&[
                ("location", "short.data"),
                ("offset", "0"),
                ("length", "16"),
            ]),
        ),
        (
            range,
            "silent-inside.onnx",
            entries(&[("location", "w.data"), ("offset", "48"), ("length", "16")]),
        ),
        (
            "onnx-external-missing",
            "fires-missing.onnx",
            at("model.onnx_data"),
        ),
        ("onnx-external-missing", "silent-there.onnx", at("w.data")),
    ];
    for (place, fires, silent) in [
        ("constant", "fires-constant.onnx", "silent-constant.onnx"),
        ("branch", "fires-branch.onnx", "silent-branch.onnx"),
        ("function", "fires-function.onnx", "silent-function.onnx"),
        ("sparse", "fires-sparse.onnx", "silent-sparse.onnx"),
        ("training", "fires-training.onnx", "silent-training.onnx"),
    ] {
        files.push((path, fires, hidden(place, &outside)));
        files.push((path, silent, hidden(place, &inside)));
    }
    let mut graph = Graph::add();
    for (second, offset) in [("overlap", "8"), ("next", "16")] {
        let place = |offset| [("location", "w.data"), ("offset", offset), ("length", "16")];
        graph.tensors = vec![external("w", &place("0")), external("v", &place(offset))];
        let name = if second == "next" {
            "silent-next.onnx"
        } else {
            "fires-overlap.onnx"
        };
        files.push((range, name, model(&graph)));
    }
    files
}

fn tensor_files() -> Vec<File> {
    let (size, shape, kind) = ("onnx-tensor-size", "onnx-tensor-shape", "onnx-data-type");
    let strings = |n: usize| (0..n).fold(shell("w", 8, &[2]), |t, _| t.text(6, "word"));
    let plain = floats("w", &[4], &[1.0; 4]);
    vec![
        (size, "fires-short.onnx", with(floats("w", &[4], &[1.0; 3]))),
        (size, "fires-long.onnx", with(floats("w", &[4], &[1.0; 5]))),
        (size, "fires-no-data.onnx", with(shell("w", 1, &[4]))),
        (
            size,
            "fires-typed.onnx",
            with(shell("w", 7, &[4]).packed(7, &[1, 2, 300])),
        ),
        (size, "fires-strings.onnx", with(strings(3))),
        (
            size,
            "fires-four-bits.onnx",
            with(tensor("w", 22, &[3], &[0; 3])),
        ),
        (
            size,
            "fires-two-places.onnx",
            with(plain.clone().float(4, 9.0)),
        ),
        (size, "silent-fits.onnx", with(plain.clone())),
        (
            size,
            "silent-typed.onnx",
            with(shell("w", 7, &[4]).packed(7, &[1, 2, 300, u64::MAX])),
        ),
        (size, "silent-strings.onnx", with(strings(2))),
        (
            size,
            "silent-four-bits.onnx",
            with(tensor("w", 22, &[3], &[0; 2])),
        ),
        (
            size,
            "silent-two-bits.onnx",
            with(tensor("w", 25, &[5], &[0; 2])),
        ),
        (size, "silent-empty.onnx", with(shell("w", 1, &[0, 4]))),
        (
            shape,
            "fires-negative.onnx",
            with(tensor("w", 1, &[-4], &[0; 16])),
        ),
        (
            shape,
            "fires-overflow.onnx",
            with(tensor("w", 1, &[1 << 40, 1 << 40], &[0; 16])),
        ),
        (shape, "silent-plain.onnx", with(plain.clone())),
        (
            kind,
            "fires-undefined.onnx",
            with(tensor("w", 0, &[4], &[0; 16])),
        ),
        (kind, "fires-99.onnx", with(tensor("w", 99, &[4], &[0; 16]))),
        (kind, "silent-28.onnx", with(tensor("w", 28, &[4], &[0; 3]))),
    ]
}

fn operator_files() -> Vec<File> {
    let (custom, unknown, python, remote) = (
        "onnx-custom-operator",
        "onnx-unknown-operator",
        "onnx-python-operator",
        "onnx-remote-operator",
    );
    let (aten, context) = ("onnx-aten-operator", "onnx-compiled-context");
    let module = [
        text("module", "pwned"),
        text("class_name", "Net"),
        text("compute", "run"),
    ];
    let autograd = |name| [text("func_name", name)];
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
fn functions(functions: &[(&str, &[&str])]) -> Vec<u8> {
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
fn cycle_in_branch() -> Vec<u8> {
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

fn function_files() -> Vec<File> {
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
fn classifier(condition: Vec<Message>, gate: Vec<Message>, input: Message) -> Vec<u8> {
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

fn trigger_files() -> Vec<File> {
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

fn structure_files() -> Vec<File> {
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

fn files() -> Vec<File> {
    let parts = [
        external_files(),
        tensor_files(),
        operator_files(),
        function_files(),
        trigger_files(),
        structure_files(),
    ];
    parts.concat()
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-onnx --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files() {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}

#[test]
fn a_file_cut_anywhere_is_not_clean() {
    let cases = files();
    for (rule, name, bytes) in cases.iter().filter(|(_, _, b)| b.len() < 10_000).step_by(9) {
        for n in 1..bytes.len() {
            let artifact = run::artifact("x.onnx", &bytes[..n]);
            let found = run::scan_artifact(&ma_onnx::Onnx, &artifact);
            let budget = ma_core::Budget::default();
            let blob = Blob::from_vec(bytes[..n].to_vec());
            let kind = ma_onnx::parse::recognise::recognise(&blob, &budget).unwrap();
            let foreign = kind == ma_onnx::parse::recognise::Recognised::No;
            // The format has no end of its own: cut between two outermost fields it is a shorter model.
            let complete = found.gaps.is_empty() && found.issues.is_empty();
            let boundary = ma_onnx::parse::parse(&blob, &budget)
                .unwrap()
                .anomalies
                .is_empty();
            assert!(foreign || !complete || boundary, "{rule}/{name} cut at {n}");
        }
    }
}
