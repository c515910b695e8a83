//! Plain data of a safetensors header and of an index of shards, with a byte range on everything.

use std::ops::Range;

use ma_wire::Broken;

/// The element types of the format, with their size in bits.
///
/// Source: `Dtype` in the reference implementation, safetensors 0.8.
pub const DTYPES: [(&str, u64); 22] = [
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// A file as its header describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Safetensors {
    /// Length of the file in bytes.
    pub len: u64,
    /// Length of the header as the first eight bytes give it.
    pub declared: Option<u64>,
    /// Where the header lies, as far as it is there.
    pub header: Range<u64>,
    /// Where the data lies: from the end of the header to the end of the file.
    pub data: Range<u64>,
    /// The tensors in the order of the header.
    pub tensors: Vec<Tensor>,
    /// The entries of `__metadata__` in their order.
    pub metadata: Vec<Metadata>,
    /// Tensors that were not kept because there are too many.
    pub not_kept: u64,
    /// What the format does not allow, or readers differ in.
    pub anomalies: Vec<Anomaly>,
}

/// A tensor of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Where its name stands, quotes included.
    pub name: Range<u64>,
    /// Where its description stands.
    pub entry: Range<u64>,
    /// Its position in [`DTYPES`]; `None` for another type.
    pub dtype: Option<u8>,
    /// Elements a dimension.
    pub shape: Box<[u64]>,
    /// Where its data lies, relative to the data of the file, as written.
    pub offsets: Option<(u64, u64)>,
}

impl Tensor {
    /// Its element type.
    #[must_use]
    pub fn dtype_name(&self) -> &'static str {
        self.dtype_entry().map_or("?", |(name, _)| name)
    }

    /// Bits of an element.
    #[must_use]
    pub fn bits(&self) -> Option<u64> {
        self.dtype_entry().map(|(_, bits)| bits)
    }

    fn dtype_entry(&self) -> Option<(&'static str, u64)> {
        DTYPES.get(usize::from(self.dtype?)).copied()
    }
}

/// An entry of `__metadata__`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Its key.
    pub key: String,
    /// Its value, cut when it is long; `None` when it is no string.
    pub value: Option<String>,
    /// Where the value stands.
    pub range: Range<u64>,
}

/// Something that the format does not allow, or that readers take in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// The bytes it is about.
    pub range: Range<u64>,
    /// The tensor or key it is about; may be empty.
    pub name: String,
}

/// See [`Anomaly`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The file is shorter than the eight bytes of the length.
    NoHeader,
    /// The header is longer than the reference implementation takes, or shorter than a header can be.
    HeaderLength,
    /// The header reaches beyond the end of the file.
    HeaderBeyondFile,
    /// The header is no JSON from here on.
    Json(Broken),
    /// A part of the header that is JSON and not what belongs there.
    Shape(&'static str),
    /// A key that occurs twice in one object.
    DuplicateKey,
    /// A field of a tensor that the format does not know.
    ExtraField,
    /// An element type that the reference implementation does not know.
    UnknownDtype(String),
    /// A name that is no plain name.
    OddName,
    /// A value of `__metadata__` that is no string.
    MetadataNotText,
    /// A range that ends before it begins.
    Reversed,
    /// The product of the shape does not fit into 64 bits.
    ShapeOverflow,
    /// The range is not as long as shape and type say.
    SizeDiffers {
        /// Bytes that shape and type ask for.
        want: u64,
        /// Bytes of the range.
        have: u64,
    },
    /// Elements that do not fill whole bytes.
    HalfByte,
    /// Two tensors on the same bytes.
    Shared,
    /// Two tensors whose bytes overlap in part.
    Overlap,
    /// Bytes between tensors that belong to none.
    Hole,
    /// Bytes behind the last tensor.
    Trailing,
    /// The data ends before the last tensor does.
    Truncated {
        /// Where the last tensor should end in the file.
        want: u64,
    },
    /// Deeper nesting, more entries or a larger header than a model needs.
    Bloated(&'static str),
    /// A tensor without elements and with a dimension that no tensor has.
    AbsurdShape,
}

/// An index of shards: which file holds which tensor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// The files that are named, each once, in their order.
    pub files: Vec<IndexFile>,
    /// Tensors that are named.
    pub tensors: u64,
    /// `metadata.total_size` as written.
    pub total_size: Option<u64>,
    /// Tensors named twice with different files.
    pub contradictions: Vec<(String, Range<u64>)>,
    /// Where the text stopped being JSON.
    pub broken: Option<Broken>,
}

/// A file that an index names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    /// The name as written.
    pub name: String,
    /// Where it is named first.
    pub range: Range<u64>,
    /// The first tensor that it is named for.
    pub tensor: String,
    /// Tensors that it is named for.
    pub tensors: u64,
}
