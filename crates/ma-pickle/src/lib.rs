#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`opcode`], [`decode`] | bytes → opcodes |
//! | [`machine`], [`value`], [`event`] | opcodes → what a loader would import, call and change |
//! | [`trace`], [`decompile`] | the same as lists and as Python-like source |

pub mod decode;
pub mod decompile;
pub mod event;
pub mod machine;
pub mod opcode;
mod render;
pub mod trace;
pub mod value;

pub use decode::{DecodeEnd, Opcode, Opcodes};
pub use decompile::decompile;
pub use event::{Anomaly, Event, Observer, Pause, Raw, StreamEnd};
pub use machine::{Machine, Stats};
pub use opcode::Op;
pub use trace::{Trace, trace};
pub use value::{
    Call, CallKind, ConstKind, Constant, ContainerKind, Global, GlobalId, Items, Taint, Text,
    Value, View,
};
