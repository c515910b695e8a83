//! Operators that are not TensorFlow's.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::short;
use crate::graph::model::OperatorUse;
use crate::ops::Lookup;

declare_rule! {
    /// ## What it finds
    /// An operator that is neither one of TensorFlow's nor a function of the graph. Those of well-known packages are Info, others a Warning.
    ///
    /// ## Why it matters
    /// Such a model runs only with a native library that brings the operator. The library runs code when it is loaded, and nobody can tell from the model what the operator does.
    ///
    /// ## What it leaves alone
    /// The operators of TensorFlow 2.21 and of older versions, functions of the graph, and names that begin as TensorFlow's internal ones do, which are Info.
    ///
    /// ## What to do
    /// Find out which package brings the operator. Load no library that comes with the model alone.
    pub static UNKNOWN_OPERATOR = {
        code: "TFG009", name: "tensorflow-unknown-operator", severity: Warning,
        title: "The graph needs an operator that TensorFlow does not have",
        trustable: true,
        references: [Cwe(829), Spec("https://www.tensorflow.org/guide/create_op")],
    }
}

/// Names that TensorFlow and its compilers give to what they make themselves.
const INTERNAL: [&str; 6] = ["_Fused", "_Xla", "Xla", "_Mkl", "TPU", "_"];

/// Fires once for an operator.
pub(crate) fn check(used: &OperatorUse) -> Option<Issue> {
    if used.function.is_some() || used.name.is_empty() {
        return None;
    }
    let name = short(&used.name).into_owned();
    let times = match used.count {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let (severity, message) = match used.known {
        Lookup::Operator(_) => return None,
        Lookup::ThirdParty(package) if package.name == "TensorFlow I/O" => (
            Severity::Warning,
            format!(
                "The operator {name} of {} is used {times}: it {}",
                package.name, package.note
            ),
        ),
        Lookup::ThirdParty(package) => (
            Severity::Info,
            format!(
                "The operator {name} of {} ({}) is used {times}",
                package.name, package.note
            ),
        ),
        Lookup::Unknown { telling: true } => (
            Severity::Warning,
            format!(
                "The operator {name} is used {times}; TensorFlow has no such operator, and its name says that it runs something"
            ),
        ),
        Lookup::Unknown { .. } if INTERNAL.iter().any(|p| used.name.starts_with(p)) => (
            Severity::Info,
            format!(
                "The internal operator {name} is used {times}; TensorFlow 2.21 does not have it"
            ),
        ),
        Lookup::Unknown { .. } => (
            Severity::Warning,
            format!(
                "The operator {name} is used {times}; TensorFlow does not have it, so a native library has to bring it"
            ),
        ),
    };
    Some(
        Issue::new(&UNKNOWN_OPERATOR, message)
            .severity(severity)
            .subject(used.name.clone())
            .evidence(Evidence::text("operator", name)),
    )
}
