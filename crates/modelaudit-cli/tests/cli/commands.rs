//! The commands beside the scan.

use crate::harness::{Folder, executable};

#[test]
fn version_and_help() {
    let folder = Folder::new();
    let ran = folder.run("--version");
    assert_eq!(
        ran.out,
        format!("modelaudit {}\n", env!("CARGO_PKG_VERSION"))
    );
    folder.run("-h").expect("help.txt");
    assert_eq!(folder.run("--help").code, 0);
    assert_eq!(folder.run("help rules").code, 0);
    for command in ["scan", "inspect", "rules", "formats", "doctor"] {
        let ran = folder.run(&format!("{command} --help"));
        assert_eq!(ran.code, 0, "{command}");
        assert!(ran.out.contains("--color"), "{command}");
    }
}

#[test]
fn rules_as_a_table_in_full_and_as_json() {
    let folder = Folder::new();
    let table = folder.run("rules");
    assert_eq!(table.code, 0);
    assert!(table.out.contains("name-belies-content"), "{table:?}");
    let page = folder.run("rules s901");
    assert!(
        page.out.starts_with("ENG001 name-belies-content"),
        "{page:?}"
    );
    assert!(page.out.contains("What to do"), "{page:?}");
    let all = folder.run("rules -f json").json();
    assert_eq!(
        all.as_array().unwrap().len() + 1,
        table.out.lines().count(),
        "one line a rule below the head"
    );
    let one = folder.run("--format json rules ENG001").json();
    assert_eq!(one[0]["name"], "name-belies-content");
}

#[test]
fn formats_are_listed() {
    let folder = Folder::new();
    let text = folder.run("formats");
    assert_eq!(text.code, 0);
    let json = folder.run("formats -f json").json();
    for format in json.as_array().unwrap() {
        let title = format["title"].as_str().unwrap();
        assert!(text.out.contains(title), "{title}");
    }
}

#[test]
fn the_doctor_is_content() {
    let folder = Folder::new();
    let ran = folder.run("doctor");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("✓ rules"), "{ran:?}");
    let json = folder.run("doctor -f json").json();
    assert!(json.as_array().unwrap().iter().all(|c| c["ok"] == true));
    let mut command = folder.command(["doctor"]);
    let ran = crate::harness::done(command.env("TMPDIR", folder.path("gone")));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("✗ temporary files"), "{ran:?}");
}

#[test]
fn inspect_shows_every_recognised_file() {
    let folder = Folder::new();
    folder.write("a.bin", executable());
    let ran = folder.run("inspect a.bin");
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("a.bin (executable)"), "{ran:?}");
    assert!(ran.out.contains("^ [WARNING]"), "{ran:?}");
    let ran = folder.run("inspect a.bin -f json -o shown.json");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(folder.read("shown.json").contains("executable-file"));
}
