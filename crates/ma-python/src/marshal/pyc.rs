//! The header of `.pyc` files.
//!
//! ```text
//! u16 magic, 0D 0A
//! 2.7, 3.0–3.2   u32 time of the source
//! 3.3–3.6        u32 time of the source, u32 size of the source
//! 3.7–           u32 flags; then time and size, or (flags bit 0) 8 bytes of the source's hash
//! ```
//!
//! Specification: `Lib/importlib/_bootstrap_external.py` and `Include/internal/pycore_magic_number.h` of CPython.

use super::PyVersion;

/// What a `.pyc` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PycHeader {
    /// The magic number.
    pub magic: u16,
    /// The version of Python that writes this magic number.
    pub version: PyVersion,
    /// Bytes before the marshalled code.
    pub len: usize,
}

/// First magic numbers of each version, ascending within 3.x.
const VERSIONS: &[(u16, PyVersion)] = &[
    (3000, PyVersion::new(3, 0)),
    (3140, PyVersion::new(3, 1)),
    (3160, PyVersion::new(3, 2)),
    (3190, PyVersion::new(3, 3)),
    (3250, PyVersion::new(3, 4)),
    (3320, PyVersion::new(3, 5)),
    (3360, PyVersion::new(3, 6)),
    (3390, PyVersion::new(3, 7)),
    (3400, PyVersion::new(3, 8)),
    (3420, PyVersion::new(3, 9)),
    (3430, PyVersion::new(3, 10)),
    (3450, PyVersion::new(3, 11)),
    (3500, PyVersion::new(3, 12)),
    (3550, PyVersion::new(3, 13)),
    (3600, PyVersion::new(3, 14)),
    (3650, PyVersion::new(3, 15)),
];

/// Reads the header if the input starts with one of a known version.
#[must_use]
pub fn pyc_header(bytes: &[u8]) -> Option<PycHeader> {
    let [low, high, b'\r', b'\n'] = *bytes.first_chunk::<4>()? else {
        return None;
    };
    let magic = u16::from_le_bytes([low, high]);
    let version = match magic {
        62_151..=62_161 => PyVersion::new(2, 6),
        62_171..=62_211 => PyVersion::new(2, 7),
        3000..=3699 => VERSIONS
            .iter()
            .rev()
            .find(|(first, _)| *first <= magic)
            .map(|(_, version)| *version)?,
        _ => return None,
    };
    let len = match (version.major, version.minor) {
        (2, _) | (3, 0..=2) => 8,
        (3, 3..=6) => 12,
        _ => 16,
    };
    Some(PycHeader {
        magic,
        version,
        len,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers_give_versions() {
        let version = |bytes: &[u8]| {
            pyc_header(bytes).map(|header| (header.version.major, header.version.minor, header.len))
        };
        assert_eq!(version(b"\x03\xf3\r\n"), Some((2, 7, 8)));
        assert_eq!(version(b"\x42\r\r\n"), Some((3, 7, 16)));
        assert_eq!(version(b"\xa7\r\r\n"), Some((3, 11, 16)));
        assert_eq!(version(b"\x00\x00\r\n"), None);
        assert_eq!(version(b"\xa7\r"), None);
    }
}
