#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | `zip`, `tar`, `sevenz`, `rar` | archives: records, reading, the opener |
//! | `stream` | single compressed streams, one file a format |
//! | [`rules`] | the archives' own rules, one file each |
//! | `anomaly`, `content`, `paths`, `claims` | what is odd about an archive, in the words of no format |
//! | `window`, `input`, `output`, `spool`, `codec`, `cache` | reading by range, unpacking within limits |

// With some formats left out, some of what they share has no user.
#![cfg_attr(
    not(all(
        feature = "zip",
        feature = "tar",
        feature = "sevenz",
        feature = "rar",
        feature = "gzip",
        feature = "bzip2",
        feature = "xz",
        feature = "zstd",
        feature = "lz4",
        feature = "zlib"
    )),
    allow(dead_code, unused_imports)
)]

mod anomaly;
mod bytes;
#[cfg(any(feature = "zip", feature = "sevenz"))]
mod cache;
mod claims;
mod codec;
mod ending;
#[cfg(any(feature = "sevenz", feature = "rar"))]
mod foreign;
#[doc(hidden)]
pub mod fuzz;
mod input;
mod output;
mod paths;
#[cfg(feature = "rar")]
mod rar;
pub mod rules;
#[cfg(feature = "sevenz")]
mod sevenz;
mod spool;
mod stream;
#[cfg(feature = "tar")]
mod tar;
mod window;
#[cfg(feature = "zip")]
mod zip;

#[cfg(feature = "rar")]
pub use rar::Rar;
pub use rules::RULES;
#[cfg(feature = "sevenz")]
pub use sevenz::SevenZ;
#[cfg(feature = "bzip2")]
pub use stream::bzip2::Bzip2;
#[cfg(feature = "gzip")]
pub use stream::gzip::Gzip;
#[cfg(feature = "lz4")]
pub use stream::lz4::Lz4;
#[cfg(feature = "zlib")]
pub use stream::zlib::{ZFile, Zlib};
#[cfg(feature = "zstd")]
pub use stream::zstd::Zstd;
#[cfg(feature = "xz")]
pub use stream::{lzma::Lzma, xz::Xz};
#[cfg(feature = "tar")]
pub use tar::Tar;
#[cfg(feature = "zip")]
pub use zip::Zip;

/// All openers that the enabled features bring.
#[must_use]
pub fn openers() -> Vec<Box<dyn ma_core::Opener>> {
    vec![
        #[cfg(feature = "zip")]
        Box::new(Zip),
        #[cfg(feature = "tar")]
        Box::new(Tar),
        #[cfg(feature = "sevenz")]
        Box::new(SevenZ),
        #[cfg(feature = "rar")]
        Box::new(Rar),
        #[cfg(feature = "gzip")]
        Box::new(Gzip),
        #[cfg(feature = "bzip2")]
        Box::new(Bzip2),
        #[cfg(feature = "xz")]
        Box::new(Xz),
        #[cfg(feature = "xz")]
        Box::new(Lzma),
        #[cfg(feature = "zstd")]
        Box::new(Zstd),
        #[cfg(feature = "lz4")]
        Box::new(Lz4),
        #[cfg(feature = "zlib")]
        Box::new(Zlib),
        #[cfg(feature = "zlib")]
        Box::new(ZFile),
    ]
}
