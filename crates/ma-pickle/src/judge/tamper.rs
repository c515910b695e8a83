//! Changes to objects: state, items, and ids handed to the loading program.

use std::rc::Rc;

use ma_core::{Evidence, Issue, Severity};
use ma_python::catalogue::{Grade, Role};

use super::name::Name;
use super::operand::Callee;
use super::{Import, Judge, MAX_SOURCE, MAX_STORAGES, shown};
use crate::machine::Machine;
use crate::opcode::Op;
use crate::rules::{
    COMPUTED_NAME, EXTENSION_CODE, HIDDEN_CALL, OBJECT_TAMPERING, PERSISTENT_ID, SCANNER_TAMPERING,
};
use crate::streams::torch;
use crate::value::{ContainerKind, GlobalId, Value, View};

/// Values of a state that are looked at one by one.
const MAX_SHOWN: usize = 600;
/// Fields of one state that are looked at by name.
const MAX_FIELDS: usize = 4096;
/// Fields that the unpickler calls or follows.
const HOOKS: &[&str] = &[
    "__setstate__",
    "__class__",
    "append",
    "extend",
    "add",
    "__reduce__",
    "__reduce_ex__",
];

impl Judge<'_> {
    /// BUILD gives state to an object.
    pub(super) fn judge_build(
        &mut self,
        machine: &Machine<'_>,
        target: Value,
        state: Value,
        offset: u64,
    ) {
        let callee = self.callee(machine, target);
        self.judge_target(machine, &callee, (target, state), (Op::Build, offset));
        self.judge_hooks(machine, state, offset);
    }

    /// Fields that the unpickler itself calls: `__setstate__` at the next BUILD, `append` at the next
    /// APPEND; and the class, which decides about all others.
    fn judge_hooks(&mut self, machine: &Machine<'_>, state: Value, offset: u64) {
        let mut todo = vec![state];
        if let View::Container(items) = machine.view(state)
            && items.kind == ContainerKind::Tuple
        {
            todo = items.items.iter().take(2).copied().collect();
        }
        for fields in todo {
            let View::Container(items) = machine.view(fields) else {
                continue;
            };
            if items.kind != ContainerKind::Dict || items.holds.is_inert() {
                continue;
            }
            for pair in items.items.chunks_exact(2).take(MAX_FIELDS) {
                let [key, value] = pair else { continue };
                let Some(key) = machine.constant(*key, 32) else {
                    continue;
                };
                let Some(hook) = key.as_str().filter(|key| HOOKS.contains(key)) else {
                    continue;
                };
                let Some(given) = self.callables(machine, &[*value]).into_iter().next() else {
                    continue;
                };
                let what = given.name().map(|name| {
                    self.explain(&Rc::clone(name));
                    name.shown()
                });
                let what = what.unwrap_or_else(|| "a callable".to_owned());
                let key = format!("{hook} {what}");
                self.interesting = true;
                self.report(&HIDDEN_CALL, Severity::Critical, &key, || {
                    let message = format!(
                        "Puts {} into the field {hook}, which loaders call or follow",
                        shown(&what)
                    );
                    Issue::new(&HIDDEN_CALL, message)
                        .at(offset..machine.position().max(offset.saturating_add(1)))
                        .evidence(Evidence::code("state", machine.render(state, MAX_SHOWN)))
                });
            }
        }
    }

    /// SETITEM, APPEND or ADDITEMS on something that is no plain container.
    pub(super) fn judge_change(
        &mut self,
        machine: &Machine<'_>,
        target: Value,
        items: &[Value],
        at: (Op, u64),
    ) {
        let callee = self.callee(machine, target);
        let first = items.first().copied().unwrap_or(target);
        if let View::Call(call) = machine.view(target)
            && let Callee::Named(name) = self.callee(machine, call.callee)
            && at.0 == Op::SetItem
            && name.verdict.role == Role::Function
            && name.module.starts_with("torch")
        {
            return self.report_change(machine, (target, first), at, &name, Severity::Warning);
        }
        self.judge_target(machine, &callee, (target, first), at);
    }

    fn judge_target(
        &mut self,
        machine: &Machine<'_>,
        callee: &Callee,
        change: (Value, Value),
        at: (Op, u64),
    ) {
        let name = match callee {
            Callee::Named(name) | Callee::Registered(name) | Callee::Reached(Some(name)) => {
                Rc::clone(name)
            }
            Callee::Reached(None) => Rc::new(Name::resolved("?", "object")),
            Callee::Extension => Rc::new(Name::resolved("copyreg", "extension")),
            _ => return,
        };
        self.report_change(machine, change, at, &name, Severity::Critical);
    }

    fn report_change(
        &mut self,
        machine: &Machine<'_>,
        (target, change): (Value, Value),
        (op, offset): (Op, u64),
        name: &Rc<Name>,
        severity: Severity,
    ) {
        self.explain(name);
        self.interesting = true;
        self.denied |= name.is_denied();
        let rule = if name.is_scanner() {
            &SCANNER_TAMPERING
        } else {
            &OBJECT_TAMPERING
        };
        let what = match op {
            Op::Build => "Overwrites attributes of",
            Op::SetItem => "Sets an item of",
            _ => "Adds to",
        };
        let key = format!("{what} {}", name.path);
        self.report(rule, severity, &key, || {
            let source = format!(
                "{}\n# with: {}",
                machine.render(target, MAX_SOURCE),
                machine.render(change, MAX_SHOWN)
            );
            Issue::new(rule, format!("{what} {}", shown(&name.shown())))
                .at(offset..machine.position().max(offset.saturating_add(1)))
                .evidence(Evidence::code("change", source))
                .evidence(Evidence::fact(
                    "opcode",
                    format!("{} at byte {offset}", op.name()),
                ))
        });
    }

    /// A persistent id is handed to the loading program.
    pub(super) fn judge_persistent(&mut self, machine: &Machine<'_>, id: Value, offset: u64) {
        if let Some(storage) = torch::storage(machine, id) {
            if self.storages.len() < MAX_STORAGES {
                self.storages.push(storage);
            }
            // The type of a storage is a class that torch resolves by itself.
            if let Some(&class) = machine.children(id).get(1)
                && let Callee::Named(name) = self.callee(machine, class)
                && (name.grade() == Grade::Inert || name.name.ends_with("Storage"))
            {
                self.explain(&name);
            }
            return;
        }
        let module = machine.children(id).first().is_some_and(|first| {
            self.text(machine, *first)
                .is_some_and(|tag| tag == "module")
        });
        let odd = match machine.view(id) {
            View::Call(_) | View::Instance { .. } | View::Global(..) | View::Extension(_) => true,
            View::Container(items) => !items.holds.is_inert(),
            _ => false,
        };
        let (severity, message) = match (module, odd) {
            (true, _) => (
                Severity::Info,
                "Names a class together with its source, as PyTorch before 1.6 saved whole models",
            ),
            (false, true) => (
                Severity::Warning,
                "Hands the loading program an unusual id of an outside object",
            ),
            (false, false) => return,
        };
        self.report(&PERSISTENT_ID, severity, message, || {
            Issue::new(&PERSISTENT_ID, message)
                .at(offset..machine.position().max(offset.saturating_add(1)))
                .evidence(Evidence::code("id", machine.render(id, MAX_SOURCE)))
        });
    }

    /// An object is taken from the extension registry.
    pub(super) fn judge_extension(&mut self, machine: &Machine<'_>, code: i64, offset: u64) {
        self.interesting = true;
        let end = machine.position().max(offset.saturating_add(1));
        let registered = self.extensions.get(&code).cloned();
        if let Some(name) = &registered {
            self.met(name);
            self.imports.push(Import {
                name: Rc::clone(name),
                op: Op::Ext1,
                offset,
                end,
            });
        }
        let severity = match &registered {
            Some(name) if name.grade() == Grade::Inert => Severity::Info,
            Some(_) => Severity::Warning,
            None => Severity::Critical,
        };
        let message = match &registered {
            Some(name) => format!(
                "Takes {} from the extension registry by the number {code}",
                shown(&name.path)
            ),
            None => format!(
                "Takes an object from the extension registry by the number {code}; what it is can't be seen"
            ),
        };
        self.report(&EXTENSION_CODE, severity, &code.to_string(), || {
            Issue::new(&EXTENSION_CODE, message).at(offset..end)
        });
    }

    /// STACK_GLOBAL takes operands that are no constants.
    pub(super) fn report_computed_name(
        &mut self,
        machine: &Machine<'_>,
        name: &Rc<Name>,
        op: Op,
        range: std::ops::Range<u64>,
    ) {
        self.interesting = true;
        let operands = |id: Option<Value>| id.map(|v| machine.render(v, MAX_SHOWN));
        let global = self
            .names
            .iter()
            .position(|known| known.as_ref().is_some_and(|known| Rc::ptr_eq(known, name)))
            .and_then(|at| u32::try_from(at).ok())
            .map(|at| machine.global(GlobalId(at)));
        let shown_operands = global.map(|g| {
            let module = operands(g.module_value).unwrap_or_else(|| g.module.lossy().into_owned());
            let name = operands(g.name_value).unwrap_or_else(|| g.name.lossy().into_owned());
            format!("module: {module}\nname: {name}")
        });
        self.report(&COMPUTED_NAME, Severity::Critical, &name.path, || {
            let message = if name.odd {
                "Imports a name that is put together while loading".to_owned()
            } else {
                format!(
                    "Imports {}, a name that is put together while loading",
                    shown(&name.path)
                )
            };
            let mut issue = Issue::new(&COMPUTED_NAME, message)
                .at(range.clone())
                .evidence(Evidence::fact(
                    "opcode",
                    format!("{} at byte {}", op.name(), range.start),
                ));
            if let Some(operands) = shown_operands {
                issue = issue.evidence(Evidence::code("operands", operands));
            }
            issue
        });
    }
}
