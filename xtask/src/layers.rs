//! The layers of the workspace: a crate uses the layers below its own, and nobody beside it.

use serde_json::Value;

use crate::workspace;

/// Lowest first. `ma-pickle` and `ma-hdf5` have a layer of their own because pickles and HDF5 files are
/// what several formats are made of (PyTorch, joblib, Keras): to those they are encodings, as protobuf
/// is to others.
const LAYERS: &[&[&str]] = &[
    &["ma-core"],
    &["ma-python", "ma-wire"],
    &["ma-pickle", "ma-hdf5"],
    &[
        "ma-archive",
        "ma-detect",
        "ma-gguf",
        "ma-jax",
        "ma-keras",
        "ma-numpy",
        "ma-onnx",
        "ma-pytorch",
        "ma-rdata",
        "ma-safetensors",
        "ma-tensorflow",
    ],
    &["ma-engine", "ma-sources", "ma-report"],
    &["modelaudit"],
    &["modelaudit-cli"],
];

/// Crates that only tests and chores use.
const OUTSIDE: &[&str] = &["ma-testkit", "xtask"];

/// Every dependency that goes upward or sideways, and every crate without a layer.
pub fn check() -> Result<Vec<String>, String> {
    let metadata = workspace::metadata()?;
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        if OUTSIDE.contains(&name) {
            continue;
        }
        let Some(own) = layer(name) else {
            wrong.push(format!("{name}: has no layer in xtask/src/layers.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            wrong.extend(check_one(name, own, dependency));
        }
    }
    Ok(wrong)
}

fn check_one(name: &str, own: usize, dependency: &Value) -> Option<String> {
    let used = dependency["name"].as_str().unwrap_or_default();
    let in_tests = dependency["kind"].as_str() == Some("dev");
    if OUTSIDE.contains(&used) && !in_tests {
        return Some(format!("{name}: uses {used} outside its tests"));
    }
    // Tests may use what they like of ours.
    match layer(used) {
        Some(theirs) if theirs >= own && !in_tests => {
            Some(format!("{name}: uses {used}, which is not below it"))
        }
        _ => None,
    }
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}
