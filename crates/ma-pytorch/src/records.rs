//! The members of an archive as torch's own reader sees them.
//!
//! `PyTorchFileReader` (caffe2/serialize/inline_container.cc) takes the text before the first `/` of
//! the first central-directory entry for the archive's name, and looks records up as
//! `<archive name>/<record>` without regard to case. Names may repeat; all of them are kept here.

use std::collections::HashMap;
use std::sync::Arc;

use ma_core::{Blob, Container, Cx, Entry, EntryId, GapReason, Probe, ScanError};

/// Bytes of a small record (a version, a manifest) that are read.
pub const MAX_SMALL: u64 = 8 << 20;

/// Members by their name in lower case.
pub struct Records<'c> {
    container: &'c Arc<dyn Container>,
    /// The archive's name.
    pub root: String,
    by_name: HashMap<String, Vec<EntryId>>,
}

/// The text before the first `/` of the first entry; empty when it has none.
#[must_use]
pub fn root(entries: &[Entry]) -> &str {
    entries
        .first()
        .and_then(|e| e.name.split_once('/'))
        .map_or("", |(root, _)| root)
}

/// The name without its first folder, when it has one.
#[must_use]
pub fn below_top(name: &str) -> Option<&str> {
    name.split_once('/').map(|(_, rest)| rest)
}

/// Whether some file is `<any top folder>/<record>`, without regard to case.
#[must_use]
pub fn has_record(entries: &[Entry], record: &str) -> bool {
    entries
        .iter()
        .any(|e| e.is_file() && below_top(&e.name).is_some_and(|r| r.eq_ignore_ascii_case(record)))
}

/// Whether the container behind a probe is a zip: torch reads its layouts from no other archive.
#[must_use]
pub fn is_zip(probe: &Probe<'_>) -> bool {
    const END: &[u8] = b"PK\x05\x06";
    probe.head.starts_with(b"PK\x03\x04") || probe.tail().windows(END.len()).any(|w| w == END)
}

impl<'c> Records<'c> {
    /// An index of `container`.
    #[must_use]
    pub fn new(container: &'c Arc<dyn Container>) -> Self {
        let mut by_name: HashMap<String, Vec<EntryId>> = HashMap::new();
        for (index, entry) in container.entries().iter().enumerate() {
            if entry.is_file() {
                by_name
                    .entry(entry.name.to_ascii_lowercase())
                    .or_default()
                    .push(EntryId(index));
            }
        }
        Self {
            container,
            root: root(container.entries()).to_owned(),
            by_name,
        }
    }

    /// All entries that are files.
    pub fn files(&self) -> impl Iterator<Item = (EntryId, &'c Entry)> {
        let entries: &'c [Entry] = self.container.entries();
        entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.is_file())
            .map(|(index, e)| (EntryId(index), e))
    }

    /// An entry.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&'c Entry> {
        let entries: &'c [Entry] = self.container.entries();
        entries.get(id.0)
    }

    /// The name of an entry.
    #[must_use]
    pub fn name(&self, id: EntryId) -> &'c str {
        self.entry(id).map_or("", |e| e.name.as_str())
    }

    /// The entries of exactly this path, without regard to case.
    #[must_use]
    pub fn at(&self, path: &str) -> &[EntryId] {
        self.by_name
            .get(&path.to_ascii_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    /// The entries of `<top>/<record>`.
    #[must_use]
    pub fn record(&self, top: &str, record: &str) -> &[EntryId] {
        self.at(&format!("{top}/{record}"))
    }

    /// The bytes of an entry; `None`, with a gap, when they can't be read.
    ///
    /// # Errors
    /// Only when the receiver wants no more.
    pub fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Option<Blob>, ScanError> {
        match self.container.open(id, cx) {
            Ok(blob) => Ok(Some(blob)),
            Err(error) => note(self.name(id), error, cx).map(|()| None),
        }
    }

    /// The whole of a small entry; `None`, with a gap, when it can't be read or is too large.
    ///
    /// # Errors
    /// Only when the receiver wants no more.
    pub fn read(
        &self,
        id: EntryId,
        most: u64,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Vec<u8>>, ScanError> {
        let Some(blob) = self.open(id, cx)? else {
            return Ok(None);
        };
        let name = self.name(id);
        if blob.len() > most {
            cx.gap(
                GapReason::Limit,
                format!("the member {name} has {} bytes, above {most}", blob.len()),
            );
            return Ok(None);
        }
        match blob.read(0..blob.len(), cx.budget()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => note(name, error, cx).map(|()| None),
        }
    }

    /// The first bytes of an entry; `None`, with a gap, when they can't be read.
    ///
    /// # Errors
    /// Only when the receiver wants no more.
    pub fn head(
        &self,
        id: EntryId,
        n: usize,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Vec<u8>>, ScanError> {
        let Some(blob) = self.open(id, cx)? else {
            return Ok(None);
        };
        match blob.head(n) {
            Ok(head) => Ok(Some(head)),
            Err(error) => note(self.name(id), error.into(), cx).map(|()| None),
        }
    }
}

/// Turns an error into a gap, but for the wish to stop.
fn note(name: &str, error: ScanError, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let reason = match error {
        ScanError::Stopped => return Err(error),
        ScanError::Limit(_) => GapReason::Limit,
        ScanError::Io(_) => GapReason::Unreadable,
    };
    cx.gap(reason, format!("the member {name} {error}"));
    Ok(())
}

/// Whether bytes start like a pickle of protocol 2 to 5, or one in text with an import.
#[must_use]
pub fn starts_pickle(head: &[u8]) -> bool {
    match head {
        // FRAME, an import, a container or a text come first in every real pickle.
        [0x80, 4 | 5, 0x95, _, _, _, _, _, _, 0, 0, ..] => true,
        [0x80, 2..=5, op, ..] => b"c}](X\x8c)NKMJU\x8a\x8f.".contains(op),
        [b'c', rest @ ..] | [b'(', b'c' | b'i', rest @ ..] => {
            let mut lines = rest.splitn(3, |b| *b == b'\n');
            let mut name = || {
                lines.next().is_some_and(|line| {
                    !line.is_empty()
                        && line.len() < 200
                        && line
                            .iter()
                            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
                })
            };
            name() && name()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::torch::{members, stored_zip};

    #[test]
    fn records_are_found_without_regard_to_case() {
        let zip = stored_zip(&[("m/Data.PKL", b"x"), ("m/data/0", b"y")]);
        let container = members(&zip).unwrap();
        let records = Records::new(&container);
        assert_eq!(records.root, "m");
        assert_eq!(records.record("m", "data.pkl"), [EntryId(0)]);
        assert!(has_record(container.entries(), "data/0"));
        assert!(!has_record(container.entries(), "data/1"));
    }

    #[test]
    fn pickles_are_told_from_numbers() {
        assert!(starts_pickle(b"\x80\x02]q\0."));
        assert!(starts_pickle(b"cos\nsystem\n"));
        assert!(!starts_pickle(b"\x80\x3f\0\0"));
        assert!(!starts_pickle(b"c\0\0\0"));
        assert!(!starts_pickle(b""));
    }
}
