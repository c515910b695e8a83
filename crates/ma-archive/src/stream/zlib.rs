//! zlib streams (RFC 1950), bare and behind joblib's old `ZF` header.
//!
//! ```text
//! zlib   CMF (method 8, window), FLG (check so that CMF*256+FLG is a multiple of 31; bit 5 dictionary)
//!        deflate stream, Adler-32 (big-endian)
//! joblib before 0.10   "ZF", size as hexadecimal text padded to 19 bytes, then a zlib stream
//! ```
//!
//! Two bytes are no magic: `(S'…`, the start of an old pickle, passes the check. So a little is
//! unpacked before anything is called zlib, and the other readings of the file stay.

use std::io::{BufRead, Read};
use std::sync::Arc;

use ma_core::{
    Artifact, Blob, Budget, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError,
};

use super::summing::{Adler, Summing};
use super::{Notes, Stream};
use crate::bytes::array;
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens zlib streams.
#[derive(Debug, Default, Clone, Copy)]
pub struct Zlib;

/// Opens joblib's old compressed files.
#[derive(Debug, Default, Clone, Copy)]
pub struct ZFile;

static INFO: FormatInfo = FormatInfo {
    id: "zlib",
    title: "zlib stream",
    extensions: &["z", "zz", "zlib"],
    kinds: &[Kind::new("zlib")],
    runs_code: false,
    recognised_by: "a header that fits, and data that unpacks",
    checks: "checksum, trailing data, ratio",
    spec: "RFC 1950",
    rules: RULES,
};

static ZFILE_INFO: FormatInfo = FormatInfo {
    id: "joblib-zfile",
    title: "joblib compressed file (before 0.10)",
    extensions: &["z"],
    kinds: &[Kind::new("joblib-zfile")],
    runs_code: false,
    recognised_by: "ZF and 19 characters of hexadecimal size, then a zlib stream",
    checks: "checksum, trailing data, ratio",
    spec: "joblib 1.5 numpy_pickle_compat.read_zfile",
    rules: RULES,
};

/// The header of a Z-file.
const ZFILE_HEADER: usize = 21;
/// Output that says "this is a stream" when the input goes on.
const PROOF: usize = 64;

impl Opener for Zlib {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if unpacks(probe.head, probe.len() > probe.head.len() as u64) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

impl Opener for ZFile {
    fn info(&self) -> &'static FormatInfo {
        &ZFILE_INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match zfile(probe.head) {
            Some(at) if fits(probe.head.get(at..).unwrap_or(&[])) => Match::Strong,
            _ => Match::No,
        }
    }

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, ZFILE_INFO.extensions, decode_zfile))
    }
}

/// Where the stream starts in a Z-file. Files of Python 2 have one more space.
fn zfile(head: &[u8]) -> Option<usize> {
    let size = head.strip_prefix(b"ZF")?.get(..19)?;
    let text = std::str::from_utf8(size)
        .ok()?
        .trim_end()
        .trim_end_matches('L');
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let space = head.get(ZFILE_HEADER) == Some(&b' ');
    Some(if space {
        ZFILE_HEADER.saturating_add(1)
    } else {
        ZFILE_HEADER
    })
}

/// Method 8, a window of at most 32 KiB, and the check.
fn fits(head: &[u8]) -> bool {
    let Some([cmf, flags]) = array::<2>(head, 0) else {
        return false;
    };
    cmf & 0x0f == 8 && cmf >> 4 <= 7 && u16::from_be_bytes([cmf, flags]) % 31 == 0
}

/// Whether the start of a stream unpacks: to its end with a checksum that fits, or without error for
/// as far as there is input.
fn unpacks(head: &[u8], more: bool) -> bool {
    if !fits(head) || head.get(1).is_some_and(|f| f & 0x20 != 0) {
        return false;
    }
    let usual = head.first() == Some(&0x78);
    let budget = Budget::default();
    let body = head.get(2..).unwrap_or(&[]).to_vec();
    let mut input = Input::new(Blob::from_vec(body), &budget);
    let mut reader = Summing::new(codec::deflate(&mut input), Adler::default());
    let mut block = [0; 4096];
    let mut ended = false;
    while reader.len < 1 << 20 {
        match reader.read(&mut block) {
            Ok(0) => {
                ended = true;
                break;
            }
            Ok(_) => {}
            // The input ran out (the rest is not in the head, or the file is cut), or the data is bad.
            Err(e) => {
                let out = e.kind() == std::io::ErrorKind::UnexpectedEof;
                return out && reader.len >= PROOF as u64 && (more || usual);
            }
        }
    }
    if !ended {
        return true;
    }
    let (sum, len) = (reader.sum.value(), reader.len);
    drop(reader);
    match input.peek(4).ok().and_then(|t| array::<4>(t, 0)) {
        Some(stated) if u32::from_be_bytes(stated) == sum => true,
        // Cut before the checksum, or a wrong one: a stream all the same when it says anything.
        _ => usual && len > 0,
    }
}

/// One stream.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let head = input.peek(2)?;
    if !fits(head) {
        return Ok(Flow::Broken("the zlib header is broken".into()));
    }
    if head.get(1).is_some_and(|f| f & 0x20 != 0) {
        notes.unsupported = Some("a zlib stream that needs a dictionary".into());
        return Ok(Flow::End);
    }
    input.consume(2);
    let mut reader = Summing::new(codec::deflate(input), Adler::default());
    let flow = output.pump(&mut reader)?;
    let actual = reader.sum.value();
    drop(reader);
    if !matches!(flow, Flow::End) {
        return Ok(flow);
    }
    match array::<4>(input.peek(4)?, 0).map(u32::from_be_bytes) {
        Some(stated) => {
            input.consume(4);
            if stated != actual {
                let text = format!("Adler-32 is stated as {stated:08x} and is {actual:08x}");
                notes.checksums.push(text);
            }
        }
        None => {
            notes
                .checksums
                .push("the checksum at the end is missing".into());
            return Ok(flow);
        }
    }
    if input.left() > 0 {
        notes.end = Some(input.position());
    }
    Ok(flow)
}

/// The header, then one stream.
pub(crate) fn decode_zfile(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let Some(at) = zfile(input.peek(ZFILE_HEADER.saturating_add(1))?) else {
        return Ok(Flow::Broken("the ZF header is broken".into()));
    };
    input.consume(at);
    decode(input, output, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_pickle_is_no_zlib() {
        assert!(fits(b"(S'x'\n"));
        assert!(!unpacks(b"(S'echo pwned'\nios\nsystem\n.", false));
        let stored = b"\x78\x01\x01\x01\0\xfe\xffa\0\x62\0\x62";
        assert!(unpacks(stored, false));
    }

    #[test]
    fn zfile_headers() {
        assert_eq!(zfile(format!("ZF{:<19}x", "0x1a").as_bytes()), Some(21));
        assert_eq!(zfile(format!("ZF{:<20}x", "0x1aL").as_bytes()), Some(22));
        assert_eq!(zfile(b"ZFooooooooooooooooooooo"), None);
    }
}
