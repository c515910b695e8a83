#![doc = include_str!("../README.md")]

pub mod golden;
pub mod malformed;
pub mod manifest;
pub mod msgpack;
pub mod npy;
pub mod pickle;
pub mod proto;
pub mod run;
pub mod safetensors;
pub mod tar;
pub mod torch;
pub mod zip;

pub use golden::{Scan, check_folder, check_rules};
