//! Reading by range. Small pieces come through a cache of blocks, so that hopping between the small
//! structures of an HDF5 file costs few reads; large ones are read as they are.
//!
//! Addresses are those of the file's own structures: the base address is added here, once.

use std::fmt;
use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};

/// Bytes of a block of the cache.
const BLOCK: u64 = 4096;
/// Blocks that are kept, a power of two.
const BLOCKS: usize = 1024;
const BLOCK_MASK: u64 = 1023;
/// What may be read at once for structure (text of attributes is held to the budget's own limit).
const MAX_PIECE: u64 = 32 << 20;

/// Bytes of names, paths, texts and types that are kept.
const MAX_KEPT: usize = 96 << 20;

/// What is said when the structures of a file cost more to read than any ordinary file's.
pub(super) const EXHAUSTED: &str =
    "the structures of the file overlap or repeat so often that reading them was stopped";

/// Why something could not be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// The scan is over: out of time, or the bytes can't be had.
    Scan(ScanError),
    /// It is not as the format has it.
    Malformed(String),
    /// It is of a kind that is not known here.
    Unsupported(String),
    /// A bound was hit.
    Limit(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(error) => write!(f, "{error}"),
            Self::Malformed(what) | Self::Unsupported(what) | Self::Limit(what) => {
                f.write_str(what)
            }
        }
    }
}

impl From<ScanError> for Broken {
    fn from(error: ScanError) -> Self {
        Self::Scan(error)
    }
}

impl From<ma_core::LimitHit> for Broken {
    fn from(hit: ma_core::LimitHit) -> Self {
        Self::Scan(ScanError::Limit(hit))
    }
}

/// What a reader of a structure gives.
pub(super) type Read<T> = Result<T, Broken>;

/// A malformed structure.
pub(super) fn malformed<T>(what: impl Into<String>) -> Read<T> {
    Err(Broken::Malformed(what.into()))
}

/// The file with its sizes of addresses and lengths.
pub(super) struct Source<'b> {
    pub(super) blob: &'b Blob,
    pub(super) budget: &'b Budget,
    /// What is added to all addresses.
    pub(super) base: u64,
    /// Bytes of an address: 2, 4 or 8.
    pub(super) offset_size: u8,
    /// Bytes of a length: 2, 4 or 8.
    pub(super) length_size: u8,
    blocks: Vec<Option<(u64, Vec<u8>)>>,
    /// Bytes of structure that may still be read: structures that overlap can't cost more than some
    /// passes over the file.
    allowance: u64,
    /// Bytes of names, texts and types that may still be kept.
    room: usize,
}

impl<'b> Source<'b> {
    pub(super) fn new(blob: &'b Blob, budget: &'b Budget) -> Self {
        Self {
            blob,
            budget,
            base: 0,
            offset_size: 8,
            length_size: 8,
            blocks: vec![None; BLOCKS],
            room: MAX_KEPT,
            allowance: blob.len().saturating_mul(4).clamp(128 << 20, 2 << 30),
        }
    }

    /// Accounts for work on structure, in bytes.
    pub(super) fn spend(&mut self, bytes: u64) -> Read<()> {
        match self.allowance.checked_sub(bytes) {
            Some(left) => {
                self.allowance = left;
                Ok(())
            }
            None => {
                self.allowance = 0;
                Err(Broken::Limit(EXHAUSTED.to_owned()))
            }
        }
    }

    /// Accounts for memory that the model keeps.
    pub(super) fn keep(&mut self, bytes: usize) -> Read<()> {
        match self.room.checked_sub(bytes) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => Err(Broken::Limit(format!(
                "names, texts and types have more than the {MAX_KEPT} bytes that are kept"
            ))),
        }
    }

    /// True when no more structure is read.
    pub(super) fn exhausted(&self) -> bool {
        self.allowance < 4096
    }

    /// True for the address that means "none".
    pub(super) fn undefined(&self, address: u64) -> bool {
        address == all_ones(self.offset_size)
    }

    /// Where `len` bytes at `address` lie in the file; broken when they are not all there.
    pub(super) fn place(&self, address: u64, len: u64, what: &str) -> Read<Range<u64>> {
        let start = address.checked_add(self.base);
        let end = start.and_then(|s| s.checked_add(len));
        match (start, end) {
            (Some(start), Some(end)) if end <= self.blob.len() && !self.undefined(address) => {
                Ok(start..end)
            }
            _ => malformed(format!(
                "{what} of {len} bytes should lie at byte {}, and the file has {}",
                start.unwrap_or(u64::MAX),
                self.blob.len()
            )),
        }
    }

    /// The bytes at `address`, counted from the base.
    pub(super) fn at(&mut self, address: u64, len: u64, what: &str) -> Read<Piece> {
        let range = self.place(address, len, what)?;
        self.range(range, what)
    }

    /// The bytes of a range of the file.
    pub(super) fn range(&mut self, range: Range<u64>, what: &str) -> Read<Piece> {
        let len = range.end.saturating_sub(range.start);
        if range.end > self.blob.len() {
            return malformed(format!(
                "{what} ends at byte {}, and the file has {}",
                range.end,
                self.blob.len()
            ));
        }
        if len > MAX_PIECE {
            return Err(Broken::Limit(format!(
                "{what} has {len} bytes, more than the {MAX_PIECE} that are read"
            )));
        }
        // A piece costs something however small it is.
        self.spend(len.max(32))?;
        self.budget.charge_steps(1)?;
        if len > BLOCK {
            let data = self.blob.read(range.clone(), self.budget)?;
            return Ok(Piece {
                data,
                base: range.start,
            });
        }
        let mut data = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        let mut at = range.start;
        while at < range.end {
            let number = at / BLOCK;
            let block = self.block(number)?;
            let from = at.saturating_sub(number.saturating_mul(BLOCK));
            let until = range.end.saturating_sub(number.saturating_mul(BLOCK));
            let until = until.min(block.len() as u64);
            let (from, until) = (usize::try_from(from), usize::try_from(until));
            let part = match (from, until) {
                (Ok(from), Ok(until)) => block.get(from..until).unwrap_or(&[]),
                _ => &[],
            };
            if part.is_empty() {
                break;
            }
            data.extend_from_slice(part);
            at = at.saturating_add(part.len() as u64);
        }
        Ok(Piece {
            data,
            base: range.start,
        })
    }

    /// Text of an attribute: as large as the budget lets one piece be.
    pub(super) fn text(&mut self, range: Range<u64>) -> Read<Vec<u8>> {
        if range.end.saturating_sub(range.start) <= BLOCK {
            return Ok(self.range(range, "a text")?.data);
        }
        let len = range.end.saturating_sub(range.start);
        self.spend(len)?;
        Ok(self.blob.read(range, self.budget)?)
    }

    fn block(&mut self, number: u64) -> Read<&[u8]> {
        let slot = usize::try_from(number & BLOCK_MASK).unwrap_or(0);
        let hit = matches!(self.blocks.get(slot), Some(Some((n, _))) if *n == number);
        if !hit {
            let start = number.saturating_mul(BLOCK);
            let end = start.saturating_add(BLOCK).min(self.blob.len());
            let data = self.blob.read(start..end, self.budget)?;
            if let Some(place) = self.blocks.get_mut(slot) {
                *place = Some((number, data));
            }
        }
        Ok(match self.blocks.get(slot) {
            Some(Some((_, data))) => data,
            _ => &[],
        })
    }
}

/// The largest number of `size` bytes.
pub(super) fn all_ones(size: u8) -> u64 {
    match size {
        0 => 0,
        1..=7 => (1u64 << u32::from(size).saturating_mul(8)).wrapping_sub(1),
        _ => u64::MAX,
    }
}

/// A little-endian number of at most eight bytes.
pub(super) fn little(bytes: &[u8]) -> u64 {
    let mut number = 0u64;
    for byte in bytes.iter().take(8).rev() {
        number = (number << 8) | u64::from(*byte);
    }
    number
}

/// Bytes with their place in the file.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) data: Vec<u8>,
    /// Where the first byte lies in the file.
    pub(super) base: u64,
}

impl Piece {
    /// A reader from the start.
    pub(super) fn read(&self) -> Fields<'_> {
        Fields {
            data: &self.data,
            at: 0,
            base: self.base,
        }
    }
}

/// A forward reader of fields in bytes at hand.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    data: &'a [u8],
    at: usize,
    base: u64,
}

impl<'a> Fields<'a> {
    pub(super) fn new(data: &'a [u8], base: u64) -> Self {
        Self { data, at: 0, base }
    }

    /// Offset in the file of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Offset in these bytes of the next one.
    pub(super) fn used(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn take(&mut self, n: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(n);
        match end.and_then(|end| self.data.get(self.at..end)) {
            Some(bytes) => {
                self.at = self.at.saturating_add(n);
                Ok(bytes)
            }
            None => malformed(format!("it ends after {} bytes", self.data.len())),
        }
    }

    pub(super) fn take64(&mut self, n: u64) -> Read<&'a [u8]> {
        self.take(usize::try_from(n).unwrap_or(usize::MAX))
    }

    pub(super) fn skip(&mut self, n: usize) -> Read<()> {
        self.take(n).map(drop)
    }

    /// A reader of the next `n` bytes alone.
    pub(super) fn sub(&mut self, n: usize) -> Read<Self> {
        let base = self.position();
        let data = self.take(n)?;
        Ok(Self { data, at: 0, base })
    }

    pub(super) fn number(&mut self, size: u8) -> Read<u64> {
        self.take(usize::from(size)).map(little)
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        Ok(u16::try_from(self.number(2)?).unwrap_or(0))
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        Ok(u32::try_from(self.number(4)?).unwrap_or(0))
    }

    /// Bytes up to the next NUL, which is consumed; broken when there is none.
    pub(super) fn text(&mut self) -> Read<String> {
        let rest = self.rest();
        let Some(end) = rest.iter().position(|b| *b == 0) else {
            return malformed("a name has no end");
        };
        let name = lossy(rest.get(..end).unwrap_or(rest));
        self.skip(end.saturating_add(1))?;
        Ok(name)
    }

    /// Skips to the next multiple of `step` bytes from `start`, as far as there are bytes.
    pub(super) fn align(&mut self, start: usize, step: usize) {
        let used = self.at.saturating_sub(start);
        let pad = used.checked_rem(step).unwrap_or(0);
        if pad > 0 {
            let pad = step.saturating_sub(pad);
            self.at = self.at.saturating_add(pad).min(self.data.len());
        }
    }

    /// Broken unless these bytes come next.
    pub(super) fn expect(&mut self, signature: &[u8; 4], what: &str) -> Read<()> {
        if self.take(4)? == signature {
            Ok(())
        } else {
            malformed(format!(
                "{what} does not begin with `{}`",
                String::from_utf8_lossy(signature)
            ))
        }
    }
}

/// Text of a file, with what is no UTF-8 replaced.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The checksum that HDF5 puts behind its structures: Bob Jenkins' lookup3, `hashlittle`, seed 0.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let (mut a, mut b, mut c) = (start, start, start);
    let word = |part: &[u8], i: usize| {
        let piece = part.get(i..).unwrap_or(&[]);
        u32::try_from(little(piece.get(..4).unwrap_or(piece))).unwrap_or(0)
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        a = a.wrapping_add(word(rest, 0));
        b = b.wrapping_add(word(rest, 4));
        c = c.wrapping_add(word(rest, 8));
        for (turn, rotate) in [4u32, 6, 8, 16, 19, 4].into_iter().enumerate() {
            let (x, y, z) = match turn % 3 {
                0 => (&mut a, &mut c, &mut b),
                1 => (&mut b, &mut a, &mut c),
                _ => (&mut c, &mut b, &mut a),
            };
            *x = x.wrapping_sub(*y) ^ y.rotate_left(rotate);
            *y = y.wrapping_add(*z);
        }
        rest = rest.get(12..).unwrap_or(&[]);
    }
    if rest.is_empty() {
        return c;
    }
    a = a.wrapping_add(word(rest, 0));
    b = b.wrapping_add(word(rest, 4));
    c = c.wrapping_add(word(rest, 8));
    for (turn, rotate) in [14u32, 11, 25, 16, 4, 14, 24].into_iter().enumerate() {
        let (x, y) = match turn % 3 {
            0 => (&mut c, b),
            1 => (&mut a, c),
            _ => (&mut b, a),
        };
        *x = (*x ^ y).wrapping_sub(y.rotate_left(rotate));
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_lookup3() {
        // The vectors of the public-domain `lookup3.c`.
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }

    #[test]
    fn pieces_cross_blocks() {
        let bytes: Vec<u8> = (0..20_000u32).map(|i| (i % 251) as u8).collect();
        let blob = Blob::from_vec(bytes.clone());
        let budget = Budget::default();
        let mut source = Source::new(&blob, &budget);
        let piece = source.range(4000..8200, "x").unwrap();
        assert_eq!(piece.data, bytes[4000..8200]);
        let piece = source.range(4090..4100, "x").unwrap();
        assert_eq!(piece.data, bytes[4090..4100]);
        assert!(source.range(19_999..20_001, "x").is_err());
        assert!(source.at(u64::MAX, 1, "x").is_err());
    }
}
