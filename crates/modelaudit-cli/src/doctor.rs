//! `modelaudit doctor`: whether everything works on this machine, and what it is set to.

use std::io::{self, Write};

use serde::Serialize;

use crate::args::{DoctorArgs, Format};
use crate::error::{self, Problem};
use crate::output::{self, Output};
use crate::progress;
use crate::scan::TOOL;
use crate::terminal::Terminal;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// Checks and shows; the exit code says whether something is wrong.
pub(crate) fn run(args: &DoctorArgs, terminal: &Terminal) -> Result<u8, Problem> {
    let checks = checks(terminal);
    let options = terminal.stdout();
    Output::Stdout.write(|to| match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *to, &checks)?;
            to.write_all(b"\n")
        }
        Format::Text => text(to, &checks, &options),
    })?;
    let fine = checks.iter().all(|check| check.ok);
    Ok(if fine { 0 } else { error::EXIT })
}

fn text(to: &mut dyn Write, checks: &[Check], options: &ma_report::TextOptions) -> io::Result<()> {
    let widest = checks.iter().map(|c| c.name.len()).max().unwrap_or(0);
    for check in checks {
        let (mark, style) = match (check.ok, options.unicode) {
            (true, true) => ("✓", options.styles.good),
            (true, false) => ("OK", options.styles.good),
            (false, true) => ("✗", options.styles.critical),
            (false, false) => ("X", options.styles.critical),
        };
        let detail = ma_core::text::escape(&check.detail);
        writeln!(
            to,
            "{style}{mark}{style:#} {:widest$}  {detail}",
            check.name
        )?;
    }
    Ok(())
}

fn checks(terminal: &Terminal) -> Vec<Check> {
    let registry = modelaudit::registry();
    let (formats, rules) = (registry.formats(), registry.rules());
    let limits = ma_core::Limits::default();
    let good = |name, detail: String| Check {
        name,
        ok: true,
        detail,
    };
    let ids: Vec<_> = formats.iter().map(|f| f.id).collect();
    let clashing = clashes(&rules);
    vec![
        good("version", format!("{} {}", TOOL.name, TOOL.version)),
        good(
            "platform",
            format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ),
        Check {
            name: "formats",
            ok: !formats.is_empty(),
            detail: format!("{} built in: {}", formats.len(), ids.join(", ")),
        },
        Check {
            name: "rules",
            ok: clashing.is_empty(),
            detail: match clashing.is_empty() {
                true => format!("{}, each with its own code and name", rules.len()),
                false => format!("these keys are used twice: {}", clashing.join(", ")),
            },
        },
        good("threads", threads()),
        good(
            "limits",
            format!(
                "{} levels of nesting, {} out of archives, {} of one piece in memory",
                limits.max_depth,
                ma_report::bytes(limits.max_expanded),
                ma_report::bytes(limits.max_alloc)
            ),
        ),
        temporary(),
        good("terminal", shown(terminal)),
        good(
            "build server",
            if progress::in_ci() {
                "yes: no progress bar"
            } else {
                "no"
            }
            .to_owned(),
        ),
    ]
}

fn clashes(rules: &[&'static ma_core::Rule]) -> Vec<&'static str> {
    let mut seen = std::collections::BTreeSet::new();
    let keys = rules.iter().flat_map(|rule| [rule.code, rule.name]);
    keys.filter(|key| !seen.insert(*key)).collect()
}

fn threads() -> String {
    std::thread::available_parallelism().map_or_else(
        |e| format!("unknown ({e})"),
        |n| format!("{n}, as many as there are cores"),
    )
}

fn temporary() -> Check {
    let dir = std::env::temp_dir();
    let result = output::can_write(&dir);
    Check {
        name: "temporary files",
        ok: result.is_ok(),
        detail: match result {
            Ok(()) => format!("{} can be written to", dir.display()),
            Err(e) => format!(
                "{} can't be written to ({e}): long input from a pipe can't be scanned; set TMPDIR",
                dir.display()
            ),
        },
    }
}

fn shown(terminal: &Terminal) -> String {
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    format!(
        "{}, colour {}, Unicode {}, {} columns",
        if terminal.stdout_is_terminal {
            "a terminal"
        } else {
            "no terminal (file or pipe)"
        },
        yes(terminal.stdout_colour),
        yes(terminal.stdout().unicode),
        terminal.stdout().width
    )
}
