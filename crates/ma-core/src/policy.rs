//! What the user wants done with issues. Applied once, after scanning; keeps what it hid.

use crate::issue::Issue;
use crate::rule::{Rule, Severity};

/// Hides issues of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Code, name or alias of the rule.
    pub rule: String,
    /// Only where the artifact's path matches: `*` stands for any characters, `?` for one.
    pub path: Option<String>,
    /// Why, for the report.
    pub reason: String,
}

/// An issue that a policy hid, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The issue.
    pub issue: Issue,
    /// Which part of the policy hid it.
    pub by: String,
}

/// What the user wants done with issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Rules (code, name or alias) with the severity they are to have. Later ones win.
    pub severities: Vec<(String, Severity)>,
    /// Issues to hide.
    pub suppressions: Vec<Suppression>,
    /// Python modules and names that the user vouches for: `mypkg` with everything below it, or a
    /// full name; `*` stands for any characters. Only issues of rules that allow it are hidden,
    /// never those about names known to be dangerous.
    pub trusted: Vec<String>,
    /// The lowest severity that makes the scan fail.
    pub fail_on: Severity,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            severities: Vec::new(),
            suppressions: Vec::new(),
            trusted: Vec::new(),
            fail_on: Severity::Warning,
        }
    }
}

impl Policy {
    /// Applies the policy: severities first, then what is hidden.
    #[must_use]
    pub fn apply(&self, issues: Vec<Issue>) -> (Vec<Issue>, Vec<Hidden>) {
        let mut kept = Vec::with_capacity(issues.len());
        let mut hidden = Vec::new();
        for mut issue in issues {
            if let Some(severity) = self.severity_of(issue.rule) {
                issue.severity = severity;
            }
            match self.hides(&issue) {
                Some(by) => hidden.push(Hidden { issue, by }),
                None => kept.push(issue),
            }
        }
        (kept, hidden)
    }

    fn severity_of(&self, rule: &Rule) -> Option<Severity> {
        let found = self.severities.iter().rfind(|(k, _)| rule.answers_to(k));
        found.map(|(_, severity)| *severity)
    }

    fn hides(&self, issue: &Issue) -> Option<String> {
        let path = issue.location.artifact.to_string();
        for s in &self.suppressions {
            let here = s.path.as_deref().is_none_or(|p| glob(p, &path));
            if here && issue.rule.answers_to(&s.rule) {
                return Some(if s.reason.is_empty() {
                    format!("suppressed: {}", s.rule)
                } else {
                    format!("suppressed: {} ({})", s.rule, s.reason)
                });
            }
        }
        let subject = issue.subject.as_deref()?;
        if !issue.rule.trustable {
            return None;
        }
        let trusted = self.trusted.iter().find(|t| trusts(t, subject))?;
        Some(format!("trusted: {trusted}"))
    }
}

/// Whether trusting `trusted` covers the full name `subject`.
fn trusts(trusted: &str, subject: &str) -> bool {
    glob(trusted, subject)
        || subject
            .strip_prefix(trusted)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters and `?` for one.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0usize, 0usize);
    // Where to go back to when the characters after a `*` turn out not to match.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p.saturating_add(1), t));
                p = p.saturating_add(1);
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p = p.saturating_add(1);
                t = t.saturating_add(1);
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from = from.saturating_add(1);
                    p = *after;
                    t = *from;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::declare_rule! {
        /// ## Why it matters
        /// It does not.
        static UNKNOWN = {
            code: "T001", name: "test-unknown", severity: Warning, title: "Unknown name",
            aliases: ["S001"],
            trustable: true,
            references: [],
        }
    }
    crate::declare_rule! {
        /// ## Why it matters
        /// It does not.
        static DANGER = {
            code: "T002", name: "test-danger", severity: Critical, title: "Danger", references: [],
        }
    }

    #[test]
    fn globs() {
        assert!(glob("*.pkl", "a/b.pkl"));
        assert!(glob("a*b?d", "axxbxbcd"));
        assert!(!glob("a*b?d", "axxbxbc"));
        assert!(glob("**", ""));
        assert!(!glob("?", ""));
    }

    #[test]
    fn what_is_hidden_is_kept_aside() {
        let policy = Policy {
            severities: vec![("s001".into(), Severity::Info)],
            trusted: vec!["mypkg".into()],
            ..Policy::default()
        };
        let issues = vec![
            Issue::new(&UNKNOWN, "a").subject("mypkg.Net"),
            Issue::new(&UNKNOWN, "b").subject("mypkgs.Net"),
            Issue::new(&DANGER, "c").subject("mypkg.os.system"),
        ];
        let (kept, hidden) = policy.apply(issues);
        assert_eq!(hidden.len(), 1);
        assert_eq!(hidden[0].by, "trusted: mypkg");
        let shown: Vec<_> = kept.iter().map(|i| (i.severity, &*i.message)).collect();
        assert_eq!(shown, [(Severity::Info, "b"), (Severity::Critical, "c")]);
    }

    #[test]
    fn suppressions_are_by_any_key_and_by_path() {
        let policy = Policy {
            suppressions: vec![Suppression {
                rule: "test-danger".into(),
                path: Some("other/*".into()),
                reason: String::new(),
            }],
            ..Policy::default()
        };
        let (kept, hidden) = policy.apply(vec![Issue::new(&DANGER, "c")]);
        assert_eq!((kept.len(), hidden.len()), (1, 0));
    }
}
