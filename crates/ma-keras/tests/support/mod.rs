//! What the tests share: a reader of zip directories that believes what they say, and a scan that goes
//! on with the configurations that an archive hands out.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use std::io;
use std::sync::Arc;

use ma_core::{
    Artifact, Blob, Budget, Collector, Container, Cx, Entry, EntryId, GapReason, Match, Probe,
    ScanError, ScanOptions, Target,
};
use ma_testkit::run;

/// The members of a zip as its directory lists them.
pub(crate) struct Zip {
    blob: Blob,
    entries: Vec<Entry>,
}

impl Container for Zip {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let place = self.entries.get(id.0).and_then(|e| e.stored_at.clone());
        let blob = place.and_then(|place| self.blob.slice(place).ok());
        let missing = || ScanError::Io(io::Error::other("can't be unpacked here"));
        blob.ok_or_else(missing)
    }
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let found = bytes.get(at..at.checked_add(len)?)?;
    Some(found.iter().rev().fold(0, |n, b| (n << 8) | u64::from(*b)))
}

fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count = number(bytes, end + 10, 2)?;
    let mut at = usize::try_from(number(bytes, end + 16, 4)?).ok()?;
    let mut found = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
            break;
        }
        let size = |offset: usize, len: usize| number(bytes, at + offset, len);
        let name_len = usize::try_from(size(28, 2)?).ok()?;
        let more = usize::try_from(size(30, 2)? + size(32, 2)?).ok()?;
        let name = bytes.get(at + 46..at + 46 + name_len)?;
        let mut entry = Entry::file(String::from_utf8_lossy(name).into_owned());
        (entry.packed, entry.size) = (size(20, 4), size(24, 4));
        let local = usize::try_from(size(42, 4)?).ok()?;
        let header = number(bytes, local.checked_add(26)?, 2)? + number(bytes, local + 28, 2)?;
        let start = local as u64 + 30 + header;
        if size(10, 2) == Some(0) && entry.packed == entry.size {
            entry.stored_at = Some(start..start + entry.packed?);
        }
        found.push(entry);
        at += 46 + name_len + more;
    }
    Some(found)
}

/// The members of a zip.
pub(crate) fn members(bytes: &[u8]) -> Option<Arc<dyn Container>> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let blob = Blob::from_vec(bytes.to_vec());
    Some(Arc::new(Zip {
        blob,
        entries: entries(bytes)?,
    }))
}

/// Puts a file through all scanners that take it, and what they hand out again.
pub(crate) fn scan(name: &str, bytes: &[u8]) -> Collector {
    let mut found = Collector::default();
    let mut work = vec![run::artifact(name, bytes)];
    while let Some(artifact) = work.pop() {
        let one = scan_one(&artifact);
        for child in one.children {
            if child.hint == Some(ma_keras::scanner::CONFIG) {
                work.push(child);
            } else {
                found.children.push(child);
            }
        }
        found.issues.extend(one.issues);
        found.gaps.extend(one.gaps);
        found.regions.extend(one.regions);
    }
    found
}

fn scan_one(artifact: &Artifact) -> Collector {
    let bytes = artifact.blob.head(1 << 26).unwrap_or_default();
    let head = artifact.blob.head(8192).unwrap_or_default();
    let container = members(&bytes);
    let budget = Budget::new(run::small_limits());
    let mut found = Collector::default();
    let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
    for scanner in ma_keras::scanners() {
        let mut targets = vec![(None, Target::Bytes(artifact))];
        if let Some(container) = &container {
            targets.push((
                Some(container.entries()),
                Target::Members(artifact, container),
            ));
        }
        for (members, target) in targets {
            if scanner.probe(&Probe::new(artifact, &head, members)) == Match::No {
                continue;
            }
            if let Err(e) = scanner.scan(target, &mut cx) {
                cx.gap(GapReason::Limit, e.to_string());
            }
            // What people see must not fail either.
            drop(scanner.inspect(target, &mut cx));
        }
    }
    found
}
