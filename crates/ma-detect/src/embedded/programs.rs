//! Native code and bytecode: what a hit on one of the magics turns out to be.

use super::What;
use crate::executable::{self, Native};

/// Where a look begins.
pub(super) const LITERALS: &[&[u8]] = &[
    b"\x7fELF",
    b"PE\0\0",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
    b"dex\n03",
    b"\x1bLua",
    b"\x1bLJ",
    b"\r\r\n\0\0\0\0",
    b"\x0e\r\n\0\0\0\0",
    b"\xac\xed\0\x05",
];

/// How far behind `MZ` the header of a PE file may lie.
const MAX_LFANEW: usize = 0x1000;

/// What the literal at `at` belongs to.
pub(super) fn recognise(bytes: &[u8], at: usize, len: u64) -> Option<(usize, What)> {
    let here = bytes.get(at..)?;
    match here.first()? {
        b'P' if here.starts_with(b"PE\0\0") => windows(bytes, at, len),
        b'\r' | 0x0e if here.get(1..7) == Some(b"\r\n\0\0\0\0") => {
            // The first byte of the magic number changes with the version of Python; the second one
            // is 13 up to 3.13, and 14 since.
            let start = at.checked_sub(1)?;
            let code = bytes.get(start.checked_add(16)?)?;
            (*code == 0xe3).then_some((start, What::Pyc))
        }
        _ => bytecode(here)
            .or_else(|| native(here, len))
            .map(|what| (at, what)),
    }
}

fn native(here: &[u8], len: u64) -> Option<What> {
    Some(match executable::recognise(here, len)? {
        Native::Elf => What::Program("a Linux executable (ELF)", false),
        Native::GpuElf => What::Program("code for a graphics processor (ELF)", true),
        Native::Pe => What::Program("a Windows executable (PE)", false),
        Native::MachO => What::Program("a macOS executable (Mach-O)", false),
    })
}

/// Looks for the `MZ` whose header points at the `PE` at `at`.
fn windows(bytes: &[u8], at: usize, len: u64) -> Option<(usize, What)> {
    let distances = (0x40..=MAX_LFANEW).step_by(4);
    distances
        .filter_map(|distance| at.checked_sub(distance))
        .find_map(|start| {
            let head = bytes.get(start..).filter(|head| head.starts_with(b"MZ"))?;
            let lfanew = head.get(0x3c..0x40)?.try_into().ok()?;
            let points_here = u32::from_le_bytes(lfanew) as usize == at.checked_sub(start)?;
            let whole = len.saturating_add(at.saturating_sub(start) as u64);
            let is_pe = points_here && executable::recognise(head, whole) == Some(Native::Pe);
            is_pe.then_some((start, What::Program("a Windows executable (PE)", false)))
        })
}

fn bytecode(here: &[u8]) -> Option<What> {
    let program = |name| Some(What::Program(name, false));
    match here {
        // Version 1, then a section: its number and its length in LEB128.
        [0, b'a', b's', b'm', 1, 0, 0, 0, 0..=13, size, ..] if *size > 0 => {
            program("a WebAssembly module")
        }
        [b'd', b'e', b'x', b'\n', b'0', b'3', b'5'..=b'9', 0, ..] => {
            let header = here.get(36..44)?;
            (header == [0x70, 0, 0, 0, 0x78, 0x56, 0x34, 0x12])
                .then_some(What::Program("an Android program (DEX)", false))
        }
        // Minor, major version, number of constants, the kind of the first one.
        [
            0xca,
            0xfe,
            0xba,
            0xbe,
            0,
            _,
            0,
            45..=70,
            high,
            low,
            kind,
            ..,
        ] => {
            let constants = u16::from_be_bytes([*high, *low]);
            let known = matches!(kind, 1 | 3..=12 | 15..=20);
            (known && constants > 4 && class_constants(here))
                .then_some(What::Program("a Java class", false))
        }
        [0x1b, b'L', b'u', b'a', 0x51, 0, 0 | 1, 4, 4 | 8, 4, ..] => program("Lua bytecode"),
        [0x1b, b'L', b'u', b'a', 0x52, 0, 0 | 1, 4, 4 | 8, 4, ..] => program("Lua bytecode"),
        [
            0x1b,
            b'L',
            b'u',
            b'a',
            0x53 | 0x54,
            0,
            0x19,
            0x93,
            b'\r',
            b'\n',
            0x1a,
            b'\n',
            ..,
        ] => program("Lua bytecode"),
        // Version, flags without "stripped", the length of a name that begins as names of chunks do.
        [
            0x1b,
            b'L',
            b'J',
            1 | 2,
            flags,
            2..=255,
            b'@' | b'=',
            next,
            ..,
        ] if *flags <= 0x1f && flags & 2 == 0 && next.is_ascii_graphic() => {
            program("LuaJIT bytecode")
        }
        [0xac, 0xed, 0, 5, 0x73 | 0x75, 0x72, 0, length, rest @ ..] => {
            let name = rest.get(..usize::from(*length))?;
            let named =
                |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'[' | b';');
            (!name.is_empty() && name.iter().all(named)).then_some(What::JavaObject)
        }
        _ => None,
    }
}

/// Whether the first constants of a Java class follow each other.
fn class_constants(class: &[u8]) -> bool {
    let mut at = 10usize;
    for _ in 0..4 {
        let field = |from: usize| class.get(at.saturating_add(from)).copied();
        let size = match field(0) {
            Some(1) => match (field(1), field(2)) {
                (Some(high), Some(low)) => {
                    usize::from(u16::from_be_bytes([high, low])).saturating_add(3)
                }
                _ => return false,
            },
            Some(3 | 4 | 9..=12 | 17 | 18) => 5,
            Some(5 | 6) => 9,
            Some(7 | 8 | 16 | 19 | 20) => 3,
            Some(15) => 4,
            _ => return false,
        };
        at = at.saturating_add(size);
    }
    true
}
