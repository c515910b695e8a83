//! What a GGUF file holds, for people who look.

use ma_core::{Inspection, Line, Section};

use crate::model::{Gguf, Kv, Value};
use crate::scanner::INFO;
use crate::types::{tensor_type_name, value_type_name};

/// Lines of one section.
const MOST_LINES: usize = 10_000;
/// Characters of a value.
const SHORT: usize = 80;

/// Facts, keys and tensors.
pub(crate) fn view(gguf: &Gguf) -> Inspection {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    fact("version", gguf.version.to_string());
    let order = if gguf.big_endian {
        "big-endian"
    } else {
        "little-endian"
    };
    fact("byte order", order.to_owned());
    for (name, key) in [
        ("type", "general.type"),
        ("architecture", "general.architecture"),
        ("name", "general.name"),
    ] {
        if let Some(text) = gguf.text(key) {
            fact(name, ma_core::text::shorten(text, SHORT).into_owned());
        }
    }
    fact("keys", gguf.kv_count.to_string());
    fact("tensors", gguf.tensor_count.to_string());
    fact("alignment", gguf.alignment.to_string());
    fact("data starts at", gguf.data_start.to_string());
    if let Some(tokens) = gguf.array("tokenizer.ggml.tokens") {
        fact("tokens", tokens.len.to_string());
    }
    if !gguf.templates.is_empty() {
        fact("chat templates", gguf.templates.len().to_string());
    }
    Inspection {
        format: INFO.id.to_owned(),
        facts,
        sections: vec![keys(gguf), tensors(gguf)],
    }
}

fn keys(gguf: &Gguf) -> Section {
    let line = |kv: &Kv| Line {
        offset: Some(kv.range.start),
        text: format!("{} = {}", crate::parse::shown(&kv.key), value(kv)),
    };
    let lines = gguf.kvs.iter().take(MOST_LINES).map(line).collect();
    section("keys", lines, gguf.kv_count)
}

fn value(kv: &Kv) -> String {
    match &kv.value {
        Value::Uint(n) => n.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(n) => n.to_string(),
        Value::Bool(n) => (*n != 0).to_string(),
        Value::Str(text) => format!("\"{}\"", ma_core::text::shorten(&text.start, SHORT)),
        Value::Array(array) => {
            let elem = value_type_name(array.elem);
            let lists = array.depth.saturating_sub(1);
            let inner = "[]".repeat(usize::try_from(lists).unwrap_or(0).min(16));
            format!("{elem}{inner}[{}]", array.len)
        }
    }
}

fn tensors(gguf: &Gguf) -> Section {
    let lines = gguf.tensors.iter().take(MOST_LINES).map(|t| Line {
        offset: Some(gguf.data_start.saturating_add(t.offset)),
        text: format!(
            "{} {} {} at {}",
            crate::parse::shown(&t.name),
            tensor_type_name(t.kind),
            Gguf::shape_text(&t.dims),
            t.offset
        ),
    });
    section("tensors", lines.collect(), gguf.tensor_count)
}

fn section(title: &str, mut lines: Vec<Line>, count: u64) -> Section {
    let more = count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(Line {
            offset: None,
            text: format!("… and {more} more"),
        });
    }
    Section {
        title: title.to_owned(),
        lines,
    }
}
