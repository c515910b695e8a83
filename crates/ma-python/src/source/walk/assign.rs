//! What assignments bind.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::Walker;
use crate::source::model::EventKind;
use crate::value::{Operator, Value, binary};

impl<'a> Walker<'a> {
    pub(super) fn bind(&mut self, name: &str, value: Value) {
        if self.quiet > 0 {
            return;
        }
        if self.globals.contains(name) {
            self.scopes.bind(self.module_scope, name, value, true);
        } else {
            self.scopes
                .bind(self.scope, name, value, self.conditional > 0);
        }
    }

    pub(super) fn assign(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Starred(starred) => self.assign(&starred.value, Value::Unknown),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value),
            Expr::List(list) => self.unpack(&list.elts, value),
            Expr::Attribute(attribute) => {
                let of = self.expression(&attribute.value);
                let name = attribute.attr.as_str();
                match &of {
                    Value::Name(owner) => self.emit(
                        target.range(),
                        EventKind::Assign {
                            target: format!("{owner}.{name}"),
                        },
                    ),
                    // `self.run = os.system`: methods of the class see it.
                    Value::Local(id) => {
                        if let Some(body) =
                            self.definition(*id).and_then(|definition| definition.body)
                        {
                            self.scopes.bind(body, name, value, true);
                        }
                    }
                    _ => {
                        if let Expr::Name(base) = attribute.value.as_ref() {
                            self.bind(&format!("{}.{name}", base.id), value);
                        }
                    }
                }
            }
            Expr::Subscript(subscript) => {
                let of = self.expression(&subscript.value);
                let index = self.expression(&subscript.slice);
                match (&of, index.as_str()) {
                    (Value::Namespace(None), Some(name)) => {
                        self.scopes.bind(self.module_scope, name, value, true)
                    }
                    (Value::Namespace(Some(module)), Some(name)) => {
                        self.emit(
                            target.range(),
                            EventKind::Assign {
                                target: format!("{module}.{name}"),
                            },
                        );
                    }
                    (Value::Name(owner), _) => self.emit(
                        target.range(),
                        EventKind::Assign {
                            target: format!("{owner}[]"),
                        },
                    ),
                    _ => {}
                }
            }
            _ => {
                self.expression(target);
            }
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: Value) {
        match value {
            Value::List(items) if items.len() == targets.len() => {
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item);
                }
            }
            other => {
                let part = binary(Operator::Other, &other, &Value::Unknown);
                for target in targets {
                    self.assign(target, part.clone());
                }
            }
        }
    }
}
