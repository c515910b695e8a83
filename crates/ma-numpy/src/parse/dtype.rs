//! What a `descr` means to `numpy.dtype`: item size, objects, fields.
//!
//! ```text
//! descr    = string | (descr, shape) | [field, ...]
//! field    = (name | (title, name), descr [, shape])
//! string   = [<>=|] kind [size] [ '[' unit ']' ] | word | parts joined by ',' | '(' shape ')' string
//! kind     = b i u f c (bytes) · S a V (bytes) · U (characters of 4 bytes) · m M (8) · O · ? and the
//!            one-letter C types
//! ```
//!
//! A walk over the literal with a list of work, no recursion. What is not understood is kept as
//! unknown and makes the size unknown; it never hides an `O`.

use crate::model::{Dtype, Literal};

/// Names that `numpy.dtype` takes as words, with their size on the usual 64-bit Linux.
const WORDS: &[(&str, u128)] = &[
    ("bool", 1),
    ("bool_", 1),
    ("int8", 1),
    ("uint8", 1),
    ("byte", 1),
    ("ubyte", 1),
    ("int16", 2),
    ("uint16", 2),
    ("short", 2),
    ("ushort", 2),
    ("float16", 2),
    ("half", 2),
    ("int32", 4),
    ("uint32", 4),
    ("intc", 4),
    ("uintc", 4),
    ("float32", 4),
    ("single", 4),
    ("int", 8),
    ("int_", 8),
    ("uint", 8),
    ("int64", 8),
    ("uint64", 8),
    ("intp", 8),
    ("uintp", 8),
    ("long", 8),
    ("ulong", 8),
    ("longlong", 8),
    ("ulonglong", 8),
    ("float", 8),
    ("float_", 8),
    ("float64", 8),
    ("double", 8),
    ("complex64", 8),
    ("csingle", 8),
    ("datetime64", 8),
    ("timedelta64", 8),
    ("longdouble", 16),
    ("float128", 16),
    ("complex", 16),
    ("complex128", 16),
    ("cdouble", 16),
    ("clongdouble", 32),
    ("complex256", 32),
    ("str", 0),
    ("str_", 0),
    ("bytes", 0),
    ("bytes_", 0),
    ("void", 0),
    // ml_dtypes and friends write these as void types; readers of their own accept the names.
    ("bfloat16", 2),
    ("float8_e4m3fn", 1),
    ("float8_e5m2", 1),
];

/// The most unknown strings that are kept.
const MAX_UNKNOWN: usize = 8;
/// Characters of the text that is kept.
const MAX_TEXT: usize = 200;

/// Reads `descr`.
#[must_use]
pub fn parse_descr(descr: &Literal) -> Dtype {
    let mut dtype = Dtype::default();
    let mut total: Option<u128> = Some(0);
    // What is still to be read, with how often it lies in one element.
    let mut work: Vec<(&Literal, u128)> = vec![(descr, 1)];
    while let Some((node, times)) = work.pop() {
        let size = match node {
            Literal::Str(text) => dtype.string(text),
            Literal::Bytes(bytes) => dtype.string(&String::from_utf8_lossy(bytes)),
            Literal::Tuple(parts) => match parts.as_slice() {
                [inner, shape] => {
                    work.push((inner, dtype.times(times, shape)));
                    Some(0)
                }
                _ => dtype.unknown("a tuple that is no subarray"),
            },
            Literal::List(fields) => {
                dtype.fields = dtype.fields.saturating_add(fields.len());
                for field in fields.iter().rev() {
                    match dtype.field(field) {
                        Some((inner, count)) => work.push((inner, times.saturating_mul(count))),
                        None => total = None,
                    }
                }
                Some(0)
            }
            Literal::Dict(pairs) => {
                // `numpy.dtype` takes such dictionaries, `descr_to_dtype` does not: only look for
                // objects in it.
                for (_, value) in pairs {
                    dtype.look_for_objects(value);
                }
                dtype.unknown("a dictionary")
            }
            _ => dtype.unknown("neither text, tuple nor list"),
        };
        total = match (total, size) {
            (Some(total), Some(size)) => total.checked_add(size.saturating_mul(times)),
            _ => None,
        };
    }
    dtype.itemsize = total;
    dtype
}

impl Dtype {
    fn unknown(&mut self, what: &str) -> Option<u128> {
        if self.unknown.len() < MAX_UNKNOWN {
            self.unknown.push(what.chars().take(60).collect());
        }
        None
    }

    fn note(&mut self, text: &str) {
        if self.text.len() < MAX_TEXT {
            if !self.text.is_empty() {
                self.text.push_str(", ");
            }
            self.text.extend(text.chars().take(MAX_TEXT));
        } else if !self.text.ends_with('…') {
            self.text.push('…');
        }
    }

    /// The type of a field and how often it lies in the record.
    fn field<'l>(&mut self, field: &'l Literal) -> Option<(&'l Literal, u128)> {
        let Literal::Tuple(parts) = field else {
            self.unknown("a field that is no tuple");
            self.look_for_objects(field);
            return None;
        };
        let (name, inner, count) = match parts.as_slice() {
            [name, inner] => (name, inner, 1),
            [name, inner, shape] => (name, inner, self.times(1, shape)),
            _ => {
                self.unknown("a field that is neither a pair nor a triple");
                self.look_for_objects(field);
                return None;
            }
        };
        match name {
            Literal::Str(name) => {
                let name = format!("{name}:");
                self.note(&name);
            }
            Literal::Tuple(pair) if pair.len() == 2 => {
                self.titles = self.titles.saturating_add(1);
            }
            _ => {
                self.unknown("a field name that is no text");
            }
        }
        Some((inner, count))
    }

    /// `times` multiplied by a subarray shape (a number, or a tuple or list of numbers).
    fn times(&mut self, times: u128, shape: &Literal) -> u128 {
        let one = std::slice::from_ref(shape);
        let dims = match shape {
            Literal::Tuple(dims) | Literal::List(dims) => dims.as_slice(),
            _ => one,
        };
        let mut product = times;
        for dim in dims {
            match dim {
                Literal::Int(n) => match u128::try_from(*n) {
                    Ok(n) => product = product.saturating_mul(n),
                    Err(_) => {
                        self.unknown("a subarray with a negative dimension");
                    }
                },
                _ => {
                    self.unknown("a subarray dimension that is no number");
                }
            }
        }
        product
    }

    /// Any string below `node` that means an object.
    fn look_for_objects(&mut self, node: &Literal) {
        let mut work = vec![node];
        while let Some(node) = work.pop() {
            match node {
                Literal::Str(text) => self.has_object |= is_object(text),
                Literal::Tuple(items) | Literal::List(items) | Literal::Set(items) => {
                    work.extend(items);
                }
                Literal::Dict(pairs) => {
                    for (key, value) in pairs {
                        work.push(key);
                        work.push(value);
                    }
                }
                _ => {}
            }
        }
    }

    fn string(&mut self, text: &str) -> Option<u128> {
        self.note(text);
        let mut total: Option<u128> = Some(0);
        for part in split_outside_brackets(text) {
            let size = self.part(part.trim());
            total = match (total, size) {
                (Some(total), Some(size)) => total.checked_add(size),
                _ => None,
            };
        }
        total
    }

    /// One type of a comma-joined string, with its count or shape in front.
    fn part(&mut self, part: &str) -> Option<u128> {
        if is_object(part) {
            self.has_object = true;
        }
        let (count, name) = leading_count(part);
        let name = name.trim().trim_start_matches(['<', '>', '=', '|', '^']);
        if let Some((_, size)) = WORDS
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(name))
        {
            return size.checked_mul(count);
        }
        if matches!(name, "object" | "object_") {
            self.has_object = true;
            return count.checked_mul(8);
        }
        let mut chars = name.chars();
        let kind = chars.next();
        let (digits, unit) = match chars.as_str().split_once('[') {
            Some((digits, unit)) => (digits, Some(unit)),
            None => (chars.as_str(), None),
        };
        let size = if digits.is_empty() {
            None
        } else {
            match digits.parse::<u128>() {
                Ok(size) => Some(size),
                Err(_) => return self.unknown(part),
            }
        };
        if unit.is_some_and(|u| !u.ends_with(']'))
            || (unit.is_some() && !matches!(kind, Some('m' | 'M')))
        {
            return self.unknown(part);
        }
        let bytes = match (kind, size) {
            (Some('b'), None) => 1,
            (Some('b' | 'i' | 'u'), Some(n)) if matches!(n, 1 | 2 | 4 | 8 | 16) => n,
            (Some('f'), Some(n)) if matches!(n, 1 | 2 | 4 | 8 | 10 | 12 | 16) => n,
            (Some('c'), Some(n)) if matches!(n, 8 | 16 | 20 | 24 | 32) => n,
            (Some('m' | 'M'), None | Some(8)) => 8,
            (Some('S' | 'a'), n) => n.unwrap_or(0),
            (Some('c' | 'B' | '?'), None) => 1,
            (Some('?'), Some(1)) => 1,
            (Some('V'), n) => {
                let n = n.unwrap_or(0);
                self.largest_void = self.largest_void.max(n);
                n
            }
            (Some('U'), n) => n.unwrap_or(0).saturating_mul(4),
            (Some('O'), None | Some(4 | 8)) => {
                self.has_object = true;
                8
            }
            (Some('h' | 'H' | 'e'), None) => 2,
            (Some('i' | 'I' | 'f'), None) => 4,
            (Some('l' | 'L' | 'q' | 'Q' | 'p' | 'P' | 'n' | 'N' | 'd' | 'F'), None) => 8,
            (Some('D' | 'g'), None) => 16,
            (Some('G'), None) => 32,
            _ => return self.unknown(part),
        };
        bytes.checked_mul(count)
    }
}

/// Whether a type string can mean an object, generously: `O` or `object` outside a longer word.
fn is_object(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic() && c != '_')
        .any(|word| {
            word == "O"
                || word.eq_ignore_ascii_case("object")
                || word.eq_ignore_ascii_case("object_")
        })
}

/// `text` split at commas that lie in no bracket.
fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0u32;
    let mut start = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth = depth.saturating_add(1),
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    let last = text.get(start..).unwrap_or("");
    if !last.is_empty() || parts.is_empty() {
        parts.push(last);
    }
    parts
}

/// The count or shape in front of a type (`3f8`, `(2,3)f8`), and the rest.
fn leading_count(part: &str) -> (u128, &str) {
    if let Some((shape, rest)) = part.strip_prefix('(').and_then(|p| p.split_once(')')) {
        let product = shape
            .split(',')
            .filter_map(|dim| dim.trim().parse::<u128>().ok())
            .fold(1u128, u128::saturating_mul);
        return (product, rest);
    }
    let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    match part.get(..digits).map(str::parse::<u128>) {
        Some(Ok(count)) => (count, part.get(digits..).unwrap_or("")),
        _ => (1, part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::literal::parse_literal;

    fn dtype(source: &str) -> Dtype {
        parse_descr(&parse_literal(source).unwrap())
    }

    #[test]
    fn sizes_are_those_of_numpy() {
        for (source, size) in [
            ("'<f4'", 4),
            ("'|b1'", 1),
            ("'?'", 1),
            ("'<U5'", 20),
            ("'|S7'", 7),
            ("'<M8[ns]'", 8),
            ("'<m8[25s]'", 8),
            ("'|V16'", 16),
            ("'f8,i4'", 12),
            ("'(2,3)f8, 2i2'", 52),
            ("'float64'", 8),
            ("[('x', '<f8'), ('y', '<i4', (2, 2)), ('', '|V4')]", 28),
            ("[('p', [('q', '<f4'), ('r', '<f4')], 3)]", 24),
            ("('<f8', (3,))", 24),
            ("[(('title', 'name'), '<f8')]", 8),
            ("'|O'", 8),
        ] {
            let d = dtype(source);
            assert_eq!(d.itemsize, Some(size), "{source}");
            assert!(d.unknown.is_empty(), "{source}: {:?}", d.unknown);
        }
        assert_eq!(dtype("[(('title', 'name'), '<f8')]").titles, 1);
    }

    #[test]
    fn objects_are_seen_at_any_depth_and_in_odd_words() {
        for source in [
            "'|O'",
            "'O8'",
            "'object'",
            "'f8,O'",
            "[('a', '<f8'), ('b', [('c', '|O')])]",
            "('|O', (3,))",
            "[('a', '|O', (2,))]",
            "{'names': ['a'], 'formats': ['O']}",
            "[('a', 'O', 1, 2)]",
            "'>O'",
        ] {
            assert!(dtype(source).has_object, "{source}");
        }
        for source in ["'<f8'", "[('O', '<f8')]", "'<M8[D]'", "'|V8'"] {
            assert!(!dtype(source).has_object, "{source}");
        }
    }

    #[test]
    fn what_is_no_type_is_unknown() {
        for source in [
            "'zz'",
            "'<f3'",
            "1",
            "'<f8[ns]'",
            "[('a',)]",
            "[('a', '<f8', (-1,))]",
            "'<f8x'",
        ] {
            let d = dtype(source);
            assert!(!d.unknown.is_empty(), "{source}");
        }
    }
}
