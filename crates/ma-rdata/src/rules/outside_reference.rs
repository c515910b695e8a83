//! Reading the file loads packages.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Input, whose};
use crate::model::{Data, sexp};

declare_rule! {
    /// ## What it finds
    /// References to the namespaces of packages that do not come with R, and persistent names that a hook of the reader turns into objects.
    /// ## Why it matters
    /// R loads each package that the file names, with everything that the package does when it is loaded.
    /// ## What it leaves alone
    /// The packages that every R has (`base`, `stats`, `utils`, `methods` …).
    /// ## What to do
    /// Check that the packages are those that you expect.
    pub static OUTSIDE_REFERENCE = {
        code: "RDA008", name: "rdata-outside-reference", severity: Info,
        title: "Reading the file loads packages",
        references: [Cwe(829), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// The packages that come with R.
const OWN: [&str; 15] = [
    "base",
    "compiler",
    "datasets",
    "grDevices",
    "graphics",
    "grid",
    "methods",
    "parallel",
    "splines",
    "stats",
    "stats4",
    "tcltk",
    "tools",
    "utils",
    "translations",
];

/// Fires once for a file, with all names.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let mut names = std::collections::BTreeSet::new();
    let (mut first, mut persistent) = (None, false);
    for id in &input.facts.outside {
        let Some(node) = input.model.node(*id) else {
            continue;
        };
        let Data::Strings(_, strings) = &node.data else {
            continue;
        };
        let name = strings.iter().flatten().next().map_or("", |n| n);
        let bare = name.strip_prefix("package:").unwrap_or(name);
        if node.kind == sexp::PERSIST {
            persistent = true;
        } else if OWN.contains(&bare) {
            continue;
        }
        first = first.or(Some(*id));
        if names.len() < 64 {
            names.insert(ma_core::text::shorten(bare, 80).into_owned());
        }
    }
    let Some(first) = first else {
        return Vec::new();
    };
    let message = if persistent {
        "The file refers to objects that the reader has to supply"
    } else {
        "Reading the file loads packages that do not come with R"
    };
    let names: Vec<String> = names.into_iter().collect();
    let issue =
        Issue::new(&OUTSIDE_REFERENCE, message).evidence(Evidence::text("names", names.join(", ")));
    vec![whose(input, first, issue)]
}
