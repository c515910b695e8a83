//! What runs when: from the operators and functions that a loader runs by itself, from those that restore
//! and save, and from the signatures, along inputs and into functions.
//!
//! A function that is called runs as a whole, since TensorFlow keeps all of its stateful operators.

use ma_core::{Budget, ScanError};

use super::model::{Graph, MAIN, NameHash, NodeId, ScopeId, hash};

/// When something runs. Later ones go before earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum When {
    /// When somebody asks for it.
    #[default]
    Asked,
    /// When the model is saved again.
    Save,
    /// When a signature is called.
    Call,
    /// When the variables are restored, which loaders do.
    Restore,
    /// When the model is loaded.
    Load,
}

impl When {
    /// In words, to end a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Asked => "when this part of the graph runs",
            Self::Save => "when the model is saved again",
            Self::Call => "when the model is used",
            Self::Restore | Self::Load => "as soon as the model is loaded",
        }
    }

    /// Whether loading is enough.
    #[must_use]
    pub fn on_load(self) -> bool {
        self >= Self::Restore
    }
}

/// Where running begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    /// Nodes of the main graph.
    pub nodes: Vec<(NameHash, When)>,
    /// Functions.
    pub functions: Vec<(NameHash, When)>,
}

impl Roots {
    /// Adds a tensor or node of the main graph by its name.
    pub fn tensor(&mut self, name: &str, when: When) {
        let input = super::read::input(name.as_bytes());
        self.nodes.push((input.name, when));
    }

    /// Adds a function by its name.
    pub fn function(&mut self, name: &str, when: When) {
        self.functions.push((hash(name.as_bytes()), when));
    }
}

/// When each node and function runs.
#[derive(Debug, Clone, Default)]
pub struct Reachable {
    main: Vec<When>,
    scopes: Vec<When>,
    everything: bool,
}

impl Reachable {
    /// When a node runs.
    #[must_use]
    pub fn when(&self, graph: &Graph, id: NodeId) -> When {
        let Some(node) = graph.node(id) else {
            return When::Asked;
        };
        let found = if node.scope == MAIN {
            self.main.get(id.0 as usize)
        } else {
            self.scopes.get(node.scope.0 as usize)
        };
        let found = found.copied().unwrap_or_default();
        if self.everything {
            found.max(When::Call)
        } else {
            found
        }
    }
}

/// Follows `roots` through `graph`. Without any root all of it counts as used.
///
/// # Errors
/// When the budget is used up.
pub fn reachable(graph: &Graph, roots: &Roots, budget: &Budget) -> Result<Reachable, ScanError> {
    let main = graph.scope(MAIN).map_or(0, |s| s.nodes.end as usize);
    let mut found = Reachable {
        main: vec![When::Asked; main],
        scopes: vec![When::Asked; graph.scopes.len()],
        everything: roots.nodes.is_empty() && roots.functions.is_empty(),
    };
    if found.everything {
        return Ok(found);
    }
    let mut names: Vec<(NameHash, NodeId)> =
        graph.nodes_of(MAIN).map(|(id, n)| (n.name, id)).collect();
    names.sort_unstable();
    let find = |name: NameHash| {
        let at = names.partition_point(|(n, _)| *n < name);
        names.get(at).filter(|(n, _)| *n == name).map(|(_, id)| *id)
    };
    let mut nodes: Vec<(NodeId, When)> = Vec::new();
    let mut scopes: Vec<(ScopeId, When)> = Vec::new();
    nodes.extend(
        roots
            .nodes
            .iter()
            .filter_map(|(n, w)| Some((find(*n)?, *w))),
    );
    let functions = roots.functions.iter();
    scopes.extend(functions.filter_map(|(n, w)| Some((graph.function(*n)?, *w))));
    loop {
        budget.charge_steps(1)?;
        if let Some((id, when)) = nodes.pop() {
            let Some(place) = found.main.get_mut(id.0 as usize).filter(|w| **w < when) else {
                continue;
            };
            *place = when;
            let Some(node) = graph.node(id) else {
                continue;
            };
            let inputs = graph.inputs_of(node).iter();
            nodes.extend(inputs.filter_map(|i| Some((find(i.name)?, when))));
            let calls = graph.calls_of(id);
            scopes.extend(calls.filter_map(|c| Some((graph.function(c.function)?, when))));
        } else if let Some((id, when)) = scopes.pop() {
            let Some(place) = found.scopes.get_mut(id.0 as usize).filter(|w| **w < when) else {
                continue;
            };
            *place = when;
            scopes.extend(calls_in(graph, id).map(|to| (to, when)));
        } else {
            return Ok(found);
        }
    }
}

/// The functions that a function calls, its gradient among them.
pub fn calls_in(graph: &Graph, scope: ScopeId) -> impl Iterator<Item = ScopeId> {
    let range = graph.scope(scope).map_or(0..0, |s| s.nodes.clone());
    let name = graph.scope(scope).map(|s| hash(s.name.as_bytes()));
    let calls = range.flat_map(move |id| graph.calls_of(NodeId(id)));
    let called = calls.filter_map(move |c| graph.function(c.function));
    let gradients = graph.gradients.iter();
    let gradients = gradients.filter(move |(of, _)| Some(*of) == name);
    called.chain(gradients.filter_map(move |(_, gradient)| graph.function(*gradient)))
}

/// Functions that call themselves, directly or by way of others; one of each circle.
///
/// # Errors
/// When the budget is used up.
pub fn circles(graph: &Graph, budget: &Budget) -> Result<Vec<ScopeId>, ScanError> {
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![NEW; graph.scopes.len()];
    let mut circles = Vec::new();
    for start in 0..graph.scopes.len() {
        let start = ScopeId(u32::try_from(start).unwrap_or(u32::MAX));
        // What is left of the way: a function, and what it calls that was not visited yet.
        let mut way: Vec<(ScopeId, Vec<ScopeId>)> = Vec::new();
        if state.get(start.0 as usize) != Some(&NEW) || start == MAIN {
            continue;
        }
        way.push((start, calls_in(graph, start).collect()));
        set(&mut state, start, OPEN);
        while let Some((scope, rest)) = way.last_mut() {
            budget.charge_steps(1)?;
            let scope = *scope;
            match rest.pop() {
                None => {
                    set(&mut state, scope, DONE);
                    way.pop();
                }
                Some(next) if next == MAIN => {}
                Some(next) => match state.get(next.0 as usize) {
                    Some(&NEW) => {
                        set(&mut state, next, OPEN);
                        way.push((next, calls_in(graph, next).collect()));
                    }
                    Some(&OPEN) if circles.len() < 50 => circles.push(next),
                    _ => {}
                },
            }
        }
    }
    circles.sort_unstable();
    circles.dedup();
    Ok(circles)
}

fn set(state: &mut [u8], scope: ScopeId, to: u8) {
    if let Some(place) = state.get_mut(scope.0 as usize) {
        *place = to;
    }
}
