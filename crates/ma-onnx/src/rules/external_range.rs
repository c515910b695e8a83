//! The place inside the weights file can't be right.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::External;
use crate::rules::memory_address::is_address;

declare_rule! {
    /// ## What it finds
    /// An offset or a length of external data that is negative, no whole number, beyond 63 bits, longer or shorter than the dimensions of the tensor need, or beyond the end of the file beside the model. Two tensors whose places overlap without being the same are Info.
    ///
    /// ## Why it matters
    /// A reader that trusts such a number reads beyond the end of the file or of its own memory. Cut downloads look the same.
    ///
    /// ## What it leaves alone
    /// Places inside the file, and tensors that share one place exactly.
    ///
    /// ## What to do
    /// Fetch the model and its weights file again. If the numbers stay, do not load it.
    pub static EXTERNAL_RANGE = {
        code: "ONX005", name: "onnx-external-range", severity: Warning,
        title: "The place inside the weights file can't be right",
        references: [Cwe(125), Cwe(190), Advisory("GHSA-538c-55jv-c5g9")],
    }
}

/// One issue for each tensor with such numbers, and one for each file with an overlap.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for external in &cx.model.external {
        let marked = external.all("location").any(is_address);
        if let Some(what) = wrong(external).filter(|_| !marked) {
            issues.push(issue(external, what));
        }
    }
    for (place, tensors) in cx.places() {
        if let Some(size) = cx.size_of(place) {
            beyond(place, &tensors, size, &mut issues);
        }
        issues.extend(overlap(place, &tensors));
    }
    issues
}

fn issue(external: &External, what: String) -> Issue {
    let message = format!("tensor `{}`: {what}", short(&external.tensor));
    let mut issue = Issue::new(&EXTERNAL_RANGE, message)
        .at(external.range.clone())
        .route(external.route.clone());
    for key in ["location", "offset", "length"] {
        if let Some(value) = external.get(key) {
            issue = issue.evidence(Evidence::text(key, short(value)));
        }
    }
    issue
}

/// A number as readers take it, or what is wrong with it.
fn number(external: &External, key: &str) -> Result<Option<u64>, String> {
    let Some(text) = external.get(key) else {
        return Ok(None);
    };
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(n) if digits && i64::try_from(n).is_ok() => Ok(Some(n)),
        _ if digits => Err(format!("its {key} of {} does not fit 63 bits", short(text))),
        _ => Err(format!(
            "its {key} `{}` is no whole number from 0 on",
            short(text)
        )),
    }
}

/// Where the tensor's bytes begin and how many they are.
fn place(external: &External) -> Option<(u64, u64)> {
    let offset = number(external, "offset").ok()?.unwrap_or(0);
    let length = number(external, "length").ok()?.or(external.needed)?;
    let end = offset.checked_add(length)?;
    i64::try_from(end).ok().map(|_| (offset, length))
}

fn wrong(external: &External) -> Option<String> {
    let offset = match number(external, "offset") {
        Ok(offset) => offset.unwrap_or(0),
        Err(what) => return Some(what),
    };
    let length = match number(external, "length") {
        Ok(length) => length,
        Err(what) => return Some(what),
    };
    let end = offset.checked_add(length.unwrap_or(0));
    if end.is_none_or(|end| i64::try_from(end).is_err()) {
        return Some("its offset and length together do not fit 63 bits".to_owned());
    }
    match (length, external.needed) {
        (Some(length), Some(needed)) if length != needed && external.active => Some(format!(
            "its length is {length} bytes and its dimensions need {needed}"
        )),
        _ => None,
    }
}

fn beyond(path: &str, tensors: &[&External], size: u64, issues: &mut Vec<Issue>) {
    let outside = |e: &&&External| {
        place(e).is_some_and(|(offset, length)| offset.saturating_add(length) > size)
    };
    let mut all = tensors.iter().filter(outside);
    let Some(first) = all.next() else { return };
    let others = all.count();
    let more = if others > 0 {
        format!(", and {others} more tensors do")
    } else {
        String::new()
    };
    let what = format!(
        "its bytes lie beyond the end of `{}`, which has {size} bytes{more}",
        short(path)
    );
    issues.push(issue(first, what));
}

fn overlap(path: &str, tensors: &[&External]) -> Option<Issue> {
    let mut placed: Vec<(u64, u64, &External)> = tensors
        .iter()
        .filter_map(|e| place(e).map(|(offset, length)| (offset, length, *e)))
        .filter(|(_, length, _)| *length > 0)
        .collect();
    placed.sort_by_key(|(offset, length, e)| (*offset, *length, e.range.start));
    let pair = placed.windows(2).find_map(|pair| match pair {
        [a, b] if (a.0, a.1) != (b.0, b.1) && a.0.saturating_add(a.1) > b.0 => Some((a.2, b.2)),
        _ => None,
    });
    let (a, b) = pair?;
    let what = format!(
        "its bytes in `{}` overlap those of `{}`",
        short(path),
        short(&a.tensor)
    );
    let why = "Two tensors share some of their bytes and not all, which no exporter writes: one of them does not hold what its name says.";
    Some(issue(b, what).severity(Severity::Info).why(why))
}
