//! Expressions as a person reads them, with folded names in the place of how they were put together;
//! and the lines of a template.

use std::ops::Range;

use ma_core::Evidence;
use ma_core::text::shorten;

use super::ast::{Args, Ast, Expr, ExprId, WILD};
use super::facts::Facts;

/// Longest reconstruction.
const MAX_SHOWN: usize = 240;
/// Characters shown on each side of a place in a long line.
const AROUND: usize = 70;

/// Variables that only chat templates read.
const CHAT: &[&str] = &[
    "messages",
    "message",
    "conversation",
    "conversations",
    "history",
    "bos_token",
    "eos_token",
    "add_generation_prompt",
    "prompt",
    "instruction",
    "raise_exception",
];

/// Finds lines, parents and excerpts.
pub(crate) struct View<'a> {
    pub(crate) ast: &'a Ast,
    pub(crate) source: &'a str,
    pub(crate) facts: &'a Facts,
    /// Whether it is a chat template, and not one of something else.
    pub(crate) chat: bool,
    lines: Vec<usize>,
    parents: Vec<Option<ExprId>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(ast: &'a Ast, source: &'a str, facts: &'a Facts, chat: bool) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let lines = std::iter::once(0)
            .chain(ends.map(|(i, _)| i.saturating_add(1)))
            .collect();
        let mut parents = vec![None; ast.exprs.len()];
        for (id, node) in ast.iter() {
            for child in node.kind.children() {
                if let Some(parent) = parents.get_mut(child.0 as usize) {
                    *parent = Some(id);
                }
            }
        }
        Self {
            ast,
            source,
            facts,
            chat: chat
                || facts
                    .unbound
                    .keys()
                    .any(|name| CHAT.contains(&name.as_str())),
            lines,
            parents,
        }
    }

    /// The expression around `id` that begins with it: the whole chain of accesses.
    pub(crate) fn chain(&self, id: ExprId) -> ExprId {
        let mut top = id;
        while let Some(parent) = self.parents.get(top.0 as usize).copied().flatten() {
            let goes_on = match self.ast.expr(parent) {
                Expr::Attr(base, _) | Expr::Item(base, _) | Expr::Call(base, _) => *base == top,
                Expr::Filter(base, _, _) => *base == Some(top),
                _ => false,
            };
            if !goes_on {
                break;
            }
            top = parent;
        }
        top
    }

    /// Bytes of an expression in the artifact.
    pub(crate) fn at(&self, id: ExprId) -> Range<u64> {
        wide(&self.ast.range(id))
    }

    /// Line of a byte, from 1.
    pub(crate) fn line(&self, at: u32) -> usize {
        self.lines.partition_point(|start| *start <= at as usize)
    }

    /// The line of a range as evidence, cut around it when it is long.
    pub(crate) fn excerpt(&self, range: &Range<u32>) -> Evidence {
        let line = self.line(range.start);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let end = self
            .lines
            .get(line)
            .map_or(self.source.len(), |e| e.saturating_sub(1));
        let (from, to) = (range.start as usize, (range.end as usize).min(end));
        let text = if end.saturating_sub(start) <= AROUND.saturating_mul(2) {
            self.source
                .get(start..end)
                .unwrap_or_default()
                .trim()
                .to_owned()
        } else {
            let low = self.boundary(from.saturating_sub(AROUND).max(start));
            let high = self.boundary(to.max(from).saturating_add(AROUND).min(end));
            let cut = self.source.get(low..high).unwrap_or_default();
            let before = if low > start { "…" } else { "" };
            let after = if high < end { "…" } else { "" };
            format!("{before}{}{after}", shorten(cut, MAX_SHOWN).trim())
        };
        Evidence::code(format!("line {line}"), text)
    }

    fn boundary(&self, mut at: usize) -> usize {
        while at > 0 && !self.source.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        at
    }

    /// What an expression comes to, when that is not how it is written.
    pub(crate) fn folded(&self, id: ExprId) -> Option<Evidence> {
        let shown = self.show(id);
        let range = self.ast.range(id);
        let written = self.source.get(range.start as usize..range.end as usize)?;
        let bare = |s: &str| s.split_whitespace().collect::<String>();
        (bare(written) != bare(&shown)).then(|| Evidence::code("comes to", shown))
    }

    /// An expression, shortened.
    pub(crate) fn show(&self, id: ExprId) -> String {
        let mut out = String::new();
        self.push(&mut out, id);
        shorten(&out.replace(WILD, "…"), MAX_SHOWN).into_owned()
    }

    fn push(&self, out: &mut String, id: ExprId) {
        if out.len() > MAX_SHOWN.saturating_mul(2) {
            return;
        }
        match self.ast.expr(id) {
            Expr::Broken => out.push('?'),
            Expr::Name(name) => out.push_str(name),
            Expr::Str(text) => push_text(out, text),
            Expr::Int(n) => out.push_str(&n.to_string()),
            Expr::Float(x) => out.push_str(&x.to_string()),
            Expr::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Expr::None => out.push_str("none"),
            Expr::List(items) => self.push_list(out, "[", items.iter().copied(), "]"),
            Expr::Dict(_) => out.push_str("{…}"),
            Expr::Unary(op, arg) => {
                out.push_str(op);
                if *op == "not" {
                    out.push(' ');
                }
                self.push(out, *arg);
            }
            Expr::Binary(op, args) => {
                self.push_joined(out, args.iter().copied(), &format!(" {op} "))
            }
            Expr::Compare(first, rest) => {
                self.push(out, *first);
                for (op, arg) in rest {
                    out.push_str(&format!(" {op} "));
                    self.push(out, *arg);
                }
            }
            Expr::Cond(test, yes, _) => {
                self.push(out, *yes);
                out.push_str(" if ");
                self.push(out, *test);
            }
            Expr::Attr(base, name) => {
                self.push(out, *base);
                out.push('.');
                out.push_str(name);
            }
            Expr::Item(base, index) => {
                self.push(out, *base);
                out.push('[');
                match self.key(id) {
                    Some(key) => push_text(out, key),
                    None => self.push(out, *index),
                }
                out.push(']');
            }
            Expr::Slice(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        out.push(':');
                    }
                    if let Some(part) = part {
                        self.push(out, *part);
                    }
                }
            }
            Expr::Call(callee, args) => {
                self.push(out, *callee);
                self.push_args(out, args);
            }
            Expr::Filter(base, name, args) => self.push_filter(out, id, *base, name, args),
            Expr::Test(base, name, args, negated) => {
                self.push(out, *base);
                out.push_str(if *negated { " is not " } else { " is " });
                out.push_str(name);
                if args.all().next().is_some() {
                    self.push_args(out, args);
                }
            }
        }
    }

    fn push_filter(
        &self,
        out: &mut String,
        id: ExprId,
        base: Option<ExprId>,
        name: &str,
        args: &Args,
    ) {
        if let Some(base) = base {
            self.push(out, base);
        }
        if let (true, Some(key)) = (name == "attr", self.key(id)) {
            out.push('.');
            out.push_str(key);
            return;
        }
        out.push('|');
        out.push_str(name);
        if args.all().next().is_some() {
            self.push_args(out, args);
        }
    }

    /// The one name that a subscript or `attr` was given.
    fn key(&self, id: ExprId) -> Option<&str> {
        match self.facts.keys.get(&id)?.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    fn push_args(&self, out: &mut String, args: &Args) {
        out.push('(');
        self.push_joined(out, args.positional.iter().copied(), ", ");
        for (i, (name, value)) in args.named.iter().enumerate() {
            if i > 0 || !args.positional.is_empty() {
                out.push_str(", ");
            }
            out.push_str(name);
            out.push('=');
            self.push(out, *value);
        }
        out.push(')');
    }

    fn push_list(
        &self,
        out: &mut String,
        open: &str,
        items: impl Iterator<Item = ExprId>,
        close: &str,
    ) {
        out.push_str(open);
        self.push_joined(out, items, ", ");
        out.push_str(close);
    }

    fn push_joined(&self, out: &mut String, items: impl Iterator<Item = ExprId>, between: &str) {
        for (i, item) in items.enumerate() {
            if out.len() > MAX_SHOWN.saturating_mul(2) {
                return;
            }
            if i > 0 {
                out.push_str(between);
            }
            self.push(out, item);
        }
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push('\'');
    out.push_str(&shorten(text, 80));
    out.push('\'');
}

/// A range of the tree as one of the artifact.
pub(crate) fn wide(range: &Range<u32>) -> Range<u64> {
    u64::from(range.start)..u64::from(range.end)
}
