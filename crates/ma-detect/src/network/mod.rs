//! Network addresses in text, metadata and code: those that say something about the file.
//!
//! Only what stands behind a scheme (`https://…`) is an address. A word with a dot is none: `torch.nn`
//! and `self.se` are code, and words such as "trojan" are vocabulary. Ordinary addresses are silent,
//! whatever their host; reported are
//!
//! | class | example |
//! | --- | --- |
//! | a numeric public address | `http://203.0.113.9:8080/x` |
//! | tunnels, recorders of requests, anonymous files, dynamic names, Tor | `https://abc.ngrok-free.app` |
//! | a program fetched without encryption | `http://host/setup.exe` |
//! | a host that looks like a well-known one | `https://xn--hugngface-…`, `huggingface.co.evil.example` |
//! | `javascript:`, and `data:` that holds a program | `data:text/html;base64,…` |
//!
//! Hosts are data (`data/hosts.tsv`) and match on whole labels. Vocabularies and weights are not looked
//! at: every address of the training text occurs in them.

mod rules;
mod url;

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{LazyLock, OnceLock};

use ma_core::{
    Cx, Detector, DetectorPass, Evidence, FormatInfo, Issue, Piece, Region, RegionKind, ScanError,
    Severity, text::shorten,
};

use crate::search::Search;
pub use rules::RULES;
use rules::{ACTIVE_ADDRESS, LOOKALIKE_HOST, NUMERIC_HOST, PROGRAM_ADDRESS, SUSPICIOUS_HOST};
use url::{Host, Url};

static DATA: &str = include_str!("../../data/hosts.tsv");

/// Hosts with their class and what they are.
static HOSTS: LazyLock<HashMap<&'static str, (&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = DATA.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, (columns.next()?, columns.next()?)))
        })
        .collect()
});

/// What is searched for; the rest of an address is read from there.
const LITERALS: [&str; 8] = [
    "://",
    "javascript:",
    "Javascript:",
    "JavaScript:",
    "JAVASCRIPT:",
    "data:",
    "Data:",
    "DATA:",
];

/// Longest address that is read.
const MAX_URL: usize = 2048;

/// Looks for network addresses.
#[derive(Default)]
pub struct Network(OnceLock<Search>);

static INFO: FormatInfo = FormatInfo {
    id: "network",
    title: "Network addresses",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "a scheme and `://` in text, metadata and code",
    checks: "numeric hosts, tunnels and recorders of requests, programs without encryption, look-alikes",
    spec: "RFC 3986, RFC 5891",
    rules: RULES,
};

impl Detector for Network {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn wants(&self, kind: RegionKind) -> bool {
        matches!(
            kind,
            RegionKind::Text | RegionKind::Metadata | RegionKind::Code
        )
    }

    fn begin<'d>(&'d self, _region: &'d Region) -> Box<dyn DetectorPass + 'd> {
        Box::new(Pass(self.0.get_or_init(|| Search::packed(&LITERALS))))
    }
}

struct Pass<'d>(&'d Search);

impl DetectorPass for Pass<'_> {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        self.0.each(piece, |at| {
            cx.budget().charge_steps(64)?;
            let issue = match piece.from(at).first() {
                Some(b':') => address(piece, at),
                _ => active(piece, at),
            };
            issue.map_or(Ok(()), |issue| cx.issue(issue))
        })
    }
}

/// What to say of the address whose `://` is at `at`.
fn address(piece: &Piece<'_>, at: usize) -> Option<Issue> {
    let (start, end) = url::extent(piece.bytes, at, MAX_URL)?;
    let text = std::str::from_utf8(piece.bytes.get(start..end)?).ok()?;
    let url = Url::parse(text)?;
    let verdict = judge(&url, piece.region.kind)?;
    let issue = Issue::new(verdict.rule, verdict.message)
        .severity(verdict.severity)
        .at(piece.position(start)..piece.position(end))
        .route(piece.region.route.clone())
        .evidence(Evidence::text("address", shown(&url)));
    Some(issue)
}

/// The address without what may be a password.
fn shown(url: &Url<'_>) -> String {
    let rest = shorten(url.rest, 120);
    let user = if url.user.is_some() { "…@" } else { "" };
    format!("{}://{user}{}{rest}", url.scheme, url.authority)
}

struct Verdict {
    rule: &'static ma_core::Rule,
    severity: Severity,
    message: String,
}

fn verdict(rule: &'static ma_core::Rule, severity: Severity, message: String) -> Option<Verdict> {
    Some(Verdict {
        rule,
        severity,
        message,
    })
}

fn judge(url: &Url<'_>, kind: RegionKind) -> Option<Verdict> {
    if !url.is_network() {
        return None;
    }
    match &url.host {
        Host::V4(ip) if public_v4(*ip) => numeric(url, &ip.to_string(), kind),
        Host::V6(ip) if public_v6(*ip) => numeric(url, &ip.to_string(), kind),
        Host::V4(_) | Host::V6(_) => None,
        Host::Name(name) => named(url, name),
    }
}

fn numeric(url: &Url<'_>, ip: &str, kind: RegionKind) -> Option<Verdict> {
    // In code it is something that will be connected to; in text it is often an example.
    let in_code = kind == RegionKind::Code && (url.port.is_some() || url.rest.len() > 1);
    let severity = match in_code || url.fetches_program() {
        true => Severity::Warning,
        false => Severity::Info,
    };
    let message = format!("An address names a computer by number: {ip}");
    verdict(&NUMERIC_HOST, severity, message)
}

fn named(url: &Url<'_>, name: &str) -> Option<Verdict> {
    let class = class_of(name);
    if let Some(original) = lookalike(name) {
        let message = format!(
            "The host {} looks like {original} and is not",
            shorten(name, 80)
        );
        return verdict(&LOOKALIKE_HOST, Severity::Warning, message);
    }
    match class {
        Some(("trusted", _)) => None,
        Some((_, what)) => {
            let message = format!("The address leads to {}: {what}", shorten(name, 80));
            verdict(&SUSPICIOUS_HOST, Severity::Warning, message)
        }
        None if is_webhook(name, url.rest) => {
            let message = format!("The address posts messages to a channel of {name}");
            verdict(&SUSPICIOUS_HOST, Severity::Warning, message)
        }
        None if url.scheme.eq_ignore_ascii_case("http") && url.fetches_program() => {
            let message = format!(
                "A program is fetched from {} unencrypted",
                shorten(name, 80)
            );
            verdict(&PROGRAM_ADDRESS, Severity::Warning, message)
        }
        None => None,
    }
}

fn is_webhook(name: &str, rest: &str) -> bool {
    let discord =
        matches!(name, "discord.com" | "discordapp.com") && rest.starts_with("/api/webhooks/");
    discord || (name == "hooks.slack.com" && rest.starts_with("/services/"))
}

/// The class of a host: that of the longest known suffix.
fn class_of(name: &str) -> Option<(&'static str, &'static str)> {
    let mut rest = name;
    loop {
        if let Some(class) = HOSTS.get(rest) {
            return Some(*class);
        }
        rest = rest.split_once('.')?.1;
    }
}

/// The well-known host that this one is made to look like.
fn lookalike(name: &str) -> Option<&'static str> {
    if class_of(name).is_some_and(|(class, _)| class == "trusted") {
        return None;
    }
    let known = [
        "huggingface.co",
        "github.com",
        "pytorch.org",
        "tensorflow.org",
        "pypi.org",
        "kaggle.com",
    ];
    // `huggingface.co.evil.example`: the trusted name as the first labels of another.
    let prefixed = known.iter().find(|k| {
        let rest = name.strip_prefix(**k);
        rest.is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
    });
    if let Some(known) = prefixed {
        return Some(known);
    }
    let plain = url::skeleton(name)?;
    known
        .into_iter()
        .find(|k| plain == **k || plain.ends_with(&format!(".{k}")))
}

/// What `javascript:` or `data:` at `at` is.
fn active(piece: &Piece<'_>, at: usize) -> Option<Issue> {
    let before = piece.before(at);
    // A setting or a word is none: `data: [1, 2]`, `metadata:`, `"data:"`.
    if before.is_some_and(|b| !matches!(b, b'"' | b'\'' | b'=' | b'(' | b'<')) {
        return None;
    }
    let here = piece.from(at);
    let here = here.get(..here.len().min(200)).unwrap_or(here);
    let end = here
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>'));
    let text = String::from_utf8_lossy(here.get(..end.unwrap_or(here.len()))?).into_owned();
    let lower = text.to_ascii_lowercase();
    let script = lower.starts_with("javascript:") && lower.contains('(');
    let programs = [
        "data:text/html",
        "data:application/x-",
        "data:application/javascript",
        "data:text/javascript",
        "data:application/hta",
    ];
    let holds = programs.iter().any(|p| lower.starts_with(p)) && lower.contains(',');
    if !script && !holds {
        return None;
    }
    let end = at.saturating_add(text.len());
    let issue = Issue::new(
        &ACTIVE_ADDRESS,
        "An address that holds a program instead of naming a place",
    )
    .at(piece.position(at)..piece.position(end))
    .route(piece.region.route.clone())
    .evidence(Evidence::text("address", shorten(&text, 120)));
    Some(issue)
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let reserved = a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b & 0xfe) == 18);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || reserved)
}

fn public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    first & 0xe000 == 0x2000 && !(first == 0x2001 && second == 0x0db8)
}

#[cfg(test)]
mod tests;
