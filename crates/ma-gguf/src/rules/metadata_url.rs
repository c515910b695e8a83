//! Addresses in the metadata.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::{Gguf, Value};
use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// A value that is an address with a password in it, one that begins with `file:`, `data:` or
    /// `javascript:`, and (as Info) one with another scheme than http or https, or with a number in the
    /// place of a host name.
    /// ## Why it matters
    /// Tools show these addresses as links to the source of the model. One that opens a local file,
    /// carries its content in itself or leads to a bare machine is not where a model comes from; a
    /// password in it is given to everybody who has the file.
    /// ## What it leaves alone
    /// http and https addresses with a host name, which every converted model has. Text that merely
    /// mentions an address.
    /// ## What to do
    /// Do not follow the address. Ask who published the model.
    pub static METADATA_URL = {
        code: "GUF017", name: "gguf-metadata-url", severity: Warning,
        title: "An address in the metadata is unusual",
        references: [Cwe(601), Cwe(522), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.kvs.iter().filter_map(|kv| {
        let Value::Str(text) = &kv.value else {
            return None;
        };
        let (message, severity) = judge(text.start.trim())?;
        let shown_url = redacted(text.start.trim());
        Some(
            Issue::new(&METADATA_URL, message)
                .severity(severity)
                .at(kv.range.clone())
                .route(shown(&kv.key))
                .evidence(Evidence::text("value", shown_url)),
        )
    });
    fired.collect()
}

fn judge(value: &str) -> Option<(String, Severity)> {
    let (scheme, rest) = value.split_once(':')?;
    let known = !scheme.is_empty()
        && scheme.len() <= 16
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !known || value.contains(char::is_whitespace) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    if matches!(scheme.as_str(), "file" | "data" | "javascript" | "vbscript") && !rest.is_empty() {
        let message = format!("The address begins with `{scheme}:`");
        return Some((message, Severity::Warning));
    }
    let rest = rest.strip_prefix("//")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(':') {
        let message = "The address holds a user name and a password".to_owned();
        return Some((message, Severity::Warning));
    }
    if is_number(host) {
        let message = "The address names a machine by its number".to_owned();
        return Some((message, Severity::Info));
    }
    if scheme != "http" && scheme != "https" {
        return Some((
            format!("The address begins with `{scheme}:`"),
            Severity::Info,
        ));
    }
    None
}

/// Whether a host (with a port) is an IP address, also as one number.
fn is_number(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.split(']').next().unwrap_or("");
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let host = host.split(':').next().unwrap_or("");
    let whole = host.parse::<u32>().is_ok();
    let hex = host.strip_prefix("0x").or_else(|| host.strip_prefix("0X"));
    let hex = hex.is_some_and(|h| u32::from_str_radix(h, 16).is_ok());
    whole || hex || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The address with its password taken out.
fn redacted(value: &str) -> String {
    let short = ma_core::text::shorten(value, 160).into_owned();
    let Some((scheme, rest)) = short.split_once("//") else {
        return short;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    match authority.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or("");
            let after = rest.get(user.len()..).unwrap_or("");
            format!("{scheme}//{name}:***{after}")
        }
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    #[test]
    fn fires_on_unusual_addresses_only() {
        let with = |url| {
            fired(
                "gguf-metadata-url",
                &File::new().kv(kv_str("general.url", url)).build(),
            )
        };
        assert_eq!(with("https://user:secret@example.com/x"), WARNING);
        assert_eq!(with("javascript:alert(1)"), WARNING);
        assert_eq!(with("FILE:///etc/passwd"), WARNING);
        assert_eq!(with("http://127.0.0.1:8000/x"), INFO);
        assert_eq!(with("http://2130706433/x"), INFO);
        assert_eq!(with("ftp://example.com"), INFO);
        assert_eq!(with("https://huggingface.co/org/model"), None);
        assert_eq!(with("https://user@example.com/"), None);
        assert_eq!(with("note: see file:x"), None);
        assert_eq!(with("llama"), None);
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(super::redacted("https://u:p@h/x@y"), "https://u:***@h/x@y");
    }
}
