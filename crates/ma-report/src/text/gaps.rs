//! What was not looked at.

use std::io;

use ma_core::{Gap, text::escape};

use crate::out::{Out, flat};

/// Gaps of one cause that are listed one by one.
const EACH: usize = 5;

/// Writes the section, with gaps of the same cause together.
pub(super) fn all(out: &mut Out<'_>, gaps: &[Gap]) -> io::Result<()> {
    let strong = out.styles().strong;
    out.styled(strong, "Not looked at:")?;
    out.end()?;
    let limit = if out.options.everything {
        usize::MAX
    } else {
        EACH
    };
    for group in grouped(gaps) {
        for gap in group.iter().take(limit) {
            one(out, "  ", gap)?;
        }
        let more = group.len().saturating_sub(limit);
        if more > 0 {
            out.line(&format!(
                "  … and {more} more for the same reason (--verbose lists them)"
            ))?;
        }
    }
    Ok(())
}

/// Gaps with the same reason and detail, in the order of the first of each.
fn grouped(gaps: &[Gap]) -> Vec<Vec<&Gap>> {
    let mut groups: Vec<Vec<&Gap>> = Vec::new();
    let mut index = std::collections::BTreeMap::new();
    for gap in gaps {
        let next = groups.len();
        let at = *index.entry((gap.reason, &gap.detail)).or_insert(next);
        match groups.get_mut(at) {
            Some(group) => group.push(gap),
            None => groups.push(vec![gap]),
        }
    }
    groups
}

/// Writes one gap on one line.
pub(super) fn one(out: &mut Out<'_>, indent: &str, gap: &Gap) -> io::Result<()> {
    let styles = out.styles();
    out.put(indent)?;
    out.put(&gap.artifact.to_string())?;
    if let Some(range) = &gap.range {
        out.put(&escape(&format!(
            " (bytes {} to {})",
            range.start,
            range.end.saturating_sub(1).max(range.start)
        )))?;
    }
    out.put(": ")?;
    out.styled(styles.warning, &format!("[{}]", gap.reason))?;
    out.put(" ")?;
    out.line(&flat(&gap.detail))
}
