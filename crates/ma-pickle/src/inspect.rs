//! What a pickle holds, for people who look.

use ma_core::{Blob, Budget, Depth, Inspection, Line, ScanError, Section};

use crate::decompile::{DecompileLimits, decompile};
use crate::event::StreamEnd;
use crate::streams::{self, Promise};
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
    let opcodes: u64 = walked.streams.iter().map(|s| s.opcodes).fold(0, u64::saturating_add);
    out.facts = vec![
        ("protocol".to_owned(), protocol),
        ("streams".to_owned(), walked.count.to_string()),
        ("opcodes".to_owned(), opcodes.to_string()),
        ("raw arrays".to_owned(), walked.weights.len().to_string()),
        ("unexplained bytes".to_owned(), walked.unclaimed_bytes.to_string()),
    ];
    for (at, stream) in walked.streams.iter().take(MAX_STREAMS).enumerate() {
        let n = at.saturating_add(1);
        let start = stream.range.start;
        let Ok(part) = blob.slice(start..blob.len()) else { continue };
        let trace = trace(&part, budget)?;
        let at = |offset: u64| Some(start.saturating_add(offset));
        let listing = |title: &str, lines: Vec<Line>| Section {
            title: format!("Stream {n}: {title}"),
            lines,
        };
        let imports = trace.imports.iter().take(MAX_LINES).map(|(offset, global)| Line {
            offset: at(*offset),
            text: global.full_name(),
        });
        out.sections.push(listing("imports", imports.collect()));
        let calls = trace.calls.iter().take(MAX_LINES).map(|call| Line {
            offset: at(call.offset),
            text: call.source.clone(),
        });
        out.sections.push(listing("calls", calls.collect()));
        let ids = trace.persistent.iter().take(MAX_LINES).map(|(offset, id)| Line {
            offset: at(*offset),
            text: id.clone(),
        });
        out.sections.push(listing("persistent ids", ids.collect()));
        let mut source = String::new();
        decompile(&part, budget, &mut source, DecompileLimits::default())?;
        let lines = source.lines().take(MAX_LINES).map(|line| Line {
            offset: None,
            text: line.to_owned(),
        });
        out.sections.push(listing("source", lines.collect()));
        if !matches!(stream.end, StreamEnd::Stop { .. }) {
            let text = format!("{:?}", stream.end);
            out.sections.push(listing("end", vec![Line { offset: Some(stream.range.end), text }]));
        }
    }
    out.sections.retain(|section| !section.lines.is_empty());
    Ok(out)
}
