//! Larger than readers can load.

use ma_core::{Issue, declare_rule};

use super::Context;
use crate::model::Form;

declare_rule! {
    /// ## What it finds
    /// A single file of 2 GiB or more.
    ///
    /// ## Why it matters
    /// Protobuf readers stop at 2 GiB, so no ordinary reader loads this file. Larger models keep their weights in a file beside.
    ///
    /// ## What it leaves alone
    /// Models of any size whose weights are in other files.
    ///
    /// ## What to do
    /// Ask for an export with external data.
    pub static TOO_LARGE = {
        code: "ONX022", name: "onnx-too-large", severity: Info,
        title: "Larger than readers can load",
        references: [Spec("https://protobuf.dev/programming-guides/proto-limits/")],
    }
}

/// What protobuf readers take.
const LIMIT: u64 = (1 << 31) - 1;

/// At most one issue.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let len = cx.model.len;
    if cx.model.form == Form::Ort || len <= LIMIT {
        return Vec::new();
    }
    let message = format!("the file has {len} bytes, and readers stop at {LIMIT}");
    vec![Issue::new(&TOO_LARGE, message)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn the_limit_is_that_of_protobuf() {
        for (len, form, issues) in [
            (LIMIT, Form::Model, 0),
            (LIMIT + 1, Form::Model, 1),
            (LIMIT + 1, Form::Ort, 0),
        ] {
            let model = Model {
                len,
                form,
                ..Model::default()
            };
            assert_eq!(check(&Context::new(&model, None)).len(), issues);
        }
    }
}
