//! Safetensors files, good and bad: the header is put together from texts, so that it can say anything.

use std::ops::Range;

/// The header's entry of a tensor; `name` and `dtype` are written as they are.
#[must_use]
pub fn tensor(name: &str, dtype: &str, shape: &[u64], at: Range<u64>) -> String {
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    format!(
        "\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
        shape.join(","),
        at.start,
        at.end
    )
}

/// A file with these entries in its header, padded as the reference implementation pads it, and this
/// data.
#[must_use]
pub fn file(entries: &[String], data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{{}}}", entries.join(","));
    while header.len() % 8 != 0 {
        header.push(' ');
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(data);
    file
}
