//! Lists the opcodes of a pickle: `cargo run -p ma-pickle --example opcodes -- FILE`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::sync::Arc;

use ma_core::{Blob, Budget, FileSource};
use ma_pickle::Opcodes;

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: opcodes FILE");
        return Ok(());
    };
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(path)?)?));
    let budget = Budget::default();
    for opcode in Opcodes::new(blob, 0, &budget) {
        match opcode {
            Ok(o) => println!("{:>10} {:<16} {:?}", o.offset, o.code.name(), o.arg),
            Err(end) => println!("{end:?}"),
        }
    }
    Ok(())
}
