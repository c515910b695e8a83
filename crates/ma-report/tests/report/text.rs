//! Text for people.

use ma_core::report::Report;
use ma_core::{Depth, Severity};
use ma_report::{Bar, Styles, TextOptions, inspect, rules, text};

use crate::{expect, sample};

fn shown(report: &Report, bar: &Bar, options: &TextOptions) -> Vec<u8> {
    let mut out = Vec::new();
    text::report(&mut out, report, bar, options).unwrap();
    out
}

fn last_line(report: &Report, bar: &Bar) -> String {
    let out = String::from_utf8(shown(report, bar, &TextOptions::default())).unwrap();
    out.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_bit_of_everything() {
    let got = shown(&sample::full(), &Bar::default(), &TextOptions::default());
    expect("full.txt", &got);
}

#[test]
fn without_unicode_all_is_ascii() {
    let options = TextOptions {
        unicode: false,
        ..TextOptions::default()
    };
    let got = shown(&sample::full(), &Bar::default(), &options);
    assert!(got.is_ascii());
    expect("full-ascii.txt", &got);
}

#[test]
fn narrow_and_coloured() {
    let options = TextOptions {
        styles: Styles::coloured(),
        width: 50,
        ..TextOptions::default()
    };
    let got = shown(&sample::full(), &Bar::default(), &options);
    expect("full-narrow-coloured.txt", &got);
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_raw() {
    for (unicode, everything) in [(true, true), (false, false)] {
        let options = TextOptions {
            unicode,
            everything,
            ..TextOptions::default()
        };
        let got = shown(&sample::full(), &Bar::default(), &options);
        let got = String::from_utf8(got).unwrap();
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!got.contains(bad), "{got:?}");
    }
}

#[test]
fn what_repeats_is_told_once() {
    let got = shown(&sample::noisy(), &Bar::default(), &TextOptions::default());
    expect("noisy.txt", &got);
    let options = TextOptions {
        everything: true,
        ..TextOptions::default()
    };
    let all = shown(&sample::noisy(), &Bar::default(), &options);
    let all = String::from_utf8(all).unwrap();
    assert!(all.contains("Calls f38") && all.contains("folder/39.bin"));
}

#[test]
fn the_last_line_is_the_verdict() {
    let bar = Bar::default();
    let clean = sample::clean();
    assert_eq!(last_line(&clean, &bar), "✓ No security issues found");

    let mut info = sample::full();
    info.gaps.clear();
    info.failures.clear();
    for issue in &mut info.issues {
        issue.severity = Severity::Info;
    }
    assert_eq!(
        last_line(&info, &bar),
        "✓ No security issues found (3 info for your information)"
    );
    info.issues[0].severity = Severity::Warning;
    assert!(last_line(&info, &bar).starts_with("✗ Possible security issues found"));
    let lenient = Bar {
        fail_on: Severity::Critical,
        ..bar
    };
    assert_eq!(
        last_line(&info, &lenient),
        "✓ No security issues found at the level that fails (1 warning, 2 info below it)"
    );

    let mut gaps = sample::full();
    gaps.issues.clear();
    assert_eq!(
        last_line(&gaps, &bar),
        "? Incomplete: 1 target could not be scanned, 2 things were not looked at - this is not a clean result"
    );

    let nothing = Report::default();
    assert_eq!(
        last_line(&nothing, &bar),
        "? Nothing was scanned: there are no files"
    );
    let mut unknown = clean;
    unknown.totals.files_unrecognised = 2;
    assert_eq!(last_line(&unknown, &bar), "✓ No security issues found");
    let strict = Bar {
        unrecognised_counts: true,
        ..bar
    };
    assert!(last_line(&unknown, &strict).starts_with("? Incomplete: 2 files are"));
}

#[test]
fn what_was_left_unread_by_choice_is_said() {
    let mut report = sample::clean();
    report.depth = Depth::Structure;
    report.totals.bytes = 5_000_000_000;
    report.totals.bytes_read = 1_000;
    let got = shown(&report, &Bar::default(), &TextOptions::default());
    let got = String::from_utf8(got).unwrap();
    assert!(
        got.contains("Left unread by choice: 4.9 GB of 5.0 GB"),
        "{got}"
    );
}

#[test]
fn brief_is_one_line_each() {
    let mut out = Vec::new();
    text::brief(&mut out, &sample::full(), &TextOptions::default()).unwrap();
    expect("brief.txt", &out);
    out.clear();
    text::brief(&mut out, &sample::clean(), &TextOptions::default()).unwrap();
    assert!(out.is_empty());
}

#[test]
fn rules_are_shown_as_a_table_and_in_full() {
    let mut out = Vec::new();
    let all = [&sample::CALL, &sample::UNKNOWN];
    rules::table(&mut out, &all, &TextOptions::default()).unwrap();
    expect("rules.txt", &out);
    out.clear();
    rules::page(&mut out, &sample::CALL, &TextOptions::default()).unwrap();
    expect("rule.txt", &out);
    out.clear();
    rules::json(&mut out, &all).unwrap();
    expect("rules.json", &out);
}

#[test]
fn inspection_marks_issues_in_place() {
    let report = sample::full();
    let mut out = Vec::new();
    let views = sample::views();
    inspect::text(&mut out, &views, &report.issues, &TextOptions::default()).unwrap();
    expect("inspect.txt", &out);
    out.clear();
    inspect::json(&mut out, &views, &report.issues).unwrap();
    expect("inspect.json", &out);
}

#[test]
fn errors_of_the_writer_are_handed_on() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (report, bar) = (sample::full(), Bar::default());
    let error = text::report(&mut Full, &report, &bar, &TextOptions::default());
    assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let tool = ma_report::json::Tool {
        name: "x",
        version: "1",
    };
    let error = ma_report::json::report(&mut Full, &report, &bar, &tool);
    assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}
