//! The built binary from the outside: what it writes where, and its exit code.
//!
//! `UPDATE_EXPECTED=1 cargo test -p modelaudit-cli --test cli` writes the expected files anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod commands;
mod findings;
mod harness;
mod mistakes;
mod outputs;
#[cfg(unix)]
mod signals;
mod targets;
