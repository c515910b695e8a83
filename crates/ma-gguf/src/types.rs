//! Tables of facts: tensor types with their block sizes, value types, and the types that well-known
//! keys have. The data is in `data/*.tsv`, with a column for the source.

use std::collections::HashMap;
use std::sync::OnceLock;

use ma_core::ElementType;

/// A tensor type of ggml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorType {
    /// Its number in the file.
    pub id: u32,
    /// Its name.
    pub name: &'static str,
    /// False for numbers that were taken out of ggml again.
    pub live: bool,
    /// Elements of one block; 0 for removed types.
    pub block: u64,
    /// Bytes of one block; 0 for removed types.
    pub bytes: u64,
    /// Elements of one block in files from before May 2023.
    pub old_block: u64,
    /// Bytes of one block in files from before May 2023, when scales were 32-bit floats.
    pub old_bytes: u64,
}

/// The number of types that ggml knows; type numbers at or above it belong to forks or to nobody.
pub const TYPE_COUNT: u32 = 43;

static TENSOR_TYPES: &str = include_str!("../data/tensor_types.tsv");
static KEYS: &str = include_str!("../data/keys.tsv");

/// The type with that number.
#[must_use]
pub fn tensor_type(id: u32) -> Option<&'static TensorType> {
    static TABLE: OnceLock<Vec<TensorType>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        TENSOR_TYPES
            .lines()
            .skip(1)
            .filter_map(tensor_row)
            .collect()
    });
    table
        .binary_search_by_key(&id, |t| t.id)
        .ok()
        .and_then(|i| table.get(i))
}

fn tensor_row(line: &'static str) -> Option<TensorType> {
    let mut fields = line.split('\t');
    let id = fields.next()?.parse().ok()?;
    let name = fields.next()?;
    let live = fields.next()? == "live";
    let mut number = || fields.next()?.parse().ok();
    Some(TensorType {
        id,
        name,
        live,
        block: number()?,
        bytes: number()?,
        old_block: number()?,
        old_bytes: number()?,
    })
}

/// The name of a tensor type, or its number.
#[must_use]
pub fn tensor_type_name(id: u32) -> String {
    tensor_type(id).map_or_else(|| format!("type {id}"), |t| t.name.to_owned())
}

/// What the numbers of a tensor of that type are.
#[must_use]
pub fn element_type(id: u32) -> Option<ElementType> {
    Some(match tensor_type(id)?.name {
        "F32" => ElementType::F32,
        "F16" => ElementType::F16,
        "BF16" => ElementType::Bf16,
        "F64" => ElementType::F64,
        "I8" => ElementType::Int(1),
        "I16" => ElementType::Int(2),
        "I32" => ElementType::Int(4),
        "I64" => ElementType::Int(8),
        _ => ElementType::Other,
    })
}

/// Number of the type of a text.
pub const STRING: u32 = 8;
/// Number of the type of a list.
pub const ARRAY: u32 = 9;
/// Number of the type of a truth value.
pub const BOOL: u32 = 7;
/// Number of the 32-bit unsigned type.
pub const U32: u32 = 4;

/// Names and sizes of the value types, by number; 0 for those without a size of their own.
const VALUE_TYPES: [(&str, u64); 13] = [
    ("u8", 1),
    ("i8", 1),
    ("u16", 2),
    ("i16", 2),
    ("u32", 4),
    ("i32", 4),
    ("f32", 4),
    ("bool", 1),
    ("str", 0),
    ("arr", 0),
    ("u64", 8),
    ("i64", 8),
    ("f64", 8),
];

fn value_type(kind: u32) -> Option<(&'static str, u64)> {
    VALUE_TYPES.get(usize::try_from(kind).ok()?).copied()
}

/// Whether there is a value type of that number.
#[must_use]
pub fn is_value_type(kind: u32) -> bool {
    value_type(kind).is_some()
}

/// Name of a value type.
#[must_use]
pub fn value_type_name(kind: u32) -> String {
    value_type(kind).map_or_else(|| format!("type {kind}"), |(name, _)| name.to_owned())
}

/// Bytes of a value of that type; `None` for texts, lists and unknown types.
#[must_use]
pub fn value_size(kind: u32) -> Option<u64> {
    value_type(kind).map(|(_, n)| n).filter(|n| *n > 0)
}

/// What a well-known key should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Allowed types, joined by commas: `u32`, `arr`, `arr:str`.
    pub types: &'static str,
    /// True when the key belongs to an architecture, whose reader may differ.
    pub of_architecture: bool,
}

impl Expected {
    /// Whether a value of that type, with elements of that type in case of a list, is allowed.
    #[must_use]
    pub fn allows(&self, kind: u32, elem: Option<u32>) -> bool {
        let name = value_type_name(kind);
        let full = elem.map(|elem| format!("arr:{}", value_type_name(elem)));
        let mut types = self.types.split(',');
        types.any(|t| t == name || full.as_deref() == Some(t))
    }
}

/// What that key should hold, when it is a well-known one.
#[must_use]
pub fn expected(key: &str) -> Option<Expected> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let row = |line: &'static str| {
            let (key, rest) = line.split_once('\t')?;
            Some((key, rest.split('\t').next()?))
        };
        KEYS.lines().skip(1).filter_map(row).collect()
    });
    let found = |pattern: &str, of_architecture| {
        let types = table.get(pattern)?;
        Some(Expected {
            types,
            of_architecture,
        })
    };
    if let Some(exact) = found(key, false) {
        return Some(exact);
    }
    // Counted and named keys: the one free part is a star in the table.
    if let Some(rest) = key.strip_prefix("tokenizer.chat_template.") {
        return found("tokenizer.chat_template.*", false).filter(|_| !rest.is_empty());
    }
    for group in ["general.base_model.", "general.dataset."] {
        if let Some((_, last)) = key
            .strip_prefix(group)
            .and_then(|rest| rest.split_once('.'))
        {
            return found(&format!("{group}*.{last}"), false);
        }
    }
    let (_, rest) = key.split_once('.')?;
    found(&format!("{{arch}}.{rest}"), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_read() {
        let rows = TENSOR_TYPES.lines().skip(1).filter_map(tensor_row).count();
        assert_eq!(rows as u32, TYPE_COUNT);
        for id in 0..TYPE_COUNT {
            let t = tensor_type(id).unwrap();
            assert_eq!(t.id, id);
            assert_eq!(t.live, t.block > 0 && t.bytes > 0, "{}", t.name);
        }
        assert_eq!(tensor_type(14).unwrap().bytes, 210);
        assert!(tensor_type(43).is_none());
    }

    #[test]
    fn keys_are_found_by_pattern() {
        assert!(expected("general.alignment").unwrap().allows(U32, None));
        assert!(!expected("general.alignment").unwrap().allows(10, None));
        assert!(
            expected("tokenizer.ggml.tokens")
                .unwrap()
                .allows(ARRAY, Some(STRING))
        );
        assert!(
            !expected("tokenizer.ggml.tokens")
                .unwrap()
                .allows(ARRAY, Some(4))
        );
        let heads = expected("llama.attention.head_count").unwrap();
        assert!(heads.of_architecture && heads.allows(U32, None) && heads.allows(ARRAY, Some(5)));
        assert_eq!(
            expected("general.base_model.3.url").map(|e| e.types),
            Some("str")
        );
        assert_eq!(expected("my.own.key"), None);
    }
}
