//! Names and sizes of the LiteRT schema: operators, types of tensors, and which options lead to other
//! subgraphs or divide by what they hold.
//!
//! Source: the generated code in the packages tensorflow 2.21, tflite 2.18 and ai-edge-litert 2.3
//! (field numbers and enumerations agree; the 8-bit floats are in the last one only).

use std::sync::LazyLock;

use ma_core::ElementType;

/// `CUSTOM`: the operator's code is a name.
pub const CUSTOM: i32 = 32;
/// `DELEGATE`: made while a model is prepared, never stored.
pub const DELEGATE: i32 = 51;
/// `STABLEHLO_CUSTOM_CALL`.
pub const STABLEHLO_CUSTOM_CALL: i32 = 173;

/// The type of tensors of strings.
pub const STRING: u8 = 5;

static OPERATORS: LazyLock<Vec<(i32, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/tflite-builtin-operators.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(code, name)| Some((code.parse().ok()?, name)))
        .collect()
});

static CUSTOM_OPERATORS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/tflite-custom-operators.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?))
        })
        .collect()
});

/// The name of a built-in operator.
#[must_use]
pub fn operator_name(code: i32) -> Option<&'static str> {
    let found = OPERATORS.iter().find(|(c, _)| *c == code);
    found.map(|(_, name)| *name)
}

/// What a known custom operator is.
#[must_use]
pub fn known_custom(name: &str) -> Option<&'static str> {
    let found = CUSTOM_OPERATORS
        .iter()
        .find(|(known, _)| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *known,
        });
    found.map(|(_, what)| *what)
}

/// The name of a type of tensors.
#[must_use]
pub fn type_name(kind: u8) -> Option<&'static str> {
    const NAMES: [&str; 23] = [
        "float32",
        "float16",
        "int32",
        "uint8",
        "int64",
        "string",
        "bool",
        "int16",
        "complex64",
        "int8",
        "float64",
        "complex128",
        "uint64",
        "resource",
        "variant",
        "uint32",
        "uint16",
        "int4",
        "bfloat16",
        "int2",
        "uint4",
        "float8_e4m3fn",
        "float8_e5m2",
    ];
    NAMES.get(usize::from(kind)).copied()
}

/// Bits of one element; `None` for types without a fixed size and for unknown ones.
#[must_use]
pub fn type_bits(kind: u8) -> Option<u64> {
    Some(match kind {
        0 | 2 | 15 => 32,
        1 | 7 | 16 | 18 => 16,
        3 | 6 | 9 | 21 | 22 => 8,
        4 | 8 | 10 | 12 => 64,
        11 => 128,
        17 | 20 => 4,
        19 => 2,
        _ => return None,
    })
}

/// What detectors are told about elements of that type.
#[must_use]
pub fn element(kind: u8) -> ElementType {
    match kind {
        0 => ElementType::F32,
        1 => ElementType::F16,
        10 => ElementType::F64,
        18 => ElementType::Bf16,
        2 | 15 => ElementType::Int(4),
        3 | 6 | 9 => ElementType::Int(1),
        4 | 12 => ElementType::Int(8),
        7 | 16 => ElementType::Int(2),
        _ => ElementType::Other,
    }
}

/// Where options name other subgraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A field that is a number.
    Field(u16),
    /// A field that is a vector of numbers.
    Vector(u16),
    /// A field that may be negative when there is none.
    Optional(u16),
}

/// The fields of options (of the second union when `second`) that name subgraphs.
#[must_use]
pub fn subgraph_fields(second: bool, options: u8) -> &'static [Target] {
    use Target::{Field, Optional, Vector};
    match (second, options) {
        (false, 16 | 103) => &[Field(0)],
        (false, 92 | 93) | (true, 15) => &[Field(0), Field(1)],
        (true, 5) => &[Vector(4)],
        (true, 6) => &[Field(1)],
        (true, 7) => &[Field(6)],
        (true, 13) => &[Field(5)],
        (true, 14) => &[Field(2)],
        (true, 21) => &[Optional(1)],
        (true, 23) => &[Vector(0)],
        _ => &[],
    }
}

/// The fields of options that are vectors or strings, with the size of their elements: what belongs to
/// the options besides their own table.
#[must_use]
pub fn vector_fields(second: bool, options: u8) -> &'static [(u16, u32)] {
    match (second, options) {
        (false, 3) => &[(1, 4), (2, 4)],
        (false, 17 | 30) => &[(0, 4)],
        (false, 111) => &[(0, 1), (1, 1)],
        (false, 115) => &[(0, 4)],
        (true, 2 | 6 | 9 | 17) => &[(0, 8)],
        (true, 3 | 10) => &[(0, 8), (1, 8), (2, 8)],
        (true, 4) => &[
            (0, 8),
            (1, 8),
            (2, 8),
            (3, 8),
            (4, 1),
            (7, 8),
            (10, 8),
            (13, 8),
            (16, 4),
        ],
        (true, 5) => &[(0, 1), (2, 1), (4, 4), (5, 1)],
        (true, 7) => &[(1, 8), (2, 8), (3, 8)],
        (true, 12) => &[(0, 8), (1, 8), (2, 8), (3, 8), (4, 4)],
        (true, 13) => &[(0, 8), (1, 8), (2, 8), (3, 8), (4, 8)],
        (true, 16) => &[(0, 8), (1, 8), (2, 8), (4, 8)],
        (true, 21) => &[(0, 1), (2, 1)],
        (true, 23) => &[(0, 4)],
        _ => &[],
    }
}

/// A field that a kernel divides by or counts with: its number, its name, and what an absent one counts
/// as.
pub type Divisor = (u16, &'static str, i32);

/// Fields that kernels divide by or count with, by operator, with the type of the options that they are
/// read from.
#[must_use]
pub fn divisors(operator: i32) -> Option<(u8, &'static [Divisor])> {
    Some(match operator {
        3 => (
            1,
            &[
                (1, "stride_w", 0),
                (2, "stride_h", 0),
                (4, "dilation_w_factor", 1),
                (5, "dilation_h_factor", 1),
            ],
        ),
        4 => (
            2,
            &[
                (1, "stride_w", 0),
                (2, "stride_h", 0),
                (5, "dilation_w_factor", 1),
                (6, "dilation_h_factor", 1),
            ],
        ),
        1 | 12 | 17 => (
            5,
            &[
                (1, "stride_w", 0),
                (2, "stride_h", 0),
                (3, "filter_width", 0),
                (4, "filter_height", 0),
            ],
        ),
        67 => (49, &[(1, "stride_w", 0), (2, "stride_h", 0)]),
        132 | 141 => (
            106,
            &[
                (1, "stride_d", 0),
                (2, "stride_w", 0),
                (3, "stride_h", 0),
                (5, "dilation_d_factor", 1),
                (6, "dilation_w_factor", 1),
                (7, "dilation_h_factor", 1),
            ],
        ),
        26 => (19, &[(0, "block_size", 0)]),
        5 => (94, &[(0, "block_size", 0)]),
        49 => (35, &[(0, "num_splits", 0)]),
        102 => (79, &[(0, "num_splits", 0)]),
        83 => (59, &[(0, "values_count", 0)]),
        27 => (6, &[(0, "rank", 0)]),
        _ => return None,
    })
}

/// Where an operator's options hold an axis: the type of the options, the field, which input it counts
/// in, and how many more than its rank it may be.
#[must_use]
pub fn axis(operator: i32) -> Option<(u8, u16, i64)> {
    Some(match operator {
        2 => (10, 0, 0),
        36 => (23, 0, 0),
        83 => (59, 1, 1),
        88 => (64, 1, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        assert_eq!(operator_name(3), Some("CONV_2D"));
        assert_eq!(operator_name(209), Some("STABLEHLO_CASE"));
        assert_eq!(operator_name(-1), None);
        assert!(known_custom("QNNThing").is_some());
        assert!(known_custom("Mfcc").is_some() && known_custom("Mfccs").is_none());
        assert_eq!(type_name(22), Some("float8_e5m2"));
        assert_eq!(type_name(23), None);
    }
}
