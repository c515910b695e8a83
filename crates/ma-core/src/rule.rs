//! Rules: declared once, read by the scanners, the catalogue, the reports and the tests.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// What a person should do. Ordered: `Info < Warning < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look before you load.
    Warning,
    /// Do not load this.
    Critical,
}

impl Severity {
    /// The lower-case name, as in options and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.to_ascii_lowercase().as_str() {
            "info" | "note" => Ok(Self::Info),
            "warning" | "warn" => Ok(Self::Warning),
            "critical" | "error" => Ok(Self::Critical),
            _ => Err(format!(
                "`{s}` is no severity; there are info, warning and critical"
            )),
        }
    }
}

/// Where to read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reference {
    /// A weakness class.
    Cwe(u32),
    /// A vulnerability, `CVE-2025-32434`.
    Cve(&'static str),
    /// An advisory, `GHSA-…`.
    Advisory(&'static str),
    /// The specification or source of the format.
    Spec(&'static str),
    /// A paper or report.
    Article(&'static str),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cwe(n) => write!(f, "CWE-{n}"),
            Self::Cve(s) | Self::Advisory(s) | Self::Spec(s) | Self::Article(s) => f.write_str(s),
        }
    }
}

/// The static declaration of a rule, made by [`crate::declare_rule!`].
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Short key, `PKL001`. Never reused.
    pub code: &'static str,
    /// Readable key, `pickle-dangerous-call`.
    pub name: &'static str,
    /// What it says in a list.
    pub title: &'static str,
    /// Severity unless the issue says otherwise.
    pub severity: Severity,
    /// Older keys and the codes that other tools use for the same thing.
    pub aliases: &'static [&'static str],
    /// True when the issue is about a name that the user may know better (an unknown class): a policy
    /// that trusts the name hides it. Never true for names known to be dangerous.
    pub trustable: bool,
    /// Where to read on.
    pub references: &'static [Reference],
    /// The page, in Markdown: `## What it finds`, `## Why it matters`, `## What it leaves alone`,
    /// `## What to do`.
    pub docs: &'static str,
}

impl Rule {
    /// Whether `key` names this rule: code, name or alias, in any case.
    #[must_use]
    pub fn answers_to(&self, key: &str) -> bool {
        self.code.eq_ignore_ascii_case(key)
            || self.name.eq_ignore_ascii_case(key)
            || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(key))
    }

    /// The text below one heading of the page; empty when there is none.
    #[must_use]
    pub fn section(&self, heading: &str) -> &'static str {
        for part in self.docs.split("## ").skip(1) {
            if let Some(body) = part.trim_start().strip_prefix(heading) {
                return body.trim();
            }
        }
        ""
    }

    /// Why it matters, for the line under an issue.
    #[must_use]
    pub fn why(&self) -> &'static str {
        self.section("Why it matters")
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.section("What to do")
    }
}

/// Declares a rule as a static. The doc comment is its page and must hold the four headings.
///
/// ```
/// ma_core::declare_rule! {
///     /// ## What it finds
///     /// Answers that are not 42.
///     /// ## Why it matters
///     /// Everything else follows from it.
///     /// ## What it leaves alone
///     /// 42.
///     /// ## What to do
///     /// Ask again.
///     pub static WRONG_ANSWER = {
///         code: "EX001", name: "wrong-answer", severity: Warning,
///         title: "The answer is not 42",
///         references: [Cwe(682)],
///     }
/// }
/// assert_eq!(WRONG_ANSWER.why(), "Everything else follows from it.");
/// ```
#[macro_export]
macro_rules! declare_rule {
    (
        $(#[doc = $doc:expr])*
        $vis:vis static $ident:ident = {
            code: $code:literal, name: $name:literal, severity: $severity:ident,
            title: $title:literal,
            $(aliases: [$($alias:literal),* $(,)?],)?
            $(trustable: $trustable:literal,)?
            references: [$($kind:ident($value:expr)),* $(,)?] $(,)?
        }
    ) => {
        #[doc = concat!("`", $code, "` ", $title, ".")]
        #[doc = ""]
        $(#[doc = $doc])*
        $vis static $ident: $crate::Rule = $crate::Rule {
            code: $code,
            name: $name,
            title: $title,
            severity: $crate::Severity::$severity,
            aliases: &[$($($alias),*)?],
            trustable: false $(|| $trustable)?,
            references: &[$($crate::Reference::$kind($value)),*],
            docs: concat!($($doc, "\n"),*),
        };
    };
}
