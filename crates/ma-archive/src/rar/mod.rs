//! RAR archives: their headers, and members that are stored without compression. The compression is
//! not undone here; what needs it is a gap.
//!
//! Format descriptions: technote.txt of RAR 4 ("RAR archive format") and "RAR 5.0 archive format" on
//! rarlab.com. Little-endian.
//!
//! ```text
//! v4  "Rar!" 1a 07 00     blocks: crc 2, type 1, flags 2, size 2, [data size 4 when flags & 8000]
//!     type 73 archive (flags & 80: headers encrypted), 74 file, 7a service, 7b end
//!     file: packed 4, size 4, os 1, crc 4, time 4, version 1, method 1 (30 = stored), name length 2,
//!           attributes 4, [high packed 4, high size 4 when flags & 100], name
//! v5  "Rar!" 1a 07 01 00  blocks: crc 4, header size, type, flags, [extra size], [data size], ...
//!     numbers are variable: 7 bits a byte, low first, high bit = more
//!     type 1 archive, 2 file, 3 service, 4 encryption, 5 end
//!     file: flags, size, attributes, [mtime 4 if 2], [crc 4 if 4], compression, os, name length, name
//!     compression: bits 7-9 method, 0 = stored; extra record 1 = encryption, 5 = redirection (links)
//! ```

mod v4;
mod v5;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ma_core::{
    Artifact, Blob, Budget, Container, Cx, Entry, EntryId, FormatInfo, GapReason, Kind, Match,
    Opener, Probe, ScanError,
};

use crate::anomaly::{Anomaly, Member};
use crate::output::crc_of;
use crate::rules::{self, RULES, shown};
use crate::window::Window;

/// Opens RAR archives.
#[derive(Debug, Default, Clone, Copy)]
pub struct Rar;

static INFO: FormatInfo = FormatInfo {
    id: "rar",
    title: "RAR archive",
    extensions: &["rar"],
    kinds: &[Kind::new("rar")],
    runs_code: false,
    recognised_by: "Rar! 1a 07",
    checks: "names, links, encryption; the content only of stored members",
    spec: "RAR 4 technote.txt, RAR 5.0 archive format",
    rules: RULES,
};

pub(crate) const MAGIC4: &[u8] = b"Rar!\x1a\x07\0";
pub(crate) const MAGIC5: &[u8] = b"Rar!\x1a\x07\x01\0";
/// The largest header that is read.
pub(crate) const MAX_HEADER: usize = 128 * 1024;

/// A member.
#[derive(Debug)]
pub(crate) struct RarMember {
    pub(crate) member: Member,
    /// Its packed bytes, as far as the file goes.
    pub(crate) data: Range<u64>,
    pub(crate) stored: bool,
    pub(crate) crc: Option<u32>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) members: Vec<RarMember>,
    pub(crate) headers_encrypted: bool,
    /// Where the end block ends.
    pub(crate) end: Option<u64>,
    /// Where a header is broken.
    pub(crate) broken: Option<u64>,
}

impl Opener for Rar {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.head.starts_with(MAGIC4) || probe.head.starts_with(MAGIC5) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let listing = read(&artifact.blob, cx.budget())?;
        let len = artifact.blob.len();
        if listing.headers_encrypted {
            let (name, at) = (artifact.path.name().to_owned(), 0..len);
            rules::report(&Anomaly::Encrypted { name, at }, cx)?;
            cx.gap(
                GapReason::Encrypted,
                "even the list of members needs a password",
            );
        }
        for m in &listing.members {
            let (name, at) = (m.member.entry.name.clone(), m.member.at.clone());
            if m.member.entry.encrypted {
                rules::report(&Anomaly::Encrypted { name, at }, cx)?;
            } else if !m.stored && m.member.entry.is_file() {
                let what = "RAR compression".into();
                rules::report(&Anomaly::Unsupported { name, at, what }, cx)?;
            }
        }
        if let Some(at) = listing.broken.filter(|_| !listing.headers_encrypted) {
            let detail = format!("no header at byte {at}, where readers expect one");
            cx.gap_at(GapReason::Malformed, detail.clone(), at..len);
            rules::report(
                &Anomaly::Truncated {
                    at: at..len,
                    detail,
                },
                cx,
            )?;
        }
        if let Some(end) = listing.end {
            crate::foreign::after(artifact, end, cx)?;
        }
        rules::members(listing.members.iter().map(|m| &m.member), cx)?;
        Ok(Arc::new(RarContainer::new(
            artifact.blob.clone(),
            listing.members,
        )))
    }
}

fn read(blob: &Blob, budget: &Budget) -> Result<Listing, ScanError> {
    let mut window = Window::new(blob, budget);
    let room = crate::bytes::index(budget.limits().max_artifacts);
    let mut listing = Listing::default();
    if window.get(0, 8)?.starts_with(MAGIC5) {
        v5::read(&mut window, blob.len(), budget, room, &mut listing)?;
    } else {
        v4::read(&mut window, blob.len(), budget, room, &mut listing)?;
    }
    Ok(listing)
}

/// An opened RAR archive.
struct RarContainer {
    blob: Blob,
    entries: Vec<Entry>,
    members: Vec<RarMember>,
    told: Vec<AtomicBool>,
}

impl RarContainer {
    fn new(blob: Blob, members: Vec<RarMember>) -> Self {
        Self {
            blob,
            entries: members.iter().map(|m| m.member.entry.clone()).collect(),
            told: members.iter().map(|_| AtomicBool::new(false)).collect(),
            members,
        }
    }
}

impl Container for RarContainer {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let Some(m) = self.members.get(id.0) else {
            return Err(ScanError::Io(std::io::Error::other("no such member")));
        };
        let data = self.blob.slice(m.data.clone());
        let data = data.map_err(|e| ScanError::Io(std::io::Error::other(e)))?;
        let told = self.told.get(id.0);
        if told.is_none_or(|t| t.swap(true, Ordering::Relaxed)) {
            return Ok(data);
        }
        let (name, at) = (m.member.entry.name.clone(), m.member.at.clone());
        if m.member.entry.encrypted {
            let detail = format!("`{}` needs a password", shown(&name));
            cx.gap_at(GapReason::Encrypted, detail, m.data.clone());
        } else if !m.stored {
            let detail = format!("`{}`: RAR compression is not undone here", shown(&name));
            cx.gap_at(GapReason::Unsupported, detail, m.data.clone());
        } else if let (Some(stated), ma_core::Depth::Full) = (m.crc, cx.depth()) {
            let actual = crc_of(&data, cx.budget())?;
            if actual != stated {
                rules::report(
                    &Anomaly::Checksum {
                        name,
                        at,
                        stated,
                        actual,
                    },
                    cx,
                )?;
            }
        }
        Ok(data)
    }
}
