//! `model.json` to model and anomalies.
//!
//! ```text
//! format              "graph-model" or "layers-model"
//! generatedBy, convertedBy
//! modelTopology       a GraphDef as JSON (node, library, versions), or the configuration of Keras layers
//! weightsManifest     groups: paths of files, and the weights in them (name, shape, dtype, quantization)
//! modelInitializer    another GraphDef that runs once      (older: initializerGraph)
//! userDefinedMetadata, signature, trainingConfig
//! ```
//!
//! As written by tensorflowjs_converter 4.22. An anomaly is what its reader would trip over, a path
//! that leads elsewhere, an operator that does more than compute. Cost: the text, held as a tree.

use ma_core::scanner::PROBE_HEAD;
use ma_core::{Blob, Budget, GapReason, ScanError};
use ma_wire::OrBroken;
use ma_wire::json::{self, Document, Node, NodeKind};

use super::model::{Anomaly, AnomalyKind, Model};
use super::{graph, weights};

/// Anomalies that are kept.
pub(super) const MAX_ANOMALIES: usize = 2000;
/// Texts that are searched for scripts.
const MAX_TEXTS: usize = 1 << 20;

/// Reads a model; `None` when the text is JSON of another kind.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Option<Model>, ScanError> {
    let Ok(document) = json::parse(blob, budget).or_broken()? else {
        return Ok(None);
    };
    let Some(root) = document.root() else {
        return Ok(None);
    };
    let topology = root.get("modelTopology");
    let manifest = root.get("weightsManifest");
    // A text that ends behind the key is such a model all the same.
    let cut = document.broken.is_some() && keyed(&blob.head(PROBE_HEAD)?);
    if topology.is_none() && manifest.is_none() && !cut {
        return Ok(None);
    }
    let mut model = Model::default();
    let text = |key: &str| root.get(key).and_then(|n| n.as_str()).map(str::to_owned);
    model.format = text("format").unwrap_or_default();
    model.made_by = ["generatedBy", "convertedBy"]
        .into_iter()
        .filter_map(text)
        .collect();
    syntax(&mut model, &document);
    if let Some(manifest) = manifest {
        weights::manifest(&mut model, manifest);
    }
    if let Some(topology) = topology {
        let layers = topology.get("node").is_none() && topology.kind() == NodeKind::Object;
        if layers || model.format == "layers-model" {
            model.layers = Some(topology.range());
        }
        graph::topology(&mut model, topology, "modelTopology", budget)?;
    }
    for key in ["modelInitializer", "initializerGraph"] {
        if let Some(topology) = root.get(key) {
            graph::topology(&mut model, topology, key, budget)?;
        }
    }
    signature(&mut model, root);
    scripts(&mut model, root, budget)?;
    Ok(Some(model))
}

/// Whether a text holds one of the two keys.
#[must_use]
pub fn keyed(head: &[u8]) -> bool {
    let named = |key: &[u8]| head.windows(key.len()).any(|w| w == key);
    named(b"\"modelTopology\"") || named(b"\"weightsManifest\"")
}

/// Notes, once for each `what`, that there are more than are looked at.
pub(super) fn limit(model: &mut Model, what: &str) {
    let detail = format!("there are more {what} than are looked at");
    if !model.gaps.iter().any(|(_, d, _)| *d == detail) {
        model.gaps.push((GapReason::Limit, detail, None));
    }
}

fn syntax(model: &mut Model, document: &Document) {
    if let Some(broken) = document.broken {
        let range = broken.at..broken.at.saturating_add(1);
        model.anomalies.push(Anomaly {
            kind: AnomalyKind::Broken(broken.what),
            route: String::new(),
            range: range.clone(),
        });
        let detail = format!("the JSON ends early: {broken}");
        model.gaps.push((GapReason::Malformed, detail, Some(range)));
    }
    for duplicate in document.duplicates.iter().take(MAX_ANOMALIES / 2) {
        model.anomalies.push(Anomaly {
            kind: AnomalyKind::Duplicate {
                key: duplicate.key.clone(),
                differs: duplicate.differs,
            },
            route: String::new(),
            range: duplicate.second.clone(),
        });
    }
    if document.duplicates.len() > MAX_ANOMALIES / 2 {
        limit(model, "keys that repeat");
    }
}

fn signature(model: &mut Model, root: Node<'_>) {
    let Some(signature) = root.get("signature") else {
        return;
    };
    for part in ["inputs", "outputs"] {
        let members = signature.get(part).into_iter().flat_map(|p| p.members());
        for member in members.take(64) {
            model.signature.push(format!("{part}: {}", member.key));
        }
    }
}

/// Scripts of web pages in names and metadata: such texts are shown in pages.
fn scripts(model: &mut Model, root: Node<'_>, budget: &Budget) -> Result<(), ScanError> {
    let mut work = vec![root];
    let mut seen = 0usize;
    while let Some(node) = work.pop() {
        seen = seen.saturating_add(1);
        if seen > MAX_TEXTS {
            limit(model, "values");
            break;
        }
        budget.charge_steps(1)?;
        if let Some(text) = node.as_str()
            && let Some(sign) = script(text)
        {
            let at = text.get(sign..).unwrap_or(text);
            let shown = ma_core::text::shorten(at, 120).into_owned();
            if model.anomalies.len() < MAX_ANOMALIES {
                model.anomalies.push(Anomaly {
                    kind: AnomalyKind::Script(shown),
                    route: String::new(),
                    range: node.range(),
                });
            }
        }
        work.extend(node.items());
        for member in node.members() {
            if let Some(sign) = script(member.key) {
                let at = member.key.get(sign..).unwrap_or(member.key);
                let shown = ma_core::text::shorten(at, 120).into_owned();
                if model.anomalies.len() < MAX_ANOMALIES {
                    model.anomalies.push(Anomaly {
                        kind: AnomalyKind::Script(shown),
                        route: String::new(),
                        range: member.key_range.clone(),
                    });
                }
            }
            work.push(member.value);
        }
    }
    Ok(())
}

/// Where a script begins.
fn script(text: &str) -> Option<usize> {
    if !text.contains(['<', ':']) {
        return None;
    }
    const SIGNS: [&str; 4] = ["<script", "javascript:", "onerror=", "<iframe"];
    let lower = text.to_ascii_lowercase();
    SIGNS.iter().filter_map(|sign| lower.find(sign)).min()
}
