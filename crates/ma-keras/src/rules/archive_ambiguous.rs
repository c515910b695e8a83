//! Archives that different readers take for different models.

use ma_core::{Evidence, Issue, declare_rule};

use super::shown;
use crate::archive::{Archive, Part};

declare_rule! {
    /// ## What it finds
    /// A Keras archive with more than one configuration or more than one set of weights: the same name twice, in other letters (`Config.json`), behind `./` or a backslash, or weights both as `.h5` and `.npz`.
    /// ## Why it matters
    /// Keras reads the last `config.json` and nothing else; other tools take the first, or do not mind capital letters. What one of them was shown is not what another loads.
    /// ## What it leaves alone
    /// Archives with one of each; weights that are spread over shards with a map.
    /// ## What to do
    /// Treat the archive as tampered with.
    pub static ARCHIVE_AMBIGUOUS = {
        code: "KER015", name: "keras-ambiguous-archive", severity: Warning,
        title: "The archive holds more than one model",
        references: [Cwe(436), Cwe(694)],
    }
}

/// Fires once for each part that is there more than once, or under a name that only some find.
pub(crate) fn check(archive: &Archive) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (part, what) in [
        (Part::Config, "configurations"),
        (Part::Metadata, "metadata"),
        (Part::Weights, "sets of weights"),
    ] {
        let members: Vec<&str> = archive.named(part).collect();
        let names = members
            .iter()
            .take(8)
            .map(|n| shown(n))
            .collect::<Vec<_>>()
            .join(", ");
        let message = match members.as_slice() {
            [] => continue,
            [one] if archive.is_exact(one) => continue,
            [one] => format!("`{}` is found by some readers and not by Keras", shown(one)),
            all => format!("the archive has {} {what}: {names}", all.len()),
        };
        issues.push(
            Issue::new(&ARCHIVE_AMBIGUOUS, message).evidence(Evidence::text("members", names)),
        );
    }
    issues
}
