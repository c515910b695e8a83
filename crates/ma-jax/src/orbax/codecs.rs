//! The codecs that readers of zarr arrays know.

/// What a codec is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// It compresses, packs or checks.
    Plain,
    /// It unpickles.
    Pickle,
    /// Nobody knows it.
    Unknown,
}

/// Of numcodecs 0.16 (its registry), of the zarr 3 specification and the extensions it lists, and of
/// TensorStore.
const PLAIN: [&str; 48] = [
    "adler32",
    "astype",
    "base64",
    "bitround",
    "blosc",
    "bytes",
    "bz2",
    "bzip2",
    "cast_value",
    "categorize",
    "checksum",
    "crc32",
    "crc32c",
    "delta",
    "fixedscaleoffset",
    "fletcher32",
    "gzip",
    "imagecodecs_jpeg2k",
    "jenkins_lookup3",
    "jpeg",
    "json2",
    "lz4",
    "lzma",
    "lzma2",
    "msgpack2",
    "n5_wrapper",
    "packbits",
    "pcodec",
    "png",
    "quantize",
    "raw",
    "reshape",
    "scale_offset",
    "sharding_indexed",
    "shuffle",
    "snappy",
    "squeeze",
    "transpose",
    "vlen-array",
    "vlen-bytes",
    "vlen-utf8",
    "webp",
    "xz",
    "zfpy",
    "zfp",
    "zlib",
    "zstandard",
    "zstd",
];

/// What the codec of that id is; ids of numcodecs are also written with `numcodecs.` before them.
pub(super) fn of(id: &str) -> Codec {
    let plain = id.strip_prefix("numcodecs.").unwrap_or(id);
    let plain = plain.to_ascii_lowercase();
    if plain == "pickle" {
        Codec::Pickle
    } else if PLAIN.contains(&plain.as_str()) {
        Codec::Plain
    } else {
        Codec::Unknown
    }
}
