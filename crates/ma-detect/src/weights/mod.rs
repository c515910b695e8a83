//! Weights: what the lowest bits of the numbers hide.
//!
//! The low bits of trained numbers are as good as random, so an encrypted payload in them can't be told
//! from weights, and no statistic here pretends to. What can be done without false alarms is to *take
//! the bits out and look*: for each way in which published tools store bytes in numbers, the stream is
//! put together and searched for things that prove themselves.
//!
//! | numbers | streams |
//! | --- | --- |
//! | 32-bit floats | the lowest 1, 2 and 3 bytes, in both orders; the lowest 1, 2 and 4 bits, highest and lowest first |
//! | 64-bit floats | the lowest 1 and 4 bytes, in both orders; bits as above |
//! | 16-bit floats | the lowest byte; bits as above |
//!
//! In each: executables, pickles, archives and scripts with valid headers (as [`crate::embedded`]), and
//! runs of at least 64 printable characters that read like text or base64.
//!
//! **How much is looked at.** Putting streams together takes twenty times as long as reading. So by
//! default it is done at both ends of every region of weights: on 1/128 of it at each end, at least
//! 16 KiB and at most 1 MiB (`ScanOptions::carve`). Published tools begin at the first number of a
//! tensor; scanners that join neighbouring tensors into one region hide such beginnings. What lies in
//! the middle of large regions is *not* looked at unless `carve` is raised. Regions whose type of
//! numbers is not known, quantised blocks and integers are not taken apart.
//!
//! Besides, over whole regions: 32-bit floats that are 16-bit ones (`bfloat16`) widened, except for a
//! few; and at both ends, numbers that are character codes.
//!
//! Left out on purpose, since they are found in most good models: outliers, large norms, repeated rows,
//! constant rows, NaN and infinity.

mod carve;
mod precision;
mod rules;
mod textual;

use std::sync::OnceLock;

use ma_core::{
    Blob, Cx, Detector, DetectorPass, ElementType, Evidence, FormatInfo, Issue, Kind, Piece,
    Region, RegionKind, ScanError,
};

use crate::embedded::{self, What};
use crate::search::Search;
use precision::Precision;
pub use rules::RULES;
use rules::{CODED_TEXT, HIDDEN_PAYLOAD, HIDDEN_TEXT, MIXED_PRECISION};

/// Of a region this part is looked at on each side.
const SHARE: u64 = 128;

/// And at least so many bytes.
const LEAST: u64 = 16 << 10;

/// Bytes taken apart at a time.
const WINDOW: u64 = 1 << 20;

/// Bytes of a window that the next one sees again.
const OVERLAP: u64 = 64 << 10;

/// Looks at the low bits of weights.
#[derive(Default)]
pub struct Weights(OnceLock<Search>);

static INFO: FormatInfo = FormatInfo {
    id: "weights",
    title: "Hidden bits of weights",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "regions of weights whose type of numbers is known",
    checks: "programs, pickles, archives and text in the lowest bits; numbers that are characters; odd precision",
    spec: "IEEE 754; arXiv 2107.08590 (EvilModel), arXiv 2109.04344 (EvilModel 2.0)",
    rules: RULES,
};

impl Detector for Weights {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn wants(&self, kind: RegionKind) -> bool {
        kind == RegionKind::Weights
    }

    fn begin<'d>(&'d self, region: &'d Region) -> Box<dyn DetectorPass + 'd> {
        let width = match region.element {
            Some(ElementType::F16 | ElementType::Bf16) => 2,
            Some(ElementType::F32) => 4,
            Some(ElementType::F64) => 8,
            _ => return Box::new(Nothing),
        };
        Box::new(Pass {
            region,
            width,
            search: self.0.get_or_init(embedded::binary_search),
            precision: Precision::new(region),
        })
    }
}

/// For numbers that are not taken apart.
struct Nothing;

impl DetectorPass for Nothing {
    fn look(&self, _piece: &Piece<'_>, _cx: &mut Cx<'_>) -> Result<(), ScanError> {
        Ok(())
    }
}

struct Pass<'d> {
    region: &'d Region,
    /// Bytes of a number.
    width: u64,
    search: &'d Search,
    precision: Precision,
}

impl DetectorPass for Pass<'_> {
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        self.precision.look(piece, &cx.artifact().blob)
    }

    fn finish(&self, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let (start, end) = (self.region.range.start, self.region.range.end);
        let len = end.saturating_sub(start);
        let side = (len / SHARE).max(LEAST).min(cx.options().carve);
        let side = if cx.options().carve == u64::MAX {
            len
        } else {
            side
        };
        let side = side.saturating_sub(side.checked_rem(self.width).unwrap_or(0));
        if side.saturating_mul(2) >= len {
            self.carve(start, end, cx)?;
        } else {
            self.carve(start, start.saturating_add(side), cx)?;
            // From a whole number, counted from the beginning.
            let back = len.saturating_sub(side);
            let back = back.saturating_sub(back.checked_rem(self.width).unwrap_or(0));
            self.carve(start.saturating_add(back), end, cx)?;
        }
        self.judge_precision(cx)
    }
}

impl Pass<'_> {
    /// Takes the numbers from `start` to `end` apart, a window at a time.
    fn carve(&self, start: u64, end: u64, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let mut at = start;
        let mut bytes = Vec::new();
        while at < end {
            cx.budget().check()?;
            let stop = at.saturating_add(WINDOW).saturating_add(OVERLAP).min(end);
            let want = usize::try_from(stop.saturating_sub(at)).unwrap_or(usize::MAX);
            bytes.resize(want, 0);
            let got = cx.artifact().blob.read_at(at, &mut bytes)?;
            bytes.truncate(got);
            self.window(at, &bytes, cx)?;
            if stop == end {
                break;
            }
            at = at.saturating_add(WINDOW);
        }
        Ok(())
    }

    fn window(&self, at: u64, bytes: &[u8], cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let Some(element) = self.region.element else {
            return Ok(());
        };
        for (start, text) in textual::coded(bytes, element, self.region.big_endian) {
            let from = at.saturating_add(start.saturating_mul(self.width));
            let issue = Issue::new(&CODED_TEXT, "Numbers that are the codes of characters")
                .at(from..from.saturating_add(self.width.saturating_mul(text.len() as u64)))
                .route(self.region.route.clone())
                .evidence(Evidence::text("as characters", excerpt(text.as_bytes())));
            cx.issue(issue)?;
        }
        let mut stream = Vec::new();
        for way in carve::ways(self.width) {
            let width = usize::try_from(self.width).unwrap_or(4);
            way.take(bytes, width, self.region.big_endian, &mut stream);
            self.stream((at, bytes), way, &stream, cx)?;
        }
        Ok(())
    }

    /// Looks at one stream, that was taken out of the `bytes` at `at`.
    fn stream(
        &self,
        (at, bytes): (u64, &[u8]),
        way: &carve::Way,
        stream: &[u8],
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        let mut next = 0usize;
        while let Some(hit) = self.search.find(stream, next) {
            next = hit.saturating_add(1);
            cx.budget().charge_steps(256)?;
            let four = |distance: i64| {
                let place = hit.checked_add_signed(isize::try_from(distance).ok()?)?;
                let four = stream.get(place..place.checked_add(4)?)?;
                four.try_into().ok()
            };
            let len = stream.len().saturating_sub(hit) as u64;
            match embedded::recognise(stream, hit, len, &four) {
                // A script is a run of text, and told as that.
                Some((_, What::Script(_))) | None => {}
                Some((start, what)) => self.payload(at, way, stream, (start, &what), cx)?,
            }
        }
        for run in textual::runs(stream) {
            let range = way.range(at, run.start as u64, run.len() as u64, self.width);
            // Text that lies there as it is hides in nothing (names between the numbers, say).
            let offset = |n: u64| usize::try_from(n.saturating_sub(at)).unwrap_or(usize::MAX);
            let plain = bytes.get(offset(range.start)..offset(range.end));
            if plain.is_some_and(textual::is_plain) {
                continue;
            }
            let message = format!("Text in {} of the numbers", way.title);
            let text = stream.get(run).unwrap_or(&[]);
            let issue = Issue::new(&HIDDEN_TEXT, message)
                .at(range)
                .route(self.region.route.clone())
                .evidence(Evidence::text("text", excerpt(text)));
            cx.issue(issue)?;
        }
        Ok(())
    }

    fn payload(
        &self,
        at: u64,
        way: &carve::Way,
        stream: &[u8],
        (start, what): (usize, &What),
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        let (start, length) = match what {
            What::Zip(length) => {
                let length = usize::try_from(*length).unwrap_or(usize::MAX);
                (start.saturating_add(22).saturating_sub(length), length)
            }
            What::Pickle(Some(length)) => (start, *length),
            _ => (start, stream.len().saturating_sub(start)),
        };
        let part = stream
            .get(start..start.saturating_add(length))
            .unwrap_or(&[]);
        let range = way.range(at, start as u64, part.len() as u64, self.width);
        let from = range.start;
        let message = format!(
            "{} is in {} of the numbers",
            capital(what.title()),
            way.title
        );
        let issue = Issue::new(&HIDDEN_PAYLOAD, message)
            .at(range)
            .route(self.region.route.clone())
            .evidence(Evidence::bytes(
                "begins",
                part.get(..part.len().min(16)).unwrap_or(part),
            ));
        cx.issue(issue)?;
        let kind = match what {
            What::Pickle(_) => Kind::PICKLE,
            What::Zip(_) => Kind::ZIP,
            What::Pyc => Kind::MARSHAL,
            _ => return Ok(()),
        };
        let name = format!("{kind} in {} at byte {from}", way.title);
        cx.child(name, Blob::from_vec(part.to_vec()), Some(kind))
    }

    fn judge_precision(&self, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let Some(odd) = self.precision.odd() else {
            return Ok(());
        };
        let message = format!(
            "{} of {} numbers use all 32 bits, the others only 16",
            odd.count, odd.numbers
        );
        let issue = Issue::new(&MIXED_PRECISION, message)
            .at(odd.range.clone())
            .route(self.region.route.clone());
        cx.issue(issue)?;
        // If the odd ones were put there, this is where it begins.
        let end = odd.range.end.min(odd.range.start.saturating_add(WINDOW));
        self.carve(odd.range.start, end, cx)
    }
}

fn excerpt(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..text.len().min(200)).unwrap_or(text));
    text.into_owned()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests;
