//! A rule that fired: what, where, and the proof.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::artifact::ArtifactPath;
use crate::rule::{Rule, Severity};

/// Where an issue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// In which artifact.
    pub artifact: ArtifactPath,
    /// Which bytes of it.
    pub range: Option<Range<u64>>,
    /// The way inside the structure (`graph.node[3].attribute[body]`, `stream 2`); may be empty.
    pub route: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.artifact)?;
        if let Some(range) = &self.range {
            write!(f, " (pos {})", range.start)?;
        }
        Ok(())
    }
}

/// What a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EvidenceKind {
    /// Reconstructed or quoted source code.
    Code,
    /// Bytes in hexadecimal.
    Bytes,
    /// Text from the file.
    Text,
    /// A fact that the scanner established.
    Fact,
}

/// A labelled piece of proof. The text is as found; whoever prints it escapes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// What it shows (`call`, `opcode`, `template line 12`).
    pub label: Cow<'static, str>,
    /// The proof itself.
    pub text: String,
}

impl Evidence {
    /// Source code.
    #[must_use]
    pub fn code(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self::new(EvidenceKind::Code, label, text)
    }

    /// Text from the file.
    #[must_use]
    pub fn text(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self::new(EvidenceKind::Text, label, text)
    }

    /// A fact.
    #[must_use]
    pub fn fact(label: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self::new(EvidenceKind::Fact, label, text)
    }

    /// Bytes, shown in hexadecimal; the caller has cut them to a sensible number.
    #[must_use]
    pub fn bytes(label: impl Into<Cow<'static, str>>, bytes: &[u8]) -> Self {
        use fmt::Write as _;
        let mut text = String::new();
        for (i, byte) in bytes.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            // Writing to a String can't fail.
            let _ = write!(text, "{gap}{byte:02x}");
        }
        Self::new(EvidenceKind::Bytes, label, text)
    }

    fn new(
        kind: EvidenceKind,
        label: impl Into<Cow<'static, str>>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            label: label.into(),
            text: text.into(),
        }
    }
}

/// A rule that fired. Built by a rule, completed with the artifact's path by [`crate::Cx::issue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Which rule.
    pub rule: &'static Rule,
    /// The severity of this one; a rule may lower its own default where the facts are milder, and a
    /// policy may change it later.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub message: String,
    /// Why it matters here, in words a person who is no security expert understands; empty = the
    /// rule's own.
    pub why: String,
    /// Where. The artifact is filled in by the context.
    pub location: Location,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// The full name that the issue is about (`mypackage.models.Net`), for policies that trust names.
    pub subject: Option<String>,
}

impl Issue {
    /// An issue of `rule` with the rule's severity.
    #[must_use]
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            why: String::new(),
            location: Location {
                artifact: ArtifactPath::new(""),
                range: None,
                route: String::new(),
            },
            evidence: Vec::new(),
            subject: None,
        }
    }

    /// With these bytes.
    #[must_use]
    pub fn at(mut self, range: Range<u64>) -> Self {
        self.location.range = Some(range);
        self
    }

    /// With this way inside the structure.
    #[must_use]
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.location.route = route.into();
        self
    }

    /// With one more piece of proof.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// With its own reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// With another severity than the rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// About this full name.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The reason to show: the issue's own, or the rule's.
    #[must_use]
    pub fn reason(&self) -> &str {
        if self.why.is_empty() {
            self.rule.why()
        } else {
            &self.why
        }
    }
}
