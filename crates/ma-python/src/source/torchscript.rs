//! TorchScript source (`code/**.py` in TorchScript archives): which operators and classes it names.
//!
//! TorchScript is a subset of Python that libtorch compiles itself. It can import nothing, its names have no aliases,
//! and all it can reach are operators: `torch.<name>` for those of ATen, `ops.<namespace>.<name>` for others, and
//! classes of C++ (`__torch__.torch.classes.<namespace>.<Class>`). So tokens are enough to list what it can do; strings
//! and comments do not count.
//!
//! Source: `torch/csrc/jit/serialization/python_print.cpp`, `torch/csrc/jit/frontend/source_importer.cpp`; operators
//! that touch files: `aten::save`, `aten::from_file` (`native_functions.yaml`).

use std::ops::Range;

use super::text;
use super::tokens::{self, DottedName};

/// What an operator or class of TorchScript is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptReach {
    /// Reads, writes or maps a file.
    File,
    /// Calls another computer.
    Remote,
    /// An operator of a library that comes with PyTorch or its own packages.
    Known,
    /// An operator of a library that runs machine code from the model: TensorRT engines.
    Engine,
    /// An operator or class of some other library.
    Extension,
}

/// An operator or class that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFinding {
    /// The name as it stands there.
    pub name: String,
    /// What it is.
    pub reach: ScriptReach,
    /// The text constant among its arguments, if there is one: the file's name.
    pub text: Option<String>,
    /// Its bytes.
    pub range: Range<usize>,
    /// Line, from 1.
    pub line: u32,
    /// The line.
    pub excerpt: String,
}

/// Operators that touch files.
const FILES: &[&str] = &[
    "save",
    "from_file",
    "load",
    "_pickle_save",
    "_pickle_load_obj",
];

/// Namespaces of operators that come with PyTorch, its domain libraries and its exporters.
const NAMESPACES: &[&str] = &[
    "aten",
    "prim",
    "quantized",
    "torchvision",
    "torchaudio",
    "torchtext",
    "fbgemm",
    "metal",
    "metal_prepack",
    "static_runtime",
    "mkldnn",
    "mkldnn_prepacked",
    "xnnpack",
    "prepacked",
    "_caffe2",
    "inductor",
    "neuron",
    "profiler",
    "_quantized",
    "quantized_decomposed",
    "vulkan",
    "vulkan_prepack",
    "sparse",
    "onednn",
    "mps",
    "cuda",
    "rnn",
    "c10d_functional",
    "_c10d_functional",
    "sym",
    "prims",
    "nvprims",
    "image",
    "torch_sparse",
    "torch_scatter",
    "torch_cluster",
    "torch_spline_conv",
];

/// Operators that call other computers.
const REMOTE: &[&str] = &["rpc_async", "rpc_sync", "rpc_remote"];

/// Lists operators and classes that matter: files, other computers, libraries that are not PyTorch's own.
///
/// Linear in the text. Ordinary TorchScript gives nothing.
#[must_use]
pub fn torchscript(bytes: &[u8]) -> Vec<ScriptFinding> {
    let text = text::decode(bytes).text;
    let names = tokens::dotted(&text);
    let mut findings: Vec<ScriptFinding> = Vec::new();
    let (mut counted, mut line) = (0usize, 1u32);
    for name in names {
        let Some(reach) = reach(&name).filter(|reach| *reach != ScriptReach::Known) else {
            continue;
        };
        let passed = text
            .as_bytes()
            .get(counted..name.range.start)
            .unwrap_or_default();
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        counted = name.range.start;
        // A class is named again and again; once is enough.
        if matches!(reach, ScriptReach::Extension | ScriptReach::Engine)
            && findings.iter().any(|other| other.name == name.name)
        {
            continue;
        }
        let start = text
            .get(..counted)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at.saturating_add(1));
        let excerpt = text
            .get(start..)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        findings.push(ScriptFinding {
            reach,
            text: name.first_text,
            range: name.range,
            line,
            excerpt: excerpt.trim().chars().take(200).collect(),
            name: name.name,
        });
    }
    findings
}

fn reach(name: &DottedName) -> Option<ScriptReach> {
    let parts: Vec<&str> = name.name.split('.').collect();
    match parts.as_slice() {
        ["torch" | "aten", op] if name.called => Some(if FILES.contains(op) {
            ScriptReach::File
        } else {
            ScriptReach::Known
        }),
        ["__torch__", "torch", "classes", namespace, ..] => Some(of_namespace(namespace)),
        ["ops", namespace, op, ..] | ["torch", "ops", namespace, op, ..] => {
            Some(match *namespace {
                "aten" if FILES.contains(op) => ScriptReach::File,
                _ if REMOTE.contains(op) => ScriptReach::Remote,
                namespace => of_namespace(namespace),
            })
        }
        _ => None,
    }
}

fn of_namespace(namespace: &str) -> ScriptReach {
    match namespace {
        "tensorrt" => ScriptReach::Engine,
        _ if NAMESPACES.contains(&namespace) => ScriptReach::Known,
        _ => ScriptReach::Extension,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_listed() {
        let script = b"class M(Module):\n  __parameters__ = []\n  eng : __torch__.torch.classes.tensorrt.Engine\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    _0 = torch.add(x, ops.prim.data(x))\n    _1 = torch.save(x, \"/tmp/x\")\n    # torch.save(y)\n    _2 = ops.quantized.linear(x, \"ops.evil.op(\")\n    _3 = ops.mylib.op(x)\n    _4 = torch.from_file(\"/etc/passwd\", False, 10)\n    return _2\n";
        let found: Vec<(ScriptReach, u32, Option<String>)> = torchscript(script)
            .into_iter()
            .map(|finding| (finding.reach, finding.line, finding.text))
            .collect();
        assert_eq!(
            found,
            [
                (ScriptReach::Engine, 3, None),
                (ScriptReach::File, 7, Some("/tmp/x".into())),
                (ScriptReach::Extension, 10, None),
                (ScriptReach::File, 11, Some("/etc/passwd".into())),
            ]
        );
    }
}
