//! TensorProto: what it is, its strings, its small numbers.
//!
//! Fields: 1 dtype · 2 shape (2 dim[]: 1 size; 3 unknown rank) · 4 `tensor_content` · 5 float_val · 6 double_val ·
//! 7 int_val · **8 `string_val`[]** · 10 int64_val · 11 bool_val · 13 half_val · 14 resource_handle_val ·
//! 15 variant_val (1 type name, 2 metadata, 3 tensors) · 16, 17 unsigned.
//! `tensorflow/core/framework/tensor.proto` of 2.21. Strings may also lie in `tensor_content`: varint lengths
//! of all of them, then the bytes, which the C++ loader reads (`Tensor::FromProto`) and it goes first. One
//! value, or fewer values than elements, stands for the rest.

use std::ops::Range;

use ma_core::{Cursor, ElementType};
use ma_wire::Fault;
use ma_wire::protobuf::{Fields, Value, bytes, packed_varints};

/// The code of strings.
pub const STRING: u64 = 7;
/// Dimensions that are read of a shape.
const MAX_DIMS: usize = 255;
/// Strings in raw bytes that are read.
const MAX_LIST: u64 = 1 << 20;

/// What a tensor is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tensor {
    /// The code of its element type.
    pub dtype: u64,
    /// Its shape.
    pub shape: Vec<i64>,
    /// Raw bytes of its elements.
    pub content: Option<Range<u64>>,
    /// Its strings, each where it lies, as many as were asked for.
    pub strings: Vec<Range<u64>>,
    /// How many strings there are.
    pub string_count: u64,
    /// Bytes of values in typed fields.
    pub typed: u64,
    /// Tensors inside variants.
    pub inner: Vec<Range<u64>>,
    /// True when there are more strings in the raw bytes than are read.
    pub cut: bool,
}

/// Bytes of an element; `None` for strings, resources and variants. References count as what they refer to.
#[must_use]
pub fn element_size(dtype: u64) -> Option<u64> {
    Some(match dtype % 100 {
        1 | 3 | 13 | 22 => 4,
        2 | 8 | 9 | 23 => 8,
        18 => 16,
        4 | 6 | 10 | 11 | 12 | 24..=28 => 1,
        5 | 14..=17 | 19 => 2,
        _ => return None,
    })
}

/// What detectors take the numbers for.
#[must_use]
pub fn element_type(dtype: u64) -> Option<ElementType> {
    Some(match dtype % 100 {
        1 => ElementType::F32,
        2 => ElementType::F64,
        14 => ElementType::Bf16,
        19 => ElementType::F16,
        3 | 22 => ElementType::Int(4),
        9 | 23 => ElementType::Int(8),
        5 | 17 => ElementType::Int(2),
        4 | 6 => ElementType::Int(1),
        _ => ElementType::Other,
    })
}

/// The name of an element type.
#[must_use]
pub fn type_name(dtype: u64) -> &'static str {
    match dtype % 100 {
        1 => "float32",
        2 => "float64",
        3 => "int32",
        4 => "uint8",
        5 => "int16",
        6 => "int8",
        7 => "string",
        8 => "complex64",
        9 => "int64",
        10 => "bool",
        14 => "bfloat16",
        17 => "uint16",
        18 => "complex128",
        19 => "float16",
        20 => "resource",
        21 => "variant",
        22 => "uint32",
        23 => "uint64",
        _ => "other",
    }
}

/// Reads the header of the tensor at `range` and the places of at most `max` strings.
///
/// # Errors
/// [`Fault::Broken`] where the encoding is violated; what came before is lost.
pub fn read(cursor: &mut Cursor<'_>, range: Range<u64>, max: usize) -> Result<Tensor, Fault> {
    let mut tensor = Tensor::default();
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        match (field.number, &field.value) {
            (1, Value::Varint(n)) => tensor.dtype = *n,
            (2, Value::Bytes(at)) => tensor.shape = shape(cursor, at.clone())?,
            (4, Value::Bytes(at)) if at.start < at.end => tensor.content = Some(at.clone()),
            (8, Value::Bytes(at)) => {
                tensor.string_count = tensor.string_count.saturating_add(1);
                if tensor.strings.len() < max {
                    tensor.strings.push(at.clone());
                }
            }
            (15, Value::Bytes(at)) => variant(cursor, at.clone(), &mut tensor)?,
            (5..=17, _) => {
                let len = field.range.end.saturating_sub(field.range.start);
                tensor.typed = tensor.typed.saturating_add(len);
            }
            _ => {}
        }
    }
    if tensor.dtype % 100 == STRING
        && let Some(content) = tensor.content.clone()
    {
        list(cursor, content, max, &mut tensor)?;
    }
    Ok(tensor)
}

/// Dimensions of the shape at `range`; an unknown one is -1.
///
/// # Errors
/// As [`read`].
pub fn shape(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<Vec<i64>, Fault> {
    let mut dims = Vec::new();
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        let (2, Some(dim)) = (field.number, field.as_range()) else {
            continue;
        };
        let mut size = 0;
        let mut inner = Fields::new(dim);
        while let Some(field) = inner.next(cursor)? {
            if field.number == 1 {
                size = field.as_i64().unwrap_or(0);
            }
        }
        if dims.len() < MAX_DIMS {
            dims.push(size);
        }
    }
    Ok(dims)
}

fn variant(cursor: &mut Cursor<'_>, range: Range<u64>, tensor: &mut Tensor) -> Result<(), Fault> {
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        match (field.number, field.as_range()) {
            (2, Some(at)) if tensor.strings.len() < 64 => tensor.strings.push(at),
            (3, Some(at)) if tensor.inner.len() < 64 => tensor.inner.push(at),
            _ => {}
        }
    }
    Ok(())
}

/// Strings in `tensor_content`: all lengths, then all bytes.
fn list(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    max: usize,
    tensor: &mut Tensor,
) -> Result<(), Fault> {
    let elements = tensor.shape.iter().try_fold(1u64, |n, dim| {
        n.checked_mul(u64::try_from(*dim).unwrap_or(0))
    });
    // Every string has at least one byte of length.
    let room = range.end.saturating_sub(range.start);
    let count = elements.unwrap_or(u64::MAX).min(room);
    tensor.strings.clear();
    tensor.string_count = count;
    if count > MAX_LIST {
        tensor.cut = true;
        return Ok(());
    }
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    // The bytes begin behind the last length, so all lengths have to be read even when few are kept.
    let lengths = packed_varints(cursor, range.clone(), wanted)?;
    let mut at = cursor.position();
    for len in lengths.into_iter().take(max) {
        let end = at.saturating_add(len);
        if end > range.end {
            break;
        }
        tensor.strings.push(at..end);
        at = end;
    }
    Ok(())
}

/// The first `max` integers of the tensor at `range` (also booleans).
///
/// # Errors
/// As [`read`].
pub fn integers(cursor: &mut Cursor<'_>, range: Range<u64>, max: usize) -> Result<Vec<i64>, Fault> {
    let mut dtype = 0;
    let mut numbers = Vec::new();
    let mut content = None;
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        match (field.number, &field.value) {
            (1, Value::Varint(n)) => dtype = *n,
            (4, Value::Bytes(at)) if at.start < at.end => content = Some(at.clone()),
            (7 | 10 | 11 | 16 | 17, Value::Varint(n)) if numbers.len() < max => {
                numbers.push(n.cast_signed());
            }
            (7 | 10 | 11 | 16 | 17, Value::Bytes(at)) => {
                let left = max.saturating_sub(numbers.len());
                let more = packed_varints(cursor, at.clone(), left)?;
                numbers.extend(more.into_iter().map(u64::cast_signed));
            }
            _ => {}
        }
    }
    if let (Some(at), Some(size)) = (content, element_size(dtype)) {
        let width = usize::try_from(size).unwrap_or(1).max(1);
        let raw = bytes(cursor, at, width.saturating_mul(max))?;
        numbers = raw.chunks_exact(width).map(number).collect();
    }
    Ok(numbers)
}

/// A signed little-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> i64 {
    let mut wide = [0; 8];
    if bytes.last().is_some_and(|b| b & 0x80 != 0) {
        wide = [0xff; 8];
    }
    for (to, from) in wide.iter_mut().zip(bytes) {
        *to = *from;
    }
    i64::from_le_bytes(wide)
}
