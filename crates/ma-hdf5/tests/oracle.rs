//! Our reader against h5py (libhdf5): the files in `oracle/files` were made by `oracle/make.py`, which
//! also wrote down what h5py reads from them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::fs;
use std::path::PathBuf;

use ma_core::{Blob, Budget};
use ma_hdf5::model::{AttrValue, Attribute, Dataset, Layout, Link, LinkTarget, Object, ObjectKind};
use serde_json::{Map, Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/files")
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "h5"))
        .collect();
    files.sort();
    files
}

/// Long texts as the record shortens them.
fn text(text: &str) -> String {
    let n = text.chars().count();
    if n <= 200 {
        return text.to_owned();
    }
    let head: String = text.chars().take(40).collect();
    let tail: String = text.chars().skip(n - 40).collect();
    format!("{n}: {head} … {tail}")
}

fn attribute(a: &Attribute) -> Value {
    match &a.value {
        AttrValue::Text(t) => json!({"kind": "text", "text": text(t)}),
        AttrValue::Texts(t) => {
            json!({"kind": "texts", "texts": t.iter().map(|t| text(t)).collect::<Vec<_>>()})
        }
        _ if a.shape.is_none() => json!({"kind": "empty"}),
        AttrValue::Unreadable => json!({"kind": "unreadable"}),
        // h5py puts the dimensions of an array type behind those of the attribute.
        _ => json!({"kind": "other", "shape": a.shape}),
    }
}

fn link(l: &Link) -> Value {
    match &l.target {
        LinkTarget::Hard(_) => json!(["hard"]),
        LinkTarget::Soft(path) => json!(["soft", path]),
        LinkTarget::External { file, path } => json!(["external", file, path]),
        LinkTarget::Other(kind) => json!(["other", kind]),
    }
}

fn dataset(d: &Dataset) -> Value {
    let mut out = json!({
        "shape": d.shape,
        "size": d.dtype.as_ref().map(|t| t.size),
        "filters": d.filters.iter().map(|f| f.id).collect::<Vec<_>>(),
        "stored": d.stored,
        "external": d.external_files.iter().map(|e| json!([e.name, e.offset])).collect::<Vec<_>>(),
    });
    let out_map = out.as_object_mut().unwrap();
    match d.layout.as_ref().unwrap() {
        Layout::Compact(_) => drop(out_map.insert("layout".into(), json!("compact"))),
        Layout::Contiguous(range) => {
            out_map.insert("layout".into(), json!("contiguous"));
            if let Some(range) = range.as_ref().filter(|r| r.start < r.end) {
                out_map.insert("offset".into(), json!(range.start));
            }
        }
        Layout::Chunked { chunk, count, .. } => {
            out_map.insert("layout".into(), json!("chunked"));
            out_map.insert("chunk".into(), json!(chunk));
            out_map.insert("count".into(), json!(count));
        }
        Layout::Virtual(sources) => {
            let sources: Vec<Value> = sources.iter().map(|s| json!([s.file, s.dataset])).collect();
            out_map.insert("layout".into(), json!("virtual"));
            out_map.insert("sources".into(), json!(sources));
        }
    }
    out
}

fn object(o: &Object) -> Value {
    let attrs: Map<String, Value> = o
        .attributes
        .iter()
        .map(|a| (a.name.clone(), attribute(a)))
        .collect();
    let kind = match o.kind {
        ObjectKind::Group => "group",
        ObjectKind::Dataset => "dataset",
        ObjectKind::NamedType => "type",
        _ => "other",
    };
    let mut out = json!({"kind": kind, "attrs": attrs});
    if o.kind == ObjectKind::Group {
        let links: Map<String, Value> = o.links.iter().map(|l| (l.name.clone(), link(l))).collect();
        out["links"] = Value::Object(links);
    }
    if let Some(d) = &o.dataset {
        out["dataset"] = dataset(d);
    }
    out
}

#[test]
fn reads_what_h5py_reads() {
    let mut failures = Vec::new();
    for path in files() {
        let blob = Blob::from_vec(fs::read(&path).unwrap());
        let (file, anomalies) = ma_hdf5::read(&blob, &Budget::default()).unwrap();
        let record = fs::read_to_string(format!("{}.json", path.display())).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        let base = file.superblock.as_ref().map_or(0, |s| s.base);
        let ours: Map<String, Value> = file
            .objects
            .iter()
            .map(|o| ((o.address - base).to_string(), object(o)))
            .collect();
        let theirs = record["objects"].as_object().unwrap();
        for (address, theirs) in theirs {
            let ours = ours.get(address);
            if ours != Some(theirs) {
                failures.push(format!(
                    "{} {address}\n  h5py {theirs}\n  ours {}",
                    path.display(),
                    ours.unwrap_or(&Value::Null)
                ));
            }
        }
        if ours.len() != theirs.len() {
            failures.push(format!("{}: number of objects", path.display()));
        }
        for anomaly in anomalies {
            // A circle is what the file was made with.
            if anomaly.kind != ma_hdf5::AnomalyKind::Cycle {
                failures.push(format!("{}: {anomaly:?}", path.display()));
            }
        }
        let end = file.superblock.as_ref().map(|s| s.end);
        if end != Some(blob.len()) {
            failures.push(format!("{}: end {end:?} of {}", path.display(), blob.len()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
