#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`ops`] | what TensorFlow operators can do |
//! | [`graph`] | graphs: reading, following values, reachability |
//! | [`savedmodel`] | SavedModel, MetaGraph, frozen graphs, Keras metadata |
//! | [`rules`] | what is an issue in them |
//! | [`tflite`] | LiteRT (TensorFlow Lite) models |
//! | [`checkpoint`] | checkpoints: index and data |
//! | [`tfjs`] | TensorFlow.js models |

pub mod checkpoint;
pub mod graph;
pub mod ops;
pub mod rules;
pub mod savedmodel;
pub mod tfjs;
pub mod tflite;

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(savedmodel::TensorFlowGraph),
        Box::new(tflite::TfLite),
        Box::new(checkpoint::CheckpointIndex),
        Box::new(checkpoint::CheckpointData),
        Box::new(checkpoint::CheckpointState),
        Box::new(tfjs::TfJs),
        Box::new(tfjs::TfJsShard),
    ]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {}
