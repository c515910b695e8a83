//! FlatBuffers, lazily and bounds-checked.
//!
//! Layout (little-endian; <https://flatbuffers.dev/internals/>, of 2025): `u32` offset of the root table
//! from the start, often four bytes of file identifier at 4. A table begins with an `i32` that leads
//! backwards to its vtable; the vtable holds its own size, the table's size, and for each field id a
//! `u16` offset into the table, 0 for a field that is absent. A vector is a `u32` count and the elements,
//! a string a vector of bytes with a zero behind it. Offsets to tables, vectors and strings are `u32`,
//! forward, from their own place.
//!
//! Broken is whatever does not lie inside the buffer. Nothing is verified that is not asked for, so the
//! cost is the parts that are looked at; cycles can't arise since offsets lead forward only, but tables
//! may be shared: whoever walks them keeps count.

use std::ops::Range;

use ma_core::{Blob, Budget};

use crate::fault::Fault;
use crate::pages::Pages;

/// A buffer with tables in it.
pub struct Flat<'b> {
    pages: Pages<'b>,
}

/// A table whose vtable was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    /// Offset of the table.
    pub at: u64,
    /// Offset of its vtable.
    vtable: u64,
    /// Bytes of the vtable.
    vtable_size: u16,
    /// Bytes of the table.
    size: u16,
}

/// A vector that lies inside the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vector {
    /// Offset of the first element.
    pub start: u64,
    /// Number of elements.
    pub len: u32,
    /// Bytes of an element.
    pub element: u32,
}

impl Table {
    /// Where the table itself lies, without what its fields lead to.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.at..self.at.saturating_add(u64::from(self.size))
    }

    /// Where its vtable lies.
    #[must_use]
    pub fn vtable_range(&self) -> Range<u64> {
        self.vtable..self.vtable.saturating_add(u64::from(self.vtable_size))
    }
}

impl Vector {
    /// Where the elements lie.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        let size = u64::from(self.len).saturating_mul(u64::from(self.element));
        self.start..self.start.saturating_add(size)
    }

    /// The offset of element `i`; `None` when there are not so many.
    #[must_use]
    pub fn at(&self, i: u32) -> Option<u64> {
        let inside = u64::from(i).checked_mul(u64::from(self.element))?;
        let at = self.start.checked_add(inside)?;
        (i < self.len).then_some(at)
    }
}

/// Readers of fixed-size values: of a field with its default, and of an element of a vector.
macro_rules! scalar {
    ($($field:ident, $element:ident: $type:ty, $what:literal;)*) => {$(
        #[doc = concat!("A field that is ", $what, "; `default` when it is absent.")]
        ///
        /// # Errors
        /// [`Fault::Broken`] when it lies outside the buffer.
        pub fn $field(&mut self, table: &Table, id: u16, default: $type) -> Result<$type, Fault> {
            match self.field_at(table, id)? {
                Some(at) => Ok(<$type>::from_le_bytes(self.array(at)?)),
                None => Ok(default),
            }
        }

        #[doc = concat!("Element `i` of a vector; each is ", $what, ".")]
        ///
        /// # Errors
        /// [`Fault::Broken`] when there is no such element.
        pub fn $element(&mut self, vector: &Vector, i: u32) -> Result<$type, Fault> {
            let at = element_at(vector, i)?;
            Ok(<$type>::from_le_bytes(self.array(at)?))
        }
    )*};
}

fn element_at(vector: &Vector, i: u32) -> Result<u64, Fault> {
    vector
        .at(i)
        .ok_or_else(|| Fault::broken(vector.start, "an element that the vector does not have"))
}

impl<'b> Flat<'b> {
    /// The buffer that begins where `blob` does.
    #[must_use]
    pub fn new(blob: Blob, budget: &'b Budget) -> Self {
        Self {
            pages: Pages::new(blob, budget),
        }
    }

    /// The blob.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        self.pages.blob()
    }

    /// The budget.
    #[must_use]
    pub fn budget(&self) -> &'b Budget {
        self.pages.budget()
    }

    /// Length of the buffer in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.pages.len()
    }

    /// True without any bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    scalar! {
        u8, u8_in: u8, "one byte";
        i8, i8_in: i8, "one signed byte";
        u16, u16_in: u16, "an unsigned 16-bit number";
        i16, i16_in: i16, "a signed 16-bit number";
        u32, u32_in: u32, "an unsigned 32-bit number";
        i32, i32_in: i32, "a signed 32-bit number";
        u64, u64_in: u64, "an unsigned 64-bit number";
        i64, i64_in: i64, "a signed 64-bit number";
        f32, f32_in: f32, "a 32-bit float";
    }

    /// A boolean field; `default` when it is absent.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it lies outside the buffer.
    pub fn bool(&mut self, table: &Table, id: u16, default: bool) -> Result<bool, Fault> {
        Ok(self.u8(table, id, u8::from(default))? != 0)
    }

    /// The four bytes at 4, which name the schema where it gives itself a name.
    ///
    /// # Errors
    /// [`Fault::Broken`] when the buffer is shorter.
    pub fn identifier(&mut self) -> Result<[u8; 4], Fault> {
        self.array(4)
    }

    /// The root table.
    ///
    /// # Errors
    /// [`Fault::Broken`] when there is none.
    pub fn root(&mut self) -> Result<Table, Fault> {
        let at = self.follow(0)?;
        self.table_at(at)
    }

    /// The table at an offset.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it or its vtable does not lie inside the buffer.
    pub fn table_at(&mut self, at: u64) -> Result<Table, Fault> {
        let back = i32::from_le_bytes(self.array(at)?);
        let vtable = at
            .checked_add_signed(i64::from(back).saturating_neg())
            .ok_or_else(|| Fault::broken(at, "a vtable outside the file"))?;
        let vtable_size = u16::from_le_bytes(self.array(vtable)?);
        let size = u16::from_le_bytes(self.array(vtable.saturating_add(2))?);
        let bad = |what| Err(Fault::broken(at, what));
        if vtable_size < 4 || vtable_size % 2 != 0 {
            return bad("a vtable of a size that can't be");
        }
        if vtable.saturating_add(u64::from(vtable_size)) > self.len() {
            return bad("a vtable outside the file");
        }
        if size < 4 || at.saturating_add(u64::from(size)) > self.len() {
            return bad("a table outside the file");
        }
        Ok(Table {
            at,
            vtable,
            vtable_size,
            size,
        })
    }

    /// Where a field lies; `None` when it is absent.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it would lie outside its table.
    pub fn field_at(&mut self, table: &Table, id: u16) -> Result<Option<u64>, Fault> {
        let slot = u64::from(id).saturating_mul(2).saturating_add(4);
        if slot.saturating_add(2) > u64::from(table.vtable_size) {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(self.array(table.vtable.saturating_add(slot))?);
        if offset == 0 {
            return Ok(None);
        }
        if offset < 4 || offset >= table.size {
            return Err(Fault::broken(table.at, "a field outside its table"));
        }
        Ok(Some(table.at.saturating_add(u64::from(offset))))
    }

    /// A field that is a table.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it does not lie inside the buffer.
    pub fn table(&mut self, table: &Table, id: u16) -> Result<Option<Table>, Fault> {
        let Some(at) = self.field_at(table, id)? else {
            return Ok(None);
        };
        let at = self.follow(at)?;
        self.table_at(at).map(Some)
    }

    /// A field that is a vector of elements of `element` bytes (4 for tables and strings).
    ///
    /// # Errors
    /// [`Fault::Broken`] when it does not lie inside the buffer.
    pub fn vector(
        &mut self,
        table: &Table,
        id: u16,
        element: u32,
    ) -> Result<Option<Vector>, Fault> {
        let Some(at) = self.field_at(table, id)? else {
            return Ok(None);
        };
        let at = self.follow(at)?;
        self.vector_at(at, element).map(Some)
    }

    /// The vector at an offset.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it does not lie inside the buffer.
    pub fn vector_at(&mut self, at: u64, element: u32) -> Result<Vector, Fault> {
        let len = u32::from_le_bytes(self.array(at)?);
        let vector = Vector {
            start: at.saturating_add(4),
            len,
            element,
        };
        if vector.range().end > self.len() {
            return Err(Fault::broken(at, "a vector that reaches beyond the file"));
        }
        Ok(vector)
    }

    /// A field that is a string: where its text lies, without the zero behind it.
    ///
    /// # Errors
    /// [`Fault::Broken`] when it does not lie inside the buffer.
    pub fn string(&mut self, table: &Table, id: u16) -> Result<Option<Range<u64>>, Fault> {
        Ok(self.vector(table, id, 1)?.map(|v| v.range()))
    }

    /// Element `i` of a vector of tables.
    ///
    /// # Errors
    /// [`Fault::Broken`] when there is none, or it does not lie inside the buffer.
    pub fn table_in(&mut self, vector: &Vector, i: u32) -> Result<Table, Fault> {
        let at = element_at(vector, i)?;
        let at = self.follow(at)?;
        self.table_at(at)
    }

    /// Element `i` of a vector of strings: where its text lies.
    ///
    /// # Errors
    /// [`Fault::Broken`] when there is none, or it does not lie inside the buffer.
    pub fn string_in(&mut self, vector: &Vector, i: u32) -> Result<Range<u64>, Fault> {
        let at = element_at(vector, i)?;
        let at = self.follow(at)?;
        Ok(self.vector_at(at, 1)?.range())
    }

    /// The bytes at `range`, at most `max` of them.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn bytes(&mut self, range: Range<u64>, max: usize) -> Result<Vec<u8>, Fault> {
        let len = range.end.saturating_sub(range.start).min(max as u64);
        let end = range.start.saturating_add(len);
        if end > self.len() {
            return Err(Fault::broken(
                range.start,
                "bytes beyond the end of the file",
            ));
        }
        let budget = self.budget();
        Ok(self.blob().read(range.start..end, budget)?)
    }

    /// The text at `range`, at most `max` bytes of it; what is no UTF-8 is replaced.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn text(&mut self, range: Range<u64>, max: usize) -> Result<String, Fault> {
        let bytes = self.bytes(range, max)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether a zero stands behind the string at `range`, as the encoding wants it.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn ends_with_zero(&mut self, range: &Range<u64>) -> Result<bool, Fault> {
        Ok(self.pages.array::<1>(range.end)? == Some([0]))
    }

    /// Where the offset at `at` leads.
    fn follow(&mut self, at: u64) -> Result<u64, Fault> {
        let offset = u32::from_le_bytes(self.array(at)?);
        let to = at.saturating_add(u64::from(offset));
        if offset == 0 || to >= self.len() {
            return Err(Fault::broken(at, "an offset that leads nowhere"));
        }
        Ok(to)
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Fault> {
        self.pages
            .array(at)?
            .ok_or_else(|| Fault::broken(at, "a value beyond the end of the file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root table with a `u16` (id 0), a string (id 1), a vector of two `u32` (id 2) and, absent, a
    /// field 3; behind it a field 4 that leads to a table.
    fn sample() -> Vec<u8> {
        let mut b = Vec::new();
        b.extend(24u32.to_le_bytes());
        b.extend(b"TEST");
        for v in [14u16, 20, 4, 8, 12, 0, 16] {
            b.extend(v.to_le_bytes());
        }
        b.extend([0, 0]);
        assert_eq!(b.len(), 24);
        b.extend(16i32.to_le_bytes());
        b.extend(7u32.to_le_bytes());
        b.extend(12u32.to_le_bytes());
        b.extend(16u32.to_le_bytes());
        b.extend(24u32.to_le_bytes());
        b.extend(2u32.to_le_bytes());
        b.extend(b"hi\0\0");
        b.extend(2u32.to_le_bytes());
        b.extend(5u32.to_le_bytes());
        b.extend(6u32.to_le_bytes());
        assert_eq!(b.len(), 64);
        b.extend(56i32.to_le_bytes());
        b.extend([9; 16]);
        b
    }

    #[test]
    fn fields_are_found() {
        let budget = Budget::default();
        let mut flat = Flat::new(Blob::from_vec(sample()), &budget);
        assert_eq!(&flat.identifier().unwrap(), b"TEST");
        let root = flat.root().unwrap();
        assert_eq!(flat.u16(&root, 0, 1).unwrap(), 7);
        let text = flat.string(&root, 1).unwrap().unwrap();
        assert!(flat.ends_with_zero(&text).unwrap());
        assert_eq!(flat.text(text, 100).unwrap(), "hi");
        let numbers = flat.vector(&root, 2, 4).unwrap().unwrap();
        assert_eq!(flat.u32_in(&numbers, 1).unwrap(), 6);
        assert!(flat.u32_in(&numbers, 2).is_err());
        assert_eq!(flat.i32(&root, 3, -4).unwrap(), -4);
        let inner = flat.table(&root, 4).unwrap().unwrap();
        assert_eq!(flat.u8(&inner, 0, 0).unwrap(), 9);
        assert_eq!(flat.u8(&root, 99, 3).unwrap(), 3);
    }

    #[test]
    fn nothing_outside_is_followed() {
        let good = sample();
        for at in 0..good.len() - 3 {
            for value in [0u32, 1, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
                let mut bad = good.clone();
                bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
                crate::fuzz::flatbuffers(&bad);
            }
        }
        for n in 0..good.len() {
            crate::fuzz::flatbuffers(&good[..n]);
        }
    }
}
