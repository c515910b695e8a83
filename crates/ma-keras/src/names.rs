//! What is known of names in a configuration: the parts of models that Keras brings along, its
//! functions that act, and TensorFlow's functions that touch more than tensors.
//!
//! The facts are tables in `data/`, each row with its source. One name has many spellings, since
//! packages were renamed (`keras`, `tf_keras`, `tensorflow.keras`, `tensorflow.python.keras` …) and
//! their insides (`src`, `api._v2`) show through; [`family`] brings them together.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

static NAMES: &str = include_str!("../data/names.tsv");
static ACTING: &str = include_str!("../data/acting.tsv");
static TF_SYMBOLS: &str = include_str!("../data/tf_symbols.tsv");

/// Names longer than this are not looked up: nothing real is, and the work would grow with them.
const LONGEST: usize = 512;

/// What a function does besides computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Downloads a file, and may unpack it.
    Fetch,
    /// Turns the safe mode of the loader off.
    Unsafe,
    /// Loads a model, weights or an object from elsewhere.
    Load,
    /// Creates, changes or deletes files.
    Write,
    /// Reads or lists files.
    Read,
    /// Makes functions out of bytes, or loads native code.
    Code,
    /// Talks to other computers.
    Network,
    /// Changes the state of the library.
    Other,
}

impl Act {
    fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "fetch" => Self::Fetch,
            "unsafe" => Self::Unsafe,
            "load" => Self::Load,
            "write" => Self::Write,
            "read" => Self::Read,
            "code" => Self::Code,
            "network" => Self::Network,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// What it does, to follow a name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fetch => "downloads a file",
            Self::Unsafe => "turns off the loader's protection against code",
            Self::Load => "loads something from outside the model",
            Self::Write => "creates or changes files",
            Self::Read => "reads files",
            Self::Code => "runs code that it is given",
            Self::Network => "talks to other computers",
            Self::Other => "changes the state of the library",
        }
    }
}

/// The cells of the rows of a table.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

#[derive(Default)]
struct Known {
    exported: HashSet<(&'static str, &'static str)>,
    classes: HashSet<&'static str>,
    functions: HashSet<&'static str>,
    /// All names in lower case without `_`: a loss may be called `mean_squared_error`, too.
    folded: HashSet<String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = Known::default();
        for row in rows(NAMES) {
            let [module, name, kind, ..] = row.as_slice() else {
                continue;
            };
            if !module.contains(".src.") {
                known.exported.insert((module, name));
            }
            match *kind {
                "class" => known.classes.insert(name),
                _ => known.functions.insert(name),
            };
            known.folded.insert(fold(name));
        }
        known
    })
}

fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| *c != '_');
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether Keras has a class of that name that models are made of.
#[must_use]
pub fn is_class(name: &str) -> bool {
    known().classes.contains(name)
}

/// Whether Keras has a function of that name that models are made of.
#[must_use]
pub fn is_function(name: &str) -> bool {
    known().functions.contains(name)
}

/// Whether a loss, metric, optimizer or activation may be called so by a plain text.
#[must_use]
pub fn is_builtin_text(name: &str) -> bool {
    name.len() > LONGEST || known().folded.contains(&fold(name))
}

/// Whether it is a public name of Keras; `module` as [`family`] gives it.
#[must_use]
pub fn is_exported(module: &str, name: &str) -> bool {
    known().exported.contains(&(module, name))
}

/// What a function of Keras does besides computing; `module` as [`family`] gives it.
///
/// A telling name decides alone: `keras.src.utils.file_utils.get_file` and
/// `keras.src.utils.data_utils.get_file` are one.
#[must_use]
pub fn acting(module: &str, name: &str) -> Option<Act> {
    type Table = HashMap<&'static str, Vec<(&'static str, Act)>>;
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = Table::new();
        for row in rows(ACTING) {
            if let [module, name, act, ..] = row.as_slice()
                && let Some(act) = Act::from_code(act)
            {
                table.entry(name).or_default().push((module, act));
            }
        }
        table
    });
    let found = table.get(name)?;
    let exact = found.iter().find(|(m, _)| *m == module);
    // `copy` is a harmless function elsewhere; `get_file` is nothing else anywhere.
    let telling = name.contains('_') && !is_function(name) && !is_class(name);
    let other = found.first().filter(|_| telling);
    exact.or(other).map(|(_, act)| *act)
}

/// What a function of TensorFlow does besides computing: `io.write_file`, `op:WriteFile`.
#[must_use]
pub fn tf_symbol(name: &str) -> Option<Act> {
    static TABLE: OnceLock<HashMap<&'static str, Act>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let row = |row: Vec<&'static str>| Some((*row.first()?, Act::from_code(row.get(1)?)?));
        rows(TF_SYMBOLS).filter_map(row).collect()
    });
    if name.len() > LONGEST {
        return None;
    }
    let name = ["tensorflow.", "tf.", "compat.v1.", "compat.v2."]
        .iter()
        .fold(name, |name, p| name.strip_prefix(p).unwrap_or(name));
    if let Some(op) = name.strip_prefix("raw_ops.") {
        return table.get(format!("op:{op}").as_str()).copied();
    }
    if let Some(act) = table.get(name) {
        return Some(*act);
    }
    if let Some(keras) = name.strip_prefix("keras.")
        && let Some((module, name)) = keras.rsplit_once('.')
    {
        return acting(&format!("keras.{module}"), name);
    }
    let mut prefix = name;
    while let Some((shorter, _)) = prefix.rsplit_once('.') {
        if let Some(act) = table.get(format!("{shorter}.*").as_str()) {
            return Some(*act);
        }
        prefix = shorter;
    }
    None
}

/// Whose module it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Family<'a> {
    /// Keras itself, under the name that the tables use.
    Keras(Cow<'a, str>),
    /// A package of the Keras project that its loader trusts by name (`keras_hub` …).
    Project,
    /// Python's own functions, and the way in which Keras writes functions without a module.
    Builtins,
    /// Another package.
    Other,
}

/// Ways to write the package of Keras, longest first.
const ROOTS: &[&str] = &[
    "tensorflow.python.keras",
    "tensorflow.keras",
    "tf.keras",
    "tf_keras",
    "keras_core",
    "keras",
];

/// What may stand behind the package without a meaning.
const INSIDES: &[&str] = &["api._v2.keras", "api._v1.keras", "_tf_keras.keras", "api"];

/// Brings the spellings of one module together.
///
/// ```
/// use ma_keras::names::{Family, family};
///
/// assert_eq!(family("tf_keras.api._v2.keras.utils"), Family::Keras("keras.utils".into()));
/// assert_eq!(family("os"), Family::Other);
/// ```
#[must_use]
pub fn family(module: &str) -> Family<'_> {
    if module.len() > LONGEST {
        return Family::Other;
    }
    if matches!(module, "builtins" | "__builtin__") {
        return Family::Builtins;
    }
    let below = |root: &str| {
        let rest = module.strip_prefix(root)?;
        if rest.is_empty() {
            return Some("");
        }
        rest.strip_prefix('.')
    };
    for root in ROOTS {
        let Some(mut rest) = below(root) else {
            continue;
        };
        for inside in INSIDES {
            match rest.strip_prefix(inside) {
                Some("") => rest = "",
                Some(more) => rest = more.strip_prefix('.').unwrap_or(rest),
                None => {}
            }
        }
        if *root == "keras" && rest.len().saturating_add(6) == module.len() {
            return Family::Keras(module.into());
        }
        let name = match rest {
            "" => "keras".to_owned(),
            rest => format!("keras.{rest}"),
        };
        return Family::Keras(name.into());
    }
    let project = ["keras_hub", "keras_cv", "keras_nlp", "keras_tuner"];
    if project.iter().any(|root| below(root).is_some()) {
        return Family::Project;
    }
    Family::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_brought_together() {
        for (module, name) in [
            ("keras", "keras"),
            ("keras.layers", "keras.layers"),
            ("keras.src.models", "keras.src.models"),
            ("keras.api._v2.keras.layers", "keras.layers"),
            ("keras._tf_keras.keras.utils", "keras.utils"),
            ("tensorflow.keras.layers", "keras.layers"),
            ("tensorflow.python.keras.engine", "keras.engine"),
            (
                "tf_keras.src.utils.data_utils",
                "keras.src.utils.data_utils",
            ),
        ] {
            assert_eq!(family(module), Family::Keras(name.into()), "{module}");
        }
        assert_eq!(family("kerasx"), Family::Other);
        assert_eq!(family("keras_hub.models"), Family::Project);
        assert_eq!(family("builtins"), Family::Builtins);
    }

    #[test]
    fn tables_are_understood() {
        for row in rows(ACTING) {
            assert!(
                row.len() == 4 && Act::from_code(row[2]).is_some(),
                "{row:?}"
            );
        }
        for row in rows(TF_SYMBOLS) {
            assert!(
                row.len() == 3 && Act::from_code(row[1]).is_some(),
                "{row:?}"
            );
        }
        for row in rows(NAMES) {
            assert!(
                row.len() == 4 && matches!(row[2], "class" | "function"),
                "{row:?}"
            );
            assert_eq!(acting(row[0], row[1]), None, "{row:?}");
        }
        assert!(is_class("Dense") && is_class("Functional") && is_class("CuDNNLSTM"));
        assert!(is_function("relu") && !is_function("get_file") && !is_function("get"));
        assert!(is_builtin_text("mean_squared_error") && is_builtin_text("MSE"));
        assert!(is_exported("keras.layers", "Dense"));
        assert_eq!(
            acting("keras.src.utils.file_utils", "get_file"),
            Some(Act::Fetch)
        );
        assert_eq!(tf_symbol("io.write_file"), Some(Act::Write));
        assert_eq!(tf_symbol("raw_ops.WriteFile"), Some(Act::Write));
        assert_eq!(tf_symbol("io.gfile.GFile"), Some(Act::Write));
        assert_eq!(tf_symbol("keras.utils.get_file"), Some(Act::Fetch));
        assert_eq!(tf_symbol("math.add"), None);
    }
}
