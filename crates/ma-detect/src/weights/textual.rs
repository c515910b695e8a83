//! Text in streams of bytes and in numbers, told from numbers that happen to look like characters.

use std::ops::Range;

use ma_core::ElementType;

/// Characters in a row that make text.
const MIN_RUN: usize = 64;

/// Different ones among them.
const MIN_DISTINCT: usize = 12;

fn printable(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e | b'\n' | b'\r' | b'\t')
}

/// Runs of printable characters that read like text or base64.
pub(super) fn runs(stream: &[u8]) -> Vec<Range<usize>> {
    let place = |i: usize| stream.get(i).is_some_and(|b| printable(*b));
    candidates(stream.len(), place)
        .into_iter()
        .filter(|run| stream.get(run.clone()).is_some_and(reads_like_text))
        .collect()
}

/// Whether nearly all bytes are printable.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let printable = bytes.iter().filter(|b| printable(**b)).count();
    printable.saturating_mul(10) >= bytes.len().saturating_mul(9)
}

/// Numbers in a row that are codes of characters: the index of the first one, and the text.
pub(super) fn coded(numbers: &[u8], element: ElementType, big_endian: bool) -> Vec<(u64, String)> {
    let width = match element {
        ElementType::F16 | ElementType::Bf16 => 2,
        ElementType::F32 => 4,
        ElementType::F64 => 8,
        _ => return Vec::new(),
    };
    let character = |i: usize| {
        let at = i.checked_mul(width)?;
        let number = numbers.get(at..at.checked_add(width)?)?;
        character(number, element, big_endian)
    };
    let count = numbers.len().checked_div(width).unwrap_or(0);
    let found = candidates(count, |i| character(i).is_some());
    found
        .into_iter()
        .filter_map(|run| {
            let start = run.start as u64;
            let text: Vec<u8> = run.filter_map(character).collect();
            // Real measurements lie between 32 and 126 too; sentences and base64 look otherwise.
            is_sentence(&text).then(|| (start, String::from_utf8_lossy(&text).into_owned()))
        })
        .collect()
}

/// Runs of at least [`MIN_RUN`] places. Only every so many places are looked at, since a run can't pass
/// between them.
fn candidates(len: usize, place: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = MIN_RUN.saturating_sub(1);
    while at < len {
        if place(at) {
            let back = (0..at).rev().take_while(|i| place(*i)).count();
            let ahead = (at..len).take_while(|i| place(*i)).count();
            let (start, end) = (at.saturating_sub(back), at.saturating_add(ahead));
            if end.saturating_sub(start) >= MIN_RUN {
                found.push(start..end);
            }
            at = at.max(end);
        }
        at = at.saturating_add(MIN_RUN);
    }
    found
}

struct Counts {
    distinct: usize,
    lower: usize,
    upper: usize,
    digits: usize,
    spaces: usize,
}

fn count(text: &[u8]) -> Counts {
    let mut seen = [false; 256];
    for byte in text {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let of = |class: fn(&u8) -> bool| text.iter().filter(|b| class(b)).count();
    Counts {
        distinct: seen.iter().filter(|s| **s).count(),
        lower: of(u8::is_ascii_lowercase),
        upper: of(u8::is_ascii_uppercase),
        digits: of(u8::is_ascii_digit),
        spaces: of(u8::is_ascii_whitespace),
    }
}

/// Of text, source and base64 most characters are letters, digits and spaces; of numbers that happen to
/// be printable a third is not.
fn reads_like_text(text: &[u8]) -> bool {
    let counts = count(text);
    let usual = counts.lower.saturating_add(counts.upper);
    let usual = usual
        .saturating_add(counts.digits)
        .saturating_add(counts.spaces);
    counts.distinct >= MIN_DISTINCT && usual.saturating_mul(100) >= text.len().saturating_mul(72)
}

fn is_sentence(text: &[u8]) -> bool {
    let counts = count(text);
    let share = |n: usize| n.saturating_mul(100).checked_div(text.len()).unwrap_or(0);
    let words = share(counts.spaces) >= 4 && share(counts.lower) >= 40;
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\n');
    let encoded = [counts.lower, counts.upper].iter().all(|n| share(*n) >= 10)
        && share(counts.digits) >= 4
        && text.iter().all(base64);
    // Numbers that count up pass all letters too.
    let steps = text
        .windows(2)
        .filter(|w| matches!(w, [a, b] if a.abs_diff(*b) <= 1));
    let even = share(steps.count()) >= 50;
    counts.distinct >= MIN_DISTINCT && (words || encoded) && !even && reads_like_text(text)
}

/// The character whose code a number is.
fn character(number: &[u8], element: ElementType, big_endian: bool) -> Option<u8> {
    let mut bytes = [0u8; 8];
    for (i, place) in bytes.iter_mut().take(number.len()).enumerate() {
        let from = match big_endian {
            true => number.len().checked_sub(i)?.checked_sub(1)?,
            false => i,
        };
        *place = *number.get(from)?;
    }
    let bits = u64::from_le_bytes(bytes);
    let value = match element {
        ElementType::F64 => f64::from_bits(bits),
        ElementType::F32 => f64::from(f32::from_bits(u32::try_from(bits).ok()?)),
        ElementType::Bf16 => f64::from(f32::from_bits(u32::try_from(bits.checked_shl(16)?).ok()?)),
        ElementType::F16 => half(u16::try_from(bits).ok()?)?,
        _ => return None,
    };
    let whole = (9.0..=126.0).contains(&value) && value.fract() == 0.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let byte = value as u8;
    (whole && printable(byte)).then_some(byte)
}

/// A half-precision number between 8 and 128; others are none of ours.
fn half(bits: u16) -> Option<f64> {
    let exponent = (bits >> 10) & 0x1f;
    let positive = bits & 0x8000 == 0;
    (positive && (18..=21).contains(&exponent)).then(|| {
        let mantissa = f64::from(0x400 | (bits & 0x3ff));
        mantissa * f64::from(exponent.saturating_sub(15)).exp2() / 1024.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_printable_numbers() {
        let mut stream = vec![0x80; 300];
        let text = b"import os; os.system('echo pwned')  # this is a line of a program, hidden";
        stream.splice(100..100, text.iter().copied());
        let want = 100..100 + text.len();
        assert_eq!(runs(&stream), vec![want]);
        assert!(is_plain(text) && !is_plain(&stream));
        assert!(runs(&[b'A'; 500]).is_empty(), "one value");
        let ascending: Vec<u8> = (0..500u32).map(|i| (i % 128) as u8).collect();
        let coded_numbers: Vec<u8> = ascending
            .iter()
            .flat_map(|b| f32::from(*b).to_le_bytes())
            .collect();
        assert!(coded(&coded_numbers, ElementType::F32, false).is_empty());
    }

    #[test]
    fn codes_of_characters() {
        let text = "import subprocess\nsubprocess.run(['sh', '-c', 'echo pwned'])\n# and so on";
        let f32s: Vec<u8> = text
            .bytes()
            .flat_map(|b| f32::from(b).to_be_bytes())
            .collect();
        assert_eq!(coded(&f32s, ElementType::F32, true), [(0, text.to_owned())]);
        let f64s: Vec<u8> = text
            .bytes()
            .flat_map(|b| f64::from(b).to_le_bytes())
            .collect();
        assert_eq!(coded(&f64s, ElementType::F64, false).len(), 1);
        assert_eq!(half(0x5410), Some(65.0));
        assert_eq!(half(0x57e0), Some(126.0));
    }
}
