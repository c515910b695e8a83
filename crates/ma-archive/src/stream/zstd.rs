//! Zstandard (RFC 8878): frames `28 b5 2f fd`, and skippable frames `5x 2a 4d 18` with a length.

use std::io::{BufRead, Seek, SeekFrom};
use std::sync::Arc;

use ma_core::{Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Notes, Stream};
use crate::bytes::u32_at;
use crate::codec::MAX_WINDOW_KIB;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens zstd files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Zstd;

static INFO: FormatInfo = FormatInfo {
    id: "zstd",
    title: "Zstandard stream",
    extensions: &["zst", "zstd", "tzst"],
    kinds: &[Kind::new("zstd")],
    runs_code: false,
    recognised_by: "28 b5 2f fd, or a skippable frame before it",
    checks: "all frames, checksums, trailing data, ratio, window size",
    spec: "RFC 8878",
    rules: RULES,
};

const MAGIC: u32 = 0xfd2f_b528;

fn skippable(bytes: &[u8]) -> Option<u64> {
    let magic = u32_at(bytes, 0)?;
    ((0x184d_2a50..=0x184d_2a5f).contains(&magic))
        .then(|| u32_at(bytes, 4).map_or(8, |n| u64::from(n).saturating_add(8)))
}

impl Opener for Zstd {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let head = probe.head;
        // The bit that has to be zero in the frame's descriptor.
        let frame =
            |b: &[u8]| u32_at(b, 0) == Some(MAGIC) && b.get(4).is_some_and(|d| d & 0x08 == 0);
        let after = skippable(head).and_then(|n| head.get(crate::bytes::index(n)..));
        if frame(head) || after.is_some_and(frame) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

/// All frames in a row.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let mut frames = 0u64;
    while input.left() > 0 {
        let head = input.peek(8)?;
        if let Some(len) = skippable(head) {
            let to = input.position().saturating_add(len);
            input.seek(SeekFrom::Start(to))?;
            continue;
        }
        if u32_at(head, 0) != Some(MAGIC) {
            if frames == 0 {
                return Ok(Flow::Broken("the frame header is broken".into()));
            }
            notes.end = Some(input.position());
            break;
        }
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(MAX_WINDOW_KIB).saturating_mul(1024));
        let mut reader = match StreamingDecoder::new_with_decoder(&mut *input, decoder) {
            Ok(reader) => reader,
            Err(e) => {
                notes.unsupported = Some(format!("a zstd frame that can't be read: {e}"));
                return Ok(Flow::End);
            }
        };
        let flow = output.pump(&mut reader)?;
        let decoder = reader.into_frame_decoder();
        if !matches!(flow, Flow::End) {
            return Ok(flow);
        }
        let (stated, actual) = (
            decoder.get_checksum_from_data(),
            decoder.get_calculated_checksum(),
        );
        if let (Some(a), Some(b)) = (stated, actual)
            && a != b
        {
            notes
                .checksums
                .push(format!("xxHash is stated as {a:08x} and is {b:08x}"));
        }
        frames = frames.saturating_add(1);
        input.fill_buf()?;
    }
    Ok(Flow::End)
}
