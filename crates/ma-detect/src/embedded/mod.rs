//! Programs, scripts and serialised objects where numbers or nothing should be: in weights, in bytes
//! that belong to nothing, and command lines in text.
//!
//! A magic of two bytes occurs once in 65,536 random ones, one of four three times in a model of 14 GB.
//! So a magic is where a look begins, and only a header whose fields are those that a linker or
//! compiler writes is a finding:
//!
//! | what | validated by |
//! | --- | --- |
//! | ELF, PE, Mach-O | [`crate::executable::recognise`] |
//! | WebAssembly, DEX, Java class, Lua, Python bytecode | magic, version and first fields |
//! | scripts | `#!/…`, or source code, and 64 printable characters around it |
//! | PowerShell | an encoded command, or a download that is run |
//! | pickle | all opcodes up to the end (or the first 8 KiB), with a name that is called |
//! | zip | end record, directory and first member fit together |
//! | Java objects | magic, version, class descriptor |
//!
//! Pickles and archives are handed out, so that their own scanners judge them. Native code is critical
//! where a region begins and in bytes that belong to nothing: that is where it lies when somebody
//! appended it; inside the numbers it is a warning. Code for graphics processors is only mentioned.
//!
//! Cost: one packed search with about thirty literals, 16 GB/s on one core; a false hit costs the look
//! at a few bytes.

mod pickle;
mod programs;
mod rules;
mod scripts;
mod zip;

use std::sync::OnceLock;

use ma_core::{
    Cx, Detector, DetectorPass, Evidence, FormatInfo, Issue, Kind, Piece, Region, RegionKind,
    ScanError, Severity,
};

use crate::search::Search;
pub use rules::RULES;
use rules::{EMBEDDED_EXECUTABLE, EMBEDDED_OBJECT, EMBEDDED_SCRIPT};

/// Bytes that a look at a hit may take; a piece has as many behind it.
const LOOK: usize = ma_core::detector::AFTER;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Native code or bytecode, by name; true for a graphics processor.
    Program(&'static str, bool),
    /// Python bytecode: its own scanner reads it.
    Pyc,
    /// Source or a command line.
    Script(&'static str),
    /// A pickle that calls something; its length where the end was seen.
    Pickle(Option<usize>),
    /// A zip archive; its length.
    Zip(u64),
    /// Java objects.
    JavaObject,
}

impl What {
    /// A name for people.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Program(name, _) | Self::Script(name) => name,
            Self::Pyc => "Python bytecode",
            Self::Pickle(_) => "a pickle that calls something",
            Self::Zip(_) => "a zip archive",
            Self::JavaObject => "serialised Java objects",
        }
    }
}

/// Looks for programs, scripts and serialised objects.
#[derive(Default)]
pub struct Embedded {
    binary: OnceLock<Search>,
    text: OnceLock<Search>,
}

static INFO: FormatInfo = FormatInfo {
    id: "embedded",
    title: "Embedded programs and objects",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "about thirty literals in weights and unclaimed bytes, and validated headers behind them",
    checks: "native code, bytecode, scripts, pickles and archives where numbers should be",
    spec: "System V gABI 4.1; Microsoft PE/COFF; Apple mach-o/loader.h; PKWARE APPNOTE 6.3; Python pickletools",
    rules: RULES,
};

/// The search for everything that [`recognise`] knows in binary data.
pub(crate) fn binary_search() -> Search {
    let all = programs::LITERALS.iter().chain(pickle::LITERALS);
    let all = all.chain(scripts::LITERALS).chain(zip::LITERALS);
    Search::packed(&all.collect::<Vec<_>>())
}

/// What the hit at `at` is, and where it begins. `len` is the number of bytes from `at` to the end of
/// everything; `four` reads four bytes at a distance from `at`.
pub(crate) fn recognise(
    bytes: &[u8],
    at: usize,
    len: u64,
    four: &dyn Fn(i64) -> Option<[u8; 4]>,
) -> Option<(usize, What)> {
    let here = bytes.get(at..)?;
    let here = here.get(..here.len().min(LOOK)).unwrap_or(here);
    // An import right behind the beginning of a pickle is a part of it.
    let inside = at.checked_sub(2).and_then(|i| bytes.get(i..at));
    let inside = matches!(inside, Some([0x80, 2..=5]));
    if let Some(length) = pickle::recognise(here).filter(|_| !inside) {
        return Some((at, What::Pickle(length)));
    }
    if let Some(length) = zip::recognise(here, four) {
        // It begins in front of its end record, perhaps far.
        return Some((at, What::Zip(length)));
    }
    programs::recognise(bytes, at, len).or_else(|| scripts::recognise(bytes, at))
}

impl Detector for Embedded {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn wants(&self, kind: RegionKind) -> bool {
        kind != RegionKind::Vocabulary
    }

    fn begin<'d>(&'d self, region: &'d Region) -> Box<dyn DetectorPass + 'd> {
        match region.kind {
            RegionKind::Weights | RegionKind::Unclaimed => {
                Box::new(Binary(self.binary.get_or_init(binary_search)))
            }
            _ => {
                let commands = || Search::text(scripts::COMMANDS);
                Box::new(Text(self.text.get_or_init(commands)))
            }
        }
    }
}

struct Binary<'d>(&'d Search);

impl DetectorPass for Binary<'_> {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        self.0.each(piece, |at| {
            cx.budget().charge_steps(256)?;
            let position = piece.position(at);
            let blob = &cx.artifact().blob;
            let four = |distance: i64| {
                let place = position.checked_add_signed(distance)?;
                let mut four = [0; 4];
                // A zip that begins in front of its region is not an embedded one.
                let inside = place >= piece.region.range.start;
                let got = inside.then(|| blob.read_at(place, &mut four));
                matches!(got, Some(Ok(4))).then_some(four)
            };
            let len = blob.len().saturating_sub(position);
            match recognise(piece.bytes, at, len, &four) {
                Some((start, what)) => report(piece, at, start, &what, cx),
                None => Ok(()),
            }
        })
    }
}

struct Text<'d>(&'d Search);

impl DetectorPass for Text<'_> {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        self.0.each(piece, |at| {
            cx.budget().charge_steps(256)?;
            match scripts::command(piece.from(at)) {
                Some(title) => report(piece, at, at, &What::Script(title), cx),
                None => Ok(()),
            }
        })
    }
}

/// Reports what begins at `start`, which was recognised by the literal at `at`.
fn report(
    piece: &Piece<'_>,
    at: usize,
    start: usize,
    what: &What,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let back = match what {
        // The archive may begin far in front of the piece.
        What::Zip(length) => piece
            .position(at)
            .saturating_add(22)
            .saturating_sub(*length),
        _ => piece.position(start),
    };
    let edge = back == piece.region.range.start || piece.region.kind == RegionKind::Unclaimed;
    let place = place(piece.region, edge);
    let (rule, severity) = match what {
        What::Program(_, true) => (&EMBEDDED_EXECUTABLE, Severity::Info),
        What::Program(..) if edge => (&EMBEDDED_EXECUTABLE, Severity::Critical),
        What::Program(..) | What::Pyc => (&EMBEDDED_EXECUTABLE, Severity::Warning),
        What::Script(_) => (&EMBEDDED_SCRIPT, Severity::Warning),
        What::Pickle(_) | What::Zip(_) | What::JavaObject => (&EMBEDDED_OBJECT, Severity::Warning),
    };
    let blob = cx.artifact().blob.clone();
    let end = match what {
        What::Pickle(Some(length)) => back.saturating_add(*length as u64),
        What::Zip(length) => back.saturating_add(*length),
        _ => piece.region.range.end,
    };
    let head = piece.from(start);
    let evidence = match what {
        What::Script(_) => {
            let (from, to) = crate::search::printable_run(piece.bytes, at, 160);
            let text = piece.bytes.get(from..to).unwrap_or(&[]);
            Evidence::code("text", String::from_utf8_lossy(text).into_owned())
        }
        What::Zip(_) => Evidence::bytes("end record", piece.from(at).get(..22).unwrap_or(&[])),
        _ => Evidence::bytes("header", head.get(..head.len().min(16)).unwrap_or(&[])),
    };
    let issue = Issue::new(rule, format!("{} {place}", capital(what.title())))
        .severity(severity)
        .at(back..end.min(blob.len()))
        .route(piece.region.route.clone())
        .evidence(evidence);
    cx.issue(issue)?;
    let kind = match what {
        What::Pickle(_) => Kind::PICKLE,
        What::Zip(_) => Kind::ZIP,
        What::Pyc => Kind::MARSHAL,
        _ => return Ok(()),
    };
    match blob.slice(back..end) {
        Ok(part) => cx.child(format!("{kind} at byte {back}"), part, Some(kind)),
        Err(_) => Ok(()),
    }
}

fn place(region: &Region, edge: bool) -> &'static str {
    match region.kind {
        RegionKind::Unclaimed => "in bytes that belong to nothing",
        RegionKind::Weights if edge => "at the beginning of weights",
        RegionKind::Weights => "between the numbers of weights",
        _ => "in text",
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests;
