//! Prints the top-level fields of files that are protobuf messages.
#![allow(clippy::print_stdout)]

use std::{env, fs};

use ma_core::{Blob, Budget};
use ma_wire::protobuf::Fields;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in env::args().skip(1) {
        let (blob, budget) = (Blob::from_vec(fs::read(&path)?), Budget::default());
        let mut cursor = blob.cursor(&budget);
        let mut fields = Fields::new(0..blob.len());
        while let Some(field) = fields.next(&mut cursor)? {
            println!("{path}: {} {:?}", field.number, field.value);
        }
    }
    Ok(())
}
