//! Says of each file named on the command line which native code it is.
#![allow(clippy::print_stdout)]

use std::{env, fs};

fn main() -> std::io::Result<()> {
    for path in env::args().skip(1) {
        let bytes = fs::read(&path)?;
        let native = ma_detect::executable::recognise(&bytes, bytes.len() as u64);
        println!("{path}: {}", native.map_or("no native code", |n| n.title()));
    }
    Ok(())
}
