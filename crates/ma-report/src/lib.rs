#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`text`] | reports for people |
//! | [`json`] | reports for programs |
//! | [`rules`], [`formats`] | catalogues |
//! | [`inspect`] | what a file holds |
//! | `outcome` | what a report amounts to: the verdict and the exit code |
//! | `out`, `style` | writing lines: styles, wrapping, the ASCII fallback |

pub mod formats;
pub mod inspect;
pub mod json;
mod out;
mod outcome;
pub mod rules;
mod sizes;
mod style;
pub mod text;

pub use out::TextOptions;
pub use outcome::{Bar, Outcome};
pub use sizes::bytes;
pub use style::Styles;
