//! From a global's module and name to a verdict.
//!
//! The order, and why: an exact row first (it is the most precise thing anybody said); then the
//! same under the module's real name; then, for dotted walks, every part of the walk, because
//! `logging` + `os.system` *is* `os.system` and any module that imports `os` will do; then whole
//! modules and patterns; then the standard library's default. Nothing found is `Unknown`.

use std::borrow::Cow;

use super::names::{self, Dunder};
use super::table::{self, ANY_CLASS, Row, WHOLE_MODULE};
use super::verdict::{Capability, Grade, Matched, Role, Verdict};
use super::walk;

/// Notes and source of what the code itself decides.
const RULE: &str = "rule of the catalogue";

/// How Cython names the function that rebuilds an object of a class: it makes the object and sets
/// its fields, so it is as harmless as the class.
const CYTHON_REBUILDER: &str = "__pyx_unpickle_";

/// Names beyond this are not looked up: nothing real is that long, and the work would grow with it.
const LONGEST_NAME: usize = 512;

/// Judges one global.
///
/// Default-deny: what nobody judged is [`Grade::Unknown`], or [`Grade::Suspicious`] when it belongs
/// to the standard library, whose harmless names are all listed. `name` may be dotted, as protocol
/// 4 allows; a dotted walk that leads nowhere known stays `Unknown` with [`Matched::Tail`], and the
/// caller should grade it above a plain unknown name.
///
/// Python 2 names are not translated unless nothing else is known of them; see
/// [`python2_names`](super::python2_names) for streams below protocol 3, and judge both.
///
/// Cost: some hundred nanoseconds and mostly no allocation.
///
/// ```
/// use ma_python::catalogue::{Capability, Grade, Matched, classify};
///
/// let verdict = classify("posix", "system");
/// assert_eq!((verdict.grade, verdict.capability), (Grade::Dangerous, Capability::RunsProcess));
/// assert_eq!(verdict.path(), "os.system");
///
/// let verdict = classify("torch", "serialization.os.system");
/// assert_eq!((verdict.grade, verdict.matched), (Grade::Dangerous, Matched::Tail));
///
/// assert_eq!(classify("collections", "OrderedDict").grade, Grade::Inert);
/// assert_eq!(classify("my_project.layers", "Swish").grade, Grade::Unknown);
/// ```
pub fn classify<'a>(module: &'a str, name: &'a str) -> Verdict<'a> {
    if module.len().max(name.len()) > LONGEST_NAME {
        return oversized(module, name);
    }
    if let Some(verdict) = exact(Cow::Borrowed(module), Cow::Borrowed(name)) {
        return verdict;
    }
    if let Some(verdict) = torchscript(module, name) {
        return verdict;
    }
    if let Some(verdict) = walk::dunder(module, name).or_else(|| renamed(module, name)) {
        return verdict;
    }
    let dotted = name.contains('.');
    if dotted {
        return walk::classify(module, name);
    }
    if let Some(verdict) = walk::shifted(module, name).or_else(|| whole(module, name)) {
        return verdict;
    }
    if let Some(verdict) = walk::module_object(module, name) {
        return verdict;
    }
    if let Some(verdict) = python2(module, name) {
        return verdict;
    }
    fallback(module, name, Matched::None)
}

/// A class of a TorchScript archive: `__torch__` and everything below it, with mangled components such
/// as `___torch_mangle_12`. Only libtorch resolves these, inside the archive; for Python there is no
/// such module.
fn torchscript<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let inside = module == "__torch__" || module.starts_with("__torch__.");
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_alphanumeric());
    if !inside || !plain(name) {
        return None;
    }
    let row = table::row("__torch__", "<Class>")?;
    Some(from_row(
        row,
        Cow::Borrowed(module),
        Cow::Borrowed(name),
        Matched::Pattern,
    ))
}

/// A name too long to be one: a walk in circles when it has dots, junk otherwise.
fn oversized<'a>(module: &'a str, name: &'a str) -> Verdict<'a> {
    let walk = name.contains('.');
    judged(
        if walk {
            Grade::Dangerous
        } else {
            Grade::Suspicious
        },
        Capability::AttributeAccess,
        (Cow::Borrowed(module), Cow::Borrowed(name)),
        "No real name is this long; it is made to slow down or confuse whoever reads it.",
        if walk { Matched::Tail } else { Matched::None },
    )
}

/// The exact row of a name, under the module's own name or its real one.
pub(super) fn exact<'a>(module: Cow<'a, str>, name: Cow<'a, str>) -> Option<Verdict<'a>> {
    if let Some(row) = table::row(&module, &name) {
        let real = real_path(module);
        return Some(from_row(row, real, name, Matched::Exact));
    }
    let real = match module {
        Cow::Borrowed(module) => names::canonical_module(module)?,
        Cow::Owned(module) => Cow::Owned(names::canonical_module(&module)?.into_owned()),
    };
    let row = table::row(&real, &name)?;
    Some(from_row(row, real, name, Matched::Exact))
}

/// The name under which a module is reported.
fn real_path(module: Cow<'_, str>) -> Cow<'_, str> {
    match module {
        Cow::Borrowed(module) => names::canonical_module(module).unwrap_or(Cow::Borrowed(module)),
        Cow::Owned(module) => match names::canonical_module(&module) {
            Some(real) => Cow::Owned(real.into_owned()),
            None => Cow::Owned(module),
        },
    }
}

/// Whole-module rows and class patterns of the module and of the packages around it.
///
/// A dangerous package wins wherever it stands in the chain; otherwise the nearest row does.
pub(super) fn whole<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let own = whole_in(module, name);
    if own
        .as_ref()
        .is_some_and(|(_, row)| row.grade == Grade::Dangerous)
    {
        return own.map(|(matched, row)| {
            from_row(
                row,
                real_path(Cow::Borrowed(module)),
                Cow::Borrowed(name),
                matched,
            )
        });
    }
    let real = names::canonical_module(module);
    let aliased = real.as_deref().and_then(|real| whole_in(real, name));
    let (matched, row) = match (own, aliased) {
        (Some(own), Some(aliased)) if aliased.1.grade <= own.1.grade => own,
        (own, aliased) => aliased.or(own)?,
    };
    let module = real.unwrap_or(Cow::Borrowed(module));
    Some(from_row(row, module, Cow::Borrowed(name), matched))
}

fn whole_in(module: &str, name: &str) -> Option<(Matched, Row)> {
    let class = name.strip_prefix(CYTHON_REBUILDER).unwrap_or(name);
    let class_shaped = names::is_cap_word(class) && !names::is_gadget_class(class);
    let mut nearest = None;
    let mut prefix = module;
    loop {
        if let Some(rows) = table::module(prefix) {
            if let Some(row) = rows.row(WHOLE_MODULE) {
                if row.grade == Grade::Dangerous {
                    return Some((Matched::ModuleWildcard, row));
                }
                nearest.get_or_insert((Matched::ModuleWildcard, row));
            }
            if class_shaped && let Some(row) = rows.row(ANY_CLASS) {
                nearest.get_or_insert((Matched::Pattern, row));
            }
        }
        match prefix.rfind('.') {
            Some(dot) => prefix = prefix.get(..dot)?,
            None => return nearest,
        }
    }
}

/// A name that moved between Python 2 and 3 and has an exact row where it is now, such as
/// `urllib2.URLError`: more precise than what is known of the whole old module.
fn renamed<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let &(module, name) = names::python2().0.get(&(module, name))?;
    exact(Cow::Borrowed(module), Cow::Borrowed(name))
}

/// A Python 2 name that means nothing to Python 3 unless translated.
fn python2<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let (new_module, new_name) = names::python2_names(module, name)?;
    if let Some(verdict) = exact(new_module.clone(), new_name.clone()) {
        return Some(verdict);
    }
    match (new_module, new_name) {
        (Cow::Borrowed(new_module), Cow::Borrowed(new_name)) => whole(new_module, new_name),
        _ => None,
    }
}

/// What is left when no row speaks: the standard library's default, or nothing.
pub(super) fn fallback<'a>(module: &'a str, name: &'a str, matched: Matched) -> Verdict<'a> {
    let real = real_path(Cow::Borrowed(module));
    if names::is_stdlib(&real) {
        return judged(
            Grade::Suspicious,
            Capability::Unclassified,
            (real, Cow::Borrowed(name)),
            "A part of Python's standard library that models have no use for; the harmless parts are all listed.",
            Matched::StdlibDefault,
        );
    }
    if module.ends_with(".__main__") {
        return judged(
            Grade::Suspicious,
            Capability::ImportsModule,
            (real, Cow::Borrowed(name)),
            "Importing the main module of a package can start its program.",
            Matched::ModuleWildcard,
        );
    }
    judged(
        Grade::Unknown,
        Capability::Unclassified,
        (real, Cow::Borrowed(name)),
        Capability::Unclassified.why(),
        matched,
    )
}

/// A verdict that a rule in the code gives, not a row.
pub(super) fn judged<'a>(
    grade: Grade,
    capability: Capability,
    (module, name): (Cow<'a, str>, Cow<'a, str>),
    note: &'static str,
    matched: Matched,
) -> Verdict<'a> {
    Verdict {
        grade,
        capability,
        role: Role::Any,
        constructor: None,
        module,
        name,
        note,
        source: RULE,
        matched,
    }
}

/// A verdict out of a row.
pub(super) fn from_row<'a>(
    row: Row,
    module: Cow<'a, str>,
    name: Cow<'a, str>,
    matched: Matched,
) -> Verdict<'a> {
    let note = if row.note.is_empty() {
        row.capability.why()
    } else {
        row.note
    };
    let role = if matched == Matched::Pattern && name.starts_with(CYTHON_REBUILDER) {
        Role::Function
    } else {
        row.role
    };
    Verdict {
        grade: row.grade,
        capability: row.capability,
        role,
        constructor: row.constructor,
        module,
        name,
        note,
        source: row.source,
        matched,
    }
}

/// Whether a component was hidden from the reader by its author.
pub(super) fn is_private(component: &str) -> bool {
    component.starts_with('_') && names::dunder(component) == Dunder::No
}
