//! A large tensor that nothing reads.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};
use crate::flow::Analysis;
use crate::model::{Stored, Tensor, shape_text, type_name};

/// What is worth a word.
const LARGE: u64 = 1 << 16;

declare_rule! {
    /// ## What it finds
    /// A tensor of at least 64 KiB inside the model that no node reads and that is no output.
    ///
    /// ## Why it matters
    /// It takes no part in what the model computes, and is a place where something else can be carried along unnoticed. Careless exports leave such tensors too.
    ///
    /// ## What it leaves alone
    /// Small leftovers, and tensors that any nested graph reads.
    ///
    /// ## What to do
    /// Remove it (`onnxsim` does), or ask what it is for.
    pub static UNUSED_TENSOR = {
        code: "ONX023", name: "onnx-unused-tensor", severity: Info,
        title: "A large tensor that nothing reads",
        references: [Article("https://arxiv.org/abs/2107.08590")],
    }
}

/// One issue for each such tensor.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let large = |t: &&Tensor| t.value.is_some() && size(t) >= LARGE;
    if !cx.model.tensors.iter().any(|t| large(&t)) || cx.is_flow_cut() {
        return Vec::new();
    }
    let read = Analysis::new(cx.model).read();
    let unused = cx.model.tensors.iter().filter(large);
    unused
        .filter(|t| t.value.is_some_and(|value| !read.contains(&value)))
        .map(|tensor| {
            let message = format!(
                "nothing reads the tensor `{}` of {} bytes",
                short(&tensor.name),
                size(tensor)
            );
            let kind = type_name(tensor.data_type);
            Issue::new(&UNUSED_TENSOR, message)
                .at(tensor.range.clone())
                .route("graph.initializer")
                .evidence(Evidence::fact(
                    "type",
                    format!("{kind}{}", shape_text(&tensor.dims)),
                ))
        })
        .collect()
}

fn size(tensor: &Tensor) -> u64 {
    match tensor.stored {
        Stored::Raw(n) | Stored::Typed(n) => n,
        Stored::None | Stored::External => 0,
    }
}
