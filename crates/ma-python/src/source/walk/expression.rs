//! Expressions: what they do, and what their value is known to be.

use ruff_python_ast::{self as ast, Comprehension, Expr, InterpolatedStringElement, Number};
use ruff_text_size::Ranged;

use super::Walker;
use crate::value::{
    MAX_ITEMS, Operator, Value, attribute, binary, is_builtin, slice, subscript, to_text,
};

/// Values up to this weight are not counted.
const LIGHT: usize = 512;

impl<'a> Walker<'a> {
    /// Walks an expression once; gives its value.
    pub(super) fn expression(&mut self, expression: &'a Expr) -> Value {
        if !self.step() {
            return Value::Unknown;
        }
        let value = self.evaluate(expression);
        let weight = value.weight();
        if weight > LIGHT {
            self.made = self.made.saturating_add(weight);
            if self.made > self.limits.made {
                self.cut = true;
                return Value::Unknown;
            }
        }
        value
    }

    fn evaluate(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::StringLiteral(text) => Value::str(text.value.to_str()),
            Expr::BytesLiteral(bytes) => Value::bytes(bytes.value.bytes().collect()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => int.as_i64().map_or(Value::Unknown, Value::Int),
                Number::Float(float) => Value::Float(*float),
                Number::Complex { .. } => Value::Unknown,
            },
            Expr::BooleanLiteral(bool) => Value::Bool(bool.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => self.name(name.id.as_str()),
            Expr::Attribute(attribute) => self.attribute(attribute),
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::FString(string) => self.format_string(string.value.elements()),
            Expr::TString(string) => {
                self.format_string(string.value.elements());
                Value::Unknown
            }
            Expr::List(list) => self.items(&list.elts),
            Expr::Tuple(tuple) => self.items(&tuple.elts),
            Expr::Set(set) => self.items(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => {
                let parts: Vec<&'a Expr> = comp
                    .key
                    .as_deref()
                    .into_iter()
                    .chain([comp.value.as_ref()])
                    .collect();
                self.comprehension(&comp.generators, &parts);
                Value::Unknown
            }
            other => self.operation(other),
        }
    }

    fn operation(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::BinOp(operation) => {
                let left = self.expression(&operation.left);
                let right = self.expression(&operation.right);
                binary(operator(operation.op), &left, &right)
            }
            Expr::UnaryOp(operation) => {
                let operand = self.expression(&operation.operand);
                match (operation.op, operand) {
                    (ast::UnaryOp::USub, Value::Int(int)) => {
                        int.checked_neg().map_or(Value::Unknown, Value::Int)
                    }
                    (ast::UnaryOp::UAdd, value @ Value::Int(_)) => value,
                    (ast::UnaryOp::Invert, Value::Int(int)) => Value::Int(!int),
                    (ast::UnaryOp::Not, _) => Value::Unknown,
                    (_, value) => binary(Operator::Other, &value, &Value::Unknown),
                }
            }
            Expr::BoolOp(operation) => {
                let values = operation
                    .values
                    .iter()
                    .map(|value| self.expression(value))
                    .collect();
                Value::one_of(values)
            }
            Expr::If(conditional) => {
                self.expression(&conditional.test);
                let values = vec![
                    self.expression(&conditional.body),
                    self.expression(&conditional.orelse),
                ];
                Value::one_of(values)
            }
            Expr::Named(named) => {
                let value = self.expression(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Compare(compare) => {
                self.expression(&compare.left);
                for comparator in &compare.comparators {
                    self.expression(comparator);
                }
                Value::Unknown
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Slice(_) => Value::Unknown,
            Expr::Await(wait) => self.expression(&wait.value),
            Expr::Yield(give) => {
                if let Some(value) = &give.value {
                    self.expression(value);
                }
                Value::Unknown
            }
            Expr::YieldFrom(give) => self.expression(&give.value),
            Expr::Starred(starred) => self.expression(&starred.value),
            Expr::IpyEscapeCommand(command) => {
                let text = format!("{}{}", command.kind, command.value);
                self.emit(
                    command.range,
                    crate::source::model::EventKind::Shell { command: text },
                );
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    /// What a name stands for. One that nothing binds is taken for a module or for what `import *` brought.
    fn name(&mut self, name: &str) -> Value {
        if let Some(value) = self.scopes.lookup(self.scope, name) {
            return value;
        }
        if name == "__builtins__" {
            return Value::Name("builtins".into());
        }
        for module in &self.star_imports {
            let dotted = format!("{module}.{name}");
            if crate::behaviour::act_of(&dotted).is_some() {
                return Value::Name(dotted);
            }
        }
        if is_builtin(name) {
            return Value::Name(format!("builtins.{name}"));
        }
        if matches!(
            name,
            "__name__" | "__file__" | "__doc__" | "__package__" | "__path__" | "__spec__"
        ) {
            return Value::Unknown;
        }
        // A later line of the module may still bind it; in a function the module has been walked already.
        if self.star_imports.is_empty() {
            Value::Name(name.to_owned())
        } else {
            Value::Unknown
        }
    }

    fn attribute(&mut self, node: &'a ast::ExprAttribute) -> Value {
        let of = self.expression(&node.value);
        let name = node.attr.as_str();
        if let Expr::Name(base) = node.value.as_ref()
            && let Some(value) = self
                .scopes
                .lookup(self.scope, &format!("{}.{name}", base.id))
        {
            return value;
        }
        self.attribute_of(&of, name)
    }

    pub(super) fn attribute_of(&self, of: &Value, name: &str) -> Value {
        match of {
            Value::Local(_) => match self.local_attribute(of, name) {
                Value::Unknown => attribute(of, name),
                found => found,
            },
            Value::OneOf(values) => Value::one_of(
                values
                    .iter()
                    .map(|value| self.attribute_of(value, name))
                    .collect(),
            ),
            _ => attribute(of, name),
        }
    }

    fn subscript(&mut self, node: &'a ast::ExprSubscript) -> Value {
        let of = self.expression(&node.value);
        if let Expr::Slice(bounds) = node.slice.as_ref() {
            let mut bound = |bound: &'a Option<Box<Expr>>| {
                bound
                    .as_deref()
                    .map_or(Value::None, |bound| self.expression(bound))
            };
            let (lower, upper, step) = (
                bound(&bounds.lower),
                bound(&bounds.upper),
                bound(&bounds.step),
            );
            return slice(&of, &lower, &upper, &step);
        }
        let index = self.expression(&node.slice);
        // What the module itself put into its namespace.
        if let (Value::Namespace(None), Some(name)) = (&of, index.as_str())
            && let Some(value) = self.scopes.get(self.module_scope, name)
        {
            return value;
        }
        subscript(&of, &index)
    }

    fn items(&mut self, items: &'a [Expr]) -> Value {
        let mut values = Vec::new();
        for item in items {
            let value = self.expression(item);
            match (item, value) {
                (Expr::Starred(_), Value::List(more)) => values.extend(more),
                (_, value) if values.len() < MAX_ITEMS => values.push(value),
                _ => {}
            }
        }
        Value::list(values)
    }

    fn dict(&mut self, dict: &'a ast::ExprDict) -> Value {
        let mut items = Vec::new();
        for item in &dict.items {
            let key = item
                .key
                .as_ref()
                .map_or(Value::Unknown, |key| self.expression(key));
            let value = self.expression(&item.value);
            match (&item.key, value) {
                (None, Value::Dict(more)) => items.extend(more),
                (_, value) if items.len() < MAX_ITEMS && value.is_shallow() => {
                    items.push((key, value))
                }
                _ => {}
            }
        }
        Value::dict(items)
    }

    fn format_string(
        &mut self,
        elements: impl Iterator<Item = &'a InterpolatedStringElement>,
    ) -> Value {
        let mut text = Some(String::new());
        let mut parts = Vec::new();
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    if let Some(text) = &mut text {
                        text.push_str(&literal.value);
                    }
                }
                InterpolatedStringElement::Interpolation(part) => {
                    let value = self.expression(&part.expression);
                    if let Some(spec) = &part.format_spec {
                        self.format_string(spec.elements.iter());
                    }
                    let known = to_text(&value).filter(|_| part.format_spec.is_none());
                    text = text.zip(known).map(|(text, known)| text + &known);
                    parts.push(value);
                }
            }
        }
        text.map_or_else(|| Value::one_of_origins(&parts), Value::str)
    }

    /// A comprehension; over items that are known, its values are worked out one by one.
    fn comprehension(&mut self, generators: &'a [Comprehension], parts: &[&'a Expr]) -> Value {
        let mut known = None;
        for generator in generators {
            let items = self.expression(&generator.iter);
            if generators.len() == 1 && generator.ifs.is_empty() {
                known = Some((generator, items.clone()));
            }
            self.assign(
                &generator.target,
                binary(Operator::Other, &items, &Value::Unknown),
            );
            for condition in &generator.ifs {
                self.expression(condition);
            }
        }
        let mut first = Value::Unknown;
        for part in parts {
            first = self.expression(part);
        }
        let (Some((generator, items)), [part]) = (known, parts) else {
            return Value::made_of(&first);
        };
        let items = match items {
            Value::List(items) => items,
            Value::Str(text) => text
                .chars()
                .take(MAX_ITEMS)
                .map(|c| Value::str(c.to_string()))
                .collect(),
            Value::Bytes(bytes) => bytes
                .iter()
                .take(MAX_ITEMS)
                .map(|byte| Value::Int(i64::from(*byte)))
                .collect(),
            _ => return Value::made_of(&first),
        };
        let Expr::Name(target) = &generator.target else {
            return Value::made_of(&first);
        };
        self.quiet = self.quiet.saturating_add(1);
        let mut values = Vec::new();
        for item in items {
            self.scopes
                .bind(self.scope, target.id.as_str(), item, false);
            values.push(self.expression(part));
            // The first one tells whether the others are worth it.
            if values.len() == 1 && !values.iter().all(Value::is_const) {
                break;
            }
        }
        self.quiet = self.quiet.saturating_sub(1);
        self.scopes
            .bind(self.scope, target.id.as_str(), Value::Unknown, false);
        if values.iter().all(Value::is_const) {
            Value::list(values)
        } else {
            Value::made_of(&first)
        }
    }

    pub(super) fn is_hidden(&self, value: &Value, node: &impl Ranged) -> bool {
        let text = self.text(node);
        let decodes = [
            "chr(",
            "fromhex",
            "b64decode",
            "b32decode",
            "b85decode",
            "a85decode",
            "unhexlify",
            "[::-1]",
            "a2b_",
            "codecs.",
        ];
        decodes.iter().any(|decode| text.contains(decode))
            || value
                .as_text()
                .is_some_and(|text| self.decoded.contains(text))
    }
}

impl Value {
    /// Whether it may be kept in a mapping: nothing deep.
    fn is_shallow(&self) -> bool {
        !matches!(self, Self::Dict(_))
    }

    /// Not known, but of the origins of these.
    fn one_of_origins(parts: &[Self]) -> Self {
        parts.iter().fold(Self::Unknown, |all, part| {
            binary(Operator::Other, &all, part)
        })
    }

    fn made_of(value: &Self) -> Self {
        binary(Operator::Other, value, &Self::Unknown)
    }
}

/// The operator, as far as it is worked out.
pub(super) const fn operator(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Add,
        ast::Operator::Sub => Operator::Sub,
        ast::Operator::Mult => Operator::Mul,
        ast::Operator::Mod => Operator::Mod,
        ast::Operator::FloorDiv => Operator::FloorDiv,
        ast::Operator::BitXor => Operator::BitXor,
        ast::Operator::BitAnd => Operator::BitAnd,
        ast::Operator::BitOr => Operator::BitOr,
        ast::Operator::LShift => Operator::LShift,
        ast::Operator::RShift => Operator::RShift,
        _ => Operator::Other,
    }
}
