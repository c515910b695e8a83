//! Readers: the pickle of a checkpoint, JSON with all its repetitions, the imports of a native library.

pub mod json;
pub mod native;
pub mod object;
