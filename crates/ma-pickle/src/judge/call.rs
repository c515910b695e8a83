//! Calls, by who is called.

use std::rc::Rc;

use ma_core::{Evidence, Issue, Rule, Severity};
use ma_python::catalogue::{Capability, Grade, Matched};

use super::argument;
use super::name::Name;
use super::note::{Note, What};
use super::operand::Callee;
use super::{At, Judge, MAX_SOURCE, shown};
use crate::fold::{self, Folded};
use crate::machine::Machine;
use crate::rules::{
    ATTRIBUTE_WALK, CODE_OBJECT, COMPUTED_CALL, DANGEROUS_CALL, SCANNER_TAMPERING, SUSPICIOUS_CALL,
    UNKNOWN_CALL, UNKNOWN_CLASS,
};
use crate::value::{Call, CallKind, Value, View};

/// Text arguments up to this length are what members of enums are rebuilt from.
const ENUM_TEXT: usize = 64;
/// A size from which on an allocation is no model's.
const HUGE: i128 = 1 << 30;

impl Judge<'_> {
    /// A call happens.
    pub(super) fn judge_call(&mut self, machine: &Machine<'_>, value: Value, offset: u64) {
        let View::Call(call) = machine.view(value) else {
            return;
        };
        let at = At {
            value,
            offset,
            op: call.op,
        };
        let callee = self.callee(machine, call.callee);
        match &callee {
            Callee::Named(name) | Callee::Registered(name) => {
                self.judge_named(machine, &at, &call, name);
            }
            // A class method that libraries do write this way: `getattr(ZoneInfo, '_unpickle')`.
            Callee::Reached(Some(name))
                if name.grade() == Grade::Inert && name.verdict.matched == Matched::Exact => {}
            Callee::Reached(name) => self.judge_computed(machine, &at, name.as_ref()),
            Callee::Result | Callee::Outside => self.judge_computed(machine, &at, None),
            Callee::Wrapper | Callee::OwnClass | Callee::Extension | Callee::Data => {}
        }
        self.fold_call(machine, &call, &callee);
    }

    /// Something that was put together is called.
    fn judge_computed(&mut self, machine: &Machine<'_>, at: &At, name: Option<&Rc<Name>>) {
        self.interesting = true;
        let key = name.map_or_else(|| "?".to_owned(), |name| name.path.clone());
        if let Some(name) = name {
            self.denied |= name.is_denied();
        }
        self.report(&COMPUTED_CALL, Severity::Critical, &key, || {
            let message = match name {
                Some(name) if name.grade() == Grade::Dangerous => format!(
                    "Calls {}, which {}; it is reached through other calls",
                    shown(&name.shown()),
                    name.capability().title()
                ),
                Some(name) => {
                    format!(
                        "Calls {}, which is reached through other calls",
                        shown(&name.shown())
                    )
                }
                None => "Calls the result of another call".to_owned(),
            };
            Issue::new(&COMPUTED_CALL, message)
                .at(at.range(machine))
                .evidence(Evidence::code("call", machine.render(at.value, MAX_SOURCE)))
                .evidence(Evidence::fact("opcode", at.opcode()))
        });
    }

    /// Computes the result, where that is possible and of use.
    fn fold_call(&mut self, machine: &Machine<'_>, call: &Call, callee: &Callee) {
        let function = match callee {
            Callee::Named(name) | Callee::Registered(name) => {
                if !fold::foldable(&name.module) {
                    return;
                }
                Folded::thing(&name.module, &name.name)
            }
            _ => match self.fold(machine, call.callee) {
                Some(function) => function,
                None => return,
            },
        };
        let args: Option<Vec<_>> = Self::arguments(machine, call.args)
            .into_iter()
            .map(|arg| self.fold(machine, arg))
            .collect();
        let Some(result) = args.and_then(|args| self.folder.call(&function, &args)) else {
            return;
        };
        self.hunt_folded(&result, call.offset);
        let reached = result
            .as_thing()
            .map(|thing| What::Reached(Some(Rc::new(Name::resolved(&thing.module, &thing.name)))));
        match self.notes.get_mut(&call.offset) {
            Some(note) => {
                note.folded = Some(result);
                if let (What::Value | What::Reached(None), Some(reached)) = (&note.what, reached) {
                    note.what = reached;
                }
            }
            None => {
                let what = reached.unwrap_or(What::Value);
                self.note(
                    call.offset,
                    Note {
                        folded: Some(result),
                        what,
                    },
                );
            }
        }
    }

    /// Something with a name is called.
    pub(super) fn judge_named(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
    ) {
        self.explain(name);
        if name.is_scanner() {
            let message = format!("Calls {}, a part of a security scanner", shown(&name.path));
            self.report_call(
                machine,
                at,
                (&SCANNER_TAMPERING, Severity::Critical),
                name,
                (message, ""),
            );
            return;
        }
        let path = name.canonical();
        if self.judge_special(machine, at, call, name, path) {
            return;
        }
        if name.grade() != Grade::Inert {
            self.note_handed(machine, call, name);
        }
        match name.grade() {
            Grade::Inert => {
                self.judge_constructor(machine, at, call, name);
            }
            Grade::Dangerous => self.judge_dangerous(machine, at, call, name),
            Grade::Suspicious => self.judge_suspicious(machine, at, call, name, path),
            Grade::Unknown => self.judge_unknown(machine, at, call, name),
        }
    }

    /// A call of something known to be dangerous.
    fn judge_dangerous(&mut self, machine: &Machine<'_>, at: &At, call: &Call, name: &Rc<Name>) {
        match name.capability() {
            Capability::Deserialises => {
                return self.judge_loader(machine, at, call, name, Severity::Critical);
            }
            Capability::BuildsCode => return self.judge_code(machine, at, call, name),
            _ => {}
        }
        let walk = name.verdict.matched == Matched::Dunder
            || (name.verdict.matched == Matched::Tail
                && name.capability() == Capability::AttributeAccess);
        let rule = if walk {
            &ATTRIBUTE_WALK
        } else {
            &DANGEROUS_CALL
        };
        let message = format!(
            "Calls {}, which {}",
            shown(&name.shown()),
            name.capability().title()
        );
        self.report_call(
            machine,
            at,
            (rule, Severity::Critical),
            name,
            (message, &why(name)),
        );
    }

    /// Functions and code objects are built.
    pub(super) fn judge_code(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
    ) {
        let message = format!(
            "Builds a function or class from code in the file with {}",
            shown(&name.shown())
        );
        self.report_call(
            machine,
            at,
            (&CODE_OBJECT, Severity::Critical),
            name,
            (message, &why(name)),
        );
        let words = self.words_in(machine, call.args);
        if words.is_empty() {
            return;
        }
        // A second object made by the same maker shows its own names.
        let key = format!("{} {}", name.path, words);
        self.report(&CODE_OBJECT, Severity::Critical, &key, || {
            Issue::new(
                &CODE_OBJECT,
                format!("The code uses these names and constants: {}", shown(&words)),
            )
            .at(at.range(machine))
            .evidence(Evidence::text("names and constants", words.clone()))
        });
    }

    /// A call of something that is judged by its arguments.
    fn judge_suspicious(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        path: &str,
    ) {
        match name.capability() {
            Capability::CallsArgument => return self.judge_caller(machine, at, call, name, path),
            Capability::Deserialises => {
                return self.judge_loader(machine, at, call, name, Severity::Warning);
            }
            Capability::AttributeAccess if name.is_walk() => {
                return self.judge_walk_call(machine, at, name);
            }
            _ => {}
        }
        if name.verdict.matched == Matched::StdlibDefault || name.module == "__main__" {
            return self.judge_unknown(machine, at, call, name);
        }
        if name.is_ml() && self.is_construction(machine, call, name) {
            return self.judge_unknown(machine, at, call, name);
        }
        let severity = match name.capability() {
            Capability::Decodes => Severity::Info,
            Capability::Memory if !self.asks_for_much(machine, call) => Severity::Info,
            _ => Severity::Warning,
        };
        let message = format!(
            "Calls {}, which {}",
            shown(&name.shown()),
            name.capability().title()
        );
        self.report_call(
            machine,
            at,
            (&SUSPICIOUS_CALL, severity),
            name,
            (message, &why(name)),
        );
    }

    /// A method or attribute of a class that is harmless by itself is called.
    fn judge_walk_call(&mut self, machine: &Machine<'_>, at: &At, name: &Rc<Name>) {
        // `Mapping.register(…)` changes the class for the whole program.
        let changes = name.name.ends_with(".register");
        let severity = if changes || name.walks_far() {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let message = format!(
            "Calls {}, reached by walking through attributes",
            shown(&name.shown())
        );
        self.report_call(
            machine,
            at,
            (&ATTRIBUTE_WALK, severity),
            name,
            (message, &why(name)),
        );
    }

    /// Whether a number among the arguments is absurd as a size.
    pub(super) fn asks_for_much(&self, machine: &Machine<'_>, call: &Call) -> bool {
        let mut todo = Self::arguments(machine, call.args);
        let mut product: i128 = 1;
        let mut steps = 64u8;
        while let Some(value) = todo.pop() {
            let Some(left) = steps.checked_sub(1) else {
                break;
            };
            steps = left;
            match machine.view(value) {
                View::Container(items) => todo.extend(items.items.iter().take(16)),
                View::Const(_) => match machine.constant(value, 16) {
                    Some(crate::value::Constant::Int(n)) if n > 1 => {
                        product = product.saturating_mul(i128::from(n));
                    }
                    Some(crate::value::Constant::BigInt(..)) => product = HUGE,
                    _ => {}
                },
                _ => {}
            }
        }
        product >= HUGE
    }

    /// Whether a call only creates an object, as picklers do: without arguments, or with a short
    /// constant as members of enums are.
    pub(super) fn is_construction(&self, machine: &Machine<'_>, call: &Call, name: &Name) -> bool {
        if matches!(call.kind, CallKind::NewObj | CallKind::NewObjEx) {
            return true;
        }
        if !name.is_class_like() {
            return false;
        }
        let args = Self::arguments(machine, call.args);
        match args.as_slice() {
            [] => matches!(machine.view(call.args), View::Container(_)),
            [one] => match machine.view(*one) {
                View::Const(_) => machine.constant(*one, ENUM_TEXT).is_some_and(|c| {
                    c.as_int().is_some() || c.as_str().is_some_and(|s| s.len() < ENUM_TEXT)
                }),
                View::Container(items) => items.holds.is_inert(),
                View::None | View::Bool(_) | View::Plain(_) => true,
                _ => false,
            },
            _ => call.kind != CallKind::Reduce,
        }
    }

    /// A call of something that nobody has judged.
    pub(super) fn judge_unknown(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
    ) {
        if name.odd && !name.computed {
            let message = format!(
                "Calls {}, which is no name that a pickler writes",
                shown(&name.path)
            );
            return self.report_call(
                machine,
                at,
                (&ATTRIBUTE_WALK, Severity::Critical),
                name,
                (message, ""),
            );
        }
        if name.is_walk() && name.walks_far() {
            let message = format!(
                "Calls {}, reached by walking through modules or objects",
                shown(&name.path)
            );
            return self.report_call(
                machine,
                at,
                (&ATTRIBUTE_WALK, Severity::Critical),
                name,
                (message, ""),
            );
        }
        if self.is_construction(machine, call, name) {
            let message = format!("Creates an object of the unknown {}", shown(&name.path));
            let runs_init = !matches!(call.kind, CallKind::NewObj | CallKind::NewObjEx);
            if runs_init && self.judge_telling(machine, at, call, name, (&message, false)) {
                return;
            }
            // TorchScript classes come with the archive; Python has no module of that name.
            let scripted = name.module == "__torch__" || name.module.starts_with("__torch__.");
            let data_only = (name.is_ml() || scripted) && call.holds_only(machine);
            let severity = if data_only {
                Severity::Info
            } else {
                Severity::Warning
            };
            let message = if name.module == "__main__" {
                format!(
                    "Creates an object of {}, a class of the script that wrote the file",
                    shown(&name.path)
                )
            } else {
                format!(
                    "Creates an object of the unknown class {}",
                    shown(&name.path)
                )
            };
            return self.report_call(machine, at, (&UNKNOWN_CLASS, severity), name, (message, ""));
        }
        let (what, severity) = if name.is_stdlib() {
            (
                "a part of the standard library that models do not need",
                Severity::Critical,
            )
        } else {
            ("which is not known", Severity::Warning)
        };
        let message = format!("Calls {}, {what}", shown(&name.path));
        if self.judge_telling(machine, at, call, name, (&message, true)) {
            return;
        }
        self.report_call(machine, at, (&UNKNOWN_CALL, severity), name, (message, ""));
    }

    /// An unknown callable is given a command, an address or code: nobody needs to know it to see what
    /// it is for. True when it was reported.
    fn judge_telling(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        (message, function): (&str, bool),
    ) -> bool {
        let Some((what, text)) = self.telling_argument(machine, call) else {
            return false;
        };
        // Objects may well be made of an address.
        if !function && what == argument::ADDRESS {
            return false;
        }
        let key = name.path.clone();
        self.report(&UNKNOWN_CALL, Severity::Critical, &key, || {
            Issue::new(&UNKNOWN_CALL, format!("{message}, with {what}"))
                .at(at.range(machine))
                .evidence(Evidence::code("call", machine.render(at.value, MAX_SOURCE)))
                .evidence(Evidence::fact("opcode", at.opcode()))
                .evidence(Evidence::text(
                    "argument",
                    format!("{} is {what}", shown(&text)),
                ))
                .subject(name.canonical())
                .why("An unknown function is given something to run or to fetch while the file is being opened.")
        });
        true
    }

    /// Reports a call under another rule, for the judges of special functions.
    pub(super) fn report_named(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        rule: (&'static Rule, Severity),
        name: &Name,
        message: String,
    ) {
        self.report_call(machine, at, rule, name, (message, &why(name)));
    }
}

impl Call {
    /// Whether its arguments are nothing but data.
    fn holds_only(&self, machine: &Machine<'_>) -> bool {
        match machine.view(self.args) {
            View::Container(items) => items.holds.is_inert(),
            View::Plain(_) => true,
            _ => false,
        }
    }
}

/// Why a name matters, in one sentence.
pub(super) fn why(name: &Name) -> String {
    let (note, general) = (name.verdict.note, name.capability().why());
    if name.capability() == Capability::Unclassified && !note.is_empty() {
        note.to_owned()
    } else {
        general.to_owned()
    }
}
