//! Operators that TensorFlow itself runs (the Flex delegate). Their options are a FlexBuffer, a vector
//! of two strings: the name of the operator and a `NodeDef` message. The delegate runs what the `NodeDef`
//! says, whatever the operator code is named.
//!
//! FlexBuffer, read from its end: width of the root, its type (`kind << 2 | width`), the root. A vector
//! is the count, the elements, one type byte for each; strings lie before the vector, at a distance.

use std::ops::Range;

use ma_core::{Blob, Cursor, RegionKind, ScanError};
use ma_wire::protobuf::{self, Fields};
use ma_wire::{Fault, OrBroken};

use super::super::model::{Area, Arg, Flex, Place};
use super::{MAX_AREAS, MAX_NAME, Parser};

/// Bytes of options that are looked at.
const MAX_OPTIONS: u64 = 16 << 20;
/// Distinct uses that are kept.
const MAX_FLEX: usize = 4096;

/// What a node says.
#[derive(Default)]
struct Node {
    op: Option<String>,
    attributes: Vec<(String, String)>,
}

impl Parser<'_> {
    pub(super) fn flex(
        &mut self,
        name: &str,
        range: Range<u64>,
        inputs: &[i32],
        place: Place,
    ) -> Result<(), ScanError> {
        let len = range.end.saturating_sub(range.start);
        let mut node = Node::default();
        if len > MAX_OPTIONS {
            self.limit("bytes in the options of one operator");
        } else {
            let bytes = self.flat.bytes(range.clone(), usize::MAX);
            let bytes = self.number(bytes, place)?;
            if let Some(message) = node_def(&bytes) {
                node = self.node(message)?;
            }
        }
        if self.model.areas.len() < MAX_AREAS {
            self.model.areas.push(Area {
                range: range.clone(),
                kind: RegionKind::Metadata,
                element: None,
                route: format!("{place}.custom_options"),
            });
        }
        self.add_flex(name, node, inputs, place, range)
    }

    /// An operator without options is known by its code alone.
    pub(super) fn flex_without_options(
        &mut self,
        name: &str,
        inputs: &[i32],
        place: Place,
        range: Range<u64>,
    ) -> Result<(), ScanError> {
        self.add_flex(name, Node::default(), inputs, place, range)
    }

    fn add_flex(
        &mut self,
        name: &str,
        node: Node,
        inputs: &[i32],
        place: Place,
        range: Range<u64>,
    ) -> Result<(), ScanError> {
        let mut args = Vec::new();
        for input in inputs.iter().take(8) {
            args.push(self.arg(*input, place)?);
        }
        let flex = Flex {
            place,
            op: name.strip_prefix("Flex").unwrap_or(name).to_owned(),
            node_op: node.op,
            inputs: args,
            attributes: node.attributes,
            range,
        };
        let same = |f: &Flex| {
            f.op == flex.op
                && f.node_op == flex.node_op
                && f.inputs == flex.inputs
                && f.attributes == flex.attributes
        };
        if self.model.flex.iter().any(same) {
            return Ok(());
        }
        if self.model.flex.len() >= MAX_FLEX {
            self.limit("TensorFlow operators");
            return Ok(());
        }
        self.model.flex.push(flex);
        Ok(())
    }

    /// What is known of an input.
    fn arg(&mut self, tensor: i32, place: Place) -> Result<Arg, ScanError> {
        if self.inputs.contains(&tensor) {
            return Ok(Arg::Given);
        }
        let texts = self.constant_texts(tensor, place)?;
        Ok(texts.map_or(Arg::Unknown, Arg::Texts))
    }

    /// `NodeDef`: 2 op, 5 attr; the last op counts.
    fn node(&mut self, message: Vec<u8>) -> Result<Node, ScanError> {
        let blob = Blob::from_vec(message);
        let mut cursor = blob.cursor(self.flat.budget());
        let mut fields = Fields::new(0..blob.len());
        let mut node = Node::default();
        while let Ok(Some(field)) = fields.next(&mut cursor).or_broken()? {
            match (field.number, field.as_range()) {
                (2, Some(range)) => {
                    if let Ok(text) = protobuf::text(&mut cursor, range, MAX_NAME).or_broken()? {
                        node.op = Some(text);
                    }
                }
                (5, Some(range)) if node.attributes.len() < 64 => {
                    if let Ok(found) = attribute(&mut cursor, range).or_broken()? {
                        node.attributes.extend(found);
                    }
                }
                _ => {}
            }
        }
        Ok(node)
    }
}

/// A map entry: 1 key, 2 `AttrValue` (1 list (2 s), 2 s).
fn attribute(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<Vec<(String, String)>, Fault> {
    let mut key = String::new();
    let mut texts = Vec::new();
    let mut work = vec![(0u8, range)];
    while let Some((level, range)) = work.pop() {
        let mut fields = Fields::new(range);
        while let Some(field) = fields.next(cursor)? {
            match (level, field.number, field.as_range()) {
                (0, 1, Some(range)) => key = protobuf::text(cursor, range, MAX_NAME)?,
                (0, 2, Some(range)) | (1, 1, Some(range)) => {
                    work.push((level.saturating_add(1), range));
                }
                (1 | 2, 2, Some(range)) if texts.len() < 64 => {
                    texts.push(protobuf::text(cursor, range, MAX_NAME)?);
                }
                _ => {}
            }
        }
    }
    Ok(texts.into_iter().map(|text| (key.clone(), text)).collect())
}

/// The second string of the vector that a FlexBuffer is.
fn node_def(bytes: &[u8]) -> Option<Vec<u8>> {
    let (rest, width) = split(bytes)?;
    let (rest, kind) = split(rest)?;
    // 10 is a vector of anything, each with its type.
    if kind >> 2 != 10 || !matches!(width, 1 | 2 | 4 | 8) {
        return None;
    }
    let root = rest.len().checked_sub(usize::from(width))?;
    let vector = indirect(rest, root, usize::from(width))?;
    let element = 1usize.checked_shl(u32::from(kind & 3))?;
    let count = number(rest, vector.checked_sub(element)?, element)?;
    if count < 2 {
        return None;
    }
    let types = vector.checked_add(element.checked_mul(count)?)?;
    let kind = *rest.get(types.checked_add(1)?)?;
    // 5 is a string, 25 a blob.
    if !matches!(kind >> 2, 5 | 25) {
        return None;
    }
    let string = indirect(rest, vector.checked_add(element)?, element)?;
    let width = 1usize.checked_shl(u32::from(kind & 3))?;
    let len = number(rest, string.checked_sub(width)?, width)?;
    Some(rest.get(string..string.checked_add(len)?)?.to_vec())
}

fn split(bytes: &[u8]) -> Option<(&[u8], u8)> {
    bytes.split_last().map(|(last, rest)| (rest, *last))
}

/// Where the distance at `at` leads back to.
fn indirect(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    at.checked_sub(number(bytes, at, width)?)
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    let mut value = [0u8; 8];
    value.get_mut(..width)?.copy_from_slice(field);
    usize::try_from(u64::from_le_bytes(value)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_string_of_a_flexbuffer() {
        let bytes = b"\x03Add\0\x05hello\0\x02\x0c\x08\x14\x14\x04\x28\x01";
        assert_eq!(node_def(bytes).unwrap(), b"hello");
        for n in 0..bytes.len() {
            let _ = node_def(&bytes[..n]);
        }
        assert_eq!(node_def(b"\x03Add\0"), None);
    }
}
