//! Reads a template the way an engine would, with an unknown conversation: what is constant is folded,
//! both sides of every branch are looked at, loops over known lists are unrolled, macros are entered.
//! Nothing is rendered and nothing of the host exists here.
//!
//! Folding is what makes names visible: `'__cl' ~ 'ass__'`, a name gathered in a loop or in a
//! `{% set %}` block, `dict(__cla=1, ss__=2)|join` all end up as `__class__` where they are used.
//!
//! Limits: 64 KiB of a folded text, 8 alternatives of a value, unrolled work of 10 000 steps, after
//! which every loop and macro is only entered once; 400 levels of evaluation.

mod calls;
mod conditions;
mod expr;
mod filters;
mod loops;
mod methods;
mod strings;
mod ways;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ma_core::{Budget, LimitHit};

use self::ways::Place;
use super::ast::{Ast, Body, ExprId, Stmt, StmtId, Target, WILD};
use super::facts::{Access, Emission, Facts, Subject, Trigger};
use super::value::{MAX_TEXT, Origin, Val, Value};

/// Steps that unrolling may take.
const MAX_UNROLL: u64 = 10_000;
/// Steps in all. What is left is only read as text, and a gap says so.
const MAX_STEPS: u64 = 4_000_000;
/// Levels of statements, expressions and macros together.
const MAX_LEVEL: u32 = 400;
/// Macros inside each other.
const MAX_MACROS: u32 = 6;
/// Findings of one kind that are kept.
const MAX_FINDINGS: usize = 10_000;
/// Bytes of texts that are noted.
const MAX_NOTED_ALL: usize = 4 << 20;

/// The state of reading one template.
pub(crate) struct Interp<'a> {
    ast: &'a Ast,
    source: &'a str,
    budget: &'a Budget,
    scopes: Vec<HashMap<String, Value>>,
    spaces: Vec<HashMap<String, Value>>,
    /// Texts that are being gathered instead of written.
    captures: Vec<String>,
    /// What was set since each branch that is open began, with the value before.
    undo: Vec<Vec<(Place, Option<Value>)>>,
    /// The comparison that the statements at hand depend on.
    trigger: Option<u32>,
    /// Whether texts are not noted: a second reading, or one before a macro is called.
    quiet: bool,
    steps: u64,
    /// Steps that the budget knows of.
    charged: u64,
    level: u32,
    macros: Vec<StmtId>,
    entered: BTreeSet<StmtId>,
    /// Elements of the loops around, as far as they are known.
    loops: Vec<u64>,
    noted: usize,
    failed: Option<LimitHit>,
    facts: Facts,
}

/// Reads a template.
///
/// # Errors
/// When the budget is used up.
pub(crate) fn facts(ast: &Ast, source: &str, budget: &Budget) -> Result<Facts, LimitHit> {
    let mut interp = Interp {
        ast,
        source,
        budget,
        scopes: vec![HashMap::new()],
        spaces: Vec::new(),
        captures: Vec::new(),
        undo: Vec::new(),
        trigger: None,
        quiet: false,
        steps: 0,
        charged: 0,
        level: 0,
        macros: Vec::new(),
        entered: BTreeSet::new(),
        loops: Vec::new(),
        noted: 0,
        failed: None,
        facts: Facts::default(),
    };
    interp.body(&ast.root);
    interp.uncalled_macros();
    match interp.failed {
        Some(hit) => Err(hit),
        None => Ok(interp.facts),
    }
}

impl<'a> Interp<'a> {
    /// Counts a step; false when there is no time left.
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        let due = self.steps.saturating_sub(self.charged);
        if due >= 0x1000 {
            self.charged = self.steps;
            if let Err(hit) = self.budget.charge_steps(due) {
                self.failed.get_or_insert(hit);
            }
        }
        if self.steps > MAX_STEPS {
            self.facts
                .limit
                .get_or_insert("it takes too long to evaluate");
        }
        self.failed.is_none() && self.steps <= MAX_STEPS
    }

    fn may_unroll(&self) -> bool {
        self.steps < MAX_UNROLL
    }

    /// Goes one level down, when there is room.
    fn deeper<T>(&mut self, otherwise: T, f: impl FnOnce(&mut Self) -> T) -> T {
        if self.level >= MAX_LEVEL {
            self.facts
                .limit
                .get_or_insert("it nests too deeply to be evaluated");
            return otherwise;
        }
        self.level = self.level.saturating_add(1);
        let out = f(self);
        self.level = self.level.saturating_sub(1);
        out
    }

    fn body(&mut self, body: &Body) {
        let ast = self.ast;
        for id in body {
            if !self.step() {
                return;
            }
            if let Some(node) = ast.stmts.get(id.0 as usize) {
                self.deeper((), |this| this.statement(*id, &node.kind));
            }
        }
    }

    fn statement(&mut self, id: StmtId, stmt: &'a Stmt) {
        match stmt {
            Stmt::Text => {
                let range = self.stmt_range(id);
                let text = self.source.get(range.start as usize..range.end as usize);
                self.write(id, text.unwrap_or_default(), None);
            }
            Stmt::Emit(values) => {
                for value in values {
                    let value = self.eval(*value);
                    let text = value.printed();
                    self.write(id, &text, value.trigger);
                }
            }
            Stmt::Do(values) => values.iter().for_each(|v| drop(self.eval(*v))),
            Stmt::Set(targets, value) => {
                let found = self.eval(*value);
                self.note_text(&self.stmt_range(id), &found);
                self.assign(targets, &found);
            }
            Stmt::SetBlock(targets, filters, body) => self.set_block(targets, filters, body),
            Stmt::With(bindings, body) => self.with(bindings, body),
            Stmt::If {
                branches,
                otherwise,
            } => self.branches(branches, otherwise),
            Stmt::For {
                targets,
                iter,
                filter,
                body,
                otherwise,
            } => {
                self.loop_over(id, targets, *iter, *filter, body);
                self.maybe(None, |this| this.body(otherwise));
            }
            Stmt::Macro { name, params, .. } => self.define(id, name, params),
            Stmt::CallBlock(call, body) => self.call_block(id, *call, body),
            Stmt::FilterBlock(filter, body) => {
                let value = self.capture(|this| this.body(body));
                let value = self.filter_block(*filter, value);
                let text = value.printed();
                self.write(id, &text, value.trigger);
            }
            Stmt::Load(_, target, names) => {
                self.eval(*target);
                for name in names {
                    self.bind(name, Value::unknown());
                }
            }
            Stmt::Plain(_, values, body) => {
                values.iter().for_each(|v| drop(self.eval(*v)));
                self.body(body);
            }
            Stmt::Break | Stmt::Continue => {}
        }
    }

    fn set_block(&mut self, targets: &'a [Target], filters: &[ExprId], body: &'a Body) {
        let mut value = self.capture(|this| this.body(body));
        for filter in filters {
            value = self.filter_block(*filter, value);
        }
        self.assign(targets, &value);
    }

    fn with(&mut self, bindings: &'a [(Vec<Target>, ExprId)], body: &'a Body) {
        self.scopes.push(HashMap::new());
        for (targets, value) in bindings {
            let value = self.eval(*value);
            self.assign(targets, &value);
        }
        self.body(body);
        self.scopes.pop();
    }

    fn define(&mut self, id: StmtId, name: &str, params: &'a [(String, Option<ExprId>)]) {
        let value = Value::new(Val::Macro(id));
        self.bind(name, value);
        // Defaults are evaluated when it is called; here for what they hold.
        params
            .iter()
            .filter_map(|p| p.1)
            .for_each(|d| drop(self.eval(d)));
        let quiet = std::mem::replace(&mut self.quiet, true);
        let unknown = params
            .iter()
            .map(|(name, _)| Self::parameter(name))
            .collect();
        self.maybe(None, |this| drop(this.enter(id, unknown)));
        self.entered.remove(&id);
        self.quiet = quiet;
    }

    fn call_block(&mut self, id: StmtId, call: ExprId, body: &'a Body) {
        let caller = self.capture(|this| this.body(body));
        self.scopes.push(HashMap::new());
        self.bind(
            "caller",
            Value::new(Val::Method(caller.into(), "()".into())),
        );
        let value = self.eval(call);
        self.scopes.pop();
        let text = value.printed();
        self.write(id, &text, value.trigger);
    }

    fn stmt_range(&self, id: StmtId) -> Range<u32> {
        self.ast
            .stmts
            .get(id.0 as usize)
            .map_or(0..0, |n| n.range.clone())
    }

    /// The text that statements would write.
    fn capture(&mut self, f: impl FnOnce(&mut Self)) -> Value {
        self.captures.push(String::new());
        f(self);
        let text = self.captures.pop().unwrap_or_default();
        Value::text(text).with_trigger(self.trigger)
    }

    fn assign(&mut self, targets: &'a [Target], value: &Value) {
        let parts: Vec<Value> = match targets {
            [_] => vec![value.clone()],
            _ => match value.single() {
                Some(Val::List(items)) if items.len() == targets.len() => items.to_vec(),
                _ => {
                    let part = Self::element(value);
                    targets.iter().map(|_| part.clone()).collect()
                }
            },
        };
        for (target, part) in targets.iter().zip(parts) {
            let part = part.with_trigger(self.trigger);
            match &target.attr {
                None => self.bind(&target.name, part),
                Some(attr) => self.set_in_space(&target.name, attr, part),
            }
        }
    }

    fn bind(&mut self, name: &str, value: Value) {
        let scope = self.scopes.len().saturating_sub(1);
        self.put(Place::Scope(scope, name.to_owned()), value);
    }

    fn lookup(&self, name: &str) -> Option<&Value> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    fn set_in_space(&mut self, name: &str, attr: &str, value: Value) {
        let spaces: Vec<usize> = match self.lookup(name) {
            Some(found) => found.alts.iter().filter_map(space_number).collect(),
            None => Vec::new(),
        };
        if spaces.is_empty() {
            self.bind(&format!("{name}.{attr}"), value);
            return;
        }
        for number in spaces {
            self.put(Place::Space(number, attr.to_owned()), value.clone());
        }
    }

    /// What a parameter of a macro is taken for, by its name.
    fn parameter(name: &str) -> Value {
        Value::from(match name {
            "messages" | "msgs" => Origin::Messages,
            "message" | "msg" => Origin::Message,
            "content" => Origin::Content,
            _ => Origin::Other,
        })
    }

    /// Enters a macro with its parameters bound, and gives the text that it writes.
    fn enter(&mut self, id: StmtId, params: Vec<Value>) -> Value {
        let ast = self.ast;
        let Some(Stmt::Macro {
            params: names,
            body,
            ..
        }) = ast.stmts.get(id.0 as usize).map(|n| &n.kind)
        else {
            return Value::unknown();
        };
        if self.macros.contains(&id) || self.macros.len() >= MAX_MACROS as usize {
            return Value::unknown();
        }
        self.macros.push(id);
        self.entered.insert(id);
        let mut scope = HashMap::new();
        for ((name, _), value) in names.iter().zip(params) {
            scope.insert(name.clone(), value);
        }
        for name in ["varargs", "kwargs"] {
            scope.insert(name.to_owned(), Value::unknown());
        }
        self.scopes.push(scope);
        let loops = std::mem::take(&mut self.loops);
        let out = self.capture(|this| this.body(body));
        self.loops = loops;
        self.scopes.pop();
        self.macros.pop();
        out
    }

    /// Macros that nobody calls here: another reader of the template may.
    fn uncalled_macros(&mut self) {
        let ids = (0u32..).map(StmtId).zip(&self.ast.stmts);
        let all: Vec<_> = ids
            .filter_map(|(id, node)| match &node.kind {
                Stmt::Macro { params, .. } if !self.entered.contains(&id) => {
                    Some((id, params.iter().map(|(n, _)| Self::parameter(n)).collect()))
                }
                _ => None,
            })
            .collect();
        for (id, params) in all {
            self.maybe(None, |this| {
                let text = this.enter(id, params).printed();
                this.note(this.stmt_range(id), &text, None);
            });
        }
    }

    /// Text is written, or gathered.
    fn write(&mut self, id: StmtId, text: &str, trigger: Option<u32>) {
        let mut full = false;
        if let Some(capture) = self.captures.last_mut() {
            let room = MAX_TEXT.saturating_sub(capture.len());
            match text.get(..text.len().min(room)) {
                Some(part) if part.len() == text.len() => capture.push_str(part),
                // No name is that long; as text it is noted at once.
                _ => {
                    full = true;
                    if !capture.ends_with(WILD) {
                        capture.push(WILD);
                    }
                }
            }
            // What is gathered is noted when it is written at last; what depends on a word at once.
            if !full && self.trigger.is_none() && trigger.is_none() {
                return;
            }
        }
        self.note(self.stmt_range(id), text, trigger);
    }

    /// Constant text that is put aside for later counts as written when it depends on a word.
    fn note_text(&mut self, range: &Range<u32>, value: &Value) {
        if self.trigger.is_some() || value.trigger.is_some() {
            for text in constants(value) {
                self.note(range.clone(), &text, value.trigger);
            }
        }
    }

    fn note(&mut self, range: Range<u32>, text: &str, trigger: Option<u32>) {
        let trigger = self.trigger.or(trigger);
        if self.quiet || text.is_empty() {
            return;
        }
        let count = self
            .facts
            .written
            .entry((range.start, trigger))
            .or_default();
        *count = count.saturating_add(1);
        if *count > 4 {
            return;
        }
        if self.noted > MAX_NOTED_ALL {
            self.facts.limit.get_or_insert("it writes very much text");
            return;
        }
        self.noted = self.noted.saturating_add(text.len());
        let text = text.to_owned();
        self.facts.emissions.push(Emission {
            range,
            text,
            trigger,
        });
    }

    fn add_trigger(&mut self, expr: ExprId, subject: Subject, constant: &str) -> u32 {
        let known = self.facts.triggers.iter().position(|t| t.expr == expr);
        let at = known.unwrap_or_else(|| {
            self.facts.triggers.push(Trigger {
                expr,
                subject,
                constant: constant.to_owned(),
            });
            self.facts.triggers.len().saturating_sub(1)
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Keeps one finding of a kind for each place and name.
    fn first_time(&mut self, kind: &'static str, expr: ExprId, name: &str) -> bool {
        // Each kind for itself: many harmless ones must not crowd out a bad one.
        let count = self.facts.counts.entry(kind).or_default();
        if *count >= MAX_FINDINGS || !self.facts.seen.insert((kind, expr, name.to_owned())) {
            return false;
        }
        *count = count.saturating_add(1);
        true
    }

    fn access_of(expr: ExprId, name: &str, built: bool) -> Access {
        let name = name.chars().take(200).collect();
        Access { expr, name, built }
    }
}

fn space_number(val: &Val) -> Option<usize> {
    match val {
        Val::Space(number) => Some(*number),
        _ => None,
    }
}

/// All texts in a value, lists and dictionaries included.
pub(super) fn constants(value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let mut todo = vec![value];
    let mut seen = 0usize;
    while let Some(next) = todo.pop() {
        seen = seen.saturating_add(1);
        if out.len() > 256 || seen > 4096 {
            break;
        }
        for alt in &next.alts {
            match alt {
                Val::Str(text) => out.push(text.to_string()),
                Val::List(items) => todo.extend(items.iter()),
                Val::Dict(pairs) => todo.extend(pairs.iter().map(|(_, v)| v)),
                _ => {}
            }
        }
    }
    out
}
