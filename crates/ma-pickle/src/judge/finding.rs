//! What was found, one entry for each distinct event: same rule, same subject. Repetitions are
//! counted, and of too many the worst are kept.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Evidence, Issue, Rule, Severity};

/// Distinct findings kept for one rule.
const MAX_PER_RULE: usize = 50;

/// A rule that fired, and how often for the same subject.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The issue of the first time.
    pub(crate) issue: Issue,
    /// How often.
    pub(crate) count: u64,
    /// What it is about; same rule and key = same finding.
    pub(crate) key: String,
    /// True when it says something about spelling and structure, not about what runs.
    pub(crate) structural: bool,
}

/// All findings of a stream or of a file.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    index: HashMap<(&'static str, String), usize>,
    per_rule: HashMap<&'static str, usize>,
    /// Findings that were left out, per rule.
    left_out: HashMap<&'static str, u64>,
}

impl Findings {
    /// True when nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Counts one more of the same; false when it is new.
    pub(crate) fn again(&mut self, rule: &'static Rule, key: &str, severity: Severity) -> bool {
        let known = self.index.get(&(rule.code, key.to_owned()));
        let Some(finding) = known.and_then(|at| self.list.get_mut(*at)) else {
            return false;
        };
        if finding.issue.severity < severity {
            // Worse than before: the caller makes a new issue, which takes this place.
            return false;
        }
        finding.count = finding.count.saturating_add(1);
        true
    }

    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: Finding) {
        let code = finding.issue.rule.code;
        if let Some(at) = self.index.get(&(code, finding.key.clone())).copied() {
            if let Some(known) = self.list.get_mut(at) {
                let count = known.count.saturating_add(finding.count);
                if known.issue.severity < finding.issue.severity {
                    *known = finding;
                }
                known.count = count;
            }
            return;
        }
        let kept = self.per_rule.entry(code).or_default();
        if *kept >= MAX_PER_RULE {
            let left_out = self.left_out.entry(code).or_default();
            *left_out = left_out.saturating_add(1);
            let severity = finding.issue.severity;
            let milder = self
                .list
                .iter()
                .position(|f| f.issue.rule.code == code && f.issue.severity < severity);
            if let Some((at, slot)) = milder.and_then(|at| Some((at, self.list.get_mut(at)?))) {
                self.index.remove(&(code, slot.key.clone()));
                self.index.insert((code, finding.key.clone()), at);
                *slot = finding;
            }
            return;
        }
        *kept = kept.saturating_add(1);
        self.index
            .insert((code, finding.key.clone()), self.list.len());
        self.list.push(finding);
    }

    /// Takes over all findings of another list.
    pub(crate) fn absorb(&mut self, other: Self) {
        for finding in other.list {
            self.add(finding);
        }
        for (code, count) in other.left_out {
            let total = self.left_out.entry(code).or_default();
            *total = total.saturating_add(count);
        }
    }

    /// Drops what fails the test.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Finding) -> bool) {
        let kept: Vec<_> = std::mem::take(&mut self.list)
            .into_iter()
            .filter(|finding| keep(finding))
            .collect();
        self.index.clear();
        self.per_rule.clear();
        for finding in kept {
            self.add(finding);
        }
    }

    /// The findings.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }

    /// The worst severity.
    pub(crate) fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|f| f.issue.severity).max()
    }

    /// The first finding of the worst severity.
    pub(crate) fn first_worst(&self) -> Option<&Finding> {
        let worst = self.worst()?;
        self.list
            .iter()
            .filter(|f| f.issue.severity == worst)
            .min_by_key(|f| start(&f.issue))
    }

    /// Sets the route of all that have none.
    pub(crate) fn route(&mut self, route: &str) {
        for finding in &mut self.list {
            if finding.issue.location.route.is_empty() {
                route.clone_into(&mut finding.issue.location.route);
            }
        }
    }

    /// As issues, in the order of the bytes.
    pub(crate) fn into_issues(self) -> Vec<Issue> {
        let mut issues: Vec<Issue> = Vec::with_capacity(self.list.len());
        let mut last: HashMap<&'static str, usize> = HashMap::new();
        let mut list = self.list;
        list.sort_by(|a, b| {
            (start(&a.issue), a.issue.rule.code, &a.key).cmp(&(
                start(&b.issue),
                b.issue.rule.code,
                &b.key,
            ))
        });
        for finding in list {
            let mut issue = finding.issue;
            let more = finding.count.saturating_sub(1);
            if more > 0 {
                issue.message = format!("{}, and {more} more like it", issue.message);
            }
            last.insert(issue.rule.code, issues.len());
            issues.push(issue);
        }
        for (code, count) in self.left_out {
            if let Some(issue) = last.get(code).and_then(|at| issues.get_mut(*at)) {
                issue.evidence.push(Evidence::fact(
                    "more",
                    format!("{count} further findings of this rule are not listed"),
                ));
            }
        }
        issues
    }
}

fn start(issue: &Issue) -> u64 {
    issue
        .location
        .range
        .as_ref()
        .map_or(0, |r: &Range<u64>| r.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{DANGEROUS_CALL, UNKNOWN_CLASS};

    fn finding(rule: &'static Rule, key: &str, severity: Severity) -> Finding {
        Finding {
            issue: Issue::new(rule, key).severity(severity).at(1..2),
            count: 1,
            key: key.to_owned(),
            structural: false,
        }
    }

    #[test]
    fn repetitions_are_counted_and_the_worst_is_never_lost() {
        let mut found = Findings::default();
        for i in 0..200 {
            found.add(finding(&UNKNOWN_CLASS, &format!("c{i}"), Severity::Info));
        }
        found.add(finding(&UNKNOWN_CLASS, "evil", Severity::Warning));
        found.add(finding(&DANGEROUS_CALL, "os.system", Severity::Critical));
        assert!(found.again(&DANGEROUS_CALL, "os.system", Severity::Critical));
        let issues = found.into_issues();
        assert_eq!(issues.len(), 51);
        assert!(issues.iter().any(|i| i.message == "evil"));
        assert!(
            issues
                .iter()
                .any(|i| i.message.ends_with("and 1 more like it"))
        );
    }
}
