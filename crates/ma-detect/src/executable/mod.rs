//! Native executables and libraries as files or members.
//!
//! Two-byte magics are everywhere in random numbers (`MZ` once in 65,536 bytes), so a header counts
//! only when the fields behind the magic are those that a linker writes:
//!
//! * ELF (System V gABI 4.1): class, byte order, version, type, header size;
//! * PE (Microsoft PE/COFF, 2024): `MZ`, the offset at 0x3c, `PE\0\0`, machine, number of sections;
//! * Mach-O (Apple `mach-o/loader.h`, `fat.h`): magic, CPU type, number and size of commands.
//!
//! Cost: the first kilobytes. GPU code objects (CUDA, AMDGPU) are ELF files too, and no news in a
//! model.

mod rules;
mod scanner;

pub use rules::{EXECUTABLE_FILE, RULES};
pub use scanner::Executable;

/// Formats of native code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    /// Linux and most other Unix systems.
    Elf,
    /// An ELF file for a graphics processor: data for a driver, not a program.
    GpuElf,
    /// Windows.
    Pe,
    /// macOS, iOS.
    MachO,
}

impl Native {
    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Elf => "Linux (ELF)",
            Self::GpuElf => "GPU (ELF)",
            Self::Pe => "Windows (PE)",
            Self::MachO => "macOS (Mach-O)",
        }
    }
}

/// What native code starts at the beginning of `head`, in a file of `len` bytes.
#[must_use]
pub fn recognise(head: &[u8], len: u64) -> Option<Native> {
    elf(head, len)
        .or_else(|| pe(head, len))
        .or_else(|| mach_o(head, len))
}

/// A number of `N` bytes at `at`, in the byte order given.
fn number(bytes: &[u8], at: usize, n: usize, big: bool) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(n)?)?;
    let push = |value: u64, byte: &u8| value.wrapping_shl(8) | u64::from(*byte);
    Some(if big {
        field.iter().fold(0, push)
    } else {
        field.iter().rev().fold(0, push)
    })
}

fn elf(head: &[u8], len: u64) -> Option<Native> {
    let (class, order) = match head {
        [0x7f, b'E', b'L', b'F', class @ 1..=2, order @ 1..=2, 1, ..] => (*class, *order),
        _ => return None,
    };
    let big = order == 2;
    let os_abi = *head.get(7)?;
    let kind = number(head, 16, 2, big)?;
    let machine = number(head, 18, 2, big)?;
    let version = number(head, 20, 4, big)?;
    let (size_at, header) = if class == 1 { (40, 52) } else { (52, 64) };
    let plausible = (1..=4).contains(&kind)
        && version == 1
        && number(head, size_at, 2, big)? == header
        && len >= header;
    // 190 CUDA, 224 AMDGPU: these also use operating-system bytes of their own.
    let gpu = matches!(machine, 190 | 224);
    match plausible && (gpu || (os_abi <= 18 && machine != 0)) {
        true if gpu => Some(Native::GpuElf),
        true => Some(Native::Elf),
        false => None,
    }
}

fn pe(head: &[u8], len: u64) -> Option<Native> {
    if !head.starts_with(b"MZ") {
        return None;
    }
    let at = number(head, 0x3c, 4, false)?;
    if !(0x40..=0x1000).contains(&at) || at % 4 != 0 || at >= len {
        return None;
    }
    let at = usize::try_from(at).ok()?;
    let header = head.get(at..)?;
    let machine = number(header, 4, 2, false)?;
    let sections = number(header, 6, 2, false)?;
    let magic = number(header, 24, 2, false)?;
    let plausible = header.starts_with(b"PE\0\0")
        && matches!(machine, 0x14c | 0x8664 | 0xaa64 | 0x1c0 | 0x1c4)
        && (1..=96).contains(&sections)
        && matches!(magic, 0x10b | 0x20b);
    plausible.then_some(Native::Pe)
}

/// CPU types without the 64-bit flag: x86, ARM, PowerPC.
const CPUS: [u64; 3] = [7, 12, 18];

fn mach_o(head: &[u8], len: u64) -> Option<Native> {
    let big = match head.get(..4)? {
        [0xca, 0xfe, 0xba, 0xbe] => return fat(head, len),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] => true,
        [0xce | 0xcf, 0xfa, 0xed, 0xfe] => false,
        _ => return None,
    };
    let cpu = number(head, 4, 4, big)? & 0x00ff_ffff;
    let kind = number(head, 12, 4, big)?;
    let commands = number(head, 16, 4, big)?;
    let size = number(head, 20, 4, big)?;
    let plausible = CPUS.contains(&cpu)
        && (1..=12).contains(&kind)
        && (1..=1000).contains(&commands)
        && size >= commands.saturating_mul(8)
        && size <= len;
    plausible.then_some(Native::MachO)
}

/// A universal binary. Java classes have the same magic; there the next number is their version,
/// which is 45 or more.
fn fat(head: &[u8], len: u64) -> Option<Native> {
    let count = number(head, 4, 4, true)?;
    let cpu = number(head, 8, 4, true)? & 0x00ff_ffff;
    let offset = number(head, 16, 4, true)?;
    let size = number(head, 20, 4, true)?;
    let plausible = (1..=16).contains(&count)
        && CPUS.contains(&cpu)
        && offset.saturating_add(size) <= len
        && size > 0;
    plausible.then_some(Native::MachO)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn elf_file(machine: u8) -> Vec<u8> {
        let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
        elf.resize(64, 0);
        elf[16] = 3;
        elf[18] = machine;
        elf[20] = 1;
        elf[52] = 64;
        elf
    }

    #[test]
    fn headers_are_validated() {
        let elf = elf_file(62);
        assert_eq!(recognise(&elf, 64), Some(Native::Elf));
        assert_eq!(recognise(&elf_file(190), 64), Some(Native::GpuElf));
        for at in [4, 5, 6, 16, 18, 20, 52] {
            let mut bad = elf.clone();
            bad[at] = 0;
            assert_eq!(recognise(&bad, 64), None, "byte {at}");
        }
        assert_eq!(recognise(&elf[..30], 30), None);
    }

    #[test]
    fn windows_and_macos() {
        let mut pe = vec![0; 0x40];
        pe[..2].copy_from_slice(b"MZ");
        pe[0x3c] = 0x40;
        pe.extend(b"PE\0\0\x64\x86\x01\x00");
        pe.extend([0; 16]);
        pe.extend([0x0b, 0x02]);
        let len = pe.len() as u64;
        assert_eq!(recognise(&pe, len), Some(Native::Pe));
        pe[0x46] = 0;
        assert_eq!(recognise(&pe, len), None, "no sections");

        let mut mach = vec![0xcf, 0xfa, 0xed, 0xfe, 12, 0, 0, 1];
        mach.extend([0, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 16, 0, 0, 0]);
        mach.resize(64, 0);
        assert_eq!(recognise(&mach, 64), Some(Native::MachO));
        let java = [
            0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ];
        assert_eq!(recognise(&java, 64), None);
    }
}
