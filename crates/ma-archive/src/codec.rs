//! Decompressors behind one face. All of them are pure Rust and read through [`Input`], so what they
//! take is counted and the time limit holds inside them.
//!
//! Memory: dictionaries and windows are capped at 128 MiB; a stream that asks for more is refused
//! before anything is allocated.

use std::io::{self, Read};

use crate::input::Input;

/// The largest dictionary or window, in KiB.
pub(crate) const MAX_WINDOW_KIB: u32 = 128 * 1024;

/// Raw deflate.
#[cfg(any(feature = "zip", feature = "gzip", feature = "zlib"))]
pub(crate) fn deflate<'i, 'b>(input: &'i mut Input<'b>) -> impl Read + use<'i, 'b> {
    flate2::bufread::DeflateDecoder::new(input)
}

/// Deflate with a 64 KiB window.
#[cfg(feature = "zip")]
pub(crate) fn deflate64<'i, 'b>(input: &'i mut Input<'b>) -> impl Read + use<'i, 'b> {
    deflate64::Deflate64Decoder::with_buffer(input)
}

/// One bzip2 stream.
#[cfg(any(feature = "zip", feature = "bzip2"))]
pub(crate) fn bzip2<'i, 'b>(input: &'i mut Input<'b>) -> impl Read + use<'i, 'b> {
    bzip2::bufread::BzDecoder::new(input)
}

/// xz, several streams with padding included.
#[cfg(any(feature = "zip", feature = "xz"))]
pub(crate) fn xz<'i, 'b>(input: &'i mut Input<'b>) -> impl Read + use<'i, 'b> {
    lzma_rust2::XzReader::new_mem_limit(input, false, MAX_WINDOW_KIB)
}

/// Raw LZMA with known properties; `size` is `u64::MAX` when only an end mark tells.
#[cfg(any(feature = "zip", feature = "xz"))]
pub(crate) fn lzma<'i, 'b>(
    input: &'i mut Input<'b>,
    size: u64,
    props: u8,
    dictionary: u32,
) -> io::Result<impl Read + use<'i, 'b>> {
    let need = lzma_rust2::lzma_get_memory_usage_by_props(dictionary, props)?;
    if need > MAX_WINDOW_KIB {
        return Err(io::Error::other("the dictionary is larger than 128 MiB"));
    }
    lzma_rust2::LzmaReader::new_with_props(input, size, props, dictionary, None)
}

/// One zstd frame.
#[cfg(any(feature = "zip", feature = "zstd"))]
pub(crate) fn zstd<'i, 'b>(input: &'i mut Input<'b>) -> io::Result<impl Read + use<'i, 'b>> {
    ruzstd::decoding::StreamingDecoder::new(input).map_err(io::Error::other)
}
