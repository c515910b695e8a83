//! What a class or function that a configuration names would be, for the loaders there are.
//!
//! Keras from 3.9 on builds from a name only what it exports itself, classes of its own packages, and
//! what the user registered. Keras 3.0 to 3.8, 2.13 to 2.15 and `tf_keras` to this day import any
//! `module` and take any name out of it; so a name is judged by what it is, and the version that the
//! file claims counts for nothing.

use ma_python::catalogue::{self, Grade, Matched};

use crate::names::{self, Act, Family};

/// What kind of object a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefKind {
    /// A class that is built from its configuration.
    Class,
    /// A function that is taken as it is.
    Function,
    /// A type specification.
    TypeSpec,
}

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// A part of models that Keras, or a package of its project, brings along.
    BuiltIn {
        /// Whether it is one of its public names.
        exported: bool,
    },
    /// A function of Keras that acts instead of being a part of a model.
    Acting(Act),
    /// A function of Keras that is no part of models, as far as is known.
    NoPart,
    /// Something that does harm, as the catalogue of names knows.
    Dangerous {
        /// What it does, to follow a name.
        does: &'static str,
        /// Why it matters, in a sentence.
        why: &'static str,
    },
    /// Something that no model names: the standard library, tools of other packages.
    OutOfPlace {
        /// What it does, to follow a name.
        does: &'static str,
    },
    /// Neither known nor suspicious: the user's own, or a package's.
    Custom,
}

impl Resolution {
    /// How much harm there is in it, to compare two; nothing for what is a model's business.
    #[must_use]
    pub const fn harm(&self) -> u8 {
        match self {
            Self::BuiltIn { .. } | Self::Custom => 0,
            Self::NoPart => 1,
            Self::OutOfPlace { .. } => 2,
            Self::Acting(_) => 3,
            Self::Dangerous { .. } => 4,
        }
    }
}

/// Judges a name. `module` is absent in configurations of Keras 1 and 2, and null for what was
/// registered or defined in a script.
#[must_use]
pub fn resolve(kind: RefKind, module: Option<&str>, name: &str) -> Resolution {
    // `__main__` is where the user defined it.
    let Some(module) = module.filter(|m| !m.is_empty() && *m != "__main__") else {
        return without_module(kind, name);
    };
    match names::family(module) {
        Family::Keras(module) => of_keras(kind, &module, name),
        Family::Project if kind != RefKind::Function => Resolution::BuiltIn { exported: false },
        // What Python calls so goes first: `eval` is a name in Keras, too.
        Family::Builtins => match by_catalogue("builtins", name, true) {
            harm @ Resolution::Dangerous { .. } => harm,
            other => match without_module(kind, name) {
                Resolution::Custom => other,
                known => known,
            },
        },
        Family::Project | Family::Other => match by_catalogue(module, name, false) {
            // The types of TensorFlow are what type specifications are made of.
            Resolution::Custom
                if kind == RefKind::TypeSpec && module.starts_with("tensorflow.") =>
            {
                Resolution::BuiltIn { exported: false }
            }
            found => found,
        },
    }
}

/// `Package>Name` without the package.
#[must_use]
pub fn bare(name: &str) -> &str {
    name.rsplit_once('>').map_or(name, |(_, name)| name)
}

fn without_module(kind: RefKind, name: &str) -> Resolution {
    // `tf_keras` registers its own optimizers in the package of users.
    let own = name.strip_prefix("Custom>").unwrap_or(name);
    let known = match kind {
        RefKind::Class => names::is_class(own) || names::is_function(own),
        RefKind::Function => names::is_function(own) || names::is_builtin_text(own),
        RefKind::TypeSpec => own.ends_with("Spec"),
    };
    match known {
        true => Resolution::BuiltIn { exported: false },
        false => Resolution::Custom,
    }
}

fn of_keras(kind: RefKind, module: &str, name: &str) -> Resolution {
    if let Some(act) = names::acting(module, name) {
        return Resolution::Acting(act);
    }
    let exported = names::is_exported(module, name);
    let known = match kind {
        RefKind::Class => names::is_class(name),
        RefKind::Function => names::is_function(name),
        RefKind::TypeSpec => true,
    };
    // A class may be named as a function and the other way round: both are looked up by name.
    if exported || known || names::is_class(name) || names::is_function(name) {
        return Resolution::BuiltIn { exported };
    }
    // A function may be named as a class; classes begin with a capital letter.
    let function = kind == RefKind::Function || name.starts_with(|c: char| c.is_lowercase());
    match by_catalogue(module, name, false) {
        Resolution::Custom if function => Resolution::NoPart,
        found => found,
    }
}

fn by_catalogue(module: &str, name: &str, builtins: bool) -> Resolution {
    let verdict = catalogue::classify(module, name);
    let top = verdict.module.split('.').next().unwrap_or_default();
    let stdlib = catalogue::is_stdlib(top);
    match verdict.grade {
        Grade::Dangerous => Resolution::Dangerous {
            does: verdict.capability.title(),
            why: verdict.capability.why(),
        },
        // Nothing but the name is Python's in what Keras writes as `builtins`.
        Grade::Suspicious if builtins && verdict.matched != Matched::Exact => Resolution::Custom,
        Grade::Suspicious if verdict.matched == Matched::StdlibDefault => Resolution::OutOfPlace {
            does: "belongs to Python's standard library, which no model is made of",
        },
        Grade::Suspicious => Resolution::OutOfPlace {
            does: verdict.capability.title(),
        },
        Grade::Unknown if stdlib && !builtins => Resolution::OutOfPlace {
            does: "belongs to Python's standard library, which no model is made of",
        },
        Grade::Unknown | Grade::Inert => Resolution::Custom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefKind::{Class, Function};

    /// No name that does harm in Python is known as a harmless part of models.
    #[test]
    fn known_names_do_no_harm() {
        for name in [
            "eval",
            "exec",
            "compile",
            "open",
            "system",
            "popen",
            "Popen",
            "run",
            "call",
            "load",
            "loads",
            "import_module",
            "getattr",
            "setattr",
            "__import__",
            "remove",
            "rmtree",
        ] {
            assert!(
                !names::is_function(name) && !names::is_class(name),
                "{name}"
            );
        }
    }

    /// Functions of the usual libraries are the user's choice, and no attack.
    #[test]
    fn functions_of_libraries_are_custom() {
        for (module, name) in [
            ("tensorflow.python.ops.gen_nn_ops", "relu"),
            ("tensorflow.python.ops.math_ops", "reduce_mean"),
            ("tensorflow.nn", "softmax"),
            ("numpy", "mean"),
            ("jax.nn", "gelu"),
            ("jax._src.nn.functions", "gelu"),
            ("__main__", "scale"),
            ("tensorflow_addons.activations", "mish"),
        ] {
            let found = resolve(Function, Some(module), name);
            assert!(
                matches!(found, Resolution::Custom | Resolution::BuiltIn { .. }),
                "{module} {name} {found:?}"
            );
        }
        let spec = resolve(
            RefKind::TypeSpec,
            Some("tensorflow.python.framework.tensor_spec"),
            "TensorSpec",
        );
        assert_eq!(spec, Resolution::BuiltIn { exported: false });
    }

    #[test]
    fn names_are_judged_by_what_they_are() {
        let built_in =
            |kind, module, name| matches!(resolve(kind, module, name), Resolution::BuiltIn { .. });
        assert!(built_in(Class, Some("keras.layers"), "Dense"));
        assert!(built_in(
            Class,
            Some("keras.src.engine.functional"),
            "Functional"
        ));
        assert!(built_in(Class, None, "CuDNNLSTM"));
        assert!(built_in(Class, None, "Custom>Adam"));
        assert!(built_in(
            Class,
            Some("keras_hub.src.models.gemma"),
            "GemmaBackbone"
        ));
        assert!(built_in(Function, Some("builtins"), "relu"));
        assert!(built_in(
            Function,
            Some("keras.losses"),
            "mean_squared_error"
        ));
        let dangerous = |module, name| {
            matches!(
                resolve(Function, Some(module), name),
                Resolution::Dangerous { .. }
            )
        };
        assert!(dangerous("os", "system"));
        assert!(dangerous("builtins", "eval"));
        assert!(dangerous("keras.src.utils.io_utils", "os.system"));
        assert!(dangerous("subprocess", "Popen"));
        assert!(dangerous("random", "_os.system"));
        assert_eq!(
            resolve(Function, Some("builtins"), "my_loss"),
            Resolution::Custom
        );
        assert_eq!(
            resolve(Class, Some("mylab.layers"), "Scale"),
            Resolution::Custom
        );
        assert_eq!(resolve(Class, None, "mylab>Scale"), Resolution::Custom);
        assert_eq!(
            resolve(Function, Some("tf_keras.src.utils.data_utils"), "get_file"),
            Resolution::Acting(Act::Fetch)
        );
        assert_eq!(
            resolve(Function, Some("keras.utils"), "plot_model"),
            Resolution::NoPart
        );
        assert!(matches!(
            resolve(Class, Some("xmlrpc.client"), "ServerProxy"),
            Resolution::Dangerous { .. } | Resolution::OutOfPlace { .. }
        ));
    }
}
