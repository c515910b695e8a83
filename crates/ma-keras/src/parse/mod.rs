//! A configuration in JSON to what it builds.
//!
//! ```text
//! {"module": "keras.layers", "class_name": "Dense", "config": {…}, "registered_name": null,
//!  "build_config": {…}, "compile_config": {…}, "shared_object_id": n, "inbound_nodes": […]}
//! ```
//!
//! Any object with `class_name`, at any depth, stands for something that the loader builds: layers,
//! cells and wrapped layers, initializers, optimizers, losses, functions (`class_name: function`, the
//! name as `config`), lambdas, type specifications. Keras 2 and 1 write the same without `module`, the
//! layers of a `Sequential` as a bare list, functions by plain names, lambdas as lists. Texts that are
//! themselves JSON (metadata of SavedModels) are read as well. Follows `serialization_lib` of Keras
//! 3.15.1 and tf_keras 2.21.0.
//!
//! Where a key occurs twice, Python takes the last and other readers the first: an object is looked at
//! both ways, and the values of both are walked.
//!
//! Cost: the text once, and its tree in memory (bounded by `ma_wire::json`); nothing recurses. Lists
//! that are kept are bounded; what did not fit is said in [`Config::cut`].

mod base64;
mod details;
mod lambda;
mod object;
mod record;
mod walk;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::{OrBroken, json};

use crate::model::{Code, Config, Place};

/// Texts inside texts inside texts.
const MAX_EMBEDDED_DEPTH: usize = 4;

/// Reads a configuration. A broken one is a result, not an error: what came before the break is
/// looked at.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Config, ScanError> {
    let mut record = record::Record::new();
    match json::parse(blob, budget).or_broken()? {
        Ok(document) => {
            record.config.broken = document.broken;
            if document.liberties.cut {
                record.cut("long texts");
            }
            walk::walk(&document, "", None, budget, &mut record)?;
        }
        Err(broken) => record.config.broken = Some(broken),
    }
    for _ in 0..MAX_EMBEDDED_DEPTH {
        for text in std::mem::take(&mut record.embedded) {
            // A text that is no JSON is just a text.
            let bytes = text.text.into_bytes();
            if let Ok(document) = json::parse(&Blob::from_vec(bytes), budget).or_broken()? {
                walk::walk(
                    &document,
                    &text.route,
                    Some(text.range),
                    budget,
                    &mut record,
                )?;
            }
        }
    }
    if !record.embedded.is_empty() {
        record.cut("texts inside texts");
    }
    Ok(record.finish())
}

/// Code in a text of another kind, when there is some.
pub(crate) fn look_for_code(text: &str, range: std::ops::Range<u64>) -> Option<Code> {
    let place = || Place {
        route: String::new(),
        layer: None,
        range,
    };
    lambda::sniff(text, place)
}

#[cfg(test)]
mod tests;
