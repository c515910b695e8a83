//! Orbax checkpoints and zarr arrays: their metadata, which is JSON, and their key-value stores.

mod codecs;
mod metadata;
pub mod model;
mod ocdbt;
mod scanner;

pub use metadata::read;
pub use ocdbt::Ocdbt;
pub use scanner::Metadata;
