//! The manifest of weights, and the files with weights: what their bytes are.

use std::ops::Range;

use ma_core::{ElementType, Home, Region, RegionKind};
use ma_wire::json::Node;

use super::model::{Anomaly, AnomalyKind, Group, Model, Weight};
use super::parse::{MAX_ANOMALIES, limit};
use crate::ops::judge_path;

/// Weights and files that are kept.
const MAX_WEIGHTS: usize = 1 << 18;

/// Reads `weightsManifest`.
pub(super) fn manifest(model: &mut Model, manifest: Node<'_>) {
    let mut kept = 0usize;
    for (i, node) in manifest.items().enumerate() {
        let mut group = Group {
            range: node.range(),
            ..Group::default()
        };
        for (k, path) in items(node, "paths").enumerate() {
            kept = kept.saturating_add(1);
            let Some(text) = path.as_str().filter(|_| kept < MAX_WEIGHTS) else {
                continue;
            };
            let reach = judge_path(text);
            if reach.escapes() {
                let path_kind = AnomalyKind::Path {
                    path: text.to_owned(),
                    reach,
                };
                let route = format!("weightsManifest[{i}].paths[{k}]");
                note(model, path_kind, route, path.range());
            }
            group.paths.push((text.to_owned(), path.range()));
        }
        for (k, node) in items(node, "weights").enumerate() {
            kept = kept.saturating_add(1);
            if kept >= MAX_WEIGHTS {
                limit(model, "weights");
                break;
            }
            let weight = weight(node);
            judge(model, &weight, format!("weightsManifest[{i}].weights[{k}]"));
            group.weights.push(weight);
        }
        model.groups.push(group);
    }
}

fn items<'d>(node: Node<'d>, key: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
    node.get(key).into_iter().flat_map(|list| list.items())
}

fn weight(node: Node<'_>) -> Weight {
    let text = |key: &str| node.get(key).and_then(|n| n.as_str()).map(str::to_owned);
    let quantisation = node.get("quantization");
    let stored = quantisation
        .and_then(|q| q.get("dtype"))
        .and_then(|d| d.as_str());
    Weight {
        name: text("name").unwrap_or_default(),
        dtype: text("dtype").unwrap_or_default(),
        stored: stored.map(str::to_owned),
        // What is no whole number can't be a dimension.
        shape: items(node, "shape")
            .take(256)
            .map(|d| d.as_i64().unwrap_or(-1))
            .collect(),
        range: node.range(),
    }
}

fn judge(model: &mut Model, weight: &Weight, route: String) {
    let countable = weight.elements().and_then(|n| n.checked_mul(8));
    if countable.is_none() {
        let kind = AnomalyKind::Shape {
            name: weight.name.clone(),
            shape: weight.shape.iter().take(16).copied().collect(),
        };
        note(model, kind, route, weight.range.clone());
    } else if weight.element_size().is_none() && weight.dtype != "string" {
        let dtype = weight.stored.as_ref().unwrap_or(&weight.dtype).clone();
        note(
            model,
            AnomalyKind::Dtype(dtype),
            route,
            weight.range.clone(),
        );
    }
}

fn note(model: &mut Model, kind: AnomalyKind, route: String, range: Range<u64>) {
    if model.anomalies.len() < MAX_ANOMALIES {
        model.anomalies.push(Anomaly { kind, route, range });
    } else {
        limit(model, "deviations from the format");
    }
}

/// Compares the manifest with the files beside the model.
pub(super) fn beside(model: &mut Model, home: Option<&Home>) {
    let Some(home) = home else {
        return;
    };
    let mut found = Vec::new();
    for (i, group) in model.groups.iter().enumerate() {
        let route = format!("weightsManifest[{i}]");
        let mut have = Some(0u64);
        let mut missing = Vec::new();
        for (path, _) in group.paths.iter().take(4096) {
            if judge_path(path).escapes() {
                have = None;
                continue;
            }
            let entry = home.beside(path);
            let size = entry
                .and_then(|id| home.container.entry(id))
                .and_then(|e| e.size);
            if entry.is_none() {
                missing.push(path.clone());
            }
            have = have.and_then(|have| have.checked_add(size?));
        }
        if let Some(first) = missing.first() {
            let kind = AnomalyKind::Missing(first.clone(), missing.len().saturating_sub(1));
            found.push((kind, route, group.range.clone()));
            continue;
        }
        let mut need = group.weights.iter().map(Weight::bytes);
        let need = need.try_fold(0u64, |sum, bytes| sum.checked_add(bytes?));
        if let (Some(need), Some(have)) = (need, have)
            && need != have
            && !group.paths.is_empty()
        {
            found.push((AnomalyKind::Size { need, have }, route, group.range.clone()));
        }
    }
    for (kind, route, range) in found {
        note(model, kind, route, range);
    }
}

/// Which bytes of the files of its group a file holds: the group, and where the file begins in it.
pub(super) fn place_of(model: &Model, home: &Home, own: &str) -> Option<(usize, u64)> {
    for (i, group) in model.groups.iter().enumerate() {
        let mut start = 0u64;
        for (path, _) in &group.paths {
            let name = path.strip_prefix("./").unwrap_or(path);
            if name == own {
                return Some((i, start));
            }
            let size = home
                .beside(path)
                .and_then(|id| home.container.entry(id)?.size);
            start = start.checked_add(size?)?;
        }
    }
    None
}

/// The regions of a file of `len` bytes that begins `start` bytes into its group, and what is left
/// over.
pub(super) fn regions(group: &Group, start: u64, len: u64) -> (Vec<Region>, Range<u64>) {
    let end = start.saturating_add(len);
    let mut at = 0u64;
    let mut regions: Vec<Region> = Vec::new();
    for weight in &group.weights {
        // Behind a text, whose length is in the file, nothing is known.
        let Some(next) = weight.bytes().and_then(|bytes| at.checked_add(bytes)) else {
            let from = at.clamp(start, end).saturating_sub(start);
            regions.push(Region::new(from..len, RegionKind::Vocabulary).route(&*weight.name));
            return (regions, len..len);
        };
        let from = at.clamp(start, end).saturating_sub(start);
        let to = next.clamp(start, end).saturating_sub(start);
        at = next;
        if from >= to {
            continue;
        }
        let element = element(weight);
        match regions.last_mut() {
            Some(last) if regions_full(&group.weights) && last.element == Some(element) => {
                last.range.end = to;
            }
            _ => regions.push(
                Region::new(from..to, RegionKind::Weights)
                    .route(&*weight.name)
                    .element(element),
            ),
        }
    }
    let rest = at.clamp(start, end).saturating_sub(start);
    (regions, rest..len)
}

/// Whether there are so many weights that neighbours are joined.
fn regions_full(weights: &[Weight]) -> bool {
    weights.len() > 2000
}

fn element(weight: &Weight) -> ElementType {
    match weight.stored.as_deref().unwrap_or(&weight.dtype) {
        "float32" => ElementType::F32,
        "float16" => ElementType::F16,
        "int32" => ElementType::Int(4),
        "uint16" => ElementType::Int(2),
        "bool" | "uint8" => ElementType::Int(1),
        _ => ElementType::Other,
    }
}
