#![doc = include_str!("../README.md")]

pub mod behaviour;
pub mod catalogue;
pub mod marshal;
#[cfg(feature = "source")]
pub mod source;
pub mod value;
