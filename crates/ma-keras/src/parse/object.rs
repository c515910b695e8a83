//! One object with a `class_name`: what the loader would build from it.

use ma_wire::json::{Node, NodeKind};

use super::details;
use super::walk::{Frame, Walk};
use crate::model::{CodeForm, PathUse, Place, Reference, TfSymbol, TorchModule};
use crate::names;
use crate::resolve::{RefKind, Resolution, bare, resolve};

/// Names that stand for values and not for something that is looked up.
const VALUES: &[&str] = &[
    "__tensor__",
    "__numpy__",
    "__bytes__",
    "__keras_tensor__",
    "__slice__",
    "__ellipsis__",
    "__tuple__",
    "TensorShape",
    "CompositeTensor",
    "TypeSpec",
];

/// The classes whose protection older loaders skip when `module` is missing.
const GUARDED: &[&str] = &["Lambda", "TorchModuleWrapper", "TFSMLayer"];

/// An object as one reader sees it, who takes the last, or the first, of equal keys.
struct View<'d> {
    class: &'d str,
    /// Where the class is written.
    class_node: Node<'d>,
    module: Option<Node<'d>>,
    registered: Option<&'d str>,
    config: Option<Node<'d>>,
    spec: Option<&'d str>,
}

fn view<'d>(pick: impl Fn(&str) -> Option<Node<'d>>) -> Option<View<'d>> {
    let class_node = pick("class_name")?;
    Some(View {
        class: class_node.as_str()?,
        class_node,
        module: pick("module"),
        registered: pick("registered_name").and_then(|n| n.as_str()),
        config: pick("config"),
        spec: pick("spec_name").and_then(|n| n.as_str()),
    })
}

/// The first member of that key.
fn first<'d>(node: Node<'d>, key: &str) -> Option<Node<'d>> {
    node.members().find(|m| m.key == key).map(|m| m.value)
}

impl<'d> Walk<'d, '_> {
    /// An object of a class.
    pub(super) fn built(&mut self, frame: &Frame<'d>) {
        let node = frame.node;
        let last = view(|key| node.get(key));
        let before = view(|key| first(node, key));
        let same = |a: &View<'_>, b: &View<'_>| {
            let at = |n: Option<Node<'_>>| n.map(|n| n.range().start);
            a.class_node.range() == b.class_node.range()
                && at(a.module) == at(b.module)
                && at(a.config) == at(b.config)
                && a.registered == b.registered
        };
        let twice = match (&last, &before) {
            (Some(a), Some(b)) => !same(a, b),
            _ => false,
        };
        if let Some(view) = &last {
            if frame.depth == 0 && view.module.is_some() {
                self.record.with_modules = true;
            }
            self.look(frame, view, false);
        }
        if twice && let Some(view) = &before {
            self.look(frame, view, true);
        }
    }

    fn look(&mut self, frame: &Frame<'d>, view: &View<'d>, other_reader: bool) {
        if VALUES.contains(&view.class) {
            return;
        }
        if view.class == "__lambda__" {
            self.lambda(frame, view);
            return;
        }
        let (kind, name) = match view.class {
            "function" => match view.config.and_then(|c| c.as_str()) {
                Some(name) => {
                    // The name is no text for people.
                    if let Some(config) = view.config {
                        self.done(config);
                    }
                    (RefKind::Function, name)
                }
                None => return,
            },
            "__typespec__" => (RefKind::TypeSpec, view.spec.unwrap_or_default()),
            class => (RefKind::Class, class),
        };
        if kind == RefKind::Class && view.config.is_none() && view.module.is_none() {
            return;
        }
        if kind == RefKind::Function {
            self.name(frame, view, kind, name);
            return;
        }
        // What is said of an object is said of the layer that it is.
        let own = frame.inside();
        self.name(&own, view, kind, name);
        if kind == RefKind::Class {
            if !other_reader {
                details::note_layer(frame, self.record, view.module);
            }
            self.special(&own, view);
        }
    }

    /// A name that is looked up.
    fn name(&mut self, frame: &Frame<'d>, view: &View<'d>, kind: RefKind, name: &'d str) {
        let module = view.module.and_then(|m| m.as_str());
        let (mut name, mut resolution) = (name, resolve(kind, module, name));
        // `tf_keras` takes the registered name out of the module where the other is not in it.
        if let (Some(registered), Some(_)) = (view.registered, module) {
            let other = resolve(kind, module, registered);
            if other.harm() > resolution.harm().max(1) {
                (name, resolution) = (registered, other);
            }
        }
        if let Resolution::BuiltIn { exported } = resolution {
            let own = |registered: &str| {
                registered == name || registered == view.class || registered == "function"
            };
            let renamed = view.registered.filter(|r| {
                let theirs = r.strip_prefix("Custom>").unwrap_or(r);
                exported && !own(theirs)
            });
            if let Some(registered) = renamed
                && self.record.fits(|c| &c.renamed, "registered names")
            {
                let item = (
                    self.place(frame, None, frame.node),
                    registered.to_owned(),
                    name.to_owned(),
                );
                self.record.config.renamed.push(item);
            }
            return;
        }
        // The arguments stand in the layer around a function, and in its own configuration otherwise.
        let (around, config) = match kind {
            RefKind::Function => {
                let layer = frame.layer;
                (
                    layer.unwrap_or(frame.node),
                    layer.and_then(|l| l.get("config")),
                )
            }
            _ => (frame.node, view.config),
        };
        let given = match kind {
            RefKind::Function => config.and_then(|c| c.get("arguments")),
            _ => config,
        };
        let telling = !matches!(resolution, Resolution::Custom);
        let hints = match telling {
            true => self.hints(around),
            false => details::Hints::default(),
        };
        let reference = Reference {
            place: Place::default(),
            kind,
            module: module.map(|m| ma_core::text::shorten(m, 200).into_owned()),
            name: ma_core::text::shorten(name, 200).into_owned(),
            registered: view
                .registered
                .map(|r| ma_core::text::shorten(r, 200).into_owned()),
            resolution,
            arguments: match telling {
                true => given.map(details::arguments).unwrap_or_default(),
                false => String::new(),
            },
            url: hints.url,
            extracts: hints.extracts,
            repeats: 0,
        };
        self.refer(reference, frame, None, frame.node);
    }

    /// `{"class_name": "__lambda__", …}`
    fn lambda(&mut self, frame: &Frame<'d>, view: &View<'d>) {
        let Some(config) = view.config else {
            return;
        };
        for key in ["code", "value"] {
            for member in config.members().filter(|m| m.key == key) {
                let code = match member.value.kind() {
                    NodeKind::Array => member.value.items().next(),
                    _ => Some(member.value),
                };
                if let Some(code) = code {
                    self.code(frame, key, code, CodeForm::Lambda);
                }
            }
        }
        if config.as_str().is_some() {
            self.code(frame, "config", config, CodeForm::Lambda);
        }
    }

    /// What single classes do beyond computing.
    fn special(&mut self, frame: &Frame<'d>, view: &View<'d>) {
        let class = bare(view.class);
        let missing = view.module.is_none() && self.record.with_modules;
        if missing
            && GUARDED.contains(&class)
            && frame.depth > 0
            && self
                .record
                .fits(|c| &c.without_module, "layers without module")
        {
            let item = (self.place(frame, None, frame.node), class.to_owned());
            self.record.config.without_module.push(item);
        }
        let Some(config) = view.config else {
            return;
        };
        let legacy = config.get("function_type").is_some();
        if class == "Lambda" || legacy {
            self.legacy_lambda(frame, config);
        }
        match class {
            "TFSMLayer" => {
                for member in config.members().filter(|m| m.key == "filepath") {
                    if let Some(path) = member.value.as_str()
                        && self.record.fits(|c| &c.saved_models, "SavedModels")
                    {
                        self.done(member.value);
                        let item = PathUse {
                            place: self.place(frame, Some("config.filepath"), member.value),
                            class: class.to_owned(),
                            key: "filepath".to_owned(),
                            path: path.to_owned(),
                        };
                        self.record.config.saved_models.push(item);
                    }
                }
            }
            "TorchModuleWrapper" => self.torch_module(frame, config),
            "TFOpLambda" | "SlicingOpLambda" | "ClassMethod" | "InstanceMethod"
            | "InstanceProperty" => self.tf_function(frame, config),
            "TensorFlowOpLayer" => self.tf_node(frame, config),
            _ => {}
        }
    }

    /// Functions in a `Lambda` layer of Keras 1 and 2: a list with the code, or a text.
    fn legacy_lambda(&mut self, frame: &Frame<'d>, config: Node<'d>) {
        for key in ["function", "output_shape", "mask"] {
            let kind = config
                .get(&format!("{key}_type"))
                .and_then(|t| t.as_str())
                .unwrap_or_default();
            for member in config.members().filter(|m| m.key == key) {
                let value = member.value;
                let listed = value
                    .items()
                    .next()
                    .filter(|first| first.as_str().is_some());
                if let Some(code) = listed.filter(|_| kind != "raw") {
                    self.code(frame, &format!("config.{key}"), code, CodeForm::Legacy);
                } else if value.as_str().is_some() && kind == "lambda" {
                    self.code(frame, &format!("config.{key}"), value, CodeForm::Legacy);
                } else if let Some(name) = value.as_str().filter(|_| key == "function") {
                    self.done(value);
                    self.named_function(frame, config, value, name);
                }
            }
        }
    }

    /// A `Lambda` layer with a function that is looked up by its name.
    fn named_function(
        &mut self,
        frame: &Frame<'d>,
        config: Node<'d>,
        value: Node<'d>,
        name: &'d str,
    ) {
        let module = config.get("module").and_then(|m| m.as_str());
        // `__main__` and the like say where the function was once defined.
        let resolution = resolve(RefKind::Function, module, name);
        if matches!(resolution, Resolution::BuiltIn { .. }) {
            return;
        }
        let given = config.get("arguments");
        let hints = self.hints(frame.node);
        let reference = Reference {
            module: module.map(|m| ma_core::text::shorten(m, 200).into_owned()),
            resolution,
            arguments: given.map(details::arguments).unwrap_or_default(),
            url: hints.url,
            extracts: hints.extracts,
            ..Reference::custom(name)
        };
        self.refer(reference, frame, Some("config.function"), value);
    }

    fn torch_module(&mut self, frame: &Frame<'d>, config: Node<'d>) {
        for member in config.members().filter(|m| m.key == "module") {
            let Some(text) = member.value.as_str() else {
                continue;
            };
            self.done(member.value);
            let decoded = super::base64::decode(text);
            self.record.torch(TorchModule {
                place: self.place(frame, Some("config.module"), member.value),
                bytes: decoded.bytes,
                decoded: decoded.complete,
            });
        }
    }

    /// A function of TensorFlow as a layer.
    fn tf_function(&mut self, frame: &Frame<'d>, config: Node<'d>) {
        for member in config.members() {
            if !matches!(member.key, "function" | "cls_symbol" | "cls_ref") {
                continue;
            }
            if let Some(name) = member.value.as_str() {
                self.tf_symbol(frame, member.key, member.value, name);
            }
        }
    }

    fn tf_symbol(&mut self, frame: &Frame<'d>, key: &str, node: Node<'d>, name: &str) {
        if let Some(act) = names::tf_symbol(name)
            && self.record.fits(|c| &c.tf_symbols, "TensorFlow functions")
        {
            let item = TfSymbol {
                place: self.place(frame, Some(&format!("config.{key}")), node),
                name: name.to_owned(),
                act,
            };
            self.record.config.tf_symbols.push(item);
        }
    }

    /// An operator of TensorFlow as a layer: its node as JSON or as text.
    fn tf_node(&mut self, frame: &Frame<'d>, config: Node<'d>) {
        for member in config.members().filter(|m| m.key == "node_def") {
            let written = member.value.as_str().and_then(details::op_of);
            let op = match member.value.get("op").and_then(|op| op.as_str()) {
                Some(op) => Some(op),
                None => written,
            };
            if let Some(op) = op {
                self.tf_symbol(frame, "node_def", member.value, &format!("op:{op}"));
            }
        }
    }
}
