//! Operators that build strings.

use ma_core::ScanError;

use super::Flow;
use crate::graph::embedded::decode_base64;
use crate::graph::model::{Input, Node, NodeId};
use crate::graph::value::{Value, Values};

impl Flow<'_, '_, '_> {
    pub(super) fn string_join(
        &mut self,
        id: NodeId,
        node: &Node,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let separator = self.text(id, "separator")?;
        let data: Vec<Input> = self
            .graph
            .inputs_of(node)
            .iter()
            .filter(|i| !i.control)
            .copied()
            .collect();
        let mut whole: Option<Values> = None;
        for input in data.into_iter().take(64) {
            let part = self.resolve(node.scope, input, depth)?;
            whole = Some(match whole {
                None => part,
                Some(before) => before.then(&separator, &part),
            });
        }
        Ok(whole.unwrap_or_default())
    }

    pub(super) fn reduce_join(
        &mut self,
        id: NodeId,
        node: &Node,
        depth: u32,
    ) -> Result<Values, ScanError> {
        let separator = self.text(id, "separator")?;
        let parts = self.data(node, 0, depth)?;
        let texts: Option<Vec<String>> = parts.list.iter().map(Value::as_text).collect();
        Ok(match texts {
            Some(texts) if !parts.more => Values::one(Value::text(texts.join(&separator))),
            _ => Values::computed("ReduceJoin"),
        })
    }

    /// Operators that change one string; `None` for all others.
    pub(super) fn computed(
        &mut self,
        id: NodeId,
        node: &Node,
        operator: &str,
        depth: u32,
    ) -> Result<Option<Values>, ScanError> {
        let change: fn(&str) -> Option<String> = match operator {
            "StringLower" => |text| Some(text.to_lowercase()),
            "StringUpper" => |text| Some(text.to_uppercase()),
            "StringStrip" => |text| Some(text.trim().to_owned()),
            "DecodeBase64" => |text| {
                let bytes = decode_base64(text.as_bytes())?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            },
            "AsString" | "UnicodeEncode" => {
                let numbers = self.integers(id, 0)?;
                return Ok(Some(numbers_as_text(operator, &numbers)));
            }
            "Substr" => return self.substr(id, node, depth).map(Some),
            "StaticRegexReplace" => return self.replace(id, node, depth).map(Some),
            _ => return Ok(None),
        };
        let values = self.data(node, 0, depth)?;
        Ok(Some(values.map(operator, change)))
    }

    fn substr(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let from = self.integers(id, 1)?.first().copied();
        let len = self.integers(id, 2)?.first().copied();
        let values = self.data(node, 0, depth)?;
        Ok(values.map("Substr", |text| {
            let (from, len) = (from?, usize::try_from(len?).ok()?);
            let start = match usize::try_from(from) {
                Ok(start) => start,
                Err(_) => text
                    .len()
                    .checked_sub(usize::try_from(from.checked_neg()?).ok()?)?,
            };
            let end = start.saturating_add(len).min(text.len());
            text.get(start..end).map(str::to_owned)
        }))
    }

    /// Replaces where the pattern is a plain text; a real pattern is not evaluated.
    fn replace(&mut self, id: NodeId, node: &Node, depth: u32) -> Result<Values, ScanError> {
        let pattern = self.text(id, "pattern")?;
        let rewrite = self.text(id, "rewrite")?;
        let plain = !pattern.contains(|c: char| r"\^$.|?*+()[]{}".contains(c));
        let values = self.data(node, 0, depth)?;
        Ok(values.map("StaticRegexReplace", |text| {
            (plain && !pattern.is_empty() && !rewrite.contains('\\'))
                .then(|| text.replace(&pattern, &rewrite))
        }))
    }
}

fn numbers_as_text(operator: &str, numbers: &[i64]) -> Values {
    if numbers.is_empty() {
        return Values::computed(operator);
    }
    if operator == "AsString" {
        let mut values = Values::default();
        numbers
            .iter()
            .for_each(|n| values.add(Value::text(n.to_string())));
        return values;
    }
    let chars = numbers
        .iter()
        .map(|n| u32::try_from(*n).ok().and_then(char::from_u32));
    match chars.collect::<Option<String>>() {
        Some(text) => Values::one(Value::text(text)),
        None => Values::computed(operator),
    }
}
