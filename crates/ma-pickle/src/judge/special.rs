//! Functions that are judged by their arguments, one by one.

use std::rc::Rc;

use ma_core::Severity;
use ma_python::catalogue::Grade;

use super::name::{Name, well_formed};
use super::note::{Note, What};
use super::operand::Callee;
use super::{At, Judge, shown};
use crate::fold::Folded;
use crate::machine::Machine;
use crate::rules::{DANGEROUS_CALL, DEPTH_BOMB, HIDDEN_CALL, SUSPICIOUS_CALL};
use crate::value::{Call, CallKind, Value, View};

/// Parentheses in a regular expression beyond which it is no model's.
const MAX_GROUPS: usize = 500;

impl Judge<'_> {
    /// Judges a call whose arguments decide; false when the name alone decides.
    pub(super) fn judge_special(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        path: &str,
    ) -> bool {
        match path {
            "builtins.getattr" | "builtins.hasattr" => self.judge_getattr(machine, at, call, name),
            "operator.attrgetter" | "operator.methodcaller" => {
                self.judge_getter(machine, at, call, name);
            }
            "operator.itemgetter" => {}
            "builtins.type" => self.judge_type(machine, at, call, name),
            "collections.defaultdict" | "collections.deque" | "collections.ChainMap" => {
                let values = [call.args];
                self.hand_over(machine, at, name, &values);
            }
            "copyreg._reconstructor"
            | "copyreg.__newobj__"
            | "copyreg.__newobj_ex__"
            | "copy_reg._reconstructor" => self.judge_first(machine, at, call, name, true),
            "torch._tensor._rebuild_from_type_v2" | "torch._tensor._rebuild_from_type" => {
                self.judge_first(machine, at, call, name, false);
            }
            "copyreg.add_extension" => {
                self.register(machine, call);
                return false;
            }
            "re._compile" | "re.compile" => self.judge_pattern(machine, at, call, name),
            "dill._dill._load_type" | "cloudpickle.cloudpickle._builtin_type" => {
                return self.judge_load_type(machine, at, call, name);
            }
            "torch.storage._load_from_bytes" => {
                self.judge_loader(machine, at, call, name, Severity::Info);
            }
            "numpy._core._ufunc_reconstruct" | "numpy.core._ufunc_reconstruct" => {
                self.judge_ufunc(machine, at, call, name);
            }
            // They call what they are given: a bit generator, the class of an index.
            _ if path.ends_with("_pickle.__generator_ctor")
                || path.ends_with("_pickle.__randomstate_ctor")
                || path.ends_with("_pickle.__bit_generator_ctor")
                || path.ends_with("._new_Index")
                || path.ends_with("._new_DatetimeIndex")
                || path.ends_with("._new_PeriodIndex") =>
            {
                let args = Self::arguments(machine, call.args);
                let args = args.get(..2).unwrap_or(&args);
                self.hand_over(machine, at, name, args);
            }
            _ if path.ends_with("._unpickle_model") => {
                self.judge_loader(machine, at, call, name, Severity::Warning);
            }
            _ => return self.judge_size(machine, at, call, name, path),
        }
        true
    }

    /// Functions whose result is as large as their arguments say; false when the name decides.
    fn judge_size(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        path: &str,
    ) -> bool {
        match path {
            // Lazy: harmless until something walks over it.
            "builtins.range" | "builtins.xrange" | "itertools.repeat" => {
                if self.asks_for_much(machine, call) {
                    self.note_what(at.offset, What::Endless);
                }
            }
            "itertools.count" | "itertools.cycle" => self.note_what(at.offset, What::Endless),
            "builtins.list"
            | "builtins.tuple"
            | "builtins.set"
            | "builtins.frozenset"
            | "builtins.sum"
            | "builtins.sorted"
            | "builtins.min"
            | "builtins.max"
            | "builtins.dict"
            | "collections.OrderedDict"
            | "collections.Counter" => {
                if self.walks_endless(machine, call) {
                    let message =
                        format!("Makes {} walk over an enormous range", shown(&name.path));
                    self.report_named(
                        machine,
                        at,
                        (&SUSPICIOUS_CALL, Severity::Warning),
                        name,
                        message,
                    );
                }
                return false;
            }
            "builtins.bytearray" | "builtins.bytes" => {
                if self.asks_for_much(machine, call) {
                    let message = format!("Asks {} for an enormous size", shown(&name.path));
                    self.report_named(
                        machine,
                        at,
                        (&SUSPICIOUS_CALL, Severity::Warning),
                        name,
                        message,
                    );
                }
            }
            // `[0] * n`, `1 << n`: what they make is as large as the file says.
            "operator.mul" | "operator.imul" | "operator.lshift" | "operator.ilshift"
            | "operator.pow" | "operator.ipow" | "builtins.pow" => {
                if !self.asks_for_much(machine, call) {
                    return false;
                }
                let message = format!("Asks {} for an enormous result", shown(&name.path));
                let finding = (&SUSPICIOUS_CALL, Severity::Warning);
                self.report_named(machine, at, finding, name, message);
            }
            _ => return false,
        }
        true
    }

    /// Functions that create an object of their first argument (`creates`), or call it.
    fn judge_first(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        creates: bool,
    ) {
        let args = Self::arguments(machine, call.args);
        let Some(first) = args.first() else { return };
        let class = self.callee(machine, *first);
        match &class {
            Callee::Named(class) | Callee::Registered(class) => {
                if class.grade() != Grade::Inert {
                    let class = Rc::clone(class);
                    let kind = if creates { CallKind::NewObj } else { call.kind };
                    self.judge_named(machine, at, &Call { kind, ..*call }, &class);
                } else {
                    self.explain(&Rc::clone(class));
                }
            }
            Callee::OwnClass => {}
            _ => {
                let message = format!(
                    "Hands something that was put together while loading to {}, which calls it",
                    shown(&name.path)
                );
                self.report_named(
                    machine,
                    at,
                    (&HIDDEN_CALL, Severity::Critical),
                    name,
                    message,
                );
            }
        }
        let rest: Vec<Value> = args.iter().skip(1).copied().collect();
        for other in rest {
            if let View::Global(id, _) = machine.view(other) {
                let other = self.name_of(machine, id);
                if other.grade() == Grade::Inert {
                    self.explain(&other);
                }
            }
        }
    }

    /// Whether an argument is a range too long to be walked over.
    fn walks_endless(&self, machine: &Machine<'_>, call: &Call) -> bool {
        Self::arguments(machine, call.args).into_iter().any(|arg| {
            self.note_of(machine, arg)
                .is_some_and(|note| matches!(note.what, What::Endless))
        })
    }

    /// `type(name, bases, namespace)`.
    fn judge_type(&mut self, machine: &Machine<'_>, at: &At, call: &Call, name: &Rc<Name>) {
        let args = Self::arguments(machine, call.args);
        let (Some(bases), Some(namespace)) = (args.get(1), args.get(2)) else {
            return;
        };
        self.note_what(at.offset, What::Class);
        let mut reported = false;
        for callee in self.callables(machine, &[*namespace]) {
            let harmless_class = callee
                .name()
                .is_some_and(|n| n.grade() == Grade::Inert && n.is_class_like());
            if harmless_class {
                continue;
            }
            reported = true;
            let what = match callee.name() {
                Some(inner) => {
                    self.explain(&Rc::clone(inner));
                    inner.shown()
                }
                None => "a callable".to_owned(),
            };
            let message = format!(
                "Makes a class with {} as a method, so that using the object calls it",
                shown(&what)
            );
            self.report_named(
                machine,
                at,
                (&HIDDEN_CALL, Severity::Critical),
                name,
                message,
            );
        }
        for base in self.callables(machine, &[*bases]) {
            let sensitive = base.name().is_none_or(|n| {
                n.grade() == Grade::Dangerous
                    || n.name.ends_with("Wrapper")
                    || n.name.ends_with("Unpickler")
            });
            if sensitive {
                reported = true;
                let message = "Makes a class on top of one that loaders treat specially".to_owned();
                self.report_named(
                    machine,
                    at,
                    (&HIDDEN_CALL, Severity::Critical),
                    name,
                    message,
                );
            }
        }
        if !reported {
            let message = "Makes a class while loading".to_owned();
            self.report_named(
                machine,
                at,
                (&SUSPICIOUS_CALL, Severity::Warning),
                name,
                message,
            );
        }
    }

    /// `copyreg.add_extension(module, name, code)`: the number is a name from here on.
    fn register(&mut self, machine: &Machine<'_>, call: &Call) {
        let args = Self::arguments(machine, call.args);
        let [module, name, code] = args.as_slice() else {
            return;
        };
        let (Some(module), Some(name)) = (self.text(machine, *module), self.text(machine, *name))
        else {
            return;
        };
        let code = self.fold(machine, *code).and_then(|code| code.as_int());
        if let Some(code) = code.and_then(|code| i64::try_from(code).ok()) {
            self.extensions
                .insert(code, Rc::new(Name::resolved(&module, &name)));
        }
    }

    /// `_ufunc_reconstruct(module, name)` imports any module and takes any name from it.
    fn judge_ufunc(&mut self, machine: &Machine<'_>, at: &At, call: &Call, name: &Rc<Name>) {
        let args = Self::arguments(machine, call.args);
        let mut texts = args.iter().map(|arg| self.text(machine, *arg));
        let (Some(Some(module)), Some(Some(function))) = (texts.next(), texts.next()) else {
            let message = format!(
                "Hands {} a name that was put together while loading",
                shown(&name.path)
            );
            return self.report_named(
                machine,
                at,
                (&DANGEROUS_CALL, Severity::Critical),
                name,
                message,
            );
        };
        let target = Name::resolved(&module, &function);
        let numeric = matches!(module.split('.').next(), Some("numpy" | "scipy"));
        let severity = match target.grade() {
            Grade::Dangerous => Severity::Critical,
            Grade::Inert => return,
            _ if numeric && !target.is_walk() => return,
            _ => Severity::Warning,
        };
        self.met(&target);
        let message = format!("Fetches {} with {}", shown(&target.path), shown(&name.path));
        self.report_named(machine, at, (&DANGEROUS_CALL, severity), &target, message);
    }

    /// A regular expression is compiled when it is loaded.
    fn judge_pattern(&mut self, machine: &Machine<'_>, at: &At, call: &Call, name: &Rc<Name>) {
        let args = Self::arguments(machine, call.args);
        let Some(pattern) = args.first().and_then(|arg| machine.constant(*arg, 1 << 16)) else {
            return;
        };
        let bytes = pattern.as_bytes().unwrap_or_default();
        let mut depth = 0usize;
        let mut deepest = 0usize;
        for byte in bytes {
            match byte {
                b'(' => {
                    depth = depth.saturating_add(1);
                    deepest = deepest.max(depth);
                }
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if deepest > MAX_GROUPS {
            let message = format!("Compiles a regular expression nested {deepest} deep");
            self.report_named(machine, at, (&DEPTH_BOMB, Severity::Warning), name, message);
        }
    }

    /// dill and cloudpickle name built-in types by a word; those that make code are dangerous.
    fn judge_load_type(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
    ) -> bool {
        let args = Self::arguments(machine, call.args);
        let word = args.first().and_then(|arg| self.text(machine, *arg));
        let Some(word) = word.filter(|word| well_formed(word)) else {
            return false;
        };
        let resolved = Name::resolved("types", &word);
        self.note(
            at.offset,
            Note {
                folded: Some(Folded::thing("types", &word)),
                what: What::Reached(Some(Rc::new(resolved.clone()))),
            },
        );
        let code = matches!(
            word.as_str(),
            "CodeType" | "FunctionType" | "LambdaType" | "MethodType" | "ModuleType"
        );
        if code {
            let message = format!(
                "Fetches types.{word} with {}, to build code from the file",
                shown(&name.path)
            );
            self.report_named(
                machine,
                at,
                (&DANGEROUS_CALL, Severity::Critical),
                &resolved,
                message,
            );
        } else {
            self.note_what(at.offset, What::Class);
        }
        true
    }

    /// Text constants anywhere in a value, joined: what code objects use.
    pub(super) fn words_in(&self, machine: &Machine<'_>, value: Value) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut todo = vec![value];
        let mut left = 2000usize;
        while let Some(value) = todo.pop() {
            let Some(now) = left.checked_sub(1) else {
                break;
            };
            left = now;
            match machine.view(value) {
                View::Container(items) => todo.extend(items.items.iter().rev().take(500)),
                View::Const(kind) if kind.is_str() => {
                    let text = machine.constant(value, 200);
                    let text = text.as_ref().and_then(|t| t.as_str().map(str::to_owned));
                    if let Some(text) = text.filter(|t| !t.is_empty() && !words.contains(t)) {
                        words.push(text);
                    }
                }
                _ => {}
            }
            if words.len() >= 100 {
                break;
            }
        }
        words.join(", ")
    }
}
