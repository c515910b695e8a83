//! Native code that a graph names.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{about, short};
use crate::graph::uses::Use;
use crate::ops::Role;

declare_rule! {
    /// ## What it finds
    /// `XlaCustomCall` and `XlaCustomCallV2`, which call a native function of the process by its name (Critical, Info for the names that partitioning uses); `XlaCallModule` with calls that go back to Python or to a symbol that is not known (Warning); programs for accelerators and MLIR that a graph brings along (Warning; TensorRT engines are Info).
    ///
    /// ## Why it matters
    /// What runs then is not a graph of operators that can be looked at, but native code or a call into the running program.
    ///
    /// ## What it leaves alone
    /// StableHLO without such calls, which is only arithmetic.
    ///
    /// ## What to do
    /// Do not load a model that calls native functions, unless you know which package needs it.
    pub static NATIVE_CALL = {
        code: "TFG006", name: "tensorflow-native-call", severity: Critical,
        title: "The graph calls native code",
        references: [Cwe(94), Spec("https://openxla.org/xla/custom_call")],
    }
}

/// Targets that the compiler itself understands.
const PARTITIONING: &[&str] = &[
    "Sharding",
    "SPMDFullToShardShape",
    "SPMDShardToFullShape",
    "mhlo.topk",
    "mhlo.erf",
    "TopK",
    "ApproxTopK",
    "PartialReduce",
    "shape_assertion",
    "stablehlo.dynamic_reduce_window",
    "tf.call_tf_function",
    "xla.sdy.Sharding",
    "xla.sdy.FuncResultSharding",
    "xla.sdy.GlobalToLocalShape",
    "xla.sdy.LocalToGlobalShape",
    "annotate_device_placement",
    "LayoutConstraint",
    "MoveToHost",
    "MoveToDevice",
    "PinToDevice",
    "Qr",
    "ProductOfElementaryHouseholderReflectors",
    "Eigh",
    "LuDecomposition",
    "cu_threefry2x32",
    "cu_threefry2x32_ffi",
    "hip_threefry2x32",
    "X64Combine",
    "X64SplitHigh",
    "X64SplitLow",
];

/// Beginnings of names of numeric libraries that JAX calls.
const NUMERIC: &[&str] = &[
    "lapack_",
    "blas_",
    "cusolver_",
    "cublas_",
    "hipsolver_",
    "hipblas_",
    "cusparse_",
    "hipsparse_",
    "cudnn_",
    "ducc_",
    "dynamic_ducc_",
    "magma_",
    "__cudnn$",
    "__cublas$",
    "__gpu$",
    "tpu_custom_call",
    "mhlo.",
    "chlo.",
    "stablehlo.",
];

/// Targets that call Python.
const CALLBACKS: &[&str] = &[
    "xla_python_cpu_callback",
    "xla_python_gpu_callback",
    "xla_ffi_python_cpu_callback",
    "xla_ffi_python_gpu_callback",
    "xla_ffi_partitioned_python_cpu_callback",
    "xla_buffer_python_cpu_callback",
    "xla_buffer_python_gpu_callback",
    "CallbackTo",
    "py_callback",
];

/// A module of StableHLO or MLIR as far as it is text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Module {
    /// Targets of custom calls.
    pub targets: Vec<String>,
}

/// Reads the targets from the bytes of a module: those that a text form names, and the known names of
/// callbacks in any form.
pub(crate) fn module(bytes: &[u8]) -> Module {
    let mut module = Module::default();
    let mut add = |name: &str| {
        if module.targets.len() < 64 && !module.targets.iter().any(|t| t == name) {
            module.targets.push(name.to_owned());
        }
    };
    let text = String::from_utf8_lossy(bytes);
    for callback in CALLBACKS.iter().filter(|c| text.contains(*c)) {
        add(callback);
    }
    // `stablehlo.custom_call @target(…)`, `call_target_name = "target"`.
    for (marker, end) in [("custom_call @", '('), ("call_target_name = \"", '"')] {
        for rest in text.split(marker).skip(1).take(10_000) {
            let name = rest.split(end).next().unwrap_or_default().trim_matches('"');
            if name.len() <= 256 && !name.is_empty() {
                add(name);
            }
        }
    }
    module
}

/// Fires on nodes that run native code.
pub(crate) fn check(used: &Use, module: Option<&Module>) -> Option<Issue> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let (severity, message) = match operator {
        "XlaCustomCall" | "XlaCustomCallV2" => {
            let targets = used.given(Role::Target)?;
            let name = targets.list.first()?.as_text()?;
            let severity = if is_known(&name) {
                Severity::Info
            } else {
                Severity::Critical
            };
            (
                severity,
                format!(
                    "{operator} calls the native function {:?} {when} ({place})",
                    short(&name)
                ),
            )
        }
        "XlaCallModule" => {
            let unknown = module?.targets.iter().find(|t| !is_known(t))?;
            (
                Severity::Warning,
                format!(
                    "The compiled program of {operator} calls {:?} {when} ({place})",
                    short(unknown)
                ),
            )
        }
        "MlirPassthroughOp"
        | "_TPUCompileMlir"
        | "_XlaHostComputeMlir"
        | "TPUCompile"
        | "TPUExecute"
        | "TPUExecuteAndUpdateVariables"
        | "RemoteFusedGraphExecute" => {
            let note = used.operator.note;
            (
                Severity::Warning,
                format!("{operator} {note} {when} ({place})"),
            )
        }
        "TRTEngineOp" => {
            let engine = used.given(Role::Payload)?.list.first()?.as_text()?;
            if engine.is_empty() {
                return None;
            }
            (
                Severity::Info,
                format!("{operator} {} {when} ({place})", used.operator.note),
            )
        }
        _ => return None,
    };
    let call = Evidence::code("call", used.call());
    Some(
        about(Issue::new(&NATIVE_CALL, message), used)
            .severity(severity)
            .evidence(call),
    )
}

fn is_known(target: &str) -> bool {
    PARTITIONING.contains(&target) || NUMERIC.iter().any(|n| target.starts_with(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_from_both_forms() {
        let text =
            br#"%1 = stablehlo.custom_call @Sharding(%0) {} %2 = stablehlo.custom_call @"evil"(%1)
            %3 = "mhlo.custom_call"(%2) {call_target_name = "system"}"#;
        assert_eq!(module(text).targets, ["Sharding", "evil", "system"]);
        let bytecode = b"ML\xefR\x0dStableHLO\0call_target_name\0xla_python_cpu_callback\0";
        assert_eq!(module(bytecode).targets, ["xla_python_cpu_callback"]);
        assert!(is_known("lapack_sgetrf") && !is_known("system"));
    }
}
