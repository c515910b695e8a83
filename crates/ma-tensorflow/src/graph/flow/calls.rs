//! Into functions and out of them.

use ma_core::ScanError;

use super::{Flow, MAX_CALLERS, MAX_STEPS};
use crate::graph::model::{Input, MAIN, Node, NodeId, ScopeId};
use crate::graph::value::{Hole, Value, Values};

impl<'g> Flow<'g, '_, '_> {
    /// The result of a node that calls functions; of all others a hole.
    pub(super) fn called(
        &mut self,
        id: NodeId,
        node: &Node,
        operator: &str,
        port: u32,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let graph = self.graph;
        // Calls of a node follow each other in the list, which is in the order of the nodes; those where
        // the operator itself is the function come last.
        let functions: Vec<ScopeId> = graph
            .calls_of(id)
            .filter(|call| call.attribute != "cond")
            .filter_map(|call| graph.function(call.function))
            .take(MAX_CALLERS)
            .collect();
        if functions.is_empty() || operator.contains("Dataset") {
            return Ok(Values::computed(operator));
        }
        let mut values = Values::default();
        for function in functions {
            let Some(scope) = graph.scope(function) else {
                continue;
            };
            let result = scope.results.get(port as usize);
            let from = scope.returned.iter().find(|(name, _)| Some(name) == result);
            match from.map(|(_, input)| *input) {
                Some(input) => values.join(self.resolve(function, input, depth)?),
                None => values.add(Value::hole(Hole::Computed(operator.to_owned()))),
            }
        }
        if operator.contains("While") {
            values.join(self.data(node, port as usize, depth)?);
        }
        Ok(values)
    }

    /// An argument of a function: what its callers give.
    pub(super) fn argument(
        &mut self,
        scope: ScopeId,
        input: Input,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let graph = self.graph;
        let Some(function) = graph.scope(scope).filter(|_| scope != MAIN) else {
            return Ok(Values::computed("a missing node"));
        };
        let is_it = |name: &String| crate::graph::model::hash(name.as_bytes()) == input.name;
        let Some(index) = function.arguments.iter().position(is_it) else {
            return Ok(Values::computed("a missing node"));
        };
        let own = crate::graph::model::hash(function.name.as_bytes());
        let callers = self.callers.get(&own).cloned().unwrap_or_default();
        let key = (scope.0, input.name, u32::MAX);
        if !self.open.insert(key) {
            return Ok(Values::default());
        }
        let mut values = Values::default();
        for caller in callers {
            let Some(call) = graph.calls.get(caller) else {
                continue;
            };
            let depth = depth.saturating_add(1);
            values.join(self.given(call.node, &call.attribute, index, depth)?);
        }
        self.open.remove(&key);
        if values.list.is_empty() {
            let name = function.arguments.get(index).cloned().unwrap_or_default();
            return Ok(Values::hole(Hole::Argument(name)));
        }
        Ok(values)
    }

    /// What a calling node gives as argument `index`.
    fn given(
        &mut self,
        id: NodeId,
        attribute: &str,
        index: usize,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let graph = self.graph;
        let Some(node) = graph.node(id) else {
            return Ok(Values::default());
        };
        let operator = graph.operator_of(node).map_or("", |u| u.name.as_str());
        let first = match operator {
            _ if attribute.is_empty() => 0,
            "PartitionedCall"
            | "StatefulPartitionedCall"
            | "TPUPartitionedCall"
            | "While"
            | "StatelessWhile"
            | "_While"
            | "BatchFunction"
            | "SymbolicGradient"
            | "MapDefun" => 0,
            "If" | "StatelessIf" | "_If" | "Case" | "StatelessCase" | "RemoteCall" => 1,
            _ if operator.contains("Dataset") => return self.elements(node, operator, depth),
            _ => return Ok(Values::computed(operator)),
        };
        self.data(node, index.saturating_add(first), depth)
    }

    /// The elements that a function over a data set is given, and what it captured.
    fn elements(
        &mut self,
        node: &'g Node,
        operator: &str,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let graph = self.graph;
        let mut values = Values::default();
        let captured: Vec<Input> = graph
            .inputs_of(node)
            .iter()
            .skip(1)
            .filter(|i| !i.control)
            .copied()
            .collect();
        for input in captured {
            values.join(self.resolve(node.scope, input, depth)?);
        }
        let mut next = graph.input(node, 0).map(|i| (node.scope, i));
        while let Some((scope, input)) = next.take() {
            self.steps = self.steps.saturating_add(1);
            let found = self.named(scope, input.name).and_then(|id| graph.node(id));
            let Some(from) = found.filter(|_| self.steps < MAX_STEPS) else {
                values.add(Value::hole(Hole::Computed(operator.to_owned())));
                break;
            };
            let made_by = graph.operator_of(from).map_or("", |u| u.name.as_str());
            match made_by {
                "TensorSliceDataset" | "TensorDataset" | "SparseTensorSliceDataset" => {
                    values.join(self.union(from, made_by, 0, depth)?);
                }
                "MatchingFilesDataset" | "ExperimentalMatchingFilesDataset" => {
                    values.add(Value::hole(Hole::Listing));
                }
                _ if crate::ops::classify(made_by) == crate::ops::Class::Read => {
                    values.add(Value::hole(Hole::Content));
                }
                _ if made_by.contains("Dataset") || made_by == "Identity" => {
                    next = graph.input(from, 0).map(|i| (scope, i));
                }
                _ => values.add(Value::hole(Hole::Computed(made_by.to_owned()))),
            }
        }
        Ok(values)
    }
}
