//! GraphDef and FunctionDefLibrary to the model.
//!
//! GraphDef: **1 node[]** · **2 library** · 3 version · 4 versions. NodeDef: 1 name · **2 op** · 3 input[] · 4 device ·
//! **5 attr map** (1 key, 2 value). AttrValue: 1 list · **2 s** · 3 i · 4 f · 5 b · 6 type · 7 shape · **8 tensor** ·
//! 9 placeholder · **10 func** (1 name, 2 attr); ListValue: the same numbers, 9 func.
//! FunctionDefLibrary: **1 function[]** · 2 gradient (1 function, 2 gradient). FunctionDef: 1 signature (1 name,
//! 2 input_arg[], 3 output_arg[], each 1 name) · **3 node_def[]** · 4 ret map · 6 control_ret.
//! `tensorflow/core/framework/{graph,node_def,attr_value,function}.proto` of 2.21.
//!
//! Messages that occur twice are merged, as the C++ library does. An anomaly is a broken encoding; the next
//! message beside it is read all the same. Cost: names, operators and attributes; of tensors the headers.
//! Limits: [`MAX_NODES`] nodes are kept, of all others the operators are counted.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Cursor, ScanError};
use ma_wire::protobuf::{Field, Fields, bytes, text};
use ma_wire::{Broken, Fault};

use super::embedded;
use super::model::{
    Call, Constant, Cut, Embedded, Graph, Input, MAIN, Node, NodeId, OddShape, OperatorUse, Scope,
    ScopeId, ShapeFault, hash,
};
use super::tensor;

/// Nodes that are kept.
pub const MAX_NODES: usize = 1 << 20;
/// Inputs that are kept.
const MAX_INPUTS: usize = 1 << 22;
/// Functions that are kept.
const MAX_FUNCTIONS: usize = 1 << 17;
/// Different operators that are kept.
const MAX_OPERATORS: usize = 20_000;
/// Strings that begin like files, calls, and odd shapes that are kept.
const MAX_KEPT: usize = 10_000;
/// Calls that are kept.
const MAX_CALLS: usize = 1 << 19;
/// Constants that are shown to detectors.
const MAX_CONSTANTS: usize = 4000;
/// Longest name that is kept.
const MAX_NAME: usize = 4096;
/// Strings of a tensor that are looked at for what they begin like.
const MAX_STRINGS: usize = 100_000;
/// Bytes in memory above which a constant is too large for the few that stand for it.
const BOMB: u64 = 4 << 30;
/// Fewer bytes than these say nothing about what they are.
const SMALL: u64 = 64;

/// Reads the GraphDef messages at `parts`, which are one graph together.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn read_graph(cursor: &mut Cursor<'_>, parts: &[Range<u64>]) -> Result<Graph, ScanError> {
    let mut reader = Reader::default();
    let mut libraries = Vec::new();
    reader.graph.scopes.push(Scope {
        range: parts.first().cloned().unwrap_or(0..0),
        ..Scope::default()
    });
    for part in parts {
        let mut fields = Fields::new(part.clone());
        while let Some(field) = reader.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => reader.node(cursor, at, MAIN)?,
                (2, Some(at)) => libraries.push(at),
                _ => {}
            }
        }
    }
    reader.close(MAIN);
    for library in libraries {
        reader.library(cursor, library)?;
    }
    Ok(reader.finish())
}

/// Reads a FunctionDefLibrary that stands alone.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn read_library(cursor: &mut Cursor<'_>, library: Range<u64>) -> Result<Graph, ScanError> {
    let mut reader = Reader::default();
    reader.graph.scopes.push(Scope::default());
    reader.library(cursor, library)?;
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    operators: HashMap<Vec<u8>, u32>,
}

/// What an attribute holds that is of interest.
#[derive(Default)]
struct Attribute {
    key: Vec<u8>,
    functions: Vec<Vec<u8>>,
}

impl Reader {
    /// The next field; a break is noted and ends the message.
    fn next(
        &mut self,
        cursor: &mut Cursor<'_>,
        fields: &mut Fields,
    ) -> Result<Option<Field>, ScanError> {
        let found = fields.next(cursor);
        Ok(self.or_note(found)?.flatten())
    }

    fn or_note<T>(&mut self, found: Result<T, Fault>) -> Result<Option<T>, ScanError> {
        match found {
            Ok(value) => Ok(Some(value)),
            Err(Fault::Broken(broken)) => {
                self.note_broken(broken);
                Ok(None)
            }
            Err(Fault::Scan(e)) => Err(e),
        }
    }

    fn note_broken(&mut self, broken: Broken) {
        if self.graph.broken.len() < 64 {
            self.graph.broken.push(broken);
        }
    }

    fn name(&mut self, cursor: &mut Cursor<'_>, at: Range<u64>) -> Result<Vec<u8>, ScanError> {
        let found = bytes(cursor, at, MAX_NAME);
        Ok(self.or_note(found)?.unwrap_or_default())
    }

    fn library(&mut self, cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<(), ScanError> {
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => self.function(cursor, at)?,
                (2, Some(at)) => {
                    let pair = self.pair(cursor, at)?;
                    if self.graph.gradients.len() < MAX_KEPT {
                        self.graph.gradients.push((hash(&pair.0), hash(&pair.1)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Fields 1 and 2 of a message, as bytes: a map entry or a gradient.
    fn pair(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
    ) -> Result<(Vec<u8>, Vec<u8>), ScanError> {
        let mut pair = (Vec::new(), Vec::new());
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => pair.0 = self.name(cursor, at)?,
                (2, Some(at)) => pair.1 = self.name(cursor, at)?,
                _ => {}
            }
        }
        Ok(pair)
    }

    fn function(&mut self, cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<(), ScanError> {
        if self.graph.scopes.len() >= MAX_FUNCTIONS {
            self.graph.note_cut(Cut::Functions);
            return Ok(());
        }
        let id = ScopeId(u32::try_from(self.graph.scopes.len()).unwrap_or(u32::MAX));
        let start = self.node_count();
        self.graph.scopes.push(Scope {
            range: range.clone(),
            nodes: start..start,
            ..Scope::default()
        });
        let mut scope = Scope {
            range: range.clone(),
            ..Scope::default()
        };
        let mut returned = Vec::new();
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => self.signature(cursor, at, &mut scope)?,
                (3, Some(at)) => self.node(cursor, at, id)?,
                (4, Some(at)) => returned.push(self.pair(cursor, at)?),
                _ => {}
            }
        }
        scope.returned = returned
            .into_iter()
            .map(|(key, from)| (lossy(&key), input(&from)))
            .collect();
        scope.nodes = start..self.node_count();
        let name = hash(scope.name.as_bytes());
        if self.graph.by_function.contains_key(&name) {
            self.graph.twice.push(id);
        }
        // The library keeps the first of two functions with one name and refuses another one.
        self.graph.by_function.entry(name).or_insert(id);
        if let Some(place) = self.graph.scopes.last_mut() {
            *place = scope;
        }
        Ok(())
    }

    fn signature(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        scope: &mut Scope,
    ) -> Result<(), ScanError> {
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => scope.name = lossy(&self.name(cursor, at)?),
                (2, Some(at)) => scope.arguments.push(lossy(&self.pair(cursor, at)?.0)),
                (3, Some(at)) => scope.results.push(lossy(&self.pair(cursor, at)?.0)),
                _ => {}
            }
        }
        Ok(())
    }

    fn node_count(&self) -> u32 {
        u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX)
    }

    fn close(&mut self, scope: ScopeId) {
        let end = self.node_count();
        if let Some(scope) = self.graph.scopes.get_mut(scope.0 as usize) {
            scope.nodes.end = end;
        }
    }

    fn node(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        scope: ScopeId,
    ) -> Result<(), ScanError> {
        let id = NodeId(self.node_count());
        let first_input = self.graph.inputs.len();
        let (mut name, mut operator) = (0, Vec::new());
        let mut fields = Fields::new(range.clone());
        while let Some(field) = self.next(cursor, &mut fields)? {
            let Some(at) = field.as_range() else {
                continue;
            };
            match field.number {
                1 => name = hash(&self.name(cursor, at)?),
                2 => operator = self.name(cursor, at)?,
                3 => {
                    let from = self.name(cursor, at)?;
                    if self.graph.inputs.len() < MAX_INPUTS {
                        self.graph.inputs.push(input(&from));
                    } else {
                        self.graph.note_cut(Cut::Inputs);
                    }
                }
                4 if at.start < at.end => self.device(cursor, at, id)?,
                5 => self.attribute(cursor, at, id)?,
                _ => {}
            }
        }
        let operator = self.operator(operator, &range, scope);
        if self.graph.nodes.len() >= MAX_NODES {
            self.graph.note_cut(Cut::Nodes);
            self.graph.uncounted = self.graph.uncounted.saturating_add(1);
            self.graph.inputs.truncate(first_input);
            return Ok(());
        }
        let inputs = self.graph.inputs.len().saturating_sub(first_input);
        self.graph.nodes.push(Node {
            range,
            name,
            operator,
            first_input: u32::try_from(first_input).unwrap_or(u32::MAX),
            inputs: u32::try_from(inputs).unwrap_or(0),
            scope,
        });
        Ok(())
    }

    fn operator(&mut self, name: Vec<u8>, range: &Range<u64>, scope: ScopeId) -> u32 {
        let known = self.operators.get(&name).copied();
        let id = match known {
            Some(id) => id,
            None if self.graph.operators.len() >= MAX_OPERATORS => {
                self.graph.note_cut(Cut::Operators);
                return u32::MAX;
            }
            None => {
                let id = u32::try_from(self.graph.operators.len()).unwrap_or(u32::MAX);
                let new = OperatorUse::new(lossy(&name), range.clone(), scope);
                self.graph.operators.push(new);
                self.operators.insert(name, id);
                id
            }
        };
        if let Some(used) = self.graph.operators.get_mut(id as usize) {
            used.count = used.count.saturating_add(1);
        }
        id
    }

    fn device(
        &mut self,
        cursor: &mut Cursor<'_>,
        at: Range<u64>,
        id: NodeId,
    ) -> Result<(), ScanError> {
        let device = lossy(&self.name(cursor, at)?);
        if is_remote(&device) && self.graph.remote.len() < MAX_KEPT {
            self.graph.remote.push((id, device));
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        node: NodeId,
    ) -> Result<(), ScanError> {
        let mut attribute = Attribute::default();
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => attribute.key = self.name(cursor, at)?,
                (2, Some(at)) => self.value(cursor, at, node, &mut attribute)?,
                _ => {}
            }
        }
        let key = lossy(&attribute.key);
        for function in attribute.functions {
            if self.graph.calls.len() >= MAX_CALLS {
                self.graph.note_cut(Cut::Calls);
                break;
            }
            self.graph.calls.push(Call {
                node,
                attribute: key.clone(),
                function: hash(&function),
            });
        }
        Ok(())
    }

    fn value(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        node: NodeId,
        attribute: &mut Attribute,
    ) -> Result<(), ScanError> {
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (1, Some(at)) => self.list(cursor, at, node, attribute)?,
                (2, Some(at)) => self.string(cursor, at, Some(node))?,
                (8, Some(at)) => self.tensor(cursor, at, node, 0)?,
                (10, Some(at)) => attribute.functions.push(self.pair(cursor, at)?.0),
                _ => {}
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        node: NodeId,
        attribute: &mut Attribute,
    ) -> Result<(), ScanError> {
        let mut fields = Fields::new(range);
        while let Some(field) = self.next(cursor, &mut fields)? {
            match (field.number, field.as_range()) {
                (2, Some(at)) => self.string(cursor, at, Some(node))?,
                (8, Some(at)) => self.tensor(cursor, at, node, 0)?,
                (9, Some(at)) => attribute.functions.push(self.pair(cursor, at)?.0),
                _ => {}
            }
        }
        Ok(())
    }

    fn string(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        node: Option<NodeId>,
    ) -> Result<(), ScanError> {
        let Some((what, base64)) = embedded::recognise(cursor, range.clone())? else {
            return Ok(());
        };
        if self.graph.embedded.len() >= MAX_KEPT {
            self.graph.note_cut(Cut::Embedded);
            return Ok(());
        }
        self.graph.embedded.push(Embedded {
            range,
            node,
            what,
            base64,
        });
        Ok(())
    }

    fn tensor(
        &mut self,
        cursor: &mut Cursor<'_>,
        range: Range<u64>,
        node: NodeId,
        depth: u32,
    ) -> Result<(), ScanError> {
        let found = tensor::read(cursor, range.clone(), MAX_STRINGS);
        let Some(tensor) = self.or_note(found)? else {
            return Ok(());
        };
        if tensor.cut || tensor.string_count > MAX_STRINGS as u64 {
            self.graph.note_cut(Cut::Embedded);
        }
        if self.graph.constants.len() < MAX_CONSTANTS {
            self.graph.constants.extend(constant(&tensor));
        }
        if let Some(what) = shape_fault(&tensor)
            && self.graph.shapes.len() < MAX_KEPT
        {
            self.graph.shapes.push(OddShape {
                range,
                node,
                what,
                shape: tensor.shape.clone(),
            });
        }
        for string in tensor.strings {
            self.string(cursor, string, Some(node))?;
        }
        // A variant holds tensors, which may be variants.
        for inner in tensor.inner.into_iter().filter(|_| depth < 8) {
            self.tensor(cursor, inner, node, depth.saturating_add(1))?;
        }
        Ok(())
    }

    /// Ties operators that are functions of the library to them.
    fn finish(mut self) -> Graph {
        let graph = &mut self.graph;
        for used in &mut graph.operators {
            used.function = graph.by_function.get(&hash(used.name.as_bytes())).copied();
        }
        let mut direct = Vec::new();
        for (i, node) in graph.nodes.iter().enumerate() {
            let used = graph.operators.get(node.operator as usize);
            if let Some(used) = used.filter(|u| u.function.is_some()) {
                direct.push(Call {
                    node: NodeId(u32::try_from(i).unwrap_or(u32::MAX)),
                    attribute: String::new(),
                    function: hash(used.name.as_bytes()),
                });
            }
        }
        graph.ordered_calls = graph.calls.len();
        graph.calls.extend(direct);
        self.graph
    }
}

/// A device on another machine, or in another process: a job that is not `localhost`.
fn is_remote(device: &str) -> bool {
    let job = device.split('/').find_map(|part| part.strip_prefix("job:"));
    job.is_some_and(|job| job != "localhost")
}

/// `name`, `name:1`, `name:output:1`, `^name`.
pub(crate) fn input(text: &[u8]) -> Input {
    let (control, text) = match text.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = text.split(|b| *b == b':');
    let name = hash(parts.next().unwrap_or_default());
    let port = parts.next_back().and_then(|p| std::str::from_utf8(p).ok());
    Input {
        name,
        port: port.and_then(|p| p.parse().ok()).unwrap_or(0),
        control,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn constant(tensor: &tensor::Tensor) -> Option<Constant> {
    if tensor.dtype % 100 == tensor::STRING {
        let first = tensor.strings.first()?;
        let last = tensor.strings.last()?;
        let range = first.start..last.end;
        return (range.end.saturating_sub(range.start) >= 4).then_some(Constant {
            range,
            dtype: tensor.dtype,
            strings: tensor.string_count,
        });
    }
    let range = tensor.content.clone()?;
    let large = range.end.saturating_sub(range.start) >= SMALL;
    large.then_some(Constant {
        range,
        dtype: tensor.dtype,
        strings: 0,
    })
}

fn shape_fault(tensor: &tensor::Tensor) -> Option<ShapeFault> {
    if tensor.shape.iter().any(|dim| *dim < 0) {
        return Some(ShapeFault::Negative);
    }
    let mut elements = 1i64;
    for dim in &tensor.shape {
        match elements.checked_mul(*dim) {
            Some(product) => elements = product,
            // A later zero makes the tensor empty, which TensorFlow checks before.
            None if tensor.shape.contains(&0) => return None,
            None => return Some(ShapeFault::Overflow),
        }
    }
    let elements = u64::try_from(elements).unwrap_or(0);
    let string = tensor.dtype % 100 == tensor::STRING;
    let size = tensor::element_size(tensor.dtype).or(string.then_some(24))?;
    let Some(bytes) = elements.checked_mul(size) else {
        return Some(ShapeFault::Overflow);
    };
    let content = tensor.content.as_ref().filter(|_| !string);
    let stored = content.map_or(tensor.typed, |c| c.end.saturating_sub(c.start));
    if content.is_some() && stored != bytes {
        return Some(ShapeFault::Size {
            wanted: bytes,
            stored,
        });
    }
    (bytes > BOMB && stored < bytes >> 10).then_some(ShapeFault::Bomb { bytes, stored })
}

/// The name of the node at `range`, as it is written.
///
/// # Errors
/// When it can't be read.
pub fn node_name(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<String, ScanError> {
    let mut fields = Fields::new(range);
    let mut name = String::new();
    loop {
        match fields.next(cursor) {
            Ok(Some(field)) => {
                if let (1, Some(at)) = (field.number, field.as_range()) {
                    name = match text(cursor, at, MAX_NAME) {
                        Ok(name) => name,
                        Err(Fault::Broken(_)) => String::new(),
                        Err(Fault::Scan(e)) => return Err(e),
                    };
                }
                // Inputs come after the name in every file that a library wrote.
                if field.number > 2 && !name.is_empty() {
                    return Ok(name);
                }
            }
            Ok(None) | Err(Fault::Broken(_)) => return Ok(name),
            Err(Fault::Scan(e)) => return Err(e),
        }
    }
}
