//! joblib's arrays: raw bytes in the middle of a stream.
//!
//! joblib reads a pickle with a subclass of Python's own unpickler. When BUILD has completed a
//! `NumpyArrayWrapper`, the array's bytes follow at once: with `numpy_array_alignment_bytes`, one
//! byte that counts padding and that padding; then `count × itemsize` bytes; for object arrays a
//! complete pickle instead. (joblib 0.10 to 1.6, `joblib/numpy_pickle.py`.)

use ma_core::Blob;

use crate::event::Raw;
use crate::machine::Machine;
use crate::value::{Call, Constant, Value, View};

/// Whether the class is joblib's wrapper.
pub(crate) fn is_wrapper(module: &str, name: &str) -> bool {
    name == "NumpyArrayWrapper" && module.starts_with("joblib")
}

/// What lies behind the BUILD of a wrapper.
pub(crate) fn raw_after(machine: &Machine<'_>, call: &Call, blob: &Blob, at: u64) -> Raw {
    let Some(state) = call.state else {
        return Raw::None;
    };
    let entry = |key: &str| entry(machine, state, key);
    let (Some(shape), Some(dtype)) = (entry("shape"), entry("dtype")) else {
        return Raw::Stop;
    };
    let Some(dtype) = dtype_of(machine, dtype) else {
        return Raw::Stop;
    };
    let padding = match entry("numpy_array_alignment_bytes").map(|value| machine.view(value)) {
        None | Some(View::None) => 0,
        Some(_) => {
            let mut count = [0u8];
            match blob.read_at(at, &mut count) {
                Ok(1) => count.first().map_or(0, |p| u64::from(*p).saturating_add(1)),
                _ => return Raw::Stop,
            }
        }
    };
    if dtype.objects {
        // No padding here: joblib writes object arrays with a plain pickler.
        return Raw::Pickle;
    }
    let mut bytes = dtype.size;
    for dimension in machine.children(shape) {
        let Some(n) = machine.constant(*dimension, 16).and_then(|n| n.as_int()) else {
            return Raw::Stop;
        };
        let Some(product) = u64::try_from(n).ok().and_then(|n| bytes.checked_mul(n)) else {
            return Raw::Stop;
        };
        bytes = product;
    }
    let View::Container(_) = machine.view(shape) else {
        return Raw::Stop;
    };
    match bytes.checked_add(padding) {
        Some(all) if at.checked_add(all).is_some_and(|end| end <= blob.len()) => Raw::Skip(all),
        _ => Raw::Stop,
    }
}

/// The last value of a key in a dict.
fn entry(machine: &Machine<'_>, dict: Value, key: &str) -> Option<Value> {
    let items = machine.children(dict);
    items
        .chunks_exact(2)
        .rev()
        .find(|pair| {
            pair.first()
                .and_then(|k| machine.constant(*k, 64))
                .is_some_and(|k| k.as_str() == Some(key) || k.as_bytes() == Some(key.as_bytes()))
        })
        .and_then(|pair| pair.get(1).copied())
}

/// An element type.
struct Dtype {
    /// Bytes of one element.
    size: u64,
    /// Holds Python objects.
    objects: bool,
}

/// `numpy.dtype('f8', …)` with its state.
fn dtype_of(machine: &Machine<'_>, value: Value) -> Option<Dtype> {
    let View::Call(call) = machine.view(value) else {
        return None;
    };
    let code = machine.children(call.args).first().copied()?;
    let code = machine.constant(code, 64)?;
    let code = std::str::from_utf8(code.as_bytes()?).ok()?.to_owned();
    let code = code.trim_start_matches(['<', '>', '|', '=']);
    let kind = code.chars().next()?;
    let number = code
        .get(kind.len_utf8()..)?
        .trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    let count: Option<u64> = digits.parse().ok();
    let state: Vec<Value> = call
        .state
        .map(|s| machine.children(s).to_vec())
        .unwrap_or_default();
    let from_state = |at: usize| {
        state
            .get(at)
            .and_then(|v| machine.constant(*v, 16))
            .and_then(|c: Constant| c.as_int())
            .and_then(|n| u64::try_from(n).ok())
    };
    let flags = from_state(7).unwrap_or(0);
    let objects = kind == 'O' || flags & 1 == 1;
    let size = match kind {
        'U' => count?.checked_mul(4)?,
        'V' | 'S' | 'a' => from_state(5).or(count)?,
        '?' | 'b' if count.is_none() => 1,
        'M' | 'm' | 'O' => 8,
        'f' | 'i' | 'u' | 'b' | 'c' => count?,
        _ => return None,
    };
    Some(Dtype { size, objects })
}
