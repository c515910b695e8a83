//! Loops: unrolled over what is known, entered twice otherwise.

use std::collections::HashMap;
use std::ops::Range;

use super::super::ast::{Body, ExprId, StmtId, Target};
use super::super::facts::Heavy;
use super::super::value::{Val, Value};
use super::Interp;

/// Loops over more elements are not unrolled.
const MAX_ROUNDS: usize = 64;
/// Loops inside each other that no conversation needs.
const MAX_LOOPS: usize = 6;

impl<'a> Interp<'a> {
    pub(super) fn loop_over(
        &mut self,
        id: StmtId,
        targets: &'a [Target],
        iter: ExprId,
        filter: Option<ExprId>,
        body: &'a Body,
    ) {
        let value = self.eval(iter);
        let known = self.elements(&value);
        let length = known.as_ref().map_or(1, |items| items.len() as u64);
        self.loops.push(self.range_length(&value).unwrap_or(length));
        self.note_heavy_loops(id);
        self.scopes.push(HashMap::new());
        let unroll = known.filter(|items| items.len() <= MAX_ROUNDS && self.may_unroll());
        match unroll {
            Some(items) if items.is_empty() => self.dead(body),
            Some(items) if filter.is_none() => {
                let count = items.len();
                for (i, item) in items.into_iter().enumerate() {
                    self.bind("loop", loop_variable(i, count));
                    self.assign(targets, &item);
                    self.body(body);
                }
            }
            _ => {
                let item = Self::element(&value);
                self.bind("loop", Value::unknown());
                self.maybe(value.trigger, |this| {
                    this.assign(targets, &item);
                    let trigger = filter.and_then(|f| this.eval(f).trigger);
                    this.maybe(trigger, |this| {
                        this.body(body);
                        // A second time, for what one round leaves to the next.
                        if this.loops.len() <= 2 && this.may_unroll() {
                            this.again(body);
                        }
                    });
                });
            }
        }
        self.scopes.pop();
        self.loops.pop();
    }

    /// A loop's body once more: nothing is noted twice, and what is gathered twice counts only where it
    /// holds more than text.
    fn again(&mut self, body: &'a Body) {
        let quiet = std::mem::replace(&mut self.quiet, true);
        let before = self.captures.last().map(String::len);
        self.body(body);
        self.quiet = quiet;
        if let (Some(before), Some(capture)) = (before, self.captures.last_mut())
            && !capture.get(before..).is_some_and(|t| t.contains("__"))
        {
            capture.truncate(before);
        }
    }

    fn note_heavy_loops(&mut self, id: StmtId) {
        let product = self
            .loops
            .iter()
            .fold(1u64, |a, b| a.saturating_mul((*b).max(1)));
        let range = self.stmt_range(id);
        if product > 10_000_000 && self.loops.len() > 1 {
            let what = format!("loops inside each other run {product} times");
            self.heavy(range, what);
        } else if self.loops.len() > MAX_LOOPS {
            let what = format!("{} loops lie inside each other", self.loops.len());
            self.heavy(range, what);
        }
    }

    pub(super) fn heavy(&mut self, range: Range<u32>, what: String) {
        if !self.facts.heavy.iter().any(|h| h.range == range) && self.facts.heavy.len() < 100 {
            self.facts.heavy.push(Heavy { range, what });
        }
    }
}

/// `loop` in one round over a known list.
fn loop_variable(i: usize, count: usize) -> Value {
    let int = |n: usize| Value::new(Val::Int(i64::try_from(n).unwrap_or(i64::MAX)));
    let next = i.saturating_add(1);
    let pairs = [
        ("index0", int(i)),
        ("index", int(next)),
        ("first", Value::new(Val::Bool(i == 0))),
        ("last", Value::new(Val::Bool(next == count))),
        ("length", int(count)),
        ("revindex", int(count.saturating_sub(i))),
        ("revindex0", int(count.saturating_sub(next))),
    ];
    Value::dict(pairs.map(|(k, v)| (Value::text(k), v)).to_vec())
}
