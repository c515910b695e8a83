//! Recognises HDF5 files, parses them and applies the rules.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Kind, Match, Probe, ScanError, Scanner, Target,
};

use crate::parse::{SIGNATURE, read};
use crate::rules;

/// The scanner of HDF5 files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hdf5;

static INFO: FormatInfo = FormatInfo {
    id: "hdf5",
    title: "HDF5",
    extensions: &["h5", "hdf5", "hdf", "he5"],
    kinds: &[Kind::new("hdf5")],
    runs_code: false,
    recognised_by: "its signature",
    checks: "links",
    spec: "https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html",
    rules: rules::RULES,
};

impl Scanner for Hdf5 {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && probe.head.starts_with(SIGNATURE) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let (_file, anomalies) = read(&target.artifact().blob, cx.budget())?;
        for anomaly in &anomalies {
            cx.gap(GapReason::Malformed, anomaly.detail.clone());
        }
        Ok(if anomalies.is_empty() {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }
}
