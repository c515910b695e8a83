//! JSON against its expected form and its schema.

use ma_core::Report;
use ma_report::{Bar, json};
use serde_json::Value;

use crate::{expect, sample, schema};

fn written(report: &Report) -> Vec<u8> {
    let tool = json::Tool {
        name: "modelaudit",
        version: "0.0.0",
    };
    let mut out = Vec::new();
    json::report(&mut out, report, &Bar::default(), &tool).unwrap();
    out
}

#[test]
fn a_bit_of_everything() {
    expect("full.json", &written(&sample::full()));
}

#[test]
fn reports_follow_the_published_schema() {
    let schema = schema::published();
    for report in [
        sample::full(),
        sample::clean(),
        sample::noisy(),
        Report::default(),
    ] {
        let value: Value = serde_json::from_slice(&written(&report)).unwrap();
        assert_eq!(schema::violations(&schema, &value), Vec::<String>::new());
    }
}

#[test]
fn the_schema_is_not_satisfied_by_anything() {
    let schema = schema::published();
    let value: Value = serde_json::from_slice(&written(&sample::full())).unwrap();
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut value = value.clone();
        change(&mut value);
        !schema::violations(&schema, &value).is_empty()
    };
    assert!(broken(&|v| v["verdict"] = "fine".into()));
    assert!(broken(&|v| v["issues"][0]["severity"] = "CRITICAL".into()));
    assert!(broken(&|v| v["issues"][0]["extra"] = 1.into()));
    assert!(broken(&|v| v["files_scanned"] = "2".into()));
    assert!(broken(&|v| v["totals"]["bytes"] = (-1).into()));
    assert!(broken(&|v| v["gaps"][0]["parts"] = Value::Array(vec![])));
    assert!(broken(&|v| {
        v.as_object_mut().unwrap().remove("gaps");
    }));
}

#[test]
fn locations_have_the_promised_form() {
    let value: Value = serde_json::from_slice(&written(&sample::full())).unwrap();
    assert_eq!(
        value["issues"][1]["location"],
        "suspicious_model.pkl (pos 28)"
    );
    assert_eq!(value["issues"][1]["severity"], "critical");
    assert_eq!(value["files_scanned"], 2);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(written(&sample::full()), written(&sample::full()));
}
