//! The golden files about external data and tensors.

use ma_testkit::proto::Message;

use super::*;

/// A file of a rule: rule, name, bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

/// `x + w` with `w` in this file.
pub(crate) fn at(location: &str) -> Vec<u8> {
    entries(&[("location", location)])
}

pub(crate) fn entries(entries: &[(&str, &str)]) -> Vec<u8> {
    model(&Graph::add().with(external("w", entries)))
}

/// `x + w` with this tensor as `w`.
pub(crate) fn with(tensor: Message) -> Vec<u8> {
    model(&Graph::add().with(tensor))
}

/// `x + w` after this operator, with these attributes.
pub(crate) fn after(operator: &str, attributes: &[Message]) -> Vec<u8> {
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
pub(crate) fn hidden(place: &str, tensor: &Message) -> Vec<u8> {
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

#[rustfmt::skip]
pub(crate) fn external_files() -> Vec<File> {
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

#[rustfmt::skip]
pub(crate) fn tensor_files() -> Vec<File> {
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
