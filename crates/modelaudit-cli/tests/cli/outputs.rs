//! Where reports go and what they look like there.

use std::io::Read;
use std::process::Stdio;

use crate::harness::{Folder, done, executable};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("a.bin", executable());
    folder
}

#[test]
fn a_report_in_a_file_is_the_report_on_standard_output() {
    let folder = folder();
    for format in ["text", "json"] {
        let shown = folder.run(&format!("a.bin -f {format}"));
        let stored = folder.run(&format!("a.bin -f {format} -o report"));
        assert_eq!(stored.code, 1);
        assert_eq!(stored.out, "");
        assert!(
            stored.err.contains("Report written to report"),
            "{stored:?}"
        );
        assert_eq!(folder.read("report"), shown.out);
    }
    assert_eq!(folder.names(), ["a.bin", "report"], "nothing else is left");
}

#[cfg(unix)]
#[test]
fn the_file_gets_the_usual_permissions_and_links_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    folder.write("touched", "");
    folder.run("a.bin -o report");
    let mode = |name| {
        std::fs::metadata(folder.path(name))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("report"), mode("touched"));

    folder.write("elsewhere/real", "old");
    std::os::unix::fs::symlink("elsewhere/real", folder.path("link")).unwrap();
    assert_eq!(folder.run("a.bin -o link").code, 1);
    assert!(folder.path("link").is_symlink());
    assert!(folder.read("elsewhere/real").contains("Files scanned: 1"));
}

#[test]
fn devices_and_pipes_are_written_to_as_they_are() {
    let folder = folder();
    let shown = folder.run("a.bin");
    assert_eq!(folder.run("a.bin -o -").out, shown.out);
    if cfg!(target_os = "linux") {
        assert_eq!(folder.run("a.bin -o /dev/stdout").out, shown.out);
        assert_eq!(folder.run("a.bin -o /dev/null").code, 1);
        assert!(
            folder
                .run("a.bin -o /dev/stderr")
                .err
                .contains("Files scanned: 1")
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    for i in 0..3000 {
        folder.write(&format!("many/{i}.txt"), executable());
    }
    let mut command = folder.command(["many", "-f", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stderr, b"");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let folder = folder();
    let coloured = |args: &str| folder.run(args).out.contains('\u{1b}');
    assert!(!coloured("a.bin"));
    assert!(coloured("a.bin --color always"));
    assert!(coloured("--color=always scan a.bin"));
    assert!(!coloured("a.bin --color always --no-color"));
    assert!(!coloured("a.bin --color never"));
    assert!(!coloured("a.bin -f json --color always"));
    let ran = done(folder.command(["a.bin"]).env("NO_COLOR", "1"));
    assert!(!ran.out.contains('\u{1b}'));
}

#[test]
fn quiet_is_one_line_a_finding() {
    let folder = folder();
    let ran = folder.run("-q a.bin");
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    assert!(ran.out.starts_with("a.bin (pos 0): [WARNING] "), "{ran:?}");
    let ran = folder.run("-q a.bin --suppress executable-file");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
}

#[test]
fn verbose_tells_what_is_going_on() {
    let folder = folder();
    let ran = folder.run("-v a.bin");
    assert!(ran.err.contains("a.bin"), "{ran:?}");
    assert_eq!(ran.out, folder.run("a.bin").out);
    assert!(folder.run("-vv a.bin").err.contains("begun"));
    assert_eq!(folder.run("a.bin").err, "");
}

#[test]
fn no_bar_where_there_is_no_terminal() {
    let ran = folder().run("a.bin --progress");
    assert_eq!(ran.err, "");
}
