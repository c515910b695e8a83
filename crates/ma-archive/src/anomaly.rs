//! What is odd about an archive, as a reader of the format sees it; the rules make issues of it.

use std::ops::Range;

use ma_core::{Entry, EntryKind, Severity};

use ma_wire::Content;

/// A member as the rules see it, whatever the format.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// What the container lists.
    pub(crate) entry: Entry,
    /// What its header says it is. A "device" with data is listed as a file, so that the data is
    /// scanned, and is a device to whoever unpacks it.
    pub(crate) claimed: EntryKind,
    /// Where its header lies in the artifact.
    pub(crate) at: Range<u64>,
    /// CRC-32 and size as stated, to tell a harmless repetition from two contents under one name.
    pub(crate) stated: Option<(u32, u64)>,
    /// A second name that other readers use.
    pub(crate) other_name: Option<String>,
    /// Listed only to have another reading of the same member scanned: no rule looks at it again.
    pub(crate) again: bool,
    /// True when unpacked with its rights it runs with those of its owner.
    pub(crate) setuid: bool,
    /// Which of several archives in a row it belongs to, where that is how tools write the file.
    pub(crate) group: u64,
}

impl Member {
    /// A member with nothing but an entry and a place.
    pub(crate) fn new(entry: Entry, at: Range<u64>) -> Self {
        Self {
            claimed: entry.kind.clone(),
            entry,
            at,
            stated: None,
            other_name: None,
            again: false,
            setuid: false,
            group: 0,
        }
    }

    /// True for a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.entry.kind == EntryKind::Directory
    }
}

/// How two statements about one member differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Readers see another name or other bytes.
    Disagree,
    /// Some readers refuse the member; nobody sees other bytes.
    Refuse,
    /// Untidy.
    Untidy,
}

impl Harm {
    /// What a person should do about it.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Disagree => Severity::Critical,
            Self::Refuse => Severity::Warning,
            Self::Untidy => Severity::Info,
        }
    }
}

/// Why a member is one that an ordinary reader does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// Only a local header names it.
    LocalHeader,
    /// A second directory lists it.
    SecondDirectory,
    /// It comes after the end mark of the archive.
    AfterEnd,
    /// It is a directory entry that holds data.
    DirectoryData,
}

/// Where bytes lie that belong to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the archive.
    Before,
    /// Between its parts.
    Between,
    /// After its end.
    After,
    /// In its comment.
    Comment,
}

/// Something odd.
#[derive(Debug, Clone)]
pub(crate) enum Anomaly {
    /// An archive says one thing in two places, differently.
    Mismatch {
        name: String,
        at: Range<u64>,
        /// What they differ in.
        field: &'static str,
        /// What the directory says.
        central: String,
        /// What the member's own header, or the data, says.
        local: String,
        harm: Harm,
    },
    /// A member, or a whole directory, that ordinary readers do not see.
    Hidden {
        name: String,
        at: Range<u64>,
        how: Hidden,
    },
    /// Members that share bytes.
    Overlap {
        first: String,
        second: String,
        at: Range<u64>,
        count: u64,
    },
    /// Bytes that belong to nothing.
    Unclaimed {
        at: Range<u64>,
        place: Place,
        content: Content,
    },
    /// The archive ends early.
    Truncated { at: Range<u64>, detail: String },
    /// A member whose compression can't be undone here.
    Unsupported {
        name: String,
        at: Range<u64>,
        what: String,
    },
    /// A member that needs a password.
    Encrypted { name: String, at: Range<u64> },
    /// A checksum that does not fit.
    Checksum {
        name: String,
        at: Range<u64>,
        stated: u32,
        actual: u32,
    },
    /// A checksum of another kind, told by a decompressor.
    ChecksumText {
        name: String,
        at: Range<u64>,
        detail: String,
    },
    /// Output out of proportion.
    Bomb {
        name: String,
        at: Range<u64>,
        detail: String,
        /// True when unpacking was cut off.
        cut: bool,
    },
    /// A member that is the archive itself.
    Quine { name: String, at: Range<u64> },
}
