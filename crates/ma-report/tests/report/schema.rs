//! As much of JSON Schema 2020-12 as the published schema uses. A keyword that is not known here is
//! a failure, so that the schema can't come to rely on something that is not checked.

use serde_json::Value;

/// The published schema.
pub(crate) fn published() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/schema/report-v1.schema.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Where `value` departs from `schema`.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("schemas are objects") {
        let fine = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let target = root
                    .pointer(pointer)
                    .expect("the reference leads somewhere");
                check(root, target, value, at, found);
                true
            }
            "type" => is_type(rule.as_str().unwrap(), value),
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|n| n >= rule.as_i64().unwrap()),
            "minItems" => {
                let len = value.as_array().map_or(0, Vec::len) as u64;
                len >= rule.as_u64().unwrap()
            }
            // The only pattern there is: the version.
            "pattern" => value.as_str().is_some_and(|s| s.starts_with("1.")),
            "required" => {
                let names = rule.as_array().unwrap().iter().map(|n| n.as_str().unwrap());
                let missing: Vec<_> = names.filter(|n| value.get(n).is_none()).collect();
                missing.is_empty()
            }
            "properties" => {
                for (name, property) in rule.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        check(root, property, inner, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                let object = value.as_object().into_iter().flatten();
                let mut names = object.map(|(name, _)| name);
                names.all(|name| known.contains_key(name))
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{i}]"), found);
                }
                true
            }
            other => panic!("the keyword {other} is not known"),
        };
        if !fine {
            found.push(format!("{at}: {keyword}"));
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        other => panic!("the type {other} is not known"),
    }
}
