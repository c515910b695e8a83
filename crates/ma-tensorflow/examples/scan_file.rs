//! Scans the files that are named on the command line.

fn main() {}
