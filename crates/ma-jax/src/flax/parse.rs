//! Bytes to checkpoint and anomalies.
//!
//! Layout (`flax.serialization` of flax 0.12.8): the whole file is one msgpack value, nearly always a map of
//! maps. An array is an extension of type 1, a numpy scalar one of type 3; the content of both is again
//! msgpack: `[shape, name of the element type, bytes]`. Type 2 is a complex number. Arrays above 2³⁰ bytes
//! are cut into a map with `__msgpack_chunked_array__`. Reading one runs no code.
//!
//! Payloads are located and not read, so a checkpoint costs its structure. Lists and maps are followed with
//! a stack of our own. Memory: the keys of the maps that are open, and up to [`MAX_ARRAYS`] arrays.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use ma_core::{Blob, Budget, Cursor, ScanError};
use ma_wire::{Broken, Fault, OrBroken, protobuf::text};

use super::dtype;
use super::model::{Anomaly, AnomalyKind, Array, Checkpoint, Leaf};
use super::msgpack::{self, Token};

/// Maps and lists inside each other; msgpack's own reader takes 512 of them, models have a dozen.
const MAX_DEPTH: usize = 64;
/// Depth beyond which nothing is followed.
const MAX_FOLLOWED: usize = 1024;
/// Arrays that are kept.
pub(super) const MAX_ARRAYS: usize = 200_000;
/// Anomalies that are kept.
const MAX_ANOMALIES: usize = 10_000;
/// Texts and byte strings that are kept for a second look, and the shortest that is worth one.
const MAX_BLOBS: usize = 10_000;
const MIN_BLOB: u64 = 8;
/// Bytes of a key that are kept.
const MAX_KEY: usize = 512;

/// A map or list that is open.
struct Frame {
    /// Values still to come; in a map keys count too.
    left: u64,
    map: bool,
    /// Whether the next value of a map is a key.
    at_key: bool,
    /// Bytes of the route before the key of this frame.
    route: usize,
    /// Position in a list.
    index: u64,
    keys: HashSet<u64>,
}

struct Parser<'b> {
    cursor: Cursor<'b>,
    blob: &'b Blob,
    stack: Vec<Frame>,
    route: String,
    checkpoint: Checkpoint,
    deep: bool,
}

/// Reads a checkpoint. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Checkpoint, ScanError> {
    let mut parser = Parser {
        cursor: blob.cursor(budget),
        blob,
        stack: Vec::new(),
        route: String::new(),
        checkpoint: Checkpoint::default(),
        deep: false,
    };
    let outcome = parser.value().or_broken()?;
    parser.checkpoint.end = parser.cursor.position();
    match outcome {
        Ok(()) => {
            let end = parser.checkpoint.end;
            if end < blob.len() {
                parser.route.clear();
                parser.note(AnomalyKind::Trailing, end..blob.len());
            }
        }
        Err(Broken { at, what }) => {
            parser.note(AnomalyKind::Broken(what), at..blob.len().max(at));
        }
    }
    Ok(parser.checkpoint)
}

impl Parser<'_> {
    fn note(&mut self, kind: AnomalyKind, range: Range<u64>) {
        if self.checkpoint.anomalies.len() < MAX_ANOMALIES {
            let route = ma_core::text::shorten(&self.route, 400).into_owned();
            let anomaly = Anomaly { kind, range, route };
            self.checkpoint.anomalies.push(anomaly);
        }
    }

    /// The one value that the file is, with all that is in it.
    fn value(&mut self) -> Result<(), Fault> {
        loop {
            self.enter();
            let start = self.cursor.position();
            let token = msgpack::next(&mut self.cursor)?;
            self.checkpoint.values = self.checkpoint.values.saturating_add(1);
            self.token(token, start)?;
            while self.stack.last().is_some_and(|f| f.left == 0) {
                if let Some(frame) = self.stack.pop() {
                    self.route.truncate(frame.route);
                }
            }
            if self.stack.is_empty() {
                return Ok(());
            }
        }
    }

    /// Counts the value that is about to be read, and names it when it lies in a list.
    fn enter(&mut self) {
        let Some(frame) = self.stack.last_mut() else {
            return;
        };
        frame.left = frame.left.saturating_sub(1);
        if !frame.map {
            self.route.truncate(frame.route);
            self.route.push_str(&format!("[{}]", frame.index));
            frame.index = frame.index.saturating_add(1);
        }
    }

    fn token(&mut self, token: Token, start: u64) -> Result<(), Fault> {
        if let Some(frame) = self.stack.last_mut().filter(|f| f.map) {
            frame.at_key = !frame.at_key;
            if !frame.at_key {
                return self.key(token, start);
            }
        }
        match token {
            Token::Scalar | Token::Int(_) => Ok(()),
            Token::Text(range) => {
                self.leaf(range, true);
                Ok(())
            }
            Token::Bytes(range) => {
                self.leaf(range, false);
                Ok(())
            }
            Token::Array(n) => self.open(false, n, start),
            Token::Map(n) => self.open(true, n.saturating_mul(2), start),
            Token::Extension(kind @ (1 | 3), content) => self.array(kind, start, content),
            // 2 is a complex number, -1 the timestamp of msgpack itself.
            Token::Extension(2 | -1, _) => Ok(()),
            Token::Extension(kind, content) => {
                self.note(AnomalyKind::Extension(kind), start..content.end);
                self.leaf(content, false);
                Ok(())
            }
        }
    }

    fn leaf(&mut self, range: Range<u64>, text: bool) {
        let long = range.end.saturating_sub(range.start) >= MIN_BLOB;
        if long && self.checkpoint.blobs.len() < MAX_BLOBS {
            let route = ma_core::text::shorten(&self.route, 400).into_owned();
            self.checkpoint.blobs.push(Leaf { route, range, text });
        }
    }

    fn open(&mut self, map: bool, left: u64, start: u64) -> Result<(), Fault> {
        // Each value takes a byte at least.
        if left > self.cursor.remaining() {
            let what = "a list or map with more values than the file has bytes";
            return Err(Fault::Broken(Broken { at: start, what }));
        }
        if self.stack.len() >= MAX_DEPTH && !self.deep {
            self.deep = true;
            self.note(AnomalyKind::Deep, start..self.cursor.position());
        }
        if self.stack.len() >= MAX_FOLLOWED {
            let what = "nested deeper than is followed";
            return Err(Fault::Broken(Broken { at: start, what }));
        }
        self.stack.push(Frame {
            left,
            map,
            at_key: false,
            route: self.route.len(),
            index: 0,
            keys: HashSet::new(),
        });
        // In a map the first value is a key: `token` turns this around.
        if let Some(frame) = self.stack.last_mut() {
            frame.at_key = true;
        }
        Ok(())
    }

    /// A key: it must not repeat, and it names what follows.
    fn key(&mut self, token: Token, start: u64) -> Result<(), Fault> {
        let after = self.cursor.position();
        let (name, hash) = match &token {
            Token::Text(range) | Token::Bytes(range) => {
                let name = text(&mut self.cursor, range.clone(), MAX_KEY)?;
                self.cursor.seek(after);
                let cut = range.end.saturating_sub(range.start) > MAX_KEY as u64;
                (name.clone(), (!cut).then(|| hash(&name)))
            }
            Token::Int(n) => (n.to_string(), Some(hash(n))),
            // Nil, a float or an extension is a key to the reader, too.
            Token::Scalar | Token::Extension(..) => ("?".to_owned(), None),
            // A list or map is not.
            Token::Array(_) | Token::Map(_) => {
                let what = "a key that is no text";
                return Err(Fault::Broken(Broken { at: start, what }));
            }
        };
        let repeats = self
            .stack
            .last_mut()
            .zip(hash)
            .is_some_and(|(frame, hash)| !frame.keys.insert(hash));
        if let Some(frame) = self.stack.last() {
            self.route.truncate(frame.route);
        }
        if repeats {
            self.note(AnomalyKind::DuplicateKey(name.clone()), start..after);
        }
        if odd(&name) {
            self.note(AnomalyKind::OddKey(name.clone()), start..after);
        }
        if !self.route.is_empty() {
            self.route.push('/');
        }
        self.route.push_str(&ma_core::text::shorten(&name, 100));
        Ok(())
    }

    fn array(&mut self, kind: i8, start: u64, content: Range<u64>) -> Result<(), Fault> {
        self.checkpoint.has_arrays = true;
        self.checkpoint.count = self.checkpoint.count.saturating_add(1);
        let range = start..content.end;
        let parts = self.parts(&content)?;
        self.cursor.seek(content.end);
        let Some((shape, name, data)) = parts else {
            self.note(AnomalyKind::ArrayMalformed, range);
            return Ok(());
        };
        let have = data.end.saturating_sub(data.start);
        match dtype::of(&name) {
            None => self.note(AnomalyKind::Dtype(name.clone()), range.clone()),
            Some((size, _)) => {
                let elements = shape.iter().try_fold(size, |n, m| n.checked_mul(*m));
                if elements != Some(have) {
                    let want = elements;
                    self.note(AnomalyKind::ArraySize { want, have }, range.clone());
                }
            }
        }
        if self.checkpoint.arrays.len() < MAX_ARRAYS {
            let route = ma_core::text::shorten(&self.route, 400).into_owned();
            let shape = if kind == 3 { Vec::new() } else { shape };
            self.checkpoint.arrays.push(Array {
                route,
                range,
                dtype: name,
                shape,
                data,
            });
        }
        Ok(())
    }

    /// Shape, element type and data of an array; `None` when its content is something else.
    #[allow(clippy::type_complexity)]
    fn parts(
        &mut self,
        content: &Range<u64>,
    ) -> Result<Option<(Vec<u64>, String, Range<u64>)>, Fault> {
        let Ok(inside) = self.blob.slice(content.clone()) else {
            return Ok(None);
        };
        let mut cursor = inside.cursor(self.cursor.budget());
        match read_parts(&mut cursor).or_broken()? {
            Ok(Some((shape, name, data))) => {
                let base = content.start;
                let data = data.start.saturating_add(base)..data.end.saturating_add(base);
                Ok(Some((shape, name, data)))
            }
            _ => Ok(None),
        }
    }
}

type Parts = (Vec<u64>, String, Range<u64>);

fn read_parts(cursor: &mut Cursor<'_>) -> Result<Option<Parts>, Fault> {
    if msgpack::next(cursor)? != Token::Array(3) {
        return Ok(None);
    }
    let Token::Array(rank) = msgpack::next(cursor)? else {
        return Ok(None);
    };
    if rank > 64 {
        return Ok(None);
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        match msgpack::next(cursor)? {
            Token::Int(n) => shape.push(n),
            _ => return Ok(None),
        }
    }
    let name = match msgpack::next(cursor)? {
        Token::Text(range) | Token::Bytes(range) => {
            let after = cursor.position();
            let name = text(cursor, range, 64)?;
            cursor.seek(after);
            name
        }
        _ => return Ok(None),
    };
    match msgpack::next(cursor)? {
        Token::Bytes(data) | Token::Text(data) if cursor.remaining() == 0 => {
            Ok(Some((shape, name, data)))
        }
        _ => Ok(None),
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether a key, used as a path by who exports a checkpoint, would lead elsewhere.
fn odd(key: &str) -> bool {
    key.starts_with('/')
        || key.contains("../")
        || key.contains("..\\")
        || key == ".."
        || key.chars().any(char::is_control)
}
