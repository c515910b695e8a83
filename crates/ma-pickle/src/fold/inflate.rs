//! Decompression of literals, bounded in what it produces.
//!
//! A broken stream gives what could be unpacked before the break: a loader that reads in pieces
//! would have seen that much. Without the feature `decompress` nothing is unpacked, and the caller
//! says so.

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// zlib, with its two-byte header.
    Zlib,
    /// DEFLATE without a header.
    Deflate,
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// The older stand-alone format of LZMA.
    Lzma,
}

impl Packing {
    /// The name in reports.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zlib => "zlib",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
        }
    }

    /// The packing that the first bytes announce. A zlib header has so few bits that it is only a
    /// hint: other readings of the bytes must be tried as well.
    #[must_use]
    pub(crate) fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x5d, 0, 0, _, _, ..] => Some(Self::Lzma),
            [0x78, flags, ..] => {
                let header = u16::from_be_bytes([0x78, *flags]);
                (header.checked_rem(31) == Some(0) && flags & 0x20 == 0).then_some(Self::Zlib)
            }
            _ => None,
        }
    }
}

/// Unpacks at most `limit` bytes; `None` when nothing at all can be unpacked.
#[cfg(feature = "decompress")]
#[must_use]
pub(crate) fn inflate(packing: Packing, bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    use std::io::Read;
    let reader: Box<dyn Read + '_> = match packing {
        Packing::Zlib => Box::new(flate2::read::ZlibDecoder::new(bytes)),
        Packing::Deflate => Box::new(flate2::read::DeflateDecoder::new(bytes)),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        Packing::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(bytes)),
        Packing::Xz => Box::new(lzma_rust2::XzReader::new(bytes, true)),
        Packing::Lzma => {
            Box::new(lzma_rust2::LzmaReader::new_mem_limit(bytes, 64 << 10, None).ok()?)
        }
    };
    let mut out = Vec::new();
    let mut reader = reader.take(u64::try_from(limit).unwrap_or(u64::MAX));
    // An error after some output leaves that output: it is what a loader would have seen.
    let whole = reader.read_to_end(&mut out).is_ok();
    (whole || !out.is_empty()).then_some(out)
}

/// Without the feature `decompress` nothing can be unpacked.
#[cfg(not(feature = "decompress"))]
#[must_use]
pub(crate) fn inflate(_packing: Packing, _bytes: &[u8], _limit: usize) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_0_pickle_is_not_taken_for_zlib() {
        assert_eq!(Packing::sniff(b"(S'echo'\nios\nsystem\n."), None);
        assert_eq!(Packing::sniff(&[0x78, 0x9c, 0]), Some(Packing::Zlib));
        assert_eq!(Packing::sniff(&[0x78, 0x9d, 0]), None);
    }

    #[cfg(feature = "decompress")]
    #[test]
    fn output_is_bounded_and_a_broken_tail_keeps_the_head() {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![7; 100_000]).unwrap();
        let mut packed = encoder.finish().unwrap();
        assert_eq!(inflate(Packing::Zlib, &packed, 1000).unwrap().len(), 1000);
        packed.truncate(packed.len() - 5);
        assert!(!inflate(Packing::Zlib, &packed, 1 << 20).unwrap().is_empty());
        assert!(inflate(Packing::Gzip, b"nonsense", 10).is_none());
    }
}
