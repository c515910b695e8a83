//! Builders of zip files: every field of both headers of every member can be set on its own.
//!
//! ```
//! use ma_testkit::zip::{Member, Zip};
//!
//! let honest = Zip::of([Member::stored("a.txt", b"text")]).bytes();
//! let liar = Zip::of([Member::stored("a.txt", b"text").central_name("b.txt")]).bytes();
//! assert_eq!(honest.len(), liar.len());
//! ```

/// CRC-32 (IEEE).
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A deflate stream that stores: blocks of at most 65,535 bytes, the last marked.
#[must_use]
pub fn deflate_stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chunks = bytes.chunks(0xffff).peekable();
    if bytes.is_empty() {
        return vec![1, 0, 0, 0xff, 0xff];
    }
    while let Some(chunk) = chunks.next() {
        let len = chunk.len() as u16;
        out.push(u8::from(chunks.peek().is_none()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(chunk);
    }
    out
}

/// What one header says.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name as bytes.
    pub name: Vec<u8>,
    /// General purpose flags.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// CRC-32.
    pub crc: u32,
    /// Packed size.
    pub packed: u32,
    /// Unpacked size.
    pub size: u32,
    /// Extra field.
    pub extra: Vec<u8>,
}

/// A member with both its headers.
#[derive(Debug, Clone)]
pub struct Member {
    /// The header before the data.
    pub local: Header,
    /// The record in the directory.
    pub central: Header,
    /// External attributes (`mode << 16`).
    pub attributes: u32,
    /// The packed bytes.
    pub data: Vec<u8>,
    /// Bytes before the local header that belong to nothing.
    pub before: Vec<u8>,
    /// Whether the directory lists it.
    pub listed: bool,
    /// Whether a data descriptor follows.
    pub descriptor: bool,
    /// An offset for the directory other than its own.
    pub offset: Option<u32>,
}

impl Member {
    /// A stored member.
    #[must_use]
    pub fn stored(name: &str, data: &[u8]) -> Self {
        Self::packed(name, 0, data.to_vec(), data)
    }

    /// A deflated member (with blocks that store).
    #[must_use]
    pub fn deflated(name: &str, data: &[u8]) -> Self {
        Self::packed(name, 8, deflate_stored(data), data)
    }

    /// A member with `packed` bytes that unpack to `data` by `method`.
    #[must_use]
    pub fn packed(name: &str, method: u16, packed: Vec<u8>, data: &[u8]) -> Self {
        let header = Header {
            name: name.as_bytes().to_vec(),
            flags: 0,
            method,
            crc: crc32(data),
            packed: packed.len() as u32,
            size: data.len() as u32,
            extra: Vec::new(),
        };
        Self {
            local: header.clone(),
            central: header,
            attributes: 0o100_644 << 16,
            data: packed,
            before: Vec::new(),
            listed: true,
            descriptor: false,
            offset: None,
        }
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(name: &str, target: &str) -> Self {
        let mut member = Self::stored(name, target.as_bytes());
        member.attributes = 0o120_777 << 16;
        member
    }

    /// With another name in the directory.
    #[must_use]
    pub fn central_name(mut self, name: &str) -> Self {
        self.central.name = name.as_bytes().to_vec();
        self
    }

    /// With these flags in both headers.
    #[must_use]
    pub fn flags(mut self, local: u16, central: u16) -> Self {
        self.local.flags = local;
        self.central.flags = central;
        self
    }

    /// With sizes and CRC after the data instead of in the local header.
    #[must_use]
    pub fn with_descriptor(mut self) -> Self {
        self.local.flags |= 8;
        self.central.flags |= 8;
        (self.local.crc, self.local.packed, self.local.size) = (0, 0, 0);
        self.descriptor = true;
        self
    }

    /// Not in the directory.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// With foreign bytes before it.
    #[must_use]
    pub fn after(mut self, bytes: &[u8]) -> Self {
        self.before = bytes.to_vec();
        self
    }
}

/// A zip file.
#[derive(Debug, Clone, Default)]
pub struct Zip {
    /// Bytes before it; offsets do not count them.
    pub prefix: Vec<u8>,
    /// Its members in the order of the file.
    pub members: Vec<Member>,
    /// Bytes between the members and the directory.
    pub gap: Vec<u8>,
    /// The archive comment.
    pub comment: Vec<u8>,
    /// Bytes after the end record.
    pub suffix: Vec<u8>,
    /// A number of entries for the end record other than the true one.
    pub entries: Option<u16>,
    /// Whether zip64 records are written.
    pub zip64: bool,
}

impl Zip {
    /// An archive of these members.
    #[must_use]
    pub fn of(members: impl IntoIterator<Item = Member>) -> Self {
        Self {
            members: members.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut directory = Vec::new();
        let mut count = 0u16;
        for m in &self.members {
            body.extend(&m.before);
            let offset = m.offset.unwrap_or(body.len() as u32);
            body.extend(b"PK\x03\x04\x14\0");
            common(&mut body, &m.local);
            body.extend(&m.local.name);
            body.extend(&m.local.extra);
            body.extend(&m.data);
            if m.descriptor {
                body.extend(b"PK\x07\x08");
                for n in [m.central.crc, m.central.packed, m.central.size] {
                    body.extend(n.to_le_bytes());
                }
            }
            if m.listed {
                count = count.wrapping_add(1);
                directory.extend(b"PK\x01\x02\x14\x03\x14\0");
                common(&mut directory, &m.central);
                directory.extend([0; 6]);
                directory.extend(m.attributes.to_le_bytes());
                directory.extend(offset.to_le_bytes());
                directory.extend(&m.central.name);
                directory.extend(&m.central.extra);
            }
        }
        body.extend(&self.gap);
        let start = body.len();
        body.extend(&directory);
        let (offset, size) = (start as u32, directory.len() as u32);
        if self.zip64 {
            let at = body.len() as u64;
            body.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
            for n in [u64::from(count), count.into(), size.into(), offset.into()] {
                body.extend(n.to_le_bytes());
            }
            body.extend(b"PK\x06\x07\0\0\0\0");
            body.extend(at.to_le_bytes());
            body.extend(1u32.to_le_bytes());
        }
        let entries = self
            .entries
            .unwrap_or(if self.zip64 { 0xffff } else { count });
        body.extend(b"PK\x05\x06\0\0\0\0");
        body.extend(entries.to_le_bytes());
        body.extend(entries.to_le_bytes());
        for n in [size, offset] {
            body.extend(if self.zip64 { u32::MAX } else { n }.to_le_bytes());
        }
        body.extend((self.comment.len() as u16).to_le_bytes());
        body.extend(&self.comment);
        body.extend(&self.suffix);
        [&self.prefix[..], &body].concat()
    }
}

/// The fields that both headers have: flags to the length of the extra field.
fn common(out: &mut Vec<u8>, header: &Header) {
    out.extend(header.flags.to_le_bytes());
    out.extend(header.method.to_le_bytes());
    // Midnight of the first day there is.
    out.extend([0, 0, 0x21, 0]);
    for n in [header.crc, header.packed, header.size] {
        out.extend(n.to_le_bytes());
    }
    out.extend((header.name.len() as u16).to_le_bytes());
    out.extend((header.extra.len() as u16).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksum() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
