//! PyTorch's legacy layout: five pickles, then the storages as raw bytes.
//!
//! `torch.save` before 1.6 writes: the magic number, the protocol number, a dict about the system,
//! the object (whose storages are persistent ids), and the list of storage keys; then for each key
//! of that list an element count (int64, little-endian) and the elements. One file may hold several
//! saves. (`torch/serialization.py`, `_legacy_save` and `_legacy_load`.)

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Blob, ScanError};

use crate::machine::Machine;
use crate::value::{Constant, Value, View};

/// A storage as a persistent id names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageKey {
    /// The storage class (`FloatStorage`).
    pub class: String,
    /// The key: the record's name in a zip.
    pub key: String,
    /// Where it lived (`cpu`, `cuda:0`).
    pub location: String,
    /// Elements.
    pub count: u64,
    /// Bytes of one element; 0 when the class is not known.
    pub element: u64,
}

/// Bytes of one element of a storage class.
#[must_use]
pub fn element_size(class: &str) -> Option<u64> {
    Some(match class {
        "ComplexDoubleStorage" => 16,
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" | "QInt32Storage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "ByteStorage" | "CharStorage" | "BoolStorage" | "QInt8Storage" | "QUInt8Storage"
        | "QUInt4x2Storage" | "QUInt2x4Storage" | "UntypedStorage" => 1,
        _ => return None,
    })
}

/// The persistent id `("storage", class, key, location, count[, view])`, when it is one.
pub(crate) fn storage(machine: &Machine<'_>, id: Value) -> Option<StorageKey> {
    let View::Container(items) = machine.view(id) else {
        return None;
    };
    let [tag, class, key, location, count, ..] = items.items else {
        return None;
    };
    let text = |value: &Value| Some(machine.constant(*value, 256)?.as_str()?.to_owned());
    if text(tag)? != "storage" {
        return None;
    }
    let View::Global(_, global) = machine.view(*class) else {
        return None;
    };
    let class = global.name.as_str()?.to_owned();
    if global.module_value.is_some() || !class.ends_with("Storage") {
        return None;
    }
    let count = machine.constant(*count, 16)?.as_int()?;
    let key = match machine.constant(*key, 256)? {
        // torch.package numbers its storages.
        Constant::Int(number) => number.to_string(),
        other => other.as_str()?.to_owned(),
    };
    Some(StorageKey {
        key,
        location: text(location).unwrap_or_default(),
        count: u64::try_from(count).ok()?,
        element: element_size(&class).unwrap_or(0),
        class,
    })
}

/// A save in the legacy layout, while its pickles are read.
#[derive(Debug, Default)]
pub(crate) struct Save {
    /// Pickles read, the magic number included.
    pub(crate) pickles: u32,
    /// Storages that the object refers to.
    pub(crate) storages: Vec<StorageKey>,
}

/// Ranges of raw data with the keys of their storages.
pub(crate) type Storages = Vec<(Range<u64>, String)>;

/// The raw storages from `at` on: their ranges with their keys, and where they end. Ends early where
/// the bytes do not fit the table.
///
/// # Errors
/// When the bytes can't be read.
pub(crate) fn storages(
    save: &Save,
    keys: &[String],
    cut: bool,
    blob: &Blob,
    at: u64,
) -> Result<(Storages, u64), ScanError> {
    let mut table: HashMap<&str, &StorageKey> = HashMap::new();
    for storage in &save.storages {
        table.entry(&storage.key).or_insert(storage);
    }
    // The writer sorts the keys, so a list too long to be kept can be made again.
    let mut sorted: Vec<&str> = table.keys().copied().collect();
    sorted.sort_unstable();
    let order: Vec<&str> = if cut {
        sorted
    } else {
        keys.iter().map(String::as_str).collect()
    };
    let mut out = Vec::new();
    let mut at = at;
    for key in order {
        let mut count = [0u8; 8];
        if blob.read_at(at, &mut count)? != count.len() {
            break;
        }
        let count = u64::from_le_bytes(count);
        let Some(storage) = table.get(key).filter(|s| s.element > 0) else {
            break;
        };
        let start = at.saturating_add(8);
        let end = count
            .checked_mul(storage.element)
            .and_then(|bytes| start.checked_add(bytes))
            .filter(|end| *end <= blob.len());
        let Some(end) = end else { break };
        out.push((start..end, key.to_owned()));
        at = end;
    }
    Ok((out, at))
}
