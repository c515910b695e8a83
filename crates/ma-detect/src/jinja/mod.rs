//! Jinja chat templates: the one part of many model files that is a program, rendered with every
//! message.
//!
//! [`Template`] takes templates themselves; [`Carrier`] takes the JSON configurations that hold some
//! and hands each on. A template is parsed by a reader of our own ([`parse`]): it keeps the place of
//! everything, goes on after a tag that can't be read (other engines accept what Jinja2 refuses), and
//! its flat tree can't overflow the stack, however a hostile template nests. Then it is evaluated
//! with an unknown conversation, which folds names that are put together and tells what is written
//! when; nothing is rendered. The rules judge what came out.
//!
//! Cost: linear in the template, plus a bounded unrolling of loops and macros.

pub mod ast;
mod carrier;
mod eval;
mod facts;
pub mod lexer;
mod names;
pub mod parse;
pub mod rules;
mod scanner;
mod show;
mod text;
mod value;

pub use carrier::Carrier;
pub use rules::{CARRIER_RULES, RULES};
pub use scanner::Template;
