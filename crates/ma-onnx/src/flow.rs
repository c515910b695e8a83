//! Who depends on what: outputs that a check of the input replaces, and tensors that nothing reads.

use std::collections::{HashMap, HashSet};

use crate::model::{FlowNode, MadeBy, Model};
use crate::tables;

/// A value depends on some input.
const DEPENDS: u8 = 1;
/// It is made of the data of an input, without anything learned in between.
const DATA: u8 = 2;
/// It is made by something learned: a convolution, a product with a matrix, an embedding.
const LEARNED: u8 = 4;
/// It is made of a part or of a sum of the data.
const REDUCED: u8 = 8;
/// It says how the data compares with something constant.
const COMPARED: u8 = 16;

/// Nodes that are looked at again and again until nothing new is learned. Nodes in the order of their
/// use need a few rounds; the more there are in another order, the more rounds.
const LOOKS: usize = 30_000_000;

/// A node that lets a check of the input decide what comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Its place in the flow.
    pub(crate) node: u32,
    /// Its operator.
    pub(crate) operator: String,
    /// Whether it puts something constant in the place of what the model computed.
    pub(crate) constant: bool,
}

/// What an operator does to what is known of its inputs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acts {
    Learned,
    /// Gives sizes, not data.
    Shape,
    Compares,
    /// Picks or sums up.
    Reduces,
    /// Looks up rows of its first input by the second.
    LooksUp,
    Passes,
}

fn acts(domain: &str, name: &str) -> Acts {
    if !domain.is_empty() {
        return Acts::Learned;
    }
    match name {
        "Shape" | "Size" => Acts::Shape,
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" => Acts::Compares,
        "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL1"
        | "ReduceL2" | "ReduceSumSquare" | "ReduceLogSum" | "ReduceLogSumExp" | "ArgMax"
        | "ArgMin" | "CumSum" | "TopK" | "Slice" | "Split" | "GatherElements" | "GatherND"
        | "GlobalAveragePool" | "GlobalMaxPool" | "Hash" | "Unique" => Acts::Reduces,
        "Gather" => Acts::LooksUp,
        "Conv" | "ConvTranspose" | "ConvInteger" | "QLinearConv" | "DeformConv" | "MatMul"
        | "MatMulInteger" | "QLinearMatMul" | "Gemm" | "Einsum" | "LSTM" | "GRU" | "RNN"
        | "Attention" => Acts::Learned,
        _ if tables::is_operator("", name) => Acts::Passes,
        _ => Acts::Learned,
    }
}

/// Operators that change the look of what comes out and nothing else.
fn is_finish(name: &str) -> bool {
    matches!(
        name,
        "Identity"
            | "Cast"
            | "Softmax"
            | "LogSoftmax"
            | "Sigmoid"
            | "Reshape"
            | "Squeeze"
            | "Unsqueeze"
            | "Flatten"
            | "Transpose"
            | "Add"
            | "Sub"
            | "Mul"
            | "Div"
            | "Clip"
            | "ArgMax"
            | "Concat"
            | "Where"
            | "If"
            | "Max"
            | "Min"
            | "Relu"
            | "Tanh"
    )
}

/// The graph of a model, with names resolved across nested graphs.
pub(crate) struct Analysis<'m> {
    model: &'m Model,
    /// For each value, the value of an outer graph that it stands for, or itself.
    meant: Vec<u32>,
    bits: Vec<u8>,
    acts: Vec<Acts>,
    /// Graphs nested in each node.
    inner: HashMap<u32, Vec<u32>>,
}

fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl<'m> Analysis<'m> {
    pub(crate) fn new(model: &'m Model) -> Self {
        let values = &model.flow.values;
        let nested = model.graphs.iter().any(|g| g.parent.is_some());
        let mut meant: Vec<u32> = (0u32..).take(values.len()).collect();
        if nested {
            let names: HashMap<(u32, u64), u32> = values
                .iter()
                .zip(0u32..)
                .map(|(v, i)| ((v.graph, v.name), i))
                .collect();
            for (value, slot) in values.iter().zip(meant.iter_mut()) {
                let mut graph = value.graph;
                let mut outside = value.made_by == MadeBy::Outside;
                // Graphs nest at most so deep.
                for _ in 0..=crate::parse::limits::DEPTH {
                    let parent = model.graphs.get(at(graph)).and_then(|g| g.parent);
                    let Some((parent, _)) = parent.filter(|_| outside) else {
                        break;
                    };
                    graph = parent;
                    let Some(found) = names.get(&(graph, value.name)) else {
                        continue;
                    };
                    *slot = *found;
                    outside = model
                        .flow
                        .value(*found)
                        .is_some_and(|v| v.made_by == MadeBy::Outside);
                }
            }
        }
        let mut inner: HashMap<u32, Vec<u32>> = HashMap::new();
        for (graph, i) in model.graphs.iter().zip(0u32..) {
            if let Some((_, Some(node))) = graph.parent {
                inner.entry(node).or_default().push(i);
            }
        }
        let operators = model.operators.iter();
        let acts = operators.map(|o| acts(&o.domain, &o.name)).collect();
        Self {
            model,
            meant,
            bits: vec![0; values.len()],
            acts,
            inner,
        }
    }

    fn meant(&self, value: u32) -> u32 {
        self.meant.get(at(value)).copied().unwrap_or(value)
    }

    fn bits(&self, value: u32) -> u8 {
        let meant = self.meant(value);
        self.bits.get(at(meant)).copied().unwrap_or(0)
    }

    /// Adds to what is known of a value; true when that is new.
    fn add(&mut self, value: u32, bits: u8) -> bool {
        let meant = self.meant(value);
        match self.bits.get_mut(at(meant)) {
            Some(have) if *have | bits != *have => {
                *have |= bits;
                true
            }
            _ => false,
        }
    }

    fn inner(&self, node: u32) -> &[u32] {
        self.inner.get(&node).map_or(&[], Vec::as_slice)
    }

    fn ports(&self, graph: u32, input: bool) -> Vec<u32> {
        let Some(graph) = self.model.graphs.get(at(graph)) else {
            return Vec::new();
        };
        let ports = if input { &graph.inputs } else { &graph.outputs };
        ports.iter().filter_map(|p| p.value).collect()
    }

    /// Lets what is known flow until nothing new is learned.
    fn spread(&mut self) {
        let model = self.model;
        for graph in model.graphs.iter().filter(|g| g.parent.is_none()) {
            for port in &graph.inputs {
                let Some(value) = port.value else { continue };
                let given = model.flow.value(value).map(|v| v.made_by);
                if given == Some(MadeBy::Initializer) {
                    continue;
                }
                // What a function is given may be anything. Switches are numbers or short lists; data has
                // rows and columns.
                let bits = if graph.owner.is_some() {
                    DEPENDS | LEARNED
                } else if port.rank.is_none_or(|rank| rank >= 2) {
                    DEPENDS | DATA
                } else {
                    DEPENDS
                };
                self.add(value, bits);
            }
        }
        let nodes = &model.flow.nodes;
        let rounds = LOOKS.div_euclid(nodes.len().max(1)).clamp(64, 100_000);
        for round in 0..rounds {
            let mut news = false;
            if round % 2 == 0 {
                for (node, i) in nodes.iter().zip(0u32..) {
                    news |= self.step(node, i);
                }
            } else {
                let last = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
                for (node, i) in nodes.iter().rev().zip((0..last).rev()) {
                    news |= self.step(node, i);
                }
            }
            if !news {
                break;
            }
        }
    }

    fn step(&mut self, node: &FlowNode, index: u32) -> bool {
        let model = self.model;
        let inputs = model.flow.inputs(node);
        let mut bits = inputs.iter().fold(0, |all, v| all | self.bits(*v));
        let mut news = false;
        for graph in self.inner(index).to_vec() {
            for port in self.ports(graph, true) {
                news |= self.add(port, bits);
            }
        }
        for graph in self.inner(index).to_vec() {
            for port in self.ports(graph, false) {
                bits |= self.bits(port) & !COMPARED;
            }
        }
        let constant_first = inputs.first().is_some_and(|v| self.bits(*v) == 0);
        let act = self.acts.get(at(node.operator)).copied();
        let out = match act.unwrap_or(Acts::Learned) {
            Acts::Shape => bits & DEPENDS,
            Acts::Learned if bits & DEPENDS != 0 => DEPENDS | LEARNED,
            Acts::LooksUp if constant_first && bits & DATA != 0 => DEPENDS | LEARNED,
            Acts::LooksUp | Acts::Reduces if bits & DATA != 0 => bits | REDUCED,
            Acts::Compares => {
                let constant = inputs.iter().any(|v| self.is_fixed(*v));
                let data = bits & DATA != 0 && bits & LEARNED == 0;
                if constant && data {
                    bits | COMPARED
                } else {
                    bits
                }
            }
            _ => bits,
        };
        for output in model.flow.outputs(node) {
            news |= self.add(*output, out);
        }
        news
    }

    /// Values of which nothing but finishing touches separate the outputs of the model.
    fn finals(&self) -> HashSet<u32> {
        let mut found = HashSet::new();
        let mut todo: Vec<u32> = self.ports(0, false);
        while let Some(value) = todo.pop() {
            let value = self.meant(value);
            if !found.insert(value) {
                continue;
            }
            let made_by = self.model.flow.value(value).map(|v| v.made_by);
            let Some(MadeBy::Node(index)) = made_by else {
                continue;
            };
            let Some(node) = self.model.flow.node(index) else {
                continue;
            };
            let operator = self.model.operators.get(at(node.operator));
            if operator.is_some_and(|o| o.domain.is_empty() && is_finish(&o.name)) {
                todo.extend(self.model.flow.inputs(node));
                for graph in self.inner(index) {
                    todo.extend(self.ports(*graph, false));
                }
            }
        }
        found
    }

    /// Nodes that let a check of the input decide what comes out.
    pub(crate) fn gates(mut self) -> Vec<Gate> {
        let names = ["If", "Where", "Mul"];
        let model = self.model;
        let possible = |o: &crate::model::Operator| names.contains(&o.name.as_str());
        if !model.operators.iter().any(possible) {
            return Vec::new();
        }
        self.spread();
        let finals = self.finals();
        let mut gates = Vec::new();
        for (node, i) in model.flow.nodes.iter().zip(0u32..) {
            let Some(operator) = model.operators.get(at(node.operator)) else {
                continue;
            };
            if !operator.domain.is_empty() {
                continue;
            }
            let constant = match operator.name.as_str() {
                "If" => self.if_gate(node, i),
                "Where" => self.where_gate(node, &finals),
                "Mul" => self.mul_gate(node, &finals),
                _ => None,
            };
            if let Some(constant) = constant {
                gates.push(Gate {
                    node: i,
                    operator: operator.name.clone(),
                    constant,
                });
            }
        }
        gates
    }

    /// Whether a value is a check of a part or of a sum of the input.
    fn is_check(&self, value: u32) -> bool {
        let bits = self.bits(value);
        bits & (COMPARED | REDUCED | LEARNED) == COMPARED | REDUCED
    }

    /// Whether a value has nothing of the data in it, but for its size perhaps.
    fn is_fixed(&self, value: u32) -> bool {
        self.bits(value) & (DATA | LEARNED) == 0
    }

    fn is_learned(&self, value: u32) -> bool {
        self.bits(value) & LEARNED != 0
    }

    fn if_gate(&self, node: &FlowNode, index: u32) -> Option<bool> {
        let condition = self.model.flow.inputs(node).first()?;
        if !self.is_check(*condition) {
            return None;
        }
        let (mut constant, mut learned) = (false, false);
        for graph in self.inner(index) {
            let outputs = self.ports(*graph, false);
            constant |= !outputs.is_empty() && outputs.iter().all(|v| self.is_fixed(*v));
            learned |= outputs.iter().any(|v| self.is_learned(*v));
        }
        (constant && learned).then_some(true)
    }

    fn where_gate(&self, node: &FlowNode, finals: &HashSet<u32>) -> Option<bool> {
        let inputs = self.model.flow.inputs(node);
        let (condition, choices) = inputs.split_first()?;
        let constant = choices.iter().any(|v| self.is_fixed(*v));
        let learned = choices.iter().any(|v| self.is_learned(*v));
        let gate = self.is_check(*condition) && constant && learned && self.ends_in(node, finals);
        gate.then_some(true)
    }

    fn mul_gate(&self, node: &FlowNode, finals: &HashSet<u32>) -> Option<bool> {
        let inputs = self.model.flow.inputs(node);
        let check = inputs.iter().any(|v| self.is_check(*v));
        let learned = inputs.iter().any(|v| self.is_learned(*v));
        (check && learned && self.ends_in(node, finals)).then_some(false)
    }

    fn ends_in(&self, node: &FlowNode, finals: &HashSet<u32>) -> bool {
        let outputs = self.model.flow.outputs(node);
        outputs.iter().any(|v| finals.contains(&self.meant(*v)))
    }

    /// The values that something reads.
    pub(crate) fn read(&self) -> HashSet<u32> {
        let mut read = HashSet::new();
        for node in &self.model.flow.nodes {
            read.extend(self.model.flow.inputs(node).iter().map(|v| self.meant(*v)));
        }
        for graph in &self.model.graphs {
            let ports = graph.outputs.iter().filter_map(|p| p.value);
            read.extend(ports.map(|v| self.meant(v)));
        }
        read
    }
}
