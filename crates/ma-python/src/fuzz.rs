//! Bodies of the fuzz targets: anything may go in, nothing may go wrong. `tests/malformed.rs` runs them over mutated
//! seeds.

/// Reads bytes as marshalled data, with and without a header, and judges what the code does.
pub fn marshal(data: &[u8]) {
    use crate::marshal::{CodeSummary, MarshalLimits, judge, parse, pyc_header, summarise};
    let limits = MarshalLimits {
        nodes: 100_000,
        depth: 2000,
    };
    let skipped = pyc_header(data).map_or(0, |header| header.len);
    let parsed = parse(data.get(skipped..).unwrap_or_default(), &limits);
    assert!(parsed.consumed <= data.len(), "more was read than there is");
    for node in &parsed.nodes {
        assert!(
            node.range.start <= node.range.end && node.range.end <= data.len(),
            "a node lies outside"
        );
    }
    let _ = judge(&summarise(&parsed, None));
    let names = ["os".to_owned(), "system".to_owned()];
    let _ = judge(&CodeSummary::from_parts(data, &names, &[], None));
}

/// Reads bytes as Python source and as TorchScript, and judges what they do.
#[cfg(feature = "source")]
pub fn source(data: &[u8]) {
    use crate::source::{SourceLimits, analyse, judge, torchscript};
    let limits = SourceLimits {
        steps: 200_000,
        made: 8 << 20,
        ..SourceLimits::default()
    };
    let analysis = analyse(data, &limits);
    for event in &analysis.events {
        assert!(
            event.range.start <= event.range.end,
            "an event lies backwards"
        );
    }
    let _ = judge(&analysis);
    let _ = torchscript(data);
}
