//! An HDF5 file as plain data: objects in the order in which a walk from the root meets them, with the
//! place in the file of whatever somebody may want to point at.
//!
//! All addresses and ranges are offsets in the file itself (the base address that a user block causes
//! is already added), so they can be used with the blob that was read.

use std::ops::Range;

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// What the file says about itself; `None` when there is none that can be read.
    pub superblock: Option<Superblock>,
    /// Every object that can be reached by hard links, once, whatever its number of names. The root
    /// group comes first; a group comes before what lies in it.
    pub objects: Vec<Object>,
    /// True when a bound was hit and objects, links or attributes are missing here.
    pub truncated: bool,
}

/// The superblock: where everything starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Superblock {
    /// Where it lies. It starts behind the user block.
    pub range: Range<u64>,
    /// 0 to 3.
    pub version: u8,
    /// Bytes of an address in this file.
    pub offset_size: u8,
    /// Bytes of a length in this file.
    pub length_size: u8,
    /// What is added to all addresses: where the superblock lies.
    pub base: u64,
    /// The base address as written. Libraries use the place of the superblock instead.
    pub declared_base: u64,
    /// One past the last byte that the file says it has.
    pub end: u64,
    /// Where the header of the root group lies.
    pub root: u64,
    /// The status flags: bits 0 and 2 say that a writer had not closed the file.
    pub flags: u32,
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A group.
    Group,
    /// A dataset.
    Dataset,
    /// A named datatype.
    NamedType,
    /// It has a header that can be read, and is none of these.
    Other,
    /// Its header can't be read; an anomaly says why.
    Unreadable,
}

/// A group, a dataset, or a named datatype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The first way that leads to it: `/`, `/model_weights/dense/kernel:0`.
    pub path: String,
    /// Where its header lies.
    pub address: u64,
    /// What it is.
    pub kind: ObjectKind,
    /// How many names it says it has.
    pub references: u32,
    /// Its attributes in the order in which they are stored.
    pub attributes: Vec<Attribute>,
    /// The links of a group.
    pub links: Vec<Link>,
    /// What a dataset is.
    pub dataset: Option<Dataset>,
    /// The type of a named datatype.
    pub named_type: Option<Dtype>,
}

/// A named value on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where the attribute lies: its message in the header, or its object in a heap.
    pub range: Range<u64>,
    /// The type of its elements; `None` when it can't be read.
    pub dtype: Option<Dtype>,
    /// Its dimensions: empty for a single value, `None` for no value at all or an unreadable shape.
    pub shape: Option<Vec<u64>>,
    /// Where its bytes lie in the message; for variable-length text these are references to
    /// the global heap and [`Attribute::text_ranges`] say where the text is.
    pub data: Range<u64>,
    /// Its value, when it is of a kind that somebody looks at.
    pub value: AttrValue,
    /// Where each text of the value lies in the file, in the order of the texts.
    pub text_ranges: Vec<Range<u64>>,
    /// True when the value was cut because a bound was hit; an anomaly says so too.
    pub truncated: bool,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttrValue {
    /// One text, as h5py would hand it out (cut at the first NUL where the type says so). Bytes that
    /// are not UTF-8 are replaced.
    Text(String),
    /// An array of texts, whatever its rank.
    Texts(Vec<String>),
    /// Numbers, opaque bytes and the like as stored, cut after [`MAX_RAW`] bytes.
    Bytes(Vec<u8>),
    /// Something else: compound values, references, sequences, or no value.
    Other,
    /// It can't be read; an anomaly says why.
    Unreadable,
}

/// Attributes that one list of texts may be spread over.
const MAX_PARTS: usize = 4096;

/// Bytes of an attribute that is no text that are kept.
pub const MAX_RAW: usize = 4096;

impl AttrValue {
    /// The text, when it is a single one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// All texts: one, many or none.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Texts(texts) => texts,
            _ => &[],
        }
    }
}

/// A name in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The name.
    pub name: String,
    /// Where the link lies: its message, its object in a heap, or its entry in a symbol table.
    pub range: Range<u64>,
    /// What it leads to.
    pub target: LinkTarget,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// An object of this file, by the place of its header.
    Hard(u64),
    /// A path in this file.
    Soft(String),
    /// An object of another file.
    External {
        /// The other file as written.
        file: String,
        /// The path in it.
        path: String,
    },
    /// A kind of link that only a plug-in can follow.
    Other(u8),
}

/// What a dataset is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dataset {
    /// The type of its elements; `None` when it can't be read.
    pub dtype: Option<Dtype>,
    /// Its dimensions: empty for a single value, `None` for no value at all or an unreadable shape.
    pub shape: Option<Vec<u64>>,
    /// How large each dimension may become; `u64::MAX` = without bound. Empty when it says nothing.
    pub max_shape: Vec<u64>,
    /// Where its data are; `None` when that can't be read.
    pub layout: Option<Layout>,
    /// Files beside this one that hold the data (external storage).
    pub external_files: Vec<ExternalFile>,
    /// What the stored bytes go through when they are read, in the order of writing.
    pub filters: Vec<Filter>,
    /// Bytes that are stored for it in this file, and whether that is all that is known of it:
    /// `None` when the index of its chunks was not read.
    pub stored: Option<u64>,
    /// Where the stored bytes lie: the data of a contiguous dataset or its chunks, merged where they
    /// touch (but for compressed chunks of variable-length data, which can be unpacked one by one).
    /// Empty when the index of its chunks was not read.
    pub data: Vec<Range<u64>>,
}

impl Dataset {
    /// Number of elements; `None` when it is not known or overflows 64 bits.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        let mut product = 1u64;
        for dim in self.shape.as_ref()? {
            product = product.checked_mul(*dim)?;
        }
        Some(product)
    }

    /// Bytes that a reader needs to hold all elements; `None` when that is not known or overflows.
    #[must_use]
    pub fn logical_size(&self) -> Option<u64> {
        self.elements()?
            .checked_mul(u64::from(self.dtype.as_ref()?.size))
    }
}

/// Where the data of a dataset are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// In the header itself.
    Compact(Range<u64>),
    /// In one piece. `None` when nothing was written yet.
    Contiguous(Option<Range<u64>>),
    /// In chunks.
    Chunked {
        /// The dimensions of a chunk.
        chunk: Vec<u64>,
        /// Bytes of an element as the layout has it (0 where it does not say).
        element: u64,
        /// How chunks are found.
        index: ChunkIndex,
        /// Number of stored chunks; `None` when the index was not read.
        count: Option<u64>,
    },
    /// Put together from other datasets, of this or of other files.
    Virtual(Vec<VirtualSource>),
}

/// How the chunks of a dataset are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChunkIndex {
    /// A B-tree of version 1.
    BTree1,
    /// There is one chunk.
    Single,
    /// They lie one behind the other.
    Implicit,
    /// A fixed array.
    FixedArray,
    /// An extensible array.
    ExtensibleArray,
    /// A B-tree of version 2.
    BTree2,
    /// A kind that is not known.
    Unknown(u8),
}

/// Where a part of a virtual dataset comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualSource {
    /// The file as written; `.` is this file.
    pub file: String,
    /// The dataset in it.
    pub dataset: String,
}

/// A file that holds data of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFile {
    /// Its name as written.
    pub name: String,
    /// Where the data start in it.
    pub offset: u64,
    /// How many bytes are used.
    pub size: u64,
}

/// A step of the filter pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its registered number. Below 256 the library itself knows it.
    pub id: u16,
    /// The name that the writer gave it; may be empty.
    pub name: String,
    /// Bit 0: data may stay without it where it fails.
    pub flags: u16,
    /// Its parameters.
    pub params: Vec<u32>,
}

/// The type of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dtype {
    /// Bytes of one element.
    pub size: u32,
    /// What it is.
    pub class: Class,
}

/// What a type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// A whole number.
    Integer {
        /// With a sign.
        signed: bool,
        /// The most significant byte comes first.
        big_endian: bool,
    },
    /// A floating-point number.
    Float {
        /// The most significant byte comes first.
        big_endian: bool,
    },
    /// A point in time (not used by anybody).
    Time,
    /// Text of a fixed number of bytes.
    FixedString {
        /// How what is left over is filled.
        padding: Padding,
        /// It says that it is UTF-8 (h5py hands it out as text), else ASCII.
        utf8: bool,
    },
    /// Bits.
    Bitfield,
    /// Bytes that mean something to somebody.
    Opaque {
        /// What they mean.
        tag: String,
    },
    /// Named members.
    Compound(Vec<Member>),
    /// A reference to an object, a region or an attribute.
    Reference,
    /// Named whole numbers.
    Enum {
        /// The type of the numbers.
        base: Box<Dtype>,
        /// The names.
        names: Vec<String>,
    },
    /// Text of any length; it lies in the global heap.
    VlenString {
        /// It says that it is UTF-8.
        utf8: bool,
    },
    /// A sequence of any length; it lies in the global heap.
    Vlen(Box<Dtype>),
    /// An array.
    Array {
        /// The type of its elements.
        base: Box<Dtype>,
        /// Its dimensions.
        dims: Vec<u32>,
    },
    /// A complex number.
    Complex(Box<Dtype>),
    /// A class that is not known.
    Unknown(u8),
}

/// How the rest of a fixed string is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Padding {
    /// It ends at the first NUL.
    NullTerminated,
    /// NULs at the end do not count.
    NullPadded,
    /// Spaces at the end do not count.
    SpacePadded,
    /// Not known.
    Unknown,
}

/// A member of a compound type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it starts in the element.
    pub offset: u32,
    /// Its type.
    pub dtype: Dtype,
}

/// Something that the specification does not allow, or that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What it is.
    pub kind: AnomalyKind,
    /// The path of the object that it concerns; empty when it concerns the file.
    pub object: String,
    /// What exactly, in a sentence without a full stop.
    pub detail: String,
    /// Where.
    pub range: Option<Range<u64>>,
}

/// What an anomaly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnomalyKind {
    /// A structure is broken; what hangs on it was not read.
    Unreadable,
    /// A structure is of a kind that this reader does not know; what hangs on it was not read.
    Unsupported,
    /// A bound was hit; what lies beyond was not read.
    Limit,
    /// A checksum is wrong. What it covers was read all the same.
    Checksum,
    /// A value that breaks a rule of the format that readers are known to trip over.
    Invariant,
    /// A group has two links of the same name.
    DuplicateLink,
    /// A hard link leads back to a group that it lies in.
    Cycle,
    /// An object says that nobody refers to it.
    NoReferences,
    /// Text goes on behind the NUL where readers stop.
    HiddenText,
}

impl File {
    /// The object at `path`, by any of its names: hard links are followed, others are not.
    #[must_use]
    pub fn object(&self, path: &str) -> Option<&Object> {
        if let Some(object) = self.objects.iter().find(|o| o.path == path) {
            return Some(object);
        }
        let mut at = self.objects.first()?;
        for part in path.split('/').filter(|p| !p.is_empty() && *p != ".") {
            let link = at.links.iter().find(|l| l.name == part)?;
            let LinkTarget::Hard(address) = link.target else {
                return None;
            };
            at = self.objects.iter().find(|o| o.address == address)?;
        }
        Some(at)
    }

    /// An attribute of an object: `file.attribute("/", "model_config")`.
    #[must_use]
    pub fn attribute(&self, path: &str, name: &str) -> Option<&Attribute> {
        self.object(path)?.attribute(name)
    }

    /// The datasets with the objects that they are.
    pub fn datasets(&self) -> impl Iterator<Item = (&Object, &Dataset)> {
        self.objects
            .iter()
            .filter_map(|o| Some((o, o.dataset.as_ref()?)))
    }
}

impl Object {
    /// The attribute of that name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// A list of texts that Keras cut into several attributes because it was too long for one:
    /// `name`, or else `name0`, `name1` … put together. Each text comes with the attribute that it is
    /// from. Empty when there is none.
    #[must_use]
    pub fn chunked_texts(&self, name: &str) -> Vec<(&Attribute, &str)> {
        let mut parts: Vec<&Attribute> = self.attribute(name).into_iter().collect();
        if parts.is_empty() {
            let numbered = |i: usize| self.attribute(&format!("{name}{i}"));
            parts = (0..MAX_PARTS).map_while(numbered).collect();
        }
        let texts = |a: &'_ Attribute| a.value.texts().len();
        let count = parts
            .iter()
            .map(|a| texts(a))
            .fold(0, usize::saturating_add);
        let mut all = Vec::with_capacity(count);
        for part in parts {
            all.extend(part.value.texts().iter().map(|t| (part, t.as_str())));
        }
        all
    }
}
