//! All strings of a JSON text with the way to each, repeated keys included.
//!
//! `serde_json`'s own maps keep the last of two equal keys, other readers the first: here every value
//! is visited, and repeated keys are reported. Nesting is held to serde's 128 levels.

use std::collections::HashSet;
use std::fmt;

use serde_json::Deserializer;
use serde_json::de::SliceRead;

/// A value of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The way to it: keys, and positions in arrays as numbers.
    pub path: Vec<String>,
    /// The text.
    pub text: String,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings {
    /// The strings that were wanted, in the order of the text.
    pub found: Vec<Found>,
    /// Ways to keys that come twice in one object.
    pub repeated: Vec<String>,
    /// Why reading ended early.
    pub error: Option<String>,
    /// More strings than are kept.
    pub cut: bool,
}

impl Strings {
    /// The strings at exactly this path.
    pub fn at<'s>(&'s self, path: &'s [&str]) -> impl Iterator<Item = &'s str> {
        self.found
            .iter()
            .filter(move |f| f.path == path)
            .map(|f| f.text.as_str())
    }
}

/// Strings that are kept.
pub const MAX_FOUND: usize = 100_000;
/// Bytes of strings that are kept.
const MAX_BYTES: usize = 64 << 20;

/// Walks `json` and keeps the strings that `wanted` asks for by their key (empty in an array).
#[must_use]
pub fn strings(json: &[u8], wanted: &dyn Fn(&[String], &str) -> bool) -> Strings {
    let mut walk = Walk {
        wanted,
        path: Vec::new(),
        bytes: 0,
        out: Strings::default(),
    };
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let mut reader = Deserializer::new(SliceRead::new(json));
    let result = serde::de::DeserializeSeed::deserialize(Node(&mut walk), &mut reader)
        .and_then(|()| reader.end());
    walk.out.error = result.err().map(|e| e.to_string());
    walk.out
}

struct Walk<'w> {
    wanted: &'w dyn Fn(&[String], &str) -> bool,
    path: Vec<String>,
    bytes: usize,
    out: Strings,
}

impl Walk<'_> {
    fn text(&mut self, text: &str) {
        if !(self.wanted)(&self.path, text) {
            return;
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.out.found.len() >= MAX_FOUND || self.bytes > MAX_BYTES {
            self.out.cut = true;
            return;
        }
        self.out.found.push(Found {
            path: self.path.clone(),
            text: text.to_owned(),
        });
    }
}

struct Node<'n, 'w>(&'n mut Walk<'w>);

impl<'de> serde::de::DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0u64;
        loop {
            self.0.path.push(index.to_string());
            let next = seq.next_element_seed(Node(self.0))?;
            self.0.path.pop();
            if next.is_none() {
                return Ok(());
            }
            index = index.saturating_add(1);
        }
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.0.path.push(key.clone());
            if !seen.insert(key) && self.0.out.repeated.len() < 100 {
                let path = self.0.path.join(".");
                self.0.out.repeated.push(path);
            }
            map.next_value_seed(Node(self.0))?;
            self.0.path.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_seen_with_its_path() {
        let json = br#"{"a": {"b": "x", "b": "y"}, "c": ["z", 1, null, 1.5, true, -3]}"#;
        let found = strings(json, &|_, _| true);
        let all: Vec<_> = found
            .found
            .iter()
            .map(|f| (f.path.join("."), f.text.as_str()))
            .collect();
        assert_eq!(
            all,
            [
                ("a.b".into(), "x"),
                ("a.b".into(), "y"),
                ("c.0".into(), "z")
            ]
        );
        assert_eq!(found.repeated, ["a.b"]);
        assert_eq!(found.error, None);
        assert_eq!(found.at(&["a", "b"]).count(), 2);
    }

    #[test]
    fn broken_text_keeps_what_came_before() {
        let found = strings(br#"{"a": "x", "b": "#, &|_, _| true);
        assert_eq!(found.found.len(), 1);
        assert!(found.error.is_some());
        let deep = "[".repeat(100_000);
        assert!(strings(deep.as_bytes(), &|_, _| true).error.is_some());
    }
}
