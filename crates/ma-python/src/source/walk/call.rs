//! Calls: who is called, with what, and what else runs because of it.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::Walker;
use crate::source::model::{EventKind, Place, SourceLimits, Unparsed, UnparsedReason};
use crate::source::parse;
use crate::value::{Value, call};

/// Deepest nesting of texts that are handed to `exec`.
const NESTED: u8 = 4;

/// Callees that run the functions they are given, at once or soon.
const RUNNERS: &[&str] = &[
    "builtins.",
    "threading.",
    "_thread.",
    "multiprocessing.",
    "asyncio.",
    "concurrent.",
    "atexit.",
    "functools.reduce",
    "functools.partial",
    "itertools.",
    "sched.",
    "queue.",
    "signal.",
    "contextvars.",
    "operator.call",
    "timeit.",
    "torch.multiprocessing.",
];
/// Builtins that only look at what they are given.
const LOOKERS: &[&str] = &[
    "builtins.isinstance",
    "builtins.issubclass",
    "builtins.callable",
    "builtins.hasattr",
    "builtins.repr",
    "builtins.print",
    "builtins.id",
    "builtins.type",
    "builtins.setattr",
    "builtins.getattr",
    "builtins.property",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.super",
    "builtins.str",
    "builtins.dir",
    "builtins.vars",
    "builtins.hash",
];

/// Callees that keep or replace what they are given and do not call it.
const NO_CALLERS: &[&str] = &[
    "functools.",
    "unittest.",
    "mock.",
    "typing.",
    "inspect.",
    "pytest.",
    "logging.",
    "warnings.",
    "torch.jit.",
    "torch._dynamo.",
];

impl<'a> Walker<'a> {
    pub(super) fn call(&mut self, node: &'a ExprCall) -> Value {
        let callee = self.expression(&node.func);
        let mut args = Vec::new();
        for arg in &node.arguments.args {
            let value = self.expression(arg);
            match (arg, value) {
                (Expr::Starred(_), Value::List(items)) => args.extend(items),
                (_, value) => args.push(value),
            }
        }
        let mut keywords = Vec::new();
        for keyword in &node.arguments.keywords {
            let value = self.expression(&keyword.value);
            match (&keyword.arg, value) {
                (Some(name), value) => keywords.push((name.to_string(), value)),
                (None, Value::Dict(items)) => {
                    keywords.extend(
                        items
                            .into_iter()
                            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value))),
                    );
                }
                _ => {}
            }
        }
        let hidden = args
            .first()
            .is_some_and(|first| self.is_hidden(first, &node.arguments));
        self.run_callee(&callee);
        self.hand_over(&callee, &args, &keywords);
        self.report_call(&callee, &args, &keywords, node, hidden);
        self.report_handed(&callee, &args, &keywords, node);
        self.special(&callee, &args, node);
        let result = match self.nested_result(&callee, &args, node.range(), hidden) {
            Some(result) => result,
            None => self.result_of(&callee, &args, &keywords),
        };
        self.remember_decoded(&callee, &args, &result);
        result
    }

    /// The value of a call; an object of a class of this text stands for its class.
    fn result_of(&mut self, callee: &Value, args: &[Value], keywords: &[(String, Value)]) -> Value {
        if let Value::Local(id) = callee {
            let is_class = self
                .definition(*id)
                .is_some_and(|definition| definition.body.is_some());
            return if is_class {
                callee.clone()
            } else {
                Value::Unknown
            };
        }
        if callee.as_name() == Some("builtins.getattr")
            && let [of @ Value::Local(_), Value::Str(name), ..] = args
        {
            return self.attribute_of(of, name);
        }
        call(callee, args, keywords)
    }

    /// Functions of this text that are handed to something that calls them.
    fn hand_over(&mut self, callee: &Value, args: &[Value], keywords: &[(String, Value)]) {
        let calls = callee.alternatives().any(|callee| match callee.callee() {
            Some((name, _)) => {
                RUNNERS.iter().any(|runner| name.starts_with(runner))
                    && !LOOKERS.contains(&name.as_str())
            }
            None => matches!(callee, Value::Local(_)),
        });
        if !calls {
            return;
        }
        for value in args.iter().chain(keywords.iter().map(|(_, value)| value)) {
            for alternative in value.alternatives() {
                match alternative {
                    // An object of a class stands for the class; handing it over constructs nothing.
                    Value::Local(id)
                        if self
                            .definition(*id)
                            .is_some_and(|definition| definition.body.is_none()) =>
                    {
                        self.runs(*id)
                    }
                    Value::List(items) => {
                        for item in items {
                            if let Value::Local(id) = item {
                                self.runs(*id);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn report_call(
        &mut self,
        callee: &Value,
        args: &[Value],
        keywords: &[(String, Value)],
        node: &impl Ranged,
        hidden: bool,
    ) {
        if self.quiet > 0 {
            return;
        }
        for alternative in callee.alternatives() {
            let Some((name, _)) = alternative.callee() else {
                continue;
            };
            let given = if let Value::Partial { args, .. } = alternative {
                args.as_slice()
            } else {
                &[]
            };
            let args = given.iter().chain(args).map(Value::shortened).collect();
            let keywords = keywords
                .iter()
                .map(|(name, value)| (name.clone(), value.shortened()))
                .collect();
            self.emit(
                node.range(),
                EventKind::Call {
                    callee: name,
                    args,
                    keywords,
                    hidden,
                },
            );
        }
    }

    /// A function from outside that does harm, handed to something that may call it (`map(os.system, …)`,
    /// `Thread(target=os.system, args=…)`), counts as called.
    fn report_handed(
        &mut self,
        callee: &Value,
        args: &[Value],
        keywords: &[(String, Value)],
        node: &impl Ranged,
    ) {
        let looks = callee.callee().is_some_and(|(name, _)| {
            LOOKERS.contains(&name.as_str())
                || NO_CALLERS.iter().any(|start| name.starts_with(start))
        });
        if looks {
            return;
        }
        let keyword = |name: &str| {
            keywords
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        };
        let target = keyword("target")
            .or_else(|| keyword("func"))
            .or_else(|| keyword("function"));
        for (index, value) in args.iter().chain(target).enumerate() {
            let Value::Name(name) = value else { continue };
            if !crate::behaviour::act_of(name).is_some_and(crate::behaviour::Act::runs) {
                continue;
            }
            let given = match keyword("args") {
                Some(Value::List(items)) => items.clone(),
                _ => args
                    .get(index.saturating_add(1)..)
                    .unwrap_or_default()
                    .to_vec(),
            };
            let args = given.iter().map(Value::shortened).collect();
            self.emit(
                node.range(),
                EventKind::Call {
                    callee: name.clone(),
                    args,
                    keywords: Vec::new(),
                    hidden: false,
                },
            );
        }
    }

    /// Calls that bind something.
    fn special(&mut self, callee: &Value, args: &[Value], node: &ExprCall) {
        match (callee.as_name(), args) {
            (Some("builtins.setattr"), [Value::Name(owner), Value::Str(name), ..]) => {
                self.emit(
                    node.range(),
                    EventKind::Assign {
                        target: format!("{owner}.{name}"),
                    },
                );
            }
            (Some("builtins.setattr"), [Value::Local(id), Value::Str(name), value, ..]) => {
                if let Some(body) = self.definition(*id).and_then(|definition| definition.body) {
                    self.scopes.bind(body, name, value.clone(), true);
                }
            }
            (Some("importlib.import_module" | "builtins.__import__"), [Value::Str(module), ..]) => {
                self.emit(
                    node.range(),
                    EventKind::Import {
                        module: module.clone(),
                        name: None,
                    },
                );
            }
            _ => {}
        }
        if let Value::Method { of, name } = callee
            && matches!(
                (of.as_ref(), name.as_str()),
                (Value::Namespace(None), "update")
            )
            && let Some(Value::Dict(items)) = args.first()
        {
            for (key, value) in items {
                if let Some(name) = key.as_str() {
                    self.scopes
                        .bind(self.module_scope, name, value.clone(), true);
                }
            }
        }
    }

    /// Text that is handed to `exec` or `eval` is read like the rest; its events are reported where the call is.
    fn nested_result(
        &mut self,
        callee: &Value,
        args: &[Value],
        range: TextRange,
        hidden: bool,
    ) -> Option<Value> {
        let name = callee.as_name()?;
        let runs = matches!(
            name,
            "builtins.exec" | "builtins.eval" | "builtins.execfile"
        );
        if !runs || self.depth >= NESTED || self.quiet > 0 {
            return None;
        }
        let mut results = Vec::new();
        for text in args.first()?.alternatives() {
            let text = text.as_text()?.trim().to_owned();
            results.push(self.nested(&text, range, hidden)?);
        }
        Some(if name == "builtins.eval" {
            Value::one_of(results)
        } else {
            Value::None
        })
    }

    fn nested(&mut self, text: &str, range: TextRange, hidden: bool) -> Option<Value> {
        let spent = self.steps.saturating_add(text.len());
        let left = self.limits.steps.checked_sub(spent)?;
        let limits = SourceLimits {
            steps: left.min(1_000_000),
            made: self.limits.made.saturating_sub(self.made),
            ..*self.limits
        };
        let analysis = parse::analyse_text(text, &limits, self.depth.saturating_add(1));
        self.steps = spent.saturating_add(analysis.spent.0);
        self.made = self.made.saturating_add(analysis.spent.1);
        let limited = |unparsed: &Unparsed| unparsed.reason != UnparsedReason::Syntax;
        self.cut |= analysis.unparsed.iter().any(limited);
        // What the text defines can be called by anything after it.
        for event in analysis
            .events
            .into_iter()
            .filter(|event| event.place != Place::Main)
        {
            let mut kind = event.kind;
            if let EventKind::Call { hidden: inner, .. } = &mut kind {
                *inner |= hidden;
            }
            let before = self.events.len();
            self.emit(range, kind);
            if let Some(reported) = self.events.get_mut(before) {
                reported.nested = true;
                reported.excerpt = event.excerpt;
            }
        }
        Some(analysis.result)
    }

    /// Keeps in mind what came out of a decoder, and what was made of that.
    fn remember_decoded(&mut self, callee: &Value, args: &[Value], result: &Value) {
        let Some(text) = result.as_text().filter(|text| text.len() >= 4) else {
            return;
        };
        let from = match callee {
            Value::Name(name) => {
                const DECODERS: &[&str] = &[
                    "base64.",
                    "binascii.",
                    "codecs.decode",
                    "builtins.bytes.fromhex",
                    "builtins.bytearray.fromhex",
                ];
                DECODERS.iter().any(|decoder| name.starts_with(decoder))
                    || args
                        .iter()
                        .filter_map(Value::as_text)
                        .any(|arg| self.decoded.contains(arg))
            }
            Value::Method { of, name } => {
                of.as_text().is_some_and(|of| self.decoded.contains(of))
                    && matches!(name.as_str(), "decode" | "strip" | "replace" | "format")
            }
            _ => false,
        };
        if from && self.decoded.len() < 4096 {
            self.decoded.insert(text.to_owned());
        }
    }
}
