//! The walk over the objects of a file, from the root group along hard links.
//!
//! Every object is read once, by the address of its header; what can't be read of it is noted and does
//! not keep the others from being read.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::model::{Anomaly, AnomalyKind, Attribute, Dtype, File, LinkTarget, Object, ObjectKind};

use super::header::{self, Fault, Header, Message};
use super::heap::GlobalHeap;
use super::source::{Broken, EXHAUSTED, Fields, Piece, Read, Source, malformed};
use super::{attribute, dataset, datatype, group};

/// Objects that are read.
const MAX_OBJECTS: usize = 200_000;
/// Groups within groups.
const MAX_DEPTH: usize = 64;
/// Bytes of a path; a longer one is shown with its end alone.
const MAX_PATH: usize = 4096;
/// Anomalies that are kept.
const MAX_ANOMALIES: usize = 4096;

/// What a walk needs.
pub(super) struct Walk<'b> {
    pub(super) source: Source<'b>,
    pub(super) globals: GlobalHeap,
    pub(super) file: File,
    pub(super) anomalies: Vec<Anomaly>,
    /// There are more anomalies than are kept.
    flooded: bool,
    /// It was said that no more is read.
    stopped: bool,
    /// The path of the object that is being read.
    path: String,
    /// Where each object that was met lies in the list.
    seen: HashMap<u64, usize>,
}

/// An object to read: its address, the object and the link that led to it, how deep it lies.
struct Step {
    address: u64,
    parent: Option<(usize, usize)>,
    depth: usize,
}

impl<'b> Walk<'b> {
    pub(super) fn new(source: Source<'b>) -> Self {
        Self {
            source,
            globals: GlobalHeap::default(),
            file: File::default(),
            anomalies: Vec::new(),
            flooded: false,
            stopped: false,
            path: String::new(),
            seen: HashMap::new(),
        }
    }

    /// Notes something about the object that is being read.
    pub(super) fn note(&mut self, kind: AnomalyKind, detail: String, range: Option<Range<u64>>) {
        if matches!(kind, AnomalyKind::Limit) {
            self.file.truncated = true;
        }
        if self.anomalies.len() < MAX_ANOMALIES {
            self.anomalies.push(Anomaly {
                kind,
                object: ma_core::text::shorten(&self.path, 400).into_owned(),
                detail,
                range,
            });
        } else if !self.flooded {
            self.flooded = true;
            self.file.truncated = true;
            self.anomalies.push(Anomaly {
                kind: AnomalyKind::Limit,
                object: String::new(),
                detail: TOO_MANY.to_owned(),
                range: None,
            });
        }
    }

    /// Notes why something could not be read.
    pub(super) fn note_broken(&mut self, broken: &Broken, what: &str, range: Option<Range<u64>>) {
        let kind = match broken {
            Broken::Malformed(_) | Broken::Scan(_) => AnomalyKind::Unreadable,
            Broken::Unsupported(_) => AnomalyKind::Unsupported,
            Broken::Limit(_) => AnomalyKind::Limit,
        };
        let text = broken.to_string();
        // One sentence says it for all that is not read from there on.
        if text == EXHAUSTED && std::mem::replace(&mut self.stopped, true) {
            return;
        }
        self.note(kind, format!("{what}: {text}"), range);
    }

    /// Notes a failure unless it ends the scan.
    fn tolerate(&mut self, result: Read<()>, what: &str, range: Range<u64>) -> Read<()> {
        match result {
            Err(broken @ Broken::Scan(_)) => Err(broken),
            Err(broken) => {
                self.note_broken(&broken, what, Some(range));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Accounts for memory that is kept.
    pub(super) fn keep(&mut self, bytes: usize) -> Read<()> {
        self.source.keep(bytes)
    }

    /// The body of a message that lies elsewhere: version, type, address of the object that has it.
    pub(super) fn shared(&mut self, kind: u16, fields: &mut Fields<'_>) -> Read<Piece> {
        let (version, place) = (fields.u8()?, fields.u8()?);
        match (version, place) {
            (1, _) => fields.skip(6)?,
            (2, _) | (3, 0 | 2) => {}
            (3, 1) => {
                return Err(Broken::Unsupported(
                    "it lies in the heap that several objects share".to_owned(),
                ));
            }
            _ => return malformed(format!("a shared message is of version {version}")),
        }
        let address = fields.number(self.source.offset_size)?;
        let header = header::read(&mut self.source, address)?;
        let found = header
            .messages
            .into_iter()
            .find(|m| m.kind == kind && !m.shared());
        match found {
            Some(message) => Ok(message.body),
            None => malformed("the object that it is shared with does not have it"),
        }
    }

    /// Reads a type and notes what is wrong with it.
    pub(super) fn dtype(&mut self, fields: &mut Fields<'_>) -> Read<Dtype> {
        let start = fields.position();
        // A member takes more room here than there.
        self.keep(fields.left().saturating_mul(4))?;
        let mut faults = Vec::new();
        let dtype = datatype::read(fields, &mut faults);
        let end = fields.position();
        for fault in faults.into_iter().take(8) {
            self.note(AnomalyKind::Invariant, fault, Some(start..end));
        }
        dtype
    }

    /// The body of a message, wherever it lies.
    pub(super) fn body(&mut self, message: &Message) -> Read<Piece> {
        if message.shared() {
            self.shared(message.kind, &mut message.body.read())
        } else {
            Ok(message.body.clone())
        }
    }

    /// Reads everything that can be reached from `root`.
    pub(super) fn run(&mut self, root: u64) -> Read<()> {
        let mut parents: Vec<Option<usize>> = Vec::new();
        let mut todo = vec![Step {
            address: root,
            parent: None,
            depth: 0,
        }];
        while let Some(step) = todo.pop() {
            if self.seen.contains_key(&step.address) {
                continue;
            }
            if self.file.objects.len() >= MAX_OBJECTS {
                self.path.clear();
                let text = format!("there are more than {MAX_OBJECTS} objects");
                self.note(AnomalyKind::Limit, text, None);
                break;
            }
            if self.source.exhausted() {
                self.path.clear();
                let broken = Broken::Limit(EXHAUSTED.to_owned());
                self.note_broken(&broken, "the objects", None);
                break;
            }
            self.path = self.path_of(&step);
            if self.keep(self.path.len().saturating_add(640)).is_err() {
                let text = "names and paths need more memory than is kept".to_owned();
                self.note(AnomalyKind::Limit, text, None);
                break;
            }
            let object = self.object(&step)?;
            let index = self.file.objects.len();
            self.seen.insert(step.address, index);
            parents.push(step.parent.map(|(parent, _)| parent));
            self.expand(&object, index, step.depth, &parents, &mut todo);
            self.file.objects.push(object);
        }
        Ok(())
    }

    /// The path of an object, from the object and the link that led to it.
    fn path_of(&self, step: &Step) -> String {
        let Some((parent, link)) = step.parent else {
            return "/".to_owned();
        };
        let parent = self.file.objects.get(parent);
        let above = parent.map_or("", |o| o.path.as_str());
        let link = parent.and_then(|o| o.links.get(link));
        let name = ma_core::text::shorten(link.map_or("", |l| l.name.as_str()), 1024);
        if above == "/" {
            format!("/{name}")
        } else if above.len() > MAX_PATH {
            format!("…/{name}")
        } else {
            format!("{above}/{name}")
        }
    }

    /// Puts what the links of `object` lead to on the list, and notes circles and repeated names.
    fn expand(
        &mut self,
        object: &Object,
        index: usize,
        depth: usize,
        parents: &[Option<usize>],
        todo: &mut Vec<Step>,
    ) {
        let mut names = HashSet::new();
        let mut ancestors = HashSet::new();
        let mut at = Some(index);
        while let Some(i) = at {
            ancestors.insert(i);
            at = parents.get(i).copied().flatten();
        }
        for (number, link) in object.links.iter().enumerate().rev() {
            let shown = ma_core::text::shorten(&link.name, 80);
            if !names.insert(link.name.as_str()) {
                let text = format!("two links are named `{shown}`");
                self.note(AnomalyKind::DuplicateLink, text, Some(link.range.clone()));
            }
            let LinkTarget::Hard(address) = link.target else {
                continue;
            };
            match self.seen.get(&address) {
                Some(known) if ancestors.contains(known) => {
                    let text = format!("the hard link `{shown}` leads back to a group around it");
                    self.note(AnomalyKind::Cycle, text, Some(link.range.clone()));
                }
                Some(_) => {}
                None if depth >= MAX_DEPTH => {
                    let text = format!("groups are nested deeper than {MAX_DEPTH}");
                    self.note(AnomalyKind::Limit, text, Some(link.range.clone()));
                }
                None => todo.push(Step {
                    address,
                    parent: Some((index, number)),
                    depth: depth.saturating_add(1),
                }),
            }
        }
    }

    /// Reads one object.
    fn object(&mut self, step: &Step) -> Read<Object> {
        let mut object = Object {
            path: self.path.clone(),
            address: step.address.saturating_add(self.source.base),
            kind: ObjectKind::Unreadable,
            references: 0,
            attributes: Vec::new(),
            links: Vec::new(),
            dataset: None,
            named_type: None,
        };
        let header = match header::read(&mut self.source, step.address) {
            Ok(header) => header,
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                let at = object.address..object.address;
                self.note_broken(&broken, "the object can't be read", Some(at));
                return Ok(object);
            }
        };
        self.faults(&header, object.address);
        object.references = header.references;
        if header.references == 0 {
            let text = "its reference count is 0".to_owned();
            let at = object.address..object.address.saturating_add(16);
            self.note(AnomalyKind::NoReferences, text, Some(at));
        }
        self.attributes(&header, &mut object.attributes)?;
        self.links(&header, &mut object)?;
        let has = |kind| header.messages.iter().any(|m| m.kind == kind);
        let group = has(header::SYMBOL_TABLE) || has(header::LINK_INFO) || has(header::GROUP_INFO);
        let data = has(header::LAYOUT) || (has(header::DATASPACE) && has(header::DATATYPE));
        object.kind = if data {
            object.dataset = Some(dataset::read(self, &header)?);
            if group {
                let text = "it is a group and a dataset at once".to_owned();
                let at = object.address..object.address.saturating_add(16);
                self.note(AnomalyKind::Invariant, text, Some(at));
            }
            ObjectKind::Dataset
        } else if group || has(header::LINK) {
            ObjectKind::Group
        } else if let Some(message) = header.messages.iter().find(|m| m.kind == header::DATATYPE) {
            let dtype = self.dtype(&mut message.body.read()).map(|dtype| {
                object.named_type = Some(dtype);
            });
            self.tolerate(dtype, "the datatype", message.range())?;
            ObjectKind::NamedType
        } else {
            ObjectKind::Other
        };
        Ok(object)
    }

    fn faults(&mut self, header: &Header, address: u64) {
        for fault in header.faults.iter().take(8) {
            match fault {
                Fault::Checksum(range) => self.note(
                    AnomalyKind::Checksum,
                    "the checksum of its header does not fit".to_owned(),
                    Some(range.clone()),
                ),
                Fault::Broken(text) => {
                    let at = address..address.saturating_add(16);
                    self.note(AnomalyKind::Unreadable, text.clone(), Some(at));
                }
            }
        }
    }

    fn attributes(&mut self, header: &Header, attributes: &mut Vec<Attribute>) -> Read<()> {
        for message in &header.messages {
            let result = match message.kind {
                header::ATTRIBUTE if message.shared() => Err(Broken::Unsupported(
                    "it lies in the heap that several objects share".to_owned(),
                )),
                header::ATTRIBUTE => {
                    attribute::read(self, &message.body, message.range()).map(|attribute| {
                        attributes.push(attribute);
                    })
                }
                header::ATTRIBUTE_INFO => {
                    attribute::dense(self, &mut message.body.read(), attributes)
                }
                _ => continue,
            };
            self.tolerate(result, "an attribute can't be read", message.range())?;
        }
        Ok(())
    }

    fn links(&mut self, header: &Header, object: &mut Object) -> Read<()> {
        let mut links = Vec::new();
        for message in &header.messages {
            let mut body = message.body.read();
            let result = match message.kind {
                header::LINK => group::link(&mut body, self.source.offset_size, message.range())
                    .map(|link| {
                        links.push(link);
                    }),
                header::LINK_INFO => group::dense(&mut self.source, &mut body, &mut links),
                header::SYMBOL_TABLE => {
                    group::symbol_table(&mut self.source, &mut body, &mut links)
                }
                _ => continue,
            };
            self.tolerate(result, "links can't be read", message.range())?;
        }
        object.links = links;
        Ok(())
    }
}

/// What is said when there are more anomalies than are kept.
const TOO_MANY: &str = "more is wrong with the file than is listed";
