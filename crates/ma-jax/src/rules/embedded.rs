//! Values that are something else.

use ma_core::{Issue, declare_rule};
use ma_wire::Content;

use crate::flax::model::Leaf;

declare_rule! {
    /// ## What it finds
    /// A text or byte string that begins as a pickle, a program, a script or an archive does.
    /// ## Why it matters
    /// Checkpoints hold numbers and short texts. Flax does not look at such a value, but something that reads
    /// it afterwards may unpickle, unpack or run it.
    /// ## What it leaves alone
    /// Texts and byte strings of any other content.
    /// ## What to do
    /// Look at what was reported for the value itself.
    pub static EMBEDDED = {
        code: "JAX009", name: "flax-embedded-object", severity: Warning,
        title: "A value is a pickle, a program or an archive",
        references: [Cwe(506), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue; `content` is what the value looks like.
pub(crate) fn issue(leaf: &Leaf, content: Content) -> Issue {
    Issue::new(
        &EMBEDDED,
        format!("The value `{}` is {content}", leaf.route),
    )
    .at(leaf.range.clone())
    .route(leaf.route.as_str())
}
