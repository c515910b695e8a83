//! Says what the catalogue knows about globals: `cargo run --example classify -- os.system torch:serialization.os.system`
//!
//! A colon separates module and name; without one the last dot does. Without arguments, names are
//! read from standard input, one a line, so that a list can be judged at once.
#![allow(clippy::print_stdout, reason = "a command-line example")]

use std::io::BufRead;

use ma_python::catalogue::classify;

fn main() {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = std::io::stdin()
            .lock()
            .lines()
            .map_while(Result::ok)
            .collect();
    }
    for path in &names {
        let split = path
            .split_once(':')
            .or_else(|| path.split_once('\t'))
            .or_else(|| path.rsplit_once('.'));
        let (module, name) = split.unwrap_or(("builtins", path));
        let verdict = classify(module, name);
        println!(
            "{path}\t{}\t{}\t{}\t{:?}\t{}\t{}",
            verdict.grade.code(),
            verdict.capability.code(),
            verdict.role.code(),
            verdict.matched,
            verdict.path(),
            verdict.note,
        );
    }
}
