//! The scanner of npy files: parse, rules, and the pickle inside handed out.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Target,
};

use crate::model::{AnomalyKind, Dtype, Npy as Model, Trailing};
use crate::parse;
use crate::rules;

/// Scans npy files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Npy;

static INFO: FormatInfo = FormatInfo {
    id: "npy",
    title: "NumPy array",
    extensions: &["npy"],
    kinds: &[Kind::NPY],
    runs_code: true,
    recognised_by: "The bytes `\\x93NUMPY` at the start.",
    checks: "Header literal, element type, shape against the bytes there are, the pickle of object arrays, what follows the data.",
    spec: "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
    rules: rules::NPY_RULES,
};

impl Scanner for Npy {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && probe.head.starts_with(parse::MAGIC) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        if !blob.head(parse::MAGIC.len())?.starts_with(parse::MAGIC) {
            return Ok(Coverage::Complete);
        }
        let npy = parse::parse(blob, cx.budget())?;
        for issue in rules::check(&npy) {
            cx.issue(issue)?;
        }
        let complete = note_gaps(&npy, cx);
        hand_out(&npy, target, cx)?;
        Ok(if complete {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let npy = parse::parse(&target.artifact().blob, cx.budget())?;
        let mut facts = vec![(
            "version".to_owned(),
            format!("{}.{}", npy.version.0, npy.version.1),
        )];
        if let Some(dtype) = &npy.dtype {
            facts.push(("dtype".to_owned(), dtype.text.clone()));
            if let Some(size) = dtype.itemsize {
                facts.push(("item size".to_owned(), size.to_string()));
            }
        }
        if let Some(shape) = &npy.shape {
            facts.push(("shape".to_owned(), shape_text(shape)));
        }
        if let Some(order) = npy.fortran_order {
            let order = if order { "Fortran" } else { "C" };
            facts.push(("order".to_owned(), order.to_owned()));
        }
        let holds = if npy.has_object {
            "a pickle"
        } else {
            "numbers"
        };
        facts.push(("data".to_owned(), holds.to_owned()));
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts,
            sections: Vec::new(),
        }))
    }
}

/// A shape as Python writes it, cut after 32 dimensions.
pub(crate) fn shape_text(shape: &[i128]) -> String {
    let mut dims: Vec<String> = shape.iter().take(32).map(i128::to_string).collect();
    if shape.len() > 32 {
        dims.push("…".to_owned());
    }
    match dims.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", dims.join(", ")),
    }
}

/// Gaps for what can't be told from the header. False when there are some.
fn note_gaps(npy: &Model, cx: &mut Cx<'_>) -> bool {
    let mut complete = true;
    for anomaly in &npy.anomalies {
        let (reason, detail) = match &anomaly.kind {
            AnomalyKind::PrefixCut => (
                GapReason::Malformed,
                "the file ends before the length of its header".to_owned(),
            ),
            AnomalyKind::HeaderBeyondFile { declared } => (
                GapReason::Malformed,
                format!("the file ends inside its header of {declared} bytes"),
            ),
            AnomalyKind::HeaderUnread { declared } => (
                GapReason::Limit,
                format!(
                    "of a header of {declared} bytes the first {} were read",
                    parse::MAX_HEADER
                ),
            ),
            AnomalyKind::Header(_) | AnomalyKind::NotDict => (
                GapReason::Malformed,
                "the header can't be read, so what the data is remains unknown".to_owned(),
            ),
            AnomalyKind::UnknownVersion(major, minor) => (
                GapReason::Unsupported,
                format!("format version {major}.{minor} is not known"),
            ),
            _ => continue,
        };
        cx.gap_at(reason, detail, anomaly.range.clone());
        complete = false;
    }
    complete
}

/// Children and regions: the pickle, the raw data, what follows.
fn hand_out(npy: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let blob = &target.artifact().blob;
    let data = blob.tail(npy.data.start);
    let understood = npy.dtype.as_ref().is_some_and(|d| d.itemsize.is_some());
    // A header that can't be read may still announce a pickle to another reader.
    let maybe_pickle =
        !understood && !data.is_empty() && parse::looks_like_pickle(&data.head(256)?);
    if (npy.has_object && !data.is_empty()) || maybe_pickle {
        cx.child("object data", data, Some(Kind::PICKLE))?;
    } else if npy.data.start < npy.data.end {
        let known = understood && npy.shape.is_some();
        let kind = if known {
            RegionKind::Weights
        } else {
            RegionKind::Unclaimed
        };
        let dtype = npy.dtype.as_ref();
        let region = Region::new(npy.data.clone(), kind)
            .route(dtype.map_or("", |d| &d.text))
            .element(dtype.and_then(Dtype::element))
            .big_endian(dtype.is_some_and(|d| d.text.starts_with('>')));
        cx.region(region)?;
    }
    if npy.trailing.start < npy.trailing.end {
        let kind = npy.anomalies.iter().find_map(|a| match a.kind {
            AnomalyKind::Trailing(kind) => Some(kind),
            _ => None,
        });
        let hint = match kind {
            Some(Trailing::Array) => Some(Kind::NPY),
            Some(Trailing::Dangerous("pickle")) => Some(Kind::PICKLE),
            Some(Trailing::Dangerous("zip archive")) => Some(Kind::ZIP),
            Some(Trailing::Dangerous(_)) => Some(Kind::EXECUTABLE),
            _ => None,
        };
        if hint.is_some() {
            cx.child("after the array", blob.tail(npy.trailing.start), hint)?;
        } else {
            cx.region(Region::new(npy.trailing.clone(), RegionKind::Unclaimed))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::malformed::torture;
    use ma_testkit::npy::{NpyBuilder, array};
    use ma_testkit::run;

    #[test]
    fn object_data_is_handed_out_as_a_pickle() {
        let found = run::scan(&Npy, "x.npy", &array("'|O'", "(1,)", b"\x80\x04N."));
        assert_eq!(found.children.len(), 1);
        assert_eq!(found.children[0].hint, Some(Kind::PICKLE));
        assert_eq!(found.children[0].blob.len(), 4);
        assert!(found.regions.is_empty());
    }

    #[test]
    fn raw_data_is_a_region_of_weights() {
        let found = run::scan(&Npy, "x.npy", &array("'<f4'", "(2,)", &[0; 8]));
        assert!(found.issues.is_empty() && found.gaps.is_empty() && found.children.is_empty());
        assert_eq!(found.regions[0].kind, RegionKind::Weights);
        assert_eq!(found.regions[0].range, 128..136);
    }

    #[test]
    fn a_pickle_behind_a_broken_header_is_handed_out() {
        let file = NpyBuilder::header("{'descr': '|O'")
            .data(b"\x80\x04N.")
            .build();
        let found = run::scan(&Npy, "x.npy", &file);
        assert_eq!(found.children.len(), 1);
        assert!(!found.gaps.is_empty());
    }

    #[test]
    fn nothing_breaks_on_broken_files() {
        let seeds = [
            array("'<f4'", "(2, 3)", &[0; 24]),
            array(
                "[('a', '<f8', (2,)), (('t', 'b'), '|O')]",
                "(1,)",
                b"\x80\x04N.",
            ),
            NpyBuilder::new("'<U3'", "()")
                .version(3)
                .data(&[0; 12])
                .build(),
        ];
        torture(&seeds, 500, |bytes| {
            drop(run::scan(&Npy, "x.npy", bytes));
        });
    }
}
