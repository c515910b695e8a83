//! Operators: their numbers, options, the graphs they run and what they divide by.

use std::ops::Range;

use ma_core::{RegionKind, ScanError};
use ma_wire::content::Content;
use ma_wire::flatbuffers::{Table, Vector};

use super::super::model::{AnomalyKind, Area, Embedded, Place};
use super::super::schema::{self, Target};
use super::{MAX_AREAS, Parser};

/// Custom operators whose options hold code for an accelerator, by design.
const ACCELERATORS: [&str; 4] = ["edgetpu-custom-op", "ethos-u", "DISPATCH_OP", "QNN"];

/// What an operator is and brings along, as its rules need it.
struct Parts {
    builtin: i32,
    inputs: Vec<i32>,
    options: Option<(u8, Table)>,
    second: Option<(u8, Table)>,
}

impl Parser<'_> {
    pub(super) fn operator(
        &mut self,
        operators: &Vector,
        s: u32,
        i: u32,
        tensors: u32,
    ) -> Result<(), ScanError> {
        let place = Place::Operator(s, i);
        let Some(table) = self.table_in(operators, i, place)? else {
            return Ok(());
        };
        let inputs = self.tensor_numbers(&table, 1, place, tensors)?;
        self.tensor_numbers(&table, 2, place, tensors)?;
        self.tensor_numbers(&table, 8, place, tensors)?;
        self.vector(&table, 7, 1, place)?;
        let custom = self.count(&table, place)?;
        let options = self.options(&table, 3, place)?;
        let second = self.options(&table, 11, place)?;
        let parts = Parts {
            builtin: custom.0,
            inputs,
            options,
            second,
        };
        self.zeros(&parts, &table, place)?;
        self.axis(&parts, place)?;
        for (second, options) in [(false, parts.options), (true, parts.second)] {
            if let Some((kind, options)) = options {
                self.graphs(second, kind, &options, s, place)?;
            }
        }
        if let Some((5, call)) = parts.second
            && let Some((name, range)) = self.text(&call, 0, place)?
        {
            self.model.calls.push((place, name, range));
            self.model.calls.truncate(1024);
        }
        let name = custom.1.unwrap_or_default();
        let brought = self.custom_options(&table, place)?;
        let without = brought.is_empty();
        for range in brought {
            self.options_bytes(&name, range, &parts.inputs, place)?;
        }
        if without && name.starts_with("Flex") {
            self.flex_without_options(&name, &parts.inputs, place, table.range())?;
        }
        Ok(())
    }

    /// Counts the operator under its name; gives the built-in code and the custom name.
    fn count(&mut self, table: &Table, place: Place) -> Result<(i32, Option<String>), ScanError> {
        let index = self.flat.u32(table, 0, 0);
        let index = self.number(index, place)?;
        let count = self.model.codes.len() as u64;
        let Some(code) = self.model.codes.get_mut(index as usize) else {
            let kind = AnomalyKind::Index {
                what: "operator code",
                index: i64::from(index),
                count,
            };
            self.note(kind, place, table.range());
            return Ok((-1, None));
        };
        code.uses = code.uses.saturating_add(1);
        code.first = code.first.or(Some(place));
        let (builtin, custom) = (code.builtin, code.custom.clone());
        let custom = custom.filter(|_| builtin == schema::CUSTOM);
        let name = match (&custom, schema::operator_name(builtin)) {
            (Some(custom), _) => custom.clone(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => format!("operator {builtin}"),
        };
        if self.model.operators.len() < 4096 {
            let uses = self.model.operators.entry(name).or_default();
            *uses = uses.saturating_add(1);
        }
        Ok((builtin, custom))
    }

    /// A union of options: its type at `id`, its table behind.
    fn options(
        &mut self,
        table: &Table,
        id: u16,
        place: Place,
    ) -> Result<Option<(u8, Table)>, ScanError> {
        let kind = self.flat.u8(table, id, 0);
        let kind = self.number(kind, place)?;
        if kind == 0 {
            return Ok(None);
        }
        let Some(options) = self.table(table, id.saturating_add(1), place)? else {
            return Ok(None);
        };
        for (field, element) in schema::vector_fields(id == 11, kind) {
            self.vector(&options, *field, *element, place)?;
        }
        Ok(Some((kind, options)))
    }

    fn graphs(
        &mut self,
        second: bool,
        kind: u8,
        options: &Table,
        s: u32,
        place: Place,
    ) -> Result<(), ScanError> {
        let mut named = Vec::new();
        for target in schema::subgraph_fields(second, kind) {
            let mut targets = Vec::new();
            match target {
                Target::Field(id) | Target::Optional(id) => {
                    let index = self.flat.i32(options, *id, 0);
                    targets.push(self.number(index, place)?);
                }
                Target::Vector(id) => {
                    if let Some(vector) = self.vector(options, *id, 4, place)? {
                        for i in 0..vector.len.min(1024) {
                            let index = self.flat.i32_in(&vector, i);
                            targets.push(self.number(index, place)?);
                        }
                    }
                }
            }
            for index in targets {
                match u32::try_from(index).ok().filter(|i| *i < self.subgraphs) {
                    Some(to) => {
                        named.push(to);
                        self.call(s, to);
                    }
                    None if index < 0 && matches!(target, Target::Optional(_)) => {}
                    None => {
                        let kind = AnomalyKind::Index {
                            what: "subgraph",
                            index: i64::from(index),
                            count: u64::from(self.subgraphs),
                        };
                        self.note(kind, place, options.range());
                    }
                }
            }
        }
        let repeats = matches!((second, kind), (false, 93) | (true, 15));
        if let ([cond, body], true) = (named.as_slice(), repeats)
            && cond == body
        {
            self.note(AnomalyKind::Loop(*cond), place, options.range());
        }
        Ok(())
    }

    /// Parameters that kernels divide by.
    fn zeros(&mut self, parts: &Parts, table: &Table, place: Place) -> Result<(), ScanError> {
        let Some((wanted, fields)) = schema::divisors(parts.builtin) else {
            return Ok(());
        };
        let options = parts.options.filter(|(kind, _)| *kind == wanted);
        for (id, field, absent) in fields {
            let value = match &options {
                Some((_, options)) => {
                    let value = self.flat.i32(options, *id, *absent);
                    self.number(value, place)?
                }
                None => 0,
            };
            if value <= 0 {
                let range = options.as_ref().map_or(table.range(), |(_, t)| t.range());
                let kind = AnomalyKind::Zero {
                    operator: parts.builtin,
                    field,
                    value,
                };
                self.note(kind, place, range);
                break;
            }
        }
        Ok(())
    }

    fn axis(&mut self, parts: &Parts, place: Place) -> Result<(), ScanError> {
        let Some((wanted, id, more)) = schema::axis(parts.builtin) else {
            return Ok(());
        };
        let Some((_, options)) = parts.options.filter(|(kind, _)| *kind == wanted) else {
            return Ok(());
        };
        let axis = self.flat.i32(&options, id, 0);
        let axis = i64::from(self.number(axis, place)?);
        let input = parts.inputs.first().and_then(|i| usize::try_from(*i).ok());
        let rank = input
            .and_then(|i| self.tensors.get(i))
            .map_or(0, |t| t.rank);
        if rank == 0 {
            return Ok(());
        }
        let rank = i64::from(rank).saturating_add(more);
        if axis >= rank || axis < rank.saturating_neg() {
            let kind = AnomalyKind::Axis {
                operator: parts.builtin,
                axis,
                rank: rank.saturating_sub(more),
            };
            self.note(kind, place, options.range());
        }
        Ok(())
    }

    /// Where custom options lie: in the FlatBuffer, and behind it.
    fn custom_options(
        &mut self,
        table: &Table,
        place: Place,
    ) -> Result<Vec<Range<u64>>, ScanError> {
        let mut found = Vec::new();
        if let Some(inside) = self.vector(table, 5, 1, place)? {
            found.push(inside.range());
        }
        let offset = self.flat.u64(table, 9, 0);
        let offset = self.number(offset, place)?;
        let size = self.flat.u64(table, 10, 0);
        let size = self.number(size, place)?;
        if offset > 1 {
            found.push(self.outside("custom options", offset, size, place, table.at)?);
        }
        found.retain(|range| !range.is_empty());
        Ok(found)
    }

    fn options_bytes(
        &mut self,
        name: &str,
        range: Range<u64>,
        inputs: &[i32],
        place: Place,
    ) -> Result<(), ScanError> {
        if name.starts_with("Flex") {
            return self.flex(name, range, inputs, place);
        }
        let expected = ACCELERATORS.iter().any(|a| name.starts_with(a));
        self.look(range.clone(), expected, place)?;
        if self.model.areas.len() < MAX_AREAS {
            self.model.areas.push(Area {
                range,
                kind: if expected {
                    RegionKind::Code
                } else {
                    RegionKind::Metadata
                },
                element: None,
                route: format!("{place}.custom_options"),
            });
        } else {
            self.limit("custom options");
        }
        Ok(())
    }

    /// Whether bytes begin like something of its own.
    pub(super) fn look(
        &mut self,
        range: Range<u64>,
        expected: bool,
        place: Place,
    ) -> Result<(), ScanError> {
        let Ok(blob) = self.flat.blob().slice(range.clone()) else {
            return Ok(());
        };
        let content = Content::of(&blob.head(4096)?);
        if content.is_active() && self.model.embedded.len() < 1024 {
            self.model.embedded.push(Embedded {
                place,
                range,
                content,
                expected,
            });
        }
        Ok(())
    }
}
