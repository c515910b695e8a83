//! What is taken for a model and what is not; parts that are handed out; what the bytes are; bounds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod common;

use common::*;
use ma_core::{Kind, Match, RegionKind, Severity};
use ma_onnx::Onnx;
use ma_testkit::proto::Message;
use ma_testkit::run;

fn probe(name: &str, bytes: &[u8]) -> Match {
    run::probe(&Onnx, &run::artifact(name, bytes))
}

#[test]
fn models_are_known_by_their_structure() {
    let whole = model(&Graph::add());
    let graph = Graph::add().message();
    let functions_only = head()
        .message(8, &opset("", 18))
        .message(25, &function("local::f", &[]))
        .build();
    for (what, bytes) in [
        ("plain", whole.clone()),
        (
            "graph first",
            Message::new().message(7, &graph).varint(1, 8).build(),
        ),
        (
            "no version",
            Message::new()
                .message(8, &opset("", 18))
                .message(7, &graph)
                .build(),
        ),
        (
            "behind unknown fields",
            Message::new()
                .bytes(1000, &[0; 9000])
                .varint(77, 3)
                .raw(&whole)
                .build(),
        ),
        ("functions only", functions_only),
        ("cut", whole[..whole.len() - 30].to_vec()),
        ("without a graph", head().message(8, &opset("", 18)).build()),
    ] {
        assert_eq!(probe("x.bin", &bytes), Match::Strong, "{what}");
    }
}

#[test]
fn other_formats_are_left_alone() {
    let named = |n: u64| Message::new().text(1, "name").text(2, "Op").varint(3, n);
    // GraphDef: nodes (1), versions (4). SavedModel: version (1), meta graphs (2). Core ML: version (1),
    // description (2), model (500). Descriptor set: files (1). Paddle: blocks (1).
    let list = |n: u64| (0..n).fold(Message::new(), |m, i| m.message(1, &named(i)));
    let meta = Message::new().message(1, &list(3)).message(2, &list(9));
    for (what, bytes) in [
        ("graph def", list(20).varint(4, 1).build()),
        ("one node", list(1).build()),
        (
            "saved model",
            Message::new().varint(1, 1).message(2, &meta).build(),
        ),
        (
            "core ml",
            Message::new()
                .varint(1, 4)
                .message(2, &named(1))
                .message(500, &named(2))
                .build(),
        ),
        ("text", b"just some text, of no format at all".to_vec()),
        ("zeros", vec![0; 4096]),
        (
            "pickle",
            b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94(K\x01K\x02e.".to_vec(),
        ),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(probe("x.pb", &bytes), Match::No, "{what}");
        let expected = if bytes.is_empty() {
            Match::No
        } else {
            Match::Weak
        };
        assert_eq!(probe("x.onnx", &bytes), expected, "{what}");
        let found = run::scan(&Onnx, "x.onnx", &bytes);
        assert!(found.issues.is_empty() && found.gaps.is_empty(), "{what}");
    }
}

#[test]
fn lone_tensors_are_known_when_everything_fits() {
    let good = floats("input_0", &[2, 2], &[1.0; 4]).build();
    assert_eq!(probe("input_0.pb", &good), Match::Weak);
    let found = run::scan(&Onnx, "input_0.pb", &good);
    assert!(found.issues.is_empty() && found.gaps.is_empty());
    assert!(found.regions.iter().any(|r| r.kind == RegionKind::Weights));
    let odd = floats("input_0", &[2, 3], &[1.0; 4]).build();
    assert_eq!(probe("input_0.pb", &odd), Match::No);
}

#[test]
fn large_strings_are_handed_out() {
    let pad = |start: &[u8]| {
        let mut bytes = start.to_vec();
        bytes.resize(1500, b' ');
        bytes
    };
    let pickle = pad(b"\x80\x04\x95\x10\0\0\0\0\0\0\0");
    let script = pad(b"#!/usr/bin/env python3\nprint('echo pwned')\n");
    let strings = shell("w", 8, &[3])
        .bytes(6, &pickle)
        .bytes(6, &script)
        .text(6, "a word");
    let elf = attribute("value_string", 3).bytes(4, &pad(b"\x7fELF\x02\x01\x01"));
    let graph = Graph::add()
        .with(strings)
        .first(node("Constant", &[], &["k"], &[elf]));
    let template = Message::new()
        .text(1, "tokenizer.chat_template")
        .text(2, "{{ messages }}");
    let bytes = model_of(&graph, &[]).message(14, &template).build();
    let found = run::scan(&Onnx, "x.onnx", &bytes);
    let kinds: Vec<Kind> = found.children.iter().filter_map(|c| c.hint).collect();
    for kind in [
        Kind::PICKLE,
        Kind::PYTHON_SOURCE,
        Kind::EXECUTABLE,
        Kind::JINJA,
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert_eq!(kinds.len(), 4);
}

#[test]
fn every_byte_is_something() {
    let graph = Graph::add().first(node(
        "Constant",
        &[],
        &["k"],
        &[tensor_attribute("value", &floats("", &[64], &[1.0; 64]))],
    ));
    let bytes = model_of(&graph, &[]).text(6, "what it is for").build();
    let found = run::scan(&Onnx, "x.onnx", &bytes);
    let mut regions = found.regions.clone();
    regions.sort_by_key(|r| r.range.start);
    let mut at = 0;
    for region in &regions {
        assert!(region.range.start >= at, "overlap at {at}");
        assert!(region.range.start - at < 24, "a hole at {at}");
        at = region.range.end;
    }
    assert!(bytes.len() as u64 - at < 24);
    let weights = |r: &&ma_core::Region| r.kind == RegionKind::Weights;
    assert_eq!(regions.iter().filter(weights).count(), 2);
    assert!(regions.iter().any(|r| r.kind == RegionKind::Text));
}

#[test]
fn graphs_may_nest_but_not_for_ever() {
    let mut inner = Graph::branch(vec![node("Abs", &["x"], &["d"], &[])], "d");
    for _ in 0..150 {
        let message = inner.message();
        let branches = ["then_branch", "else_branch"].map(|name| {
            if name == "then_branch" {
                graph_attribute(name, &message)
            } else {
                graph_attribute(name, &Graph::branch(Vec::new(), "x").message())
            }
        });
        inner = Graph::branch(vec![node("If", &["b"], &["d"], &branches)], "d");
    }
    let found = run::scan(&Onnx, "x.onnx", &model(&inner));
    assert!(found.issues.iter().any(|i| i.rule.name == "onnx-malformed"));
    assert!(!found.gaps.is_empty());
}

#[test]
fn both_halves_of_a_graph_are_looked_at() {
    let evil = external("w", &[("location", "../../x")]);
    let halves = head()
        .message(7, &Graph::add().with(evil).message())
        .message(8, &opset("", 18))
        .message(7, &Graph::add().message())
        .build();
    let found = run::scan(&Onnx, "x.onnx", &halves);
    let worst = found.issues.iter().map(|i| i.severity).max();
    assert_eq!(worst, Some(Severity::Critical));
    assert!(
        found
            .issues
            .iter()
            .any(|i| i.rule.name == "onnx-repeated-field")
    );
}

#[test]
fn an_attribute_in_pieces_is_one_attribute() {
    let head = shell("w", 1, &[4]);
    let place = Message::new().text(1, "location").text(2, "/tmp/pwned");
    let rest = Message::new().message(13, &place).varint(14, 1);
    let value = attribute("value", 4).message(5, &head).message(5, &rest);
    let graph = Graph::add().first(node("Constant", &[], &["k"], &[value]));
    let found = run::scan(&Onnx, "x.onnx", &model(&graph));
    let fired = |name| found.issues.iter().any(|i| i.rule.name == name);
    assert!(fired("onnx-external-path") && fired("onnx-repeated-field"));
    assert!(!fired("onnx-tensor-size"));
}

#[test]
fn a_file_alone_has_no_missing_weights() {
    let bytes = model(&Graph::add().with(external("w", &[("location", "w.data")])));
    let found = run::scan(&Onnx, "x.onnx", &bytes);
    assert!(found.issues.is_empty(), "{:?}", found.issues);
}

#[test]
fn many_nodes_are_counted_and_said() {
    let nodes: Vec<Message> = (0..260_000)
        .map(|i| node("Abs", &["x"], &[&format!("y{i}")], &[]))
        .collect();
    let graph = Graph {
        nodes,
        ..Graph::add()
    };
    let found = run::scan(&Onnx, "x.onnx", &model(&graph));
    assert!(found.issues.is_empty(), "{:?}", found.issues.first());
    assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
}

#[test]
fn a_model_behind_many_strangers_is_found() {
    let noise = Message::new().bytes(1000, &[0; 9000]);
    let noise = (0..500).fold(noise, |m, i| m.varint(1001 + i, 1).text(1, "no version"));
    let evil = external("w", &[("location", "../../x")]);
    let bytes = noise.raw(&model(&Graph::add().with(evil))).build();
    assert_eq!(probe("x.onnx", &bytes), Match::Weak);
    let found = run::scan(&Onnx, "x.onnx", &bytes);
    let worst = found.issues.iter().map(|i| i.severity).max();
    assert_eq!(worst, Some(Severity::Critical));
}

#[test]
fn a_trigger_is_seen_in_any_order_of_nodes() {
    let chain = |i: usize| node("Abs", &[&format!("s{i}")], &[&format!("s{}", i + 1)], &[]);
    let mut nodes: Vec<Message> = (0..300).map(chain).collect();
    nodes.push(node("ReduceSum", &["x"], &["s0"], &[]));
    nodes.push(node("Equal", &["s300", "w"], &["c"], &[]));
    nodes.push(node("MatMul", &["x", "w"], &["h"], &[]));
    nodes.push(node("Where", &["c", "w", "h"], &["y"], &[]));
    let mut graph = Graph::add();
    graph.inputs = vec![port("x", 1, &[2, 2])];
    for step in [1, 7, 150, 303] {
        graph.nodes = (0..nodes.len())
            .map(|i| nodes[i * step % nodes.len()].clone())
            .collect();
        let found = run::scan(&Onnx, "x.onnx", &model(&graph));
        let fired = found
            .issues
            .iter()
            .any(|i| i.rule.name == "onnx-input-trigger");
        // 304 nodes and a step without a common divisor are all nodes, once.
        assert_eq!(fired, step != 150, "{step}");
    }
}
