//! The old `.lzma` format: properties (lc, lp, pb in one byte), dictionary size (u32), size (u64, all
//! ones when an end mark tells), raw LZMA. It has no magic, so it is recognised by plausible numbers and
//! by unpacking a little. Specification: LZMA SDK, lzma-specification.txt.

use std::io::Read;
use std::sync::Arc;

use ma_core::{
    Artifact, Blob, Budget, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, ScanError,
};

use super::{Notes, Stream};
use crate::bytes::{u32_at, u64_at};
use crate::codec;
use crate::input::Input;
use crate::output::{Flow, Output};
use crate::rules::RULES;

/// Opens `.lzma` files.
#[derive(Debug, Default, Clone, Copy)]
pub struct Lzma;

static INFO: FormatInfo = FormatInfo {
    id: "lzma",
    title: "LZMA stream (old format)",
    extensions: &["lzma", "tlz"],
    kinds: &[Kind::new("lzma")],
    runs_code: false,
    recognised_by: "plausible properties, and data that unpacks",
    checks: "trailing data, ratio, dictionary size",
    spec: "LZMA SDK, lzma-specification.txt",
    rules: RULES,
};

/// The header.
const HEADER: usize = 13;
/// Bytes that a test has to produce.
const TEST_OUTPUT: usize = 32;

impl Opener for Lzma {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if !plausible(probe.head) || !unpacks(probe.head, probe.len()) {
            return Match::No;
        }
        // What all encoders write unless told otherwise: lc 3, lp 0, pb 2.
        if probe.head.first() == Some(&0x5d) {
            Match::Strong
        } else {
            Match::Weak
        }
    }

    fn open(&self, artifact: &Artifact, _: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        Ok(Stream::boxed(artifact, INFO.extensions, decode))
    }
}

/// The numbers that encoders write: usual properties, a dictionary of 2^n or 3 * 2^n bytes, a size
/// below 2^40 or unknown, and the zero with which the range coder starts.
fn plausible(head: &[u8]) -> bool {
    let Some(props) = head.first() else {
        return false;
    };
    let (dictionary, size) = (
        u32_at(head, 1).unwrap_or(0),
        u64_at(head, 5).unwrap_or(1 << 63),
    );
    let power =
        dictionary.is_power_of_two() || (dictionary % 3 == 0 && (dictionary / 3).is_power_of_two());
    let dictionary_fits = dictionary >= 4096 && (power || dictionary == u32::MAX);
    let size_fits = size == u64::MAX || size < 1 << 40;
    // liblzma refuses lc + lp above 4.
    let (lc, lp) = (props % 9, props / 9 % 5);
    *props < 225
        && lc.saturating_add(lp) <= 4
        && dictionary_fits
        && size_fits
        && head.get(HEADER) == Some(&0)
}

fn unpacks(head: &[u8], len: u64) -> bool {
    let budget = Budget::default();
    let Some(props) = head.first() else {
        return false;
    };
    let body = head.get(HEADER..).unwrap_or(&[]).to_vec();
    let mut input = Input::new(Blob::from_vec(body), &budget);
    let size = u64_at(head, 5).unwrap_or(u64::MAX);
    // What the test produces fits in a small dictionary.
    let Ok(mut reader) = codec::lzma(&mut input, size, *props, 1 << 16) else {
        return false;
    };
    let mut out = [0; TEST_OUTPUT];
    let mut got = 0usize;
    while let Some(space) = out.get_mut(got..).filter(|s| !s.is_empty()) {
        match reader.read(space) {
            Ok(0) => break,
            Ok(n) => got = got.saturating_add(n),
            Err(_) => return got > 0 && len > head.len() as u64,
        }
    }
    // A stream of random bytes unpacks to something, too; but not if its end is to fit.
    got > 0 && (got == TEST_OUTPUT || size == u64::MAX || got as u64 == size)
}

/// One stream.
pub(crate) fn decode(
    input: &mut Input<'_>,
    output: &mut Output<'_>,
    notes: &mut Notes,
) -> Result<Flow, ScanError> {
    let mut head = [0; HEADER];
    if input.read_exact(&mut head).is_err() {
        return Ok(Flow::Broken("the header is cut off".into()));
    }
    let props = head.first().copied().unwrap_or(0);
    let dictionary = u32_at(&head, 1).unwrap_or(0);
    let size = u64_at(&head, 5).unwrap_or(u64::MAX);
    let all = input.left();
    match lzma_rust2::lzma_get_memory_usage_by_props(dictionary, props) {
        Ok(need) if need <= codec::MAX_WINDOW_KIB => {}
        _ => {
            let text = format!("an LZMA dictionary of {dictionary} bytes");
            notes.unsupported = Some(text);
            return Ok(Flow::End);
        }
    }
    let reader = lzma_rust2::LzmaReader::new_with_props(&mut *input, size, props, dictionary, None);
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(e) => return Ok(Flow::Broken(e.to_string())),
    };
    let flow = output.pump(&mut reader)?;
    let (_, rest) = reader.into_parts();
    let left = input.left().saturating_add(rest.len() as u64);
    if left > 0 {
        let end = (HEADER as u64).saturating_add(all.saturating_sub(left));
        notes.end = Some(end);
    }
    Ok(flow)
}
