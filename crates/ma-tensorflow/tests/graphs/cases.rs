//! Golden files about the structure of graphs, built field by field.

use ma_testkit::proto::Message;

/// Rule, name, bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// A node.
pub(crate) fn node(name: &str, operator: &str, inputs: &[&str]) -> Message {
    let node = Message::new().text(1, name).text(2, operator);
    inputs.iter().fold(node, |node, input| node.text(3, input))
}

/// A node whose operator needs types: attribute, code of the type.
fn typed(name: &str, operator: &str, inputs: &[&str], types: &[(&str, u64)]) -> Message {
    types
        .iter()
        .fold(node(name, operator, inputs), |node, (key, code)| {
            node.message(5, &attr(key, Message::new().varint(6, *code)))
        })
}

/// A placeholder of a number.
fn placeholder(name: &str) -> Message {
    typed(name, "Placeholder", &[], &[("dtype", 1)])
}

/// An attribute that is an empty list.
fn none(key: &str) -> Message {
    attr(key, Message::new().bytes(1, b""))
}

/// An attribute of a node.
pub(crate) fn attr(key: &str, value: Message) -> Message {
    Message::new().text(1, key).message(2, &value)
}

/// A constant of strings.
pub(crate) fn strings(name: &str, values: &[&[u8]]) -> Message {
    let dims = if values.len() == 1 {
        vec![]
    } else {
        vec![values.len() as i64]
    };
    let mut tensor = Message::new().varint(1, 7).message(2, &shape(&dims));
    for value in values {
        tensor = tensor.bytes(8, value);
    }
    constant(name, 7, tensor)
}

/// A constant with this tensor.
pub(crate) fn constant(name: &str, dtype: u64, tensor: Message) -> Message {
    node(name, "Const", &[])
        .message(5, &attr("dtype", Message::new().varint(6, dtype)))
        .message(5, &attr("value", Message::new().message(8, &tensor)))
}

/// A shape.
pub(crate) fn shape(dims: &[i64]) -> Message {
    dims.iter().fold(Message::new(), |shape, dim| {
        shape.message(2, &Message::new().int(1, *dim))
    })
}

/// A bare graph.
pub(crate) fn graph(nodes: &[Message]) -> Message {
    Message::new().messages(1, nodes)
}

/// A function without arguments.
pub(crate) fn function(name: &str, nodes: &[Message]) -> Message {
    Message::new()
        .message(1, &Message::new().text(1, name))
        .messages(3, nodes)
}

/// A graph with a library.
pub(crate) fn library(nodes: &[Message], functions: &[Message]) -> Vec<u8> {
    let library = Message::new().messages(1, functions);
    graph(nodes).message(2, &library).build()
}

fn call(name: &str, function: &str) -> Message {
    let f = Message::new().message(10, &Message::new().text(1, function));
    node(name, "StatefulPartitionedCall", &[])
        .message(5, &attr("f", f))
        .message(5, &none("Tin"))
        .message(5, &none("Tout"))
}

fn floats(dims: &[i64]) -> Vec<u8> {
    let tensor = Message::new()
        .varint(1, 1)
        .message(2, &shape(dims))
        .raw(b"\x2d\0\0\x80\x3f");
    graph(&[constant("weights", 1, tensor)]).build()
}

/// A SavedModel whose asset has this name.
fn asset(filename: &str) -> Vec<u8> {
    let info = Message::new().text(1, "path:0");
    let asset = Message::new().message(1, &info).text(2, filename);
    let nodes = graph(&[
        typed("path", "Placeholder", &[], &[("dtype", 7)]),
        typed(
            "table",
            "HashTableV2",
            &[],
            &[("key_dtype", 7), ("value_dtype", 9)],
        ),
        node("fill", "InitializeTableFromTextFileV2", &["table", "path"])
            .message(5, &attr("key_index", Message::new().int(3, -2)))
            .message(5, &attr("value_index", Message::new().int(3, -1))),
    ]);
    let meta = Message::new()
        .message(1, &Message::new().text(4, "serve").text(5, "2.21.0"))
        .message(2, &nodes)
        .message(6, &asset);
    Message::new().varint(1, 1).message(2, &meta).build()
}

fn device(device: &str) -> Vec<u8> {
    graph(&[
        typed("add", "AddV2", &["x", "x"], &[("T", 1)]).text(4, device),
        placeholder("x"),
    ])
    .build()
}

fn loads(path: &str) -> Vec<u8> {
    let write = node("write", "WriteFile", &["name", "text"]);
    let nodes = graph(&[
        strings("name", &[path.as_bytes()]),
        strings("text", &[b"echo pwned"]),
        write,
    ]);
    let init = Message::new().message(1, &Message::new().text(1, "write"));
    let meta = Message::new().message(2, &nodes).message(
        4,
        &Message::new()
            .text(1, "saved_model_main_op")
            .message(2, &init),
    );
    Message::new().varint(1, 1).message(2, &meta).build()
}

/// A constant of one string that lies in the raw bytes: its length, then itself.
fn raw_string(text: &str) -> Message {
    let mut content = vec![text.len() as u8];
    content.extend(text.as_bytes());
    let tensor = Message::new()
        .varint(1, 7)
        .message(2, &shape(&[]))
        .bytes(4, &content);
    constant("name", 7, tensor)
}

/// All of them.
pub(crate) fn all() -> Vec<File> {
    [names(), functions(), shapes(), files(), nested()].concat()
}

fn names() -> Vec<File> {
    let plain = || placeholder("x");
    vec![
        (
            "tensorflow-unknown-operator",
            "fires-custom.pb",
            graph(&[plain(), node("y", "EvilOp", &["x"])]).build(),
        ),
        (
            "tensorflow-unknown-operator",
            "fires-telling.pb",
            graph(&[node("y", "ShellExecute", &[])]).build(),
        ),
        (
            "tensorflow-unknown-operator",
            "fires-known-package.pb",
            graph(&[node("y", "SentencepieceTokenizeOp", &[])]).build(),
        ),
        (
            "tensorflow-unknown-operator",
            "silent-function.pb",
            library(
                &[node("y", "EvilOp", &[])],
                &[function("EvilOp", &[node("z", "NoOp", &[])])],
            ),
        ),
        (
            "tensorflow-asset-path",
            "fires-climbs.pb",
            asset("../../../../home/user/notes.txt"),
        ),
        (
            "tensorflow-asset-path",
            "fires-absolute.pb",
            asset("/etc/passwd"),
        ),
        (
            "tensorflow-asset-path",
            "silent-inside.pb",
            asset("vocab/words.txt"),
        ),
        (
            "tensorflow-duplicate-name",
            "fires-node.pb",
            graph(&[plain(), node("x", "Const", &[])]).build(),
        ),
    ]
}

fn functions() -> Vec<File> {
    let plain = || placeholder("x");
    vec![
        (
            "tensorflow-duplicate-name",
            "fires-function.pb",
            library(
                &[call("c", "f")],
                &[
                    function("f", &[node("z", "NoOp", &[])]),
                    function("f", &[node("z", "Abort", &[])]),
                ],
            ),
        ),
        (
            "tensorflow-duplicate-name",
            "fires-shadow.pb",
            library(
                &[node("m", "MatMul", &[])],
                &[function("MatMul", &[node("z", "NoOp", &[])])],
            ),
        ),
        (
            "tensorflow-duplicate-name",
            "silent-scopes.pb",
            library(
                &[plain(), call("c", "f")],
                &[function("f", &[node("x", "NoOp", &[])])],
            ),
        ),
        (
            "tensorflow-recursive-function",
            "fires-circle.pb",
            library(
                &[call("c", "f")],
                &[
                    function("f", &[call("c", "g")]),
                    function("g", &[call("c", "f")]),
                ],
            ),
        ),
        (
            "tensorflow-recursive-function",
            "silent-chain.pb",
            library(
                &[call("c", "f")],
                &[
                    function("f", &[call("c", "g")]),
                    function("g", &[node("z", "NoOp", &[])]),
                ],
            ),
        ),
        (
            "tensorflow-remote-device",
            "fires-worker.pb",
            device("/job:worker/replica:0/task:3/device:GPU:0"),
        ),
        (
            "tensorflow-remote-device",
            "silent-local.pb",
            device("/job:localhost/replica:0/task:0/device:CPU:0"),
        ),
    ]
}

fn shapes() -> Vec<File> {
    let mut broken = graph(&[
        placeholder("x"),
        typed("y", "Identity", &["x"], &[("T", 1)]),
    ])
    .build();
    broken.extend(b"\x0a\x7f\x0a\x01z");
    vec![
        (
            "tensorflow-odd-shape",
            "fires-bomb.pb",
            floats(&[1 << 20, 1 << 20]),
        ),
        (
            "tensorflow-odd-shape",
            "fires-negative.pb",
            floats(&[-3, 2]),
        ),
        (
            "tensorflow-odd-shape",
            "fires-overflow.pb",
            floats(&[1 << 40, 1 << 40]),
        ),
        (
            "tensorflow-odd-shape",
            "silent-splat.pb",
            floats(&[1 << 10, 1 << 10]),
        ),
        ("tensorflow-malformed", "fires-cut.pb", broken),
        (
            "tensorflow-malformed",
            "silent-whole.pb",
            graph(&[
                placeholder("x"),
                typed("y", "Identity", &["x"], &[("T", 1)]),
            ])
            .build(),
        ),
    ]
}

fn files() -> Vec<File> {
    let pickle: &[u8] = b"\x80\x04\x95\x0a\0\0\0\0\0\0\0]\x94(K\x01K\x02K\x03e.";
    let elf: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
    vec![
        (
            "tensorflow-embedded-file",
            "fires-executable.pb",
            graph(&[strings("s", &[elf])]).build(),
        ),
        (
            "tensorflow-embedded-file",
            "fires-script.pb",
            graph(&[strings("s", &[b"#!/bin/sh\necho pwned\n"])]).build(),
        ),
        (
            "tensorflow-embedded-file",
            "fires-pickle.pb",
            graph(&[strings("s", &[pickle])]).build(),
        ),
        (
            "tensorflow-embedded-file",
            "silent-text.pb",
            graph(&[strings("s", &[b"a text about /bin/sh and more"])]).build(),
        ),
    ]
}

fn nested() -> Vec<File> {
    let write = node("write", "WriteFile", &["name", "name"]);
    let nested = graph(&[raw_string("/etc/cron.d/x"), write]).build();
    vec![
        (
            "tensorflow-file-write",
            "fires-raw-string.pb",
            nested.clone(),
        ),
        (
            "tensorflow-file-write",
            "fires-on-load.pb",
            loads("notes.txt"),
        ),
        (
            "tensorflow-hidden-graph",
            "fires-base64.pb",
            graph(&[strings("s", &[&base64(&nested)])]).build(),
        ),
        (
            "tensorflow-hidden-graph",
            "fires-module.pb",
            graph(&[strings("s", &[&nested])]).build(),
        ),
        (
            "tensorflow-native-call",
            "fires-module.pb",
            module("stablehlo.custom_call @xla_python_cpu_callback(%0)"),
        ),
        (
            "tensorflow-native-call",
            "silent-module.pb",
            module("stablehlo.custom_call @Sharding(%0)"),
        ),
    ]
}

fn module(text: &str) -> Vec<u8> {
    let module = format!("module @jit_f {{ func.func @main() {{ %1 = {text} }} }}");
    let value = Message::new().text(2, &module);
    let call = node("call", "XlaCallModule", &[])
        .message(5, &attr("module", value))
        .message(5, &attr("version", Message::new().varint(3, 9)))
        .messages(5, &[none("Tin"), none("Tout"), none("Sout")]);
    graph(&[call]).build()
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0u8; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let n = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        for i in 0..=chunk.len() {
            out.push(LETTERS[(n >> (18 - 6 * i)) as usize & 63]);
        }
    }
    out
}
