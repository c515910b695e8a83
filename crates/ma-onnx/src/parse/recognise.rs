//! Whether a file is one of ours. There is no magic: what counts is that the parts are where they
//! belong, whatever else is there, because protobuf readers ignore what they do not know.

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::protobuf::Value;

use super::limits;
use super::reader::{Pieces, Reader};
use crate::model::type_bits;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// A `ModelProto`.
    Model,
    /// A lone `TensorProto`.
    Tensor,
    /// ONNX Runtime's FlatBuffer.
    Ort,
    /// None of them.
    No,
}

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A few small reads.
    Short,
    /// To the end, for a file that is said to be a model: whoever puts ten thousand unknown fields in
    /// front of one still has a file that loads.
    Whole,
}

impl Look {
    /// Outermost fields that are looked at beyond the first block.
    fn hops(self) -> u64 {
        match self {
            Self::Short => 128,
            Self::Whole => u64::MAX,
        }
    }

    /// Fields of an inner message that are looked at.
    fn inner(self) -> u64 {
        match self {
            Self::Short => 64,
            Self::Whole => 1_000_000,
        }
    }
}

/// Bytes within which every outermost field is looked at.
const NEAR: u64 = 8 * 1024;
/// Looks at the outermost fields and a few inner ones.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn recognise(blob: &Blob, budget: &Budget, look: Look) -> Result<Recognised, ScanError> {
    if blob.head(8)?.get(4..8) == Some(b"ORTM") {
        return Ok(Recognised::Ort);
    }
    let mut reader = Reader::new(blob, budget);
    if is_model(&mut reader, blob.len(), look)? {
        Ok(Recognised::Model)
    } else if is_tensor(&mut reader, blob.len())? {
        Ok(Recognised::Tensor)
    } else {
        Ok(Recognised::No)
    }
}

/// All of a file, as the one piece of a message.
pub(crate) fn whole(len: u64) -> [Range<u64>; 1] {
    std::array::from_fn(|_| 0..len)
}

fn is_model(reader: &mut Reader<'_>, len: u64, look: Look) -> Result<bool, ScanError> {
    let all = whole(len);
    let mut fields = Pieces::new(&all);
    let (mut ir, mut opset, mut graph, mut functions) = (false, false, false, false);
    let (mut hops, mut unknown) = (0u64, false);
    while let Some(field) = fields.next(reader)? {
        match (field.number, &field.value) {
            (1, Value::Varint(1..=255)) => ir = true,
            (7, Value::Bytes(r)) => graph = graph || is_graph(reader, r, look)?,
            (8, Value::Bytes(r)) => opset = opset || is_opset(reader, r, look)?,
            (25, Value::Bytes(r)) => functions = functions || !r.is_empty(),
            (2..=4 | 6 | 14 | 20 | 26, Value::Bytes(_)) | (5, Value::Varint(_)) => {}
            _ => unknown = true,
        }
        if (graph && (ir || opset)) || (ir && opset && functions) {
            return Ok(true);
        }
        if field.range.start >= NEAR {
            hops = hops.saturating_add(1);
        }
        if hops > look.hops() {
            break;
        }
    }
    // A model without any graph: format and operators are named, and nothing else is in the way.
    Ok(ir && opset && !unknown)
}

/// A name as exporters write them.
fn is_name(reader: &mut Reader<'_>, range: &Range<u64>) -> Result<bool, ScanError> {
    let size = range.end.saturating_sub(range.start);
    if size == 0 || size > limits::NAME as u64 {
        return Ok(false);
    }
    let head = reader.head(range.clone(), 64)?;
    Ok(head.iter().all(|b| *b >= 0x20 && *b != 0x7f))
}

/// Whether a graph's message has a node, a tensor or a port in its place.
fn is_graph(reader: &mut Reader<'_>, range: &Range<u64>, look: Look) -> Result<bool, ScanError> {
    let pieces = [range.clone()];
    let mut fields = Pieces::new(&pieces);
    for _ in 0..look.inner() {
        let Some(field) = fields.next(reader)? else {
            break;
        };
        let Value::Bytes(r) = &field.value else {
            continue;
        };
        let found = match field.number {
            1 => has(
                reader,
                r,
                |n, v| n == 4 && matches!(v, Value::Bytes(_)),
                4,
                look,
            )?,
            5 => has(
                reader,
                r,
                |n, v| n == 2 && matches!(v, Value::Varint(1..=64)),
                8,
                look,
            )?,
            11 | 12 => has(
                reader,
                r,
                |n, v| n == 2 && matches!(v, Value::Bytes(_)),
                1,
                look,
            )?,
            _ => false,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a message has a field of that kind, and in field `name` a name.
fn has(
    reader: &mut Reader<'_>,
    range: &Range<u64>,
    wanted: impl Fn(u32, &Value) -> bool,
    name: u32,
    look: Look,
) -> Result<bool, ScanError> {
    let pieces = [range.clone()];
    let mut fields = Pieces::new(&pieces);
    let (mut found, mut named) = (false, false);
    for _ in 0..look.inner() {
        let Some(field) = fields.next(reader)? else {
            break;
        };
        found = found || wanted(field.number, &field.value);
        if let Value::Bytes(r) = &field.value
            && field.number == name
        {
            named = named || is_name(reader, r)?;
        }
        if found && named {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a message is a set of operators: a domain, maybe, and a version.
fn is_opset(reader: &mut Reader<'_>, range: &Range<u64>, look: Look) -> Result<bool, ScanError> {
    if range.end.saturating_sub(range.start) > limits::NAME as u64 {
        return Ok(false);
    }
    let pieces = [range.clone()];
    let mut fields = Pieces::new(&pieces);
    let mut version = false;
    for _ in 0..look.inner() {
        let Some(field) = fields.next(reader)? else {
            return Ok(version);
        };
        match (field.number, &field.value) {
            (1, Value::Bytes(r)) => {
                if !r.is_empty() && !is_name(reader, r)? {
                    return Ok(false);
                }
            }
            (2, Value::Varint(1..=10_000)) => version = true,
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// A tensor and nothing else: known fields only, a type that exists, and exactly the bytes that the
/// dimensions need.
fn is_tensor(reader: &mut Reader<'_>, len: u64) -> Result<bool, ScanError> {
    let all = whole(len);
    let mut fields = Pieces::new(&all);
    let breaks = reader.breaks.len();
    let (mut count, mut data_type, mut bytes, mut loose) = (1u64, 0i64, 0u64, false);
    let mut payloads = 0u32;
    for turn in 0u32.. {
        let Some(field) = fields.next(reader)? else {
            break;
        };
        if turn > 4096 {
            return Ok(false);
        }
        match (field.number, &field.value) {
            (1, Value::Varint(n)) => count = count.saturating_mul(*n),
            (1, Value::Bytes(r)) => {
                for n in reader.packed(r.clone(), limits::DIMS)? {
                    count = count.saturating_mul(n);
                }
            }
            (2, Value::Varint(n @ 1..=28)) => data_type = n.cast_signed(),
            (4 | 5 | 7 | 9 | 10 | 11, Value::Bytes(r)) => {
                bytes = bytes.saturating_add(r.end.saturating_sub(r.start));
                payloads = payloads.saturating_add(1);
                loose = loose || matches!(field.number, 5 | 7 | 11);
            }
            (6, Value::Bytes(_)) => bytes = bytes.saturating_add(1),
            (8 | 12, Value::Bytes(r)) => {
                if !r.is_empty() && !is_name(reader, r)? {
                    return Ok(false);
                }
            }
            (14, Value::Varint(0 | 1)) => {}
            (13 | 16, Value::Bytes(_)) => {}
            _ => return Ok(false),
        }
    }
    if reader.breaks.len() > breaks || payloads > 1 || data_type == 0 {
        return Ok(false);
    }
    let Some(bits) = type_bits(data_type) else {
        return Ok(data_type == 8 && bytes > 0 && bytes == count);
    };
    let needed = count.saturating_mul(bits).div_ceil(8);
    Ok(bytes > 0
        && if loose {
            (bytes >= count && bytes.div_ceil(10) <= count) || bytes == needed
        } else {
            bytes == needed
        })
}
