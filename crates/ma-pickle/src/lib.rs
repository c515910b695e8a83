#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`opcode`], [`decode`] | bytes → opcodes |
//! | [`machine`], [`value`], [`event`] | opcodes → what a loader would import, call and change |
//! | [`mod@trace`], [`mod@decompile`] | the same as lists and as Python-like source |
//! | `fold`, `judge`, `nested` | what constants become, what events mean, what hides in values |
//! | [`streams`] | all streams of a file, with the raw data between them |
//! | [`rules`], [`scanner`] | what is reported, and the way in |
//! | [`mod@facts`] | what other readers of pickles ask for: opcodes, globals, storages |

pub mod decode;
pub mod decompile;
pub mod event;
pub mod facts;
mod fold;
#[doc(hidden)]
pub mod fuzz;
mod inspect;
mod judge;
mod literal;
pub mod machine;
mod nested;
pub mod opcode;
mod probe;
mod render;
pub mod rules;
pub mod scanner;
pub mod streams;
pub mod trace;
pub mod value;
mod window;

pub use decode::{DecodeEnd, Opcode, Opcodes};
pub use decompile::decompile;
pub use event::{Anomaly, Event, Observer, Pause, Raw, StreamEnd};
pub use facts::{PickleFacts, facts};
pub use machine::{Machine, Stats};
pub use opcode::Op;
pub use rules::RULES;
pub use scanner::{Pickle, scan_bytes};
pub use trace::{Trace, trace};
pub use value::{
    Call, CallKind, ConstKind, Constant, ContainerKind, Global, GlobalId, Items, Taint, Text,
    Value, View,
};
