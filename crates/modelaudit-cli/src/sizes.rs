//! Values of options: sizes, times, numbers, severities. The messages say what would have been right.

use std::time::Duration;

use ma_core::Severity;

/// `10GB`, `500 MB`, `1GiB`, `1.5g` or plain bytes.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let malformed = "a size is a number with a unit, such as 10GB or 500 MB";
    if number.is_empty() {
        return Err(malformed.to_owned());
    }
    let unit = unit.to_ascii_lowercase();
    let factor: u64 = match unit.as_str() {
        "" | "b" | "byte" | "bytes" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => {
            return Err(format!(
                "`{unit}` is no unit of size; there are kB, MB, GB, TB, KiB, MiB, GiB, TiB and plain bytes"
            ));
        }
    };
    let bytes = scaled(number, factor).ok_or_else(|| malformed.to_owned())?;
    if bytes == 0 {
        return Err("nothing would be scanned; leave the option out for no limit".to_owned());
    }
    Ok(bytes)
}

/// `30`, `30s`, `500ms`, `5m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let malformed = "a time is a number with a unit, such as 30s or 5m";
    if number.is_empty() {
        return Err(malformed.to_owned());
    }
    let millis: u64 = match unit {
        "ms" => 1,
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        _ => {
            return Err(format!(
                "`{unit}` is no unit of time; there are ms, s, m and h"
            ));
        }
    };
    let millis = scaled(number, millis).ok_or_else(|| malformed.to_owned())?;
    if millis == 0 {
        return Err("there must be some time; leave the option out for no limit".to_owned());
    }
    Ok(Duration::from_millis(millis))
}

/// A number of threads.
pub(crate) fn threads(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(n @ 1..=1024) => Ok(n),
        _ => Err("threads are a number from 1 to 1024".to_owned()),
    }
}

/// A severity.
pub(crate) fn severity(text: &str) -> Result<Severity, String> {
    text.parse()
}

/// `RULE=LEVEL`.
pub(crate) fn rule_severity(text: &str) -> Result<(String, Severity), String> {
    let Some((rule, level)) = text.split_once('=') else {
        return Err(
            "it takes a rule and a level, such as pickle-dangerous-call=warning".to_owned(),
        );
    };
    Ok((rule.trim().to_owned(), level.trim().parse()?))
}

/// The number and the unit after it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.trim(), unit.trim())
}

/// `number` (with at most one point) times `factor`, exactly; `None` when it is no number or too
/// large.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits = |s: &str| match s {
        "" => Some(0),
        s => s.parse::<u64>().ok(),
    };
    let below = u64::checked_pow(10, u32::try_from(fraction.len()).ok()?)?;
    let part = u128::from(digits(fraction)?)
        .checked_mul(u128::from(factor))?
        .checked_div(u128::from(below))?;
    let whole = digits(whole)?.checked_mul(factor)?;
    whole.checked_add(u64::try_from(part).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_all_spellings() {
        for (text, want) in [
            ("10GB", 10_000_000_000),
            ("500 MB", 500_000_000),
            ("1GiB", 1 << 30),
            ("1.5k", 1_500),
            ("4096", 4_096),
            ("1_000 b", 1_000),
            (" 2 tib ", 2 << 40),
        ] {
            assert_eq!(size(text), Ok(want), "{text}");
        }
        for text in [
            "",
            "GB",
            "ten",
            "1..5k",
            "-5",
            "0",
            "5 parsecs",
            "99999999999999 TB",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_in_all_spellings() {
        for (text, want) in [
            ("30", 30_000),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1.5 h", 5_400_000),
            ("20ms", 20),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(want)), "{text}");
        }
        assert!(duration("0").is_err());
        assert!(duration("5 fortnights").is_err());
    }

    #[test]
    fn rules_with_levels() {
        assert_eq!(
            rule_severity("PKL001=info"),
            Ok(("PKL001".to_owned(), Severity::Info))
        );
        assert!(rule_severity("PKL001").is_err());
        assert!(rule_severity("PKL001=bad").is_err());
    }
}
