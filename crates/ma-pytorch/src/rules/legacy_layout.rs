//! The stream layout of torch before 1.6.

use ma_core::{Issue, Severity, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A file laid out like a checkpoint before torch 1.6 whose magic number or protocol number is not what it must be.
    /// ## Why it matters
    /// torch compares the numbers after it has unpickled them: code in the first pickle runs even though the file is then refused as corrupt.
    /// ## What it leaves alone
    /// Files with the right numbers.
    /// ## What to do
    /// Do not load the file; torch can't.
    pub static LEGACY_MAGIC_RULE = {
        code: "TOR009", name: "torch-legacy-magic", severity: Warning,
        title: "The magic number of the old checkpoint layout is wrong",
        references: [Advisory("GHSA-97f8-7cmv-76j2"), Cwe(502)],
    }
}

declare_rule! {
    /// ## What it finds
    /// Storages of an old checkpoint whose number of elements differs from what the pickle says, that lie beyond the end of the file or that no persistent id names; bytes after the last storage.
    /// ## Why it matters
    /// torch believes the count in front of the data and not the one of the pickle; where they differ, two readers see two files. Bytes at the end are read by nobody.
    /// ## What it leaves alone
    /// Files whose table is consistent and ends with the file. A second checkpoint or pickle behind the first is Info: it is looked at on its own. So is a storage that no persistent id names: torch refuses the file, and its bytes are read by nobody.
    /// ## What to do
    /// Fetch the file again, or save it with a newer version.
    pub static LEGACY_STORAGES = {
        code: "TOR010", name: "torch-legacy-storages", severity: Warning,
        title: "The storage table of the old checkpoint layout does not fit",
        references: [Cwe(130), Cve("CVE-2026-24747")],
    }
}

/// The magic number, as a pickle constant of protocol 2.
pub const MAGIC_LONG: [u8; 12] = [
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
];
/// The protocol number.
pub const PROTOCOL: i64 = 1001;

/// Checks the first two numbers.
#[must_use]
pub fn check_numbers(magic: bool, protocol: Option<i64>) -> Option<Issue> {
    let message = match (magic, protocol) {
        (false, _) => {
            "the first pickle is not the magic number: torch refuses the file after running it"
                .to_owned()
        }
        (true, Some(PROTOCOL)) => return None,
        (true, Some(other)) => format!("the protocol number is {other}, not {PROTOCOL}"),
        (true, None) => "the protocol number is no number".to_owned(),
    };
    Some(Issue::new(&LEGACY_MAGIC_RULE, message))
}

/// What follows the last storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// Another checkpoint: `torch.save` called again on the same open file.
    Save,
    /// Another pickle.
    Pickle,
    /// Something else.
    Other,
}

/// What is wrong with a storage table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Table {
    /// The counts differ.
    Count {
        /// Which storage.
        key: String,
        /// In front of the data.
        stored: i64,
        /// In the pickle.
        pickled: i64,
    },
    /// The data ends with the file.
    Short {
        /// Which storage.
        key: String,
    },
    /// No persistent id names it.
    Unknown {
        /// Which storage.
        key: String,
    },
    /// The storage is in the pickle and not in the table.
    Unlisted {
        /// Which storage.
        key: String,
    },
    /// Bytes follow.
    Trailing {
        /// How many.
        bytes: u64,
        /// What they start like.
        like: Trailer,
    },
}

/// Fires for one thing that is wrong.
#[must_use]
pub fn check_table(table: &Table) -> Issue {
    let mut severity = Severity::Warning;
    let message = match table {
        Table::Count {
            key,
            stored,
            pickled,
        } => {
            format!(
                "the storage {key} has {stored} elements in the table and {pickled} in the pickle"
            )
        }
        Table::Short { key } => format!("the file ends inside the storage {key}"),
        Table::Unknown { key } => {
            severity = Severity::Info;
            format!("the table lists the storage {key}, which no tensor uses")
        }
        Table::Unlisted { key } => format!("the storage {key} has no data in the file"),
        Table::Trailing {
            bytes,
            like: Trailer::Save,
        } => {
            severity = Severity::Info;
            format!("{bytes} bytes of another checkpoint follow the storages")
        }
        Table::Trailing {
            bytes,
            like: Trailer::Pickle,
        } => {
            severity = Severity::Info;
            format!("{bytes} bytes that start like a pickle follow the storages")
        }
        Table::Trailing { bytes, .. } => format!("{bytes} bytes follow the storages"),
    };
    Issue::new(&LEGACY_STORAGES, message).severity(severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_numbers_are_silent() {
        assert!(check_numbers(true, Some(1001)).is_none());
        assert!(check_numbers(true, Some(1002)).is_some());
        assert!(check_numbers(true, None).is_some());
        assert!(check_numbers(false, Some(1001)).is_some());
    }

    #[test]
    fn a_second_checkpoint_is_good_to_know_only() {
        let count = Table::Count {
            key: "1".to_owned(),
            stored: 9,
            pickled: 4,
        };
        assert_eq!(check_table(&count).severity, Severity::Warning);
        let trailing = Table::Trailing {
            bytes: 9,
            like: Trailer::Save,
        };
        assert_eq!(check_table(&trailing).severity, Severity::Info);
        let unknown = Table::Unknown {
            key: "0".to_owned(),
        };
        assert_eq!(check_table(&unknown).severity, Severity::Info);
    }
}
