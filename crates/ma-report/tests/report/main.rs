//! Reports against what they are expected to be, and JSON against its published schema.
//!
//! `UPDATE_EXPECTED=1 cargo test -p ma-report` writes the expected files anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod json;
mod sample;
mod schema;
mod text;

use std::path::Path;

/// Compares with a file of `tests/expected`.
fn expect(name: &str, got: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name);
    let got = std::str::from_utf8(got).expect("reports are UTF-8");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        got == want,
        "{} differs from what was written; got:\n{got}",
        path.display()
    );
}
