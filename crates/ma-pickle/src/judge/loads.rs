//! Loaders called by the stream, and pickles hidden in its values.

use std::ops::Range;
use std::rc::Rc;

use ma_core::{Blob, Evidence, Issue, Kind, Severity};

use super::call::why;
use super::name::Name;
use super::{At, Child, Judge, shown};
use crate::fold::Folded;
use crate::machine::Machine;
use crate::nested;
use crate::rules::{LOADS_OTHER_FILE, NESTED_PAYLOAD};
use crate::value::{Call, Value, View};

/// Bytes of a literal from which on it is not read when only structure is wanted.
const LARGE: u64 = 1 << 20;
/// Bytes that tell a program.
const PROGRAM_HEAD: usize = 1024;

impl Judge<'_> {
    /// A call of something that loads another object. What it is given is handed out to be scanned.
    /// `severity` is for the call itself; below Warning it is silent when the bytes are at hand.
    pub(super) fn judge_loader(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        call: &Call,
        name: &Rc<Name>,
        severity: Severity,
    ) {
        self.note_loaded(machine, call);
        let given = self.given(machine, call);
        let from_file = given.is_some();
        if let Some(blob) = given {
            let kind = Some(kind_of(name));
            let child = format!("{}@{}", name.path, at.offset);
            let head = blob.head(nested::FINGERPRINT).unwrap_or_default();
            let fingerprint = nested::fingerprint(&head, blob.len());
            let name = child;
            self.hand_out(Child { name, blob, kind }, fingerprint);
        }
        let severity = match (severity, from_file) {
            (Severity::Info, true) => return,
            (Severity::Info, false) => Severity::Warning,
            (other, _) => other,
        };
        let message = if from_file {
            format!(
                "Loads an object embedded in the file with {}",
                shown(&name.shown())
            )
        } else {
            format!("Loads another object with {}", shown(&name.shown()))
        };
        self.report_call(
            machine,
            at,
            (&LOADS_OTHER_FILE, severity),
            name,
            (message, &why(name)),
        );
    }

    /// Remembers which literals a loader was given: their content is reported by whoever scans it.
    fn note_loaded(&mut self, machine: &Machine<'_>, call: &Call) {
        for range in self.literals(machine, call) {
            self.loaded_ranges.insert(range);
        }
    }

    /// Remembers that literals went to a function that is not known to be harmless.
    pub(super) fn note_handed(&mut self, machine: &Machine<'_>, call: &Call, name: &Name) {
        if self.nested.is_empty() {
            return;
        }
        for range in self.literals(machine, call) {
            for found in self
                .nested
                .iter_mut()
                .filter(|f| (f.range.start, f.range.end) == range)
            {
                found.handed_to.get_or_insert_with(|| name.path.clone());
            }
        }
    }

    fn literals(&self, machine: &Machine<'_>, call: &Call) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        for arg in Self::arguments(machine, call.args).into_iter().take(8) {
            out.extend(machine.literal_range(arg));
            // `load(BytesIO(b'…'))`, `loads(decompress(b'…'))`.
            if let View::Call(inner) = machine.view(arg) {
                let inner = Self::arguments(machine, inner.args).into_iter().take(8);
                out.extend(inner.filter_map(|arg| machine.literal_range(arg)));
            }
        }
        out
    }

    /// The bytes among the arguments.
    fn given(&self, machine: &Machine<'_>, call: &Call) -> Option<Blob> {
        for arg in Self::arguments(machine, call.args).into_iter().take(4) {
            if let View::Const(kind) = machine.view(arg)
                && !kind.is_str()
                && let Some((start, end)) = machine.literal_range(arg)
                && let Ok(window) = self.blob.slice(start..end)
            {
                return Some(window);
            }
            if let Some(folded @ (Folded::Bytes(_) | Folded::Text(_))) = self.fold(machine, arg) {
                let bytes = folded.as_bytes()?;
                // Text that is a path or an address is no content.
                let content =
                    matches!(folded, Folded::Bytes(_)) || nested::looks_like_pickle(bytes);
                if content && !bytes.is_empty() {
                    return Some(Blob::from_vec(bytes.to_vec()));
                }
            }
        }
        None
    }

    /// A literal goes by: is there a pickle inside?
    pub(super) fn hunt_literal(&mut self, machine: &Machine<'_>, value: Value, range: (u64, u64)) {
        let (start, end) = range;
        let len = end.saturating_sub(start);
        let Some(nesting) = self.reading.nesting.checked_sub(1) else {
            return;
        };
        if self.reading.structure_only && len > LARGE {
            return;
        }
        let raw = match machine.view(value) {
            View::Const(kind) if !kind.is_str() => self.blob.slice(start..end).ok(),
            _ => None,
        };
        if let Some(raw) = &raw {
            let head = raw.head(PROGRAM_HEAD).unwrap_or_default();
            self.hand_out_program(&head, raw, start);
        }
        let found = match raw {
            Some(raw) => nested::hunt_blob(&raw, self.budget, nesting),
            None => {
                let limit = self.folder.left().min(16 << 20);
                let Some(constant) = machine.constant(value, limit) else {
                    return;
                };
                nested::hunt_bytes(
                    constant.as_bytes().unwrap_or_default(),
                    self.budget,
                    nesting,
                )
            }
        };
        self.keep_nested(found, start..end);
    }

    /// The result of folding goes by.
    pub(super) fn hunt_folded(&mut self, folded: &Folded, offset: u64) {
        let Some(nesting) = self.reading.nesting.checked_sub(1) else {
            return;
        };
        if let Folded::Bytes(bytes) = folded {
            let head = bytes.get(..PROGRAM_HEAD).unwrap_or(bytes);
            if nested::program(head, bytes.len() as u64).is_some() {
                self.hand_out_program(head, &Blob::from_vec(bytes.to_vec()), offset);
            }
            let found = nested::hunt_bytes(bytes, self.budget, nesting);
            self.keep_nested(found, offset..offset.saturating_add(1));
        }
    }

    /// Bytes that begin as a program or an archive does are for whoever reads those.
    fn hand_out_program(&mut self, head: &[u8], blob: &Blob, offset: u64) {
        let Some(what) = nested::program(head, blob.len()) else {
            return;
        };
        let print = head.get(..nested::FINGERPRINT).unwrap_or(head);
        let fingerprint = nested::fingerprint(print, blob.len());
        let (name, blob, kind) = (format!("{what}@{offset}"), blob.clone(), None);
        self.hand_out(Child { name, blob, kind }, fingerprint);
    }

    fn keep_nested(&mut self, found: Vec<nested::Found>, range: Range<u64>) {
        for mut found in found {
            found.range = range.clone();
            if self.nested.len() < 1000 {
                self.nested.push(found);
            }
        }
    }

    /// Reports nested pickles that no loader in the stream was given.
    pub(super) fn judge_nested(&mut self) {
        for found in std::mem::take(&mut self.nested) {
            let range = (found.range.start, found.range.end);
            if self.loaded.contains(&found.fingerprint) || self.loaded_ranges.contains(&range) {
                continue;
            }
            self.interesting = true;
            let key = format!("{} {}", found.how, found.message);
            let (severity, to) = match &found.handed_to {
                Some(name) => (
                    Severity::Critical,
                    format!(", and it is handed to {}", shown(name)),
                ),
                None => (Severity::Warning, String::new()),
            };
            self.report(&NESTED_PAYLOAD, severity, &key, || {
                let message = format!("A value holds a pickle{}{to}: {}", found.how, found.message);
                let mut issue = Issue::new(&NESTED_PAYLOAD, message).at(found.range.clone());
                issue.evidence = found.evidence.clone();
                issue.evidence(Evidence::fact("nested rule", found.rule))
            });
        }
    }
}

/// What a loader takes its argument for.
fn kind_of(name: &Name) -> Kind {
    let path = name.canonical();
    let top = path.split('.').next().unwrap_or_default();
    match top {
        "marshal" => Kind::MARSHAL,
        "torch" => Kind::TORCH,
        "numpy" => Kind::NPY,
        "keras" | "tensorflow" | "tf_keras" => Kind::KERAS,
        "yaml" | "ruamel" => Kind::YAML,
        _ => Kind::PICKLE,
    }
}
