//! What is judged once per stream: imports that nothing used, spellings, bombs, and the end.

use ma_core::{Evidence, Issue, Rule, Severity};
use ma_python::catalogue::{Capability, Grade, Matched};

use super::call::why;
use super::name::Name;
use super::{Finding, Import, Judge, shown};
use crate::event::{Anomaly, StreamEnd};
use crate::machine::Machine;
use crate::rules::{
    ATTRIBUTE_WALK, BROKEN_STREAM, DANGEROUS_IMPORT, DEPTH_BOMB, EXPANSION_BOMB, FRAME_STRADDLE,
    MEMO_BOMB, PARSER_DIFFERENTIAL, PERSISTENT_ID, SCANNER_TAMPERING, UNKNOWN_CALL, UNKNOWN_IMPORT,
};
use crate::value::{Constant, Value, View};

/// What STOP hands back, where the layout of the file depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The magic number of PyTorch's legacy layout.
    TorchMagic,
    /// A list of texts: perhaps the storage keys.
    Keys(Vec<String>, bool),
    /// Something else.
    Other,
}

/// The number that begins PyTorch's legacy files, little-endian.
const TORCH_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

impl Outcome {
    pub(super) fn of(machine: &Machine<'_>, value: Value) -> Self {
        match machine.view(value) {
            View::Const(_) => match machine.constant(value, 64) {
                Some(Constant::BigInt(bytes, _))
                    if bytes
                        .strip_prefix(&TORCH_MAGIC)
                        .is_some_and(|rest| rest.iter().all(|b| *b == 0)) =>
                {
                    Self::TorchMagic
                }
                _ => Self::Other,
            },
            View::Container(items) => {
                let keys: Option<Vec<String>> = items
                    .items
                    .iter()
                    .map(|key| Some(machine.constant(*key, 256)?.as_str()?.to_owned()))
                    .collect();
                keys.map_or(Self::Other, |keys| Self::Keys(keys, items.is_cut()))
            }
            _ => Self::Other,
        }
    }
}

impl Judge<'_> {
    /// Imports that no call accounts for.
    pub(super) fn judge_imports(&mut self) {
        for import in std::mem::take(&mut self.imports) {
            let name = &import.name;
            if name.computed || self.explained.contains(&name.path) {
                continue;
            }
            if name.is_scanner() {
                let message = format!(
                    "Imports {}, a part of a security scanner",
                    shown(&name.path)
                );
                self.report_import((&SCANNER_TAMPERING, Severity::Critical), &import, message);
                continue;
            }
            match name.grade() {
                Grade::Inert if name.odd => {}
                Grade::Inert => {}
                Grade::Dangerous => {
                    let walk = name.verdict.matched == Matched::Dunder
                        || (name.verdict.matched == Matched::Tail
                            && name.capability() == Capability::AttributeAccess);
                    let rule = if walk {
                        &ATTRIBUTE_WALK
                    } else {
                        &DANGEROUS_IMPORT
                    };
                    let message = format!(
                        "Imports {}, which {}",
                        shown(&name.shown()),
                        name.capability().title()
                    );
                    self.report_import((rule, Severity::Critical), &import, message);
                }
                Grade::Suspicious => self.judge_suspicious_import(&import),
                Grade::Unknown => self.judge_unknown_import(&import),
            }
        }
        if self.memo_hole {
            self.raise_unknown_calls();
        }
    }

    fn judge_suspicious_import(&mut self, import: &Import) {
        let name = &import.name;
        let message = format!(
            "Imports {}, which {}",
            shown(&name.shown()),
            name.capability().title()
        );
        let (rule, severity): (&'static Rule, _) = match name.capability() {
            Capability::AttributeAccess if name.is_walk() => {
                // A method of a class kept as a value, as bound methods are pickled.
                let severity = if name.walks_far() {
                    Severity::Warning
                } else {
                    Severity::Info
                };
                (&ATTRIBUTE_WALK, severity)
            }
            _ if name.verdict.matched == Matched::StdlibDefault => {
                (&UNKNOWN_IMPORT, Severity::Warning)
            }
            _ => (&UNKNOWN_IMPORT, Severity::Info),
        };
        self.report_import((rule, severity), import, message);
    }

    fn judge_unknown_import(&mut self, import: &Import) {
        let name = &import.name;
        if name.odd {
            let message = format!(
                "Imports {}, which is no name that a pickler writes",
                shown(&name.path)
            );
            return self.report_import((&ATTRIBUTE_WALK, Severity::Warning), import, message);
        }
        if name.is_walk() && name.walks_far() {
            let message = format!(
                "Imports {} by walking through modules or objects",
                shown(&name.path)
            );
            return self.report_import((&ATTRIBUTE_WALK, Severity::Critical), import, message);
        }
        let message = format!("Imports {}, which is not known", shown(&name.path));
        self.report_import((&UNKNOWN_IMPORT, Severity::Info), import, message);
    }

    fn report_import(
        &mut self,
        (rule, severity): (&'static Rule, Severity),
        import: &Import,
        message: String,
    ) {
        let Import {
            name,
            op,
            offset,
            end,
        } = import;
        let path = name.path.clone();
        self.report(rule, severity, &path, || {
            let mut issue = Issue::new(rule, message)
                .at(*offset..*end)
                .subject(name.canonical())
                .evidence(Evidence::code("import", import_source(name)))
                .evidence(Evidence::fact(
                    "opcode",
                    format!("{} at byte {offset}", op.name()),
                ));
            if name.grade() >= Grade::Suspicious {
                issue = issue.why(why(name));
            }
            issue
        });
    }

    /// Generators of evasive files leave holes in the memo: beside one, an unknown call is no longer
    /// just unknown.
    fn raise_unknown_calls(&mut self) {
        let raised: Vec<Finding> = self
            .found
            .iter()
            .filter(|f| {
                f.issue.rule.code == UNKNOWN_CALL.code && f.issue.severity < Severity::Critical
            })
            .cloned()
            .collect();
        for mut finding in raised {
            finding.issue.severity = Severity::Critical;
            finding.issue = finding.issue.evidence(Evidence::fact(
                "memo",
                "memo indices leave large holes, as generators of evasive files write them",
            ));
            finding.count = 0;
            self.found.add(finding);
        }
    }

    /// The machine met something that no pickler writes.
    pub(super) fn judge_anomaly(&mut self, kind: Anomaly, offset: u64, range: (u64, u64)) {
        let (rule, severity): (&'static Rule, _) = match kind {
            Anomaly::OutsideFrame | Anomaly::UnusedStack => return,
            Anomaly::ForkSkipped => {
                self.skipped.get_or_insert(offset);
                return;
            }
            Anomaly::HugeNumber => (&DEPTH_BOMB, Severity::Warning),
            Anomaly::FrameStraddle => (&FRAME_STRADDLE, Severity::Critical),
            Anomaly::MemoBomb => (&MEMO_BOMB, Severity::Critical),
            Anomaly::MemoHole => {
                self.memo_hole = true;
                (&MEMO_BOMB, Severity::Info)
            }
            Anomaly::ExpansionBomb => (&EXPANSION_BOMB, Severity::Critical),
            Anomaly::DepthBomb => (&DEPTH_BOMB, Severity::Critical),
            Anomaly::BufferInFile => (&PERSISTENT_ID, Severity::Info),
            _ => (&PARSER_DIFFERENTIAL, Severity::Info),
        };
        let text = kind.describe();
        if self.found.again(rule, text, severity) {
            return;
        }
        let mut message = text.to_owned();
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let (start, end) = range;
        let bytes = start.min(offset)..end.max(offset.saturating_add(1));
        self.found.add(Finding {
            issue: Issue::new(rule, message).severity(severity).at(bytes),
            count: 1,
            key: text.to_owned(),
            structural: true,
        });
    }

    /// The stream is over.
    pub(super) fn judge_end(&mut self, end: &StreamEnd, opcodes: u64) {
        let (message, at) = match end {
            StreamEnd::Truncated { at } => {
                ("The file ends in the middle of the pickle".to_owned(), *at)
            }
            StreamEnd::Invalid { at, byte } => (
                format!("Byte 0x{byte:02x} is no pickle opcode: loading stops there"),
                *at,
            ),
            StreamEnd::Error { at, what } => (format!("Loading stops with an error: {what}"), *at),
            StreamEnd::Undecodable { at } => (
                "Raw array data of unknown length follows: what comes after can't be read"
                    .to_owned(),
                *at,
            ),
            _ => return,
        };
        let severity = if self.interesting && opcodes > 0 {
            Severity::Critical
        } else {
            Severity::Warning
        };
        self.found.add(Finding {
            issue: Issue::new(&BROKEN_STREAM, message)
                .severity(severity)
                .at(at..at.saturating_add(1))
                .evidence(Evidence::fact("opcodes before it", opcodes.to_string())),
            count: 1,
            key: "end".to_owned(),
            structural: true,
        });
    }
}

fn import_source(name: &Name) -> String {
    format!("from {} import {}", name.module, name.name)
}
