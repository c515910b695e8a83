//! Native code: recognised by its first bytes, and the names that an ELF library imports.
//!
//! ```text
//! ELF64 header   e_ident[16] ... e_shoff at 0x28 (u64)  e_shentsize at 0x3a  e_shnum at 0x3c
//! section header sh_type at 4 (u32)  sh_offset at 0x18  sh_size at 0x20  sh_link at 0x28 (u32)
//! symbol         st_name (u32)  st_info  st_other  st_shndx (u16)  st_value  st_size: 24 bytes
//! ```
//!
//! System V gABI, ELF64 little-endian (the others are recognised and not read further). Sections and
//! symbols are bounded by `MAX_SECTIONS` and `MAX_SYMBOL_BYTES`.

use ma_core::{Blob, Budget, ScanError};

/// Section headers that are read.
const MAX_SECTIONS: u64 = 4096;
/// Bytes of the symbol table and of the string table that are read.
const MAX_SYMBOL_BYTES: u64 = 8 << 20;
const SHT_DYNSYM: u32 = 11;

/// Imports that a model has no reason for.
const TELLING: &[&str] = &[
    "system",
    "popen",
    "execl",
    "execle",
    "execlp",
    "execv",
    "execve",
    "execvp",
    "execvpe",
    "posix_spawn",
    "posix_spawnp",
    "fork",
    "vfork",
    "dlopen",
    "dlmopen",
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "gethostbyname",
    "getaddrinfo",
    "ptrace",
    "mprotect",
    "chmod",
    "unlink",
    "setuid",
    "curl_easy_perform",
];

/// What kind of native code bytes start with.
#[must_use]
pub fn native_kind(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x7f, b'E', b'L', b'F', ..] => Some("ELF"),
        [b'M', b'Z', ..] => Some("Windows (PE)"),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => Some("Mach-O"),
        // Java classes share this magic; their next number is a version above 44.
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, n, ..] if *n < 30 => Some("Mach-O"),
        _ => None,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    let end = at.checked_add(2)?;
    let bytes: [u8; 2] = bytes.get(at..end)?.try_into().ok()?;
    Some(u64::from(u16::from_le_bytes(bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    Some(u32::from_le_bytes(bytes.get(at..end)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let end = at.checked_add(8)?;
    Some(u64::from_le_bytes(bytes.get(at..end)?.try_into().ok()?))
}

/// The telling names that a 64-bit little-endian ELF imports, sorted; empty for anything else.
///
/// # Errors
/// When the bytes can't be read or the time is up.
pub fn telling_imports(blob: &Blob, budget: &Budget) -> Result<Vec<&'static str>, ScanError> {
    let head = blob.head(64)?;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Ok(Vec::new());
    }
    let (Some(offset), Some(size), Some(count)) = (
        u64_at(&head, 0x28),
        u16_at(&head, 0x3a),
        u16_at(&head, 0x3c),
    ) else {
        return Ok(Vec::new());
    };
    let bytes = count.min(MAX_SECTIONS).saturating_mul(size);
    if size < 64 {
        return Ok(Vec::new());
    }
    let table = read_within(blob, offset, bytes, budget)?;
    let step = usize::try_from(size).unwrap_or(64);
    let sections: Vec<&[u8]> = table.chunks_exact(step).collect();
    let mut names: Vec<&'static str> = Vec::new();
    for section in &sections {
        if u32_at(section, 4) != Some(SHT_DYNSYM) {
            continue;
        }
        let strings = u32_at(section, 0x28)
            .and_then(|link| usize::try_from(link).ok())
            .and_then(|link| sections.get(link));
        if let Some(strings) = strings {
            names.extend(undefined(blob, section, strings, budget)?);
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Reads a range as far as it lies in the blob and within the bound.
fn read_within(blob: &Blob, offset: u64, len: u64, budget: &Budget) -> Result<Vec<u8>, ScanError> {
    let start = offset.min(blob.len());
    let end = offset
        .saturating_add(len.min(MAX_SYMBOL_BYTES))
        .min(blob.len());
    blob.read(start..end.max(start), budget)
}

fn undefined(
    blob: &Blob,
    symbols: &[u8],
    strings: &[u8],
    budget: &Budget,
) -> Result<Vec<&'static str>, ScanError> {
    let part = |section: &[u8]| {
        let offset = u64_at(section, 0x18).unwrap_or(0);
        read_within(blob, offset, u64_at(section, 0x20).unwrap_or(0), budget)
    };
    let (symbols, strings) = (part(symbols)?, part(strings)?);
    budget.charge_steps((symbols.len() / 24) as u64)?;
    let mut names = Vec::new();
    for symbol in symbols.chunks_exact(24) {
        let undefined = u16_at(symbol, 6) == Some(0);
        let name = u32_at(symbol, 0)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| strings.get(at..))
            .and_then(|rest| rest.split(|b| *b == 0).next());
        if let Some(name) = name.filter(|_| undefined) {
            names.extend(TELLING.iter().find(|t| t.as_bytes() == name));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_code_is_recognised() {
        assert_eq!(native_kind(b"\x7fELF\x02\x01"), Some("ELF"));
        assert_eq!(native_kind(b"MZ\x90\0"), Some("Windows (PE)"));
        assert_eq!(native_kind(b"\xca\xfe\xba\xbe\0\0\0\x34"), None);
        assert_eq!(native_kind(b"PK\x03\x04"), None);
    }

    #[test]
    fn imports_of_a_library_are_named() {
        let elf = ma_testkit::torch::elf_importing(&["system", "puts", "connect"]);
        let names = telling_imports(&Blob::from_vec(elf.clone()), &Budget::default()).unwrap();
        assert_eq!(names, ["connect", "system"]);
        for cut in 0..elf.len() {
            let blob = Blob::from_vec(elf[..cut].to_vec());
            assert!(telling_imports(&blob, &Budget::default()).is_ok());
        }
    }
}
