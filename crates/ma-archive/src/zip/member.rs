//! One member as the directory and its local header describe it, and where the two differ.

use std::ops::Range;

use ma_core::{Entry, EntryKind};

use super::record::{Central, DESCRIPTOR_FLAG, Local, NOT_PLAIN, method_name, text};
use crate::anomaly::{Anomaly, Harm, Hidden, Member};
use crate::paths;

/// A member that can be opened.
#[derive(Debug, Clone)]
pub(crate) struct ZipMember {
    pub(crate) member: Member,
    /// Where its data lies, as far as the file goes.
    pub(crate) data: Range<u64>,
    pub(crate) method: u16,
    /// Flags of both headers together.
    pub(crate) flags: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    /// True when the sizes are those of a ghost whose header does not tell them.
    pub(crate) unsized_: bool,
    /// True when the two headers already disagree about flags or sizes: what the data says then is no
    /// news.
    pub(crate) flags_differ: bool,
    pub(crate) sizes_differ: bool,
}

impl ZipMember {
    /// From a central record with the local header that it points to.
    pub(crate) fn listed(central: &Central, local: Option<&Local>, header: u64, len: u64) -> Self {
        let start = local.map_or(header, Local::data).min(len);
        let stated = central.packed.max(stored_size(central));
        let other = local.map_or(0, |l| believable_local(central, l));
        let end = start.saturating_add(stated.max(other)).min(len);
        let mut entry = Entry::file(text(&central.name));
        entry.kind = kind(&entry.name, central);
        entry.size = Some(central.size);
        entry.packed = Some(central.packed);
        let mut member = Member::new(entry, header..start);
        if member.claimed == EntryKind::Special && end > start {
            member.entry.kind = EntryKind::File;
        }
        if local.is_none() {
            member.at = central.at..central.at.saturating_add(central.len);
        }
        member.stated = Some((central.crc, central.size));
        member.other_name = other_name(central, local);
        member.setuid = (central.attributes >> 16) & 0o6000 != 0 && member.entry.is_file();
        Self {
            member,
            data: start..end,
            method: central.aes.map_or(central.method, |_| 99),
            flags: central.flags | local.map_or(0, |l| l.flags & NOT_PLAIN),
            crc: central.crc,
            packed: central.packed,
            size: central.size,
            unsized_: false,
            flags_differ: local.is_some_and(|l| (l.flags ^ central.flags) & NOT_PLAIN != 0),
            sizes_differ: local
                .is_some_and(|l| l.packed != central.packed || l.size != central.size)
                && local.is_some_and(|l| l.flags & DESCRIPTOR_FLAG == 0),
        }
    }

    /// From a local header alone; `end` is where its data ends.
    pub(crate) fn ghost(local: &Local, end: u64) -> Self {
        let mut entry = Entry::file(text(&local.name));
        if entry.name.ends_with('/') && local.data() == end {
            entry.kind = EntryKind::Directory;
        }
        let unsized_ = local.flags & DESCRIPTOR_FLAG != 0 && local.packed == 0;
        if !unsized_ {
            entry.size = Some(local.size);
            entry.packed = Some(local.packed);
        }
        let data = local.data()..end.max(local.data());
        let mut member = Member::new(entry, local.at..local.data());
        member.stated = (!unsized_).then_some((local.crc, local.size));
        Self {
            member,
            packed: if unsized_ {
                data.end.saturating_sub(data.start)
            } else {
                local.packed
            },
            data,
            method: local.aes.map_or(local.method, |_| 99),
            flags: local.flags,
            crc: local.crc,
            size: local.size,
            unsized_,
            flags_differ: false,
            sizes_differ: false,
        }
    }

    /// True when the bytes in the file are the content.
    pub(crate) fn is_stored(&self) -> bool {
        self.method == 0
    }
}

/// For stored data the unpacked size is as good a length as the packed one; liars give two.
fn stored_size(central: &Central) -> u64 {
    if central.method == 0 && central.flags & NOT_PLAIN == 0 {
        central.size
    } else {
        0
    }
}

/// The length by the local header, where it is no more than twice the file's own claim plus a MiB:
/// a larger content is scanned, an absurd one is not believed.
fn believable_local(central: &Central, local: &Local) -> u64 {
    let limit = central.packed.saturating_mul(2).saturating_add(1 << 20);
    let silent = local.flags & DESCRIPTOR_FLAG != 0 && local.packed == 0;
    if silent || local.packed > limit {
        0
    } else {
        local.packed
    }
}

fn other_name(central: &Central, local: Option<&Local>) -> Option<String> {
    let name = text(&central.name);
    let local_name = local.map(|l| text(&l.name)).filter(|n| *n != name);
    local_name.or_else(|| unicode_name(&central.name, central.unicode.as_ref()))
}

/// The Unicode path, when it belongs to this name and says something else.
fn unicode_name(name: &[u8], unicode: Option<&(u32, Vec<u8>)>) -> Option<String> {
    let (crc, path) = unicode?;
    let belongs = *crc == crc32fast::hash(name);
    (belongs && path.as_slice() != name).then(|| text(path))
}

fn kind(name: &str, central: &Central) -> EntryKind {
    let mode = central.attributes >> 16;
    match mode & 0o170_000 {
        // The target is filled in once the data has been looked at.
        0o120_000 => EntryKind::Symlink(String::new()),
        // Info-ZIP marks what it read from a pipe as a pipe (0010000); nobody makes one of it.
        0o020_000 | 0o060_000 | 0o140_000 => EntryKind::Special,
        _ if name.ends_with('/') && central.size == 0 && central.packed <= 2 => {
            EntryKind::Directory
        }
        _ => EntryKind::File,
    }
}

/// What the two headers of a member disagree in.
pub(crate) fn compare(central: &Central, local: &Local, out: &mut Vec<Anomaly>) {
    let name = text(&central.name);
    let at = local.at..local.data();
    let mut differ = |field, central: String, local: String, harm| {
        out.push(Anomaly::Mismatch {
            name: name.clone(),
            at: at.clone(),
            field,
            central,
            local,
            harm,
        });
    };
    if central.name != local.name {
        let (a, b) = (text(&central.name), text(&local.name));
        let same = paths::plain(&a.replace('\\', "/")) == paths::plain(&b.replace('\\', "/"));
        let harm = if same { Harm::Untidy } else { Harm::Disagree };
        differ("name", a, b, harm);
    }
    for (raw, unicode) in [
        (&central.name, central.unicode.as_ref()),
        (&local.name, local.unicode.as_ref()),
    ] {
        // A name that can't be written in the old encoding is why the field exists.
        let Some(path) = unicode_name(raw, unicode) else {
            continue;
        };
        if raw.is_ascii() && !raw.contains(&b'?') && !raw.contains(&b'#') {
            let harm = if path.is_ascii() {
                Harm::Disagree
            } else {
                Harm::Untidy
            };
            differ("name in the Unicode path field", text(raw), path, harm);
            break;
        }
    }
    let (a, b) = (central.flags & NOT_PLAIN, local.flags & NOT_PLAIN);
    if a != b {
        differ(
            "encryption flags",
            format!("{a:#06x}"),
            format!("{b:#06x}"),
            Harm::Disagree,
        );
    }
    if central.method != local.method {
        let (a, b) = (central.method, local.method);
        let text = |m| format!("{m} ({})", method_name(m));
        differ("compression method", text(a), text(b), Harm::Disagree);
    }
    compare_sizes(central, local, &mut differ);
}

fn compare_sizes(
    central: &Central,
    local: &Local,
    differ: &mut impl FnMut(&'static str, String, String, Harm),
) {
    let later = local.flags & DESCRIPTOR_FLAG != 0;
    let blank = local.crc == 0 && local.packed == 0 && local.size == 0;
    let filled = central.crc != 0 || central.packed != 0 || central.size != 0;
    if blank && !later && filled {
        let text = "blank, and nothing says that they follow the data";
        differ("sizes", "given".into(), text.into(), Harm::Refuse);
        return;
    }
    let silent = |n: u64| later && (n == 0 || n == u64::from(u32::MAX));
    for (field, a, b) in [
        ("packed size", central.packed, local.packed),
        ("size", central.size, local.size),
    ] {
        if a != b && !silent(b) {
            differ(field, a.to_string(), b.to_string(), Harm::Disagree);
        }
    }
    if central.crc != local.crc && !(later && local.crc == 0) {
        let (a, b) = (format!("{:08x}", central.crc), format!("{:08x}", local.crc));
        differ("CRC", a, b, Harm::Refuse);
    }
}

/// A directory entry with data behind it: unpackers make a folder, loaders may read the data.
pub(crate) fn directory_with_data(member: &ZipMember) -> Option<Anomaly> {
    let name = &member.member.entry.name;
    let odd = name.ends_with('/') && member.member.entry.is_file();
    odd.then(|| Anomaly::Hidden {
        name: name.clone(),
        at: member.member.at.clone(),
        how: Hidden::DirectoryData,
    })
}
