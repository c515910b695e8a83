//! xz: `fd 37 7a 58 5a 00`, two bytes of flags and their CRC-32; blocks, index, footer `YZ`. Streams may
//! follow each other, with zeros in fours between them. Specification: The .xz File Format 1.2.1.

use std::io::BufRead;
use std::sync::Arc;

use ma_core::{Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError};

use super::{Notes, Stream};
use crate::bytes::u32_at;
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens xz files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Xz;

static INFO: FormatInfo = FormatInfo {
    id: "xz",
    title: "xz stream",
    extensions: &["xz", "txz"],
    kinds: &[Kind::new("xz")],
    runs_code: false,
    recognised_by: "fd 37 7a 58 5a 00 and flags with a fitting checksum",
    checks: "all streams, checksums, trailing data, ratio, dictionary size",
    spec: "The .xz File Format 1.2.1",
    rules: RULES,
};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

impl Opener for Xz {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let flags = probe.head.get(6..8);
        let fits = flags.is_some_and(|f| u32_at(probe.head, 8) == Some(crc32fast::hash(f)));
        match probe.head.starts_with(MAGIC) {
            true if fits => Match::Strong,
            true => Match::Weak,
            false => Match::No,
        }
    }

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

/// All streams in a row.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    loop {
        let flow = output.pump(&mut codec::xz(input))?;
        if !matches!(flow, Flow::End) || input.left() == 0 {
            return Ok(flow);
        }
        let end = input.position();
        while input.peek(4)? == [0; 4] {
            input.consume(4);
        }
        if input.left() == 0 {
            return Ok(flow);
        }
        if !input.peek(6)?.starts_with(MAGIC) {
            notes.end = Some(end);
            return Ok(flow);
        }
    }
}
