//! The uses of operators that can do something: which node, when it runs, and what its arguments are.

use ma_core::ScanError;
use ma_core::text::shorten;
use std::ops::Range;

use super::flow::Flow;
use super::model::{Graph, NodeId};
use super::reach::{Reachable, When};
use super::value::{Hole, Value, Values};
use crate::ops::{Argument, Class, Operator, Place, Role};

/// Uses that are followed in one graph.
pub const MAX_USES: usize = 20_000;

/// A node whose operator can do something.
#[derive(Debug, Clone)]
pub struct Use {
    /// Its operator.
    pub operator: &'static Operator,
    /// The node.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// The function that it is in; empty for the main graph.
    pub function: String,
    /// Where it lies.
    pub range: Range<u64>,
    /// When it runs.
    pub when: When,
    /// What it is given, in the order of the table.
    pub given: Vec<(&'static Argument, Values)>,
}

impl Use {
    /// What it is given as the argument with that role.
    #[must_use]
    pub fn given(&self, role: Role) -> Option<&Values> {
        self.given
            .iter()
            .find(|(a, _)| a.role == role)
            .map(|(_, v)| v)
    }

    /// The call as somebody would write it: `WriteFile(filename="/etc/x", contents="…")`.
    #[must_use]
    pub fn call(&self) -> String {
        let given = self.given.iter();
        let given = given.filter(|(_, values)| !values.list.is_empty());
        let given = given.map(|(a, values)| format!("{}={}", a.name, values.shown()));
        let arguments = given.collect::<Vec<_>>().join(", ");
        format!("{}({arguments})", self.operator.name)
    }

    /// Where it is, in words.
    #[must_use]
    pub fn place(&self) -> String {
        let name = shorten(&self.name, 80);
        if self.function.is_empty() {
            format!("node `{name}`")
        } else {
            format!(
                "node `{name}` of function `{}`",
                shorten(&self.function, 80)
            )
        }
    }

    /// The way to it: `graph_def.node[x]`.
    #[must_use]
    pub fn route(&self) -> String {
        node_route(&self.function, &self.name)
    }
}

/// The way to a node.
#[must_use]
pub fn node_route(function: &str, name: &str) -> String {
    let name = shorten(name, 80);
    if function.is_empty() {
        format!("node[{name}]")
    } else {
        format!(
            "library.function[{}].node_def[{name}]",
            shorten(function, 80)
        )
    }
}

/// All uses in a graph, and whether there are more.
///
/// # Errors
/// When the bytes can't be read, or the budget is used up.
pub fn uses(
    graph: &Graph,
    flow: &mut Flow<'_, '_, '_>,
    reachable: &Reachable,
) -> Result<(Vec<Use>, bool), ScanError> {
    let mut found = Vec::new();
    let plain: Vec<bool> = graph
        .operators
        .iter()
        .map(|o| matches!(o.class(), Class::Plain | Class::Transfer | Class::Reader))
        .collect();
    for (i, node) in graph.nodes.iter().enumerate() {
        if plain.get(node.operator as usize) != Some(&false) {
            continue;
        }
        let Some(operator) = graph.operator_of(node).and_then(|o| o.operator()) else {
            continue;
        };
        if found.len() >= MAX_USES {
            return Ok((found, true));
        }
        let id = NodeId(u32::try_from(i).unwrap_or(u32::MAX));
        let mut given = Vec::new();
        for argument in &operator.arguments {
            given.push((argument, value(graph, flow, id, argument)?));
        }
        let scope = graph.scope(node.scope);
        found.push(Use {
            operator,
            node: id,
            name: flow.name(id)?,
            function: scope.map(|s| s.name.clone()).unwrap_or_default(),
            range: node.range.clone(),
            when: reachable.when(graph, id),
            given,
        });
    }
    Ok((found, false))
}

fn value(
    graph: &Graph,
    flow: &mut Flow<'_, '_, '_>,
    id: NodeId,
    argument: &'static Argument,
) -> Result<Values, ScanError> {
    let key = match argument.place {
        Place::Input(index) => {
            let mut values = if argument.role == Role::Queue {
                flow.queue(id, index)?
            } else {
                flow.input(id, index)?
            };
            // A value without any source is not the same as none.
            if values.list.is_empty() {
                values.add(Value::hole(Hole::TooDeep));
            }
            return Ok(values);
        }
        Place::Attr(key) => key,
    };
    let Some(found) = flow.attribute(id, key)? else {
        return Ok(Values::default());
    };
    if argument.role == Role::Module {
        // Programs may be large; rules read them where they lie.
        return Ok(match found.string {
            Some(at) => Values::hole(Hole::Computed(format!(
                "{} bytes",
                at.end.saturating_sub(at.start)
            ))),
            None => Values::default(),
        });
    }
    let mut values = Values::default();
    if argument.role == Role::Function {
        let calls = graph.calls_of(id).filter(|c| c.attribute == key);
        let functions = calls.filter_map(|c| graph.scope(graph.function(c.function)?));
        functions.for_each(|f| values.add(Value::text(f.name.clone())));
    } else if !found.strings.is_empty() {
        flow.texts(id, key)?
            .into_iter()
            .for_each(|t| values.add(Value::text(t)));
    } else if found.string.is_some() {
        values.add(Value::text(flow.text(id, key)?));
    } else if let Some(n) = found.integer {
        values.add(Value::text(n.to_string()));
    }
    Ok(values)
}
