//! Addresses: where one begins and ends in text, and its parts (RFC 3986), as far as rules need them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The host of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A name in lower case, without the final dot.
    Name(String),
    /// A number.
    V4(Ipv4Addr),
    /// A number.
    V6(Ipv6Addr),
}

/// An address, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    /// What stands in front of `@`.
    pub(super) user: Option<&'a str>,
    /// Host and port as written.
    pub(super) authority: &'a str,
    pub(super) host: Host,
    pub(super) port: Option<u16>,
    /// Path, query and fragment.
    pub(super) rest: &'a str,
}

/// Bytes that a scheme may have.
const MAX_SCHEME: usize = 12;

/// Where the address around the `://` at `at` begins and ends.
pub(super) fn extent(bytes: &[u8], at: usize, max: usize) -> Option<(usize, usize)> {
    let scheme = |b: &u8| b.is_ascii_alphanumeric();
    let before = bytes.get(..at)?;
    let length = before
        .iter()
        .rev()
        .take(MAX_SCHEME.saturating_add(1))
        .take_while(|b| scheme(b))
        .count();
    // A literal escape in front (`\nhttp://`) is not a part of it.
    let start = at.checked_sub(length)?;
    let escaped = start.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b'\\');
    let start = start.saturating_add(usize::from(escaped));
    if length == 0 || length > MAX_SCHEME || start >= at {
        return None;
    }
    let inside = |b: &u8| {
        *b > 0x20
            && *b != 0x7f
            && !matches!(
                b,
                b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b'{' | b'}' | b'|' | b'^'
            )
    };
    let after = bytes.get(at..)?;
    let length = after.iter().take(max).take_while(|b| inside(b)).count();
    let mut end = at.saturating_add(length);
    // What ends a sentence or a bracket around it is not a part of it either.
    while let Some(last) = end.checked_sub(1).and_then(|i| bytes.get(i)) {
        if !matches!(
            last,
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b')' | b']' | b'*'
        ) {
            break;
        }
        end = end.saturating_sub(1);
    }
    (end > at.saturating_add(3)).then_some((start, end))
}

impl<'a> Url<'a> {
    /// Takes an address apart. `None` when it has no host that could be one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, after) = text.split_once("://")?;
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at_checked(end)?;
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, authority),
        };
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']')?;
                (Host::V6(host.parse().ok()?), port.strip_prefix(':'))
            }
            None => {
                let (host, port) = match authority.rsplit_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (authority, None),
                };
                (host_of(host)?, port)
            }
        };
        Some(Self {
            scheme,
            user,
            authority,
            host,
            port: port.and_then(|p| p.parse().ok()),
            rest,
        })
    }

    /// Whether the scheme is one that connects somewhere.
    pub(super) fn is_network(&self) -> bool {
        const SCHEMES: [&str; 12] = [
            "http", "https", "ftp", "ftps", "sftp", "ssh", "ws", "wss", "tcp", "udp", "telnet",
            "smb",
        ];
        SCHEMES.iter().any(|s| self.scheme.eq_ignore_ascii_case(s))
    }

    /// Whether the path names a program.
    pub(super) fn fetches_program(&self) -> bool {
        const PROGRAMS: [&str; 17] = [
            "exe", "dll", "scr", "bat", "cmd", "ps1", "vbs", "hta", "msi", "sh", "elf", "so",
            "dylib", "jar", "apk", "bin", "py",
        ];
        let path = self.rest.split(['?', '#']).next().unwrap_or("");
        let file = path.rsplit('/').next().unwrap_or("");
        let extension = file.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        // Weights are called `.bin` too, and pages of documentation end in `.py`.
        extension
            .is_some_and(|e| PROGRAMS.contains(&e.as_str()) && !matches!(e.as_str(), "bin" | "py"))
    }
}

fn host_of(text: &str) -> Option<Host> {
    let text = text.trim_end_matches('.');
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Some(Host::V4(ip));
    }
    // The whole address as one number, which browsers and curl understand.
    if let Some(hex) = text.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16)
            .ok()
            .map(|n| Host::V4(n.into()));
    }
    if text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<u32>().ok().map(|n| Host::V4(n.into()));
    }
    let label = |l: &str| {
        let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !l.is_empty() && l.len() <= 63 && l.chars().all(inside)
    };
    let dotted = text.contains('.') && text.split('.').all(label);
    dotted.then(|| Host::Name(text.to_lowercase()))
}

/// A name with look-alike letters replaced by the ASCII letters that they look like; `None` when it
/// holds none. Punycode is decoded first.
pub(super) fn skeleton(name: &str) -> Option<String> {
    let labels = name
        .split('.')
        .map(|label| match label.strip_prefix("xn--") {
            Some(encoded) => punycode(encoded).unwrap_or_else(|| label.to_owned()),
            None => label.to_owned(),
        });
    let decoded = labels.collect::<Vec<_>>().join(".");
    if decoded.is_ascii() {
        return None;
    }
    Some(decoded.chars().map(plain).collect())
}

/// The ASCII letter that a letter looks like.
fn plain(c: char) -> char {
    match c {
        'а' | 'á' | 'à' | 'â' | 'ä' | 'ą' | 'α' | 'ɑ' => 'a',
        'с' | 'ç' | 'ć' | 'č' | 'ϲ' => 'c',
        'е' | 'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ė' => 'e',
        'ɡ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'һ' | 'ħ' => 'h',
        'і' | 'í' | 'ì' | 'î' | 'ï' | 'ı' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' | 'ķ' => 'k',
        'ⅼ' | 'ł' | 'ĺ' => 'l',
        'м' => 'm',
        'п' | 'ñ' | 'ń' | 'ո' => 'n',
        'о' | 'ó' | 'ò' | 'ô' | 'ö' | 'ø' | 'ο' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' | 'ś' | 'š' => 's',
        'т' | 'ţ' | 'ť' => 't',
        'υ' | 'ú' | 'ù' | 'û' | 'ü' | 'ս' => 'u',
        'х' => 'x',
        'у' | 'ý' | 'ÿ' => 'y',
        c => c,
    }
}

/// Decodes a label of punycode (RFC 3492).
fn punycode(text: &str) -> Option<String> {
    let (basic, extended) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let start = i;
        let (mut weight, mut k) = (1u32, 36u32);
        loop {
            let digit = match digits.next()? {
                b @ b'a'..=b'z' => u32::from(b.wrapping_sub(b'a')),
                b @ b'0'..=b'9' => u32::from(b.wrapping_sub(b'0')).checked_add(26)?,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36u32.checked_sub(threshold)?)?;
            k = k.checked_add(36)?;
        }
        let count = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(i.checked_sub(start)?, count, start == 0)?;
        n = n.checked_add(i.checked_div(count)?)?;
        i = i.checked_rem(count)?;
        out.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i = i.checked_add(1)?;
        if out.len() > 63 {
            return None;
        }
    }
    Some(out.into_iter().collect())
}

fn adapt(delta: u32, count: u32, first: bool) -> Option<u32> {
    let mut delta = delta.checked_div(if first { 700 } else { 2 })?;
    delta = delta.checked_add(delta.checked_div(count)?)?;
    let mut k = 0u32;
    while delta > 455 {
        delta /= 35;
        k = k.checked_add(36)?;
    }
    k.checked_add(delta.checked_mul(36)?.checked_div(delta.checked_add(38)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<&str> {
        let (start, end) = extent(text.as_bytes(), text.find("://")?, 2048)?;
        text.get(start..end)
    }

    #[test]
    fn where_an_address_begins_and_ends() {
        assert_eq!(cut("see (https://a.org/x)."), Some("https://a.org/x"));
        assert_eq!(cut("\"http://a.org\""), Some("http://a.org"));
        assert_eq!(cut(r"x\nhttp://a.org"), Some("http://a.org"));
        assert_eq!(cut("averyverylongscheme://x.y"), None);
        assert_eq!(cut("://x"), None);
    }

    #[test]
    fn parts() {
        let url = Url::parse("https://u:p@A.Example.org:8443/x?y").unwrap();
        assert_eq!(url.user, Some("u:p"));
        assert_eq!(url.host, Host::Name("a.example.org".into()));
        assert_eq!((url.port, url.rest), (Some(8443), "/x?y"));
        let v6 = Url::parse("http://[2a00::1]:80/").unwrap();
        assert_eq!(v6.host, Host::V6("2a00::1".parse().unwrap()));
        let number = Url::parse("http://3405803777/x").unwrap();
        assert_eq!(number.host, Host::V4("203.0.113.1".parse().unwrap()));
        assert_eq!(Url::parse("http://localhost/"), None);
        assert_eq!(Url::parse("http://%s/{x}"), None);
    }

    #[test]
    fn punycode_of_the_specification_and_of_ours() {
        assert_eq!(punycode("bcher-kva").as_deref(), Some("bücher"));
        assert_eq!(skeleton("xn--gthub-n4a.com").as_deref(), Some("github.com"));
        assert_eq!(skeleton("github.com"), None);
    }
}
