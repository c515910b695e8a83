//! Bytes to model and anomalies.
//!
//! Layout (replace by the format's own, with the specification and its version): the magic `trees`,
//! a little-endian `u32` length in bytes, the body. An anomaly is whatever the specification does not
//! allow. Cost: the header.

use ma_core::{Blob, Budget, ScanError};

use crate::model::{Anomaly, Model};

/// What a file begins with.
pub const MAGIC: &[u8] = b"trees";

/// Reads the header. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<(Model, Vec<Anomaly>), ScanError> {
    let mut cursor = blob.cursor(budget);
    let mut model = Model::default();
    let mut anomalies = Vec::new();
    cursor.skip(MAGIC.len() as u64);
    let declared = cursor.u32_le()?;
    let start = cursor.position();
    let end = start.saturating_add(declared.map_or(1, u64::from));
    if end <= blob.len() && declared.is_some() {
        model.body = Some(start..end);
    } else {
        anomalies.push(Anomaly::Truncated {
            declared: start..end,
            len: blob.len(),
        });
    }
    Ok((model, anomalies))
}
