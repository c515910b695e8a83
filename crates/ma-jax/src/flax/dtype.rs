//! Element types by the name that numpy and ml_dtypes give them.

use ma_core::ElementType;

/// Bytes of an element, and what it is to detectors. Names as `numpy.dtype.name` writes them (numpy 2,
/// ml_dtypes 0.6); ml_dtypes keeps its 2- and 4-bit integers one to a byte.
pub(crate) fn of(name: &str) -> Option<(u64, ElementType)> {
    Some(match name {
        "float16" => (2, ElementType::F16),
        "bfloat16" => (2, ElementType::Bf16),
        "float32" => (4, ElementType::F32),
        "float64" => (8, ElementType::F64),
        "complex64" => (8, ElementType::Other),
        "complex128" => (16, ElementType::Other),
        "bool" | "int8" | "uint8" | "int2" | "int4" | "uint2" | "uint4" | "int1" | "uint1" => {
            (1, ElementType::Int(1))
        }
        "int16" | "uint16" => (2, ElementType::Int(2)),
        "int32" | "uint32" => (4, ElementType::Int(4)),
        "int64" | "uint64" => (8, ElementType::Int(8)),
        name if name.starts_with("float8_") || name.starts_with("float6_") => {
            (1, ElementType::Other)
        }
        name if name.starts_with("float4_") => (1, ElementType::Other),
        name if name.starts_with("datetime64") || name.starts_with("timedelta64") => {
            (8, ElementType::Int(8))
        }
        name => (sized(name)?, ElementType::Other),
    })
}

/// `str96` and `bytes24` say their length in bits; `longdouble` types are of the machine.
fn sized(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("str").or(name.strip_prefix("bytes"));
    let bits: u64 = digits?.parse().ok()?;
    (bits.rem_euclid(8) == 0).then_some(bits.div_euclid(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_numpy_and_ml_dtypes() {
        assert_eq!(of("float8_e4m3fn").map(|d| d.0), Some(1));
        assert_eq!(of("str96").map(|d| d.0), Some(12));
        assert_eq!(of("object"), None);
        assert_eq!(of("void16"), None);
    }
}
