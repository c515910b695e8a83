//! Plain data of the messages around a graph, with a byte range on everything.

use std::collections::HashMap;
use std::ops::Range;

use ma_wire::Broken;

use crate::graph::model::NameHash;
use crate::graph::reach::Roots;

/// A file: one or several graphs with what belongs to them.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Version of the SavedModel layout.
    pub schema_version: Option<u64>,
    /// The graphs.
    pub meta_graphs: Vec<MetaGraph>,
    /// Where the encoding is violated.
    pub broken: Vec<Broken>,
    /// True when something was not kept because there is too much of it.
    pub cut: bool,
}

/// A graph with its signatures, assets, collections and objects (MetaGraphDef).
#[derive(Debug, Clone, Default)]
pub struct MetaGraph {
    /// Where it lies.
    pub range: Range<u64>,
    /// Its tags (`serve`, `train`).
    pub tags: Vec<String>,
    /// The version of TensorFlow that wrote it.
    pub version: String,
    /// Its GraphDef, which may be written in parts.
    pub graph: Vec<Range<u64>>,
    /// The tensor of the path that checkpoints are written to and read from.
    pub saver_filename: String,
    /// The tensor that saves.
    pub saver_save: String,
    /// The operator that restores.
    pub saver_restore: String,
    /// What can be called.
    pub signatures: Vec<Signature>,
    /// Files of the model.
    pub assets: Vec<Asset>,
    /// Named lists, by name, with their names of nodes and how many values they have.
    pub collections: Vec<Collection>,
    /// Serialised values of collections that begin like files are looked at with the graph.
    pub values: Vec<Range<u64>>,
    /// The Python objects.
    pub objects: Objects,
}

/// Something that can be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// Its inputs.
    pub inputs: Vec<TensorInfo>,
    /// Its outputs.
    pub outputs: Vec<TensorInfo>,
    /// What kind of call it is.
    pub method: String,
}

/// An input or output of a signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name in the signature.
    pub key: String,
    /// Its tensor in the graph.
    pub tensor: String,
    /// The code of its element type.
    pub dtype: u64,
    /// Its shape; -1 is any.
    pub shape: Vec<i64>,
    /// True when the number of dimensions is not fixed.
    pub unknown_rank: bool,
}

/// A file of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asset {
    /// Where it is named.
    pub range: Range<u64>,
    /// The tensor that the loader gives its path to.
    pub tensor: String,
    /// Its name below `assets/`.
    pub filename: String,
}

/// A named list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Names of nodes and tensors, when it is a list of these.
    pub nodes: Vec<String>,
    /// How many values it has.
    pub count: u64,
}

/// The Python objects of a model (SavedObjectGraph).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    /// How many there are.
    pub count: u64,
    /// The names of registered classes, with the first object that has them.
    pub registered: Vec<(String, Range<u64>)>,
    /// Objects with metadata of Keras: number, identifier, where the JSON lies.
    pub keras: Vec<KerasObject>,
    /// Functions that loading runs.
    pub on_load: Vec<String>,
    /// Functions that restoring and saving run.
    pub on_restore: Vec<String>,
    /// Functions that saving runs.
    pub on_save: Vec<String>,
}

/// A Keras object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KerasObject {
    /// Its number.
    pub node: u64,
    /// What it is (`_tf_keras_layer`).
    pub identifier: String,
    /// Where its JSON lies.
    pub metadata: Range<u64>,
}

impl MetaGraph {
    /// Where running begins.
    #[must_use]
    pub fn roots(&self) -> Roots {
        use crate::graph::reach::When;
        let mut roots = Roots::default();
        for collection in &self.collections {
            if matches!(
                collection.name.as_str(),
                "saved_model_main_op" | "legacy_init_op" | "saved_model_init_op"
            ) {
                collection
                    .nodes
                    .iter()
                    .for_each(|n| roots.tensor(n, When::Load));
            }
        }
        for signature in &self.signatures {
            let when = match signature.name.as_str() {
                "__saved_model_init_op" => When::Load,
                _ => When::Call,
            };
            signature
                .outputs
                .iter()
                .for_each(|o| roots.tensor(&o.tensor, when));
        }
        if !self.saver_restore.is_empty() {
            roots.tensor(&self.saver_restore, When::Restore);
        }
        if !self.saver_save.is_empty() {
            roots.tensor(&self.saver_save, When::Save);
        }
        let lists = [
            (&self.objects.on_load, When::Load),
            (&self.objects.on_restore, When::Restore),
            (&self.objects.on_save, When::Save),
        ];
        for (names, when) in lists {
            names.iter().for_each(|n| roots.function(n, when));
        }
        roots
    }

    /// The nodes that the loader gives paths of assets to, with the names of the files.
    #[must_use]
    pub fn asset_nodes(&self) -> HashMap<NameHash, String> {
        let assets = self.assets.iter();
        let node = |a: &Asset| {
            (
                crate::graph::read::input(a.tensor.as_bytes()).name,
                a.filename.clone(),
            )
        };
        assets.map(node).collect()
    }

    /// Whether there is anything that says what runs when.
    #[must_use]
    pub fn has_signatures(&self) -> bool {
        !self.signatures.is_empty()
    }
}
