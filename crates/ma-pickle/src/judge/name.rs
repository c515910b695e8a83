//! An imported name, judged.

use ma_python::catalogue::{self, Capability, Grade, Matched, Role, Verdict};

/// Packages that scan models: no model has a reason to touch them.
const SCANNERS: &[&str] = &[
    "picklescan",
    "modelscan",
    "fickling",
    "modelaudit",
    "modelaudit_picklescan",
    "saferpickle",
    "aisbom",
    "pickleball",
    "palisade",
];

/// A name and everything that its spelling says about it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// As written, `module.name`.
    pub(crate) path: String,
    /// The module as the loader imports it.
    pub(crate) module: String,
    /// The name inside it.
    pub(crate) name: String,
    /// The worse of the verdicts on the name as written and as Python 3 maps it.
    pub(crate) verdict: Verdict<'static>,
    /// Not written as an identifier: such names are no pickler's.
    pub(crate) odd: bool,
    /// The name was put together in the stream.
    pub(crate) computed: bool,
    canonical: String,
    scanner: bool,
}

impl Name {
    /// Judges a name. `proto` is the protocol in force: below 3, Python 2 names are mapped.
    pub(crate) fn new(module: &str, name: &str, proto: u8) -> Self {
        let raw = catalogue::classify(module, name).into_owned();
        let mapped = (proto < 3)
            .then(|| catalogue::python2_names(module, name))
            .flatten()
            .map(|(m, n)| (m.into_owned(), n.into_owned()));
        let (module_now, name_now, verdict) = match mapped {
            None => (module.to_owned(), name.to_owned(), raw),
            Some((m, n)) => {
                let verdict = catalogue::classify(&m, &n).into_owned();
                let verdict = if raw.grade > verdict.grade {
                    raw
                } else {
                    verdict
                };
                (m, n, verdict)
            }
        };
        let top = module_now.split('.').next().unwrap_or_default();
        Self {
            canonical: verdict.path(),
            scanner: SCANNERS.contains(&top),
            path: join(module, name),
            odd: !well_formed(module) || !well_formed(name) || disguised(module) || disguised(name),
            module: module_now,
            name: name_now,
            verdict,
            computed: false,
        }
    }

    /// A name that was resolved while folding.
    pub(crate) fn resolved(module: &str, name: &str) -> Self {
        Self::new(module, name, 4)
    }

    pub(crate) fn grade(&self) -> Grade {
        self.verdict.grade
    }

    pub(crate) fn capability(&self) -> Capability {
        self.verdict.capability
    }

    /// The canonical name; as written when it is no more than that.
    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// How messages name it: as written, and what it really is when that differs.
    pub(crate) fn shown(&self) -> String {
        let canonical = self.canonical();
        if canonical == self.path || self.verdict.matched == Matched::Tail {
            return self.path.clone();
        }
        let rest = canonical.strip_prefix("builtins.");
        if rest.is_some() && self.path.strip_prefix("__builtin__.") == rest {
            return canonical.to_owned();
        }
        format!("{} ({canonical})", self.path)
    }

    /// Whether it belongs to a scanner.
    pub(crate) fn is_scanner(&self) -> bool {
        self.scanner
    }

    /// Whether its package is a well-known one for machine learning.
    pub(crate) fn is_ml(&self) -> bool {
        catalogue::is_ml_package(&self.module)
    }

    /// Whether it belongs to the standard library.
    pub(crate) fn is_stdlib(&self) -> bool {
        catalogue::is_stdlib(&self.module)
    }

    /// Whether it has the shape of a class, nested classes included: `Net`, `Net.Config`, `_Tree`.
    pub(crate) fn is_class_like(&self) -> bool {
        if self.verdict.role == Role::Class {
            return true;
        }
        self.name.split('.').all(|part| {
            let part = part.trim_start_matches('_');
            part.chars().next().is_some_and(char::is_uppercase)
        })
    }

    /// Whether a walk goes through something that is no class: through modules and instances.
    pub(crate) fn walks_far(&self) -> bool {
        let mut parts: Vec<&str> = self.name.split('.').collect();
        parts.pop();
        parts.iter().any(|part| {
            let part = part.trim_start_matches('_');
            !part.chars().next().is_some_and(char::is_uppercase)
        })
    }

    /// Whether the name is dotted.
    pub(crate) fn is_walk(&self) -> bool {
        self.name.contains('.')
    }

    /// A well-formed name that is known to be dangerous: what counts in streams that were found by
    /// looking for them in other bytes.
    pub(crate) fn is_denied(&self) -> bool {
        self.grade() == Grade::Dangerous && !self.odd
    }
}

/// `module.name`.
pub(crate) fn join(module: &str, name: &str) -> String {
    if name.is_empty() {
        module.to_owned()
    } else {
        format!("{module}.{name}")
    }
}

/// Dotted identifiers. `<lambda>` and `<locals>` are none: no loader resolves them.
pub(crate) fn well_formed(path: &str) -> bool {
    !path.is_empty()
        && path.split('.').all(|part| {
            let mut chars = part.chars();
            chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && chars.all(|c| c.is_alphanumeric() || c == '_')
        })
}

/// Written in letters that only look like others: wide and mathematical ones, which Python turns into
/// plain letters wherever it reads source, and Greek or Cyrillic ones between Latin ones.
fn disguised(path: &str) -> bool {
    if path.is_ascii() {
        return false;
    }
    let styled = |c: char| matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{2100}'..='\u{214f}');
    let foreign = |c: char| matches!(c, '\u{370}'..='\u{52f}');
    path.split('.').any(|part| {
        part.chars().any(styled)
            || (part.chars().any(foreign) && part.chars().any(|c| c.is_ascii_alphabetic()))
            || part.chars().filter(|c| c.is_alphabetic()).all(looks_latin)
    })
}

/// Greek and Cyrillic letters that look like Latin ones.
fn looks_latin(c: char) -> bool {
    "аеоѕсурхіјһԁԛԝɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕЅІЈКМНОРСТУХον".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_judged() {
        assert_eq!(Name::new("__builtin__", "reduce", 0).module, "functools");
        assert_eq!(
            Name::new("commands", "getoutput", 2).grade(),
            Grade::Dangerous
        );
        assert_eq!(
            Name::new("commands", "getoutput", 4).grade(),
            Grade::Dangerous
        );
        assert_eq!(
            Name::new("posix", "system", 0).shown(),
            "posix.system (os.system)"
        );
        assert_eq!(Name::new("__builtin__", "eval", 0).shown(), "builtins.eval");
    }

    #[test]
    fn shapes() {
        let name = Name::new("mypkg.models", "Net.Config", 4);
        assert!(name.is_class_like() && !name.walks_far() && !name.odd);
        assert!(Name::new("mypkg", "serialization.os.system", 4).walks_far());
        assert!(Name::new("os ", "system", 4).odd);
        assert!(Name::new("picklescan.scanner", "_unsafe_globals.clear", 4).is_scanner());
    }
}
