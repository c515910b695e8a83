//! Weights are read from an address in memory.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};

declare_rule! {
    /// ## What it finds
    /// A tensor whose place is ONNX Runtime's own mark for data that lies in memory already, `*/_ORT_MEM_ADDR_/*`. The offset beside it is then an address. The mark is reported wherever it stands.
    ///
    /// ## Why it matters
    /// The mark is made for use inside a running program and never belongs into a file. A program that believes it reads memory at the address that the file chose: it crashes, or what lies there (keys, other users' data) becomes a part of the model.
    ///
    /// ## What it leaves alone
    /// Files of any name beside the model.
    ///
    /// ## What to do
    /// Do not load the model.
    pub static MEMORY_ADDRESS = {
        code: "ONX002", name: "onnx-memory-address", severity: Critical,
        title: "Weights are read from an address in memory",
        references: [Cwe(822), Spec("https://github.com/microsoft/onnxruntime/pull/28709")],
    }
}

/// Whether a place is an address in memory to ONNX Runtime.
pub(crate) fn is_address(place: &str) -> bool {
    place.starts_with("*/_ORT")
}

/// One issue for each such tensor.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let marked = cx.model.external.iter();
    let marked = marked.filter(|e| e.all("location").any(is_address));
    marked
        .map(|external| {
            let get = |key| external.get(key).unwrap_or("none");
            let message = format!(
                "the data of tensor `{}` is said to lie in memory at address {}, {} bytes",
                short(&external.tensor),
                short(get("offset")),
                short(get("length"))
            );
            Issue::new(&MEMORY_ADDRESS, message)
                .at(external.range.clone())
                .route(external.route.clone())
                .evidence(Evidence::text("location", short(get("location"))))
        })
        .collect()
}
