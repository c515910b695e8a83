//! Reads a marshalled stream, bounded and without recursion.
//!
//! # Layout
//!
//! A value is a type byte and what the type wants; bit 7 of the type byte (`FLAG_REF`, marshal version 3 and later)
//! numbers the value so that a later `r` can refer to it. All numbers are little-endian.
//!
//! ```text
//! 0 null    N None     F False    T True     S StopIteration   . Ellipsis
//! i int32   I int64 (old)   l long: i32 n, |n| digits of 15 bits, sign of n is the sign
//! f float as text: u8 length, ASCII     g float: 8 bytes      x, y the same for complex, twice
//! s bytes: i32 length    u text (UTF-8)    t interned text (Python 2: interned bytes)    R Python 2: i32 interned index
//! a, A ASCII: i32 length                   z, Z ASCII: u8 length (capitals: interned)
//! ( tuple: i32 count     ) tuple: u8 count    [ list: i32    < set: i32    > frozenset: i32
//! { dict: key, value, … null               : slice: three values        r reference: i32
//! c code: see `layout`
//! ```
//!
//! Specification: `Python/marshal.c` of CPython 2.7, 3.4 to 3.14 (marshal versions 0 to 5).
//!
//! # Anomalies, cost, limits
//!
//! Reading stops at the first fault, as CPython's does; what was read until then is kept. Time and memory are linear in
//! the input: a count is taken only if that many bytes are left, nodes and depth are limited, nothing is followed twice.

use super::layout::{Field, fields};
use super::model::{Anomaly, AnomalyKind, CodeLayout, CodeObject, Node, NodeId, Object, Parsed};

/// Bounds of one read.
#[derive(Clone, Copy, Debug)]
pub struct MarshalLimits {
    /// Most values.
    pub nodes: usize,
    /// Deepest nesting; CPython stops at 2000.
    pub depth: usize,
}

impl Default for MarshalLimits {
    fn default() -> Self {
        Self {
            nodes: 1_000_000,
            depth: 2000,
        }
    }
}

/// A container whose children are being read.
struct Frame {
    id: NodeId,
    kind: FrameKind,
}

enum FrameKind {
    Sequence { left: usize },
    Dict { key: Option<NodeId> },
    Code { next: usize },
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: &'a MarshalLimits,
    layout: CodeLayout,
    nodes: Vec<Node>,
    refs: Vec<NodeId>,
    interned: Vec<NodeId>,
    frames: Vec<Frame>,
    anomalies: Vec<Anomaly>,
    saw_code: bool,
}

type Step<T> = Result<T, AnomalyKind>;

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: &'a MarshalLimits, layout: CodeLayout) -> Self {
        Self {
            bytes,
            at: 0,
            limits,
            layout,
            nodes: Vec::new(),
            refs: Vec::new(),
            interned: Vec::new(),
            frames: Vec::new(),
            anomalies: Vec::new(),
            saw_code: false,
        }
    }

    pub(super) fn run(mut self) -> Parsed {
        let mut root = None;
        let outcome = self.read_all(&mut root);
        if let Err(kind) = outcome {
            self.anomalies.push(Anomaly {
                offset: self.at,
                kind,
            });
        }
        // Containers that the fault left open end where reading ended.
        for node in self.nodes.iter_mut().filter(|node| node.range.is_empty()) {
            node.range.end = self.at.max(node.range.start);
        }
        Parsed {
            nodes: self.nodes,
            root,
            anomalies: self.anomalies,
            consumed: self.at,
            layout: self.saw_code.then_some(self.layout),
        }
    }

    fn read_all(&mut self, root: &mut Option<NodeId>) -> Step<()> {
        let first = self.read_object()?;
        *root = Some(first);
        let mut done = self.frames.is_empty().then_some(first);
        loop {
            match done.take() {
                Some(value) => {
                    let Some(frame) = self.frames.pop() else {
                        return Ok(());
                    };
                    done = self.deliver(frame, value)?;
                }
                None => {
                    let depth = self.frames.len();
                    let value = self.read_object()?;
                    done = (self.frames.len() == depth).then_some(value);
                }
            }
        }
    }

    /// Hands a finished value to the container it belongs to; gives the container back if that finishes it.
    fn deliver(&mut self, frame: Frame, value: NodeId) -> Step<Option<NodeId>> {
        let id = frame.id;
        let finished = match frame.kind {
            FrameKind::Sequence { left } => {
                if matches!(self.object(value), Some(Object::Null)) {
                    return Err(AnomalyKind::UnexpectedNull);
                }
                if let Some(
                    Object::Tuple(items)
                    | Object::List(items)
                    | Object::Set(items)
                    | Object::FrozenSet(items)
                    | Object::Slice(items),
                ) = self.object_mut(id)
                {
                    items.push(value);
                }
                let left = left.saturating_sub(1);
                if left > 0 {
                    self.frames.push(Frame {
                        id,
                        kind: FrameKind::Sequence { left },
                    });
                }
                left == 0
            }
            FrameKind::Dict { key } => {
                let end = matches!(self.object(value), Some(Object::Null));
                if !end {
                    let key = match key {
                        None => Some(value),
                        Some(key) => {
                            if let Some(Object::Dict(items)) = self.object_mut(id) {
                                items.push((key, value));
                            }
                            None
                        }
                    };
                    self.frames.push(Frame {
                        id,
                        kind: FrameKind::Dict { key },
                    });
                }
                end
            }
            FrameKind::Code { next } => {
                if let Some(field) = fields(self.layout).get(next).copied() {
                    self.check_field(field, value)?;
                    if let Some(Object::Code(code)) = self.object_mut(id) {
                        field.set(code, value);
                    }
                }
                self.continue_code(id, next.saturating_add(1))?
            }
        };
        if finished {
            self.close(id);
        }
        Ok(finished.then_some(id))
    }

    /// Reads the numbers of a code object up to its next field that is a value; true if there is none.
    fn continue_code(&mut self, id: NodeId, mut next: usize) -> Step<bool> {
        loop {
            match fields(self.layout).get(next).copied() {
                None => return Ok(true),
                Some(field) if field.is_number() => {
                    let number = u32::from_le_bytes(self.array()?);
                    if let Some(Object::Code(code)) = self.object_mut(id) {
                        field.set_number(code, number);
                    }
                }
                Some(_) => {
                    self.frames.push(Frame {
                        id,
                        kind: FrameKind::Code { next },
                    });
                    return Ok(false);
                }
            }
            next = next.saturating_add(1);
        }
    }

    fn check_field(&self, field: Field, value: NodeId) -> Step<()> {
        let resolved = match self.object(value) {
            Some(Object::Ref(target)) => self.object(*target),
            other => other,
        };
        let fits = resolved.is_some_and(|object| field.accepts(object));
        if fits {
            Ok(())
        } else {
            Err(AnomalyKind::WrongFieldType)
        }
    }

    /// Reads one type byte and all of its value that is not children; containers open a frame.
    fn read_object(&mut self) -> Step<NodeId> {
        let start = self.at;
        let [code] = self.array()?;
        let flagged = code & 0x80 != 0;
        let type_code = code & 0x7f;
        let Ok(index) = u32::try_from(self.nodes.len()) else {
            return Err(AnomalyKind::TooManyNodes);
        };
        if self.nodes.len() >= self.limits.nodes {
            return Err(AnomalyKind::TooManyNodes);
        }
        let id = NodeId(index);
        self.nodes.push(Node {
            range: start..start,
            object: Object::Missing,
        });
        if flagged && type_code != b'r' {
            self.refs.push(id);
        }
        let (object, frame) = self.read_payload(type_code)?;
        if let Some(node) = usize::try_from(id.0)
            .ok()
            .and_then(|index| self.nodes.get_mut(index))
        {
            node.object = object;
        }
        if type_code == b't' {
            self.interned.push(id);
        }
        match frame {
            None | Some(FrameKind::Sequence { left: 0 }) => self.close(id),
            Some(kind) => {
                if self.frames.len() >= self.limits.depth {
                    return Err(AnomalyKind::TooDeep);
                }
                if let FrameKind::Code { next } = kind {
                    self.saw_code = true;
                    self.continue_code(id, next)?;
                } else {
                    self.frames.push(Frame { id, kind });
                }
            }
        }
        Ok(id)
    }

    fn read_payload(&mut self, type_code: u8) -> Step<(Object, Option<FrameKind>)> {
        let leaf = match type_code {
            b'0' => Object::Null,
            b'N' => Object::None,
            b'F' => Object::Bool(false),
            b'T' => Object::Bool(true),
            b'S' => Object::StopIteration,
            b'.' => Object::Ellipsis,
            b'i' => Object::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'I' => Object::Int(i64::from_le_bytes(self.array()?)),
            b'l' => self.long()?,
            b'f' => Object::Float(self.text_float()?),
            b'g' => Object::Float(f64::from_le_bytes(self.array()?)),
            b'x' => Object::Complex(self.text_float()?, self.text_float()?),
            b'y' => Object::Complex(
                f64::from_le_bytes(self.array()?),
                f64::from_le_bytes(self.array()?),
            ),
            b's' => Object::Bytes(self.sized()?.to_vec()),
            // Python 2's interned strings are byte strings; even bytecode can be one.
            b't' if self.layout == CodeLayout::Python2 => Object::Bytes(self.sized()?.to_vec()),
            b't' | b'u' | b'a' | b'A' => {
                Object::Str(String::from_utf8_lossy(self.sized()?).into_owned())
            }
            b'z' | b'Z' => {
                let [len] = self.array()?;
                Object::Str(String::from_utf8_lossy(self.take(usize::from(len))?).into_owned())
            }
            b'r' => Object::Ref(self.reference(false)?),
            b'R' => Object::Ref(self.reference(true)?),
            _ => return self.read_container(type_code),
        };
        Ok((leaf, None))
    }

    fn read_container(&mut self, type_code: u8) -> Step<(Object, Option<FrameKind>)> {
        let items = Vec::new();
        let (object, left) = match type_code {
            b'(' => (Object::Tuple(items), self.count()?),
            b')' => {
                let [count] = self.array()?;
                (Object::Tuple(items), usize::from(count))
            }
            b'[' => (Object::List(items), self.count()?),
            b'<' => (Object::Set(items), self.count()?),
            b'>' => (Object::FrozenSet(items), self.count()?),
            b':' => (Object::Slice(items), 3),
            b'{' => {
                return Ok((
                    Object::Dict(Vec::new()),
                    Some(FrameKind::Dict { key: None }),
                ));
            }
            b'c' => {
                return Ok((
                    Object::Code(Box::<CodeObject>::default()),
                    Some(FrameKind::Code { next: 0 }),
                ));
            }
            other => {
                self.at = self.at.saturating_sub(1);
                return Err(AnomalyKind::UnknownType(other));
            }
        };
        Ok((object, Some(FrameKind::Sequence { left })))
    }

    fn close(&mut self, id: NodeId) {
        let end = self.at;
        if let Some(node) = usize::try_from(id.0)
            .ok()
            .and_then(|index| self.nodes.get_mut(index))
        {
            node.range.end = end;
        }
    }

    fn object(&self, id: NodeId) -> Option<&Object> {
        self.nodes
            .get(usize::try_from(id.0).ok()?)
            .map(|node| &node.object)
    }

    fn object_mut(&mut self, id: NodeId) -> Option<&mut Object> {
        self.nodes
            .get_mut(usize::try_from(id.0).ok()?)
            .map(|node| &mut node.object)
    }

    fn take(&mut self, len: usize) -> Step<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..len).ok_or(AnomalyKind::Truncated)?;
        self.at = self.at.saturating_add(len);
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        self.take(N)?
            .first_chunk::<N>()
            .copied()
            .ok_or(AnomalyKind::Truncated)
    }

    fn size(&mut self) -> Step<usize> {
        let declared = i32::from_le_bytes(self.array()?);
        usize::try_from(declared).map_err(|_| AnomalyKind::NegativeSize)
    }

    fn sized(&mut self) -> Step<&'a [u8]> {
        let len = self.size()?;
        self.take(len).map_err(|_| AnomalyKind::SizeBeyondInput)
    }

    /// A count of values, each of which takes a byte at least.
    fn count(&mut self) -> Step<usize> {
        let count = self.size()?;
        let left = self.bytes.len().saturating_sub(self.at);
        if count > left {
            Err(AnomalyKind::SizeBeyondInput)
        } else {
            Ok(count)
        }
    }

    fn reference(&mut self, interned: bool) -> Step<NodeId> {
        let index = self.size()?;
        let table = if interned { &self.interned } else { &self.refs };
        table
            .get(index)
            .copied()
            .ok_or(AnomalyKind::DanglingReference)
    }

    fn text_float(&mut self) -> Step<f64> {
        let [len] = self.array()?;
        let text = self.take(usize::from(len))?;
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(AnomalyKind::BadNumber)
    }

    /// Digits of 15 bits, least significant first; the sign of their count is the number's.
    fn long(&mut self) -> Step<Object> {
        let declared = i32::from_le_bytes(self.array()?);
        let count =
            usize::try_from(declared.unsigned_abs()).map_err(|_| AnomalyKind::NegativeSize)?;
        let bytes = self
            .take(count.checked_mul(2).ok_or(AnomalyKind::SizeBeyondInput)?)
            .map_err(|_| AnomalyKind::SizeBeyondInput)?;
        let (mut magnitude, mut bits, mut held) = (Vec::with_capacity(bytes.len()), 0u32, 0u32);
        let (digits, _) = bytes.as_chunks::<2>();
        for digit in digits {
            let digit = u32::from(u16::from_le_bytes(*digit));
            if digit > 0x7fff {
                return Err(AnomalyKind::BadNumber);
            }
            bits |= digit << held;
            held = held.saturating_add(15);
            while held >= 8 {
                magnitude.push(u8::try_from(bits & 0xff).unwrap_or(0));
                bits >>= 8;
                held = held.saturating_sub(8);
            }
        }
        magnitude.push(u8::try_from(bits & 0xff).unwrap_or(0));
        while magnitude.last() == Some(&0) {
            magnitude.pop();
        }
        let negative = declared < 0;
        let small = (magnitude.len() < 8).then(|| {
            magnitude
                .iter()
                .rev()
                .fold(0i64, |value, byte| (value << 8) | i64::from(*byte))
        });
        Ok(match small {
            Some(value) => Object::Int(if negative {
                value.saturating_neg()
            } else {
                value
            }),
            None => Object::Long {
                negative,
                magnitude,
            },
        })
    }
}
