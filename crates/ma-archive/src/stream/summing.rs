//! Checksums of what passes through a reader.

use std::io::{self, Read};

/// CRC-32 or Adler-32, and the number of bytes.
pub(crate) trait Sum {
    /// Takes bytes in.
    fn update(&mut self, bytes: &[u8]);
}

/// Adler-32 (RFC 1950).
pub(crate) struct Adler {
    a: u32,
    b: u32,
}

impl Default for Adler {
    fn default() -> Self {
        Self { a: 1, b: 0 }
    }
}

impl Adler {
    const MODULUS: u32 = 65_521;

    /// The value so far.
    pub(crate) fn value(&self) -> u32 {
        (self.b << 16) | self.a
    }
}

impl Sum for Adler {
    fn update(&mut self, bytes: &[u8]) {
        // 5,552 is the longest run for which the sums fit in 32 bits.
        for run in bytes.chunks(5552) {
            for byte in run {
                self.a = self.a.wrapping_add(u32::from(*byte));
                self.b = self.b.wrapping_add(self.a);
            }
            self.a %= Self::MODULUS;
            self.b %= Self::MODULUS;
        }
    }
}

impl Sum for crc32fast::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }
}

/// A reader that sums what it hands on.
pub(crate) struct Summing<R, S> {
    inner: R,
    /// The sum.
    pub(crate) sum: S,
    /// Bytes so far.
    pub(crate) len: u64,
}

impl<R, S> Summing<R, S> {
    pub(crate) fn new(inner: R, sum: S) -> Self {
        Self { inner, sum, len: 0 }
    }
}

impl<R: Read, S: Sum> Read for Summing<R, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.sum.update(buf.get(..n).unwrap_or(&[]));
        self.len = self.len.saturating_add(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adler_of_a_known_text() {
        let mut adler = Adler::default();
        adler.update(b"Wikipedia");
        assert_eq!(adler.value(), 0x11e6_0398);
    }
}
