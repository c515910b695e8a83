//! Walks a parsed source in the order it would run and notes what it does.
//!
//! Module level first, then the bodies of functions, so that a function sees what the module binds after it. Branches
//! are all walked; a name bound in one keeps its other values. Loops are walked once. Nothing is run.

mod assign;
mod call;
mod define;
mod expression;
mod scope;
mod statement;

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;

use ruff_python_ast::{Expr, Parameters, Stmt};
use ruff_text_size::{Ranged, TextRange};

use self::scope::{Definition, ScopeId, ScopeKind, Scopes};
use super::callers::Caller;
use super::model::{Event, EventKind, HOOKS, Place, SourceLimits};
use crate::value::Value;

/// Block number of module level.
const MODULE: u32 = 0;
/// Block number of `if __name__ == '__main__'`.
const MAIN: u32 = 1;
/// Longest line that is quoted.
const EXCERPT: usize = 200;

/// A function body that waits for the module to be walked.
struct Pending<'a> {
    block: u32,
    body: Body<'a>,
    parameters: Option<&'a Parameters>,
    scope: ScopeId,
}

#[derive(Clone, Copy)]
enum Body<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a Expr),
}

/// What a walk found.
pub(super) struct Walked {
    pub(super) events: Vec<Event>,
    pub(super) definitions: usize,
    pub(super) result: Value,
    /// A limit was hit.
    pub(super) cut: bool,
    /// Expressions worked out, and bytes of values.
    pub(super) spent: (usize, usize),
}

pub(super) struct Walker<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
    limits: &'a SourceLimits,
    /// How many texts handed to `exec` this one is inside of.
    depth: u8,
    events: Vec<Event>,
    scopes: Scopes,
    definitions: Vec<Definition>,
    pending: VecDeque<Pending<'a>>,
    /// Who runs whose code: from block to block.
    edges: HashSet<(u32, u32)>,
    star_imports: Vec<String>,
    /// Texts that came out of a decoder.
    decoded: HashSet<String>,
    block: u32,
    scope: ScopeId,
    module_scope: ScopeId,
    /// More than zero within branches and loops.
    conditional: u32,
    /// More than zero while an expression is worked out again and must not be reported again.
    quiet: u32,
    steps: usize,
    /// Bytes of values made so far.
    made: usize,
    cut: bool,
    result: Value,
    /// Names that the function being walked declares `global`.
    globals: HashSet<String>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(source: &'a str, limits: &'a SourceLimits, depth: u8) -> Self {
        let mut scopes = Scopes::default();
        let scope = scopes.add(ScopeKind::Module, None);
        let line_starts = std::iter::once(0).chain(line_breaks(source)).collect();
        Self {
            source,
            line_starts,
            limits,
            depth,
            events: Vec::new(),
            scopes,
            // Two that are not functions, so that numbers of definitions and of blocks are the same.
            definitions: vec![Definition::default(), Definition::default()],
            pending: VecDeque::new(),
            edges: HashSet::new(),
            star_imports: Vec::new(),
            decoded: HashSet::new(),
            block: MODULE,
            scope,
            module_scope: scope,
            conditional: 0,
            quiet: 0,
            steps: 0,
            made: 0,
            cut: false,
            result: Value::Unknown,
            globals: HashSet::new(),
        }
    }

    pub(super) fn run(mut self, body: &'a [Stmt]) -> Walked {
        self.statements(body);
        while let Some(pending) = self.pending.pop_front() {
            self.function(&pending);
        }
        let definitions = self.definitions.len().saturating_sub(2);
        self.place_events();
        self.events.sort_by_key(|event| event.range.start);
        Walked {
            events: self.events,
            definitions,
            result: self.result,
            cut: self.cut,
            spent: (self.steps, self.made),
        }
    }

    fn function(&mut self, pending: &Pending<'a>) {
        self.block = pending.block;
        self.scope = pending.scope;
        self.conditional = 0;
        self.globals.clear();
        let class = self
            .definition(pending.block)
            .and_then(|definition| definition.class);
        if let Some(parameters) = pending.parameters {
            self.bind_parameters(parameters, class);
        }
        match pending.body {
            Body::Statements(body) => self.statements(body),
            Body::Expression(body) => {
                self.expression(body);
            }
        }
    }

    fn definition(&self, id: u32) -> Option<&Definition> {
        self.definitions.get(usize::try_from(id).ok()?)
    }

    /// One expression more; false when there were too many.
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.limits.steps {
            self.cut = true;
        }
        !self.cut
    }

    fn emit(&mut self, range: TextRange, kind: EventKind) {
        if self.quiet > 0 {
            return;
        }
        if self.events.len() >= self.limits.events {
            self.cut = true;
            return;
        }
        let range = bytes(range);
        let (line, column, excerpt) = self.position(range.start);
        let (block, place) = (self.block, Place::Import);
        self.events.push(Event {
            kind,
            place,
            block,
            range,
            line,
            column,
            excerpt,
            nested: false,
            callers: Vec::new(),
        });
    }

    /// Line and column of a byte, and the text of its line.
    fn position(&self, offset: usize) -> (u32, u32, String) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
            .copied()
            .unwrap_or(0);
        let end = self
            .line_starts
            .get(line)
            .copied()
            .unwrap_or(self.source.len());
        let column = offset.saturating_sub(start);
        let mut text = self.source.get(start..end).unwrap_or_default();
        if text.len() > EXCERPT {
            // A long line is quoted from where the event is.
            text = self.source.get(offset..end).unwrap_or_default();
        }
        let excerpt: String = text.trim().chars().take(EXCERPT).collect();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        (number(line), number(column).saturating_add(1), excerpt)
    }

    fn text(&self, node: &impl Ranged) -> &'a str {
        self.source.get(bytes(node.range())).unwrap_or_default()
    }

    /// The current block may run that one.
    fn runs(&mut self, block: u32) {
        self.edges.insert((self.block, block));
    }

    /// Decides when each event runs: what module level reaches through calls runs on import.
    fn place_events(&mut self) {
        let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
        for (from, to) in &self.edges {
            callers.entry(*from).or_default().push(*to);
        }
        let reach = |from: Vec<u32>| {
            let mut seen: HashSet<u32> = from.iter().copied().collect();
            let mut list = from;
            while let Some(block) = list.pop() {
                for &next in callers.get(&block).map(Vec::as_slice).unwrap_or_default() {
                    if seen.insert(next) {
                        list.push(next);
                    }
                }
            }
            seen
        };
        let (on_import, by_main) = (reach(vec![MODULE]), reach(vec![MAIN]));
        let called = Caller::ALL.map(|caller| (caller, reach(self.entry_points(caller))));
        let places: HashMap<u32, Place> = self
            .events
            .iter()
            .map(|event| event.block)
            .collect::<HashSet<u32>>()
            .into_iter()
            .map(|block| {
                (
                    block,
                    self.place(block, on_import.contains(&block), by_main.contains(&block)),
                )
            })
            .collect();
        for event in &mut self.events {
            if let Some(place) = places.get(&event.block) {
                event.place = place.clone();
            }
            let callers = called
                .iter()
                .filter(|(_, blocks)| blocks.contains(&event.block));
            event.callers = callers.map(|(caller, _)| *caller).collect();
        }
    }

    /// The functions that `caller` calls by itself.
    fn entry_points(&self, caller: Caller) -> Vec<u32> {
        let called = |definition: &Definition| {
            let name = definition.name.rsplit('.').next().unwrap_or_default();
            definition.body.is_none() && caller.calls(name)
        };
        let numbered = self.definitions.iter().zip(0u32..);
        numbered
            .filter(|(definition, _)| called(definition))
            .map(|(_, id)| id)
            .collect()
    }

    fn place(&self, block: u32, on_import: bool, by_main: bool) -> Place {
        let name = self
            .definition(block)
            .map(|definition| definition.name.clone())
            .unwrap_or_default();
        let last = name.rsplit('.').next().unwrap_or_default();
        match block {
            MODULE => Place::Import,
            _ if on_import => Place::ImportVia(name),
            MAIN => Place::Main,
            _ if HOOKS.contains(&last) => Place::Hook(name),
            _ if by_main && !name.contains('.') => Place::Main,
            _ => Place::Function(name),
        }
    }
}

/// Offsets of the lines after the first.
fn line_breaks(source: &str) -> impl Iterator<Item = usize> {
    source
        .bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'\n')
        .map(|(at, _)| at.saturating_add(1))
}

fn bytes(range: TextRange) -> Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}
