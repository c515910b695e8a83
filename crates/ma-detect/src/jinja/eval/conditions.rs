//! Tests (`x is …`), and whether one is about what somebody says.

use super::super::ast::{Args, ExprId};
use super::super::value::{Origin, Val, Value};
use super::Interp;
use super::calls::Given;

impl Interp<'_> {
    pub(super) fn test(&mut self, id: ExprId, base: ExprId, name: &str, args: &Args) -> Value {
        let value = self.eval(base);
        let given = self.given(args);
        self.tested(id, &value, name, &given)
    }

    /// A test of a value, also as `select` and `selectattr` make it.
    pub(super) fn tested(&mut self, id: ExprId, value: &Value, name: &str, given: &Given) -> Value {
        let compares = matches!(
            name,
            "in" | "eq"
                | "equalto"
                | "=="
                | "ne"
                | "!="
                | "sameas"
                | "match"
                | "search"
                | "contains"
                | "containing"
                | "startswith"
                | "endswith"
                | "gt"
                | "ge"
                | "lt"
                | "le"
                | ">"
                | ">="
                | "<"
                | "<="
                | "greaterthan"
                | "lessthan"
        );
        let trigger = match given.positional.first() {
            Some(other) if compares => self.triggered(id, value, other),
            _ => None,
        };
        let known = match (name, value.single()) {
            ("none", Some(Val::None)) => Some(true),
            ("string", Some(Val::Str(_))) => Some(true),
            ("mapping", Some(Val::Dict(_))) => Some(true),
            _ => None,
        };
        let out = known.map_or_else(Value::unknown, |b| Value::new(Val::Bool(b)));
        // What is asked about a comparison's result (`is true`) depends on it as well.
        let inherited =
            if matches!(name, "true" | "false" | "boolean") || value.origin == Origin::Other {
                value.trigger
            } else {
                None
            };
        let mut out = out.with_trigger(inherited).with_trigger(trigger);
        out.alts = vec![Val::Unknown];
        out
    }
}
