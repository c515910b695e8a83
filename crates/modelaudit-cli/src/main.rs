//! The command line: arguments in, report and exit code out.
fn main() {}
