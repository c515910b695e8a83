//! The records of a zip file.
//!
//! Specification: PKWARE APPNOTE.TXT 6.3.10. Numbers are little-endian.
//!
//! ```text
//! local header   PK 03 04   at 4 version, 6 flags, 8 method, 14 crc, 18 packed, 22 size,
//!                           26 name length, 28 extra length, 30 name, extra, then the data
//! descriptor     PK 07 08?  crc, packed, size (4 or 8 bytes each), after data when flag bit 3 is set
//! central        PK 01 02   at 4 made by, 8 flags, 10 method, 16 crc, 20 packed, 24 size,
//!                           28 name, 30 extra, 32 comment length, 34 disk, 38 attributes, 42 offset, 46 name
//! zip64 end      PK 06 06   at 32 entries, 40 directory size, 48 directory offset
//! zip64 locator  PK 06 07   at 8 offset of the zip64 end; stands right before the end record
//! end            PK 05 06   at 4 disk, 10 entries, 12 directory size, 16 directory offset, 20 comment
//! extra 0x0001   zip64: those of size, packed, offset, disk whose 32-bit field is all ones
//! extra 0x7075   Info-ZIP Unicode path: version, crc of the name, name in UTF-8
//! extra 0x9901   WinZip AES: the real method at 7
//! ```

use crate::bytes::{u16_at, u32_at, u64_at};

pub(crate) const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(crate) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
pub(crate) const END: [u8; 4] = *b"PK\x05\x06";
pub(crate) const END64: [u8; 4] = *b"PK\x06\x06";
pub(crate) const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
pub(crate) const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Fixed part of a local header.
pub(crate) const LOCAL_LEN: usize = 30;
/// Fixed part of a central record.
pub(crate) const CENTRAL_LEN: usize = 46;
/// Fixed part of the end record.
pub(crate) const END_LEN: usize = 22;
/// The zip64 locator.
pub(crate) const LOCATOR64_LEN: usize = 20;
/// The fixed part of the zip64 end record.
pub(crate) const END64_LEN: usize = 56;

/// Flag bits that say "the data is not plain": encrypted, patch data, strong encryption, masked
/// headers. An attacker sets them in one header to blind the readers that believe it
/// (CVE-2025-1945).
pub(crate) const NOT_PLAIN: u16 = 0x0001 | 0x0020 | 0x0040 | 0x2000;
/// Sizes and CRC follow the data.
pub(crate) const DESCRIPTOR_FLAG: u16 = 0x0008;

/// The end record.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) at: u64,
    pub(crate) disk: u16,
    pub(crate) entries: u64,
    pub(crate) size: u64,
    pub(crate) offset: u64,
    pub(crate) comment: u16,
}

impl End {
    /// Reads the record that starts at `bytes[0]`, which lies at `at`.
    pub(crate) fn parse(bytes: &[u8], at: u64) -> Option<Self> {
        if !bytes.starts_with(&END) {
            return None;
        }
        Some(Self {
            at,
            disk: u16_at(bytes, 4)?,
            entries: u16_at(bytes, 10)?.into(),
            size: u32_at(bytes, 12)?.into(),
            offset: u32_at(bytes, 16)?.into(),
            comment: u16_at(bytes, 20)?,
        })
    }

    /// One past its last byte.
    pub(crate) fn end(&self) -> u64 {
        self.at
            .saturating_add(END_LEN as u64)
            .saturating_add(self.comment.into())
    }

    /// True when its numbers can be those of a directory before it.
    pub(crate) fn plausible(&self) -> bool {
        let all_ones = u64::from(u32::MAX);
        let size_fits = self.size == all_ones || self.size <= self.at;
        let least = self.entries.saturating_mul(CENTRAL_LEN as u64);
        let count_fits = self.entries == 0xffff || self.size >= least || self.size == 0;
        size_fits && count_fits && (self.offset == all_ones || self.offset <= self.at)
    }
}

/// The zip64 end record.
#[derive(Debug, Clone)]
pub(crate) struct End64 {
    pub(crate) at: u64,
    pub(crate) entries: u64,
    pub(crate) size: u64,
    pub(crate) offset: u64,
}

impl End64 {
    /// Reads the record that starts at `bytes[0]`, which lies at `at`.
    pub(crate) fn parse(bytes: &[u8], at: u64) -> Option<Self> {
        if !bytes.starts_with(&END64) {
            return None;
        }
        Some(Self {
            at,
            entries: u64_at(bytes, 32)?,
            size: u64_at(bytes, 40)?,
            offset: u64_at(bytes, 48)?,
        })
    }
}

/// What the extra field of a header says that matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    /// Zip64 values in their order.
    pub(crate) wide: Vec<u64>,
    /// The Unicode path, with the CRC of the name it stands for.
    pub(crate) unicode: Option<(u32, Vec<u8>)>,
    /// The method below WinZip's AES.
    pub(crate) aes: Option<u16>,
}

impl Extra {
    /// Reads an extra field; what does not parse is left alone, as readers do.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut out = Self::default();
        let mut rest = bytes;
        while let (Some(id), Some(len)) = (u16_at(rest, 0), u16_at(rest, 2)) {
            let end = usize::from(len).saturating_add(4);
            let Some(body) = rest.get(4..end) else { break };
            match id {
                0x0001 if out.wide.is_empty() => {
                    out.wide = body
                        .chunks_exact(8)
                        .take(3)
                        .filter_map(|c| u64_at(c, 0))
                        .collect();
                }
                0x7075 => {
                    if let (Some(crc), Some(name)) = (u32_at(body, 1), body.get(5..)) {
                        out.unicode = Some((crc, name.to_vec()));
                    }
                }
                0x9901 => out.aes = u16_at(body, 5),
                _ => {}
            }
            rest = rest.get(end..).unwrap_or(&[]);
        }
        out
    }
}

/// A record of the central directory.
#[derive(Debug, Clone)]
pub(crate) struct Central {
    pub(crate) at: u64,
    /// Length of the whole record.
    pub(crate) len: u64,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) disk: u16,
    pub(crate) attributes: u32,
    pub(crate) offset: u64,
    pub(crate) name: Vec<u8>,
    pub(crate) unicode: Option<(u32, Vec<u8>)>,
    pub(crate) aes: Option<u16>,
    pub(crate) extra_len: u16,
}

impl Central {
    /// The length of the record that starts at `bytes[0]`, from its fixed part.
    pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
        if !bytes.starts_with(&CENTRAL) || bytes.len() < CENTRAL_LEN {
            return None;
        }
        let (name, extra, comment) = (u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?);
        let lengths = [usize::from(name), usize::from(extra), usize::from(comment)];
        Some(
            lengths
                .iter()
                .fold(CENTRAL_LEN, |n, l| n.saturating_add(*l)),
        )
    }

    /// Reads the record that starts at `bytes[0]`, which lies at `at`.
    pub(crate) fn parse(bytes: &[u8], at: u64) -> Option<Self> {
        let len = Self::length(bytes)?;
        let name_end = CENTRAL_LEN.saturating_add(u16_at(bytes, 28)?.into());
        let extra_end = name_end.saturating_add(u16_at(bytes, 30)?.into());
        let extra = Extra::parse(bytes.get(name_end..extra_end)?);
        let mut wide = extra.wide.iter().copied();
        let mut widen = |n: u32| match n {
            u32::MAX => wide.next().unwrap_or(n.into()),
            n => n.into(),
        };
        let size = widen(u32_at(bytes, 24)?);
        let packed = widen(u32_at(bytes, 20)?);
        let offset = widen(u32_at(bytes, 42)?);
        Some(Self {
            at,
            len: len as u64,
            flags: u16_at(bytes, 8)?,
            method: u16_at(bytes, 10)?,
            crc: u32_at(bytes, 16)?,
            packed,
            size,
            disk: u16_at(bytes, 34)?,
            attributes: u32_at(bytes, 38)?,
            offset,
            name: bytes.get(CENTRAL_LEN..name_end)?.to_vec(),
            unicode: extra.unicode,
            aes: extra.aes,
            extra_len: u16_at(bytes, 30)?,
        })
    }
}

/// A local header.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) at: u64,
    /// Length of the header with name and extra field: the data starts after it.
    pub(crate) len: u64,
    pub(crate) version: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) name: Vec<u8>,
    pub(crate) unicode: Option<(u32, Vec<u8>)>,
    pub(crate) aes: Option<u16>,
}

impl Local {
    /// The length of the header that starts at `bytes[0]`, from its fixed part.
    pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
        if !bytes.starts_with(&LOCAL) || bytes.len() < LOCAL_LEN {
            return None;
        }
        let (name, extra) = (u16_at(bytes, 26)?, u16_at(bytes, 28)?);
        Some(
            LOCAL_LEN
                .saturating_add(name.into())
                .saturating_add(extra.into()),
        )
    }

    /// Reads the header that starts at `bytes[0]`, which lies at `at`.
    pub(crate) fn parse(bytes: &[u8], at: u64) -> Option<Self> {
        let len = Self::length(bytes)?;
        let name_end = LOCAL_LEN.saturating_add(u16_at(bytes, 26)?.into());
        let extra = Extra::parse(bytes.get(name_end..len)?);
        let mut wide = extra.wide.iter().copied();
        let mut widen = |n: u32| match n {
            u32::MAX => wide.next().unwrap_or(n.into()),
            n => n.into(),
        };
        let size = widen(u32_at(bytes, 22)?);
        let packed = widen(u32_at(bytes, 18)?);
        Some(Self {
            at,
            len: len as u64,
            version: u16_at(bytes, 4)?,
            flags: u16_at(bytes, 6)?,
            method: u16_at(bytes, 8)?,
            crc: u32_at(bytes, 14)?,
            packed,
            size,
            name: bytes.get(LOCAL_LEN..name_end)?.to_vec(),
            unicode: extra.unicode,
            aes: extra.aes,
        })
    }

    /// Where the data starts.
    pub(crate) fn data(&self) -> u64 {
        self.at.saturating_add(self.len)
    }

    /// True when it does not look like the chance bytes `PK\3\4` in some data.
    pub(crate) fn plausible(&self) -> bool {
        let name_fits = (1..=4096).contains(&self.name.len())
            && std::str::from_utf8(&self.name).is_ok_and(|n| !n.chars().any(char::is_control));
        let version_fits = self.version & 0xff <= 63;
        let method_fits = matches!(self.method, 0..=20 | 93..=99);
        name_fits && version_fits && method_fits && self.flags & 0xc000 == 0
    }
}

/// A name as text: UTF-8 where it is, with the broken parts marked.
pub(crate) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// The name of a compression method.
pub(crate) fn method_name(method: u16) -> &'static str {
    match method {
        0 => "stored",
        1 => "shrunk",
        2..=5 => "reduced",
        6 => "imploded",
        8 => "deflate",
        9 => "deflate64",
        10 => "PKWARE DCL implode",
        12 => "bzip2",
        14 => "LZMA",
        16 => "IBM z/OS CMPSC",
        18 => "IBM TERSE",
        19 => "IBM LZ77",
        20 | 93 => "zstd",
        94 => "MP3",
        95 => "xz",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        99 => "AES",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_values_go_to_the_fields_that_ask_for_them() {
        let mut extra = vec![1, 0, 16, 0];
        extra.extend_from_slice(&7u64.to_le_bytes());
        extra.extend_from_slice(&9u64.to_le_bytes());
        let mut bytes = b"PK\x01\x02".to_vec();
        bytes.resize(CENTRAL_LEN, 0);
        bytes[20..24].fill(0xff);
        bytes[24..28].copy_from_slice(&5u32.to_le_bytes());
        bytes[42..46].fill(0xff);
        bytes[28] = 1;
        bytes[30] = extra.len() as u8;
        bytes.push(b'a');
        bytes.extend_from_slice(&extra);
        let central = Central::parse(&bytes, 3).unwrap();
        assert_eq!((central.size, central.packed, central.offset), (5, 7, 9));
        assert_eq!(central.len, bytes.len() as u64);
        assert!(Central::parse(&bytes[..50], 3).is_none());
    }
}
