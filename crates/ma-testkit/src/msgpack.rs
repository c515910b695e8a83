//! Msgpack, good and bad, value by value, and what Flax makes of it.

/// A text of up to 31 bytes.
#[must_use]
pub fn text(s: &str) -> Vec<u8> {
    [&[0xa0 | s.len() as u8], s.as_bytes()].concat()
}

/// A byte string.
#[must_use]
pub fn bytes(b: &[u8]) -> Vec<u8> {
    [&[0xc4, b.len() as u8], b].concat()
}

/// An extension value.
#[must_use]
pub fn extension(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[0xc7, content.len() as u8, kind], content].concat()
}

/// An array of Flax.
#[must_use]
pub fn array(shape: &[u8], dtype: &str, data: &[u8]) -> Vec<u8> {
    let shape = [&[0x90 | shape.len() as u8], shape].concat();
    extension(1, &[vec![0x93], shape, text(dtype), bytes(data)].concat())
}

/// A map.
#[must_use]
pub fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0x80 | pairs.len() as u8];
    for (key, value) in pairs {
        out.extend(text(key));
        out.extend(value);
    }
    out
}

/// A small checkpoint as Flax writes it.
#[must_use]
pub fn model() -> Vec<u8> {
    let dense = map(&[
        ("kernel", array(&[2, 2], "float32", &[0; 16])),
        ("bias", array(&[2], "bfloat16", &[0; 4])),
    ]);
    map(&[
        ("params", map(&[("Dense_0", dense)])),
        ("step", vec![7]),
        ("name", text("digits")),
    ])
}
