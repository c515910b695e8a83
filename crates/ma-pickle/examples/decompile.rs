//! Shows a pickle as source: `cargo run -p ma-pickle --example decompile -- FILE`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::sync::Arc;

use ma_core::{Blob, Budget, FileSource};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: decompile FILE");
        return Ok(());
    };
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(path)?)?));
    let mut out = String::new();
    ma_pickle::decompile(&blob, &Budget::default(), &mut out, Default::default())?;
    print!("{out}");
    Ok(())
}
