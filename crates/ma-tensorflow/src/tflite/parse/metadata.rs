//! What lies beside the graphs: named buffers, entry points, files with buffers.

use ma_core::{RegionKind, ScanError};
use ma_wire::flatbuffers::{Table, Vector};

use super::super::model::{AnomalyKind, ExternalGroup, Metadata, Place, Signature};
use super::Parser;

impl Parser<'_> {
    pub(super) fn metadata(&mut self, root: &Table) -> Result<(), ScanError> {
        // The older, nameless list.
        self.vector(root, 5, 4, Place::Model)?;
        let Some(items) = self.vector(root, 6, 4, Place::Model)? else {
            return Ok(());
        };
        for i in 0..self.bounded(&items, "named buffers").min(4096) {
            let place = Place::Metadata(i);
            let Some(table) = self.table_in(&items, i, place)? else {
                continue;
            };
            let name = self.text(&table, 0, place)?.map(|(name, _)| name);
            let buffer = self.flat.u32(&table, 1, 0);
            let buffer = self.number(buffer, place)?;
            let mut data = 0..0;
            match self.buffers.get_mut(buffer as usize) {
                Some(found) => {
                    found.area = Some((RegionKind::Metadata, None, place));
                    data = found.data.clone();
                }
                None => {
                    let kind = AnomalyKind::Index {
                        what: "buffer",
                        index: i64::from(buffer),
                        count: self.model.buffers,
                    };
                    self.note(kind, place, table.range());
                }
            }
            self.look(data.clone(), false, place)?;
            let name = name.unwrap_or_default();
            self.model.metadata.push(Metadata { name, data });
        }
        Ok(())
    }

    pub(super) fn signatures(&mut self, root: &Table) -> Result<(), ScanError> {
        let Some(items) = self.vector(root, 7, 4, Place::Model)? else {
            return Ok(());
        };
        for i in 0..self.bounded(&items, "signatures").min(4096) {
            let place = Place::Signature(i);
            let Some(table) = self.table_in(&items, i, place)? else {
                continue;
            };
            let subgraph = self.flat.u32(&table, 4, 0);
            let subgraph = self.number(subgraph, place)?;
            let tensors = self.model.subgraphs.get(subgraph as usize);
            let tensors = tensors.map(|s| s.tensors);
            if tensors.is_none() {
                let kind = AnomalyKind::Index {
                    what: "subgraph",
                    index: i64::from(subgraph),
                    count: u64::from(self.subgraphs),
                };
                self.note(kind, place, table.range());
            }
            let key = self.text(&table, 2, place)?.map(|(key, _)| key);
            let inputs = self.tensor_map(&table, 0, tensors, place)?;
            let outputs = self.tensor_map(&table, 1, tensors, place)?;
            self.model.signatures.push(Signature {
                key: key.unwrap_or_default(),
                inputs,
                outputs,
                subgraph,
            });
        }
        Ok(())
    }

    /// Names with numbers of tensors; the first 64 names.
    fn tensor_map(
        &mut self,
        table: &Table,
        id: u16,
        tensors: Option<u32>,
        place: Place,
    ) -> Result<Vec<String>, ScanError> {
        let mut names = Vec::new();
        let Some(items) = self.vector(table, id, 4, place)? else {
            return Ok(names);
        };
        for i in 0..self.bounded(&items, "names of a signature") {
            let Some(item) = self.table_in(&items, i, place)? else {
                continue;
            };
            let index = self.flat.u32(&item, 1, 0);
            let index = self.number(index, place)?;
            if let Some(count) = tensors.filter(|count| index >= *count) {
                let kind = AnomalyKind::Index {
                    what: "tensor",
                    index: i64::from(index),
                    count: u64::from(count),
                };
                self.note(kind, place, item.range());
            }
            if let Some((name, _)) = self.text(&item, 0, place)?
                && names.len() < 64
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    pub(super) fn external(&mut self, root: &Table) -> Result<(), ScanError> {
        let groups = self.vector(root, 8, 4, Place::Model)?;
        if let Some(groups) = groups {
            for i in 0..self.bounded(&groups, "files with buffers").min(4096) {
                let place = Place::ExternalGroup(i);
                let mut group = ExternalGroup::default();
                if let Some(table) = self.table_in(&groups, i, place)?
                    && let Some((name, range)) = self.text(&table, 0, place)?
                {
                    group.name = name;
                    group.range = range;
                }
                self.model.external.push(group);
            }
        }
        if let Some(buffers) = self.vector(root, 9, 4, Place::Model)? {
            for i in 0..self.bounded(&buffers, "buffers in other files") {
                self.external_buffer(&buffers, i)?;
            }
        }
        Ok(())
    }

    fn external_buffer(&mut self, buffers: &Vector, i: u32) -> Result<(), ScanError> {
        let place = Place::ExternalBuffer(i);
        let Some(table) = self.table_in(buffers, i, place)? else {
            return Ok(());
        };
        let index = self.flat.u32(&table, 1, 0);
        let index = self.number(index, place)?;
        let offset = self.flat.u64(&table, 2, 0);
        let offset = self.number(offset, place)?;
        let length = self.flat.u64(&table, 3, 0);
        let length = self.number(length, place)?;
        self.text(&table, 4, place)?;
        let count = self.model.external.len() as u64;
        match self.model.external.get_mut(index as usize) {
            Some(group) => group.needs = group.needs.max(offset.saturating_add(length)),
            None => {
                let kind = AnomalyKind::Index {
                    what: "file with buffers",
                    index: i64::from(index),
                    count,
                };
                self.note(kind, place, table.range());
            }
        }
        Ok(())
    }
}
