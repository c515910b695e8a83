//! Builders of tar files, header by header.
//!
//! ```
//! use ma_testkit::tar::Tar;
//!
//! let bytes = Tar::new().file("a.txt", b"text").link(b'2', "l", "a.txt").bytes();
//! assert_eq!(bytes.len() % 512, 0);
//! ```

/// A tar file.
#[derive(Debug, Clone, Default)]
pub struct Tar {
    bytes: Vec<u8>,
}

/// A ustar header.
#[must_use]
pub fn header(name: &[u8], kind: u8, size: u64, link: &[u8]) -> [u8; 512] {
    let mut out = [0; 512];
    put(&mut out, 0, name, 100);
    put(&mut out, 100, b"0000644\0", 8);
    put(&mut out, 108, b"0001750\0", 8);
    put(&mut out, 116, b"0001750\0", 8);
    put(&mut out, 124, format!("{size:011o}\0").as_bytes(), 12);
    put(&mut out, 136, b"00000000000\0", 12);
    out[156] = kind;
    put(&mut out, 157, link, 100);
    put(&mut out, 257, b"ustar\x0000", 8);
    sum(&mut out);
    out
}

/// Writes the checksum that fits.
pub fn sum(header: &mut [u8; 512]) {
    put(header, 148, b"        ", 8);
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    put(header, 148, format!("{sum:06o}\0 ").as_bytes(), 8);
}

fn put(header: &mut [u8; 512], at: usize, bytes: &[u8], most: usize) {
    let n = bytes.len().min(most);
    header[at..at + n].copy_from_slice(&bytes[..n]);
}

impl Tar {
    /// An archive without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a file.
    #[must_use]
    pub fn file(self, name: &str, data: &[u8]) -> Self {
        self.raw(&header(name.as_bytes(), b'0', data.len() as u64, b""), data)
    }

    /// With a member of that type and without data: `2` symbolic link, `1` hard link, `3` device …
    #[must_use]
    pub fn link(self, kind: u8, name: &str, target: &str) -> Self {
        self.raw(&header(name.as_bytes(), kind, 0, target.as_bytes()), b"")
    }

    /// With a pax header for the next member.
    #[must_use]
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        let mut data = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut len = rest + 1;
            while len != rest + len.to_string().len() {
                len = rest + len.to_string().len();
            }
            data.extend(format!("{len} {key}={value}\n").into_bytes());
        }
        self.raw(
            &header(b"./PaxHeaders/x", b'x', data.len() as u64, b""),
            &data,
        )
    }

    /// With a GNU long name (`L`) or link target (`K`) for the next member.
    #[must_use]
    pub fn long(self, kind: u8, text: &str) -> Self {
        let data = [text.as_bytes(), b"\0"].concat();
        self.raw(
            &header(b"././@LongLink", kind, data.len() as u64, b""),
            &data,
        )
    }

    /// With this header block and data, padded to whole blocks.
    #[must_use]
    pub fn raw(mut self, header: &[u8; 512], data: &[u8]) -> Self {
        self.bytes.extend(header);
        self.bytes.extend(data);
        let padded = self.bytes.len().next_multiple_of(512);
        self.bytes.resize(padded, 0);
        self
    }

    /// With the two blocks of zeros that end an archive.
    #[must_use]
    pub fn end(mut self) -> Self {
        self.bytes.extend([0; 1024]);
        self
    }

    /// The file, with its end.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.end().bytes
    }

    /// The file as far as it was written.
    #[must_use]
    pub fn unfinished(self) -> Vec<u8> {
        self.bytes
    }
}
