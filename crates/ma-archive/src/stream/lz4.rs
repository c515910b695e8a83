//! LZ4 frames 1.6.4: `04 22 4d 18`, flags, block size, optional content size, header checksum; blocks
//! with their lengths, a zero length at the end, optional checksum. Also the old `02 21 4c 18`.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use ma_core::{Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError};

use super::{Notes, Stream};
use crate::bytes::u32_at;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens LZ4 files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Lz4;

static INFO: FormatInfo = FormatInfo {
    id: "lz4",
    title: "LZ4 frame",
    extensions: &["lz4"],
    kinds: &[Kind::new("lz4")],
    runs_code: false,
    recognised_by: "04 22 4d 18 and flags that exist",
    checks: "all frames, checksums, trailing data, ratio",
    spec: "LZ4 Frame Format 1.6.4",
    rules: RULES,
};

const MAGIC: u32 = 0x184d_2204;
const OLD_MAGIC: u32 = 0x184c_2102;

fn starts(head: &[u8]) -> bool {
    let (flags, size) = (
        head.get(4).copied().unwrap_or(0),
        head.get(5).copied().unwrap_or(0),
    );
    match u32_at(head, 0) {
        Some(MAGIC) => flags & 0xc2 == 0x40 && size & 0x8f == 0 && (size >> 4) >= 4,
        // The first block's length has to be one.
        Some(OLD_MAGIC) => u32_at(head, 4).is_some_and(|n| n > 0 && n < 9 << 20),
        _ => false,
    }
}

impl Opener for Lz4 {
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

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

/// Remembers the last eight bytes that a decoder read: whether the end mark was among them.
struct Ending<'i, 'b> {
    input: &'i mut Input<'b>,
    last: [u8; 8],
}

impl Read for Ending<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buf)?;
        for byte in buf.get(..n).unwrap_or(&[]).iter().rev().take(8).rev() {
            self.last.rotate_left(1);
            if let Some(place) = self.last.last_mut() {
                *place = *byte;
            }
        }
        Ok(n)
    }
}

/// All frames in a row.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let mut first = true;
    while input.left() > 0 {
        let head = input.peek(16)?;
        let flags = head.get(4).copied().unwrap_or(0);
        let old = u32_at(head, 0) == Some(OLD_MAGIC);
        let skip = u32_at(head, 0).is_some_and(|m| (0x184d_2a50..=0x184d_2a5f).contains(&m));
        if skip {
            let len = u64::from(u32_at(head, 4).unwrap_or(0)).saturating_add(8);
            let to = input.position().saturating_add(len);
            input.seek(SeekFrom::Start(to))?;
            continue;
        }
        if !first && !starts(head) {
            notes.end = Some(input.position());
            break;
        }
        if flags & 1 != 0 && !old {
            notes.unsupported = Some("an LZ4 frame that needs a dictionary".into());
            return Ok(Flow::End);
        }
        first = false;
        let ending = Ending {
            input: &mut *input,
            last: [0xff; 8],
        };
        let mut reader = lz4_flex::frame::FrameDecoder::new(ending);
        let flow = output.pump(&mut reader)?;
        let last = reader.get_ref().last;
        if !matches!(flow, Flow::End) {
            return Ok(flow);
        }
        // The library takes the end of the file for the end of a frame.
        let mark = if flags & 4 != 0 {
            last.get(..4)
        } else {
            last.get(4..)
        };
        if !old && mark != Some(&[0; 4]) {
            return Ok(Flow::Broken("the frame has no end".into()));
        }
    }
    Ok(Flow::End)
}
