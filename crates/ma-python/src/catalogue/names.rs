//! Lists of names that are facts about Python itself: its standard library, its Python 2 spellings,
//! modules that are the same under two names, and the shapes of identifiers.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

/// Top-level names of the standard library, one a line.
pub(super) const STDLIB: &str = include_str!("../../data/stdlib.txt");
/// Top-level names of machine-learning and scientific packages, one a line.
const ML_PACKAGES: &str = include_str!("../../data/ml_packages.txt");
/// `old module, old name or *, new module, new name or *`.
const PYTHON2: &str = include_str!("../../data/python2.tsv");
/// `module prefix, what it stands for`.
const ALIASES: &str = include_str!("../../data/aliases.tsv");
/// Names of classes that do something when they are made, whatever module hands them out.
const GADGET_CLASSES: &str = include_str!("../../data/gadget_classes.txt");

type Words = HashSet<&'static str, Fnv>;

/// The lines of a list, without comments.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn words(cell: &'static OnceLock<Words>, text: &'static str) -> &'static Words {
    cell.get_or_init(|| lines(text).collect())
}

/// Whether `module` belongs to the standard library of some Python, on some platform.
///
/// Covers CPython 2.7 and 3.x, Linux, macOS and Windows; only the part before the first dot counts.
///
/// ```
/// use ma_python::catalogue::is_stdlib;
///
/// assert!(is_stdlib("os.path") && is_stdlib("commands") && is_stdlib("_winapi"));
/// assert!(!is_stdlib("numpy") && !is_stdlib("ostrich"));
/// ```
pub fn is_stdlib(module: &str) -> bool {
    static CELL: OnceLock<Words> = OnceLock::new();
    words(&CELL, STDLIB).contains(top(module))
}

/// Whether `top` is a well-known machine-learning or scientific package.
///
/// Says that an unknown class of it is likely to be part of a model, not that it is safe.
pub fn is_ml_package(top_level: &str) -> bool {
    static CELL: OnceLock<Words> = OnceLock::new();
    words(&CELL, ML_PACKAGES).contains(top(top_level))
}

/// Whether a class of this name is known to act when it is made, in whatever module it is found.
///
/// A module hands out everything it imports, so `transformers.trainer` + `Popen` may well be
/// `subprocess.Popen`: such names are kept out of the patterns for harmless classes.
pub(super) fn is_gadget_class(name: &str) -> bool {
    static CELL: OnceLock<Words> = OnceLock::new();
    words(&CELL, GADGET_CLASSES).contains(name)
}

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// What Python 3 makes of a name written by Python 2, for streams below protocol 3.
///
/// This is what CPython's `find_class` does under `fix_imports`: 88 names first, then 55 modules.
/// `None` when the name stays as it is.
///
/// ```
/// use ma_python::catalogue::python2_names;
///
/// let (module, name) = python2_names("__builtin__", "reduce").unwrap();
/// assert_eq!((&*module, &*name), ("functools", "reduce"));
/// let (module, name) = python2_names("commands", "getoutput").unwrap();
/// assert_eq!((&*module, &*name), ("subprocess", "getoutput"));
/// assert!(python2_names("numpy", "dtype").is_none());
/// ```
pub fn python2_names<'a>(module: &'a str, name: &'a str) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let (names, modules) = python2();
    if let Some((new_module, new_name)) = names.get(&(module, name)) {
        return Some((Cow::Borrowed(*new_module), Cow::Borrowed(*new_name)));
    }
    let new_module = modules.get(module)?;
    Some((Cow::Borrowed(*new_module), Cow::Borrowed(name)))
}

type NameMap = HashMap<(&'static str, &'static str), (&'static str, &'static str), Fnv>;
type ModuleMap = HashMap<&'static str, &'static str, Fnv>;

/// The two mappings: of names, and of whole modules.
pub(super) fn python2() -> &'static (NameMap, ModuleMap) {
    static CELL: OnceLock<(NameMap, ModuleMap)> = OnceLock::new();
    CELL.get_or_init(|| {
        let mut names = NameMap::default();
        let mut modules = ModuleMap::default();
        for line in lines(PYTHON2) {
            let mut columns = line.split('\t');
            let (Some(module), Some(name), Some(new_module), Some(new_name)) = (
                columns.next(),
                columns.next(),
                columns.next(),
                columns.next(),
            ) else {
                continue;
            };
            if name == "*" {
                modules.insert(module, new_module);
            } else {
                names.insert((module, name), (new_module, new_name));
            }
        }
        (names, modules)
    })
}

/// Resolves a module that is another one under a second name: `posix` is `os`, `numpy.core` is
/// `numpy._core`, `six.moves.builtins` is `builtins`, `_io` is `io`. `None` when it has one name only.
pub(super) fn canonical_module(module: &str) -> Option<Cow<'_, str>> {
    let aliases = aliases();
    let top = top(module);
    if aliases.tops.contains(top) {
        // The longest prefix of whole components wins.
        let mut end = module.len();
        loop {
            let head = module.get(..end)?;
            if let Some(&target) = aliases.modules.get(head) {
                return Some(join(target, module.get(end..)?));
            }
            match head.rfind('.') {
                Some(dot) => end = dot,
                None => break,
            }
        }
    }
    // `import os as _os` and C accelerators: `_os`, `_subprocess`, `_sqlite3`, `_socket` ...
    let plain = module.strip_prefix('_')?;
    (!plain.starts_with('_') && is_stdlib(plain) && !is_own_module(module))
        .then_some(Cow::Borrowed(plain))
}

/// The alias table, and the first components it has at all, which settle most questions.
struct Aliases {
    modules: HashMap<&'static str, &'static str, Fnv>,
    tops: Words,
}

fn aliases() -> &'static Aliases {
    static CELL: OnceLock<Aliases> = OnceLock::new();
    CELL.get_or_init(|| {
        let pairs = || lines(ALIASES).filter_map(|line| line.split_once('\t'));
        Aliases {
            modules: pairs().collect(),
            tops: pairs().map(|(from, _)| top(from)).collect(),
        }
    })
}

/// The hash of Fowler, Noll and Vo. Keys of these maps are our own, so nobody can make them collide.
#[derive(Clone, Copy, Default)]
pub(super) struct Fnv;

impl BuildHasher for Fnv {
    type Hasher = FnvHasher;

    fn build_hasher(&self) -> FnvHasher {
        FnvHasher(0xcbf2_9ce4_8422_2325)
    }
}

/// State of [`Fnv`].
pub(super) struct FnvHasher(u64);

impl Hasher for FnvHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Joins an alias's target and what stood behind the alias (which starts with a dot).
fn join<'a>(target: &'static str, rest: &'a str) -> Cow<'a, str> {
    if rest.is_empty() {
        Cow::Borrowed(target)
    } else if target == "." {
        // A package that only hands on other modules.
        Cow::Borrowed(rest.trim_start_matches('.'))
    } else {
        Cow::Owned(format!("{target}{rest}"))
    }
}

/// Private modules that are not an accelerator of the public module of that name.
fn is_own_module(module: &str) -> bool {
    matches!(top(module), "_codecs" | "_thread" | "_ast" | "_abc")
}

/// How a double-underscore component is judged, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dunder {
    /// Not a double-underscore name.
    No,
    /// Text about a module.
    Label,
    /// Leads into namespaces, classes, code or protocols.
    Namespace,
}

/// Judges one component of a dotted walk.
pub(super) fn dunder(component: &str) -> Dunder {
    let long = component.len() > 4;
    if !(long && component.starts_with("__") && component.ends_with("__")) {
        return Dunder::No;
    }
    match component {
        "__version__" | "__name__" | "__qualname__" | "__doc__" | "__file__" | "__author__"
        | "__license__" | "__all__" | "__package__" | "__date__" | "__copyright__" => Dunder::Label,
        _ => Dunder::Namespace,
    }
}

/// Whether the name has the shape of a class: an identifier that starts with a capital letter.
pub(super) fn is_cap_word(name: &str) -> bool {
    name.bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
