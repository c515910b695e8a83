//! Sparse members: pieces of data with holes between them, read as one file without copying.
//!
//! A header can declare terabytes of holes. A member whose holes are out of proportion is cut off
//! where the limit on expansion lies, and reported like any other bomb.

use std::io;

use ma_core::{Blob, ByteSource};

use super::header::{BLOCK_LEN, number};
use crate::bytes::index;

/// Pieces of one member that are read; more is cut off.
pub(crate) const MAX_PIECES: usize = 65_536;

/// A piece of data: where it belongs in the file, and how long it is. The data of all pieces lies in a
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    /// Where its data starts in the packed bytes.
    pub(crate) packed: u64,
}

/// Pieces from offsets and lengths; what overlaps or goes backwards is left out.
pub(crate) fn pieces(pairs: impl Iterator<Item = (u64, u64)>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut end, mut packed) = (0u64, 0u64);
    for (offset, len) in pairs.take(MAX_PIECES) {
        let Some(next) = offset.checked_add(len) else {
            break;
        };
        if offset >= end && len > 0 {
            out.push(Piece {
                offset,
                len,
                packed,
            });
            end = next;
        }
        packed = packed.saturating_add(len);
    }
    out
}

/// The pieces in an old GNU header (`start` 386, four of them) or in one of its extension blocks
/// (`start` 0, twenty-one), and whether another block follows.
pub(crate) fn old_gnu(block: &[u8], start: usize, count: usize) -> (Vec<(u64, u64)>, bool) {
    let mut out = Vec::new();
    let end = start.saturating_add(count.saturating_mul(24));
    for pair in block.get(start..end).unwrap_or(&[]).chunks_exact(24) {
        let (offset, len) = pair.split_at(12);
        if let (Some(offset), Some(len)) = (number(offset), number(len))
            && (offset != 0 || len != 0)
        {
            out.push((offset, len));
        }
    }
    let more = block.get(end).is_some_and(|b| *b != 0);
    (out, more && block.len() >= BLOCK_LEN)
}

/// The map at the start of the data in version 1.0: a count, then offset and length for each piece,
/// one decimal number a line. Returns the pairs and the length of the map as written.
pub(crate) fn map_in_data(bytes: &[u8]) -> Option<(Vec<(u64, u64)>, u64)> {
    let mut at = 0usize;
    let mut line = || {
        let rest = bytes.get(at..)?;
        let end = rest.iter().take(21).position(|b| *b == b'\n')?;
        let number = std::str::from_utf8(rest.get(..end)?)
            .ok()?
            .parse::<u64>()
            .ok()?;
        at = at.checked_add(end)?.checked_add(1)?;
        Some(number)
    };
    let count = index(line()?).min(MAX_PIECES);
    let mut out = Vec::new();
    for _ in 0..count {
        out.push((line()?, line()?));
    }
    Some((out, at as u64))
}

/// Pieces and holes as one source.
pub(crate) struct Sparse {
    data: Blob,
    pieces: Vec<Piece>,
    len: u64,
}

impl Sparse {
    /// `data` holds the pieces in a row.
    pub(crate) fn new(data: Blob, pieces: Vec<Piece>, len: u64) -> Self {
        Self { data, pieces, len }
    }
}

impl ByteSource for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let n = buf.len().min(index(left));
        let Some(buf) = buf.get_mut(..n) else {
            return Ok(0);
        };
        let next = self.pieces.partition_point(|p| p.offset <= offset);
        let piece = next.checked_sub(1).and_then(|i| self.pieces.get(i));
        if let Some(piece) = piece {
            let inside = offset.saturating_sub(piece.offset);
            if inside < piece.len {
                let most = buf.len().min(index(piece.len.saturating_sub(inside)));
                let Some(part) = buf.get_mut(..most) else {
                    return Ok(0);
                };
                let got = self
                    .data
                    .read_at(piece.packed.saturating_add(inside), part)?;
                // Data that the archive does not have any more reads as a hole.
                part.get_mut(got..).unwrap_or_default().fill(0);
                return Ok(most);
            }
        }
        let hole_end = self.pieces.get(next).map_or(self.len, |p| p.offset);
        let most = buf.len().min(index(hole_end.saturating_sub(offset)).max(1));
        buf.get_mut(..most).unwrap_or_default().fill(0);
        Ok(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_read_as_zeros() {
        let pieces = pieces([(2, 3), (8, 2)].into_iter());
        let sparse = Sparse::new(Blob::from_vec(b"abcde".to_vec()), pieces, 12);
        let blob = Blob::new(std::sync::Arc::new(sparse));
        let mut buf = [9; 12];
        assert_eq!(blob.read_at(0, &mut buf).unwrap(), 12);
        assert_eq!(&buf, b"\0\0abc\0\0\0de\0\0");
        assert_eq!(map_in_data(b"1\n2\n3\n\0\0"), Some((vec![(2, 3)], 6)));
    }
}
