//! What is an issue in an ONNX file: one file a rule, and the one list.

pub mod aten_operator;
pub mod compiled_context;
pub mod custom_operator;
pub mod data_type;
pub mod external_keys;
pub mod external_link;
pub mod external_missing;
pub mod external_path;
pub mod external_range;
pub mod function_cycle;
pub mod graph_error;
pub mod input_trigger;
pub mod malformed;
pub mod memory_address;
pub mod python_operator;
pub mod remote_operator;
pub mod repeated_field;
pub mod shadowed_operator;
mod siblings;
pub mod tensor_shape;
pub mod tensor_size;
pub mod too_large;
pub mod unknown_operator;
pub mod unused_tensor;

use std::collections::{BTreeMap, HashSet};

use ma_core::{Home, Issue, Rule, text};

use crate::model::{AnomalyKind, External, Model, Notable, Operator};
use crate::parse::is_notable;
use crate::paths;
use memory_address::is_address;
use siblings::Siblings;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &external_path::EXTERNAL_PATH,
    &memory_address::MEMORY_ADDRESS,
    &external_link::EXTERNAL_LINK,
    &external_keys::EXTERNAL_KEYS,
    &external_range::EXTERNAL_RANGE,
    &external_missing::EXTERNAL_MISSING,
    &function_cycle::FUNCTION_CYCLE,
    &tensor_size::TENSOR_SIZE,
    &tensor_shape::TENSOR_SHAPE,
    &data_type::DATA_TYPE,
    &custom_operator::CUSTOM_OPERATOR,
    &unknown_operator::UNKNOWN_OPERATOR,
    &python_operator::PYTHON_OPERATOR,
    &remote_operator::REMOTE_OPERATOR,
    &aten_operator::ATEN_OPERATOR,
    &compiled_context::COMPILED_CONTEXT,
    &shadowed_operator::SHADOWED_OPERATOR,
    &input_trigger::INPUT_TRIGGER,
    &repeated_field::REPEATED_FIELD,
    &malformed::MALFORMED,
    &graph_error::GRAPH_ERROR,
    &too_large::TOO_LARGE,
    &unused_tensor::UNUSED_TENSOR,
];

/// What rules look at: the model, and the files beside it.
pub(crate) struct Context<'a> {
    pub(crate) model: &'a Model,
    siblings: Option<Siblings<'a>>,
    /// Domain and name of the functions that the file defines.
    defined: HashSet<(&'a str, &'a str)>,
}

/// Text from the file, cut for a message.
fn short(text: &str) -> String {
    text::shorten(text, 120).into_owned()
}

impl<'a> Context<'a> {
    pub(crate) fn new(model: &'a Model, home: Option<&'a Home>) -> Self {
        let functions = model.functions.iter();
        Self {
            model,
            siblings: home
                .filter(|_| !model.external.is_empty())
                .map(Siblings::new),
            defined: functions
                .map(|f| (f.domain.as_str(), f.name.as_str()))
                .collect(),
        }
    }

    /// Issues of `rule` about the anomalies for which `message` has words.
    fn anomalies(
        &self,
        rule: &'static Rule,
        message: impl Fn(&AnomalyKind) -> Option<String>,
    ) -> Vec<Issue> {
        let anomalies = self.model.anomalies.iter();
        anomalies
            .filter_map(|anomaly| {
                let issue = Issue::new(rule, message(&anomaly.kind)?);
                let issue = issue.route(anomaly.route.clone());
                Some(if anomaly.range.is_empty() {
                    issue
                } else {
                    issue.at(anomaly.range.clone())
                })
            })
            .collect()
    }

    /// Whether the file defines an operator itself.
    fn is_defined(&self, operator: &Operator) -> bool {
        self.defined
            .contains(&(operator.domain.as_str(), operator.name.as_str()))
    }

    /// Operators that neither the file defines nor another rule looks at.
    fn foreign_operators(&self) -> impl Iterator<Item = &'a Operator> {
        let operators = self.model.operators.iter();
        operators.filter(|o| !is_notable(&o.name) && !self.is_defined(o))
    }

    /// Nodes with a rule of their own whose operator the file does not define.
    fn notable(&self) -> impl Iterator<Item = &'a Notable> {
        let nodes = self.model.notable.iter();
        nodes.filter(|n| {
            !self
                .defined
                .contains(&(n.domain.as_str(), n.operator.as_str()))
        })
    }

    /// The tensors of each file that lies beside the model, by its place.
    fn places(&self) -> BTreeMap<&'a str, Vec<&'a External>> {
        let mut places: BTreeMap<&str, Vec<&External>> = BTreeMap::new();
        for external in self.model.external.iter().filter(|e| e.active) {
            for place in external.all("location") {
                let out = paths::leaves(place).is_some_and(paths::Leaves::is_sure);
                if !place.is_empty() && !is_address(place) && !out {
                    places.entry(place).or_default().push(external);
                }
            }
        }
        places
    }

    /// Bytes of the file beside the model.
    fn size_of(&self, place: &str) -> Option<u64> {
        let entry = self.siblings.as_ref()?.find(place)?;
        entry.size.filter(|_| entry.is_file())
    }

    /// Whether not all nodes are known.
    fn is_flow_cut(&self) -> bool {
        self.model.flow.nodes.len() as u64 != self.model.node_count
    }
}

/// All issues of a model.
pub(crate) fn check(model: &Model, home: Option<&Home>) -> Vec<Issue> {
    let cx = Context::new(model, home);
    let checks: [fn(&Context<'_>) -> Vec<Issue>; 23] = [
        external_path::check,
        memory_address::check,
        external_link::check,
        external_keys::check,
        external_range::check,
        external_missing::check,
        function_cycle::check,
        tensor_size::check,
        tensor_shape::check,
        data_type::check,
        custom_operator::check,
        unknown_operator::check,
        python_operator::check,
        remote_operator::check,
        aten_operator::check,
        compiled_context::check,
        shadowed_operator::check,
        input_trigger::check,
        repeated_field::check,
        malformed::check,
        graph_error::check,
        too_large::check,
        unused_tensor::check,
    ];
    checks.iter().flat_map(|check| check(&cx)).collect()
}
