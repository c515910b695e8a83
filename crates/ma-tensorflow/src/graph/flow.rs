//! Where the value of an input comes from: backwards through what passes strings on or builds them, into
//! functions and out of them, to constants, placeholders, assets and what the caller gives.
//!
//! The search does not tell one call of a function from another: an argument may be what any caller
//! gives. It ends after a number of steps and at a depth; what it does not follow is a hole, and a hole is
//! never taken for something harmless.

use std::collections::{HashMap, HashSet};

use ma_core::{Cursor, ScanError};
use ma_wire::OrBroken;
use ma_wire::protobuf::text;

use super::attributes::{AttributeValue, attribute, text_at};
use super::embedded::decode_base64;
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

    fn string_join(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let separator = self.text(id, "separator")?;
        let data: Vec<Input> = self
            .graph
            .inputs_of(node)
            .iter()
            .filter(|i| !i.control)
            .copied()
            .collect();
        let mut whole: Option<Values> = None;
        for input in data.into_iter().take(64) {
            let part = self.resolve(node.scope, input, depth)?;
            whole = Some(match whole {
                None => part,
                Some(before) => before.then(&separator, &part),
            });
        }
        Ok(whole.unwrap_or_default())
    }

    fn reduce_join(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let separator = self.text(id, "separator")?;
        let parts = self.data(node, 0, depth)?;
        let texts: Option<Vec<String>> = parts.list.iter().map(Value::as_text).collect();
        Ok(match texts {
            Some(texts) if !parts.more => Values::one(Value::text(texts.join(&separator))),
            _ => Values::computed("ReduceJoin"),
        })
    }

    /// Operators that change one string; `None` for all others.
    fn computed(
        &mut self,
        id: NodeId,
        node: &Node,
        operator: &str,
        depth: u32,
    ) -> Result<Option<Values>, ScanError> {
        let change: fn(&str) -> Option<String> = match operator {
            "StringLower" => |text| Some(text.to_lowercase()),
            "StringUpper" => |text| Some(text.to_uppercase()),
            "StringStrip" => |text| Some(text.trim().to_owned()),
            "DecodeBase64" => |text| {
                let bytes = decode_base64(text.as_bytes())?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            },
            "AsString" | "UnicodeEncode" => {
                let numbers = self.integers(id, 0)?;
                return Ok(Some(numbers_as_text(operator, &numbers)));
            }
            "Substr" => return self.substr(id, node, depth).map(Some),
            "StaticRegexReplace" => return self.replace(id, node, depth).map(Some),
            _ => return Ok(None),
        };
        let values = self.data(node, 0, depth)?;
        Ok(Some(values.map(operator, change)))
    }

    fn substr(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let from = self.integers(id, 1)?.first().copied();
        let len = self.integers(id, 2)?.first().copied();
        let values = self.data(node, 0, depth)?;
        Ok(values.map("Substr", |text| {
            let (from, len) = (from?, usize::try_from(len?).ok()?);
            let start = match usize::try_from(from) {
                Ok(start) => start,
                Err(_) => text
                    .len()
                    .checked_sub(usize::try_from(from.checked_neg()?).ok()?)?,
            };
            let end = start.saturating_add(len).min(text.len());
            text.get(start..end).map(str::to_owned)
        }))
    }

    /// Replaces where the pattern is a plain text; a real pattern is not evaluated.
    fn replace(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let pattern = self.text(id, "pattern")?;
        let rewrite = self.text(id, "rewrite")?;
        let plain = !pattern.contains(|c: char| r"\^$.|?*+()[]{}".contains(c));
        let values = self.data(node, 0, depth)?;
        Ok(values.map("StaticRegexReplace", |text| {
            (plain && !pattern.is_empty() && !rewrite.contains('\\'))
                .then(|| text.replace(&pattern, &rewrite))
        }))
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

    /// The result of a node that calls functions; of all others a hole.
    fn called(
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
    fn argument(&mut self, scope: ScopeId, input: Input, depth: u32) -> Result<Values, ScanError> {
        let graph = self.graph;
        let Some(function) = graph.scope(scope).filter(|_| scope != MAIN) else {
            return Ok(Values::computed("a missing node"));
        };
        let is_it = |name: &String| super::model::hash(name.as_bytes()) == input.name;
        let Some(index) = function.arguments.iter().position(is_it) else {
            return Ok(Values::computed("a missing node"));
        };
        let own = super::model::hash(function.name.as_bytes());
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

fn numbers_as_text(operator: &str, numbers: &[i64]) -> Values {
    if numbers.is_empty() {
        return Values::computed(operator);
    }
    if operator == "AsString" {
        let mut values = Values::default();
        numbers
            .iter()
            .for_each(|n| values.add(Value::text(n.to_string())));
        return values;
    }
    let chars = numbers
        .iter()
        .map(|n| u32::try_from(*n).ok().and_then(char::from_u32));
    match chars.collect::<Option<String>>() {
        Some(text) => Values::one(Value::text(text)),
        None => Values::computed(operator),
    }
}
