//! A configuration as plain data: what it builds, what code it carries, and where each of that stands.

use std::ops::Range;

use ma_python::marshal::Finding;
use ma_wire::Broken;

use crate::names::Act;
use crate::resolve::{RefKind, Resolution};

/// A place in a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The way to it: `config.layers[3].config.function`.
    pub route: String,
    /// The name of the layer around it, as the configuration gives it.
    pub layer: Option<String>,
    /// Its bytes in the text.
    pub range: Range<u64>,
}

/// A class or function that is named and is not one of Keras's own parts of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where.
    pub place: Place,
    /// What it stands for.
    pub kind: RefKind,
    /// The module as written.
    pub module: Option<String>,
    /// The name as written.
    pub name: String,
    /// The name that it was registered under.
    pub registered: Option<String>,
    /// What the name is.
    pub resolution: Resolution,
    /// The arguments that the layer around it hands over, as Python spells them; empty without any.
    pub arguments: String,
    /// An address of another computer among those.
    pub url: Option<String>,
    /// Whether they ask for an archive to be unpacked.
    pub extracts: bool,
    /// Other places of the same name.
    pub repeats: u64,
}

impl Reference {
    /// A name that the user has to bring along, as a plain text.
    #[must_use]
    pub fn custom(name: &str) -> Self {
        Self {
            place: Place::default(),
            kind: RefKind::Function,
            module: None,
            name: ma_core::text::shorten(name, 200).into_owned(),
            registered: None,
            resolution: Resolution::Custom,
            arguments: String::new(),
            url: None,
            extracts: false,
            repeats: 0,
        }
    }

    /// `module.name`, or the name alone.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.module {
            Some(module) if !module.is_empty() => format!("{module}.{}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// How a function's bytecode is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeForm {
    /// `{"class_name": "__lambda__"}`, Keras 3 and 2.12 to 2.15.
    Lambda,
    /// `[code, defaults, closure]` or text with `function_type: lambda`, before.
    Legacy,
    /// A text elsewhere that is marshalled code.
    Text,
}

/// Bytecode in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Where.
    pub place: Place,
    /// How it is written down.
    pub form: CodeForm,
    /// What of it does harm.
    pub findings: Vec<Finding>,
    /// The version of Python whose bytecode it is.
    pub python: Option<String>,
    /// Names of its functions.
    pub functions: Vec<String>,
    /// Names of globals and attributes.
    pub names: Vec<String>,
    /// The calls in it, as Python spells them.
    pub calls: Vec<String>,
    /// Texts in it.
    pub strings: Vec<String>,
    /// Whether it could be decoded and all of it followed.
    pub understood: bool,
    /// Number of other places with the same code.
    pub repeats: u64,
}

/// A PyTorch module inside a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorchModule {
    /// Where.
    pub place: Place,
    /// The stream that `torch.load` gets.
    pub bytes: Vec<u8>,
    /// Whether it was base64 to its end.
    pub decoded: bool,
}

/// A path that a layer opens when it is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathUse {
    /// Where.
    pub place: Place,
    /// The class of the layer.
    pub class: String,
    /// The key.
    pub key: String,
    /// The path as written.
    pub path: String,
}

/// A function or operator of TensorFlow that touches more than tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TfSymbol {
    /// Where.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// What it does.
    pub act: Act,
}

/// A key that an object has twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// Where the second one stands.
    pub place: Place,
    /// The key.
    pub key: String,
    /// Whether the two values differ.
    pub differs: bool,
    /// Bytes that only one of two readers looks at: the values, or the whole object where the key says
    /// what it is.
    pub concerns: Vec<Range<u64>>,
}

/// A layer, for people who look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// How many objects are around it.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its class with the module.
    pub class: String,
    /// What is worth knowing of its configuration.
    pub settings: String,
    /// Where it stands.
    pub offset: u64,
}

/// A configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Whether the outermost value is the configuration of something.
    pub is_keras: bool,
    /// Short facts: name, class, versions.
    pub facts: Vec<(&'static str, String)>,
    /// Names that are not parts of Keras.
    pub references: Vec<Reference>,
    /// Bytecode.
    pub codes: Vec<Code>,
    /// PyTorch modules.
    pub torch_modules: Vec<TorchModule>,
    /// SavedModels that a layer loads.
    pub saved_models: Vec<PathUse>,
    /// Files that a layer reads.
    pub files: Vec<PathUse>,
    /// What TensorFlow functions do.
    pub tf_symbols: Vec<TfSymbol>,
    /// Objects of classes that run code, without the key that the protection goes by.
    pub without_module: Vec<(Place, String)>,
    /// Names registered by the user on what is Keras's own: (place, registered name, name).
    pub renamed: Vec<(Place, String, String)>,
    /// Names that lead out of the folder of assets.
    pub escaping_names: Vec<(Place, String)>,
    /// Repeated keys.
    pub repeats: Vec<Repeat>,
    /// Layers in the order of the text.
    pub layers: Vec<Layer>,
    /// Classes with how often they are built.
    pub classes: Vec<(String, u64)>,
    /// Lists of words.
    pub vocabularies: Vec<Range<u64>>,
    /// Texts that are bytecode or pickles.
    pub encoded: Vec<Range<u64>>,
    /// Where the text stopped being JSON.
    pub broken: Option<Broken>,
    /// What was left out because there is too much of it.
    pub cut: Option<&'static str>,
}
