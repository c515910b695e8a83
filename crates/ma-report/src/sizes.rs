//! Byte counts for people.

/// A byte count with a unit: `512 bytes`, `4.2 MB` (powers of 1000).
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 5] = [
        ("PB", 1_000_000_000_000_000),
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    for (unit, size) in UNITS {
        if n >= size {
            let whole = n.checked_div(size).unwrap_or(0);
            let rest = n.checked_rem(size).unwrap_or(0);
            let tenth = rest.saturating_mul(10).checked_div(size).unwrap_or(0);
            return format!("{whole}.{tenth} {unit}");
        }
    }
    match n {
        1 => "1 byte".to_owned(),
        n => format!("{n} bytes"),
    }
}

/// `1 file`, `3 files`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_500), "1.5 kB");
        assert_eq!(bytes(41_990_000_000), "41.9 GB");
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
    }
}
