//! Statements.

use ruff_python_ast::{
    ExceptHandler, Expr, Pattern, Stmt, StmtFor, StmtIf, StmtImport, StmtImportFrom, StmtTry,
};

use super::{MAIN, MODULE, Walker};
use crate::source::model::EventKind;
use crate::value::{Operator, Value, binary};

impl<'a> Walker<'a> {
    pub(super) fn statements(&mut self, body: &'a [Stmt]) {
        for statement in body {
            if !self.step() {
                return;
            }
            self.statement(statement);
        }
    }

    fn branch(&mut self, body: &'a [Stmt]) {
        self.conditional = self.conditional.saturating_add(1);
        self.statements(body);
        self.conditional = self.conditional.saturating_sub(1);
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.function_definition(function),
            Stmt::ClassDef(class) => self.class_definition(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::For(each) => self.for_each(each),
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::While(repeat) => {
                self.expression(&repeat.test);
                self.branch(&repeat.body);
                self.branch(&repeat.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let value = self.expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, value);
                    }
                }
                self.statements(&with.body);
            }
            Stmt::Match(select) => {
                self.expression(&select.subject);
                for case in &select.cases {
                    self.pattern(&case.pattern);
                    if let Some(guard) = &case.guard {
                        self.expression(guard);
                    }
                    self.branch(&case.body);
                }
            }
            Stmt::Return(give) => {
                if let Some(value) = &give.value {
                    let given = self.expression(value);
                    self.reduced(&given, value.as_ref());
                }
            }
            Stmt::Expr(expression) => {
                let value = self.expression(&expression.value);
                if self.block == MODULE && self.scope == self.module_scope {
                    self.result = value;
                }
            }
            other => self.simple(other),
        }
    }

    fn simple(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                let value = self.expression(&assign.value);
                for target in &assign.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                self.expression(&assign.annotation);
                if let Some(value) = &assign.value {
                    let value = self.expression(value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                let before = self.expression(&assign.target);
                let by = self.expression(&assign.value);
                let looped = self.conditional > 0;
                let after = if looped {
                    Value::Unknown
                } else {
                    binary(super::expression::operator(assign.op), &before, &by)
                };
                if matches!(assign.target.as_ref(), Expr::Name(_)) {
                    let combined = if after == Value::Unknown {
                        binary(Operator::Other, &before, &by)
                    } else {
                        after
                    };
                    self.assign(&assign.target, combined);
                }
            }
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| {
                if !matches!(target, Expr::Name(_)) {
                    self.expression(target);
                }
            }),
            Stmt::Raise(raise) => {
                for value in raise.exc.iter().chain(&raise.cause) {
                    self.expression(value);
                }
            }
            Stmt::Assert(assert) => {
                self.expression(&assert.test);
                if let Some(message) = &assert.msg {
                    self.expression(message);
                }
            }
            Stmt::Global(global) => self
                .globals
                .extend(global.names.iter().map(ToString::to_string)),
            Stmt::TypeAlias(alias) => {
                self.expression(&alias.value);
            }
            Stmt::IpyEscapeCommand(command) => {
                let command_text = command.value.to_string();
                self.emit(
                    command.range,
                    EventKind::Shell {
                        command: format!("{}{command_text}", command.kind),
                    },
                );
            }
            _ => {}
        }
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            self.emit(
                alias.range,
                EventKind::Import {
                    module: module.to_owned(),
                    name: None,
                },
            );
            match &alias.asname {
                Some(name) => self.bind(name.as_str(), Value::Name(module.to_owned())),
                None => {
                    let top = module.split('.').next().unwrap_or(module);
                    self.bind(top, Value::Name(top.to_owned()));
                }
            }
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let dots = ".".repeat(usize::try_from(import.level.min(16)).unwrap_or(0));
        let module = format!("{dots}{}", import.module.as_deref().unwrap_or_default());
        for alias in &import.names {
            let name = alias.name.as_str();
            self.emit(
                alias.range,
                EventKind::Import {
                    module: module.clone(),
                    name: Some(name.to_owned()),
                },
            );
            if name == "*" {
                self.star_imports.push(module.clone());
                continue;
            }
            let separator = if module.ends_with('.') { "" } else { "." };
            let value = match (module.as_str(), name) {
                // `from os import __builtins__` and the like lead to builtins from any module.
                (_, "__builtins__") => Value::Name("builtins".into()),
                _ => Value::Name(format!("{module}{separator}{name}")),
            };
            self.bind(
                alias.asname.as_ref().map_or(name, |alias| alias.as_str()),
                value,
            );
        }
    }

    fn conditional(&mut self, conditional: &'a StmtIf) {
        self.expression(&conditional.test);
        if self.block == MODULE && is_main_test(&conditional.test) {
            self.block = MAIN;
            self.branch(&conditional.body);
            self.block = MODULE;
        } else {
            self.branch(&conditional.body);
        }
        for clause in &conditional.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.expression(test);
            }
            self.branch(&clause.body);
        }
    }

    fn for_each(&mut self, each: &'a StmtFor) {
        let items = self.expression(&each.iter);
        let item = match items {
            Value::List(items) => Value::one_of(items.into_iter().take(64).collect()),
            other => binary(Operator::Other, &other, &Value::Unknown),
        };
        self.assign(&each.target, item);
        self.branch(&each.body);
        self.branch(&each.orelse);
    }

    fn attempt(&mut self, attempt: &'a StmtTry) {
        self.branch(&attempt.body);
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            if let Some(kind) = &handler.type_ {
                self.expression(kind);
            }
            if let Some(name) = &handler.name {
                self.bind(name.as_str(), Value::Unknown);
            }
            self.branch(&handler.body);
        }
        self.branch(&attempt.orelse);
        self.statements(&attempt.finalbody);
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        if !self.step() {
            return;
        }
        match pattern {
            Pattern::MatchValue(value) => {
                self.expression(&value.value);
            }
            Pattern::MatchSequence(sequence) => sequence
                .patterns
                .iter()
                .for_each(|pattern| self.pattern(pattern)),
            Pattern::MatchOr(or) => or.patterns.iter().for_each(|pattern| self.pattern(pattern)),
            Pattern::MatchMapping(mapping) => mapping
                .patterns
                .iter()
                .for_each(|pattern| self.pattern(pattern)),
            Pattern::MatchClass(class) => {
                self.expression(&class.cls);
                class
                    .arguments
                    .patterns
                    .iter()
                    .for_each(|pattern| self.pattern(pattern));
            }
            Pattern::MatchAs(binding) => {
                if let Some(inner) = &binding.pattern {
                    self.pattern(inner);
                }
                if let Some(name) = &binding.name {
                    self.bind(name.as_str(), Value::Unknown);
                }
            }
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    self.bind(name.as_str(), Value::Unknown);
                }
            }
            Pattern::MatchSingleton(_) => {}
        }
    }
}

/// `__name__ == '__main__'`, either way round.
fn is_main_test(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let sides = [Some(compare.left.as_ref()), compare.comparators.first()];
    let is_name = |side: &Option<&Expr>| matches!(side, Some(Expr::Name(name)) if name.id.as_str() == "__name__");
    let is_main = |side: &Option<&Expr>| matches!(side, Some(Expr::StringLiteral(text)) if text.value.to_str() == "__main__");
    let equal =
        compare.ops.len() == 1 && matches!(compare.ops.first(), Some(ruff_python_ast::CmpOp::Eq));
    equal && sides.iter().any(is_name) && sides.iter().any(is_main)
}
