//! Local headers: read in the order of the file, compared with the directory, and the bytes that
//! they and their data take.

use std::collections::HashSet;
use std::ops::Range;

use ma_core::{GapReason, ScanError};

use super::directory::Directory;
use super::member::{ZipMember, compare, directory_with_data};
use super::read::Reading;
use super::record::{DESCRIPTOR_FLAG, LOCAL_LEN, Local, method_name, text};
use crate::anomaly::{Anomaly, Harm};
use crate::rules::Told;
use crate::window::Window;

/// How much longer a local header may be than its central record before it is read on its own:
/// room for the padding that PyTorch puts into the extra field.
const SLACK: usize = 96;

/// Reads the local header at `at`; `expected` is the guess of its length.
pub(crate) fn local(
    window: &mut Window<'_>,
    at: u64,
    expected: usize,
) -> Result<Option<Local>, ScanError> {
    let Some(len) = Local::length(window.get(at, expected.max(LOCAL_LEN))?) else {
        return Ok(None);
    };
    Ok(Local::parse(window.get(at, len)?, at))
}

impl Reading<'_> {
    /// Takes over the members of a directory; returns how many were not known before.
    pub(crate) fn take(&mut self, directory: &Directory) -> Result<u64, ScanError> {
        let base = directory.view.base;
        let mut order: Vec<usize> = (0..directory.records.len()).collect();
        let place = |i: &usize| directory.records.get(*i).map(|r| r.offset);
        order.sort_by_key(place);
        let mut members: Vec<Option<ZipMember>> = Vec::new();
        members.resize_with(directory.records.len(), || None);
        let mut seen = HashSet::new();
        let mut told = Told::default();
        let mut differences = Vec::new();
        let mut fresh = 0u64;
        for i in order {
            let Some(record) = directory.records.get(i) else {
                continue;
            };
            self.budget.charge_steps(1)?;
            let expected = LOCAL_LEN
                .saturating_add(record.name.len())
                .saturating_add(usize::from(record.extra_len))
                .saturating_add(SLACK);
            let mut header = record.offset.saturating_add(base);
            let mut found = local(&mut self.window, header, expected)?;
            if found.is_none() && base != 0 {
                found = local(&mut self.window, record.offset, expected)?;
                if found.is_some() {
                    header = record.offset;
                }
            }
            let known = self.known.contains(&(header, record.name.clone()));
            if !seen.insert((header, record.name.clone())) || known {
                self.repeat(header, &text(&record.name), known);
                continue;
            }
            let mut member = ZipMember::listed(record, found.as_ref(), header, self.len);
            member.member.group = if self.chain { directory.view.start } else { 0 };
            match &found {
                Some(local) => {
                    compare(record, local, &mut differences);
                    differences.retain(|d| match d {
                        Anomaly::Mismatch { harm, .. } => told.more(harm.severity()),
                        _ => true,
                    });
                    self.anomalies.append(&mut differences);
                    self.claim(&member, local);
                    self.other_reading(&member, local);
                }
                None => self.missing(&member, header),
            }
            self.anomalies.extend(directory_with_data(&member));
            fresh = fresh.saturating_add(1);
            if let Some(slot) = members.get_mut(i) {
                *slot = Some(member);
            }
        }
        self.known.extend(seen);
        self.members.extend(members.into_iter().flatten());
        Ok(fresh)
    }

    /// Notes the bytes of a member and what runs over.
    fn claim(&mut self, member: &ZipMember, local: &Local) {
        let stated = local.data().saturating_add(member.packed);
        let end = stated.min(self.len);
        if stated > self.len {
            let detail = format!(
                "`{}` is said to have {} bytes, {} are there",
                crate::rules::shown(&member.member.entry.name),
                member.packed,
                self.len.saturating_sub(local.data())
            );
            let at = local.at..self.len;
            self.gaps
                .push((GapReason::Malformed, detail.clone(), Some(at.clone())));
            self.anomalies.push(Anomaly::Truncated { at, detail });
        }
        let later = local.flags & DESCRIPTOR_FLAG != 0;
        self.spans.push(Span {
            range: local.at..end,
            name: member.member.entry.name.clone(),
            data: local.data(),
            stored: member.is_stored(),
            descriptor: later,
        });
        self.claims.add(local.at..end);
    }

    /// The same bytes read as the local header wants them read, where that is another method.
    fn other_reading(&mut self, member: &ZipMember, local: &Local) {
        if local.method == member.method || local.aes.is_some() || member.method == 99 {
            return;
        }
        let mut other = member.clone();
        other.method = local.method;
        other.member.again = true;
        other.member.entry.stored_at = None;
        self.others.push(other);
    }

    /// Two records of one directory that are the same member.
    fn repeat(&mut self, header: u64, name: &str, known: bool) {
        if known {
            return;
        }
        self.anomalies.push(Anomaly::Overlap {
            first: name.to_owned(),
            second: name.to_owned(),
            at: header..header.saturating_add(4),
            count: 1,
        });
    }

    /// A record that points to no local header.
    fn missing(&mut self, member: &ZipMember, header: u64) {
        let name = member.member.entry.name.clone();
        let detail = format!("`{name}` has no local header at byte {header}");
        self.gaps.push((GapReason::Malformed, detail, None));
        self.anomalies.push(Anomaly::Mismatch {
            name,
            at: member.member.at.clone(),
            field: "place",
            central: format!("a local header at byte {header}"),
            local: "there is none".into(),
            harm: Harm::Refuse,
        });
    }

    /// Where the data may be longer than the directory says, it ends at the next thing at the latest.
    pub(crate) fn extend(&mut self) {
        for m in self.members.iter_mut().chain(self.others.iter_mut()) {
            let stated = m.data.start.saturating_add(m.packed).min(self.len);
            if m.data.end <= stated {
                continue;
            }
            let limit = self.claims.next_start(stated).unwrap_or(self.len);
            m.data.end = m.data.end.min(limit).max(stated);
        }
        for m in &self.members {
            let stated = m.data.start.saturating_add(m.packed).min(self.len);
            if m.data.end > stated {
                self.claims.add(stated..m.data.end);
            }
        }
    }

    /// Members that share bytes, told once for each run of them.
    pub(crate) fn overlaps(&mut self) {
        self.spans.sort_by_key(|s| (s.range.start, s.range.end));
        let mut last: Option<(u64, String)> = None;
        let mut told: Option<(String, String, Range<u64>)> = None;
        let mut count = 0u64;
        for span in &self.spans {
            match &last {
                Some((end, name)) if span.range.start < *end => {
                    count = count.saturating_add(1);
                    if told.is_none() {
                        let shared = span.range.start..span.range.end.min(*end);
                        told = Some((name.clone(), span.name.clone(), shared));
                    }
                }
                _ => {}
            }
            if last.as_ref().is_none_or(|(end, _)| *end < span.range.end) {
                last = Some((span.range.end, span.name.clone()));
            }
        }
        if let Some((first, second, at)) = told {
            self.anomalies.push(Anomaly::Overlap {
                first,
                second,
                at,
                count,
            });
        }
    }

    /// Methods that nothing here can undo.
    pub(crate) fn unsupported(&mut self) {
        for m in &self.members {
            if !matches!(m.method, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95 | 99)
                && m.member.entry.is_file()
            {
                self.anomalies.push(Anomaly::Unsupported {
                    name: m.member.entry.name.clone(),
                    at: m.member.at.clone(),
                    what: format!(
                        "compression method {} ({})",
                        m.method,
                        method_name(m.method)
                    ),
                });
            }
        }
    }
}

/// The bytes that a member takes.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) range: Range<u64>,
    pub(crate) name: String,
    /// Where its data starts.
    pub(crate) data: u64,
    pub(crate) stored: bool,
    /// True when a data descriptor follows.
    pub(crate) descriptor: bool,
}
