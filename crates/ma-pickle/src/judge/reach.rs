//! Attributes and items fetched by name.

use std::rc::Rc;

use ma_core::Severity;
use ma_python::catalogue::{Grade, Matched};

use super::name::Name;
use super::note::What;
use super::operand::Callee;
use super::{At, Judge, shown};
use crate::machine::Machine;
use crate::rules::{ATTRIBUTE_WALK, SUSPICIOUS_CALL};
use crate::value::Call;

impl Judge<'_> {
    /// `getattr(object, name)` and its relatives.
    pub(super) fn judge_getattr(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        function: &Rc<Name>,
    ) {
        let args = Self::arguments(machine, call.args);
        let (Some(object), Some(attribute)) = (args.first(), args.get(1)) else {
            let message = format!("Calls {} in an unusual way", shown(&function.shown()));
            return self.report_named(
                machine,
                at,
                (&ATTRIBUTE_WALK, Severity::Critical),
                function,
                message,
            );
        };
        let object = self.callee(machine, *object);
        if let Some(name) = object.name() {
            self.explain(&Rc::clone(name));
        }
        let attribute = self.text(machine, *attribute);
        let (severity, reached) = judge_attribute(&object, attribute.as_deref());
        self.note_what(at.offset, What::Reached(reached.clone().map(Rc::new)));
        let Some(severity) = severity else { return };
        let mut about = reached.unwrap_or_else(|| (**function).clone());
        let message = match &attribute {
            None => format!(
                "Fetches an attribute with {} whose name was put together while loading",
                shown(&function.shown())
            ),
            Some(attribute) => match object.name() {
                Some(name) if about.grade() == Grade::Dangerous => format!(
                    "Fetches {} from {}: this {}",
                    shown(attribute),
                    shown(&name.path),
                    about.capability().title()
                ),
                Some(name) => format!(
                    "Fetches the attribute {} of {}",
                    shown(attribute),
                    shown(&name.path)
                ),
                None => format!("Fetches the attribute {} of an object", shown(attribute)),
            },
        };
        if object.name().is_none() {
            about.path = format!("{}({})", function.path, attribute.unwrap_or_default());
        }
        self.report_named(machine, at, (&ATTRIBUTE_WALK, severity), &about, message);
    }

    /// `attrgetter(name)`, `methodcaller(name, …)`: an attribute will be fetched.
    pub(super) fn judge_getter(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        function: &Rc<Name>,
    ) {
        let args = Self::arguments(machine, call.args);
        let mut worst = None;
        for arg in args.iter().take(16) {
            let Some(attribute) = self.text(machine, *arg) else {
                continue;
            };
            let (severity, reached) = judge_attribute(&Callee::Result, Some(&attribute));
            if severity > worst {
                worst = severity;
                if severity == Some(Severity::Critical) {
                    let about = reached.unwrap_or_else(|| (**function).clone());
                    let message = format!("Prepares to fetch the attribute {}", shown(&attribute));
                    self.report_named(
                        machine,
                        at,
                        (&ATTRIBUTE_WALK, Severity::Critical),
                        &about,
                        message,
                    );
                }
            }
        }
        let method = function.name.ends_with("methodcaller");
        if method && worst < Some(Severity::Critical) {
            let message = format!("Prepares a method call with {}", shown(&function.shown()));
            self.report_named(
                machine,
                at,
                (&SUSPICIOUS_CALL, Severity::Info),
                function,
                message,
            );
        }
    }
}

/// How bad it is to fetch this attribute of that object, and what is reached.
fn judge_attribute(object: &Callee, attribute: Option<&str>) -> (Option<Severity>, Option<Name>) {
    let Some(attribute) = attribute else {
        return (Some(Severity::Critical), None);
    };
    let base = match object {
        Callee::Named(name) | Callee::Registered(name) | Callee::Reached(Some(name)) => name,
        Callee::Result | Callee::Wrapper | Callee::OwnClass | Callee::Data => {
            // An attribute of an instance: only its own name speaks.
            let name = Name::resolved("builtins", &format!("object.{attribute}"));
            let severity = if name.grade() == Grade::Dangerous || attribute.contains('.') {
                Severity::Critical
            } else {
                Severity::Info
            };
            return (
                Some(severity),
                (severity == Severity::Critical).then_some(name),
            );
        }
        Callee::Reached(None) | Callee::Extension | Callee::Outside => {
            return (Some(Severity::Critical), None);
        }
    };
    let name = if base.name.is_empty() {
        Name::resolved(&base.module, attribute)
    } else {
        Name::resolved(&base.module, &format!("{}.{attribute}", base.name))
    };
    let private = attribute.starts_with('_');
    let class = base.is_class_like();
    if name.grade() == Grade::Inert && name.verdict.matched == Matched::Exact {
        return (None, Some(name));
    }
    let severity = match (name.grade(), base.grade()) {
        (Grade::Dangerous, _) | (_, Grade::Dangerous) => Severity::Critical,
        _ if name.odd || attribute.contains('.') => Severity::Critical,
        (_, Grade::Inert) if !private => Severity::Info,
        (_, Grade::Inert) => Severity::Warning,
        _ if class && !private => Severity::Info,
        _ => Severity::Warning,
    };
    (Some(severity), Some(name))
}
