//! Bytes to header and anomalies.
//!
//! Layout (<https://github.com/huggingface/safetensors>, "Format", safetensors 0.8): a little-endian `u64`
//! length `N`, at most 100,000,000; `N` bytes of JSON in UTF-8 that begin with `{` and may end in spaces;
//! the data. The JSON maps each tensor's name to `{"dtype", "shape", "data_offsets": [begin, end]}`, the
//! offsets relative to the data; the key `__metadata__` maps strings to strings. The reference
//! implementation wants the tensors, sorted by `begin`, to cover the data without holes and overlaps up to
//! the end of the file, and each range to be as long as shape and type say.
//!
//! An anomaly is whatever it refuses, and what it takes although others may read it in another way: keys
//! that occur twice, unknown fields, odd names. The header is read as a stream, so the cost is the header;
//! the data is never read. Memory: about a hundred bytes a tensor, for at most [`MAX_TENSORS`] of them.

mod header;
pub mod index;
mod layout;

pub(crate) use layout::name_of;

use ma_core::{Blob, Budget, ScanError};

use crate::model::{Anomaly, AnomalyKind, Safetensors};

/// The longest header that the reference implementation takes.
pub const MAX_HEADER: u64 = 100_000_000;
/// Tensors that are kept and checked.
pub const MAX_TENSORS: usize = 500_000;

/// Reads the header. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Safetensors, ScanError> {
    let len = blob.len();
    let mut file = Safetensors {
        len,
        ..Safetensors::default()
    };
    let mut cursor = blob.cursor(budget);
    let Some(declared) = cursor.u64_le()? else {
        note(&mut file, AnomalyKind::NoHeader, 0..len, "");
        return Ok(file);
    };
    file.declared = Some(declared);
    if !(2..=MAX_HEADER).contains(&declared) {
        note(&mut file, AnomalyKind::HeaderLength, 0..8, "");
    }
    let end = declared.saturating_add(8);
    if end > len {
        note(&mut file, AnomalyKind::HeaderBeyondFile, 0..8, "");
    }
    // Beyond what any reader takes, there is nothing that one would load.
    file.header = 8..end.min(len).min(MAX_HEADER.saturating_add(8));
    file.data = end.min(len)..len;
    header::read(blob, budget, &mut file)?;
    if end <= len {
        layout::check(blob, budget, &mut file)?;
    }
    Ok(file)
}

/// Anomalies that are kept of one kind of file; what floods the report says nothing new.
const MAX_ANOMALIES: usize = 10_000;

fn note(
    file: &mut Safetensors,
    kind: AnomalyKind,
    range: std::ops::Range<u64>,
    name: impl Into<String>,
) {
    if file.anomalies.len() < MAX_ANOMALIES {
        file.anomalies.push(Anomaly {
            kind,
            range,
            name: name.into(),
        });
    }
}
