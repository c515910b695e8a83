//! Types of well-known keys.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::{Gguf, Value};
use crate::parse::shown;
use crate::types;

declare_rule! {
    /// ## What it finds
    /// A key of the specification or of llama.cpp whose value has another type than every writer gives
    /// it: `general.architecture` that is no text, a token id that is a list.
    /// ## Why it matters
    /// Loaders that do not check read the value as what it is not; older ones ended the process or read
    /// memory beyond it. A list under the name of a chat template is passed over by whoever looks for a
    /// text.
    /// ## What it leaves alone
    /// Keys that are not in the table. Keys of an architecture are Info: a program of its own may
    /// define them differently.
    /// ## What to do
    /// Ask which program wrote the file; convert the model again from its source.
    pub static KEY_TYPE = {
        code: "GUF013", name: "gguf-key-type", severity: Warning,
        title: "A well-known key has a value of the wrong type",
        references: [Cwe(843), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each key; the alignment has a rule of its own.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.kvs.iter().filter_map(|kv| {
        let expected = types::expected(&kv.key)?;
        let elem = match &kv.value {
            Value::Array(array) => Some(array.elem),
            _ => None,
        };
        if kv.key == "general.alignment" || expected.allows(kv.kind, elem) {
            return None;
        }
        let mut found = types::value_type_name(kv.kind);
        if let Some(elem) = elem {
            found = format!("{found}:{}", types::value_type_name(elem));
        }
        let severity = if expected.of_architecture {
            Severity::Info
        } else {
            Severity::Warning
        };
        let should = expected.types.replace(',', " or ");
        let message = format!("The value has the type {found}; it should be {should}");
        Some(
            Issue::new(&KEY_TYPE, message)
                .severity(severity)
                .at(kv.range.clone())
                .route(shown(&kv.key)),
        )
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    #[test]
    fn fires_on_wrong_types_of_known_keys() {
        let with = |key, value| fired("gguf-key-type", &File::new().kv(kv(key, value)).build());
        assert_eq!(with("general.architecture", u32v(1)), WARNING);
        assert_eq!(with("tokenizer.chat_template", strs(&["{{ x }}"])), WARNING);
        assert_eq!(with("tokenizer.ggml.tokens", arr(4, [u32v(1)])), WARNING);
        assert_eq!(with("tokenizer.ggml.eos_token_id", u64v(1)), WARNING);
        assert_eq!(with("llama.context_length", f32v(1.0)), INFO);
        assert_eq!(with("llama.context_length", u32v(1)), None);
        assert_eq!(with("general.architecture", strv("llama")), None);
        assert_eq!(with("my.key", f32v(1.0)), None);
    }
}
