//! The header block of a tar file.
//!
//! Specifications: POSIX.1-1988 ustar and POSIX.1-2001 pax (`pax` interchange format), GNU tar manual
//! "Basic Tar Format", Unix v7. Numbers are octal text; GNU writes large ones in base 256 (first byte
//! 0x80 or 0xff). Everything is in blocks of 512 bytes.
//!
//! ```text
//!   0 name 100   100 mode 8   108 uid 8   116 gid 8   124 size 12   136 mtime 12
//! 148 checksum 8 (sum of all bytes, this field taken as spaces; old tools add signed bytes)
//! 156 type       157 link target 100    257 "ustar\0" "00" (POSIX) or "ustar  \0" (GNU)
//! 329 major 8    337 minor 8            345 prefix 155 (POSIX)
//! 386 four sparse pieces of 12 + 12, 482 more follow, 483 real size 12 (GNU type S)
//! ```
//!
//! Types: `0`, NUL, `7` file · `1` hard link · `2` symbolic link · `3`, `4` device · `5` folder ·
//! `6` pipe · `x`, `X` pax header for the next member · `g` for all that follow · `L`, `K` GNU long
//! name and link target · `S` GNU sparse file · `V` label · `M` continuation · `D` GNU folder list.

use crate::bytes::array;

/// The unit of a tar file.
pub(crate) const BLOCK: u64 = 512;
/// The same as a buffer length.
pub(crate) const BLOCK_LEN: usize = 512;

/// A parsed header block.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) mode: u64,
    /// `None` when the field is no number.
    pub(crate) size: Option<u64>,
    pub(crate) kind: u8,
    pub(crate) link: Vec<u8>,
    pub(crate) checksum_fits: bool,
    pub(crate) ustar: bool,
    pub(crate) gnu: bool,
}

impl Header {
    /// Reads a block; `None` for a block that is no header at all. A header with the magic of one and a
    /// wrong checksum is read: what stops Python need not stop others.
    pub(crate) fn parse(block: &[u8]) -> Option<Self> {
        let block: &[u8; BLOCK_LEN] = block.get(..BLOCK_LEN)?.try_into().ok()?;
        let stated = octal(field(block, 148, 8))?;
        let checksum_fits = sums(block).contains(&stated);
        let magic = field(block, 257, 8);
        let ustar = magic.starts_with(b"ustar\0");
        let gnu = magic == b"ustar  \0";
        let size = number(field(block, 124, 12));
        if !checksum_fits && !((ustar || gnu || shaped(block)) && size.is_some()) {
            return None;
        }
        let mut name = text(field(block, 0, 100)).to_vec();
        let prefix = text(field(block, 345, 155));
        if ustar && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        Some(Self {
            name,
            mode: number(field(block, 100, 8)).unwrap_or(0),
            size,
            kind: array::<1>(block, 156).map_or(0, |[k]| k),
            link: text(field(block, 157, 100)).to_vec(),
            checksum_fits,
            ustar,
            gnu,
        })
    }

    /// True when it is surely a header: for telling one from data.
    pub(crate) fn certain(&self) -> bool {
        self.checksum_fits && self.size.is_some()
    }
}

/// Whether all number fields hold octal text: a header whose magic and checksum were spoilt.
fn shaped(block: &[u8; BLOCK_LEN]) -> bool {
    let fields = [(100, 8), (108, 8), (116, 8), (124, 12), (136, 12)];
    let digits = |(at, len)| {
        let text = text(field(block, at, len)).trim_ascii();
        text.len() >= 2 && text.iter().all(|b| (b'0'..=b'7').contains(b))
    };
    fields.into_iter().all(digits) && block.first().is_some_and(|b| *b > b' ')
}

fn field(block: &[u8; BLOCK_LEN], at: usize, len: usize) -> &[u8] {
    block.get(at..at.saturating_add(len)).unwrap_or(&[])
}

/// Bytes up to the first NUL.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(&[])
}

/// Octal digits with spaces and NULs around them; empty is `None`.
fn octal(bytes: &[u8]) -> Option<u64> {
    let digits = text(bytes).trim_ascii();
    let digits = if digits.is_empty() {
        // Some write leading NULs.
        bytes
            .trim_ascii_start()
            .split(|b| *b == 0)
            .rfind(|p| !p.is_empty())?
            .trim_ascii()
    } else {
        digits
    };
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text, 8).ok()
}

/// A number field: octal, or base 256 when the first byte says so. An empty one is 0.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    match bytes.split_first() {
        Some((0x80, rest)) => {
            let (high, low) = rest.split_at_checked(rest.len().saturating_sub(8))?;
            let zero = high.iter().all(|b| *b == 0);
            let bytes = low.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b));
            zero.then_some(bytes)
        }
        Some((0xff, _)) | None => None,
        Some(_) if bytes.iter().all(|b| matches!(b, 0 | b' ')) => Some(0),
        Some(_) => octal(bytes),
    }
}

/// The checksum, with bytes taken as unsigned and as signed.
fn sums(block: &[u8; BLOCK_LEN]) -> [u64; 2] {
    let (mut unsigned, mut signed) = (0u64, 0i64);
    for (i, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&i) { b' ' } else { *byte };
        unsigned = unsigned.saturating_add(byte.into());
        signed = signed.saturating_add(byte.cast_signed().into());
    }
    [unsigned, u64::try_from(signed).unwrap_or(unsigned)]
}

/// `n` rounded up to whole blocks.
pub(crate) fn padded(n: u64) -> u64 {
    n.div_ceil(BLOCK).saturating_mul(BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\x80\x01\0\0\0\0\0\0\0\0\x01\0"), None);
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"9999"), None);
    }
}
