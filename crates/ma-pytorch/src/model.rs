//! What a checkpoint's pickle says about tensors, as plain data.

use ma_core::ElementType;
use ma_pickle::StreamEnd;

/// A storage that the pickle asks for by persistent id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The type as named (`torch.FloatStorage`).
    pub kind: String,
    /// Bytes of one element; `None` for a type that is not known.
    pub itemsize: Option<u64>,
    /// The record that holds it: `data/<key>`.
    pub key: String,
    /// The device it was saved from.
    pub location: String,
    /// Number of elements.
    pub numel: i64,
    /// The part of the storage that is meant, in elements: offset and count (files before torch 1.6).
    pub view: Option<(i64, i64)>,
    /// The opcode that asks for it.
    pub at: u64,
}

impl Storage {
    /// Bytes that it needs; `None` when the type is not known or the count is negative.
    #[must_use]
    pub fn bytes(&self) -> Option<u128> {
        let count = u128::try_from(self.numel).ok()?;
        count.checked_mul(u128::from(self.itemsize?))
    }

    /// Elements that a tensor on it may address.
    #[must_use]
    pub fn elements(&self) -> i64 {
        self.view.map_or(self.numel, |(_, count)| count)
    }
}

/// A tensor that is put together from a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// The way to it from the outermost object, when it is known: `model.0.weight`.
    pub name: Option<String>,
    /// The storage.
    pub storage: Storage,
    /// The data type that it reads its storage as, when that is not the storage's (`torch.uint16`).
    pub dtype: Option<String>,
    /// Bytes of one element as the tensor reads it.
    pub itemsize: Option<u64>,
    /// First element.
    pub offset: i64,
    /// Dimensions.
    pub size: Vec<i64>,
    /// Elements from one index to the next, per dimension.
    pub stride: Vec<i64>,
    /// The opcode that makes it.
    pub at: u64,
}

impl Tensor {
    /// The data type as torch prints it: `float32`.
    #[must_use]
    pub fn dtype_name(&self) -> &str {
        if let Some(dtype) = &self.dtype {
            return dtype.strip_prefix("torch.").unwrap_or(dtype);
        }
        let kind = self.storage.kind.rsplit('.').next().unwrap_or_default();
        match kind {
            "FloatStorage" => "float32",
            "DoubleStorage" => "float64",
            "HalfStorage" => "float16",
            "BFloat16Storage" => "bfloat16",
            "ByteStorage" => "uint8",
            "CharStorage" => "int8",
            "ShortStorage" => "int16",
            "IntStorage" => "int32",
            "LongStorage" => "int64",
            "BoolStorage" => "bool",
            "ComplexFloatStorage" => "complex64",
            "ComplexDoubleStorage" => "complex128",
            "QInt8Storage" => "qint8",
            "QUInt8Storage" => "quint8",
            "QInt32Storage" => "qint32",
            other => other,
        }
    }
}

/// Why a tensor does not fit its storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// A negative offset, dimension or stride.
    Negative,
    /// Different numbers of dimensions and strides.
    Ranks,
    /// It reaches beyond the storage: elements needed and there.
    Beyond {
        /// Bytes from the start of the storage to the end of the last element.
        needed: i128,
        /// Bytes of the storage.
        present: i128,
    },
}

impl Tensor {
    /// Whether the tensor reaches outside of its storage.
    #[must_use]
    pub fn misfit(&self) -> Option<Misfit> {
        if self.size.len() != self.stride.len() {
            return Some(Misfit::Ranks);
        }
        let mut numbers = self.size.iter().chain(&self.stride);
        if self.offset < 0 || numbers.any(|n| *n < 0) {
            return Some(Misfit::Negative);
        }
        // Sub-byte types pack several elements into one.
        if self.storage.kind.contains("QUInt4x2") || self.storage.kind.contains("QUInt2x4") {
            return None;
        }
        if self.size.contains(&0) {
            return None;
        }
        let mut last = i128::from(self.offset);
        for (size, stride) in self.size.iter().zip(&self.stride) {
            let steps = i128::from(*size).saturating_sub(1);
            last = last.saturating_add(steps.saturating_mul(i128::from(*stride)));
        }
        let itemsize = i128::from(self.itemsize?);
        let needed = last.saturating_add(1).saturating_mul(itemsize);
        let elements = i128::from(self.storage.elements());
        let present = elements.saturating_mul(i128::from(self.storage.itemsize?));
        (needed > present).then_some(Misfit::Beyond { needed, present })
    }
}

/// What one pickle says.
#[derive(Debug, Clone)]
pub struct ObjectPickle {
    /// Storages in the order in which they are asked for; a key may come several times.
    pub storages: Vec<Storage>,
    /// Tensors.
    pub tensors: Vec<Tensor>,
    /// Imported names with the opcode where they come first.
    pub globals: Vec<(String, u64)>,
    /// Text constants that the result is a list of (the key list of old files).
    pub keys: Vec<String>,
    /// The result, when it is a number.
    pub number: Option<i64>,
    /// The result, when it is a number too large for that: two's complement, little-endian.
    pub number_bytes: Vec<u8>,
    /// Facts that the result dict has, as text (the system information of old files).
    pub facts: Vec<(String, String)>,
    /// More storages, tensors or names than are kept.
    pub cut: bool,
    /// Some persistent id could not be read as a storage.
    pub odd_ids: u64,
    /// Where reading ended.
    pub end: StreamEnd,
}

impl ObjectPickle {
    /// True when all storages that a loader would ask for are known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.cut && self.odd_ids == 0 && matches!(self.end, StreamEnd::Stop { .. })
    }
}

/// What the numbers of a storage are, by the last part of its class's name.
#[must_use]
pub fn element(name: &str) -> Option<ElementType> {
    let last = name.rsplit('.').next().unwrap_or(name);
    Some(match last {
        "FloatStorage" => ElementType::F32,
        "DoubleStorage" => ElementType::F64,
        "HalfStorage" => ElementType::F16,
        "BFloat16Storage" => ElementType::Bf16,
        "ByteStorage" | "CharStorage" | "BoolStorage" => ElementType::Int(1),
        "ShortStorage" => ElementType::Int(2),
        "IntStorage" => ElementType::Int(4),
        "LongStorage" => ElementType::Int(8),
        _ => return None,
    })
}

/// Bytes of one element of a storage or data type, by the last part of its name.
#[must_use]
pub fn itemsize(name: &str) -> Option<u64> {
    let last = name.rsplit('.').next().unwrap_or(name);
    Some(match last {
        "ByteStorage" | "CharStorage" | "BoolStorage" | "UntypedStorage" | "QInt8Storage"
        | "QUInt8Storage" | "QUInt4x2Storage" | "QUInt2x4Storage" => 1,
        "ShortStorage" | "HalfStorage" | "BFloat16Storage" => 2,
        "IntStorage" | "FloatStorage" | "QInt32Storage" => 4,
        "LongStorage" | "DoubleStorage" | "ComplexFloatStorage" => 8,
        "ComplexDoubleStorage" => 16,
        "uint8" | "int8" | "bool" | "qint8" | "quint8" | "bits8" | "bits1x8" | "bits2x4"
        | "bits4x2" => 1,
        _ if last.starts_with("float8_") || last.starts_with("float4_") => 1,
        "uint16" | "int16" | "float16" | "bfloat16" | "half" | "short" | "bits16" => 2,
        "uint32" | "int32" | "float32" | "float" | "int" | "qint32" | "complex32" => 4,
        "uint64" | "int64" | "float64" | "double" | "long" | "complex64" => 8,
        "complex128" => 16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(offset: i64, size: &[i64], stride: &[i64]) -> Tensor {
        Tensor {
            name: None,
            dtype: None,
            storage: Storage {
                kind: "torch.FloatStorage".to_owned(),
                itemsize: Some(4),
                key: "0".to_owned(),
                location: "cpu".to_owned(),
                numel: 12,
                view: None,
                at: 0,
            },
            itemsize: Some(4),
            offset,
            size: size.to_vec(),
            stride: stride.to_vec(),
            at: 0,
        }
    }

    #[test]
    fn tensors_must_stay_within_their_storage() {
        for (offset, size, stride) in [
            (0, &[3, 4][..], &[4, 1][..]),
            (0, &[4, 3], &[1, 4]),
            (11, &[1], &[1]),
            (0, &[], &[]),
            (99, &[0, 3], &[3, 1]),
            (0, &[100, 3], &[0, 1]),
        ] {
            assert_eq!(
                tensor(offset, size, stride).misfit(),
                None,
                "{offset} {size:?}"
            );
        }
        assert_eq!(tensor(-1, &[1], &[1]).misfit(), Some(Misfit::Negative));
        assert_eq!(tensor(0, &[1], &[]).misfit(), Some(Misfit::Ranks));
        assert!(matches!(
            tensor(12, &[], &[]).misfit(),
            Some(Misfit::Beyond { .. })
        ));
        assert!(matches!(
            tensor(0, &[i64::MAX, i64::MAX], &[i64::MAX, 1]).misfit(),
            Some(Misfit::Beyond { .. })
        ));
    }
}
