//! Functions, lambdas and classes: what runs when they are defined, and what waits.

use ruff_python_ast::{ExprLambda, Parameters, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::scope::{Definition, ScopeKind};
use super::{Body, MODULE, Pending, Walker};
use crate::source::model::EventKind;
use crate::value::Value;

impl<'a> Walker<'a> {
    pub(super) fn function_definition(&mut self, function: &'a StmtFunctionDef) {
        let decorators: Vec<Value> = function
            .decorator_list
            .iter()
            .map(|decorator| self.expression(&decorator.expression))
            .collect();
        self.defaults(&function.parameters);
        if let Some(returns) = &function.returns {
            self.expression(returns);
        }
        let id = self.define(function.name.as_str());
        let value = Value::Local(id);
        for (decorator, node) in decorators.iter().zip(&function.decorator_list) {
            self.decorate(decorator, &value, node);
        }
        self.bind(function.name.as_str(), value);
        let scope = self.scopes.add(ScopeKind::Function, Some(self.scope));
        self.pending.push_back(Pending {
            block: id,
            body: Body::Statements(&function.body),
            parameters: Some(&function.parameters),
            scope,
        });
    }

    pub(super) fn lambda(&mut self, lambda: &'a ExprLambda) -> Value {
        if let Some(parameters) = &lambda.parameters {
            self.defaults(parameters);
        }
        // Working an expression out again gives no second function.
        if self.quiet > 0 {
            return Value::Unknown;
        }
        let id = self.define("<lambda>");
        let scope = self.scopes.add(ScopeKind::Function, Some(self.scope));
        self.pending.push_back(Pending {
            block: id,
            body: Body::Expression(&lambda.body),
            parameters: lambda.parameters.as_deref(),
            scope,
        });
        Value::Local(id)
    }

    pub(super) fn class_definition(&mut self, class: &'a StmtClassDef) {
        let decorators: Vec<Value> = class
            .decorator_list
            .iter()
            .map(|decorator| self.expression(&decorator.expression))
            .collect();
        let mut bases = Vec::new();
        if let Some(arguments) = &class.arguments {
            bases.extend(arguments.args.iter().map(|base| self.expression(base)));
            for keyword in &arguments.keywords {
                let value = self.expression(&keyword.value);
                if keyword.arg.as_deref() == Some("metaclass") {
                    self.run_methods(&value, &["__new__", "__init__", "__prepare__", "__call__"]);
                    // A callable that is no class of this text makes the class: `metaclass=print`.
                    self.report_call(&value, &[], &[], keyword, false);
                }
            }
        }
        for base in &bases {
            self.run_methods(base, &["__init_subclass__"]);
        }
        let id = self.define(class.name.as_str());
        let body = self.scopes.add(ScopeKind::Class, Some(self.scope));
        if let Some(definition) = usize::try_from(id)
            .ok()
            .and_then(|id| self.definitions.get_mut(id))
        {
            definition.body = Some(body);
            definition.bases = bases;
        }
        let value = Value::Local(id);
        for (decorator, node) in decorators.iter().zip(&class.decorator_list) {
            self.decorate(decorator, &value, node);
        }
        self.bind(class.name.as_str(), value);
        // The body runs now, in the block around it.
        let outside = std::mem::replace(&mut self.scope, body);
        self.statements(&class.body);
        self.scope = outside;
    }

    fn define(&mut self, name: &str) -> u32 {
        let id = u32::try_from(self.definitions.len()).unwrap_or(u32::MAX);
        let class = (self.scopes.kind(self.scope) == Some(ScopeKind::Class))
            .then(|| self.class_of_scope())
            .flatten();
        let around = class.or((self.block > super::MAIN).then_some(self.block));
        let prefix = around
            .and_then(|id| self.definition(id))
            .map(|definition| definition.name.as_str());
        let name = prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}.{name}"));
        self.definitions.push(Definition {
            name,
            class,
            ..Definition::default()
        });
        id
    }

    /// The class whose body is the current scope.
    fn class_of_scope(&self) -> Option<u32> {
        let at = self
            .definitions
            .iter()
            .rposition(|definition| definition.body == Some(self.scope))?;
        u32::try_from(at).ok()
    }

    /// Default values and annotations run when the function is defined.
    fn defaults(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(annotation) = &parameter.parameter.annotation {
                self.expression(annotation);
            }
            if let Some(default) = &parameter.default {
                self.expression(default);
            }
        }
        for parameter in parameters.vararg.iter().chain(&parameters.kwarg) {
            if let Some(annotation) = &parameter.annotation {
                self.expression(annotation);
            }
        }
    }

    /// Binds the parameters of the function that is walked now; a default that is a name may be what is used.
    pub(super) fn bind_parameters(&mut self, parameters: &'a Parameters, class: Option<u32>) {
        let mut first = true;
        for parameter in parameters.iter_non_variadic_params() {
            self.quiet = self.quiet.saturating_add(1);
            let default = parameter
                .default
                .as_deref()
                .map(|default| self.expression(default));
            self.quiet = self.quiet.saturating_sub(1);
            let value = match (default, class) {
                (Some(value @ (Value::Name(_) | Value::Local(_) | Value::OneOf(_))), _) => value,
                (None, Some(class)) if first => Value::Local(class),
                _ => Value::Unknown,
            };
            self.scopes
                .bind(self.scope, parameter.parameter.name.as_str(), value, false);
            first = false;
        }
        for parameter in parameters.vararg.iter().chain(&parameters.kwarg) {
            self.scopes
                .bind(self.scope, parameter.name.as_str(), Value::Unknown, false);
        }
    }

    /// A decorator is called with what it decorates.
    fn decorate(&mut self, decorator: &Value, decorated: &Value, node: &impl Ranged) {
        for alternative in decorator.alternatives() {
            if let Value::Local(id) = alternative {
                self.run_local(*id);
            }
        }
        self.report_call(decorator, std::slice::from_ref(decorated), &[], node, false);
    }

    /// These methods of a class of this text run now.
    pub(super) fn run_methods(&mut self, class: &Value, methods: &[&str]) {
        for method in methods {
            if let Value::Local(id) = self.local_attribute(class, method) {
                self.runs(id);
            }
        }
    }

    /// Something of this text is called: a function's body runs, or a class's constructors do.
    pub(super) fn run_local(&mut self, id: u32) {
        let is_class = self
            .definition(id)
            .is_some_and(|definition| definition.body.is_some());
        if is_class {
            self.run_methods(
                &Value::Local(id),
                &[
                    "__new__",
                    "__init__",
                    "__post_init__",
                    "__call__",
                    "__enter__",
                    "__del__",
                ],
            );
        } else {
            self.runs(id);
        }
    }

    /// An attribute of a class of this text, its own or of a base of this text.
    pub(super) fn local_attribute(&self, of: &Value, name: &str) -> Value {
        let mut list: Vec<Value> = vec![of.clone()];
        let mut outside = Value::Unknown;
        for _ in 0..32 {
            let Some(Value::Local(id)) = list.pop() else {
                break;
            };
            let Some(definition) = self.definition(id) else {
                continue;
            };
            if let Some(value) = definition.body.and_then(|body| self.scopes.get(body, name)) {
                return value;
            }
            for base in definition.bases.iter().rev() {
                match base {
                    Value::Local(_) => list.push(base.clone()),
                    // What a class inherits from elsewhere: `class P(subprocess.Popen)`.
                    Value::Name(base) if !base.starts_with("builtins.") => {
                        outside = Value::Name(format!("{base}.{name}"))
                    }
                    _ => {}
                }
            }
        }
        outside
    }

    /// Calls of things of this text: their bodies run, and so may what is handed to them.
    pub(super) fn run_callee(&mut self, callee: &Value) {
        for alternative in callee.alternatives() {
            if let Value::Local(id) = alternative {
                self.run_local(*id);
            }
        }
    }

    /// `__reduce__` returned this.
    pub(super) fn reduced(&mut self, value: &Value, node: &impl Ranged) {
        let name = self
            .definition(self.block)
            .map(|definition| definition.name.as_str())
            .unwrap_or_default();
        let reduces = self.block != MODULE
            && matches!(
                name.rsplit('.').next(),
                Some("__reduce__" | "__reduce_ex__")
            );
        if let (true, Value::List(items)) = (reduces, value)
            && let Some((callee, _)) = items.first().and_then(Value::callee)
        {
            let args = match items.get(1) {
                Some(Value::List(args)) => args.clone(),
                _ => Vec::new(),
            };
            self.emit(node.range(), EventKind::Reduce { callee, args });
        }
    }
}
