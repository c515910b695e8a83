//! Is it a pickle? The content decides; the name only adds.
//!
//! Protocols 2 to 5 have a header, but protocols 0 and 1 are text in which almost any line of words
//! decodes as some opcodes. So text must show structure: a well-formed import, or memo and quoted
//! strings up to `STOP`. `requirements.txt`, JSON and CSV do not.

use ma_core::{Match, Probe};

use crate::scanner::INFO;
use crate::streams::plausible::{self, Start};

/// Extensions under which other programs keep other things.
const SHARED: &[&str] = &[
    "bin", "dat", "data", "model", "npy", "npz", "ckpt", "weights", "h5", "params",
];

/// Whether a name with that extension is all but sure to be a pickle's.
pub(crate) fn is_pickle_name(extension: &str) -> bool {
    INFO.extensions.contains(&extension) && !SHARED.contains(&extension)
}

/// What the scanner says to an artifact.
pub(crate) fn probe(probe: &Probe<'_>) -> Match {
    if probe.members.is_some() || probe.is_empty() {
        return Match::No;
    }
    if probe.hinted(&INFO) {
        return Match::Strong;
    }
    let whole = probe.head.len() as u64 == probe.len();
    match plausible::start(probe.head, whole) {
        Start::Sure => Match::Strong,
        Start::Maybe if probe.named(&INFO) => Match::Strong,
        _ if probe.named(&INFO) => Match::Weak,
        _ => Match::No,
    }
}
