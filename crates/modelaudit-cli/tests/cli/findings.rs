//! What counts: severities, suppressions, strictness, and the report of a real attack.

#[cfg(feature = "formats")]
use crate::harness::{EVIL, GOOD};
use crate::harness::{Folder, executable};

#[test]
fn the_bar_decides_the_exit_code() {
    let folder = Folder::new();
    folder.write("a.bin", executable());
    assert_eq!(folder.run("a.bin").code, 1);
    assert_eq!(folder.run("a.bin --fail-on warning").code, 1);
    let ran = folder.run("a.bin --fail-on critical");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("1 warning below it"), "{ran:?}");
    assert_eq!(
        folder
            .run("a.bin -S executable-file=critical --fail-on critical")
            .code,
        1
    );
    let ran = folder.run("a.bin -S DET001=info");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("[INFO]"), "{ran:?}");
    assert_eq!(folder.run("a.bin -S DET001=info --strict").code, 1);
    assert_eq!(folder.run("a.bin -S DET001=info --fail-on info").code, 1);
}

#[test]
fn what_is_suppressed_is_counted() {
    let folder = Folder::new();
    folder.write("a.txt", executable());
    let ran = folder.run("a.txt -s DET001,name-belies-content");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Hidden by policy: 2 issues"), "{ran:?}");
    let json = folder.run("a.txt -s DET001 -s s901 -f json").json();
    assert_eq!(json["hidden"].as_array().unwrap().len(), 2);
    assert_eq!(json["verdict"], "clean");
}

#[test]
fn strict_wants_every_file_to_be_known() {
    let folder = Folder::new();
    folder
        .write("m/a.bin", executable())
        .write("m/notes.md", "x");
    let hidden = "m -s executable-file";
    assert_eq!(folder.run(hidden).code, 0);
    let ran = folder.run(&format!("{hidden} --strict"));
    assert_eq!(ran.code, 2);
    assert!(
        ran.out
            .contains("1 file is in a format that is not known here"),
        "{ran:?}"
    );
}

#[cfg(feature = "formats")]
#[test]
fn an_attack_is_reported_with_its_proof() {
    let folder = Folder::new();
    folder.write("evil.pkl", EVIL);
    let ran = folder.run("evil.pkl");
    assert_eq!(ran.code, 1);
    for part in [
        "✓ Scanning evil.pkl\nFiles scanned: 1 | Issues found: 1 critical",
        "[CRITICAL]",
        "posix.system",
        "echo pwned",
        "✗ Security issues found - DO NOT deploy this model",
    ] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    let json = folder.run("evil.pkl -f json").json();
    let location = json["issues"][0]["location"].as_str().unwrap();
    assert!(location.starts_with("evil.pkl (pos "), "{location}");
    assert_eq!(json["issues"][0]["severity"], "critical");
}

#[cfg(feature = "formats")]
#[test]
fn a_clean_file_is_clean() {
    let folder = Folder::new();
    folder.write("good.pkl", GOOD);
    folder.run("good.pkl").expect("clean.txt");
}

#[cfg(feature = "formats")]
#[test]
fn inspect_shows_the_finding_in_place() {
    let folder = Folder::new();
    folder.write("evil.pkl", EVIL);
    let ran = folder.run("inspect evil.pkl");
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("^ [CRITICAL]"), "{ran:?}");
    assert!(ran.out.contains("evil.pkl (pickle)"), "{ran:?}");
    let json = folder.run("inspect evil.pkl -f json").json();
    assert_eq!(json[0]["format"], "pickle");
    assert!(!json[0]["issues"].as_array().unwrap().is_empty());
}
