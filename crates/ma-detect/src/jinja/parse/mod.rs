//! From text to a tree. A template that Jinja2 refuses is still read as far as it goes: a tag that
//! can't be read becomes an anomaly with its words, and the tags after it are read as if nothing were.
//!
//! Besides Jinja2's own language: the loop controls, `do`, the `generation` block of the training
//! libraries, `trans`, and what other engines allow (an attribute after a filter).
//!
//! Limits: 1 MiB of source, 100 levels of blocks, 200 levels of an expression. Beyond them the reader
//! goes on flat, and an anomaly says so. Cost is linear.

mod escape;
mod expr;
mod stmt;

use crate::jinja::ast::{Anomaly, Ast, ExprId, Stmt, StmtId, StmtNode, Target};
use crate::jinja::lexer::{self, Piece, Token, TokenKind};

/// Longest template that is read.
pub const MAX_SOURCE: usize = 1 << 20;
/// Anomalies that are kept.
const MAX_ANOMALIES: usize = 64;
/// Words kept of a tag that could not be read.
const MAX_WORDS: usize = 4096;

/// Why a tag could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fail {
    at: u32,
    what: &'static str,
    limit: bool,
}

impl Fail {
    fn new(at: u32, what: &'static str) -> Self {
        let limit = false;
        Self { at, what, limit }
    }

    fn limit(at: u32, what: &'static str) -> Self {
        let limit = true;
        Self { at, what, limit }
    }
}

/// Reads one tag after the other.
struct Parser<'s> {
    source: &'s str,
    ast: Ast,
    tokens: Vec<Token>,
    at: usize,
    /// Expressions that are open.
    open: u16,
    /// Where an `if` after an expression is not its condition (`for x in y if z`).
    no_condition: bool,
}

/// The tree of a template.
#[must_use]
pub fn parse(source: &str) -> Ast {
    let mut parser = Parser {
        source,
        ast: Ast::default(),
        tokens: Vec::new(),
        at: 0,
        open: 0,
        no_condition: false,
    };
    let mut blocks = stmt::Blocks::default();
    for piece in lexer::pieces(source) {
        match piece {
            Piece::Text(range) => {
                let id = parser.statement(Stmt::Text, range);
                blocks.push(id);
            }
            Piece::Comment(range, closed) => {
                parser.ast.comments = parser.ast.comments.saturating_add(1);
                if !closed {
                    parser.anomaly(range, "a comment has no end", false);
                }
            }
            Piece::Tag(print, range, tokens, closed) => {
                if !closed {
                    parser.anomaly(range.clone(), "a tag has no end", false);
                }
                parser.begin(tokens);
                parser.tag(print, range, &mut blocks);
            }
        }
    }
    parser.finish(blocks)
}

impl<'s> Parser<'s> {
    fn begin(&mut self, tokens: Vec<Token>) {
        self.tokens = tokens;
        self.at = 0;
        self.open = 0;
        self.no_condition = false;
    }

    fn statement(&mut self, kind: Stmt, range: std::ops::Range<u32>) -> StmtId {
        let id = u32::try_from(self.ast.stmts.len()).unwrap_or(u32::MAX);
        self.ast.stmts.push(StmtNode { kind, range });
        StmtId(id)
    }

    fn anomaly(&mut self, range: std::ops::Range<u32>, what: &str, limit: bool) {
        if self.ast.anomalies.len() < MAX_ANOMALIES {
            self.ast.anomalies.push(Anomaly {
                range,
                what: what.to_owned(),
                limit,
                words: Vec::new(),
            });
        }
    }

    /// The tag could not be read: its words are kept, names after a dot with their dot.
    fn broken(&mut self, range: std::ops::Range<u32>, fail: Fail) {
        let mut words = Vec::new();
        let mut dot = false;
        for token in &self.tokens {
            match token.kind {
                TokenKind::Name if dot => words.push(format!(".{}", self.text(*token))),
                TokenKind::Name => words.push(self.text(*token).to_owned()),
                TokenKind::Str => words.push(self.string(*token)),
                _ => {}
            }
            dot = token.kind == TokenKind::Op(".");
            if words.len() >= MAX_WORDS {
                break;
            }
        }
        let end = range.end.max(fail.at);
        self.ast.anomalies.push(Anomaly {
            range: fail.at.min(end)..end,
            what: fail.what.to_owned(),
            limit: fail.limit,
            words,
        });
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at.saturating_add(ahead)).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn text(&self, token: Token) -> &'s str {
        let range = token.start as usize..token.end as usize;
        let source: &'s str = self.source;
        source.get(range).unwrap_or_default()
    }

    /// Where the next token begins, or the last one ended.
    fn here(&self) -> u32 {
        self.peek().map_or_else(|| self.last_end(), |t| t.start)
    }

    fn last_end(&self) -> u32 {
        let last = self.at.checked_sub(1).and_then(|i| self.tokens.get(i));
        last.or(self.tokens.last()).map_or(0, |t| t.end)
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Some(Token { kind: TokenKind::Op(found), .. }) if found == op)
    }

    fn take_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        if found {
            self.advance();
        }
        found
    }

    fn expect_op(&mut self, op: &'static str) -> Result<(), Fail> {
        if self.take_op(op) {
            return Ok(());
        }
        let what = match op {
            ")" => "a `)` is missing",
            "]" => "a `]` is missing",
            "}" => "a `}` is missing",
            "=" => "a `=` is missing",
            _ => "a sign is missing",
        };
        Err(Fail::new(self.here(), what))
    }

    fn is_word(&self, word: &str) -> bool {
        let token = self.peek().filter(|t| t.kind == TokenKind::Name);
        token.is_some_and(|t| self.text(t) == word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn word(&mut self, missing: &'static str) -> Result<String, Fail> {
        let token = self.peek().filter(|t| t.kind == TokenKind::Name);
        let Some(token) = token else {
            return Err(Fail::new(self.here(), missing));
        };
        let word = self.text(token).to_owned();
        self.advance();
        Ok(word)
    }

    /// `a`, `a.b`, `a, b`, `(a, (b, c))`: what is assigned to, brackets left out.
    fn targets(&mut self) -> Result<Vec<Target>, Fail> {
        let mut out = Vec::new();
        loop {
            while self.take_op("(") || self.take_op(",") {}
            let name = self.word("a name to assign to is missing")?;
            let attr = if self.take_op(".") {
                Some(self.word("a name to assign to is missing")?)
            } else {
                None
            };
            out.push(Target { name, attr });
            while self.take_op(")") {}
            if !self.is_op(",") {
                return Ok(out);
            }
            let after = self.peek_at(1);
            let more = after.is_some_and(|t| match t.kind {
                TokenKind::Name => self.text(t) != "in",
                kind => kind == TokenKind::Op("("),
            });
            if !more {
                self.advance();
                return Ok(out);
            }
        }
    }

    /// An expression, or several with commas as one list.
    fn tuple(&mut self) -> Result<ExprId, Fail> {
        let start = self.here();
        let first = self.expression()?;
        if !self.is_op(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.take_op(",") {
            if self.peek().is_none() || self.is_word("if") {
                break;
            }
            items.push(self.expression()?);
        }
        self.node(crate::jinja::ast::Expr::List(items), start)
    }
}
