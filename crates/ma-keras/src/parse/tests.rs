//! Tests of the walk over configurations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use ma_core::{Blob, Budget};

use super::parse;
use crate::model::Config;
use crate::resolve::Resolution;

fn config(text: &str) -> Config {
    let blob = Blob::from_vec(text.as_bytes().to_vec());
    parse(&blob, &Budget::default()).unwrap()
}

#[test]
fn names_are_found_at_any_depth() {
    let text = r#"{"class_name": "Sequential", "config": [
        {"class_name": "Bidirectional", "config": {"name": "bi", "layer": {"class_name": "TimeDistributed",
          "config": {"cells": [{"module": "os", "class_name": "function", "config": "system"}]}}}}]}"#;
    let found = config(text);
    assert_eq!(found.references.len(), 1);
    let reference = &found.references[0];
    assert_eq!(reference.path(), "os.system");
    assert_eq!(
        reference.place.route,
        "config[0].config.layer.config.cells[0]"
    );
    assert!(matches!(reference.resolution, Resolution::Dangerous { .. }));
    let range = reference.place.range.clone();
    assert!(text[range.start as usize..range.end as usize].starts_with("{\"module\": \"os\""));
}

#[test]
fn both_readings_of_repeated_keys_are_looked_at() {
    let text = r#"{"class_name": "Model", "config": {"layers": [
        {"class_name": "function", "module": "subprocess", "config": "Popen", "module": "keras.activations", "config": "relu"}]}}"#;
    let found = config(text);
    assert_eq!(found.references.len(), 1);
    assert_eq!(found.references[0].path(), "subprocess.Popen");
    assert_eq!(found.repeats.len(), 2);
    assert!(found.repeats[0].differs);
}

#[test]
fn json_in_texts_is_read() {
    let inner = r#"{\"class_name\": \"Lambda\", \"config\": {\"name\": \"l\", \"function\": {\"module\": \"os\", \"class_name\": \"function\", \"config\": \"system\"}}}"#;
    let text = format!(r#"{{"model_config": "{inner}", "backend": "tensorflow"}}"#);
    let found = config(&text);
    assert_eq!(
        found.references[0].place.route,
        "model_config.config.function"
    );
    assert_eq!(found.references[0].place.layer.as_deref(), Some("l"));
}

#[test]
fn what_comes_before_a_break_is_kept() {
    let text = r#"{"class_name": "M", "config": {"f": {"module": "os", "class_name": "function", "config": "system"}, x"#;
    let found = config(text);
    assert!(found.broken.is_some());
    assert_eq!(found.references.len(), 2);
}

#[test]
fn deep_and_wide_texts_end() {
    let deep = format!("{}1{}", r#"{"config": ["#.repeat(600), "]}".repeat(600));
    assert!(config(&deep).broken.is_some());
    let repeats: String = (0..60_000).map(|i| format!("\"a\": {i},")).collect();
    let found = config(&format!(
        r#"{{"class_name": "X", "config": {{{repeats} "loss": 1}}}}"#
    ));
    assert!(found.cut.is_some() && found.repeats.len() > 1000);
    let many = r#"{"class_name": "X1", "config": {}},"#.repeat(20_000);
    let found = config(&format!("[{many}1]"));
    assert_eq!(found.references.len(), 1);
    assert_eq!(found.references[0].repeats, 19_999);
}
