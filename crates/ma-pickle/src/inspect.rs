//! What a pickle holds, for people who look.

use ma_core::{Blob, Budget, Depth, Inspection, Line, ScanError, Section};

use crate::decompile::{DecompileLimits, decompile};
use crate::event::StreamEnd;
use crate::streams::{self, Promise, StreamSummary};
use crate::trace::trace;

/// Streams shown in full.
const MAX_STREAMS: usize = 20;
/// Lines of each listing.
const MAX_LINES: usize = 1000;

/// The view of a file.
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub(crate) fn inspect(blob: &Blob, budget: &Budget) -> Result<Inspection, ScanError> {
    let walked = streams::walk(blob, budget, Depth::Structure, Promise::Pickle)?;
    let mut out = Inspection {
        format: "pickle".to_owned(),
        ..Inspection::default()
    };
    let mut head = [0u8; 2];
    let got = blob.read_at(0, &mut head)?;
    let protocol = match head {
        [0x80, version] if got == 2 => version.to_string(),
        _ => "0 or 1".to_owned(),
    };
    let opcodes: u64 = walked
        .streams
        .iter()
        .map(|s| s.opcodes)
        .fold(0, u64::saturating_add);
    out.facts = vec![
        ("protocol".to_owned(), protocol),
        ("streams".to_owned(), walked.count.to_string()),
        ("opcodes".to_owned(), opcodes.to_string()),
        ("raw arrays".to_owned(), walked.weights.len().to_string()),
        (
            "unexplained bytes".to_owned(),
            walked.unclaimed_bytes.to_string(),
        ),
    ];
    for (at, stream) in walked.streams.iter().take(MAX_STREAMS).enumerate() {
        let sections = stream_sections(blob, budget, stream, at.saturating_add(1))?;
        out.sections.extend(sections);
    }
    out.sections.retain(|section| !section.lines.is_empty());
    Ok(out)
}

/// The listings of one stream.
fn stream_sections(
    blob: &Blob,
    budget: &Budget,
    stream: &StreamSummary,
    number: usize,
) -> Result<Vec<Section>, ScanError> {
    let start = stream.range.start;
    let part = blob.tail(start);
    let trace = trace(&part, budget)?;
    let line = |offset: u64, text: String| Line {
        offset: Some(start.saturating_add(offset)),
        text,
    };
    let listing = |title: &str, lines: Vec<Line>| Section {
        title: format!("Stream {number}: {title}"),
        lines,
    };
    let imports = trace.imports.iter().take(MAX_LINES);
    let imports = imports.map(|(offset, global)| line(*offset, global.full_name()));
    let calls = trace.calls.iter().take(MAX_LINES);
    let calls = calls.map(|call| line(call.offset, call.source.clone()));
    let ids = trace.persistent.iter().take(MAX_LINES);
    let ids = ids.map(|(offset, id)| line(*offset, id.clone()));
    let mut source = String::new();
    decompile(&part, budget, &mut source, DecompileLimits::default())?;
    let source = source.lines().take(MAX_LINES).map(|text| Line {
        offset: None,
        text: text.to_owned(),
    });
    let mut sections = vec![
        listing("imports", imports.collect()),
        listing("calls", calls.collect()),
        listing("persistent ids", ids.collect()),
        listing("source", source.collect()),
    ];
    if !matches!(stream.end, StreamEnd::Stop { .. }) {
        let text = format!("{:?}", stream.end);
        sections.push(listing(
            "end",
            vec![Line {
                offset: Some(stream.range.end),
                text,
            }],
        ));
    }
    Ok(sections)
}
