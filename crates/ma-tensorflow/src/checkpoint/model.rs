//! Plain data of a checkpoint, with a byte range on everything.

use std::ops::Range;

use ma_core::{ElementType, GapReason};
use ma_wire::content::Content;

/// The type of tensors of strings.
pub const STRING: u64 = 7;

/// The key of the description of Python objects.
pub const OBJECT_GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// An index.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    /// Whether it is of the first version, which holds its tensors itself.
    pub first_version: bool,
    /// Files that the data lies in.
    pub shards: i64,
    /// Whether numbers have their highest byte first.
    pub big_endian: bool,
    /// The tensors, in the order of their names.
    pub entries: Vec<Entry>,
    /// Where the blocks with entries lie.
    pub blocks: Vec<Range<u64>>,
    /// What the specification does not allow.
    pub anomalies: Vec<Anomaly>,
    /// What was not looked at.
    pub gaps: Vec<(GapReason, String)>,
}

/// A tensor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub name: String,
    /// Its type.
    pub dtype: u64,
    /// Its shape.
    pub shape: Vec<i64>,
    /// Which file holds it.
    pub shard: i64,
    /// Where in the file.
    pub offset: i64,
    /// Bytes.
    pub size: i64,
    /// Whether it is cut into slices, which have entries of their own.
    pub sliced: bool,
    /// Where the entry stands in the index.
    pub range: Range<u64>,
}

impl Entry {
    /// Number of elements, where it can be counted.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        let mut count = 1u64;
        for dim in &self.shape {
            count = count.checked_mul(u64::try_from(*dim).ok()?)?;
        }
        Some(count)
    }

    /// Where its bytes lie in its file; `None` when that can't be.
    #[must_use]
    pub fn bytes(&self) -> Option<Range<u64>> {
        let start = u64::try_from(self.offset).ok()?;
        let end = start.checked_add(u64::try_from(self.size).ok()?)?;
        Some(start..end)
    }
}

/// Something that the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// The tensor, if it is about one.
    pub name: String,
    /// Where in the file.
    pub range: Range<u64>,
}

/// What the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The table or a message in it is broken.
    Broken(&'static str),
    /// A tensor in a file that does not exist.
    Shard {
        /// The number of the file.
        shard: i64,
        /// How many there are.
        shards: i64,
    },
    /// A negative offset or size, or a sum that can't be.
    Place,
    /// A tensor that reaches beyond the end of its file.
    Beyond {
        /// Where it should end.
        end: u64,
        /// Length of the file.
        len: u64,
        /// Its name.
        file: String,
    },
    /// A size that does not follow from type and shape.
    Size {
        /// Bytes that type and shape need; `None` when they can't be counted.
        need: Option<u64>,
        /// Bytes that the entry states.
        have: i64,
    },
    /// Two tensors that share bytes.
    Overlap {
        /// The other one.
        other: String,
    },
    /// A file with data that is not there, and how many more there are.
    Missing(String, usize),
    /// A tensor of strings whose lengths don't fit.
    Strings(&'static str),
    /// Bytes of a data file that belong to no tensor.
    Unclaimed(Content),
    /// The objects need a saver that the program registers.
    Saver(String),
    /// A path in the `checkpoint` file that leads elsewhere.
    StatePath {
        /// The path.
        path: String,
        /// Where it leads.
        reach: &'static str,
    },
}

/// Bits of an element; `None` for types without a fixed size and for unknown ones.
#[must_use]
pub fn bits(dtype: u64) -> Option<u64> {
    Some(match dtype {
        1 | 3 | 13 | 22 => 32,
        2 | 8 | 9 | 23 => 64,
        18 => 128,
        5 | 14..=17 | 19 => 16,
        // Types of less than a byte take one in memory and in checkpoints.
        4 | 6 | 10..=12 | 24..=33 => 8,
        _ => return None,
    })
}

/// The name of a type.
#[must_use]
pub fn type_name(dtype: u64) -> &'static str {
    const NAMES: [&str; 34] = [
        "invalid",
        "float32",
        "float64",
        "int32",
        "uint8",
        "int16",
        "int8",
        "string",
        "complex64",
        "int64",
        "bool",
        "qint8",
        "quint8",
        "qint32",
        "bfloat16",
        "qint16",
        "quint16",
        "uint16",
        "complex128",
        "float16",
        "resource",
        "variant",
        "uint32",
        "uint64",
        "float8_e5m2",
        "float8_e4m3fn",
        "float8_e4m3fnuz",
        "float8_e4m3b11fnuz",
        "float8_e5m2fnuz",
        "int4",
        "uint4",
        "int2",
        "uint2",
        "float4_e2m1fn",
    ];
    let name = usize::try_from(dtype).ok().and_then(|i| NAMES.get(i));
    name.copied().unwrap_or("unknown")
}

/// What detectors are told about elements of that type.
#[must_use]
pub fn element(dtype: u64) -> ElementType {
    match dtype {
        1 => ElementType::F32,
        2 => ElementType::F64,
        14 => ElementType::Bf16,
        19 => ElementType::F16,
        3 | 13 | 22 => ElementType::Int(4),
        4 | 6 | 10..=12 => ElementType::Int(1),
        5 | 15..=17 => ElementType::Int(2),
        9 | 23 => ElementType::Int(8),
        _ => ElementType::Other,
    }
}
