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
pub mod fuzz {
    use ma_core::{
        Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Scanner, Target,
    };

    pub use crate::tflite::fuzz::{checkpoint, tfjs, tflite};

    use crate::graph::text::to_bytes;
    use crate::savedmodel::{Form, TensorFlowGraph, read};

    /// A graph or a SavedModel, whatever it looks like; and the scanner as a whole.
    pub fn graph(bytes: &[u8]) {
        let budget = Budget::default();
        let blob = Blob::from_vec(bytes.to_vec());
        for form in [Form::SavedModel, Form::MetaGraph, Form::KerasMetadata] {
            let _ = read::read(&mut blob.cursor(&budget), 0..blob.len(), form);
        }
        let whole = 0..blob.len();
        let _ = crate::graph::read_graph(&mut blob.cursor(&budget), &[whole]);
        for name in ["x.pb", "saved_model.pb", "keras_metadata.pb"] {
            let artifact = Artifact::new(ArtifactPath::new(name), blob.clone());
            let mut found = Collector::default();
            let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
            let _ = TensorFlowGraph.scan(Target::Bytes(&artifact), &mut cx);
            let _ = TensorFlowGraph.inspect(Target::Bytes(&artifact), &mut cx);
        }
    }

    /// The text form.
    pub fn text(bytes: &[u8]) {
        for form in [Form::SavedModel, Form::MetaGraph, Form::Graph] {
            let (binary, _) = to_bytes(bytes, form);
            let budget = Budget::default();
            let blob = Blob::from_vec(binary);
            let _ = read::read(&mut blob.cursor(&budget), 0..blob.len(), form);
        }
    }
}
