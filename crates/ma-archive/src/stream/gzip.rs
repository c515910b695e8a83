//! gzip (RFC 1952).
//!
//! ```text
//! 1f 8b 08  flags  mtime 4  xfl  os
//! flags: 2 header crc, 4 extra field (u16 length), 8 file name (NUL), 16 comment (NUL); 32.. reserved
//! deflate stream, crc 4, size mod 2^32 4; then perhaps another member
//! ```

use std::io::BufRead;
use std::sync::Arc;

use ma_core::{Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError};

use super::summing::Summing;
use super::{Notes, Stream};
use crate::bytes::{u16_at, u32_at};
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::{self, RULES};

/// Opens gzip files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Gzip;

static INFO: FormatInfo = FormatInfo {
    id: "gzip",
    title: "gzip stream",
    extensions: &["gz", "tgz", "gzip"],
    kinds: &[Kind::new("gzip")],
    runs_code: false,
    recognised_by: "1f 8b 08 and flags that exist",
    checks: "all members, checksums, trailing data, ratio, stored name",
    spec: "RFC 1952",
    rules: RULES,
};

/// Bytes of a header that are looked at.
const HEADER: usize = 4096;

impl Opener for Gzip {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if starts(probe.head) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let head = artifact.blob.head(HEADER)?;
        if let Some(name) = header(&head).and_then(|(len, name)| Some((len, name?))) {
            rules::stored_name(&String::from_utf8_lossy(&name.1), 0..name.0 as u64, cx)?;
        }
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

fn starts(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b\x08") && head.get(3).is_some_and(|flags| flags & 0xe0 == 0)
}

/// Length of the header at the start of `bytes`, and the stored name.
fn header(bytes: &[u8]) -> Option<(usize, Option<Vec<u8>>)> {
    if !starts(bytes) {
        return None;
    }
    let flags = *bytes.get(3)?;
    let mut at = 10usize;
    if flags & 4 != 0 {
        let len = u16_at(bytes, at)?;
        at = at.checked_add(2)?.checked_add(len.into())?;
    }
    let mut name = None;
    for (flag, is_name) in [(8, true), (16, false)] {
        if flags & flag != 0 {
            let rest = bytes.get(at..)?;
            let len = memchr::memchr(0, rest)?;
            if is_name {
                name = Some(rest.get(..len)?.to_vec());
            }
            at = at.checked_add(len)?.checked_add(1)?;
        }
    }
    if flags & 2 != 0 {
        at = at.checked_add(2)?;
    }
    (at <= bytes.len()).then_some((at, name))
}

/// All members in a row.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let mut first = true;
    loop {
        let bytes = input.peek(64 * 1024)?;
        let Some((len, _)) = header(bytes) else {
            if first {
                return Ok(Flow::Broken("the gzip header is broken".into()));
            }
            notes.end = Some(input.position());
            return Ok(Flow::End);
        };
        input.consume(len);
        first = false;
        let mut reader = Summing::new(codec::deflate(input), crc32fast::Hasher::new());
        let flow = output.pump(&mut reader)?;
        let (crc, size) = (reader.sum.clone().finalize(), reader.len);
        drop(reader);
        if !matches!(flow, Flow::End) {
            return Ok(flow);
        }
        let trailer = input.peek(8)?;
        match (u32_at(trailer, 0), u32_at(trailer, 4)) {
            (Some(a), Some(b)) => {
                if a != crc {
                    notes
                        .checksums
                        .push(format!("CRC-32 is stated as {a:08x} and is {crc:08x}"));
                }
                if u64::from(b) != size & 0xffff_ffff {
                    notes
                        .checksums
                        .push(format!("the size is stated as {b} and is {size}"));
                }
            }
            _ => return Ok(Flow::Broken("the checksum at the end is missing".into())),
        }
        input.consume(8);
        if input.left() == 0 {
            return Ok(Flow::End);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_with_all_fields() {
        let mut bytes = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03".to_vec();
        bytes.extend_from_slice(b"\x02\0ab../x\0comment\0cc");
        assert_eq!(header(&bytes), Some((bytes.len(), Some(b"../x".to_vec()))));
        assert_eq!(header(&bytes[..20]), None);
        assert!(!starts(b"\x1f\x8b\x08\xe0"));
    }
}
