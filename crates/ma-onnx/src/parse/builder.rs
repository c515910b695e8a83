//! What is known of a file while it is walked, and the bounds on it.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use ma_core::{Blob, Budget, ElementType, Kind, RegionKind, ScanError};

use super::limits;
use super::reader::{Reader, Route};
use crate::model::{
    Anomaly, AnomalyKind, Claim, Cut, Embedded, Flow, Form, Graph, MadeBy, Model, Operator, Value,
};

/// A graph that waits for its turn.
pub(crate) struct Job {
    pub(crate) graph: u32,
    pub(crate) pieces: Vec<Range<u64>>,
}

/// The model while it grows.
pub(crate) struct Builder<'b> {
    pub(crate) reader: Reader<'b>,
    pub(crate) model: Model,
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) calls: usize,
    pub(crate) ports: usize,
    kept: usize,
    small: usize,
    operators: HashMap<u64, u32>,
    values: HashMap<(u32, u64), u32>,
}

/// A name, or several, as a number.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// The one name of the standard domain.
pub(crate) fn domain(text: String) -> String {
    if text == "ai.onnx" {
        String::new()
    } else {
        text
    }
}

impl<'b> Builder<'b> {
    pub(crate) fn new(blob: &Blob, budget: &'b Budget, form: Form) -> Self {
        let model = Model {
            form,
            len: blob.len(),
            ..Model::default()
        };
        Self {
            reader: Reader::new(blob, budget),
            model,
            jobs: VecDeque::new(),
            calls: 0,
            ports: 0,
            kept: 0,
            small: 0,
            operators: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// The finished model.
    pub(crate) fn finish(mut self) -> Model {
        for broken in std::mem::take(&mut self.reader.breaks) {
            let at = broken.at..broken.at.saturating_add(1).min(self.model.len);
            self.anomaly(AnomalyKind::Broken(broken.what), at, "");
        }
        self.model
    }

    /// Whether there is room for one more; notes what does not fit.
    pub(crate) fn room(&mut self, have: usize, max: usize, what: &'static str) -> bool {
        if have < max {
            return true;
        }
        let kept = have as u64;
        match self.model.cuts.iter_mut().find(|c| c.what == what) {
            Some(cut) => cut.seen = cut.seen.saturating_add(1),
            None => self.model.cuts.push(Cut {
                what,
                kept,
                seen: kept.saturating_add(1),
            }),
        }
        false
    }

    /// Whether so many bytes of text can be kept; notes what can't.
    pub(crate) fn affords(&mut self, texts: &[usize], what: &'static str) -> bool {
        let sum = texts
            .iter()
            .fold(self.kept, |sum, n| sum.saturating_add(*n));
        let fits = sum <= limits::KEPT;
        if fits {
            self.kept = sum;
        } else {
            self.room(limits::KEPT, 0, what);
        }
        fits
    }

    pub(crate) fn anomaly(
        &mut self,
        kind: AnomalyKind,
        range: Range<u64>,
        route: impl std::fmt::Display,
    ) {
        if self.room(self.model.anomalies.len(), limits::ANOMALIES, "anomalies") {
            self.model.anomalies.push(Anomaly {
                kind,
                range,
                route: route.to_string(),
            });
        }
    }

    /// A name, cut.
    pub(crate) fn name(&mut self, range: &Range<u64>) -> Result<String, ScanError> {
        self.reader.text(range.clone(), limits::NAME)
    }

    /// Says what some bytes are. Neighbours of one kind become one claim where they are small, or where
    /// there are very many; the rest of the many is left to what covers the structure.
    pub(crate) fn claim(
        &mut self,
        range: &Range<u64>,
        kind: RegionKind,
        element: Option<ElementType>,
        route: impl std::fmt::Display,
    ) {
        if range.is_empty() {
            return;
        }
        let size = range.end.saturating_sub(range.start);
        let large = size >= limits::LARGE_CLAIM && kind == RegionKind::Weights;
        let full = if large {
            self.model.claims.len() >= limits::CLAIMS
        } else {
            self.small >= limits::SMALL_CLAIMS
        };
        let reach = if full { 4096 } else { 16 };
        if let Some(last) = self.model.claims.last_mut() {
            let gap = range.start.checked_sub(last.range.end);
            let near = gap.is_some_and(|gap| gap <= reach);
            if last.kind == kind && near && (full || (size < 4096 && last.element == element)) {
                last.range.end = range.end;
                if last.element != element {
                    last.element = None;
                }
                return;
            }
        }
        // Large tensors that lie far apart stay weights; the small rest is a part of the structure.
        let most = limits::CLAIMS.saturating_mul(2);
        if full && (!large || self.model.claims.len() >= most) {
            return;
        }
        if !large {
            self.small = self.small.saturating_add(1);
        }
        self.model.claims.push(Claim {
            range: range.clone(),
            kind,
            element,
            route: route.to_string(),
        });
    }

    /// Text or bytes from an attribute, a tensor of text or the metadata: a part of its own when it is
    /// large and begins like one.
    pub(crate) fn content(
        &mut self,
        range: &Range<u64>,
        kind: RegionKind,
        route: &Route<'_>,
        template: bool,
    ) -> Result<(), ScanError> {
        self.claim(range, kind, None, route);
        let size = range.end.saturating_sub(range.start);
        let found = if template {
            Some(Kind::JINJA)
        } else if size >= limits::EMBEDDED_MIN {
            sniff(&self.reader.head(range.clone(), 64)?)
        } else {
            None
        };
        if let Some(kind) = found {
            self.embed(range, kind, route);
        }
        Ok(())
    }

    /// What lies where no part of a model belongs: whatever it begins like.
    pub(crate) fn stranger(
        &mut self,
        range: &Range<u64>,
        route: &Route<'_>,
    ) -> Result<(), ScanError> {
        self.claim(range, RegionKind::Unclaimed, None, route);
        if let Some(kind) = sniff(&self.reader.head(range.clone(), 64)?) {
            self.embed(range, kind, route);
        }
        Ok(())
    }

    fn embed(&mut self, range: &Range<u64>, kind: Kind, route: &Route<'_>) {
        if self.room(
            self.model.embedded.len(),
            limits::EMBEDDED,
            "embedded parts",
        ) {
            self.model.embedded.push(Embedded {
                range: range.clone(),
                kind,
                route: route.to_string(),
            });
        }
    }

    /// A graph to be filled; `None` when it is nested too deep or there are too many.
    pub(crate) fn new_graph(
        &mut self,
        route: String,
        parent: Option<(u32, Option<u32>)>,
        owner: Option<u32>,
    ) -> Option<u32> {
        let depth = parent
            .and_then(|(p, _)| self.model.graphs.get(usize::try_from(p).ok()?))
            .map_or(0, |p| p.depth.saturating_add(1));
        if depth > limits::DEPTH {
            self.anomaly(AnomalyKind::TooDeep(depth), 0..0, short_route(&route));
            self.room(1, 0, "graphs nested too deeply");
            return None;
        }
        if !self.room(self.model.graphs.len(), limits::GRAPHS, "graphs") {
            return None;
        }
        let index = u32::try_from(self.model.graphs.len()).ok()?;
        self.model.graphs.push(Graph {
            route,
            parent,
            owner,
            depth,
            ..Graph::default()
        });
        Some(index)
    }

    pub(crate) fn graph_mut(&mut self, graph: u32) -> Option<&mut Graph> {
        self.model.graphs.get_mut(usize::try_from(graph).ok()?)
    }

    /// The operator of that name, counted once more.
    pub(crate) fn operator(
        &mut self,
        domain: &str,
        name: &str,
        range: &Range<u64>,
        route: &Route<'_>,
    ) -> Option<u32> {
        let key = hash(&[domain, name]);
        if let Some(index) = self.operators.get(&key) {
            let at = usize::try_from(*index).unwrap_or(usize::MAX);
            if let Some(operator) = self.model.operators.get_mut(at) {
                operator.count = operator.count.saturating_add(1);
            }
            return Some(*index);
        }
        let what = "different operators";
        let fits = self.room(self.model.operators.len(), limits::OPERATORS, what)
            && self.affords(&[domain.len(), name.len()], what);
        if !fits {
            return None;
        }
        let index = u32::try_from(self.model.operators.len()).ok()?;
        self.operators.insert(key, index);
        self.model.operators.push(Operator {
            domain: domain.to_owned(),
            name: name.to_owned(),
            count: 1,
            range: range.clone(),
            route: route.to_string(),
        });
        Some(index)
    }

    /// The place of a value; `None` when there are too many.
    pub(crate) fn value(&mut self, graph: u32, name: u64) -> Option<u32> {
        if let Some(index) = self.values.get(&(graph, name)) {
            return Some(*index);
        }
        if !self.room(self.model.flow.values.len(), limits::VALUES, "values") {
            return None;
        }
        let index = u32::try_from(self.model.flow.values.len()).ok()?;
        self.values.insert((graph, name), index);
        self.model.flow.values.push(Value {
            graph,
            name,
            made_by: MadeBy::Outside,
        });
        Some(index)
    }

    /// Says what makes a value; returns what made it before.
    pub(crate) fn made(&mut self, value: u32, by: MadeBy) -> MadeBy {
        let flow: &mut Flow = &mut self.model.flow;
        let at = usize::try_from(value).unwrap_or(usize::MAX);
        let Some(value) = flow.values.get_mut(at) else {
            return MadeBy::Outside;
        };
        let before = value.made_by;
        // An initializer may be listed as an input too: then it is a default, and the caller may set it.
        if !(before == MadeBy::Initializer && by == MadeBy::Input) {
            value.made_by = by;
        }
        before
    }
}

/// A route that deep nesting has not made endless.
pub(crate) fn short_route(route: &str) -> String {
    ma_core::text::shorten(route, 400).into_owned()
}

/// What bytes are by how they begin.
fn sniff(head: &[u8]) -> Option<Kind> {
    let pickle = matches!(head, [0x80, 2..=5, next, ..] if b"}]()cNK\x95XU\x8cq".contains(next));
    if pickle {
        Some(Kind::PICKLE)
    } else if head.starts_with(b"PK\x03\x04") {
        Some(Kind::ZIP)
    } else if head.starts_with(b"\x7fELF") || head.starts_with(b"MZ\x90\0") {
        Some(Kind::EXECUTABLE)
    } else if head.starts_with(b"#!") {
        let line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
        let python = line.windows(6).any(|w| w == b"python");
        Some(if python {
            Kind::PYTHON_SOURCE
        } else {
            Kind::TEXT
        })
    } else if [&b"import "[..], b"from ", b"def ", b"class "]
        .iter()
        .any(|word| head.starts_with(word))
        && head.contains(&b'\n')
    {
        Some(Kind::PYTHON_SOURCE)
    } else {
        None
    }
}
