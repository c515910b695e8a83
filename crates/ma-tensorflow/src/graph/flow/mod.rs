//! Where the value of an input comes from: backwards through what passes strings on or builds them, into
//! functions and out of them, to constants, placeholders, assets and what the caller gives.
//!
//! The search does not tell one call of a function from another: an argument may be what any caller
//! gives. It ends after a number of steps and at a depth; what it does not follow is a hole, and a hole is
//! never taken for something harmless.

mod calls;
mod strings;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use ma_core::{Cursor, ScanError};
use ma_wire::OrBroken;
use ma_wire::protobuf::text;

use super::attributes::{AttributeValue, attribute, text_at};
use super::model::{Graph, Input, MAIN, NameHash, Node, NodeId, ScopeId};
use super::read::node_name;
use super::tensor;
use super::value::{Hole, MAX_ALTERNATIVES, MAX_TEXT, Value, Values};

/// Functions and alternatives inside each other.
const MAX_DEPTH: u32 = 64;
/// Nodes that one search visits.
const MAX_STEPS: u64 = 20_000;
/// Callers of a function that are asked.
const MAX_CALLERS: usize = 16;

/// Follows values through one graph.
pub struct Flow<'g, 'c, 'b> {
    graph: &'g Graph,
    cursor: &'c mut Cursor<'b>,
    /// Nodes of the main graph that the loader fills with the path of an asset, with its file name.
    assets: &'g HashMap<NameHash, String>,
    names: HashMap<(u32, NameHash), NodeId>,
    /// What is assigned to variables and put into queues, by the name of their node.
    stored: HashMap<(u32, NameHash), Vec<Input>>,
    callers: HashMap<NameHash, Vec<usize>>,
    /// What is being resolved, so that a loop ends.
    open: HashSet<(u32, NameHash, u32)>,
    steps: u64,
}

impl<'g, 'c, 'b> Flow<'g, 'c, 'b> {
    /// Over `graph`, whose bytes are read through `cursor`.
    #[must_use]
    pub fn new(
        graph: &'g Graph,
        cursor: &'c mut Cursor<'b>,
        assets: &'g HashMap<NameHash, String>,
    ) -> Self {
        let mut flow = Self {
            graph,
            cursor,
            assets,
            names: HashMap::with_capacity(graph.nodes.len()),
            stored: HashMap::new(),
            callers: HashMap::new(),
            open: HashSet::new(),
            steps: 0,
        };
        flow.index();
        flow
    }

    fn index(&mut self) {
        let stores: Vec<bool> = self
            .graph
            .operators
            .iter()
            .map(|o| stores(&o.name))
            .collect();
        for (i, node) in self.graph.nodes.iter().enumerate() {
            let id = NodeId(u32::try_from(i).unwrap_or(u32::MAX));
            self.names.entry((node.scope.0, node.name)).or_insert(id);
            if stores.get(node.operator as usize) == Some(&true)
                && let (Some(to), Some(from)) =
                    (self.graph.input(node, 0), self.graph.input(node, 1))
            {
                let place = self.stored.entry((node.scope.0, to.name)).or_default();
                if place.len() < MAX_ALTERNATIVES {
                    place.push(from);
                }
            }
        }
        for (i, call) in self.graph.calls.iter().enumerate() {
            let callers = self.callers.entry(call.function).or_default();
            if callers.len() < MAX_CALLERS {
                callers.push(i);
            }
        }
    }

    /// The bytes.
    pub fn cursor(&mut self) -> &mut Cursor<'b> {
        self.cursor
    }

    /// The node of that name in a scope.
    #[must_use]
    pub fn named(&self, scope: ScopeId, name: NameHash) -> Option<NodeId> {
        self.names.get(&(scope.0, name)).copied()
    }

    /// What input `index` of a node may be.
    ///
    /// # Errors
    /// When the bytes can't be read, or the budget is used up.
    pub fn input(&mut self, id: NodeId, index: usize) -> Result<Values, ScanError> {
        self.steps = 0;
        self.open.clear();
        let Some(node) = self.graph.node(id) else {
            return Ok(Values::default());
        };
        match self.graph.input(node, index) {
            Some(input) => self.resolve(node.scope, input, 0),
            None => Ok(Values::default()),
        }
    }

    /// What goes through the queue that input `index` of a node is.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn queue(&mut self, id: NodeId, index: usize) -> Result<Values, ScanError> {
        let handles = self.input(id, index)?;
        self.stored_in(handles, "queue", 0)
    }

    /// An attribute of a node.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn attribute(
        &mut self,
        id: NodeId,
        key: &str,
    ) -> Result<Option<AttributeValue>, ScanError> {
        match self.graph.node(id) {
            Some(node) => attribute(self.cursor, node.range.clone(), key),
            None => Ok(None),
        }
    }

    /// The text of an attribute; empty when there is none.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn text(&mut self, id: NodeId, key: &str) -> Result<String, ScanError> {
        match self.attribute(id, key)?.and_then(|a| a.string) {
            Some(at) => text_at(self.cursor, at, MAX_TEXT),
            None => Ok(String::new()),
        }
    }

    /// The texts of an attribute that is a list.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn texts(&mut self, id: NodeId, key: &str) -> Result<Vec<String>, ScanError> {
        let places = self.attribute(id, key)?.map(|a| a.strings);
        let places = places.unwrap_or_default().into_iter();
        places
            .map(|at| text_at(self.cursor, at, MAX_TEXT))
            .collect()
    }

    /// The integers of the constant that input `index` of a node is.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn integers(&mut self, id: NodeId, index: usize) -> Result<Vec<i64>, ScanError> {
        let graph = self.graph;
        let Some(node) = graph.node(id) else {
            return Ok(Vec::new());
        };
        let Some(input) = graph.input(node, index) else {
            return Ok(Vec::new());
        };
        match self.named(node.scope, input.name) {
            Some(from) => self.constant_integers(from),
            None => Ok(Vec::new()),
        }
    }

    /// The integers of a constant.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn constant_integers(&mut self, id: NodeId) -> Result<Vec<i64>, ScanError> {
        match self.attribute(id, "value")?.and_then(|a| a.tensor) {
            Some(at) => Ok(tensor::integers(self.cursor, at, 256)
                .or_broken()?
                .unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }

    /// The name of a node.
    ///
    /// # Errors
    /// As [`Flow::input`].
    pub fn name(&mut self, id: NodeId) -> Result<String, ScanError> {
        match self.graph.node(id) {
            Some(node) => node_name(self.cursor, node.range.clone()),
            None => Ok(String::new()),
        }
    }

    fn resolve(
        &mut self,
        scope: ScopeId,
        mut input: Input,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let graph = self.graph;
        loop {
            self.steps = self.steps.saturating_add(1);
            self.cursor.budget().charge_steps(1)?;
            if depth > MAX_DEPTH || self.steps > MAX_STEPS {
                return Ok(Values::hole(Hole::TooDeep));
            }
            let Some(id) = self.named(scope, input.name) else {
                return self.argument(scope, input, depth);
            };
            let Some(node) = graph.node(id) else {
                return Ok(Values::default());
            };
            if scope == MAIN
                && let Some(asset) = self.assets.get(&input.name)
            {
                return Ok(Values::hole(Hole::Asset(asset.clone())));
            }
            let used = graph.operator_of(node);
            let operator = used.map_or("", |u| u.name.as_str());
            if let Some(next) = passes_on(operator).and_then(|i| graph.input(node, i)) {
                input = next;
                continue;
            }
            // A loop of the graph comes back here.
            let key = (scope.0, input.name, input.port);
            if !self.open.insert(key) {
                return Ok(Values::default());
            }
            let values = self.node(id, node, operator, input.port, depth.saturating_add(1));
            self.open.remove(&key);
            return values;
        }
    }

    fn node(
        &mut self,
        id: NodeId,
        node: &'g Node,
        operator: &str,
        port: u32,
        depth: u32,
    ) -> Result<Values, ScanError> {
        match operator {
            "Const" | "HostConst" | "_EagerConst" => self.constant(id),
            "Placeholder" | "PlaceholderV2" => Ok(Values::hole(Hole::Placeholder(self.name(id)?))),
            "_Arg" | "_DeviceArg" => Ok(Values::hole(Hole::Argument(self.name(id)?))),
            "PlaceholderWithDefault" => {
                let mut values = self.data(node, 0, depth)?;
                for value in &mut values.list {
                    value.default = true;
                }
                Ok(values)
            }
            "Merge"
            | "RefMerge"
            | "Pack"
            | "Concat"
            | "ConcatV2"
            | "Select"
            | "SelectV2"
            | "IdentityN"
            | "DynamicStitch"
            | "ParallelDynamicStitch"
            | "StringNGrams" => self.union(node, operator, port, depth),
            "StringJoin" => self.string_join(id, node, depth),
            "ReduceJoin" => self.reduce_join(id, node, depth),
            "ShardedFilename" | "ShardedFilespec" => {
                let base = self.data(node, 0, depth)?;
                Ok(base.then("", &Values::one(Value::text("-?????-of-?????"))))
            }
            "ReadVariableOp" | "ResourceGather" | "VariableV2" | "Variable" => {
                let handles = if operator.starts_with("Variable") {
                    Values::hole(Hole::Resource(node.scope.0, node.name))
                } else {
                    self.data(node, 0, depth)?
                };
                self.stored_in(handles, operator, depth)
            }
            "Restore" | "RestoreV2" | "RestoreSlice" => Ok(Values::hole(Hole::Checkpoint)),
            "ReadFile" => Ok(Values::hole(Hole::Content)),
            "MatchingFiles" => Ok(Values::hole(Hole::Listing)),
            _ if makes_resource(operator) => {
                Ok(Values::hole(Hole::Resource(node.scope.0, node.name)))
            }
            _ => match self.computed(id, node, operator, depth)? {
                Some(values) => Ok(values),
                None => self.called(id, node, operator, port, depth),
            },
        }
    }

    fn data(&mut self, node: &Node, index: usize, depth: u32) -> Result<Values, ScanError> {
        match self.graph.input(node, index) {
            Some(input) => self.resolve(node.scope, input, depth),
            None => Ok(Values::default()),
        }
    }

    fn constant(&mut self, id: NodeId) -> Result<Values, ScanError> {
        let Some(at) = self.attribute(id, "value")?.and_then(|a| a.tensor) else {
            return Ok(Values::computed("Const"));
        };
        let Ok(tensor) = tensor::read(self.cursor, at, MAX_ALTERNATIVES).or_broken()? else {
            return Ok(Values::computed("Const"));
        };
        let mut values = Values {
            list: Vec::new(),
            more: tensor.string_count > tensor.strings.len() as u64,
        };
        for place in tensor.strings {
            let read = text(self.cursor, place, MAX_TEXT).or_broken()?;
            // Elements may repeat, and their order matters to who joins them.
            values.list.push(Value::text(read.unwrap_or_default()));
        }
        // A string tensor without values is one of empty strings.
        if values.list.is_empty() && tensor.dtype % 100 == tensor::STRING {
            values.add(Value::text(""));
        }
        Ok(values)
    }

    fn union(
        &mut self,
        node: &Node,
        operator: &str,
        port: u32,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let data: Vec<Input> = self
            .graph
            .inputs_of(node)
            .iter()
            .filter(|i| !i.control)
            .copied()
            .collect();
        let last = data.len().saturating_sub(1);
        let mut values = Values::default();
        for (i, input) in data.into_iter().enumerate() {
            let counts = match operator {
                "Select" | "SelectV2" => i > 0,
                "Concat" => i > 0,
                "ConcatV2" => i < last,
                "IdentityN" => u32::try_from(i) == Ok(port),
                _ => true,
            };
            if counts {
                values.join(self.resolve(node.scope, input, depth)?);
            }
        }
        Ok(values)
    }

    /// What was put into variables or queues.
    fn stored_in(
        &mut self,
        handles: Values,
        operator: &str,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let mut values = Values {
            list: Vec::new(),
            more: handles.more,
        };
        for handle in handles.list {
            let Some(Hole::Resource(scope, name)) = handle.first_hole().cloned() else {
                values.add(handle);
                continue;
            };
            let stored = self.stored.get(&(scope, name)).cloned().unwrap_or_default();
            if stored.is_empty() {
                values.add(Value::hole(Hole::Computed(operator.to_owned())));
            }
            for input in stored {
                let depth = depth.saturating_add(1);
                values.join(self.resolve(ScopeId(scope), input, depth)?);
            }
        }
        Ok(values)
    }
}

/// The input that an operator hands on as it is, or as parts of itself.
fn passes_on(operator: &str) -> Option<usize> {
    Some(match operator {
        "Identity"
        | "StopGradient"
        | "PreventGradient"
        | "Snapshot"
        | "EnsureShape"
        | "Reshape"
        | "ExpandDims"
        | "Squeeze"
        | "Enter"
        | "RefEnter"
        | "Exit"
        | "RefExit"
        | "NextIteration"
        | "RefNextIteration"
        | "Switch"
        | "RefSwitch"
        | "_SwitchN"
        | "RefIdentity"
        | "StridedSlice"
        | "Slice"
        | "Gather"
        | "GatherV2"
        | "GatherNd"
        | "Unpack"
        | "SplitV"
        | "Tile"
        | "BroadcastTo"
        | "Transpose"
        | "RandomShuffle"
        | "Unique"
        | "UniqueV2"
        | "DynamicPartition"
        | "Reverse"
        | "ReverseV2"
        | "PadV2"
        | "Pad"
        | "Roll"
        | "LoopCond"
        | "DebugGradientIdentity"
        | "Copy"
        | "CopyHost"
        | "DebugIdentity"
        | "DebugIdentityV2"
        | "DebugIdentityV3"
        | "_Retval"
        | "Where" => 0,
        "Split" => 1,
        _ => return None,
    })
}

fn makes_resource(operator: &str) -> bool {
    operator == "VarHandleOp"
        || operator.ends_with("Queue")
        || operator.ends_with("QueueV2")
        || operator.starts_with("HashTable")
        || operator.starts_with("MutableHashTable")
}

fn stores(operator: &str) -> bool {
    matches!(
        operator,
        "AssignVariableOp" | "Assign" | "AssignVariableXlaConcatND"
    ) || operator.starts_with("QueueEnqueue")
}
