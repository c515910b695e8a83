//! Models of stable-baselines3.
//!
//! ```text
//! data                        JSON; values may be {":type:": ..., ":serialized:": <Base64 cloudpickle>}
//! policy.pth  *.pth           PyTorch checkpoints      _stable_baselines3_version
//! ```
//!
//! Follows `stable_baselines3/common/save_util.py` of version 2.7.

use ma_core::{
    Blob, Coverage, Cx, Entry, FormatInfo, GapReason, Kind, Match, Probe, ScanError, Scanner,
    Target,
};

use super::coverage;
use crate::parse::json::strings;
use crate::records::Records;
use crate::rules::sb3_pickle;

/// Scans stable-baselines3 models.
#[derive(Debug, Clone, Copy, Default)]
pub struct StableBaselines;

static INFO: FormatInfo = FormatInfo {
    id: "stable-baselines3",
    title: "stable-baselines3 model",
    extensions: &["zip"],
    kinds: &[],
    runs_code: true,
    recognised_by: "A zip with the member `data` beside `policy.pth`, `pytorch_variables.pth` or `_stable_baselines3_version`.",
    checks: "The pickles in its settings, which are handed out.",
    spec: "https://stable-baselines3.readthedocs.io/en/master/guide/save_format.html",
    rules: &[&sb3_pickle::SB3_PICKLE],
};

/// Bytes of the settings that are read.
const MAX_DATA: u64 = 64 << 20;

impl Scanner for StableBaselines {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let has = |entries: &[Entry], name: &str| entries.iter().any(|e| e.name == name);
        match probe.members {
            Some(entries)
                if has(entries, "data")
                    && [
                        "policy.pth",
                        "pytorch_variables.pth",
                        "_stable_baselines3_version",
                    ]
                    .iter()
                    .any(|name| has(entries, name)) =>
            {
                Match::Strong
            }
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        let mut names = Vec::new();
        for id in records.at("data") {
            let Some(json) = records.read(*id, MAX_DATA, cx)? else {
                continue;
            };
            cx.budget().charge_steps(json.len() as u64)?;
            let strings = strings(&json, &|path, _| {
                path.last().is_some_and(|key| key == ":serialized:")
            });
            if let Some(error) = strings.error {
                cx.gap(GapReason::Malformed, format!("data is no JSON: {error}"));
            }
            if strings.cut {
                cx.gap(GapReason::Limit, "data holds more pickles than are kept");
            }
            for found in strings.found {
                let name = found
                    .path
                    .iter()
                    .rev()
                    .nth(1)
                    .map_or_else(|| "?".to_owned(), Clone::clone);
                match decode_base64(&found.text) {
                    Some(pickle) => {
                        let child = format!("data → {name}");
                        cx.child(child, Blob::from_vec(pickle), Some(Kind::PICKLE))?;
                    }
                    None => cx.gap(GapReason::Malformed, format!("data: {name} is no Base64")),
                }
                names.push(name);
            }
        }
        if let Some(issue) = sb3_pickle::check(&names) {
            cx.issue(issue)?;
        }
        Ok(coverage(before, cx))
    }
}

/// Decodes as Python's `base64.b64decode` does: what is no letter of the alphabet is left out, and
/// the text ends at its padding. `None` when nothing is left or a group is incomplete.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count = count.wrapping_add(1);
        if count.is_multiple_of(4) {
            out.extend(bits.to_be_bytes().iter().skip(1));
            bits = 0;
        }
    }
    match count % 4 {
        0 => {}
        2 => out.extend((bits << 12).to_be_bytes().iter().skip(1).take(1)),
        3 => out.extend((bits << 6).to_be_bytes().iter().skip(1).take(2)),
        _ => return None,
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_python_reads_it() {
        assert_eq!(decode_base64("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(decode_base64("aGVs\nbG8h"), Some(b"hello!".to_vec()));
        assert_eq!(decode_base64("gAROLg"), Some(b"\x80\x04N.".to_vec()));
        assert_eq!(decode_base64("a"), None);
        assert_eq!(decode_base64(""), None);
    }
}
