//! Programs, code, libraries or connections in functions that the loader calls by itself.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// Calls that start programs, run program text that is put together, load native libraries, fetch code or connect to an address that stands in the source, in functions that a loader calls by itself and in what these call: `initialize`, `handle`, `preprocess`, `inference`, `postprocess` and constructors in a TorchServe archive; constructors, `__setstate__`, `__reduce__`, `__del__`, `__call__` and `forward` of classes in a `torch.package`.
    /// ## Why it matters
    /// The server sets up the handler and gives it every request; loading a package makes the classes' objects. Nobody asks: the call is made on your computer as soon as the model is served or loaded, as if it stood at the top of the file.
    /// ## What it leaves alone
    /// Functions that only other code calls; commands that only ask the system something (`nvidia-smi`); requests to addresses that come with the data; the same code in files that lie beside no such archive's manifest, where it is graded as a function's.
    /// ## What to do
    /// Do not load or serve the model. Read the line, and ask the publisher why a model needs it.
    pub static ENTRY_POINT = {
        code: "PY009", name: "python-entry-point", severity: Critical,
        title: "Acts on your computer as soon as the model is loaded or served",
        references: [Cwe(506), Cwe(78), Spec("https://github.com/pytorch/serve/blob/master/docs/custom_service.md"), Spec("https://docs.pytorch.org/docs/stable/package.html")],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::EntryPoint).then(|| issue(&ENTRY_POINT, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::{Caller, SourceLimits, analyse, judge_called_by, rules};

    fn fired(caller: Option<Caller>, text: &str) -> Vec<(&'static str, Severity)> {
        let analysis = analyse(text.as_bytes(), &SourceLimits::default());
        let findings = judge_called_by(&analysis, caller);
        rules::issues(&findings, &analysis)
            .iter()
            .map(|issue| (issue.rule.code, issue.severity))
            .collect()
    }

    const SERVE: Option<Caller> = Some(Caller::TorchServe);
    const PACKAGE: Option<Caller> = Some(Caller::TorchPackage);

    #[test]
    fn entry_points_are_graded_like_import_time_code() {
        let handler = "import os\nclass H:\n    def initialize(self, c):\n        self.go()\n    def go(self):\n        os.system('echo pwned')\n";
        assert_eq!(fired(SERVE, handler), [("PY009", Severity::Critical)]);
        assert_eq!(fired(None, handler), [("PY004", Severity::Warning)]);
        let class = "import subprocess\nclass N:\n    def __setstate__(self, s):\n        subprocess.Popen(['echo', 'pwned'])\n";
        assert_eq!(fired(PACKAGE, class), [("PY009", Severity::Critical)]);
        assert_eq!(fired(SERVE, class), [("PY007", Severity::Info)]);
    }

    #[test]
    fn connections_count_when_the_address_stands_in_the_source() {
        let to = |target: &str| {
            format!("import requests\ndef handle(data, context):\n    requests.get({target})\n")
        };
        assert_eq!(
            fired(SERVE, &to("'http://192.0.2.1/x'")),
            [("PY009", Severity::Critical)]
        );
        assert_eq!(fired(SERVE, &to("data[0]['url']")), []);
        assert_eq!(fired(None, &to("'http://192.0.2.1/x'")), []);
        let socket = "import socket\ndef handle(d, c):\n    s = socket.socket()\n    s.connect(('192.0.2.1', 4444))\n";
        assert_eq!(fired(SERVE, socket), [("PY009", Severity::Critical)]);
    }

    #[test]
    fn helpers_and_questions_are_left_alone() {
        let helper = "import os\ndef clean():\n    os.system('echo pwned')\n";
        assert_eq!(fired(SERVE, helper), [("PY004", Severity::Warning)]);
        let asks =
            "import subprocess\ndef handle(d, c):\n    subprocess.run(['nvidia-smi', '-L'])\n";
        assert_eq!(fired(SERVE, asks), []);
    }
}
