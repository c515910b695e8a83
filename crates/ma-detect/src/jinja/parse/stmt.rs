//! Tags, and the blocks that they open and close. No recursion: open blocks lie on a list.

use std::ops::Range;

use super::{Fail, Parser};
use crate::jinja::ast::{Ast, Body, Expr, ExprId, Load, Stmt, StmtId, Target};

/// Blocks that are open at once. Deeper ones are read flat.
const MAX_BLOCKS: usize = 100;

/// A block that is open: what it will become, and what it holds so far.
struct Open {
    /// The word that ends it (`endfor`).
    end: &'static str,
    range: Range<u32>,
    kind: Kind,
    body: Body,
}

enum Kind {
    For(Vec<Target>, ExprId, Option<ExprId>, Option<Body>),
    /// Branches that are done, and the condition of the one that is open (none: `else`).
    If(Vec<(ExprId, Body)>, Option<ExprId>),
    SetBlock(Vec<Target>, Vec<ExprId>),
    With(Vec<(Vec<Target>, ExprId)>),
    Macro(String, Vec<(String, Option<ExprId>)>),
    Call(ExprId),
    Filter(ExprId),
    Plain(String, Vec<ExprId>),
}

/// The blocks that are open, and the statements of the template itself.
#[derive(Default)]
pub(super) struct Blocks {
    root: Body,
    open: Vec<Open>,
}

impl Blocks {
    pub(super) fn push(&mut self, id: StmtId) {
        match self.open.last_mut() {
            Some(open) => open.body.push(id),
            None => self.root.push(id),
        }
    }
}

impl Parser<'_> {
    pub(super) fn finish(mut self, mut blocks: Blocks) -> Ast {
        while let Some(open) = blocks.open.pop() {
            self.anomaly(open.range.clone(), "a block has no end", false);
            self.close(open, &mut blocks);
        }
        self.ast.root = blocks.root;
        self.ast
    }

    /// Reads one tag. Whatever was understood of a broken one stays in the tree.
    pub(super) fn tag(&mut self, print: bool, range: Range<u32>, blocks: &mut Blocks) {
        let before = self.ast.exprs.len();
        let result = if print {
            self.print(&range, blocks)
        } else {
            self.block(&range, blocks)
        };
        let result = result.and_then(|()| match self.peek() {
            Some(token) => Err(Fail::new(
                token.start,
                "something is left at the end of a tag",
            )),
            None => Ok(()),
        });
        if let Err(fail) = result {
            let parts = self.roots(before);
            let id = self.statement(Stmt::Do(parts), range.clone());
            blocks.push(id);
            self.broken(range, fail);
        }
    }

    /// Expressions made since `before` that are part of no other.
    fn roots(&self, before: usize) -> Vec<ExprId> {
        let new = self.ast.exprs.get(before..).unwrap_or_default();
        let mut used = vec![false; new.len()];
        for child in new.iter().flat_map(|n| n.kind.children()) {
            let index = (child.0 as usize).checked_sub(before);
            if let Some(flag) = index.and_then(|i| used.get_mut(i)) {
                *flag = true;
            }
        }
        let first = u32::try_from(before).unwrap_or(u32::MAX);
        let ids = (first..).map(ExprId).zip(used);
        ids.filter(|(_, used)| !used).map(|(id, _)| id).collect()
    }

    fn print(&mut self, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        if self.peek().is_none() {
            return Err(Fail::new(range.start, "an expression is missing"));
        }
        let value = self.tuple()?;
        let id = self.statement(Stmt::Emit(vec![value]), range.clone());
        blocks.push(id);
        Ok(())
    }

    fn block(&mut self, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        let word = self.word("a tag has no name")?;
        match word.as_str() {
            "if" | "for" | "set" | "with" | "macro" | "call" | "filter" | "block"
            | "autoescape" | "generation" | "trans" => self.opening(&word, range, blocks),
            "elif" | "else" | "pluralize" => self.middle(&word, range, blocks),
            "include" | "import" | "from" | "extends" => self.load(&word, range, blocks),
            word if word.starts_with("end") => self.ending(word, range, blocks),
            "do" | "print" => {
                let value = self.tuple()?;
                let kind = match word.as_str() {
                    "do" => Stmt::Do(vec![value]),
                    _ => Stmt::Emit(vec![value]),
                };
                self.simple(kind, range, blocks);
                Ok(())
            }
            "break" => {
                self.simple(Stmt::Break, range, blocks);
                Ok(())
            }
            "continue" => {
                self.simple(Stmt::Continue, range, blocks);
                Ok(())
            }
            "debug" => Ok(()),
            _ => {
                // Some engine may know it: its expressions are looked at all the same.
                while self.peek().is_some() && self.expression().is_ok() {
                    while self.take_op(",") {}
                }
                Err(Fail::new(range.start, "a tag is not known"))
            }
        }
    }

    fn simple(&mut self, kind: Stmt, range: &Range<u32>, blocks: &mut Blocks) {
        let id = self.statement(kind, range.clone());
        blocks.push(id);
    }

    fn opening(&mut self, word: &str, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        let (end, kind) = match word {
            "if" => ("endif", Kind::If(Vec::new(), Some(self.tuple()?))),
            "for" => ("endfor", self.for_tag()?),
            "set" => {
                let targets = self.targets()?;
                if self.take_op("=") {
                    let value = self.tuple()?;
                    self.simple(Stmt::Set(targets, value), range, blocks);
                    return Ok(());
                }
                ("endset", Kind::SetBlock(targets, self.block_filters()?))
            }
            "with" => ("endwith", self.with_tag()?),
            "macro" => ("endmacro", self.macro_tag()?),
            "call" => {
                if self.is_op("(") {
                    self.parameters()?;
                }
                ("endcall", Kind::Call(self.expression()?))
            }
            "filter" => {
                let filters = self.block_filters_from_first()?;
                ("endfilter", Kind::Filter(filters))
            }
            "block" => {
                let name = self.word("a block has no name")?;
                while self.take_word("scoped") || self.take_word("required") {}
                ("endblock", Kind::Plain(format!("block {name}"), Vec::new()))
            }
            "autoescape" => {
                let value = self.expression()?;
                ("endautoescape", Kind::Plain(word.to_owned(), vec![value]))
            }
            "generation" => ("endgeneration", Kind::Plain(word.to_owned(), Vec::new())),
            _ => ("endtrans", self.trans_tag()?),
        };
        if blocks.open.len() >= MAX_BLOCKS {
            return Err(Fail::limit(range.start, "blocks nest too deeply"));
        }
        blocks.open.push(Open {
            end,
            range: range.clone(),
            kind,
            body: Body::new(),
        });
        Ok(())
    }

    fn for_tag(&mut self) -> Result<Kind, Fail> {
        let targets = self.targets()?;
        if !self.take_word("in") {
            return Err(Fail::new(self.here(), "a loop says not what it walks"));
        }
        self.no_condition = true;
        let iter = self.tuple()?;
        self.no_condition = false;
        let filter = if self.take_word("if") {
            Some(self.expression()?)
        } else {
            None
        };
        self.take_word("recursive");
        Ok(Kind::For(targets, iter, filter, None))
    }

    fn with_tag(&mut self) -> Result<Kind, Fail> {
        let mut bindings = Vec::new();
        while self.peek().is_some() {
            let name = self.word("a name to assign to is missing")?;
            self.expect_op("=")?;
            let target = Target { name, attr: None };
            bindings.push((vec![target], self.expression()?));
            if !self.take_op(",") {
                break;
            }
        }
        Ok(Kind::With(bindings))
    }

    fn macro_tag(&mut self) -> Result<Kind, Fail> {
        let name = self.word("a macro has no name")?;
        let params = self.parameters()?;
        Ok(Kind::Macro(name, params))
    }

    fn parameters(&mut self) -> Result<Vec<(String, Option<ExprId>)>, Fail> {
        self.expect_op("(")?;
        let mut out = Vec::new();
        while !self.is_op(")") {
            let name = self.word("a parameter has no name")?;
            let default = if self.take_op("=") {
                Some(self.expression()?)
            } else {
                None
            };
            out.push((name, default));
            if !self.take_op(",") {
                break;
            }
        }
        self.expect_op(")")?;
        Ok(out)
    }

    /// `| filter | filter` after `set name`: each as a filter without a base.
    fn block_filters(&mut self) -> Result<Vec<ExprId>, Fail> {
        let mut out = Vec::new();
        while self.take_op("|") {
            let start = self.here();
            let (name, args) = self.filter_name()?;
            out.push(self.node(Expr::Filter(None, name, args), start)?);
        }
        Ok(out)
    }

    /// `filter a | b`: nested filters, the innermost without a base.
    fn block_filters_from_first(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let (name, args) = self.filter_name()?;
        let first = self.node(Expr::Filter(None, name, args), start)?;
        self.filters(first, start)
    }

    fn trans_tag(&mut self) -> Result<Kind, Fail> {
        let mut values = Vec::new();
        while self.peek().is_some() {
            if self
                .peek_at(1)
                .is_some_and(|t| t.kind == crate::jinja::lexer::TokenKind::Op("="))
            {
                self.advance();
                self.advance();
            }
            values.push(self.expression()?);
            self.take_op(",");
        }
        Ok(Kind::Plain("trans".to_owned(), values))
    }

    fn middle(&mut self, word: &str, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        let condition = if word == "elif" {
            Some(self.tuple()?)
        } else {
            if word == "pluralize" && self.peek().is_some() {
                self.expression()?;
            }
            None
        };
        let open = blocks.open.last_mut();
        match open {
            Some(Open {
                kind: Kind::If(done, current),
                body,
                ..
            }) => {
                if let Some(test) = current.take() {
                    done.push((test, std::mem::take(body)));
                }
                // After `else` no condition is open any more: a second one goes on in its body.
                *current = condition;
                Ok(())
            }
            Some(Open {
                kind: Kind::For(_, _, _, main @ None),
                body,
                ..
            }) if word == "else" => {
                *main = Some(std::mem::take(body));
                Ok(())
            }
            Some(Open {
                kind: Kind::Plain(..),
                ..
            }) if word == "pluralize" => Ok(()),
            _ => Err(Fail::new(range.start, "a branch belongs to no block")),
        }
    }

    fn load(&mut self, word: &str, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        let target = self.expression()?;
        let kind = match word {
            "include" => Load::Include,
            "import" => Load::Import,
            "from" => Load::From,
            _ => Load::Extends,
        };
        let mut names = Vec::new();
        if self.take_word("as") {
            names.push(self.word("a name is missing")?);
        }
        if kind == Load::From && self.take_word("import") {
            while let Some(name) = self.peek().and_then(|_| self.word("").ok()) {
                let mut name = name;
                if self.take_word("as") {
                    name = self.word("a name is missing")?;
                }
                names.push(name);
                if !self.take_op(",") {
                    break;
                }
            }
        }
        for word in ["ignore", "missing", "with", "without", "context"] {
            self.take_word(word);
        }
        self.simple(Stmt::Load(kind, target, names), range, blocks);
        Ok(())
    }

    fn ending(&mut self, word: &str, range: &Range<u32>, blocks: &mut Blocks) -> Result<(), Fail> {
        if word == "endblock" && self.peek().is_some() {
            self.advance();
        }
        let Some(depth) = blocks.open.iter().rposition(|o| o.end == word) else {
            return Err(Fail::new(range.start, "an end belongs to no block"));
        };
        while blocks.open.len() > depth.saturating_add(1) {
            if let Some(open) = blocks.open.pop() {
                self.anomaly(open.range.clone(), "a block has no end", false);
                self.close(open, blocks);
            }
        }
        if let Some(open) = blocks.open.pop() {
            self.close(open, blocks);
        }
        Ok(())
    }

    fn close(&mut self, open: Open, blocks: &mut Blocks) {
        let Open {
            range, kind, body, ..
        } = open;
        let kind = match kind {
            Kind::For(targets, iter, filter, main) => {
                let (body, otherwise) = match main {
                    Some(main) => (main, body),
                    None => (body, Body::new()),
                };
                Stmt::For {
                    targets,
                    iter,
                    filter,
                    body,
                    otherwise,
                }
            }
            Kind::If(mut branches, current) => {
                let mut otherwise = Body::new();
                match current {
                    Some(test) => branches.push((test, body)),
                    None => otherwise = body,
                }
                Stmt::If {
                    branches,
                    otherwise,
                }
            }
            Kind::SetBlock(targets, filters) => Stmt::SetBlock(targets, filters, body),
            Kind::With(bindings) => Stmt::With(bindings, body),
            Kind::Macro(name, params) => Stmt::Macro { name, params, body },
            Kind::Call(call) => Stmt::CallBlock(call, body),
            Kind::Filter(filter) => Stmt::FilterBlock(filter, body),
            Kind::Plain(word, values) => Stmt::Plain(word, values, body),
        };
        let id = self.statement(kind, range);
        blocks.push(id);
    }
}
