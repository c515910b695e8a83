//! Rows of the tables of evasions, and how they are checked.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use ma_core::Severity;
use ma_testkit::pickle::Pickle;

/// The worst that is said of a file.
pub fn worst(bytes: &[u8]) -> Option<Severity> {
    let found = ma_pickle::scan_bytes("model.pkl", bytes);
    found.issues.iter().map(|i| i.severity).max()
}

/// A protocol 4 pickle in the making.
pub fn p4() -> Pickle {
    Pickle::new().proto(4)
}

/// Name, evil bytes, how bad, and the twin's bytes.
pub type Row = (&'static str, Vec<u8>, Severity, Vec<u8>);

/// Each evil file is seen, and each twin is silent.
pub fn check(rows: Vec<Row>) {
    let mut failures = Vec::new();
    for (id, evil, expected, twin) in rows {
        let got = worst(&evil);
        if got < Some(expected) {
            failures.push(format!("{id}: {got:?} instead of {expected:?}"));
        }
        if worst(&twin) >= Some(Severity::Warning) {
            let said = ma_pickle::scan_bytes("twin.pkl", &twin).issues;
            let said: Vec<_> = said.iter().map(|i| &i.message).collect();
            failures.push(format!("{id}: the twin is not silent: {said:?}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
