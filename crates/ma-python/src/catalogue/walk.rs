//! Dotted walks: names that are resolved attribute by attribute.
//!
//! Protocol 4 splits a name at its dots and calls `getattr` for each part, *through* modules that
//! the module imported. So the end of a walk says more than its beginning, and every part of it can
//! be the interesting one. The rules here look at all of them and keep the worst answer.

use std::borrow::Cow;

use super::classify::{exact, fallback, from_row, is_private, judged, whole};
use super::names::{self, Dunder};
use super::table::{self, ANY_OWNER};
use super::verdict::{Capability, Grade, Matched, Role, Verdict};

/// Walks with more parts than this are judged as a whole; real ones have two or three.
const LONGEST_WALK: usize = 24;

/// How many parts of a module path may in truth be attributes.
const LONGEST_SHIFT: usize = 4;

/// Judges double-underscore components, which lead out of data into namespaces.
pub(super) fn dunder<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let worst = name
        .split('.')
        .map(names::dunder)
        .max()
        .unwrap_or(Dunder::No);
    let path = (Cow::Borrowed(module), Cow::Borrowed(name));
    match worst {
        Dunder::No => None,
        Dunder::Label => Some(judged(
            Grade::Suspicious,
            Capability::AttributeAccess,
            path,
            "A description of a module, which no model refers to.",
            Matched::Dunder,
        )),
        Dunder::Namespace => Some(judged(
            Grade::Dangerous,
            Capability::AttributeAccess,
            path,
            "Double-underscore attributes lead from any object to Python's built-in functions and to every loaded module.",
            Matched::Dunder,
        )),
    }
}

/// Judges a dotted name that has no exact row.
pub(super) fn classify<'a>(module: &'a str, name: &'a str) -> Verdict<'a> {
    let dots: Vec<usize> = name.match_indices('.').map(|(at, _)| at).collect();
    if dots.len() >= LONGEST_WALK {
        return judged(
            Grade::Dangerous,
            Capability::AttributeAccess,
            (Cow::Borrowed(module), Cow::Borrowed(name)),
            "A walk through dozens of attributes; real models need two or three at most.",
            Matched::Tail,
        );
    }
    let mut worst: Option<Verdict<'a>> = None;
    let mut offer = |verdict: Option<Verdict<'a>>| {
        let Some(verdict) = verdict else { return };
        if worst
            .as_ref()
            .is_none_or(|worst| verdict.grade > worst.grade)
        {
            worst = Some(verdict);
        }
    };
    // The first of equally bad answers is kept, so the most precise ones come first.
    offer(shifted(module, name));
    offer(tails(name, &dots));
    offer(heads(module, name, &dots));
    offer(attribute(module, name));
    let last = dots.last().copied().unwrap_or_default();
    if let (Some(owner), Some(end)) = (name.get(..last), after(name, last)) {
        let owner = format!("{module}.{owner}");
        let found = whole(&owner, end)
            .filter(|found| found.grade != Grade::Inert)
            .map(Verdict::into_owned);
        offer(found);
    }
    let hidden = name.split('.').any(is_private);
    if hidden
        && worst
            .as_ref()
            .is_none_or(|worst| worst.grade < Grade::Suspicious)
    {
        worst = Some(judged(
            Grade::Suspicious,
            Capability::AttributeAccess,
            (Cow::Borrowed(module), Cow::Borrowed(name)),
            "The walk goes through a private attribute.",
            Matched::Tail,
        ));
    }
    worst.unwrap_or_else(|| fallback(module, name, Matched::Tail))
}

/// What stands behind a dot.
fn after(name: &str, dot: usize) -> Option<&str> {
    name.get(dot.saturating_add(1)..)
}

/// Every end of the walk, read as module and name of its own: `serialization.os.system` holds
/// `os.system`.
fn tails<'a>(name: &'a str, dots: &[usize]) -> Option<Verdict<'a>> {
    let mut worst: Option<Verdict<'a>> = None;
    let starts = std::iter::once(0).chain(dots.iter().map(|dot| dot.saturating_add(1)));
    for start in starts {
        let Some(tail) = name.get(start..) else {
            continue;
        };
        let first = tail.split('.').next().unwrap_or(tail);
        // Only a name of the standard library, or of a package with rows, starts a module.
        let rooted = names::is_stdlib(first)
            || table::module(first).is_some()
            || names::canonical_module(first).is_some();
        if !rooted {
            continue;
        }
        for (dot, _) in tail.match_indices('.') {
            let (Some(module), Some(rest)) = (tail.get(..dot), after(tail, dot)) else {
                continue;
            };
            let found = exact(Cow::Borrowed(module), Cow::Borrowed(rest))
                .or_else(|| whole(module, rest))
                .filter(|found| found.grade > Grade::Unknown);
            worst = worse(worst, found);
        }
        if start > 0 && !tail.contains('.') {
            worst = worse(worst, module_object("", tail));
        }
    }
    worst.map(as_tail)
}

/// Every beginning of the walk: what is reached on the way, and what it belongs to.
fn heads<'a>(module: &'a str, name: &'a str, dots: &[usize]) -> Option<Verdict<'a>> {
    let mut worst: Option<Verdict<'a>> = None;
    for (position, &dot) in dots.iter().enumerate() {
        let Some(head) = name.get(..dot) else {
            continue;
        };
        let found = match exact(Cow::Borrowed(module), Cow::Borrowed(head)) {
            Some(found) => Some(found),
            None if position == 0 => whole(module, head),
            None => split_exact(module, head),
        };
        let Some(found) = found else { continue };
        let step = if found.grade == Grade::Inert {
            // An allow-listed class: its methods are not allow-listed with it.
            Verdict {
                role: Role::Any,
                ..judged(
                    Grade::Suspicious,
                    Capability::AttributeAccess,
                    (Cow::Borrowed(module), Cow::Borrowed(name)),
                    "A method or attribute of a harmless class, which is not harmless with it.",
                    Matched::Tail,
                )
            }
        } else {
            found
        };
        worst = worse(worst, Some(step));
    }
    worst.map(as_tail)
}

/// `torch` + `serialization.load` is `torch.serialization` + `load`.
fn split_exact<'a>(module: &str, head: &str) -> Option<Verdict<'a>> {
    let (owner, last) = head.rsplit_once('.')?;
    let path = format!("{module}.{owner}");
    exact(Cow::Owned(path), Cow::Owned(last.to_owned())).map(Verdict::into_owned)
}

/// The same full path with the border between module and name elsewhere.
///
/// `torch._dynamo.guards` + `GuardBuilder.get`, `torch._dynamo` + `guards.GuardBuilder.get` and
/// `torch._dynamo.guards.GuardBuilder` + `get` are one thing. A harmless row counts only when the
/// border moves to the right, where the loader really ends up at that row's name.
pub(super) fn shifted<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let mut worst: Option<Verdict<'a>> = None;
    for (dot, _) in name.match_indices('.').take(LONGEST_WALK) {
        let (Some(part), Some(rest)) = (name.get(..dot), after(name, dot)) else {
            continue;
        };
        let found = exact(Cow::Owned(format!("{module}.{part}")), Cow::Borrowed(rest));
        worst = worse(worst, found);
    }
    for (dot, _) in module.rmatch_indices('.').take(LONGEST_SHIFT) {
        let (Some(owner), Some(part)) = (module.get(..dot), after(module, dot)) else {
            continue;
        };
        // What stands behind a module and is not one is a class.
        if !names::is_cap_word(
            part.split('.')
                .next()
                .unwrap_or(part)
                .trim_start_matches('_'),
        ) {
            continue;
        }
        let found = exact(Cow::Borrowed(owner), Cow::Owned(format!("{part}.{name}")))
            .filter(|found| found.grade > Grade::Unknown);
        worst = worse(worst, found);
    }
    worst.map(as_tail)
}

/// Attributes that are judged whatever they belong to: `X.from_pretrained`, `Y.write_text`.
fn attribute<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    let rows = table::module(ANY_OWNER)?;
    name.split('.')
        .skip(1)
        .filter_map(|part| rows.row(part))
        .max_by_key(|row| row.grade)
        .map(|row| {
            from_row(
                row,
                Cow::Borrowed(module),
                Cow::Borrowed(name),
                Matched::Tail,
            )
        })
}

/// A name that is a module imported by another module: `torch.serialization` + `os`.
///
/// Nothing can be called there yet, but whoever holds the module object can rewrite it.
pub(super) fn module_object<'a>(module: &'a str, name: &'a str) -> Option<Verdict<'a>> {
    const REACHED: [&str; 26] = [
        "os",
        "sys",
        "subprocess",
        "builtins",
        "importlib",
        "ctypes",
        "shutil",
        "socket",
        "pickle",
        "marshal",
        "posix",
        "nt",
        "runpy",
        "pty",
        "imp",
        "commands",
        "cPickle",
        "popen2",
        "_os",
        "_sys",
        "_io",
        "_thread",
        "_subprocess",
        "_pickle",
        "_ctypes",
        "_posixsubprocess",
    ];
    REACHED.contains(&name).then(|| Verdict {
        role: Role::Module,
        ..judged(
            Grade::Dangerous,
            Capability::Tampering,
            (Cow::Borrowed(module), Cow::Borrowed(name)),
            "A powerful module, reached through another one that imports it.",
            Matched::Tail,
        )
    })
}

fn worse<'a>(one: Option<Verdict<'a>>, other: Option<Verdict<'a>>) -> Option<Verdict<'a>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.grade > one.grade { other } else { one }),
        (one, other) => one.or(other),
    }
}

fn as_tail(verdict: Verdict<'_>) -> Verdict<'_> {
    Verdict {
        matched: Matched::Tail,
        ..verdict
    }
}
