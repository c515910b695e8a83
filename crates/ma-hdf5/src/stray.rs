//! Bytes before and behind what the format uses.

use std::io;
use std::ops::Range;

use ma_core::Blob;
use ma_wire::Content;

use crate::model::File;

/// On which side of the file stray bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The user block.
    Before,
    /// Behind the end that the superblock states.
    Behind,
}

/// Stray bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Where.
    pub place: Place,
    /// Which bytes.
    pub range: Range<u64>,
    /// What they look like.
    pub content: Content,
    /// They begin with text and go on with nothing else than text, NULs and a few control bytes.
    pub text: bool,
}

/// Bytes that tell text from something else.
const HEAD: usize = 512;

/// Looks at the bytes on both sides.
///
/// # Errors
/// When they can't be read.
pub fn look(blob: &Blob, file: &File) -> io::Result<Vec<Stray>> {
    let mut found = Vec::new();
    let Some(block) = &file.superblock else {
        return Ok(found);
    };
    let sides = [
        (Place::Before, 0..block.base),
        (Place::Behind, block.end.max(block.range.end)..blob.len()),
    ];
    for (place, range) in sides {
        if range.start >= range.end {
            continue;
        }
        let Ok(bytes) = blob.slice(range.clone()) else {
            continue;
        };
        found.push(Stray {
            place,
            content: Content::of_blob(&bytes)?,
            text: is_text(&bytes.head(HEAD)?),
            range,
        });
    }
    Ok(found)
}

/// Mostly printable: MATLAB puts a line, spaces, and a few bytes of version and byte order there.
fn is_text(head: &[u8]) -> bool {
    let printable = |b: &&u8| matches!(b, 9 | 10 | 13 | 0x20..=0x7e);
    let other = head.iter().filter(|b| **b != 0 && !printable(b)).count();
    head.iter().take(4).all(|b| printable(&b)) && other <= 16
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn matlab_writes_text() {
        let mut block = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec();
        block.resize(116, b' ');
        block.extend_from_slice(b"\0\0\0\0\0\0\0\0\0\x02IM");
        block.resize(512, 0);
        assert!(is_text(&block));
        assert!(!is_text(&[200; 512]));
        assert!(!is_text(b"\x01\x02\x03\x04 and text behind them"));
    }
}
