//! Genuine models of several versions of Keras: nothing above Info but for bytecode, and no gaps.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use ma_core::Severity;

#[test]
fn genuine_models_are_quiet() {
    let folder = std::env::var("MODELAUDIT_KERAS_MODELS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/benign/keras").to_owned()
    });
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let found = support::scan(&name, &std::fs::read(file.path()).unwrap());
        count += 1;
        for issue in &found.issues {
            let code = issue.rule.name == "keras-lambda-code";
            if issue.severity > Severity::Info && !(code && issue.severity == Severity::Warning) {
                wrong.push(format!("{name}: {} {}", issue.rule.name, issue.message));
            }
        }
        wrong.extend(found.gaps.iter().map(|g| format!("{name}: {}", g.detail)));
        if std::env::var_os("MODELAUDIT_KERAS_MODELS").is_some() {
            for issue in &found.issues {
                println!(
                    "{name}: {} {} {}",
                    issue.severity, issue.location.route, issue.message
                );
            }
        }
    }
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}
