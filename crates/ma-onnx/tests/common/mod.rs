//! Builders of ONNX messages for tests.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

pub(crate) mod data;
pub(crate) mod graphs;

use ma_testkit::proto::Message;

/// An attribute with this name; its value is added by the caller.
pub(crate) fn attribute(name: &str, kind: u64) -> Message {
    Message::new().text(1, name).varint(20, kind)
}

/// An attribute that holds text.
pub(crate) fn text(name: &str, value: &str) -> Message {
    attribute(name, 3).text(4, value)
}

/// An attribute that holds a number.
pub(crate) fn int(name: &str, value: i64) -> Message {
    attribute(name, 2).int(3, value)
}

/// An attribute that holds a tensor.
pub(crate) fn tensor_attribute(name: &str, value: &Message) -> Message {
    attribute(name, 4).message(5, value)
}

/// An attribute that holds a graph.
pub(crate) fn graph_attribute(name: &str, value: &Message) -> Message {
    attribute(name, 5).message(6, value)
}

/// A node; operators with `::` have a domain.
pub(crate) fn node(
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Message],
) -> Message {
    let (domain, name) = operator.rsplit_once("::").unwrap_or(("", operator));
    let mut node = Message::new();
    for input in inputs {
        node = node.text(1, input);
    }
    for output in outputs {
        node = node.text(2, output);
    }
    node = node.text(4, name).messages(5, attributes);
    if domain.is_empty() {
        node
    } else {
        node.text(7, domain)
    }
}

/// A tensor without numbers.
pub(crate) fn shell(name: &str, data_type: u64, dims: &[i64]) -> Message {
    let dims: Vec<u64> = dims.iter().map(|d| d.cast_unsigned()).collect();
    let mut tensor = Message::new();
    for dim in dims {
        tensor = tensor.varint(1, dim);
    }
    tensor.varint(2, data_type).text(8, name)
}

/// A tensor of raw bytes.
pub(crate) fn tensor(name: &str, data_type: u64, dims: &[i64], raw: &[u8]) -> Message {
    shell(name, data_type, dims).bytes(9, raw)
}

/// A tensor of 32-bit floats.
pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, 1, dims, &raw)
}

/// A tensor of 64-bit integers.
pub(crate) fn longs(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(name, 7, &[values.len() as i64], &raw)
}

/// Four floats in another file, described by these entries.
pub(crate) fn external(name: &str, entries: &[(&str, &str)]) -> Message {
    let mut tensor = shell(name, 1, &[4]);
    for (key, value) in entries {
        let entry = Message::new().text(1, key).text(2, value);
        tensor = tensor.message(13, &entry);
    }
    tensor.varint(14, 1)
}

/// An input or output of floats; a negative dimension has no size.
pub(crate) fn port(name: &str, data_type: u64, dims: &[i64]) -> Message {
    let dims: Vec<Message> = dims
        .iter()
        .map(|d| {
            if *d < 0 {
                Message::new().text(2, "n")
            } else {
                Message::new().int(1, *d)
            }
        })
        .collect();
    let shape = Message::new().messages(1, &dims);
    let kind = Message::new().varint(1, data_type).message(2, &shape);
    let kind = Message::new().message(1, &kind);
    Message::new().text(1, name).message(2, &kind)
}

/// A graph: nodes, tensors, inputs, outputs.
#[derive(Default, Clone)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Message>,
    pub(crate) tensors: Vec<Message>,
    pub(crate) sparse: Vec<Message>,
    pub(crate) inputs: Vec<Message>,
    pub(crate) outputs: Vec<Message>,
}

impl Graph {
    /// `y = x + w`.
    pub(crate) fn add() -> Self {
        Self {
            nodes: vec![node("Add", &["x", "w"], &["y"], &[])],
            tensors: vec![floats("w", &[4], &[1.0, 2.0, 3.0, 4.0])],
            sparse: Vec::new(),
            inputs: vec![port("x", 1, &[4])],
            outputs: vec![port("y", 1, &[4])],
        }
    }

    /// Without inputs, and one output.
    pub(crate) fn branch(nodes: Vec<Message>, output: &str) -> Self {
        Self {
            nodes,
            outputs: vec![port(output, 1, &[-1, 2])],
            ..Self::default()
        }
    }

    /// With these tensors in the place of its own.
    pub(crate) fn with(mut self, tensor: Message) -> Self {
        self.tensors = vec![tensor];
        self
    }

    /// With one more node in front.
    pub(crate) fn first(mut self, node: Message) -> Self {
        self.nodes.insert(0, node);
        self
    }

    pub(crate) fn message(&self) -> Message {
        Message::new()
            .messages(1, &self.nodes)
            .text(2, "g")
            .messages(5, &self.tensors)
            .messages(11, &self.inputs)
            .messages(12, &self.outputs)
            .messages(15, &self.sparse)
    }
}

/// A set of operators.
pub(crate) fn opset(domain: &str, version: u64) -> Message {
    let opset = Message::new();
    let opset = if domain.is_empty() {
        opset
    } else {
        opset.text(1, domain)
    };
    opset.varint(2, version)
}

/// A model without its graph.
pub(crate) fn head() -> Message {
    Message::new().varint(1, 10).text(2, "modelaudit tests")
}

/// A model with this graph and these domains beside the standard one.
pub(crate) fn model_of(graph: &Graph, domains: &[&str]) -> Message {
    let opsets: Vec<Message> = domains.iter().map(|d| opset(d, 1)).collect();
    head()
        .message(7, &graph.message())
        .message(8, &opset("", 18))
        .messages(8, &opsets)
}

/// The bytes of a model.
pub(crate) fn model(graph: &Graph) -> Vec<u8> {
    model_of(graph, &[]).build()
}

/// A function of one input `a` and one output `b`.
pub(crate) fn function(name: &str, nodes: &[Message]) -> Message {
    let (domain, name) = name.rsplit_once("::").unwrap_or(("", name));
    Message::new()
        .text(1, name)
        .text(4, "a")
        .text(5, "b")
        .messages(7, nodes)
        .message(9, &opset("", 18))
        .message(9, &opset("local", 1))
        .text(10, domain)
}
