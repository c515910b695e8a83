//! Which names lead out of the data of a template. The list is `names.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::ast::WILD;

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Python's own machinery behind an object.
    Escape,
    /// A function that runs, opens or loads something.
    Call,
    /// A module that does.
    Module,
    /// An object of the engine or of a web framework.
    Host,
}

/// How sure it is that a name is a dangerous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sure {
    /// It can't be one.
    No,
    /// It may be: it is put together from pieces that are not all known.
    Possible,
    /// Its known pieces are the heart of one.
    Likely,
    /// It is some `__name__`, though not one that is known to lead out.
    Unusual,
    /// It is one.
    Yes,
}

type Table = HashMap<&'static str, Vec<Leads>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::new();
        for line in include_str!("names.tsv").lines() {
            let mut fields = line.split('\t');
            let (Some(name), Some(what)) = (fields.next(), fields.next()) else {
                continue;
            };
            let leads = match what {
                "escape" => Leads::Escape,
                "call" => Leads::Call,
                "module" => Leads::Module,
                "host" => Leads::Host,
                _ => continue,
            };
            table.entry(name).or_default().push(leads);
        }
        table
    })
}

/// Whether `name` leads there.
#[must_use]
pub(crate) fn is(name: &str, leads: Leads) -> bool {
    table().get(name).is_some_and(|all| all.contains(&leads))
}

fn dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Whether an attribute of that name leads out of the data.
#[must_use]
pub(crate) fn escape(name: &str) -> Sure {
    let name = name.trim();
    if is(name, Leads::Escape) {
        return Sure::Yes;
    }
    if name.contains(WILD) {
        return partly_known(name);
    }
    // Text that was gathered from several branches may hold more than the name.
    if name.contains("__") {
        let inside = |known: &&&str| dunder(known) && name.contains(**known);
        if table()
            .keys()
            .any(|known| inside(&known) && is(known, Leads::Escape))
        {
            return Sure::Yes;
        }
        if dunder(name) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Sure::Unusual;
        }
    }
    Sure::No
}

/// A name with unknown parts: `?class?`, `__?__`, `__cl?`.
fn partly_known(name: &str) -> Sure {
    let known: String = name.chars().filter(|c| *c != WILD).collect();
    let heart = known.trim_matches('_');
    let hearts = |full: &&&'static str| {
        dunder(full) && full.trim_matches('_') == heart && is(full, Leads::Escape)
    };
    if heart.len() >= 3 && table().keys().any(|full| hearts(&full)) {
        return Sure::Likely;
    }
    // Names of data are put together too (`'tool_' ~ kind`): only what can begin or end a dunder counts.
    let edge = known.contains("__") || known.starts_with('_') || known.ends_with('_');
    let fits = |full: &&&'static str| dunder(full) && is(full, Leads::Escape) && glob(name, full);
    let telling = known.contains("__") || (edge && !known.trim_matches('_').is_empty());
    if telling && table().keys().any(|full| fits(&full)) {
        return Sure::Possible;
    }
    Sure::No
}

/// Whether a text with unknown parts can be `full`.
fn glob(pattern: &str, full: &str) -> bool {
    let mut rest = full;
    let pieces: Vec<&str> = pattern.split(WILD).collect();
    let last = pieces.len().saturating_sub(1);
    for (i, piece) in pieces.iter().enumerate() {
        rest = if i == 0 {
            match rest.strip_prefix(piece) {
                Some(rest) => rest,
                None => return false,
            }
        } else if i == last {
            return rest.ends_with(piece);
        } else {
            match rest.split_once(piece) {
                Some((_, rest)) => rest,
                None => return false,
            }
        };
    }
    rest.is_empty()
}

/// Whether a text holds the name of something that leads out, written as a dunder.
#[must_use]
pub(crate) fn spells(text: &str) -> bool {
    text.len() < 256 && text.contains("__") && !text.contains(WILD) && escape(text) == Sure::Yes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged() {
        assert_eq!(escape("__class__"), Sure::Yes);
        assert_eq!(escape(" __class__\n"), Sure::Yes);
        assert_eq!(escape("foo__globals__"), Sure::Yes);
        assert_eq!(escape("gi_frame"), Sure::Yes);
        assert_eq!(escape("__len__"), Sure::Unusual);
        for name in ["content", "role", "_private", "tool_calls", "__", "____"] {
            assert_eq!(escape(name), Sure::No, "{name}");
        }
    }

    #[test]
    fn names_with_unknown_parts() {
        let wild = |s: &str| escape(&s.replace('?', &WILD.to_string()));
        assert_eq!(wild("?class?"), Sure::Likely);
        assert_eq!(wild("__glo?"), Sure::Possible);
        assert_eq!(wild("__?__"), Sure::Possible);
        assert_eq!(wild("?"), Sure::No);
        assert_eq!(wild("tool_?"), Sure::No);
        assert_eq!(wild("?_?"), Sure::No);
        assert_eq!(wild("user_?_name"), Sure::No);
    }
}
