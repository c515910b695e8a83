//! What a GGUF file says, with a byte range on everything that a rule may point at.

use std::ops::Range;

use ma_core::RegionKind;

/// A text in the file: where it lies, and its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// Its bytes, without the length before them.
    pub range: Range<u64>,
    /// The beginning, at most 1,024 bytes, decoded leniently.
    pub start: String,
}

/// What is known of a list of texts that was walked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strings {
    /// Bytes of the longest.
    pub longest: u64,
    /// Where the longest lies.
    pub longest_at: u64,
    /// How many are equal to an earlier one; 0 where that was not counted.
    pub repeated: u64,
    /// The first bytes of each of the first few entries.
    pub first: Vec<Text>,
}

impl Strings {
    /// One more text of that length, whose length field is at `start`.
    pub(crate) fn see(&mut self, start: u64, len: u64) {
        if len > self.longest {
            self.longest = len;
            self.longest_at = start;
        }
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Array {
    /// Type number of the elements; of the innermost ones in a list of lists.
    pub elem: u32,
    /// Declared number of elements of the outermost list.
    pub len: u64,
    /// Lists around the elements; 1 for a plain list.
    pub depth: u32,
    /// For lists of texts.
    pub strings: Option<Strings>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An unsigned number.
    Uint(u64),
    /// A signed number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A truth value as its byte.
    Bool(u8),
    /// A text.
    Str(Text),
    /// A list.
    Array(Array),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Kv {
    /// The key, decoded leniently; cut at 65,535 bytes.
    pub key: String,
    /// Type number of the value.
    pub kind: u32,
    /// The value.
    pub value: Value,
    /// Key and value in the file.
    pub range: Range<u64>,
    /// The value in the file.
    pub value_range: Range<u64>,
}

/// A tensor as the header describes it. Only the first of very many are kept in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, decoded leniently and cut at 256 bytes.
    pub name: String,
    /// Dimensions in the order of the file (fastest first), at most 8.
    pub dims: Vec<u64>,
    /// Type number.
    pub kind: u32,
    /// Where it starts, from the start of the data.
    pub offset: u64,
    /// Bytes that it takes; `None` when the type is not known or the product does not fit 64 bits.
    pub bytes: Option<u64>,
    /// Its description in the file.
    pub range: Range<u64>,
}

/// Where a tensor's data lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// Position of the tensor in the header.
    pub index: u64,
    /// First byte.
    pub start: u64,
    /// One past the last byte, as far as there are bytes in the file.
    pub end: u64,
    /// Where the header describes it.
    pub info: u64,
    /// Type number.
    pub kind: u32,
}

/// What bytes after the data are, by their beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailing {
    /// Zeros.
    Zeros,
    /// Something with a known beginning.
    Known(&'static str),
    /// Anything else.
    Other,
}

/// Something that a correct writer does not produce, or that readers treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// Which bytes of the file.
    pub range: Range<u64>,
    /// The key or tensor that it is about.
    pub route: String,
}

/// The kinds of [`Anomaly`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnomalyKind {
    /// The file ends where more of the header should be.
    Cut {
        /// What should be there.
        what: &'static str,
    },
    /// A number of things for which the rest of the file has no room.
    Beyond {
        /// Of what.
        what: &'static str,
        /// Declared.
        declared: u64,
        /// The most that fit into what is left.
        room: u64,
    },
    /// A number that overflows the arithmetic of loaders.
    Overflow {
        /// Which one, in words.
        what: String,
    },
    /// A version that is none of 1, 2, 3.
    UnknownVersion(u32),
    /// Version 1, which today's loaders refuse.
    Obsolete,
    /// A value type that does not exist.
    UnknownValueType(u32),
    /// A list of lists.
    NestedArray {
        /// Lists around the elements.
        depth: u32,
    },
    /// A truth value that is neither 0 nor 1.
    BadBool {
        /// The first such byte.
        byte: u8,
        /// How many.
        count: u64,
    },
    /// A key that is given again.
    DuplicateKey {
        /// Whether both values are the same.
        same: bool,
        /// Where it is given first.
        first: u64,
    },
    /// A tensor name that is given again.
    DuplicateTensor {
        /// Where it is given first.
        first: u64,
    },
    /// A key or tensor name that loaders refuse, or that does not show what it is.
    BadName {
        /// Of what: `key` or `tensor`.
        of: &'static str,
        /// What is wrong.
        what: &'static str,
        /// Whether loaders refuse it or show something else.
        harmless: bool,
    },
    /// `general.alignment` is not a number that one can align to.
    BadAlignment {
        /// What is wrong.
        what: String,
        /// Whether it is merely unusual.
        unusual: bool,
    },
    /// A tensor with an impossible or odd shape.
    BadShape {
        /// What is wrong.
        what: String,
        /// Whether loaders accept it.
        accepted: bool,
    },
    /// A type number that was removed from ggml.
    RemovedType(u32),
    /// A type number that ggml does not have.
    UnknownType(u32),
    /// The tensor reaches beyond the end of the file.
    OutsideFile {
        /// One past its last byte.
        end: u64,
    },
    /// The tensor shares bytes with another one.
    Overlap {
        /// The other one's name.
        other: String,
        /// How many bytes.
        bytes: u64,
    },
    /// The tensor does not start at a multiple of the alignment.
    Misaligned {
        /// Its offset.
        offset: u64,
        /// The alignment.
        alignment: u64,
    },
    /// The tensor does not follow the one before it.
    OutOfOrder {
        /// Its offset.
        offset: u64,
        /// The offset that loaders expect.
        expected: u64,
    },
    /// Bytes between tensors that belong to none.
    Hole {
        /// Whether they are zeros.
        zeros: bool,
        /// What they begin with.
        what: Trailing,
    },
    /// Padding that is not zero.
    Padding {
        /// Its first bytes.
        bytes: Vec<u8>,
    },
    /// Bytes after the data.
    Trailing(Trailing),
}

/// A range of the header and what it is to detectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Which bytes.
    pub range: Range<u64>,
    /// What they are.
    pub kind: RegionKind,
    /// The key; empty for several.
    pub route: String,
}

/// A template or another part that is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The key, with the position for entries of a list.
    pub name: String,
    /// Its text in the file.
    pub range: Range<u64>,
}

/// Something that was not read, and which bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Whether a bound was hit; else the file is broken there.
    pub limit: bool,
    /// What.
    pub detail: String,
    /// Where.
    pub range: Range<u64>,
}

/// A GGUF file as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gguf {
    /// Format version.
    pub version: u32,
    /// Numbers are big-endian.
    pub big_endian: bool,
    /// Declared number of keys.
    pub kv_count: u64,
    /// Declared number of tensors.
    pub tensor_count: u64,
    /// Keys read.
    pub kvs_read: u64,
    /// Tensor descriptions read.
    pub tensors_read: u64,
    /// The keys, without those beyond what is kept.
    pub kvs: Vec<Kv>,
    /// The first tensors.
    pub tensors: Vec<Tensor>,
    /// What tensors are padded to.
    pub alignment: u64,
    /// End of the header, before the padding.
    pub header_end: u64,
    /// Start of the data.
    pub data_start: u64,
    /// Where each tensor's data lies, sorted by start and without overlaps; empty when the header is
    /// broken.
    pub extents: Vec<Extent>,
    /// What follows the data.
    pub trailing: Range<u64>,
    /// Parts of the header for detectors.
    pub segments: Vec<Segment>,
    /// Bytes that belong to nothing.
    pub unclaimed: Vec<Range<u64>>,
    /// Chat templates.
    pub templates: Vec<Template>,
    /// What a correct writer does not produce.
    pub anomalies: Vec<Anomaly>,
    /// What was not read.
    pub unread: Vec<Unread>,
}

impl Gguf {
    /// The last value of that key (as readers with a map have it).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Kv> {
        self.kvs.iter().rfind(|kv| kv.key == key)
    }

    /// The beginning of a text value.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Value::Str(text) => Some(&text.start),
            _ => None,
        }
    }

    /// A number that is not negative.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)?.value {
            Value::Uint(n) => Some(n),
            Value::Int(n) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    /// A list.
    #[must_use]
    pub fn array(&self, key: &str) -> Option<&Array> {
        match &self.get(key)?.value {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// True when keys and tensor descriptions were read to their end.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.kvs_read == self.kv_count && self.tensors_read == self.tensor_count
    }
}
