//! bzip2: `BZh`, the block size 1 to 9, then blocks that start with the digits of pi, or the digits of
//! its square root for an empty stream. Streams may follow each other.

use std::sync::Arc;

use ma_core::{Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError};

use super::{Notes, Stream};
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens bzip2 files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Bzip2;

static INFO: FormatInfo = FormatInfo {
    id: "bzip2",
    title: "bzip2 stream",
    extensions: &["bz2", "tbz", "tbz2", "bz"],
    kinds: &[Kind::new("bzip2")],
    runs_code: false,
    recognised_by: "BZh, a block size and the mark of a block",
    checks: "all streams, checksums, trailing data, ratio",
    spec: "bzip2 1.0.8",
    rules: RULES,
};

impl Opener for Bzip2 {
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

fn starts(head: &[u8]) -> bool {
    const BLOCK: &[u8] = b"1AY&SY";
    const EMPTY: &[u8] = b"\x17\x72\x45\x38\x50\x90";
    let level = head.get(3).is_some_and(|b| (b'1'..=b'9').contains(b));
    head.starts_with(b"BZh")
        && level
        && matches!(head.get(4..10), Some(b) if b == BLOCK || b == EMPTY)
}

/// All streams in a row.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    loop {
        let flow = output.pump(&mut codec::bzip2(input))?;
        if !matches!(flow, Flow::End) || input.left() == 0 {
            return Ok(flow);
        }
        if !starts(input.peek(10)?) {
            notes.end = Some(input.position());
            return Ok(flow);
        }
    }
}
