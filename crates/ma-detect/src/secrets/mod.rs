//! Secrets: keys, tokens and passwords that were left in a model's files.
//!
//! What they look like is data (`data/secrets.tsv`): literals that occur in every secret of a format,
//! an expression, the least entropy, and checks beyond it. The literals of all formats are searched
//! for at once; expressions are tried beside a hit only, on a few hundred bytes.
//!
//! Where it looks, and for what:
//!
//! | region | formats |
//! | --- | --- |
//! | text, metadata, code | all |
//! | weights, vocabularies, unclaimed bytes | those with a long literal beginning and a long rest, which random bytes do not form (a run of 40 letters and digits begins at one of 10¹⁷ places) |
//!
//! Severity: a leaked secret does not run when the model is loaded, so it is a warning. Private keys
//! and keys to a whole cloud account are critical: whoever holds the file holds the account. Keys for
//! test systems, and web tokens that say that they are short-lived, are only mentioned.
//!
//! Never printed: the secret. What is shown is its first four characters where they are the format's
//! own, its length, and the beginning of its SHA-256, so that its owner can recognise it.
//!
//! Cost: packed search on binary data (about 16 GB/s on one core), an automaton on text.

mod checks;
mod formats;
mod rules;

use std::ops::Range;
use std::sync::OnceLock;

use ma_core::{
    Cx, Detector, DetectorPass, Evidence, FormatInfo, Issue, Piece, Region, RegionKind, ScanError,
    Severity,
};
use sha2::{Digest, Sha256};

use crate::search::Search;
use checks::Judged;
use formats::{Check, Format};
pub use rules::RULES;

/// Bytes in front of a literal that an expression may need.
const BACK: usize = 400;

/// Bytes behind it.
const AHEAD: usize = 3000;

/// Looks for secrets.
#[derive(Default)]
pub struct Secrets {
    text: OnceLock<Search>,
    binary: OnceLock<Search>,
}

static INFO: FormatInfo = FormatInfo {
    id: "secrets",
    title: "Secrets",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "literals of about fifty formats of keys and tokens",
    checks: "keys, tokens, passwords: by format, checksum, entropy and what stands around them",
    spec: "the documentation that data/secrets.tsv names",
    rules: RULES,
};

/// Whether only formats count that prove themselves.
fn is_binary(kind: RegionKind) -> bool {
    !matches!(
        kind,
        RegionKind::Text | RegionKind::Metadata | RegionKind::Code
    )
}

impl Detector for Secrets {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn wants(&self, _kind: RegionKind) -> bool {
        true
    }

    fn begin<'d>(&'d self, region: &'d Region) -> Box<dyn DetectorPass + 'd> {
        let binary = is_binary(region.kind);
        let search = if binary {
            self.binary.get_or_init(|| {
                let proving = formats::all().iter().filter(|f| f.anywhere);
                let literals: Vec<_> = proving.flat_map(|f| f.anchors.iter()).collect();
                Search::packed(&literals)
            })
        } else {
            self.text.get_or_init(|| {
                let literals: Vec<_> = formats::all().iter().flat_map(|f| &f.anchors).collect();
                Search::text(&literals)
            })
        };
        Box::new(Pass { search, binary })
    }
}

struct Pass<'d> {
    search: &'d Search,
    binary: bool,
}

impl DetectorPass for Pass<'_> {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        self.search.each(piece, |at| self.near(piece, at, cx))
    }
}

impl Pass<'_> {
    /// Tries the formats of which a literal begins at `at`.
    fn near(&self, piece: &Piece<'_>, at: usize, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        cx.budget().charge_steps(64)?;
        let here = piece.from(at);
        for format in formats::all() {
            if (self.binary && !format.anywhere) || !format.begins(here, self.binary) {
                continue;
            }
            cx.budget().charge_steps(256)?;
            let from = at.saturating_sub(BACK);
            let found = match format.has(Check::Pem) {
                true => checks::pem(here).map(|(len, what)| (at..at.saturating_add(len), what)),
                false => self.expression(format, piece, from, at),
            };
            if let Some((range, judged)) = found {
                cx.issue(issue(format, piece, range, judged))?;
            }
        }
        Ok(())
    }

    fn expression(
        &self,
        format: &Format,
        piece: &Piece<'_>,
        from: usize,
        at: usize,
    ) -> Option<(Range<usize>, Judged)> {
        let to = at.saturating_add(AHEAD).min(piece.bytes.len());
        let window = piece.bytes.get(from..to)?;
        let at = at.saturating_sub(from);
        let found = format
            .expression()?
            .captures_iter(window)
            .take_while(|c| c.get(0).is_some_and(|m| m.start() <= at))
            .find(|c| c.get(0).is_some_and(|m| m.range().contains(&at)))?;
        let secret = found.get(1).or_else(|| found.get(0))?;
        let judged = checks::judge(format, window, secret.range(), piece.region.kind)?;
        let range = secret.range();
        let moved = |n: usize| n.saturating_add(from);
        Some((moved(range.start)..moved(range.end), judged))
    }
}

fn issue(format: &Format, piece: &Piece<'_>, range: Range<usize>, judged: Judged) -> Issue {
    let secret = piece.bytes.get(range.clone()).unwrap_or(&[]);
    let rule = rules::of(format);
    let severity = judged.severity.unwrap_or(format.severity);
    let message = match format.has(Check::Generic) {
        true => "A setting looks like a password or key".to_owned(),
        false => format!("{} in the file", format.title),
    };
    let mut issue = Issue::new(rule, message)
        .severity(severity)
        .at(piece.position(range.start)..piece.position(range.end))
        .route(piece.region.route.clone())
        .evidence(Evidence::fact("secret", redacted(secret, format)));
    for note in judged.notes {
        issue = issue.evidence(Evidence::fact("check", note));
    }
    if severity == Severity::Critical {
        issue = issue.why(
            "Whoever has this file can use the key: to sign, to log in, or to act for the whole \
             account that it belongs to.",
        );
    }
    issue
}

/// A secret as it may be printed.
fn redacted(secret: &[u8], format: &Format) -> String {
    let length = secret.len();
    let guessable = format.has(Check::Password) || format.has(Check::Generic);
    if guessable {
        // A few letters, or a digest to compare guesses with, would give a password away.
        return format!("{length} characters, not shown");
    }
    let digest = Sha256::digest(secret);
    let digest: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    if format.has(Check::Pem) {
        return format!("{length} bytes, SHA-256 {digest}…");
    }
    let head: String = secret.iter().take(4).map(|b| char::from(*b)).collect();
    format!("{head}… ({length} characters, SHA-256 {digest}…)")
}

#[cfg(test)]
mod tests;
