//! The formats of secrets, read from the data file on first use; an expression is compiled when its
//! literal is met for the first time.

use std::sync::{LazyLock, OnceLock};

use ma_core::Severity;
use regex::bytes::{Regex, RegexBuilder};

static DATA: &str = include_str!("../../data/secrets.tsv");

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let lines = DATA.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(Format::parse).collect()
});

/// What a match must stand besides its expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Neither in front nor behind stands a character of a longer word.
    Edges,
    /// Capital and small letters, and digits.
    Mixed,
    /// Capital and small letters.
    BothCases,
    /// The last six characters are the checksum of the thirty before them.
    Crc62,
    /// The header decodes to JSON that names an algorithm.
    Jwt,
    /// The body decodes to something that begins like a key.
    Pem,
    /// It is a password in an address.
    Password,
    /// It may be anything: all conditions of a generic secret.
    Generic,
}

/// One format.
pub(super) struct Format {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) anchors: Vec<&'static str>,
    pattern: &'static str,
    pub(super) entropy: f64,
    pub(super) severity: Severity,
    /// Whether it proves itself enough to be looked for in weights and vocabularies.
    pub(super) anywhere: bool,
    pub(super) checks: Vec<Check>,
    compiled: OnceLock<Option<Regex>>,
}

impl Format {
    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let format = Self {
            id: columns.next()?,
            title: columns.next()?,
            anchors: columns.next()?.split(' ').collect(),
            pattern: columns.next()?,
            entropy: columns.next()?.parse().ok()?,
            severity: match columns.next()? {
                "critical" => Severity::Critical,
                "warning" => Severity::Warning,
                "info" => Severity::Info,
                _ => return None,
            },
            anywhere: columns.next()? == "any",
            checks: columns.next()?.split(',').filter_map(check).collect(),
            compiled: OnceLock::new(),
        };
        Some(format)
    }

    /// Whether one of the literals begins `here`.
    pub(super) fn begins(&self, here: &[u8], exact: bool) -> bool {
        self.anchors.iter().any(|anchor| {
            let head = here.get(..anchor.len()).unwrap_or(&[]);
            head == anchor.as_bytes() || (!exact && head.eq_ignore_ascii_case(anchor.as_bytes()))
        })
    }

    pub(super) fn has(&self, check: Check) -> bool {
        self.checks.contains(&check)
    }

    pub(super) fn expression(&self) -> Option<&Regex> {
        let compile = || {
            let mut builder = RegexBuilder::new(self.pattern);
            builder.unicode(false).build().ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

fn check(name: &str) -> Option<Check> {
    Some(match name {
        "edges" => Check::Edges,
        "mixed" => Check::Mixed,
        "bothcases" => Check::BothCases,
        "crc62" => Check::Crc62,
        "jwt" => Check::Jwt,
        "pem" => Check::Pem,
        "password" => Check::Password,
        "generic" => Check::Generic,
        _ => return None,
    })
}

/// All formats.
pub(super) fn all() -> &'static [Format] {
    &FORMATS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        let lines = DATA.lines().filter(|l| !l.starts_with('#'));
        for line in lines.clone() {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 9, "{line}");
            let names = columns[7].split(',').filter(|c| !c.is_empty());
            assert!(names.clone().all(|c| check(c).is_some()), "{line}");
        }
        assert_eq!(all().len(), lines.count());
        for format in all() {
            assert!(format.expression().is_some(), "{}", format.id);
            if format.anywhere {
                assert!(format.anchors.iter().all(|a| a.len() >= 3), "{}", format.id);
            }
        }
        let ids: std::collections::BTreeSet<_> = all().iter().map(|f| f.id).collect();
        assert_eq!(ids.len(), all().len());
    }
}
