//! What bytes look like that stand where none should be (behind the end, in a gap, before the
//! beginning): padding, a program, another archive, a pickle. Programs are recognised by more than their magic, because two bytes of any data say `MZ`.

use std::fmt;
use std::io;

use ma_core::{Blob, Kind};

/// Zeros that are read to tell padding from something hidden behind it.
pub const MAX_PADDING: usize = 64 * 1024;

/// What some bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Only zeros.
    Zeros,
    /// A native program or library.
    Program(&'static str),
    /// An "actually portable executable", as llamafile uses.
    Portable,
    /// A script with an interpreter line.
    Script,
    /// Another archive or compressed stream.
    Archive(&'static str),
    /// A Python pickle.
    Pickle,
    /// A block that a tool is known to leave (Android signing block).
    Known(&'static str),
    /// Something else.
    Other,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zeros => f.write_str("zeros"),
            Self::Program(what) => write!(f, "a program ({what})"),
            Self::Portable => f.write_str("a portable executable program (APE)"),
            Self::Script => f.write_str("a script"),
            Self::Archive(what) => write!(f, "another archive ({what})"),
            Self::Pickle => f.write_str("a pickle"),
            Self::Known(what) => f.write_str(what),
            Self::Other => f.write_str("data of no known kind"),
        }
    }
}

impl Content {
    /// What all of `blob` looks like; [`Content::Zeros`] only when there is nothing else in it, or
    /// nothing else in its first [`MAX_PADDING`] bytes.
    ///
    /// # Errors
    /// What the source reports.
    pub fn of_blob(blob: &Blob) -> io::Result<Self> {
        let head = blob.head(4096)?;
        match Self::of(&head) {
            Self::Zeros if blob.len() > head.len() as u64 => {
                let more = blob.head(MAX_PADDING)?;
                let zeros = more.iter().all(|b| *b == 0);
                Ok(if zeros { Self::Zeros } else { Self::Other })
            }
            content => Ok(content),
        }
    }

    /// Whether something runs or unpacks it: a program, a script, an archive, a pickle.
    #[must_use]
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Zeros | Self::Known(_) | Self::Other)
    }

    /// The kind under which it is handed out for its own look; `None` where the bytes speak for
    /// themselves (a script is text, as far as it goes).
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Program(_) | Self::Portable => Some(Kind::EXECUTABLE),
            Self::Archive("zip") => Some(Kind::ZIP),
            Self::Archive("npy") => Some(Kind::NPY),
            Self::Pickle => Some(Kind::PICKLE),
            _ => None,
        }
    }

    /// What bytes that start with `head` look like; `head` is at most a few KiB and is everything
    /// there is when `whole`.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        if head.iter().all(|b| *b == 0) {
            return Self::Zeros;
        }
        if head.starts_with(b"MZqFpD") || head.starts_with(b"jartsr") {
            return Self::Portable;
        }
        if let Some(program) = program(head) {
            return Self::Program(program);
        }
        if head.starts_with(b"#!")
            && head
                .get(2..)
                .is_some_and(|r| r.trim_ascii_start().starts_with(b"/"))
        {
            return Self::Script;
        }
        if let Some(archive) = archive(head) {
            return Self::Archive(archive);
        }
        if pickle(head) {
            return Self::Pickle;
        }
        Self::Other
    }
}

/// ELF, PE and Mach-O, each with the fields that random data does not get right.
fn program(head: &[u8]) -> Option<&'static str> {
    if elf(head) == Some(true) {
        return Some("ELF");
    }
    if pe(head) == Some(true) {
        return Some("PE");
    }
    if mach_o(head) == Some(true) {
        return Some("Mach-O");
    }
    None
}

fn elf(head: &[u8]) -> Option<bool> {
    if !head.starts_with(b"\x7fELF") {
        return Some(false);
    }
    let (class, data, version) = (head.get(4)?, head.get(5)?, head.get(6)?);
    Some(matches!(class, 1 | 2) && matches!(data, 1 | 2) && *version == 1)
}

fn pe(head: &[u8]) -> Option<bool> {
    if !head.starts_with(b"MZ") {
        return Some(false);
    }
    let at = usize::try_from(u32_at(head, 0x3c)?).ok()?;
    if !(0x40..=0x1000).contains(&at) {
        return Some(false);
    }
    Some(head.get(at..)?.starts_with(b"PE\0\0"))
}

fn mach_o(head: &[u8]) -> Option<bool> {
    let magic = u32_at(head, 0)?;
    let commands = match magic {
        0xfeed_face | 0xfeed_facf => u32_at(head, 16)?,
        0xcefa_edfe | 0xcffa_edfe => u32_at(head, 16)?.swap_bytes(),
        _ => return Some(false),
    };
    Some((1..=1000).contains(&commands))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    let bytes = bytes.get(at..end)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

/// Archives and streams by their magic.
fn archive(head: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 11] = [
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06\0\0\0\0", "zip"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "rar"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x93NUMPY", "npy"),
        (b"\x89HDF\r\n\x1a\n", "hdf5"),
    ];
    for (magic, name) in MAGICS {
        if head.starts_with(magic) {
            return Some(name);
        }
    }
    (head.get(257..262) == Some(b"ustar")).then_some("tar")
}

/// The start of a pickle: a protocol opcode, or a text `GLOBAL` with two plausible names.
fn pickle(head: &[u8]) -> bool {
    if head.first() == Some(&0x80) && head.get(1).is_some_and(|p| (1..=5).contains(p)) {
        // FRAME, an empty container, a mark, a global or an instance follows in what is written.
        return head.get(2).is_some_and(|b| {
            matches!(
                b,
                0x95 | b']'
                    | b'}'
                    | b')'
                    | b'('
                    | b'c'
                    | b'X'
                    | 0x8c
                    | b'K'
                    | b'N'
                    | b'J'
                    | b'G'
                    | 0x8a
                    | b'U'
                    | b'C'
                    | 0x8f
                    | b'M'
                    | b'q'
            )
        });
    }
    let rest = match head {
        [b'c', rest @ ..] | [b'(', b'c', rest @ ..] | [b'(', b'i', rest @ ..] => rest,
        _ => return false,
    };
    let mut lines = rest.split(|b| *b == b'\n');
    let name = |line: Option<&[u8]>| {
        line.is_some_and(|l| {
            !l.is_empty()
                && l.len() < 200
                && l.iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        })
    };
    name(lines.next()) && name(lines.next()) && lines.next().is_some_and(goes_on)
}

/// Whether a pickle goes on so behind an import: with an opcode that no word begins with, or one whose
/// argument no word has. A list of words is full of imports otherwise.
fn goes_on(rest: &[u8]) -> bool {
    match rest {
        [b'p', b, ..] => b.is_ascii_digit(),
        [b'S', b, ..] => matches!(b, b'\'' | b'"'),
        [b'q' | b'X' | b'U' | b'K' | b'J' | b'M' | b'C', b, ..] => !b.is_ascii_alphabetic(),
        [b'(' | b')' | b']' | b'}' | b'.' | 0x80.., ..] => true,
        _ => false,
    }
}

/// True for the signing block that Android tools put between the members and the directory.
#[must_use]
pub fn signing_block(tail: &[u8]) -> bool {
    tail.ends_with(b"APK Sig Block 42")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        assert_eq!(Content::of(&[0; 40]), Content::Zeros);
        assert_eq!(Content::of(b"MZ and then text"), Content::Other);
        assert_eq!(
            Content::of(b"\x7fELF\x02\x01\x01\0"),
            Content::Program("ELF")
        );
        assert_eq!(Content::of(b"\x80\x04\x95\0"), Content::Pickle);
        assert_eq!(Content::of(b"cos\nsystem\n(S'id'\ntR."), Content::Pickle);
        assert_eq!(
            Content::of(b"commonly, text\nis\nno pickle"),
            Content::Other
        );
        assert_eq!(Content::of(b"cat\ncow\ndog\n"), Content::Other);
        assert_eq!(Content::of(b"#! /bin/sh\n"), Content::Script);
        assert_eq!(Content::of(b"PK\x03\x04..."), Content::Archive("zip"));
    }
}
