//! The syntax tree of a template: plain owned data, a byte range on everything.
//!
//! Nodes lie in two flat lists and point to each other by number; a child always has a smaller number
//! than its parent. So nothing is freed by recursion, however deep a hostile template nests, and a
//! walk over all nodes is a loop.

use std::ops::Range;

/// Number of an expression in [`Ast::exprs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// Number of a statement in [`Ast::stmts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StmtId(pub u32);

/// Statements one after the other.
pub type Body = Vec<StmtId>;

/// Stands for text that is not known: no template can write it into a name that does harm.
pub const WILD: char = '\u{10fffe}';

/// An expression with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ExprNode {
    /// What it is.
    pub kind: Expr,
    /// Its bytes in the template.
    pub range: Range<u32>,
    /// Levels below it.
    pub depth: u16,
}

/// A statement with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StmtNode {
    /// What it is.
    pub kind: Stmt,
    /// The bytes of its tag, or of the text.
    pub range: Range<u32>,
}

/// The arguments of a call, a filter or a test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args {
    /// By position.
    pub positional: Vec<ExprId>,
    /// By name.
    pub named: Vec<(String, ExprId)>,
    /// `*a` and `**b`.
    pub star: Vec<ExprId>,
}

impl Args {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = ExprId> + '_ {
        let named = self.named.iter().map(|(_, id)| *id);
        let star = self.star.iter().copied();
        self.positional.iter().copied().chain(named).chain(star)
    }
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A part that could not be read.
    Broken,
    /// A variable.
    Name(String),
    /// Text, its escapes resolved; an unknown `\N{…}` is [`WILD`].
    Str(String),
    /// A whole number (clamped).
    Int(i64),
    /// Another number.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// `[…]` and `(…, …)`.
    List(Vec<ExprId>),
    /// `{…: …}`.
    Dict(Vec<(ExprId, ExprId)>),
    /// `not`, `-`, `+`.
    Unary(&'static str, ExprId),
    /// An operator; chains of `+` and of `~` are one node.
    Binary(&'static str, Vec<ExprId>),
    /// `a < b <= c`.
    Compare(ExprId, Vec<(&'static str, ExprId)>),
    /// `yes if test else no`.
    Cond(ExprId, ExprId, Option<ExprId>),
    /// `base.name`.
    Attr(ExprId, String),
    /// `base[index]`.
    Item(ExprId, ExprId),
    /// `start:stop:step` as an index.
    Slice([Option<ExprId>; 3]),
    /// `callee(…)`.
    Call(ExprId, Args),
    /// `base|name(…)`; without a base in a filter block.
    Filter(Option<ExprId>, String, Args),
    /// `base is name(…)`, `base is not name(…)`.
    Test(ExprId, String, Args, bool),
}

impl Expr {
    /// The expressions directly below.
    #[must_use]
    pub fn children(&self) -> Vec<ExprId> {
        match self {
            Self::Broken
            | Self::Name(_)
            | Self::Str(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::None => Vec::new(),
            Self::List(items) | Self::Binary(_, items) => items.clone(),
            Self::Dict(pairs) => pairs.iter().flat_map(|(k, v)| [*k, *v]).collect(),
            Self::Unary(_, a) | Self::Attr(a, _) => vec![*a],
            Self::Compare(first, rest) => {
                let rest = rest.iter().map(|(_, id)| *id);
                std::iter::once(*first).chain(rest).collect()
            }
            Self::Cond(test, yes, no) => [Some(*test), Some(*yes), *no]
                .into_iter()
                .flatten()
                .collect(),
            Self::Item(a, b) => vec![*a, *b],
            Self::Slice(parts) => parts.iter().copied().flatten().collect(),
            Self::Call(callee, args) => std::iter::once(*callee).chain(args.all()).collect(),
            Self::Filter(base, _, args) => base.iter().copied().chain(args.all()).collect(),
            Self::Test(base, _, args, _) => std::iter::once(*base).chain(args.all()).collect(),
        }
    }
}

/// One name that a statement assigns to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The variable.
    pub name: String,
    /// Its attribute, for `{% set ns.attr = … %}`.
    pub attr: Option<String>,
}

/// Which statement loads another template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// `include`.
    Include,
    /// `import`.
    Import,
    /// `from … import …`.
    From,
    /// `extends`.
    Extends,
}

impl Load {
    /// The word in the template.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Import => "import",
            Self::From => "from",
            Self::Extends => "extends",
        }
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Stmt {
    /// Text that is written as it is.
    Text,
    /// `{{ … }}` and `{% print … %}`.
    Emit(Vec<ExprId>),
    /// `for`.
    For {
        /// What each element is bound to.
        targets: Vec<Target>,
        /// What is walked.
        iter: ExprId,
        /// `if` of the loop.
        filter: Option<ExprId>,
        /// The loop's body.
        body: Body,
        /// What is done when there was no element.
        otherwise: Body,
    },
    /// `if`, `elif`, `else`.
    If {
        /// Conditions with their bodies.
        branches: Vec<(ExprId, Body)>,
        /// `else`.
        otherwise: Body,
    },
    /// `set a = …`.
    Set(Vec<Target>, ExprId),
    /// `set a … endset`, with its filters.
    SetBlock(Vec<Target>, Vec<ExprId>, Body),
    /// `with a = …`.
    With(Vec<(Vec<Target>, ExprId)>, Body),
    /// `macro`.
    Macro {
        /// Its name.
        name: String,
        /// Parameters with their defaults.
        params: Vec<(String, Option<ExprId>)>,
        /// Its body.
        body: Body,
    },
    /// `call(…) …`.
    CallBlock(ExprId, Body),
    /// `filter …`.
    FilterBlock(ExprId, Body),
    /// `include`, `import`, `from`, `extends`.
    Load(Load, ExprId, Vec<String>),
    /// A tag that only encloses (`block`, `generation`, `autoescape`, `trans`), with what it evaluates.
    Plain(String, Vec<ExprId>, Body),
    /// `do`, or an unknown tag with what could be read of it.
    Do(Vec<ExprId>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// Something that is no Jinja, or more than is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Where.
    pub range: Range<u32>,
    /// What.
    pub what: String,
    /// True when a bound was hit, false when it is malformed.
    pub limit: bool,
    /// The words and texts of the tag that could not be read, for a look at their names.
    pub words: Vec<String>,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ast {
    /// All expressions.
    pub exprs: Vec<ExprNode>,
    /// All statements.
    pub stmts: Vec<StmtNode>,
    /// The template itself.
    pub root: Body,
    /// Number of comments.
    pub comments: usize,
    /// What could not be read.
    pub anomalies: Vec<Anomaly>,
}

impl Ast {
    /// An expression.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        self.exprs
            .get(id.0 as usize)
            .map_or(&Expr::Broken, |n| &n.kind)
    }

    /// Where an expression stands.
    #[must_use]
    pub fn range(&self, id: ExprId) -> Range<u32> {
        self.exprs
            .get(id.0 as usize)
            .map_or(0..0, |n| n.range.clone())
    }

    /// All expressions with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (ExprId, &ExprNode)> {
        (0u32..).map(ExprId).zip(&self.exprs)
    }
}
