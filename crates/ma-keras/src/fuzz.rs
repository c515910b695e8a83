//! Bodies of fuzz targets, which must return whatever the bytes, and what tests share.

use ma_core::{Blob, Budget};

/// The configuration engine.
pub fn config(bytes: &[u8]) {
    let blob = Blob::from_vec(bytes.to_vec());
    let _ = crate::parse(&blob, &Budget::default());
}

/// Base64 as `codecs.encode(…, "base64")` writes it, with a line break after 76 characters.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
            let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
            for (i, shift) in [18u32, 12, 6, 0].into_iter().enumerate() {
                let letter = LETTERS.get(((bits >> shift) & 63) as usize).copied();
                let letter = letter.filter(|_| i <= group.len());
                out.push(letter.map_or('=', char::from));
            }
        }
        out.push('\n');
    }
    out
}
