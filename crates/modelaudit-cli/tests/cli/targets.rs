//! What can be scanned: files, folders, pipes, and mixtures with something missing.

use crate::harness::{Folder, executable};

#[test]
fn the_word_scan_may_be_left_out_and_options_stand_anywhere() {
    let folder = Folder::new();
    folder.write("a.bin", executable());
    let want = folder.run("scan a.bin --format json");
    assert_eq!(want.code, 1);
    for args in [
        "a.bin --format json",
        "--format json a.bin",
        "-f json scan a.bin",
        "scan -f json a.bin",
        "-fjson a.bin",
        "--format=json -- a.bin",
    ] {
        let ran = folder.run(args);
        assert_eq!((ran.code, &ran.out), (want.code, &want.out), "{args}");
    }
}

#[test]
fn files_named_like_commands_can_be_scanned() {
    let folder = Folder::new();
    folder.write("rules", executable());
    folder.write("scan", executable());
    for args in [
        "./rules",
        "-- rules",
        "scan rules",
        "scan scan",
        "-q -- scan",
    ] {
        assert_eq!(folder.run(args).code, 1, "{args}");
    }
    assert_eq!(folder.run("rules").code, 0);
}

#[test]
fn what_is_missing_does_not_keep_the_rest_from_being_scanned() {
    let folder = Folder::new();
    folder.write("a.bin", executable());
    let ran = folder.run("a.bin gone.bin");
    assert_eq!(ran.code, 1, "issues outrank failures");
    assert!(ran.err.contains("`gone.bin` does not exist"), "{ran:?}");
    assert!(ran.out.contains("✗ Could not scan gone.bin"), "{ran:?}");
    let ran = folder.run("a.bin gone.bin --suppress executable-file");
    assert_eq!(ran.code, 2, "without issues the failure counts");
    let json = folder.run("gone.bin -f json");
    assert_eq!(json.code, 2);
    assert_eq!(json.json()["failures"][0]["target"], "gone.bin");
}

#[test]
fn a_folder_is_scanned_with_what_is_hidden_in_it() {
    let folder = Folder::new();
    folder.write("m/.hidden/b.bin", executable());
    folder.write("m/a.bin", executable());
    folder.write("m/.gitignore", "*\n");
    let json = folder.run("m -f json").json();
    let places: Vec<_> = json["issues"].as_array().unwrap().iter().collect();
    assert_eq!(places[0]["location"], "m/.hidden/b.bin (pos 0)");
    assert_eq!(places[1]["location"], "m/a.bin (pos 0)");
    assert_eq!(json["files_scanned"], 2);
    assert_eq!(json["totals"]["files_unrecognised"], 1);
}

#[cfg(unix)]
#[test]
fn a_broken_link_makes_the_scan_incomplete() {
    let folder = Folder::new();
    folder.write("m/a.bin", executable());
    std::os::unix::fs::symlink("gone", folder.path("m/link.pkl")).unwrap();
    let ran = folder.run("m -S executable-file=info");
    assert_eq!(ran.code, 2);
    assert!(
        ran.out
            .contains("m/link.pkl: [unreadable] a link to something that does not exist"),
        "{ran:?}"
    );
    assert!(ran.out.contains("this is not a clean result"), "{ran:?}");
}

#[test]
fn standard_input_is_scanned() {
    let folder = Folder::new();
    let ran = folder.run_with_input("-f json -", &executable());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.json()["issues"][0]["location"], "<stdin> (pos 0)");
    let mut command = folder.write("a.bin", executable()).command(["-"]);
    let file = std::fs::File::open(folder.path("a.bin")).unwrap();
    let ran = crate::harness::done(command.stdin(file));
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn standard_input_that_is_empty_or_too_long_is_not_clean() {
    let folder = Folder::new();
    let ran = folder.run_with_input("-", b"");
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("the file is empty"), "{ran:?}");
    let ran = folder.run_with_input("--max-file-size 1kB -", &executable());
    ran.fails_with(
        "standard input holds more than the 1000 bytes",
        "--max-file-size",
    );
}

#[test]
fn what_is_beyond_a_limit_is_a_gap() {
    let folder = Folder::new();
    folder.write("m/a.bin", executable()).write("m/b.bin", "x");
    let ran = folder.run("m --max-file-size 1kB");
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("m/a.bin: [limit]"), "{ran:?}");
    let ran = folder.run("m --max-total-size 4kB");
    assert_eq!(ran.code, 2);
}

#[test]
fn the_report_does_not_depend_on_the_threads() {
    let folder = Folder::new();
    for i in 0..20 {
        folder.write(&format!("m/{i}.txt"), executable());
    }
    let one = folder.run("m -f json -j 1");
    assert_eq!(one.code, 1);
    for _ in 0..3 {
        assert_eq!(folder.run("m -f json -j 4").out, one.out);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_scanned_and_shown() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = std::ffi::OsStr::from_bytes(b"a\xff\x1b[31m.bin");
    std::fs::write(folder.path("").join(name), executable()).unwrap();
    let ran = folder.run_all([name]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("a\\xff\\u{1b}[31m.bin (pos 0)"), "{ran:?}");
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
}
