//! What others scan: the JSON that Keras keeps, files inside strings.

use std::collections::HashSet;

use ma_core::{Blob, Budget, Cx, GapReason, Kind, ScanError};
use ma_wire::OrBroken;
use ma_wire::json;

use super::model::{KerasObject, MetaGraph};
use super::scanner::KERAS_CONFIG;
use crate::graph::model::{EmbeddedKind, hash};

/// Longest JSON that is looked into before it is handed out.
const MAX_JSON: u64 = 8 << 20;
/// Objects whose JSON is handed out.
const MAX_OBJECTS: usize = 5000;

/// The kind of a file inside a string.
pub(super) fn kind(what: EmbeddedKind) -> Option<Kind> {
    Some(match what {
        EmbeddedKind::Pickle => Kind::PICKLE,
        EmbeddedKind::Executable => Kind::EXECUTABLE,
        EmbeddedKind::Zip => Kind::ZIP,
        EmbeddedKind::Script => Kind::TEXT,
        EmbeddedKind::Graph | EmbeddedKind::Model => return None,
    })
}

/// Hands out the JSON of Keras objects: those with a class and a configuration, each once. The
/// configuration of a layer is also a part of that of its network; then the network's is enough.
pub(super) fn keras(blob: &Blob, meta: &MetaGraph, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let mut seen = HashSet::new();
    let mut networks: Vec<String> = Vec::new();
    let mut given = 0usize;
    for object in &meta.objects.keras {
        let range = object.metadata.clone();
        let Ok(part) = blob.slice(range.clone()) else {
            continue;
        };
        if given >= MAX_OBJECTS {
            cx.gap(
                GapReason::Limit,
                format!("the configurations of more than {MAX_OBJECTS} Keras objects"),
            );
            return Ok(());
        }
        if part.len() > MAX_JSON {
            given = given.saturating_add(1);
            cx.child(name(object), part, Some(KERAS_CONFIG))?;
            continue;
        }
        let text = part.read(0..part.len(), cx.budget())?;
        let Some(config) = config(&text, cx.budget())? else {
            continue;
        };
        let known = networks.iter().any(|n| n.contains(&config));
        if known || !seen.insert(hash(&text)) {
            continue;
        }
        if config.contains("\"layers\"") && networks.len() < 16 {
            networks.push(config);
        }
        given = given.saturating_add(1);
        cx.child(name(object), part, Some(KERAS_CONFIG))?;
    }
    Ok(())
}

fn name(object: &KerasObject) -> String {
    format!("keras_metadata node {}", object.node)
}

/// The text of the configuration, when the JSON has a class and a configuration with content. JSON that
/// can't be read counts, as a whole.
fn config(text: &[u8], budget: &Budget) -> Result<Option<String>, ScanError> {
    let whole = || String::from_utf8_lossy(text).into_owned();
    let Ok(document) = json::parse_bytes(text, budget).or_broken()? else {
        return Ok(Some(whole()));
    };
    if document.broken.is_some() {
        return Ok(Some(whole()));
    }
    let Some(root) = document.root() else {
        return Ok(None);
    };
    if root.get("class_name").is_none() {
        return Ok(None);
    }
    let Some(config) = root.get("config") else {
        return Ok(None);
    };
    if config.members().next().is_none() {
        return Ok(None);
    }
    let range = config.range();
    let start = usize::try_from(range.start).unwrap_or(usize::MAX);
    let end = usize::try_from(range.end).unwrap_or(usize::MAX);
    let part = text.get(start..end).unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(part).into_owned()))
}
