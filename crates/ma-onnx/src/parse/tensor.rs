//! Tensors: their sizes against their dimensions, where their numbers are, and what lies in other files.

use std::ops::Range;

use ma_core::{RegionKind, ScanError};
use ma_wire::protobuf::{Field, Value};

use super::builder::{Builder, hash};
use super::limits;
use super::reader::{Pieces, Route};
use crate::model::{AnomalyKind, External, MadeBy, Stored, Tensor, element, shape_text, type_bits};

/// A field of typed numbers.
#[derive(Default)]
struct Typed {
    /// Bytes in it.
    bytes: u64,
    /// Numbers in it, at least and at most.
    least: u64,
    most: u64,
}

/// What a tensor says of itself.
#[derive(Default)]
struct Parts {
    name: String,
    dims: Vec<i64>,
    ranks: u64,
    data_type: i64,
    segment: bool,
    raw: Option<Range<u64>>,
    raws: u32,
    /// By field: 4 floats, 5 ints, 6 strings, 7 longs, 10 doubles, 11 unsigned longs.
    typed: [Typed; 6],
    external: Vec<(String, String)>,
    location: i64,
}

/// The typed fields with their names, in the order of [`Parts::typed`].
const FIELDS: [(u32, &str); 6] = [
    (4, "float_data"),
    (5, "int32_data"),
    (6, "string_data"),
    (7, "int64_data"),
    (10, "double_data"),
    (11, "uint64_data"),
];

/// In which typed field the numbers of a type are, and how many numbers of the tensor one entry of the
/// field holds, or how many entries one number takes.
fn field_of(data_type: i64) -> Option<(u32, u64, u64)> {
    Some(match data_type {
        1 => (4, 1, 1),
        14 => (4, 1, 2),
        21..=23 => (5, 2, 1),
        25 | 26 => (5, 4, 1),
        2..=6 | 9 | 10 | 16..=20 | 24 | 27 | 28 => (5, 1, 1),
        8 => (6, 1, 1),
        7 => (7, 1, 1),
        11 => (10, 1, 1),
        15 => (10, 1, 2),
        12 | 13 => (11, 1, 1),
        _ => return None,
    })
}

impl Builder<'_> {
    /// A tensor, written in one or more pieces; an initializer when it lies in a graph of its own right.
    pub(crate) fn tensor(
        &mut self,
        pieces: &[Range<u64>],
        route: &Route<'_>,
        graph: Option<u32>,
    ) -> Result<(), ScanError> {
        let mut parts = Parts::default();
        let mut fields = Pieces::new(pieces);
        while let Some(field) = fields.next(&mut self.reader)? {
            self.tensor_field(&field, &mut parts, route)?;
        }
        let range = pieces.first().cloned().unwrap_or_default();
        let value = self.initializer(graph, &parts, &range, route);
        let needed = self.check_tensor(&parts, &range, route);
        if let Some(raw) = &parts.raw {
            let kind = if parts.data_type == 8 {
                RegionKind::Vocabulary
            } else {
                RegionKind::Weights
            };
            let name = Route::root(&parts.name);
            let route = if parts.name.is_empty() { route } else { &name };
            self.claim(raw, kind, element(parts.data_type), route);
        }
        let active = parts.location == 1;
        let typed: u64 = parts.typed.iter().fold(0, |n, t| n.saturating_add(t.bytes));
        let stored = match &parts.raw {
            _ if active => Stored::External,
            Some(raw) => Stored::Raw(raw.end.saturating_sub(raw.start)),
            None if typed > 0 => Stored::Typed(typed),
            None => Stored::None,
        };
        if active || !parts.external.is_empty() {
            let have = self.model.external.len();
            let what = "tensors in other files";
            let texts = parts.external.iter();
            let texts = texts.fold(256usize, |n, (key, value)| {
                n.saturating_add(key.len()).saturating_add(value.len())
            });
            if self.room(have, limits::EXTERNAL, what) && self.affords(&[texts], what) {
                self.model.external.push(External {
                    tensor: parts.name.clone(),
                    active,
                    entries: std::mem::take(&mut parts.external),
                    needed,
                    range: range.clone(),
                    route: route.to_string(),
                });
            }
        }
        self.model.tensor_count = self.model.tensor_count.saturating_add(1);
        let have = self.model.tensors.len();
        let texts = [parts.name.len(), parts.dims.len().saturating_mul(8), 64];
        if self.room(have, limits::TENSORS, "tensors") && self.affords(&texts, "tensors") {
            self.model.tensors.push(Tensor {
                name: parts.name,
                dims: parts.dims,
                data_type: parts.data_type,
                stored,
                range,
                value,
            });
        }
        Ok(())
    }

    fn initializer(
        &mut self,
        graph: Option<u32>,
        parts: &Parts,
        range: &Range<u64>,
        route: &Route<'_>,
    ) -> Option<u32> {
        let value = self.value(graph?, hash(&[&parts.name]))?;
        if self.made(value, MadeBy::Initializer) == MadeBy::Initializer {
            let kind = AnomalyKind::TwiceInitialized(parts.name.clone());
            self.anomaly(kind, range.clone(), route);
        }
        Some(value)
    }

    fn tensor_field(
        &mut self,
        field: &Field,
        parts: &mut Parts,
        route: &Route<'_>,
    ) -> Result<(), ScanError> {
        match (field.number, &field.value) {
            (1, Value::Varint(_)) => {
                parts.ranks = parts.ranks.saturating_add(1);
                if parts.dims.len() < limits::DIMS {
                    parts.dims.extend(field.as_i64());
                }
            }
            (1, Value::Bytes(r)) => {
                for dim in self.reader.packed(r.clone(), limits::DIMS)? {
                    parts.dims.push(dim.cast_signed());
                    parts.ranks = parts.ranks.saturating_add(1);
                }
            }
            (2, Value::Varint(_)) => parts.data_type = field.as_i64().unwrap_or(0),
            (3, _) => parts.segment = true,
            (8, Value::Bytes(r)) => parts.name = self.name(r)?,
            (9, Value::Bytes(r)) => {
                parts.raw = Some(r.clone());
                parts.raws = parts.raws.saturating_add(1);
            }
            (12, Value::Bytes(r)) => {
                self.claim(r, RegionKind::Text, None, route.field("doc_string"));
            }
            (13, Value::Bytes(r)) => {
                let (key, value) = self.pair(r)?;
                let value = self.reader.text(value, limits::TEXT)?;
                let have = parts.external.len();
                if self.room(have, limits::ENTRIES, "entries about other files") {
                    parts.external.push((key, value));
                }
            }
            (14, Value::Varint(_)) => parts.location = field.as_i64().unwrap_or(0),
            (16, Value::Bytes(r)) => self.metadata(r, route)?,
            (4..=7 | 10 | 11, _) => self.typed_field(field, parts, route)?,
            _ => {}
        }
        Ok(())
    }

    /// Numbers in a typed field: packed or one by one.
    fn typed_field(
        &mut self,
        field: &Field,
        parts: &mut Parts,
        route: &Route<'_>,
    ) -> Result<(), ScanError> {
        let Some(slot) = FIELDS.iter().position(|(n, _)| *n == field.number) else {
            return Ok(());
        };
        let Some(typed) = parts.typed.get_mut(slot) else {
            return Ok(());
        };
        let (kind, element) = match field.number {
            4 => (RegionKind::Weights, Some(ma_core::ElementType::F32)),
            10 => (RegionKind::Weights, Some(ma_core::ElementType::F64)),
            6 => (RegionKind::Vocabulary, None),
            _ => (RegionKind::Weights, Some(ma_core::ElementType::Other)),
        };
        let Value::Bytes(r) = &field.value else {
            let size = field.range.end.saturating_sub(field.range.start);
            typed.bytes = typed.bytes.saturating_add(size);
            typed.least = typed.least.saturating_add(1);
            typed.most = typed.most.saturating_add(1);
            return Ok(());
        };
        let size = r.end.saturating_sub(r.start);
        typed.bytes = typed.bytes.saturating_add(size).max(1);
        let (least, most) = match field.number {
            4 => (size.div_euclid(4), size.div_euclid(4)),
            10 => (size.div_euclid(8), size.div_euclid(8)),
            6 => (1, 1),
            _ if size <= limits::COUNTED => {
                let n = self.reader.count_varints(r)?;
                (n, n)
            }
            _ => (size.div_ceil(10), size),
        };
        typed.least = typed.least.saturating_add(least);
        typed.most = typed.most.saturating_add(most);
        if field.number == 6 {
            self.content(r, kind, &route.field("string_data"), false)
        } else {
            self.claim(r, kind, element, route);
            Ok(())
        }
    }

    /// Compares what there is with what the dimensions need; returns the bytes that they need.
    fn check_tensor(
        &mut self,
        parts: &Parts,
        range: &Range<u64>,
        route: &Route<'_>,
    ) -> Option<u64> {
        let tensor = || parts.name.clone();
        let shape = shape_text(&parts.dims);
        if parts.segment {
            let kind = AnomalyKind::Segment(tensor());
            self.anomaly(kind, range.clone(), route);
            return None;
        }
        if !(1..=28).contains(&parts.data_type) {
            let kind = AnomalyKind::DataType {
                tensor: tensor(),
                number: parts.data_type,
            };
            self.anomaly(kind, range.clone(), route);
            return None;
        }
        if parts.dims.iter().any(|d| *d < 0) {
            let tensor = tensor();
            let kind = AnomalyKind::Negative { tensor, shape };
            self.anomaly(kind, range.clone(), route);
            return None;
        }
        let bits = type_bits(parts.data_type).unwrap_or(8);
        let Some((count, bytes)) = product(&parts.dims, parts.ranks, bits) else {
            let tensor = tensor();
            let kind = AnomalyKind::Overflow { tensor, shape };
            self.anomaly(kind, range.clone(), route);
            return None;
        };
        let places = places(parts);
        if places.len() > 1 {
            let tensor = tensor();
            let kind = AnomalyKind::SeveralPayloads { tensor, places };
            self.anomaly(kind, range.clone(), route);
        }
        if let Some((needed, present, unit)) = mismatch(parts, count, bytes) {
            let tensor = tensor();
            let kind = AnomalyKind::Size {
                tensor,
                shape,
                needed,
                present,
                unit,
            };
            self.anomaly(kind, range.clone(), route);
        }
        (parts.data_type != 8).then_some(bytes)
    }

    /// A sparse tensor: its values, named like the tensor, and its indices.
    pub(crate) fn sparse(
        &mut self,
        pieces: &[Range<u64>],
        route: &Route<'_>,
        graph: Option<u32>,
    ) -> Result<(), ScanError> {
        let mut fields = Pieces::new(pieces);
        let mut parts: [Vec<Range<u64>>; 2] = Default::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let Some(r) = field.as_range() else { continue };
            let slot = match field.number {
                1 => parts.first_mut(),
                2 => parts.last_mut(),
                _ => None,
            };
            if let Some(slot) = slot {
                if slot.len() == 1 {
                    let kind = AnomalyKind::Repeated("part of a sparse tensor");
                    self.anomaly(kind, field.range.clone(), route);
                }
                if self.room(slot.len(), limits::PIECES, "pieces of a sparse tensor") {
                    slot.push(r);
                }
            }
        }
        for (i, (name, pieces)) in ["values", "indices"].iter().zip(&parts).enumerate() {
            if !pieces.is_empty() {
                let graph = graph.filter(|_| i == 0);
                self.tensor(pieces, &route.field(name), graph)?;
            }
        }
        Ok(())
    }

    /// A tensor of ONNX Runtime's own encoding: raw bytes or text.
    pub(crate) fn flat_tensor(
        &mut self,
        tensor: Tensor,
        raw: Option<Range<u64>>,
        strings: u64,
        route: &Route<'_>,
    ) {
        let mut parts = Parts {
            name: tensor.name.clone(),
            dims: tensor.dims.clone(),
            ranks: tensor.dims.len() as u64,
            data_type: tensor.data_type,
            raw: raw.clone().filter(|_| tensor.data_type != 8),
            location: i64::from(tensor.stored == Stored::External),
            ..Parts::default()
        };
        if let Some(typed) = parts.typed.get_mut(2).filter(|_| tensor.data_type == 8) {
            (typed.bytes, typed.least, typed.most) = (strings, strings, strings);
        }
        let _ = self.check_tensor(&parts, &tensor.range, route);
        if let Some(raw) = &raw {
            let name = Route::root(&tensor.name);
            self.claim(raw, RegionKind::Weights, element(tensor.data_type), name);
        }
        self.model.tensor_count = self.model.tensor_count.saturating_add(1);
        let have = self.model.tensors.len();
        let texts = [tensor.name.len(), tensor.dims.len().saturating_mul(8), 64];
        if self.room(have, limits::TENSORS, "tensors") && self.affords(&texts, "tensors") {
            self.model.tensors.push(tensor);
        }
    }

    /// The value of an initializer by its name.
    pub(crate) fn named_initializer(&mut self, graph: u32, name: &str) -> Option<u32> {
        let value = self.value(graph, hash(&[name]))?;
        self.made(value, MadeBy::Initializer);
        Some(value)
    }
}

/// Numbers and bytes that dimensions need; `None` beyond 63 bits.
fn product(dims: &[i64], ranks: u64, bits: u64) -> Option<(u64, u64)> {
    if dims.contains(&0) {
        return Some((0, 0));
    }
    if ranks > dims.len() as u64 {
        // More dimensions than are kept: no model has so many.
        return None;
    }
    let max = u128::from(i64::MAX.cast_unsigned());
    let mut count = 1u128;
    for dim in dims {
        count = count.checked_mul(u128::from(dim.cast_unsigned()))?;
        if count > max {
            return None;
        }
    }
    let bytes = count.checked_mul(u128::from(bits))?.div_ceil(8);
    let count = u64::try_from(count).ok()?;
    u64::try_from(bytes)
        .ok()
        .filter(|b| u128::from(*b) <= max)
        .map(|bytes| (count, bytes))
}

/// Where a tensor keeps numbers.
fn places(parts: &Parts) -> Vec<&'static str> {
    let typed = FIELDS.iter().zip(&parts.typed);
    let mut places: Vec<_> = typed
        .filter(|(_, t)| t.bytes > 0)
        .map(|((_, name), _)| *name)
        .collect();
    if parts.raw.as_ref().is_some_and(|r| !r.is_empty()) {
        places.push("raw_data");
    }
    if parts.raws > 1 {
        places.push("raw_data again");
    }
    if parts.location == 1 {
        places.push("another file");
    }
    places
}

/// What is needed and what is there, of what, when the two differ.
fn mismatch(parts: &Parts, count: u64, bytes: u64) -> Option<(u64, u64, &'static str)> {
    if parts.location == 1 {
        return None;
    }
    if let Some(raw) = &parts.raw
        && parts.data_type != 8
    {
        let present = raw.end.saturating_sub(raw.start);
        return (present != bytes).then_some((bytes, present, "bytes"));
    }
    let (field, packed, entries) = field_of(parts.data_type)?;
    let slot = FIELDS.iter().position(|(n, _)| *n == field)?;
    let typed = parts.typed.get(slot)?;
    let needed = count.div_ceil(packed.max(1)).saturating_mul(entries);
    let unit = if field == 6 { "strings" } else { "numbers" };
    if needed < typed.least {
        Some((needed, typed.least, unit))
    } else if needed > typed.most {
        Some((needed, typed.most, unit))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_checked() {
        assert_eq!(product(&[], 0, 32), Some((1, 4)));
        assert_eq!(product(&[3], 1, 4), Some((3, 2)));
        assert_eq!(product(&[5], 1, 2), Some((5, 2)));
        assert_eq!(product(&[i64::MAX, 0], 2, 32), Some((0, 0)));
        assert_eq!(product(&[1 << 40, 1 << 40], 2, 8), None);
        assert_eq!(
            product(&[i64::MAX], 1, 8),
            Some((i64::MAX as u64, i64::MAX as u64))
        );
        assert_eq!(product(&[i64::MAX], 1, 16), None);
        assert_eq!(product(&[1; 4], 5, 8), None);
    }
}
