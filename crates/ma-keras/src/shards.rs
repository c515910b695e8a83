//! Maps of sharded weights.
//!
//! ```text
//! {"metadata": {"total_size": n}, "weight_map": {"/layers/dense/vars": "model_00000.weights.h5" or a list}}
//! ```

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::{OrBroken, json};

/// Which file some weights are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The path of the weights.
    pub weights: String,
    /// The file.
    pub file: String,
    /// Where it is written.
    pub range: Range<u64>,
}

/// Reads a map; with it whether all of it could be read. Repeated keys are all taken.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn read(blob: &Blob, budget: &Budget) -> Result<(Vec<Shard>, bool), ScanError> {
    let mut shards = Vec::new();
    let Ok(document) = json::parse(blob, budget).or_broken()? else {
        return Ok((shards, false));
    };
    let root = document.root();
    let maps = root.iter().flat_map(|root| root.members());
    for map in maps.filter(|m| m.key == "weight_map") {
        for member in map.value.members() {
            budget.charge_steps(1)?;
            let listed = member.value.items();
            for value in std::iter::once(member.value).chain(listed) {
                if let Some(file) = value.as_str() {
                    shards.push(Shard {
                        weights: member.key.to_owned(),
                        file: file.to_owned(),
                        range: value.range(),
                    });
                }
            }
        }
    }
    Ok((shards, document.broken.is_none()))
}
