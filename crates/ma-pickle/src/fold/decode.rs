//! Functions that decode: codecs, base64, binascii, the compressors, and wrappers of bytes.

use super::codec;
use super::folded::Folded;
use super::inflate::{Packing, inflate};

/// The result of a decoding function, of at most `limit` bytes.
pub(super) fn call(limit: usize, path: &str, args: &[Folded]) -> Option<Folded> {
    let first = args.first()?;
    if first.weight() > limit {
        return None;
    }
    let bytes = || first.as_bytes();
    let decoded = match path {
        "codecs.decode" => return decode(limit, bytes()?, encoding(args, 1)?),
        "codecs.encode" => return encode(limit, first, encoding(args, 1)?),
        "base64.b64decode"
        | "base64.standard_b64decode"
        | "base64.urlsafe_b64decode"
        | "base64.decodebytes"
        | "base64.decodestring"
        | "binascii.a2b_base64"
        | "email.base64mime.decode"
        | "email.base64mime.body_decode" => codec::base64(bytes()?),
        "base64.b32decode" => codec::base32(bytes()?, false)?,
        "base64.b32hexdecode" => codec::base32(bytes()?, true)?,
        "base64.b16decode" | "binascii.unhexlify" | "binascii.a2b_hex" => codec::hex(bytes()?)?,
        "base64.b85decode" => codec::b85(bytes()?)?,
        "base64.a85decode" => codec::a85(bytes()?)?,
        "binascii.a2b_qp" | "quopri.decodestring" => codec::quoted_printable(bytes()?),
        "urllib.parse.unquote_to_bytes" => codec::percent(bytes()?),
        "urllib.parse.unquote" => {
            return text(codec::percent(bytes()?));
        }
        "zlib.decompress" => {
            let packing = match args.get(1).and_then(Folded::as_int) {
                Some(window) if window < 0 => Packing::Deflate,
                Some(window) if window > 15 => Packing::Gzip,
                _ => Packing::Zlib,
            };
            inflate(packing, bytes()?, limit)?
        }
        "gzip.decompress" => inflate(Packing::Gzip, bytes()?, limit)?,
        "bz2.decompress" => inflate(Packing::Bzip2, bytes()?, limit)?,
        "lzma.decompress" => inflate(Packing::Xz, bytes()?, limit)
            .or_else(|| inflate(Packing::Lzma, bytes()?, limit))?,
        // Wrappers: what is read from them is what was put in.
        "io.BytesIO"
        | "io.StringIO"
        | "io.BufferedReader"
        | "io.TextIOWrapper"
        | "builtins.memoryview" => return Some(first.clone()),
        "gzip.GzipFile" | "gzip.open" => inflate(Packing::Gzip, bytes()?, limit)?,
        "bz2.BZ2File" | "bz2.open" => inflate(Packing::Bzip2, bytes()?, limit)?,
        "lzma.LZMAFile" | "lzma.open" => inflate(Packing::Xz, bytes()?, limit)?,
        _ => return None,
    };
    Some(Folded::bytes(decoded))
}

/// The name of a codec given as an argument, in the spelling without separators.
fn encoding(args: &[Folded], at: usize) -> Option<String> {
    let name = match args.get(at) {
        None => return Some("utf8".to_owned()),
        Some(name) => name.as_text()?,
    };
    Some(
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect(),
    )
}

fn text(bytes: Vec<u8>) -> Option<Folded> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.into_bytes().iter().copied().map(char::from).collect(),
    };
    Some(Folded::text(text))
}

/// `bytes.decode(encoding)`, `codecs.decode(bytes, encoding)`.
pub(super) fn decode(limit: usize, bytes: &[u8], encoding: String) -> Option<Folded> {
    let latin1 = |bytes: &[u8]| -> String { bytes.iter().copied().map(char::from).collect() };
    Some(match encoding.as_str() {
        "utf8" | "ascii" | "usascii" | "u8" | "utf" | "utf8sig" | "cp65001" => {
            return text(bytes.to_vec());
        }
        "latin1" | "iso88591" | "l1" | "latin" | "cp1252" | "windows1252" | "charmap" => {
            Folded::text(latin1(bytes))
        }
        "rot13" => Folded::text(codec::rot13(&latin1(bytes))),
        "unicodeescape" | "rawunicodeescape" => Folded::text(codec::unicode_escape(bytes)?),
        "utf16" | "utf16le" | "u16" => Folded::text(codec::utf16(
            bytes.strip_prefix(&[0xff, 0xfe]).unwrap_or(bytes),
            false,
        )),
        "utf16be" => Folded::text(codec::utf16(bytes, true)),
        "hex" | "hexcodec" => Folded::bytes(codec::hex(bytes)?),
        "base64" | "base64codec" => Folded::bytes(codec::base64(bytes)),
        "quopri" | "quopricodec" | "quotedprintable" => {
            Folded::bytes(codec::quoted_printable(bytes))
        }
        "zlib" | "zip" | "zlibcodec" => Folded::bytes(inflate(Packing::Zlib, bytes, limit)?),
        "bz2" | "bz2codec" => Folded::bytes(inflate(Packing::Bzip2, bytes, limit)?),
        "stringescape" | "escape" => {
            let text = codec::unicode_escape(bytes)?;
            Folded::bytes(latin1_bytes(&text)?)
        }
        _ => return None,
    })
}

/// The bytes of text whose characters are all below 256.
fn latin1_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// `str.encode(encoding)`, `codecs.encode(value, encoding)`.
pub(super) fn encode(limit: usize, value: &Folded, encoding: String) -> Option<Folded> {
    let Some(text) = value.as_text() else {
        // Binary codecs; encoding hides, so only those that are their own inverse matter.
        return (encoding == "rot13").then(|| value.clone());
    };
    Some(match encoding.as_str() {
        "utf8" | "ascii" | "usascii" | "u8" | "utf" => Folded::bytes(text.as_bytes()),
        "latin1" | "iso88591" | "l1" | "latin" => Folded::bytes(latin1_bytes(text)?),
        "rot13" => Folded::text(codec::rot13(text)),
        "utf16le" | "utf16" => Folded::bytes(
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .take(limit)
                .collect::<Vec<_>>(),
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_known_by_all_their_spellings() {
        let rotated = Folded::text("bf.flfgrz");
        for name in ["rot13", "rot_13", "ROT-13"] {
            let found = call(
                1000,
                "codecs.decode",
                &[rotated.clone(), Folded::text(name)],
            );
            assert_eq!(found.unwrap().as_text(), Some("os.system"));
        }
        let hex = call(
            1000,
            "codecs.decode",
            &[Folded::bytes(*b"6f73"), Folded::text("hex_codec")],
        );
        assert_eq!(hex.unwrap().as_bytes(), Some(&b"os"[..]));
    }

    #[test]
    fn protocol_2_bytes_are_latin1_text() {
        let text = Folded::text("\u{80}\u{4}.");
        let found = call(1000, "codecs.encode", &[text, Folded::text("latin1")]).unwrap();
        assert_eq!(found.as_bytes(), Some(&[0x80, 4, b'.'][..]));
    }
}
