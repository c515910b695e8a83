//! JSON configurations that carry templates: `tokenizer_config.json`, `chat_template.json`,
//! `processor_config.json` and their like, recognised by the keys that they hold.
//!
//! ```text
//! {"chat_template": "…"}                                     one template
//! {"chat_template": [{"name": "default", "template": "…"}]}  several, named
//! {"chat_template": {"default": "…"}}                        the same, as processors write it
//! ```
//!
//! Specification: `PreTrainedTokenizerBase.from_pretrained` of transformers. Any key that ends in
//! `chat_template` counts, at any depth. Files above 64 MiB are none of these.

use ma_core::text::shorten;
use ma_core::{
    Blob, Coverage, Cx, Evidence, FormatInfo, GapReason, Issue, Kind, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Severity, Target,
};
use ma_wire::Fault;
use ma_wire::json::{self, Document, Node, NodeKind};

use super::parse::MAX_SOURCE;
use super::rules::CARRIER_RULES;
use super::rules::duplicate_template::DUPLICATE_TEMPLATE;
use super::rules::template_drift::TEMPLATE_DRIFT;

/// Takes JSON configurations with templates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Carrier;

static INFO: FormatInfo = FormatInfo {
    id: "template-config",
    title: "Configuration with chat templates",
    extensions: &["json"],
    kinds: &[],
    runs_code: false,
    recognised_by: "A JSON object with a key `chat_template`, or one of the file names that loaders take templates from.",
    checks: "Each template on its own; keys given twice; another template beside it.",
    spec: "https://huggingface.co/docs/transformers/chat_templating_writing",
    rules: CARRIER_RULES,
};

/// The files that loaders take templates from.
const NAMES: &[&str] = &[
    "tokenizer_config.json",
    "chat_template.json",
    "processor_config.json",
    "preprocessor_config.json",
];

/// Configurations are small; a vocabulary is not read for a template.
const MAX_FILE: u64 = 64 << 20;
/// Templates of one file that are handed on.
const MAX_TEMPLATES: usize = 1000;
/// Values that are looked at for templates.
const MAX_VALUES: usize = 2_000_000;

/// A template in a document: the way to it and its value.
type Found<'d> = (String, Node<'d>);

impl Scanner for Carrier {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let start = probe
            .head
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(probe.head);
        let inside = start.trim_ascii_start().strip_prefix(b"{");
        let first = inside.map(|rest| rest.trim_ascii_start().first().copied());
        let object = matches!(first, Some(Some(b'"' | b'}')));
        if probe.members.is_some() || !object || probe.len() > MAX_FILE {
            return Match::No;
        }
        let base = probe.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let key = |bytes: &[u8]| memchr::memmem::find(bytes, b"chat_template").is_some();
        if NAMES.contains(&base) || key(probe.head) || key(probe.tail()) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        if blob.len() > MAX_FILE {
            return Ok(Coverage::Foreign);
        }
        let document = match json::parse(blob, cx.budget()) {
            Ok(document) => document,
            Err(Fault::Scan(e)) => return Err(e),
            Err(Fault::Broken(broken)) => {
                cx.gap_at(
                    GapReason::Malformed,
                    format!("no JSON: {broken}"),
                    broken.at..blob.len(),
                );
                return Ok(Coverage::Partial);
            }
        };
        let gaps = cx.gaps();
        if let Some(broken) = &document.broken {
            let detail = format!("the JSON breaks off: {broken}");
            cx.gap_at(GapReason::Malformed, detail, broken.at..blob.len());
        }
        let (templates, all) = templates(&document);
        if !all {
            cx.gap(
                GapReason::Limit,
                "not all values were looked at for templates",
            );
        }
        for (route, node) in &templates {
            let text = node.as_str().unwrap_or_default();
            cx.child(
                route.as_str(),
                Blob::from_vec(text.as_bytes().to_vec()),
                Some(Kind::JINJA),
            )?;
        }
        duplicates(&document, cx)?;
        drift(target, &templates, cx)?;
        cx.region(Region::new(0..blob.len(), RegionKind::Metadata))?;
        Ok(if cx.gaps() == gaps {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }
}

/// Whether a key holds templates.
fn is_template_key(key: &str) -> bool {
    key.ends_with("chat_template") || key.ends_with("chat_templates")
}

/// All templates of a document in their order, and whether everything was looked at.
fn templates(document: &Document) -> (Vec<Found<'_>>, bool) {
    let mut out = Vec::new();
    let mut todo: Vec<(String, Node<'_>, bool)> = Vec::new();
    todo.extend(document.root().map(|root| (String::new(), root, false)));
    let mut seen = 0usize;
    while let Some((route, node, inside)) = todo.pop() {
        seen = seen.saturating_add(1);
        if seen > MAX_VALUES || out.len() >= MAX_TEMPLATES {
            return (out, false);
        }
        match node.kind() {
            NodeKind::String if inside => out.push((route, node)),
            NodeKind::Object => {
                let mut below = Vec::new();
                let mut named = None;
                for (i, member) in node.members().enumerate() {
                    let key = member.key;
                    if inside && key == "name" {
                        named = member.value.as_str();
                    }
                    // The name of a template is none; everything else in there may be one.
                    let template = is_template_key(key) || (inside && key != "name");
                    let repeated = node.members().take(i).any(|m| m.key == key);
                    let again = if repeated { " (again)" } else { "" };
                    let route = step(&route, &format!("{}{again}", shorten(key, 80)));
                    below.push((route, member.value, template));
                }
                if let Some(name) = named {
                    for (route, ..) in &mut below {
                        route.push_str(&format!(" ({})", shorten(name, 40)));
                    }
                }
                below.retain(|(_, node, template)| *template || !node.is_empty());
                todo.extend(below.into_iter().rev());
            }
            NodeKind::Array => {
                let items = node.items().enumerate();
                let items = items.map(|(i, item)| (format!("{route}[{i}]"), item, inside));
                let items: Vec<_> = items.collect();
                todo.extend(items.into_iter().rev());
            }
            _ => {}
        }
    }
    (out, true)
}

fn step(route: &str, key: &str) -> String {
    if route.is_empty() {
        key.to_owned()
    } else {
        format!("{route}.{key}")
    }
}

fn duplicates(document: &Document, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for again in document
        .duplicates
        .iter()
        .filter(|d| is_template_key(&d.key))
    {
        let (severity, what) = if again.differs {
            (Severity::Warning, "with different values")
        } else {
            (Severity::Info, "with the same value")
        };
        let key = shorten(&again.key, 80);
        cx.issue(
            Issue::new(
                &DUPLICATE_TEMPLATE,
                format!("The key `{key}` is there twice {what}"),
            )
            .severity(severity)
            .at(again.second.clone())
            .route(key.into_owned())
            .evidence(Evidence::fact(
                "first",
                format!("byte {}", again.first.start),
            ))
            .evidence(Evidence::fact(
                "again",
                format!("byte {}", again.second.start),
            )),
        )?;
    }
    Ok(())
}

/// Compares with the file that newer loaders prefer.
fn drift(target: Target<'_>, templates: &[Found<'_>], cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let artifact = target.artifact();
    let own = artifact
        .path
        .name()
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    let Some(home) = artifact
        .home
        .as_ref()
        .filter(|_| own == "tokenizer_config.json")
    else {
        return Ok(());
    };
    let own: Vec<_> = templates
        .iter()
        .filter(|(route, _)| route.starts_with("chat_template"))
        .collect();
    let Some(beside) = home
        .beside("chat_template.jinja")
        .filter(|_| !own.is_empty())
    else {
        return Ok(());
    };
    let other = home.container.open(beside, cx)?;
    let other = other.head(MAX_SOURCE)?;
    let other = String::from_utf8_lossy(&other);
    let same = |node: &Node<'_>| {
        let text = node.as_str().unwrap_or_default();
        squeezed(text).eq(squeezed(&other))
    };
    if own.iter().any(|(_, node)| same(node)) {
        return Ok(());
    }
    let Some((route, node)) = own.first() else {
        return Ok(());
    };
    let text = node.as_str().unwrap_or_default();
    let common = squeezed(text)
        .zip(squeezed(&other))
        .take_while(|(a, b)| a == b)
        .count();
    cx.issue(
        Issue::new(
            &TEMPLATE_DRIFT,
            "`chat_template.jinja` beside this file holds another template than this file",
        )
        .at(node.range())
        .route(route.clone())
        .evidence(Evidence::code("here", from_difference(text, common)))
        .evidence(Evidence::code(
            "in chat_template.jinja",
            from_difference(&other, common),
        )),
    )
}

/// A template without its white space.
fn squeezed(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_whitespace())
}

/// A template from shortly before the character in which it differs, white space not counted.
fn from_difference(text: &str, common: usize) -> String {
    let mut solid = text.char_indices().filter(|(_, c)| !c.is_whitespace());
    let at = solid
        .nth(common.saturating_sub(20))
        .map_or(text.len(), |(at, _)| at);
    shorten(text.get(at..).unwrap_or_default(), 160).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::run;

    fn children(json: &str) -> Vec<(String, String)> {
        let found = run::scan(&Carrier, "tokenizer_config.json", json.as_bytes());
        let text =
            |blob: &Blob| String::from_utf8_lossy(blob.as_slice().unwrap_or_default()).into_owned();
        let children = found.children.iter();
        children
            .map(|c| (c.path.name().to_owned(), text(&c.blob)))
            .collect()
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn every_layout_is_handed_on() {
        assert_eq!(
            children(r#"{"chat_template": "{{ x }}\u0021"}"#),
            [pair("chat_template", "{{ x }}!")]
        );
        assert_eq!(
            children(
                r#"{"chat_template": [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]}"#
            ),
            [
                pair("chat_template[0].template (default)", "a"),
                pair("chat_template[1].template (rag)", "b"),
            ]
        );
        assert_eq!(
            children(r#"{"chat_template": {"default": "a"}}"#),
            [pair("chat_template.default", "a")]
        );
        assert_eq!(
            children(r#"{"a": {"default_chat_template": "a"}, "chat_template": null}"#),
            [pair("a.default_chat_template", "a")]
        );
        assert_eq!(
            children(r#"{"chat_template": "a", "chat_template": "b"}"#),
            [
                pair("chat_template", "a"),
                pair("chat_template (again)", "b")
            ]
        );
    }

    #[test]
    fn taken_by_content() {
        let probe = |name: &str, bytes: &[u8]| run::probe(&Carrier, &run::artifact(name, bytes));
        assert_eq!(probe("tokenizer_config.json", b"{}"), Match::Strong);
        assert_eq!(
            probe("other.json", br#" {"chat_template": "x"}"#),
            Match::Strong
        );
        assert_eq!(probe("other.json", b"{}"), Match::No);
        assert_eq!(probe("chat_template.json", b"[1]"), Match::No);
        assert_eq!(
            probe("notes.txt", br#"{"chat_template": "x"}"#),
            Match::Strong
        );
        assert_eq!(probe("x.jinja", b"{{ chat_template }}"), Match::No);
    }
}
