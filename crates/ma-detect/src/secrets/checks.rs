//! What a match must stand before it counts: edges, entropy, checksums, decoding, and that it is no
//! placeholder.

use std::ops::Range;

use ma_core::{RegionKind, Severity};

use super::formats::{Check, Format};

/// What a match turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Judged {
    /// Another severity than the format's.
    pub(super) severity: Option<Severity>,
    /// What was established, for the report.
    pub(super) notes: Vec<String>,
}

impl Judged {
    fn note(text: impl Into<String>) -> Self {
        Self {
            severity: None,
            notes: vec![text.into()],
        }
    }
}

/// Judges the `secret` of a match inside its surroundings.
pub(super) fn judge(
    format: &Format,
    window: &[u8],
    secret: Range<usize>,
    kind: RegionKind,
) -> Option<Judged> {
    let bytes = window.get(secret.clone())?;
    if format.has(Check::Edges) && !edges(window, &secret) {
        return None;
    }
    if entropy(bytes) < format.entropy || placeholder(bytes) {
        return None;
    }
    let has = |class: fn(&u8) -> bool| bytes.iter().any(class);
    let (upper, lower) = (
        has(u8::is_ascii_uppercase),
        bytes.iter().skip(4).any(u8::is_ascii_lowercase),
    );
    let digit = has(u8::is_ascii_digit);
    if format.has(Check::Mixed) && !(upper && lower && digit)
        || format.has(Check::BothCases) && !(upper && lower)
    {
        return None;
    }
    if format.has(Check::Password) && !password(window, &secret) {
        return None;
    }
    if format.has(Check::Generic) && !generic(window, &secret, kind) {
        return None;
    }
    if format.has(Check::Crc62) {
        return crc62(bytes).then(|| Judged::note("its checksum is right"));
    }
    if format.has(Check::Jwt) {
        return jwt(bytes);
    }
    Some(Judged::default())
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn edges(window: &[u8], secret: &Range<usize>) -> bool {
    let before = secret.start.checked_sub(1).and_then(|i| window.get(i));
    let after = window.get(secret.end);
    // An escaped line break (`\n`) in front of a secret in JSON looks like a letter.
    let escaped = secret
        .start
        .checked_sub(2)
        .and_then(|i| window.get(i))
        .is_some_and(|b| *b == b'\\');
    before.is_none_or(|b| !word(*b) || escaped) && after.is_none_or(|b| !word(*b) && *b != b'-')
}

/// Shannon entropy in bits a character.
#[allow(clippy::cast_precision_loss)]
pub(super) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let total = bytes.len() as f64;
    let terms = counts.iter().filter(|n| **n > 0).map(|n| {
        let share = f64::from(*n) / total;
        -share * share.log2()
    });
    terms.sum()
}

/// Words and rows of characters that stand in documentation, and not in secrets.
const PLACEHOLDERS: [&str; 22] = [
    "example",
    "placeholder",
    "your_",
    "your-",
    "yourkey",
    "yourtoken",
    "xxxx",
    "dummy",
    "changeme",
    "change_me",
    "redacted",
    "sample",
    "replace",
    "insert",
    "0123456789",
    "1234567890",
    "abcdefgh",
    "aaaaaaaa",
    "00000000",
    "notreal",
    "fake",
    "mysecret",
];

fn placeholder(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    PLACEHOLDERS
        .iter()
        .any(|word| lower.windows(word.len()).any(|w| w == word.as_bytes()))
}

/// Passwords and users that documentation uses in addresses.
const COMMON: [&str; 16] = [
    "password", "passwd", "pass", "secret", "user", "username", "postgres", "root", "admin",
    "test", "guest", "token", "pwd", "mypass", "123456", "api",
];

fn password(window: &[u8], secret: &Range<usize>) -> bool {
    let (Some(value), Some(rest)) = (window.get(secret.clone()), window.get(secret.end..)) else {
        return false;
    };
    let lower = value.to_ascii_lowercase();
    let common = COMMON.iter().any(|c| lower.starts_with(c.as_bytes()));
    // `${VAR}`, `{}`, `%s`, `<password>`, `$PASS`, `***`: filled in elsewhere.
    let filled_in = |b: &u8| matches!(b, b'$' | b'{' | b'}' | b'<' | b'>' | b'%' | b'*' | b'(');
    let host: Vec<u8> = rest.iter().skip(1).take(12).copied().collect();
    let own = [
        &b"localhost"[..],
        b"127.0.0.1",
        b"host",
        b"example",
        b"<",
        b"{",
        b"$",
    ];
    let local = own.iter().any(|h| host.starts_with(h));
    !common && !local && !value.iter().any(filled_in) && !value.iter().all(u8::is_ascii_lowercase)
}

/// Everything that must hold of a value that nothing but its name calls a secret.
fn generic(window: &[u8], secret: &Range<usize>, kind: RegionKind) -> bool {
    let Some(value) = window.get(secret.clone()) else {
        return false;
    };
    let quoted = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'"' | b'\'' | b'`'));
    let before = secret.start.checked_sub(1).and_then(|i| window.get(i));
    let after = window.get(secret.end);
    let in_quotes = quoted(before) && quoted(after);
    // In source a value without quotes is a name or a call.
    if kind == RegionKind::Code && !in_quotes {
        return false;
    }
    let ends = after.is_none_or(|b| {
        quoted(Some(b)) || b.is_ascii_whitespace() || matches!(b, b',' | b';' | b'}')
    });
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = has(u8::is_ascii_lowercase) || has(u8::is_ascii_uppercase);
    // Words joined by dots, dashes, underscores or slashes are names, addresses and paths.
    let odd = |b: &u8| matches!(b, b'.' | b'_' | b'-' | b'/' | b'*' | b'=' | b'$' | b'%');
    let joined = value.iter().filter(|b| odd(b)).count().saturating_mul(6) > value.len();
    let parts = value.split(|b| odd(b)).filter(|part| !part.is_empty());
    let words = parts
        .clone()
        .filter(|p| p.iter().all(u8::is_ascii_lowercase));
    let joined = joined || words.count().saturating_mul(2) > parts.count();
    let uuid = value.len() == 36 && value.iter().filter(|b| **b == b'-').count() == 4;
    let assigned = window.get(..secret.start).unwrap_or(&[]);
    let name: Vec<u8> = assigned
        .iter()
        .rev()
        .take(60)
        .map(u8::to_ascii_lowercase)
        .collect();
    let harmless = [
        "hsah", "mus", "di_", "eman", "liame", "lru", "htap", "elif", "tpyrc", "htgnel",
    ];
    let named_so = harmless.iter().any(|w| {
        let near = name.get(..name.len().min(24)).unwrap_or(&[]);
        near.windows(w.len()).any(|part| part == w.as_bytes())
    });
    ends && letters && digits >= 3 && value.len() >= 12 && !joined && !uuid && !named_so
}

const DIGITS62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether the last six of the 36 characters are the CRC-32 of the thirty before them, written with
/// 62 digits. GitHub and npm make their tokens so.
fn crc62(token: &[u8]) -> bool {
    let Some((body, sum)) = token
        .len()
        .checked_sub(36)
        .and_then(|start| token.get(start..))
        .and_then(|value| value.split_at_checked(30))
    else {
        return false;
    };
    let digit = |b: &u8| DIGITS62.iter().position(|d| d == b);
    let value = sum.iter().try_fold(0u64, |value, b| {
        let digit = digit(b)? as u64;
        value.checked_mul(62)?.checked_add(digit)
    });
    value == Some(u64::from(crc32fast::hash(body)))
}

/// Seconds of validity up to which a web token counts as short-lived.
const SHORT_LIFE: u64 = 31 * 24 * 3600;

fn jwt(token: &[u8]) -> Option<Judged> {
    let mut parts = token.split(|b| *b == b'.');
    let header = json(parts.next()?)?;
    let algorithm = header.get("alg")?.as_str()?.to_owned();
    let claims = json(parts.next()?).unwrap_or_default();
    let subject = claims.get("sub").and_then(|s| s.as_str());
    // The token that every page about web tokens shows.
    if subject.is_some_and(|s| s.starts_with("1234567890")) || algorithm == "none" {
        return None;
    }
    let number = |name: &str| claims.get(name).and_then(serde_json::Value::as_u64);
    let mut notes = vec![format!(
        "its header decodes and names the algorithm {}",
        ma_core::text::shorten(&algorithm, 16)
    )];
    let mut severity = None;
    if let Some(until) = number("exp") {
        notes.push(format!(
            "it says that it is valid until {until} (seconds since 1970)"
        ));
        // Whether that is past depends on when the scan is run; how long it was meant to live does not.
        let life = number("iat")
            .or_else(|| number("nbf"))
            .map(|from| until.saturating_sub(from));
        if life.is_some_and(|life| life <= SHORT_LIFE) {
            severity = Some(Severity::Info);
        }
    }
    Some(Judged { severity, notes })
}

fn json(part: &[u8]) -> Option<serde_json::Value> {
    let decoded = decode(part)?;
    let value: serde_json::Value = serde_json::from_slice(&decoded).ok()?;
    value.is_object().then_some(value)
}

/// Base64 in either alphabet, padded or not.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = bits.wrapping_shl(6) | u32::from(value);
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            out.push(u8::try_from(bits.wrapping_shr(held) & 0xff).unwrap_or(0));
        }
    }
    Some(out)
}

/// A private key in PEM at the beginning of `text`: its length, and what is known of it.
pub(super) fn pem(text: &[u8]) -> Option<(usize, Judged)> {
    let text = text.get(..text.len().min(ma_core::detector::AFTER))?;
    let find = |needle: &[u8], from: usize| {
        let rest = text.get(from..)?;
        let step = rest.windows(needle.len()).position(|w| w == needle)?;
        from.checked_add(step)
    };
    let label_at = "-----BEGIN".len();
    let label_end = find(b"-----", label_at).filter(|end| end.saturating_sub(label_at) <= 110)?;
    let label = text.get(label_at..label_end)?.trim_ascii();
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let body_at = label_end.saturating_add(5);
    let end = find(b"-----END", body_at)?;
    let close = find(b"-----", end.saturating_add(8))?.saturating_add(5);
    let body = text.get(body_at..end)?;
    let encrypted = label.starts_with(b"ENCRYPTED") || body.windows(9).any(|w| w == b"ENCRYPTED");
    let base64 = base64_of(body);
    let decoded = decode(&base64).filter(|_| base64.len() >= 64)?;
    // ASN.1 sequences, OpenSSH's own format, OpenPGP packets.
    let key = match decoded.first()? {
        0x30 => true,
        first => decoded.starts_with(b"openssh-key-v1") || *first >= 0x80,
    };
    if !(key || encrypted) || entropy(&base64) < 3.0 {
        return None;
    }
    let label = String::from_utf8_lossy(label).into_owned();
    let mut judged = Judged::note(format!("{label}: its {} bytes decode", decoded.len()));
    if encrypted {
        judged.severity = Some(Severity::Warning);
        judged
            .notes
            .push("it is encrypted with a passphrase".to_owned());
    }
    Some((close, judged))
}

/// The characters of the key itself: without line breaks (also as `\n` in JSON), quotes, and header
/// lines such as `Proc-Type: 4,ENCRYPTED`.
fn base64_of(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    let mut escaped = false;
    for byte in body {
        match (escaped, byte) {
            (true, _) => {
                escaped = false;
                text.push(b'\n');
            }
            (false, b'\\') => escaped = true,
            (false, b) => text.push(*b),
        }
    }
    let lines = text.split(|b| matches!(b, b'\n' | b'\r'));
    lines
        .filter(|line| !line.contains(&b':') && !line.trim_ascii().starts_with(b"="))
        .flat_map(|line| line.iter().copied())
        .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        .collect()
}
