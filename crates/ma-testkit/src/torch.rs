//! Builders of torch files: stored zips as `torch.save` writes them, tars, pickles of state dicts, and
//! a container over both that is just enough to give a scanner its members.

use std::sync::Arc;

use ma_core::scanner::PROBE_HEAD;
use ma_core::{
    Artifact, Blob, Budget, Collector, Container, Cx, Entry, EntryId, EntryKind, GapReason, Match,
    Probe, ScanError, ScanOptions, Scanner, Target,
};

use crate::run;
use crate::zip::{Member, Zip};

/// A zip of stored members, as `torch.save` writes it (but for the alignment).
#[must_use]
pub fn stored_zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    Zip::of(
        members
            .iter()
            .map(|(name, data)| Member::stored(name, data)),
    )
    .bytes()
}

/// A ustar archive of files.
#[must_use]
pub fn plain_tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in members {
        let mut header = vec![0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(header);
        out.extend(*data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Members of a stored zip or a plain tar.
struct Members {
    blob: Blob,
    entries: Vec<Entry>,
}

impl Container for Members {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, _cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let range = self
            .entries
            .get(id.0)
            .and_then(|e| e.stored_at.clone())
            .unwrap_or(0..0);
        self.blob
            .slice(range)
            .map_err(|e| ScanError::Io(std::io::Error::other(e)))
    }
}

fn entry(name: &[u8], range: std::ops::Range<u64>) -> Entry {
    let mut entry = Entry::file(String::from_utf8_lossy(name));
    if entry.name.ends_with('/') {
        entry.kind = EntryKind::Directory;
    }
    entry.size = Some(range.end.saturating_sub(range.start));
    entry.packed = entry.size;
    entry.stored_at = Some(range);
    entry
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    Some(field.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

fn zip_entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let mut at = number(bytes, end + 16, 4)?;
    let mut entries = Vec::new();
    while bytes.get(at..at + 4) == Some(b"PK\x01\x02") {
        let size = number(bytes, at + 20, 4)?;
        let name_len = number(bytes, at + 28, 2)?;
        let extra = number(bytes, at + 30, 2)? + number(bytes, at + 32, 2)?;
        let local = number(bytes, at + 42, 4)?;
        let name = bytes.get(at + 46..at + 46 + name_len)?;
        let data = local + 30 + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?;
        bytes.get(data..data.checked_add(size)?)?;
        entries.push(entry(name, data as u64..(data + size) as u64));
        at += 46 + name_len + extra;
    }
    Some(entries)
}

fn tar_entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    if bytes.get(257..262) != Some(b"ustar") {
        return None;
    }
    let mut at = 0;
    let mut entries = Vec::new();
    while let Some(header) = bytes.get(at..at + 512).filter(|h| h[0] != 0) {
        let name = header[..100].split(|b| *b == 0).next()?;
        let size = std::str::from_utf8(&header[124..135]).ok()?;
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).ok()?;
        let data = at + 512;
        bytes.get(data..data.checked_add(size)?)?;
        entries.push(entry(name, data as u64..(data + size) as u64));
        at = data + size.next_multiple_of(512);
    }
    Some(entries)
}

/// The members of a file built by [`stored_zip`] or [`plain_tar`].
#[must_use]
pub fn members(bytes: &[u8]) -> Option<Arc<dyn Container>> {
    let entries = if bytes.starts_with(b"PK\x03\x04") {
        zip_entries(bytes)?
    } else {
        tar_entries(bytes)?
    };
    Some(Arc::new(Members {
        blob: Blob::from_vec(bytes.to_vec()),
        entries,
    }))
}

/// Puts a file through all `scanners` whose probe takes it: its bytes, and its members when it is a
/// zip or tar.
#[must_use]
pub fn scan_all(scanners: &[Box<dyn Scanner>], name: &str, bytes: &[u8]) -> Collector {
    let artifact = run::artifact(name, bytes);
    scan_artifact(scanners, &artifact, bytes)
}

/// As [`scan_all`], for an artifact made by the caller (with a hint, say).
#[must_use]
pub fn scan_artifact(
    scanners: &[Box<dyn Scanner>],
    artifact: &Artifact,
    bytes: &[u8],
) -> Collector {
    let head = artifact.blob.head(PROBE_HEAD).unwrap_or_default();
    let container = members(bytes);
    let budget = Budget::new(run::small_limits());
    let mut found = Collector::default();
    let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
    for scanner in scanners {
        let mut targets = vec![(None, Target::Bytes(artifact))];
        if let Some(container) = &container {
            targets.push((
                Some(container.entries()),
                Target::Members(artifact, container),
            ));
        }
        for (members, target) in targets {
            let probe = Probe::new(artifact, &head, members);
            if scanner.probe(&probe) == Match::No {
                continue;
            }
            if let Err(e) = scanner.scan(target, &mut cx) {
                cx.gap(GapReason::Limit, e.to_string());
            }
        }
    }
    found
}

/// A pickle as `torch.save` writes it: protocol 2, storages by persistent id.
///
/// ```
/// use ma_testkit::torch::{StateDict, stored_zip};
///
/// let pickle = StateDict::new().tensor("weight", "FloatStorage", "0", 4, &[2, 2]).build();
/// let file = stored_zip(&[("m/data.pkl", &pickle), ("m/data/0", &[0; 16])]);
/// assert!(file.starts_with(b"PK"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct StateDict {
    items: Vec<u8>,
    legacy: bool,
}

impl StateDict {
    /// No tensors yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With persistent ids as files before torch 1.6 have them (a sixth item: the view).
    #[must_use]
    pub fn legacy(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// One more contiguous tensor at offset 0 of its storage.
    #[must_use]
    pub fn tensor(self, name: &str, kind: &str, key: &str, numel: i32, size: &[i32]) -> Self {
        let mut stride = vec![1; size.len()];
        for i in (1..size.len()).rev() {
            stride[i - 1] = stride[i] * size[i];
        }
        self.view(name, kind, key, numel, 0, size, &stride)
    }

    /// One more tensor with its offset and strides.
    #[must_use]
    #[allow(clippy::too_many_arguments)]
    pub fn view(
        mut self,
        name: &str,
        kind: &str,
        key: &str,
        numel: i32,
        offset: i32,
        size: &[i32],
        stride: &[i32],
    ) -> Self {
        let out = &mut self.items;
        text(out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(out, "storage");
        out.extend(format!("ctorch\n{kind}\n").bytes());
        text(out, key);
        text(out, "cpu");
        int(out, numel);
        if self.legacy {
            out.push(b'N');
        }
        out.extend(b"tQ");
        int(out, offset);
        for dims in [size, stride] {
            out.push(b'(');
            for dim in dims {
                int(out, *dim);
            }
            out.push(b't');
        }
        out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        self
    }

    /// One more value: the opcodes that push it.
    #[must_use]
    pub fn value(mut self, name: &str, opcodes: &[u8]) -> Self {
        text(&mut self.items, name);
        self.items.extend(opcodes);
        self
    }

    /// The pickle.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut out = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
        out.extend(&self.items);
        out.extend(b"u.");
        out
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn int(out: &mut Vec<u8>, value: i32) {
    out.push(b'J');
    out.extend(value.to_le_bytes());
}

/// The opcodes of `os.system('echo pwned')` in protocol 2.
pub const PAYLOAD: &[u8] = b"cos\nsystem\nX\x0a\0\0\0echo pwned\x85R";

/// The magic number of a checkpoint before torch 1.6, pickled.
pub const LEGACY_MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// A checkpoint before torch 1.6: five pickles, then each storage with its count.
#[must_use]
pub fn legacy_stream(object: &[u8], storages: &[(&str, u64, &[u8])]) -> Vec<u8> {
    let mut out = LEGACY_MAGIC.to_vec();
    out.extend(b"\x80\x02M\xe9\x03.");
    out.extend(b"\x80\x02}(");
    text(&mut out, "protocol_version");
    out.extend(b"M\xe9\x03");
    text(&mut out, "little_endian");
    out.push(0x88);
    text(&mut out, "type_sizes");
    out.extend(b"}(");
    for (name, size) in [("short", 2), ("int", 4), ("long", 4)] {
        text(&mut out, name);
        out.extend([b'K', size]);
    }
    out.extend(b"uu.");
    out.extend(object);
    out.extend(b"\x80\x02](");
    for (key, _, _) in storages {
        text(&mut out, key);
    }
    out.extend(b"e.");
    for (_, count, data) in storages {
        out.extend(count.to_le_bytes());
        out.extend(*data);
    }
    out
}

/// A 64-bit ELF with nothing but a dynamic symbol table that imports `names`. It can't run.
#[must_use]
pub fn elf_importing(names: &[&str]) -> Vec<u8> {
    let mut strings = vec![0u8];
    let mut symbols = vec![0u8; 24];
    for name in names {
        symbols.extend((strings.len() as u32).to_le_bytes());
        symbols.extend([0x12, 0, 0, 0]);
        symbols.extend([0; 16]);
        strings.extend(name.bytes());
        strings.push(0);
    }
    let symbols_at = 64u64;
    let strings_at = symbols_at + symbols.len() as u64;
    let sections_at = strings_at + strings.len() as u64;
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    out.extend([0; 16]);
    out.extend(sections_at.to_le_bytes());
    out.extend([0; 4]);
    out.extend([64u16, 0, 0, 64, 3, 0].map(u16::to_le_bytes).concat());
    out.extend(&symbols);
    out.extend(&strings);
    out.extend([0; 64]);
    for (kind, at, len, link) in [
        (11u32, symbols_at, symbols.len() as u64, 2u32),
        (3, strings_at, strings.len() as u64, 0),
    ] {
        out.extend([0u32, kind].map(u32::to_le_bytes).concat());
        out.extend([0u64, 0, at, len].map(u64::to_le_bytes).concat());
        out.extend([link, 0].map(u32::to_le_bytes).concat());
        out.extend([0; 16]);
    }
    out
}

/// A stored zip in which the directory lets `member` begin where `other` does.
#[must_use]
pub fn overlay(mut zip: Vec<u8>, member: &str, other: &str) -> Vec<u8> {
    let offset = |zip: &[u8], name: &str| {
        zip.windows(name.len())
            .rposition(|w| w == name.as_bytes())
            .unwrap_or_default()
            - 4
    };
    let (to, from) = (offset(&zip, member), offset(&zip, other));
    zip.copy_within(from..from + 4, to);
    zip
}
