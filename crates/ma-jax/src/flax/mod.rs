//! Flax checkpoints: model, parser and scanner.

mod dtype;
pub mod model;
pub mod msgpack;
mod parse;
mod scanner;

pub use parse::parse;
pub use scanner::Flax;
