//! Bytecode that does harm.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Stream, range};
use crate::marshal::{Finding, Reason};

declare_rule! {
    /// ## What it finds
    /// Bytecode that calls, or takes by name, functions that start programs, run text, load native libraries, build more code, open network connections, delete files or load pickles. Where the instructions cannot be followed, the names in the code decide.
    /// ## Why it matters
    /// A function that a model carries (a Keras `Lambda` layer, a function pickled by value) is called when the model is used, often already when it is loaded. It then does this with all your rights.
    /// ## What it leaves alone
    /// Arithmetic, and calls into TensorFlow, Keras, NumPy and the like. In `.pyc` files, which only matter to who imports them: connections, files and pickles within functions; programs started within functions are a Warning.
    /// ## What to do
    /// Do not load the model. Ask its author for a version without embedded code.
    pub static DANGEROUS_CODE = {
        code: "MAR001", name: "marshal-dangerous-code", severity: Critical,
        title: "Bytecode that can run programs or worse",
        references: [Cwe(502), Cwe(506), Cve("CVE-2024-3660")],
    }
}

/// Most issues about one stream.
const MOST: usize = 50;

/// Fires once for each thing the code calls or names.
#[must_use]
pub fn check(stream: &Stream<'_>) -> Vec<Issue> {
    let issues = stream.findings.iter().filter_map(|finding| {
        let severity = severity(finding, stream.module)?;
        let how = match finding.reason {
            Reason::Calls => "calls",
            Reason::Refers => "refers to",
            Reason::Names => "names",
        };
        let message = format!(
            "the code {how} `{}`, which {}",
            finding.shown,
            finding.act.title()
        );
        let mut issue = Issue::new(&DANGEROUS_CODE, message)
            .severity(severity)
            .route(finding.function.clone())
            .evidence(Evidence::code(how, finding.shown.clone()))
            .subject(finding.name.clone());
        if let Some(bytes) = &finding.bytes {
            issue = issue.at(range(stream, bytes));
        }
        if let Some(version) = stream.summary.version {
            issue = issue.evidence(Evidence::fact("bytecode of", format!("Python {version}")));
        }
        Some(issue)
    });
    issues.take(MOST).collect()
}

/// Code that is carried along is there to be called; of a module, only the module level runs by itself.
fn severity(finding: &Finding, module: bool) -> Option<Severity> {
    if !module {
        return Some(Severity::Critical);
    }
    let at_import = finding.function == "<module>";
    match (finding.reason, finding.act.runs()) {
        (Reason::Calls, true) if at_import => Some(Severity::Critical),
        (Reason::Calls | Reason::Names, true) => Some(Severity::Warning),
        (Reason::Calls, false) if at_import => Some(Severity::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::marshal::rules::tests::{file, fired, fired_in_pyc};

    #[test]
    fn fires_and_stays_silent() {
        let rule = "marshal-dangerous-code";
        assert_eq!(
            fired(rule, &file("lambda-evil-3.11.bin")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &file("lambda-3.11.bin")), None);
        assert_eq!(
            fired_in_pyc(rule, &file("small-3.11.bin")),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired_in_pyc(rule, &file("lambda-evil-3.11.bin")),
            Some(Severity::Warning)
        );
        assert_eq!(fired_in_pyc(rule, &file("lambda-3.11.bin")), None);
    }
}
