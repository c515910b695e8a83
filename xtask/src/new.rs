//! Scaffolds: a format crate with all its rooms, a rule with its test and golden folder.

use std::fs;
use std::path::Path;

use crate::{Outcome, workspace};

/// `crates/ma-NAME` with all the rooms of a format crate.
pub fn format(name: &str) -> Outcome {
    let package = format!("ma-{name}");
    let folder = workspace::root().join("crates").join(&package);
    if folder.exists() {
        return Err(format!("{package} is there already"));
    }
    let ident: String = camel(name);
    let fill = |template: &str| {
        template
            .replace("@PACKAGE@", &package)
            .replace("@CRATE@", &package.replace('-', "_"))
            .replace("@NAME@", name)
            .replace("@IDENT@", &ident)
    };
    for (path, template) in TEMPLATES {
        put(&folder.join(path), &fill(template))?;
    }
    println!(
        "crates/{package} is made. Next: three lines in crates/modelaudit (dependency, feature, \
         registration), one in the workspace table, one in xtask/src/layers.rs, one in \
         xtask/src/tidy.rs. See docs/adding-a-format.md."
    );
    Ok(())
}

/// A rule file in `package`, and its golden folder.
pub fn rule(package: &str, name: &str) -> Outcome {
    let folder = workspace::root().join("crates").join(package);
    if !folder.exists() {
        return Err(format!("there is no crates/{package}"));
    }
    let module = name.replace('-', "_");
    let path = folder.join("src/rules").join(format!("{module}.rs"));
    if path.exists() {
        return Err(format!("{} is there already", path.display()));
    }
    let text = RULE
        .replace("@NAME@", name)
        .replace("@CONST@", &module.to_uppercase());
    put(&path, &text)?;
    let golden = workspace::root()
        .join("testdata/golden")
        .join(package)
        .join(name);
    fs::create_dir_all(&golden).map_err(|e| e.to_string())?;
    println!(
        "Next: the module and one line of RULES in crates/{package}/src/rules/mod.rs; `fires-*` and \
         `silent-*` files in {}; UPDATE_GOLDEN=1 cargo test -p {package}; cargo xtask docs.",
        golden.display()
    );
    Ok(())
}

fn camel(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let mut chars = part.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

fn put(path: &Path, text: &str) -> Outcome {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| e.to_string())?;
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

const TEMPLATES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../templates/format/Cargo.toml")),
    ("README.md", include_str!("../templates/format/README.md")),
    ("src/lib.rs", include_str!("../templates/format/lib.rs")),
    ("src/model.rs", include_str!("../templates/format/model.rs")),
    ("src/parse.rs", include_str!("../templates/format/parse.rs")),
    (
        "src/rules/mod.rs",
        include_str!("../templates/format/rules.rs"),
    ),
    (
        "src/rules/truncated.rs",
        include_str!("../templates/format/rule.rs"),
    ),
    (
        "src/scanner.rs",
        include_str!("../templates/format/scanner.rs"),
    ),
    (
        "tests/golden.rs",
        include_str!("../templates/format/golden.rs"),
    ),
    (
        "tests/malformed.rs",
        include_str!("../templates/format/malformed.rs"),
    ),
    (
        "examples/scan_file.rs",
        include_str!("../templates/format/scan_file.rs"),
    ),
];

const RULE: &str = include_str!("../templates/rule.rs");
