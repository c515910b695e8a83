//! Says what `torch.load(weights_only=True)` would say to bare pickles:
//! `cargo run -p ma-pytorch --example weights_only -- data.pkl ...`
#![allow(clippy::print_stdout)]

use ma_core::{Blob, Budget};
use ma_pytorch::weights_only::{Verdict, verdict};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let blob = Blob::from_vec(std::fs::read(&path)?);
        let (word, why) = match verdict(&blob, 0, &Budget::default())? {
            Verdict::Loads { end } => ("loads", format!("to byte {end}")),
            Verdict::Refused { at, why } => {
                ("refused", format!("at byte {at}: {}", why.describe()))
            }
            Verdict::Broken { at } => ("broken", format!("at byte {at}")),
            Verdict::TooLarge { at } => ("too large", format!("at byte {at}")),
        };
        println!("{path}\t{word}\t{}", ma_core::text::escape(&why));
    }
    Ok(())
}
