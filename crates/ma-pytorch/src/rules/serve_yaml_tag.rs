//! YAML tags that make a loader build objects.

use ma_core::{Evidence, Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A tag such as `!!javax.script.ScriptEngineManager`, `!!com.sun...` or `!!python/object/apply` in a YAML file of a TorchServe archive.
    /// ## Why it matters
    /// TorchServe's frontend is Java: with an old SnakeYAML the tag names a class to be built, with arguments from the file (CVE-2022-1471). Its backend is Python, where the other tags call functions.
    /// ## What it leaves alone
    /// The standard tags (`!!str`, `!!int`, `!!map` …), and tags in comments and texts.
    /// ## What to do
    /// Do not serve the archive.
    pub static SERVE_YAML_TAG = {
        code: "TOR020", name: "torchserve-yaml-tag", severity: Critical,
        title: "A YAML file builds objects when it is read",
        references: [Cve("CVE-2022-1471"), Cwe(502)],
    }
}

/// The first tag of `line` that builds something.
#[must_use]
pub fn tag(line: &str) -> Option<&str> {
    // A directive gives another name to the tags that build.
    if let Some(prefix) = line.strip_prefix("%TAG")
        && (prefix.contains("tag:yaml.org,2002:python") || prefix.contains("2002:java"))
    {
        return Some(line.trim_end());
    }
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            // A quote opens a text where a value may start.
            (None, '\'' | '"') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before.is_whitespace() => return None,
            (None, '!') if !before.is_alphanumeric() && before != '!' => {
                let rest = line.get(at..).unwrap_or("");
                // A verbatim tag, `!<...>`, may hold commas.
                let plain = !rest.starts_with("!<");
                let end = rest
                    .find(|c: char| {
                        c.is_whitespace() || (plain && matches!(c, ',' | '[' | ']' | '{' | '}'))
                    })
                    .unwrap_or(rest.len());
                let tag = rest.get(..end).unwrap_or(rest);
                if builds(tag) {
                    return Some(tag);
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

fn builds(tag: &str) -> bool {
    let name = tag
        .trim_start_matches("!<tag:yaml.org,2002:")
        .trim_start_matches('!')
        .trim_end_matches('>');
    let package = [
        "javax.", "java.", "com.", "org.", "sun.", "jdk.", "ai.", "ch.",
    ];
    package.iter().any(|p| name.starts_with(p))
        || name.starts_with("python/")
        || name.starts_with("ruby/")
}

/// Fires on one line.
#[must_use]
pub fn check(member: &str, line: &str) -> Option<Issue> {
    let tag = tag(line)?;
    let shown: String = tag.chars().take(120).collect();
    Some(
        Issue::new(
            &SERVE_YAML_TAG,
            format!("the tag {shown} in {member} builds an object when the file is read"),
        )
        .route(member)
        .subject(shown)
        .evidence(Evidence::text(
            "line",
            line.trim().chars().take(200).collect::<String>(),
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_build_fire() {
        for line in [
            "a: !!str x",
            "# !!javax.x",
            "a: '!!javax.x'",
            "minWorkers: 1",
            "b: hi!!python/x",
            "- !!map {}",
        ] {
            assert_eq!(tag(line), None, "{line}");
        }
        for line in [
            "a: !!javax.script.ScriptEngineManager [",
            "!!com.sun.rowset.JdbcRowSetImpl",
            "- !!python/object/apply:os.system ['echo']",
            "%TAG !p! tag:yaml.org,2002:python/",
            "x: !<tag:yaml.org,2002:python/name:os.system>",
            "{a: !!python/name:os.system }",
        ] {
            assert!(tag(line).is_some(), "{line}");
        }
    }
}
