//! Callables handed to something that calls them, now or later.

use std::rc::Rc;

use ma_core::Severity;
use ma_python::catalogue::{Capability, Grade};

use super::name::Name;
use super::note::What;
use super::operand::Callee;
use super::{At, Judge, shown};
use crate::machine::Machine;
use crate::rules::{HIDDEN_CALL, SUSPICIOUS_CALL};
use crate::value::{Call, Value};

/// Wrappers that libraries do write: what they hold decides.
const KEEPERS: &[&str] = &[
    "functools.partial",
    "functools.partialmethod",
    "collections.defaultdict",
    "functools.reduce",
    "functools.cmp_to_key",
    "functools._lru_cache_wrapper",
    "functools.lru_cache",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.property",
    "itertools.chain",
];

impl Judge<'_> {
    /// A call of something that calls its arguments.
    pub(super) fn judge_caller(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        path: &str,
    ) {
        let mut values = vec![call.args];
        values.extend(call.kwargs);
        let worst = self.hand_over(machine, at, name, &values);
        let keeper = KEEPERS.contains(&path);
        if keeper {
            self.note_what(at.offset, What::Wrapper);
        }
        if worst.is_some() || keeper {
            return;
        }
        let message = format!(
            "Calls {}, which {}",
            shown(&name.shown()),
            name.capability().title()
        );
        let severity = if name.is_stdlib() {
            Severity::Info
        } else {
            Severity::Warning
        };
        self.report_named(machine, at, (&SUSPICIOUS_CALL, severity), name, message);
    }

    /// Judges the callables among the values; the severity reported, if any.
    pub(super) fn hand_over(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        to: &Rc<Name>,
        values: &[Value],
    ) -> Option<Severity> {
        let mut worst = None;
        for callee in self.callables(machine, values) {
            let severity = self.handed(&callee);
            let Some(severity) = severity else { continue };
            worst = worst.max(Some(severity));
            let what = match callee.name() {
                Some(name) => {
                    self.explain(&Rc::clone(name));
                    name.shown()
                }
                None => "something that was put together while loading".to_owned(),
            };
            let does = callee
                .name()
                .filter(|name| name.grade() == Grade::Dangerous)
                .map(|name| format!(" ({})", name.capability().title()))
                .unwrap_or_default();
            let message = format!(
                "Hands {}{does} to {}, which calls it",
                shown(&what),
                shown(&to.path)
            );
            let about = match callee.name() {
                Some(name) => {
                    let mut about = (**name).clone();
                    about.path = format!("{} in {}", name.path, to.path);
                    about
                }
                None => (**to).clone(),
            };
            self.report_named(machine, at, (&HIDDEN_CALL, severity), &about, message);
        }
        worst
    }

    /// How bad it is that this will be called.
    fn handed(&self, callee: &Callee) -> Option<Severity> {
        let name = match callee {
            Callee::Named(name) | Callee::Registered(name) | Callee::Reached(Some(name)) => name,
            Callee::Reached(None) | Callee::Extension => return Some(Severity::Critical),
            _ => return None,
        };
        let reached = matches!(callee, Callee::Reached(_));
        match name.grade() {
            Grade::Dangerous => Some(Severity::Critical),
            // A wrapper inside a wrapper is judged by its own arguments when it is called; handed
            // over by itself it calls what it is given.
            Grade::Suspicious
                if matches!(
                    name.capability(),
                    Capability::CallsArgument | Capability::AttributeAccess
                ) =>
            {
                Some(Severity::Critical)
            }
            Grade::Suspicious => Some(Severity::Warning),
            Grade::Unknown if name.is_class_like() && name.is_ml() => None,
            Grade::Unknown if name.odd || (name.is_walk() && name.walks_far()) => {
                Some(Severity::Critical)
            }
            Grade::Unknown => Some(Severity::Warning),
            Grade::Inert if reached => Some(Severity::Warning),
            Grade::Inert => None,
        }
    }
}
