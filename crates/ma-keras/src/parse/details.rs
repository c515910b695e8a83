//! Small questions about values: what is a list of words, what do arguments say, what is a layer.

use ma_wire::json::{Node, NodeKind};

use super::record::Record;
use super::walk::{Frame, class_name, layer_name};
use crate::model::Layer;

/// Values that a look into arguments visits.
const MAX_VISITED: usize = 20_000;
/// Characters of arguments that are shown.
const MAX_SHOWN: usize = 240;

/// Settings that are worth a place in the listing of layers.
const SETTINGS: &[&str] = &[
    "units",
    "filters",
    "kernel_size",
    "strides",
    "pool_size",
    "input_dim",
    "output_dim",
    "num_heads",
    "key_dim",
    "rate",
    "axis",
    "activation",
    "max_tokens",
    "output_mode",
    "batch_shape",
    "batch_input_shape",
    "target_shape",
    "merge_mode",
];

/// Keys whose text is a file that is read when the object is made.
pub(super) fn is_file_key(key: &str) -> bool {
    matches!(key, "vocabulary" | "idf_weights" | "merges")
}

/// Lists of words, where every word may occur.
pub(super) fn is_vocabulary(key: &str, value: Node<'_>) -> bool {
    matches!(
        key,
        "vocabulary" | "word_index" | "index_word" | "word_counts" | "word_docs" | "merges"
    ) && !value.is_empty()
}

/// Whether a name used as a path leads out of its folder.
pub(super) fn leads_out(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "..") || name.starts_with('/')
}

/// What else the arguments say.
#[derive(Debug, Default, Clone)]
pub(super) struct Hints {
    pub(super) url: Option<String>,
    pub(super) extracts: bool,
}

/// Looks for addresses and for orders to unpack below `node`.
pub(super) fn hints(node: Node<'_>) -> Hints {
    let mut hints = Hints::default();
    let mut stack = vec![(None, node)];
    let mut visited = 0usize;
    while let Some((key, node)) = stack.pop() {
        visited = visited.saturating_add(1);
        if visited > MAX_VISITED {
            break;
        }
        match node.kind() {
            NodeKind::String => {
                let text = node.as_str().unwrap_or_default();
                if text.contains("://") && hints.url.is_none() {
                    hints.url = Some(ma_core::text::shorten(text.trim(), 300).into_owned());
                }
            }
            NodeKind::Bool => {
                let asks = matches!(key, Some("extract" | "untar"));
                hints.extracts |= asks && node.as_bool() == Some(true);
            }
            _ => {
                stack.extend(node.items().map(|item| (key, item)));
                stack.extend(node.members().map(|m| (Some(m.key), m.value)));
            }
        }
    }
    hints
}

/// Arguments as Python spells them: `command='echo', n=1`.
pub(super) fn arguments(node: Node<'_>) -> String {
    let mut out = String::new();
    let mut add = |text: String| {
        if out.len() < MAX_SHOWN {
            if !out.is_empty() {
                out.push_str(", ");
            }
            out.push_str(&text);
        }
    };
    for member in node.members().take(64) {
        // What every layer has says nothing.
        if matches!(member.key, "name" | "trainable" | "dtype") {
            continue;
        }
        let key = ma_core::text::shorten(member.key, 40);
        add(format!("{key}={}", scalar(member.value)));
    }
    for item in node.items().take(64) {
        add(scalar(item));
    }
    ma_core::text::shorten(&out, MAX_SHOWN).into_owned()
}

/// A value as Python spells it, long ones and containers cut.
fn scalar(node: Node<'_>) -> String {
    match node.kind() {
        NodeKind::Null => "None".to_owned(),
        NodeKind::Bool => match node.as_bool() {
            Some(true) => "True".to_owned(),
            _ => "False".to_owned(),
        },
        NodeKind::Number => node.number_text().unwrap_or_default().to_owned(),
        NodeKind::String => {
            let text = ma_core::text::shorten(node.as_str().unwrap_or_default(), 160);
            format!("'{text}'")
        }
        NodeKind::Array => {
            let items: Vec<String> = node.items().take(8).map(flat).collect();
            let more = if node.len() > 8 { ", …" } else { "" };
            format!("[{}{more}]", items.join(", "))
        }
        NodeKind::Object => "{…}".to_owned(),
    }
}

fn flat(node: Node<'_>) -> String {
    match node.kind() {
        NodeKind::Array => "[…]".to_owned(),
        _ => scalar(node),
    }
}

/// Facts of the outermost value.
pub(super) fn root(root: Node<'_>, record: &mut Record) {
    let text = |key: &str| root.get(key).and_then(|n| n.as_str());
    let model = root.get("model_config").unwrap_or(root);
    let listed = root.items().any(|item| class_name(item).is_some());
    let training = root.get("optimizer_config").is_some();
    record.config.is_keras = class_name(model).is_some() || listed || training;
    for key in [
        "keras_version",
        "backend",
        "date_saved",
        "format",
        "generatedBy",
    ] {
        if let Some(value) = text(key) {
            let value = ma_core::text::shorten(value, 80).into_owned();
            record.config.facts.push((key, value));
        }
    }
    if let Some(class) = class_name(model) {
        record.config.facts.push(("model", class.to_owned()));
    }
    if let Some(name) = layer_name(model) {
        let name = ma_core::text::shorten(name, 120).into_owned();
        record.config.facts.push(("name", name));
    }
    let compile = root.get("compile_config").filter(|c| !c.is_empty());
    let Some(compile) = compile.or(training.then_some(root)) else {
        return;
    };
    for (key, title) in [
        ("optimizer", "optimizer"),
        ("optimizer_config", "optimizer"),
        ("loss", "loss"),
        ("metrics", "metrics"),
    ] {
        if let Some(value) = compile.get(key).filter(|v| !v.is_null()) {
            let shown = class_name(value).map_or_else(|| scalar(value), str::to_owned);
            record.config.facts.push((title, shown));
        }
    }
}

/// Notes an object for the listings.
pub(super) fn note_layer(frame: &Frame<'_>, record: &mut Record, module: Option<Node<'_>>) {
    let Some(class) = class_name(frame.node) else {
        return;
    };
    let class = match module.and_then(|m| m.as_str()) {
        Some(module) => format!("{module}.{class}"),
        None => class.to_owned(),
    };
    let class = ma_core::text::shorten(&class, 120).into_owned();
    record.class(class.clone());
    // Initializers, policies and the like have no layer's configuration.
    let config = frame.node.get("config");
    let is_layer = config.is_some_and(|c| {
        c.get("trainable").is_some() || c.get("layers").is_some() || c.get("batch_shape").is_some()
    }) || frame.node.get("inbound_nodes").is_some()
        || config.is_some_and(|c| !c.is_empty() && c.kind() == NodeKind::Array);
    if !is_layer {
        return;
    }
    let mut settings: Vec<String> = Vec::new();
    for key in SETTINGS {
        if let Some(value) = config.and_then(|c| c.get(key)).filter(|v| !v.is_null()) {
            let shown = class_name(value).map_or_else(|| scalar(value), str::to_owned);
            settings.push(format!("{key}={shown}"));
        }
    }
    record.layer(Layer {
        depth: (frame.depth as usize) / 3,
        name: ma_core::text::shorten(layer_name(frame.node).unwrap_or_default(), 120).into_owned(),
        class,
        settings: ma_core::text::shorten(&settings.join(", "), 160).into_owned(),
        offset: frame.node.range().start,
    });
}

/// The operator that a node names, written as JSON (`"op": "Add"`) or as text (`op: "Add"`).
pub(super) fn op_of(text: &str) -> Option<&str> {
    let mut rest = text.get(..64 << 10).unwrap_or(text);
    while let Some(at) = rest.find("op") {
        let word = !rest
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_alphanumeric() || c == '_');
        rest = rest.get(at.saturating_add(2)..)?;
        let value = rest.trim_start_matches(['"', '\'', ' ']);
        if let Some(value) = value.strip_prefix(':').filter(|_| word) {
            let value = value.trim_start().strip_prefix(['"', '\''])?;
            return value.split(['"', '\'']).next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_found_in_both_spellings() {
        assert_eq!(
            op_of(r#"{"name": "top", "op": "WriteFile"}"#),
            Some("WriteFile")
        );
        assert_eq!(op_of("name: \"x\"\nop: \"AddV2\"\n"), Some("AddV2"));
        assert_eq!(op_of("name: \"stop: x\""), None);
        assert_eq!(op_of(""), None);
    }

    #[test]
    fn names_that_lead_out() {
        assert!(leads_out("../x") && leads_out("a\\..\\b") && leads_out("/etc/x"));
        assert!(!leads_out("tf.math/add_1") && !leads_out("a..b"));
    }
}
