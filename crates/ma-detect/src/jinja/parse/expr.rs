//! Expressions: Jinja2's grammar, by descent with a bound on its depth.
//!
//! ```text
//! cond  = or ["if" or ["else" cond]] …       math1 = concat (("+" | "-") concat)*
//! or    = and ("or" and)*                    concat = math2 ("~" math2)*
//! and   = not ("and" not)*                   math2 = pow (("*" | "/" | "//" | "%") pow)*
//! not   = "not" not | compare                pow   = unary ("**" unary)*
//! compare = math1 (op math1)*                unary = ("-" | "+") unary | primary postfix*
//! ```

use super::escape::unescape;
use super::{Fail, Parser};
use crate::jinja::ast::{Args, Expr, ExprId, ExprNode};
use crate::jinja::lexer::{Token, TokenKind};

/// Levels of an expression. Python itself gives up on what nests much deeper.
const MAX_DEPTH: u16 = 200;
/// Levels of brackets and operators that are open at once.
const MAX_OPEN: u16 = 100;

/// Binary operators by how tightly they bind, loosest first; comparisons stand between `not` and `+`.
const LEVELS: &[&[&str]] = &[&["+", "-"], &["~"], &["*", "/", "//", "%"], &["**"]];

impl Parser<'_> {
    /// A new node. Too many levels are an error: what walks the tree may then recurse.
    pub(super) fn node(&mut self, kind: Expr, start: u32) -> Result<ExprId, Fail> {
        let below = kind.children().into_iter();
        let depth = below.filter_map(|id| self.ast.exprs.get(id.0 as usize).map(|n| n.depth));
        let depth = depth.max().map_or(0, |d| d.saturating_add(1));
        if depth > MAX_DEPTH {
            return Err(Fail::limit(start, "an expression nests too deeply"));
        }
        let id = u32::try_from(self.ast.exprs.len()).unwrap_or(u32::MAX);
        let range = start..self.last_end().max(start);
        self.ast.exprs.push(ExprNode { kind, range, depth });
        Ok(ExprId(id))
    }

    /// An expression without the comma of a tuple.
    pub(super) fn expression(&mut self) -> Result<ExprId, Fail> {
        self.open = self.open.saturating_add(1);
        if self.open > MAX_OPEN {
            return Err(Fail::limit(self.here(), "an expression nests too deeply"));
        }
        let found = self.conditional();
        self.open = self.open.saturating_sub(1);
        found
    }

    fn conditional(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let mut yes = self.or()?;
        while !self.no_condition && self.take_word("if") {
            let test = self.or()?;
            let no = if self.take_word("else") {
                Some(self.expression()?)
            } else {
                None
            };
            yes = self.node(Expr::Cond(test, yes, no), start)?;
        }
        Ok(yes)
    }

    fn or(&mut self) -> Result<ExprId, Fail> {
        self.words("or", Self::and)
    }

    fn and(&mut self) -> Result<ExprId, Fail> {
        self.words("and", Self::not)
    }

    /// A chain of one word, as one node: it may be long.
    fn words(
        &mut self,
        word: &'static str,
        below: fn(&mut Self) -> Result<ExprId, Fail>,
    ) -> Result<ExprId, Fail> {
        let start = self.here();
        let first = below(self)?;
        let mut all = vec![first];
        while self.take_word(word) {
            all.push(below(self)?);
        }
        match all.len() {
            1 => Ok(first),
            _ => self.node(Expr::Binary(word, all), start),
        }
    }

    fn not(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let mut count = 0usize;
        while self.is_word("not") {
            self.advance();
            count = count.saturating_add(1);
        }
        let inner = self.compare()?;
        self.repeat("not", count, inner, start)
    }

    /// `count` times the same prefix: two of them are as good as any even number.
    fn repeat(
        &mut self,
        op: &'static str,
        count: usize,
        mut inner: ExprId,
        start: u32,
    ) -> Result<ExprId, Fail> {
        let count = if count > 2 { 2 | (count & 1) } else { count };
        for _ in 0..count {
            inner = self.node(Expr::Unary(op, inner), start)?;
        }
        Ok(inner)
    }

    fn compare(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let first = self.binary(0)?;
        let mut rest = Vec::new();
        while let Some(op) = self.comparison() {
            rest.push((op, self.binary(0)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.node(Expr::Compare(first, rest), start)
    }

    fn comparison(&mut self) -> Option<&'static str> {
        let token = self.peek()?;
        let op = match token.kind {
            TokenKind::Op(op @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => op,
            TokenKind::Name if self.text(token) == "in" => "in",
            TokenKind::Name if self.text(token) == "not" => {
                let next = self.peek_at(1)?;
                if next.kind != TokenKind::Name || self.text(next) != "in" {
                    return None;
                }
                self.advance();
                "not in"
            }
            _ => return None,
        };
        self.advance();
        Some(op)
    }

    fn binary(&mut self, level: usize) -> Result<ExprId, Fail> {
        let Some(ops) = LEVELS.get(level) else {
            return self.unary(true);
        };
        let start = self.here();
        let mut left = self.binary(level.saturating_add(1))?;
        let mut chain: Option<(&'static str, Vec<ExprId>)> = None;
        while let Some(TokenKind::Op(op)) = self.peek().map(|t| t.kind) {
            if !ops.contains(&op) {
                break;
            }
            self.advance();
            let right = self.binary(level.saturating_add(1))?;
            match &mut chain {
                Some((same, args)) if *same == op && matches!(op, "+" | "~") => args.push(right),
                _ => {
                    if let Some((same, args)) = chain.take() {
                        left = self.node(Expr::Binary(same, args), start)?;
                    }
                    chain = Some((op, vec![left, right]));
                }
            }
        }
        match chain {
            Some((op, args)) => self.node(Expr::Binary(op, args), start),
            None => Ok(left),
        }
    }

    fn unary(&mut self, filters: bool) -> Result<ExprId, Fail> {
        let start = self.here();
        let mut negative = 0usize;
        let mut signs = 0usize;
        while let Some(TokenKind::Op(op @ ("-" | "+"))) = self.peek().map(|t| t.kind) {
            self.advance();
            signs = signs.saturating_add(1);
            negative = negative.saturating_add(usize::from(op == "-"));
        }
        if signs == 0 {
            let primary = self.primary()?;
            let mut node = self.postfix(primary, start)?;
            if filters {
                node = self.filters(node, start)?;
            }
            return Ok(node);
        }
        let inner = self.unary(false)?;
        let mut node = self.repeat("-", negative, inner, start)?;
        if negative == 0 {
            node = self.node(Expr::Unary("+", node), start)?;
        }
        node = self.postfix(node, start)?;
        if filters {
            node = self.filters(node, start)?;
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<ExprId, Fail> {
        let Some(token) = self.peek() else {
            return Err(Fail::new(self.here(), "an expression is missing"));
        };
        let text = self.text(token);
        let kind = match token.kind {
            TokenKind::Name => {
                self.advance();
                match text {
                    "true" | "True" => Expr::Bool(true),
                    "false" | "False" => Expr::Bool(false),
                    "none" | "None" => Expr::None,
                    name => Expr::Name(name.to_owned()),
                }
            }
            TokenKind::Str => Expr::Str(self.strings()),
            TokenKind::Int => {
                self.advance();
                Expr::Int(integer(text))
            }
            TokenKind::Float => {
                self.advance();
                Expr::Float(text.replace('_', "").parse().unwrap_or(f64::MAX))
            }
            TokenKind::Op("(") => return self.parenthesis(),
            TokenKind::Op("[") => {
                self.advance();
                Expr::List(self.list("]")?)
            }
            TokenKind::Op("{") => return self.dict(),
            _ => {
                return Err(Fail::new(
                    token.start,
                    "something is there that begins no expression",
                ));
            }
        };
        self.node(kind, token.start)
    }

    /// Strings side by side are one, as in Python.
    fn strings(&mut self) -> String {
        let mut out = String::new();
        while let Some(token) = self.peek().filter(|t| t.kind == TokenKind::Str) {
            out.push_str(&self.string(token));
            self.advance();
        }
        out
    }

    pub(super) fn string(&self, token: Token) -> String {
        let text = self.text(token);
        let inner = text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default();
        unescape(inner)
    }

    fn parenthesis(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        self.advance();
        if self.take_op(")") {
            return self.node(Expr::List(Vec::new()), start);
        }
        let plain = std::mem::replace(&mut self.no_condition, false);
        let first = self.expression()?;
        let found = if self.is_op(",") {
            let mut items = vec![first];
            while self.take_op(",") && !self.is_op(")") {
                items.push(self.expression()?);
            }
            self.node(Expr::List(items), start)?
        } else {
            first
        };
        self.no_condition = plain;
        self.expect_op(")")?;
        Ok(found)
    }

    fn list(&mut self, close: &'static str) -> Result<Vec<ExprId>, Fail> {
        let plain = std::mem::replace(&mut self.no_condition, false);
        let mut items = Vec::new();
        while !self.is_op(close) {
            items.push(self.expression()?);
            if !self.take_op(",") {
                break;
            }
        }
        self.no_condition = plain;
        self.expect_op(close)?;
        Ok(items)
    }

    fn dict(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        self.advance();
        let plain = std::mem::replace(&mut self.no_condition, false);
        let mut pairs = Vec::new();
        while !self.is_op("}") {
            let key = self.expression()?;
            self.expect_op(":")?;
            pairs.push((key, self.expression()?));
            if !self.take_op(",") {
                break;
            }
        }
        self.no_condition = plain;
        self.expect_op("}")?;
        self.node(Expr::Dict(pairs), start)
    }

    fn postfix(&mut self, mut node: ExprId, start: u32) -> Result<ExprId, Fail> {
        loop {
            if self.is_op(".") {
                self.advance();
                node = self.attribute(node, start)?;
            } else if self.is_op("[") {
                self.advance();
                let index = self.subscript()?;
                node = self.node(Expr::Item(node, index), start)?;
            } else if self.is_op("(") {
                let args = self.arguments()?;
                node = self.node(Expr::Call(node, args), start)?;
            } else {
                return Ok(node);
            }
        }
    }

    fn attribute(&mut self, base: ExprId, start: u32) -> Result<ExprId, Fail> {
        let Some(token) = self.peek() else {
            return Err(Fail::new(self.here(), "a name is missing after a dot"));
        };
        let text = self.text(token).to_owned();
        self.advance();
        match token.kind {
            TokenKind::Name => self.node(Expr::Attr(base, text), start),
            TokenKind::Int => {
                let index = self.node(Expr::Int(integer(&text)), token.start)?;
                self.node(Expr::Item(base, index), start)
            }
            _ => Err(Fail::new(token.start, "no name follows a dot")),
        }
    }

    fn subscript(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let plain = std::mem::replace(&mut self.no_condition, false);
        let mut items = Vec::new();
        while !self.is_op("]") {
            items.push(self.one_subscript()?);
            if !self.take_op(",") {
                break;
            }
        }
        self.no_condition = plain;
        self.expect_op("]")?;
        match items.as_slice() {
            [one] => Ok(*one),
            _ => self.node(Expr::List(items), start),
        }
    }

    fn one_subscript(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let mut parts = [None, None, None];
        let mut colons = 0usize;
        loop {
            if self.is_op(":") && colons < 2 {
                self.advance();
                colons = colons.saturating_add(1);
            } else if self.is_op("]") || self.is_op(",") {
                break;
            } else {
                let value = self.expression()?;
                match parts.get_mut(colons) {
                    Some(part @ None) => *part = Some(value),
                    _ => return Err(Fail::new(self.here(), "an index can't be read")),
                }
                if !self.is_op(":") {
                    break;
                }
            }
        }
        match (colons, parts) {
            (0, [Some(value), ..]) => Ok(value),
            (0, _) => Err(Fail::new(start, "an index is missing")),
            _ => self.node(Expr::Slice(parts), start),
        }
    }

    /// `(…)` of a call.
    pub(super) fn arguments(&mut self) -> Result<Args, Fail> {
        self.expect_op("(")?;
        let plain = std::mem::replace(&mut self.no_condition, false);
        let mut args = Args::default();
        while !self.is_op(")") {
            if self.take_op("*") || self.take_op("**") {
                args.star.push(self.expression()?);
            } else if let Some(name) = self.keyword() {
                args.named.push((name, self.expression()?));
            } else {
                args.positional.push(self.expression()?);
            }
            if !self.take_op(",") {
                break;
            }
        }
        self.no_condition = plain;
        self.expect_op(")")?;
        Ok(args)
    }

    /// `name=`, when that is what comes next.
    fn keyword(&mut self) -> Option<String> {
        let token = self.peek().filter(|t| t.kind == TokenKind::Name)?;
        self.peek_at(1).filter(|t| t.kind == TokenKind::Op("="))?;
        let name = self.text(token).to_owned();
        self.advance();
        self.advance();
        Some(name)
    }

    /// Filters, tests, and calls of what they give.
    pub(super) fn filters(&mut self, mut node: ExprId, start: u32) -> Result<ExprId, Fail> {
        loop {
            if self.is_op("|") {
                self.advance();
                let (name, args) = self.filter_name()?;
                node = self.node(Expr::Filter(Some(node), name, args), start)?;
            } else if self.is_word("is") {
                self.advance();
                node = self.test(node, start)?;
            } else if self.is_op("(") {
                let args = self.arguments()?;
                node = self.node(Expr::Call(node, args), start)?;
            } else if self.is_op(".") || self.is_op("[") {
                // Jinja2 refuses this; llama.cpp and minijinja read it as it looks.
                node = self.postfix(node, start)?;
            } else {
                return Ok(node);
            }
        }
    }

    /// The name of a filter (it may have dots) and its arguments.
    pub(super) fn filter_name(&mut self) -> Result<(String, Args), Fail> {
        let mut name = self.word("a filter has no name")?;
        while self.is_op(".") {
            self.advance();
            name.push('.');
            name.push_str(&self.word("a filter has no name")?);
        }
        let args = if self.is_op("(") {
            self.arguments()?
        } else {
            Args::default()
        };
        Ok((name, args))
    }

    fn test(&mut self, base: ExprId, start: u32) -> Result<ExprId, Fail> {
        let negated = self.take_word("not");
        let mut name = self.word("a test has no name")?;
        while self.is_op(".") {
            self.advance();
            name.push('.');
            name.push_str(&self.word("a test has no name")?);
        }
        let mut args = Args::default();
        if self.is_op("(") {
            args = self.arguments()?;
        } else if self.begins_test_argument() {
            // One argument without brackets: `x is divisibleby 3`.
            let at = self.here();
            let primary = self.primary()?;
            args.positional.push(self.postfix(primary, at)?);
        }
        self.node(Expr::Test(base, name, args, negated), start)
    }

    fn begins_test_argument(&self) -> bool {
        let Some(token) = self.peek() else {
            return false;
        };
        match token.kind {
            TokenKind::Name => !matches!(
                self.text(token),
                "else" | "or" | "and" | "is" | "if" | "in" | "not" | "recursive"
            ),
            TokenKind::Str | TokenKind::Int | TokenKind::Float => true,
            TokenKind::Op(op) => matches!(op, "[" | "{"),
            TokenKind::Other => false,
        }
    }
}

/// A whole number as Python reads it; what is too large is the largest.
fn integer(text: &str) -> i64 {
    let text = text.replace('_', "").to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).unwrap_or(i64::MAX);
        }
    }
    text.parse().unwrap_or(i64::MAX)
}
