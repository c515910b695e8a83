//! Mistakes that a new user makes: each is answered with what is wrong and what to do.

use crate::harness::{Folder, executable};

#[test]
fn nothing_at_all() {
    let ran = Folder::new().run("");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("Usage: modelaudit"), "{ran:?}");
}

#[test]
fn a_typo_in_an_option() {
    let folder = Folder::new();
    folder.run("--formt json x").expect("typo-option.txt");
    folder.run("--outptu x").fails_with("--outptu", "--output");
}

#[test]
fn a_format_that_does_not_exist() {
    let ran = Folder::new().run("-f xml x");
    ran.fails_with("invalid value 'xml'", "text, json");
}

#[test]
fn a_scan_of_nothing() {
    Folder::new().run("scan").fails_with("<PATHS>", "Usage");
}

#[test]
fn a_missing_path() {
    let folder = Folder::new();
    folder.write("models/model.pkl", "x");
    folder.run("models/modle.pkl").expect("missing-path.txt");
    folder.run("modles/model.pkl").fails_with(
        "`modles/model.pkl` does not exist",
        "did you mean `models`?",
    );
    folder
        .run("nothing-like-it")
        .fails_with("`nothing-like-it` does not exist", "");
    folder
        .run("org/name")
        .fails_with("`org/name` does not exist", "hf download org/name");
}

#[test]
fn a_mistyped_command() {
    let ran = Folder::new().run("rule");
    ran.fails_with("`rule` does not exist", "`modelaudit rules`");
}

#[test]
fn several_missing_paths() {
    Folder::new().run("a.pkl b.pkl").expect("missing-paths.txt");
}

#[test]
fn a_url() {
    let folder = Folder::new();
    folder
        .run("hf://org/model")
        .fails_with("`hf://` is not supported yet", "hf download org/model");
    folder
        .run("https://example.org/m.pkl")
        .fails_with("not supported yet", "curl -LO");
}

#[test]
fn a_folder_without_models() {
    let folder = Folder::new();
    folder.write("docs/notes.md", "# Notes\n");
    folder.run("docs").expect("no-models.txt");
    std::fs::create_dir(folder.path("empty")).unwrap();
    folder.run("empty").expect("empty-folder.txt");
    let quiet = folder.run("-q empty");
    quiet.fails_with("nothing was scanned", "modelaudit formats");
}

#[test]
fn an_empty_file() {
    let folder = Folder::new();
    folder.write("model.bin", "");
    let ran = folder.run("model.bin");
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("Not looked at:"), "{ran:?}");
    assert!(ran.out.contains("the file is empty"), "{ran:?}");
}

#[test]
fn a_rule_that_does_not_exist() {
    let folder = Folder::new();
    folder
        .run("rules name-belies-contents")
        .expect("unknown-rule.txt");
    folder
        .run("--suppress NOPE x")
        .fails_with("there is no rule `NOPE`", "modelaudit rules");
    folder
        .run("--severity ENG01=info x")
        .fails_with("there is no rule `ENG01`", "did you mean `ENG001`?");
}

#[test]
fn a_severity_that_does_not_exist() {
    let folder = Folder::new();
    folder
        .run("--severity ENG001=bad x")
        .fails_with("`bad` is no severity", "info, warning and critical");
    folder
        .run("--severity ENG001 x")
        .fails_with("a rule and a level", "=warning");
    folder
        .run("--fail-on high x")
        .fails_with("`high` is no severity", "info, warning and critical");
}

#[test]
fn options_that_contradict_each_other() {
    let folder = Folder::new();
    folder
        .run("--strict --fail-on critical x")
        .fails_with("'--strict' cannot be used with", "--fail-on");
    folder
        .run("--quiet --verbose x")
        .fails_with("'--quiet' cannot be used with", "--verbose");
    folder
        .run("--quiet --progress x")
        .fails_with("cannot be used with", "--progress");
}

#[test]
fn numbers_that_make_no_sense() {
    let folder = Folder::new();
    folder
        .run("--max-file-size 10parsecs x")
        .fails_with("`parsecs` is no unit of size", "GB");
    folder
        .run("--max-total-size 0 x")
        .fails_with("nothing would be scanned", "no limit");
    folder
        .run("--max-file-size=-1 x")
        .fails_with("--max-file-size", "10GB or 500 MB");
    folder
        .run("--timeout 0 x")
        .fails_with("there must be some time", "");
    folder
        .run("--timeout soon x")
        .fails_with("a time is a number with a unit", "30s or 5m");
    folder
        .run("--timeout 3fortnights x")
        .fails_with("`fortnights` is no unit of time", "ms, s, m and h");
    folder
        .run("--threads 0 x")
        .fails_with("a number from 1 to 1024", "");
}

#[test]
fn output_that_can_not_be_written() {
    let folder = Folder::new();
    folder.write("model.bin", executable());
    folder
        .run("model.bin -o reports/r.txt")
        .expect("output-missing-folder.txt");
    std::fs::create_dir(folder.path("reports")).unwrap();
    folder
        .run("model.bin -o reports")
        .fails_with("`reports` is a directory", "reports/report.txt");
    folder
        .run("model.bin -o model.bin")
        .fails_with("would replace `model.bin`", "another name");
    folder
        .run("model.bin -o model.bin/report.txt")
        .fails_with("can't be written", "another place");
    assert_eq!(folder.names(), ["model.bin", "reports"]);
    assert_eq!(
        std::fs::read(folder.path("model.bin")).unwrap(),
        executable()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let folder = Folder::new();
    folder.write("model.bin", executable());
    folder
        .run("model.bin -o /dev/full")
        .fails_with("can't be written to `/dev/full`", "make room");
    let mut command = folder.command(["model.bin"]);
    let full = std::fs::File::create("/dev/full").unwrap();
    let ran = crate::harness::done(command.stdout(full));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("the report can't be written"), "{ran:?}");
}

#[test]
fn inspecting_what_can_not_be_inspected() {
    let folder = Folder::new();
    folder.write("docs/notes.md", "# Notes\n");
    folder.write("docs/numbers.bin", "\u{0}\u{1}\u{2}");
    folder
        .run("inspect docs")
        .fails_with("`docs` is a directory", "name a file in it");
    folder
        .run("inspect docs/numbers.bin")
        .fails_with("no format that is known here", "modelaudit formats");
    folder
        .run("inspect docs/note.md")
        .fails_with("does not exist", "did you mean `docs/notes.md`?");
    folder
        .run("inspect a b")
        .fails_with("unexpected argument 'b'", "Usage");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("model.bin", executable());
    let path = folder.path("model.bin");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        eprintln!("skipped: the superuser may read everything");
        return;
    }
    folder
        .run("model.bin")
        .fails_with("`model.bin` can't be read: permission denied", "chmod");
    folder
        .run("inspect model.bin")
        .fails_with("permission denied", "chmod");
}
