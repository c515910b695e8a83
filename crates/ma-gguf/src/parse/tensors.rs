//! The descriptions of tensors.

use ma_core::RegionKind;

use super::Parser;
use super::kv::{overflows, shown};
use super::reader::{Stop, hash};
use crate::model::{AnomalyKind, Extent, Gguf, Tensor, Value};
use crate::types::{U32, tensor_type, value_type_name};

/// Tensors that are kept with name and shape.
const KEPT_TENSORS: usize = 16_384;
/// Tensors whose names and places are compared.
const COMPARED_TENSORS: usize = 1 << 19;
/// Dimensions that are kept.
const KEPT_DIMS: usize = 8;
/// Bytes of a tensor's name, with the zero at its end, that ggml has room for.
const NAME_ROOM: u64 = 64;
/// Bytes of a name that are kept.
const KEPT_NAME: usize = 256;
/// Dimensions that ggml has.
const MOST_DIMS: u32 = 4;
/// Alignment unless the file says otherwise.
const DEFAULT_ALIGNMENT: u64 = 32;
/// Alignment above which it is odd.
const USUAL_ALIGNMENT: u64 = 1 << 16;
/// The end of an extent that is not known.
pub(super) const UNKNOWN_END: u64 = u64::MAX;

/// What is followed from tensor to tensor.
#[derive(Default)]
struct Progress {
    names: Vec<(u64, u64)>,
    /// Where the next tensor should start; unknown behind a type of unknown size.
    expected: Option<u128>,
    out_of_order: Option<(String, u64, u64, std::ops::Range<u64>)>,
    overflowed: bool,
}

impl Parser<'_> {
    /// All descriptions.
    pub(super) fn tensors(&mut self) -> Result<(), Stop> {
        self.out.alignment = self.alignment();
        let start = self.reader.position();
        let mut progress = Progress {
            expected: Some(0),
            ..Progress::default()
        };
        let mut result = Ok(());
        while self.out.tensors_read < self.out.tensor_count {
            self.reader.tick()?;
            result = self.one_tensor(&mut progress);
            if result.is_err() {
                break;
            }
            self.out.tensors_read = self.out.tensors_read.saturating_add(1);
        }
        self.repeated_names(progress.names)?;
        if result.is_ok() {
            let end = self.reader.position();
            self.segment(start..end, RegionKind::Metadata, "tensor descriptions");
            self.out.header_end = end;
            if let Some((name, offset, expected, range)) = progress.out_of_order {
                let kind = AnomalyKind::OutOfOrder { offset, expected };
                self.note(kind, range, name);
            }
        }
        result
    }

    /// What tensors are padded to: what the file says if one can pad to it.
    fn alignment(&mut self) -> u64 {
        let found = self.out.kvs.iter().find(|kv| kv.key == "general.alignment");
        let Some(kv) = found.cloned() else {
            return DEFAULT_ALIGNMENT;
        };
        let number = match kv.value {
            Value::Uint(n) => Some(n),
            Value::Int(n) => u64::try_from(n).ok(),
            _ => None,
        };
        let good = number.filter(|n| n.is_power_of_two());
        let (what, unusual) = match (kv.kind, good, number) {
            (U32, Some(n), _) if n <= USUAL_ALIGNMENT => return n,
            (U32, Some(n), _) => (format!("is {n}"), true),
            (U32, None, Some(n)) => (format!("is {n}, no power of two"), false),
            (kind, ..) => (format!("has the type {}", value_type_name(kind)), false),
        };
        let kind = AnomalyKind::BadAlignment { what, unusual };
        self.note(kind, kv.range, "general.alignment");
        good.unwrap_or(DEFAULT_ALIGNMENT)
    }

    fn one_tensor(&mut self, progress: &mut Progress) -> Result<(), Stop> {
        let start = self.reader.position();
        let Some(len) = self.reader.size()? else {
            return Err(self.cut("a tensor description", start));
        };
        if !self.fits("bytes of a tensor's name", len, 1, start, "") {
            return Err(Stop::Broken);
        }
        let at = self.reader.position();
        let bytes = self.reader.take(len, 65_536)?;
        let name = String::from_utf8_lossy(bytes.get(..KEPT_NAME.min(bytes.len())).unwrap_or(&[]));
        let name = name.into_owned();
        self.check_name(&bytes, len, at);
        let (Some(n_dims), dims_at) = (self.reader.u32()?, self.reader.position()) else {
            return Err(self.cut("a tensor description", start));
        };
        let width = self.reader.width();
        let n = u64::from(n_dims);
        if !self.fits("dimensions of a tensor", n, width, dims_at, &shown(&name)) {
            return Err(Stop::Broken);
        }
        let mut dims = Vec::new();
        let mut product = Product::default();
        for _ in 0..n_dims {
            self.reader.tick()?;
            let Some(dim) = self.reader.size()? else {
                return Err(self.cut("a tensor description", start));
            };
            product.dim(dim);
            if dims.len() < KEPT_DIMS {
                dims.push(dim);
            }
        }
        let (Some(kind), Some(offset)) = (self.reader.u32()?, self.reader.u64()?) else {
            return Err(self.cut("a tensor description", start));
        };
        let mut tensor = Tensor {
            name,
            dims,
            kind,
            offset,
            bytes: None,
            range: self.reader.since(start),
        };
        self.judge(&mut tensor, n_dims, &product);
        self.place(&tensor, hash(&bytes), at, progress);
        if self.out.tensors.len() < KEPT_TENSORS {
            self.out.tensors.push(tensor);
        }
        Ok(())
    }

    fn check_name(&mut self, bytes: &[u8], len: u64, at: u64) {
        let (what, harmless) = if len >= NAME_ROOM {
            ("is longer than 63 bytes", false)
        } else if bytes.contains(&0) {
            ("holds a zero byte", false)
        } else if len == 0 {
            ("is empty", true)
        } else if bytes.iter().any(|b| *b < 0x20 || *b == 0x7f) {
            ("holds control characters", false)
        } else if std::str::from_utf8(bytes).is_err() {
            ("is not UTF-8", true)
        } else {
            return;
        };
        let route = shown(&String::from_utf8_lossy(bytes));
        let kind = AnomalyKind::BadName {
            of: "tensor",
            what,
            harmless,
        };
        self.note(kind, at..at.saturating_add(len), route);
    }

    /// Shape and type; sets the size when it can be known.
    fn judge(&mut self, tensor: &mut Tensor, n_dims: u32, product: &Product) {
        let (range, route) = (tensor.range.clone(), shown(&tensor.name));
        let mut notes = Vec::new();
        if n_dims > MOST_DIMS {
            let what = format!("has {n_dims} dimensions; ggml has {MOST_DIMS}");
            notes.push(shape(what, false));
        } else if n_dims == 0 {
            notes.push(shape("has no dimension".to_owned(), true));
        } else if product.zero {
            notes.push(shape("has a dimension of 0".to_owned(), true));
        }
        if product.negative {
            let dims = Gguf::shape_text(&tensor.dims);
            let what = format!("{dims} has a dimension that is negative as a signed number");
            notes.push(AnomalyKind::Overflow { what });
        } else if overflows(product.nonzero) {
            let what = format!("the product of {}", Gguf::shape_text(&tensor.dims));
            notes.push(AnomalyKind::Overflow { what });
        }
        match tensor_type(tensor.kind) {
            None => notes.push(AnomalyKind::UnknownType(tensor.kind)),
            Some(t) if !t.live => notes.push(AnomalyKind::RemovedType(tensor.kind)),
            Some(t) => {
                let row = tensor.dims.first().copied().unwrap_or(1);
                if !row.is_multiple_of(t.block) {
                    let what = format!(
                        "has rows of {row} elements, which {} can't hold: its blocks have {}",
                        t.name, t.block
                    );
                    notes.push(shape(what, false));
                }
                let blocks = u128::from(row.div_ceil(t.block));
                let rows = product.rows(row);
                let bytes = blocks
                    .saturating_mul(u128::from(t.bytes))
                    .saturating_mul(rows);
                if overflows(bytes) && !overflows(product.nonzero) && !product.negative {
                    let dims = Gguf::shape_text(&tensor.dims);
                    let what = format!("the bytes of {dims} in {}", t.name);
                    notes.push(AnomalyKind::Overflow { what });
                }
                tensor.bytes = u64::try_from(bytes).ok();
            }
        }
        for kind in notes {
            self.note(kind, range.clone(), route.clone());
        }
    }

    /// Offset and order; remembers where the tensor lies.
    fn place(&mut self, tensor: &Tensor, hash: u64, name_at: u64, progress: &mut Progress) {
        let alignment = self.out.alignment.max(1);
        let (range, route) = (tensor.range.clone(), shown(&tensor.name));
        let offset = tensor.offset;
        if !offset.is_multiple_of(alignment) {
            let kind = AnomalyKind::Misaligned { offset, alignment };
            self.note(kind, range.clone(), route.clone());
        }
        if let Some(expected) = progress.expected
            && expected != u128::from(offset)
            && progress.out_of_order.is_none()
        {
            let expected = u64::try_from(expected).unwrap_or(u64::MAX);
            progress.out_of_order = Some((route.clone(), offset, expected, range.clone()));
        }
        let end = tensor
            .bytes
            .map(|n| u128::from(offset).saturating_add(n.into()));
        if end.is_some_and(overflows) && !progress.overflowed {
            progress.overflowed = true;
            let what = "offset and size together".to_owned();
            self.note(AnomalyKind::Overflow { what }, range.clone(), route.clone());
        }
        progress.expected = match (progress.expected, tensor.bytes) {
            (Some(expected), Some(n)) => {
                let padded = u128::from(n).next_multiple_of(alignment.into());
                let sum = expected.saturating_add(padded);
                if overflows(sum) && !progress.overflowed {
                    progress.overflowed = true;
                    let what = "the sum of all padded tensor sizes".to_owned();
                    self.note(AnomalyKind::Overflow { what }, range.clone(), route);
                }
                Some(sum)
            }
            // Behind a size that is not known, the next tensor says itself where it starts.
            _ => None,
        };
        if self.out.extents.len() < COMPARED_TENSORS {
            progress.names.push((hash, name_at));
            let end = end.map_or(UNKNOWN_END, |end| {
                u64::try_from(end).unwrap_or(u64::MAX - 1)
            });
            self.out.extents.push(Extent {
                index: self.out.tensors_read,
                start: offset,
                end,
                info: range.start,
                kind: tensor.kind,
            });
        } else if self.out.tensors_read == COMPARED_TENSORS as u64 {
            let detail =
                format!("tensors after the first {COMPARED_TENSORS} were not compared with others");
            self.unread(true, detail, range);
        }
    }

    /// Names that are given more than once.
    fn repeated_names(&mut self, mut names: Vec<(u64, u64)>) -> Result<(), Stop> {
        names.sort_unstable();
        let mut found = Vec::new();
        for pair in names.windows(2) {
            let [(a, first), (b, again)] = pair else {
                continue;
            };
            if a != b || found.len() > super::KEPT_ANOMALIES {
                continue;
            }
            let name = self.name_at(*first)?;
            if name == self.name_at(*again)? {
                found.push((*first, *again, name));
            }
        }
        found.sort_by_key(|(_, again, _)| *again);
        for (first, again, name) in found {
            let range = again..again.saturating_add(name.len() as u64);
            let route = shown(&String::from_utf8_lossy(&name));
            self.note(AnomalyKind::DuplicateTensor { first }, range, route);
        }
        Ok(())
    }

    /// The name whose bytes start there, behind their length.
    fn name_at(&mut self, at: u64) -> Result<Vec<u8>, Stop> {
        let width = self.reader.width();
        let back = self.reader.position();
        self.reader.cursor.seek(at.saturating_sub(width));
        let len = self.reader.size()?.unwrap_or(0);
        let name = self.bytes(&(at..at.saturating_add(len)), 65_536);
        self.reader.cursor.seek(back);
        name
    }

    /// The name of the tensor with that position and description.
    pub(super) fn name_of(&mut self, index: u64, info: u64) -> Result<String, Stop> {
        let kept = usize::try_from(index).ok();
        if let Some(tensor) = kept.and_then(|i| self.out.tensors.get(i)) {
            return Ok(shown(&tensor.name));
        }
        let name = self.name_at(info.saturating_add(self.reader.width()))?;
        Ok(shown(&String::from_utf8_lossy(&name)))
    }
}

fn shape(what: String, accepted: bool) -> AnomalyKind {
    AnomalyKind::BadShape { what, accepted }
}

/// The product of dimensions, saturating.
struct Product {
    /// Of all that are not zero, so that a zero can't hide an overflow.
    nonzero: u128,
    zero: bool,
    negative: bool,
}

impl Default for Product {
    fn default() -> Self {
        Self {
            nonzero: 1,
            zero: false,
            negative: false,
        }
    }
}

impl Product {
    fn dim(&mut self, dim: u64) {
        self.negative |= overflows(dim.into());
        if dim == 0 {
            self.zero = true;
        } else {
            self.nonzero = self.nonzero.saturating_mul(dim.into());
        }
    }

    /// The number of rows of `row` elements; 0 when a dimension is 0.
    fn rows(&self, row: u64) -> u128 {
        if self.zero {
            0
        } else {
            self.nonzero.checked_div(u128::from(row)).unwrap_or(0)
        }
    }
}

impl Gguf {
    /// The shape as `[4096, 32]`.
    #[must_use]
    pub fn shape_text(dims: &[u64]) -> String {
        let dims: Vec<String> = dims.iter().map(u64::to_string).collect();
        format!("[{}]", dims.join(", "))
    }
}
