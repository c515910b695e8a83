//! Writes Protocol Buffers field by field, so that broken messages can be built too.
//!
//! ```
//! use ma_testkit::proto::Message;
//!
//! let inner = Message::new().text(1, "hi");
//! let bytes = Message::new().varint(1, 150).message(2, &inner).build();
//! assert_eq!(bytes, b"\x08\x96\x01\x12\x04\x0a\x02hi");
//! ```

/// A varint.
#[must_use]
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// The tag of a field: its number and wire type.
#[must_use]
pub fn tag(number: u32, wire: u8) -> Vec<u8> {
    varint(u64::from(number) << 3 | u64::from(wire))
}

/// A field that holds a number as a varint.
#[must_use]
pub fn field_varint(number: u32, value: u64) -> Vec<u8> {
    [tag(number, 0), varint(value)].concat()
}

/// A field that holds bytes: text, a message, packed numbers.
#[must_use]
pub fn field_bytes(number: u32, value: &[u8]) -> Vec<u8> {
    [tag(number, 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A message that is built field by field, in the order of the calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// A message without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a number as a varint.
    #[must_use]
    pub fn varint(self, number: u32, value: u64) -> Self {
        self.raw(&field_varint(number, value))
    }

    /// With a signed number as `int32` and `int64` are written.
    #[must_use]
    pub fn int(self, number: u32, value: i64) -> Self {
        self.varint(number, value.cast_unsigned())
    }

    /// With these bytes.
    #[must_use]
    pub fn bytes(self, number: u32, value: &[u8]) -> Self {
        self.raw(&field_bytes(number, value))
    }

    /// With this text.
    #[must_use]
    pub fn text(self, number: u32, value: &str) -> Self {
        self.bytes(number, value.as_bytes())
    }

    /// With a nested message.
    #[must_use]
    pub fn message(self, number: u32, value: &Self) -> Self {
        self.bytes(number, &value.0)
    }

    /// With one field for each of these messages.
    #[must_use]
    pub fn messages<'a>(self, number: u32, values: impl IntoIterator<Item = &'a Self>) -> Self {
        values
            .into_iter()
            .fold(self, |message, value| message.message(number, value))
    }

    /// With a `float`.
    #[must_use]
    pub fn float(self, number: u32, value: f32) -> Self {
        self.raw(&[tag(number, 5), value.to_le_bytes().to_vec()].concat())
    }

    /// With a `double`.
    #[must_use]
    pub fn double(self, number: u32, value: f64) -> Self {
        self.raw(&[tag(number, 1), value.to_le_bytes().to_vec()].concat())
    }

    /// With packed varints.
    #[must_use]
    pub fn packed(self, number: u32, values: &[u64]) -> Self {
        let all: Vec<u8> = values.iter().flat_map(|v| varint(*v)).collect();
        self.bytes(number, &all)
    }

    /// With these bytes as they are: fields made elsewhere, or what is no field.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// The bytes.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        self.0
    }
}
