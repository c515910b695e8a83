//! An old file, from bytes to [`Old`].
//!
//! ```text
//! magic:u32  [version:u32]  hyperparameters:u32 × n
//! [whisper: n_mel:u32  n_fft:u32  f32 × n_mel × n_fft]   [count:u32]
//! words      len:u32  bytes  [score:f32]
//! tensors    n_dims:u32  name_len:u32  type:u32  ne:u32[n_dims]  name  [padding to 32]  data
//! ```
//!
//! All numbers are little-endian. Which hyperparameters there are is not said in the file: the program
//! that reads it knows. So all layouts of the magic (`data/legacy_layouts.tsv`) are tried, with the block
//! sizes of before and after May 2023, and the one that reaches the end of the file is taken, else the one
//! that gets farthest. A layout counts from the first tensor on that it could read. Cost: the words and the
//! heads of the tensors, once for each layout.

use std::ops::Range;
use std::sync::OnceLock;

use ma_core::{Blob, Budget, ScanError};

use super::{Magic, Old, Problem, Tensor, magic_of};
use crate::parse::{SIGNED_END, shown};
use crate::types::tensor_type;

static LAYOUTS: &str = include_str!("../../data/legacy_layouts.tsv");

/// Tensors that are kept.
const KEPT: usize = 4096;
/// Ranges of data that are kept apart.
const KEPT_RANGES: usize = 2048;
/// Bytes of a tensor's name.
const LONGEST_NAME: u32 = 1024;

/// How the words are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vocab {
    None,
    /// By the hyperparameter at that place.
    Field(usize),
    /// By a number of their own.
    Counted,
    /// The same, behind the filters of whisper.cpp.
    Filters,
}

#[derive(Debug, Clone)]
struct Layout {
    magic: &'static str,
    name: &'static str,
    versions: Option<(u32, u32)>,
    hparams: Vec<&'static str>,
    vocab: Vocab,
    scored: bool,
    aligned: bool,
}

fn layouts() -> &'static [Layout] {
    static TABLE: OnceLock<Vec<Layout>> = OnceLock::new();
    TABLE.get_or_init(|| LAYOUTS.lines().skip(1).filter_map(row).collect())
}

fn row(line: &'static str) -> Option<Layout> {
    let mut fields = line.split('\t');
    let magic = fields.next()?;
    let versions = match fields.next()? {
        "-" => None,
        range => {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((first.parse().ok()?, last.parse().ok()?))
        }
    };
    let name = fields.next()?;
    let hparams = fields.next()?.split(',').collect();
    let vocab = match fields.next()? {
        "none" => Vocab::None,
        "counted" => Vocab::Counted,
        "filters" => Vocab::Filters,
        place => Vocab::Field(place.parse().ok()?),
    };
    Some(Layout {
        magic,
        name,
        versions,
        hparams,
        vocab,
        scored: fields.next()? == "yes",
        aligned: fields.next()? == "yes",
    })
}

/// Reads an old file. A broken file is a result.
///
/// # Errors
/// When the bytes can't be read or a limit is hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Old, ScanError> {
    let head = blob.head(8)?;
    let Some(magic) = magic_of(&head) else {
        return Ok(Old::default());
    };
    let version = head.get(4..8).and_then(|b| b.try_into().ok());
    let version = version.map(u32::from_le_bytes).filter(|_| magic.versioned);
    let base = Old {
        magic: magic.name,
        version,
        session: magic.session,
        end: blob.len().min(if magic.versioned { 8 } else { 4 }),
        ..Old::default()
    };
    if magic.session {
        return session(blob, budget, base);
    }
    let mut best: Option<Old> = None;
    for layout in candidates(magic, version) {
        for old_sizes in [false, true] {
            let mut old = base.clone();
            old.layout = Some(layout.name);
            old.old_sizes = old_sizes;
            let old = Attempt::new(blob, budget, layout, old).run()?;
            if old.problem.is_none() && old.tensors_read > 0 {
                return Ok(old);
            }
            let rank = |o: &Old| (o.tensors_read, o.end);
            if best.as_ref().is_none_or(|b| rank(&old) > rank(b)) {
                best = Some(old);
            }
        }
    }
    Ok(match best {
        Some(best) if best.tensors_read > 0 || magic.versioned => best,
        // Without a tensor there is nothing that says which program the file is for.
        _ => base,
    })
}

/// The layouts of a magic; those of the version first, then the others.
fn candidates(magic: Magic, version: Option<u32>) -> Vec<&'static Layout> {
    let fits = |l: &&Layout| l.magic.as_bytes() == magic.bytes;
    let mut found: Vec<&Layout> = layouts().iter().filter(fits).collect();
    found.sort_by_key(|l| match (l.versions, version) {
        (Some((first, last)), Some(v)) => !(first..=last).contains(&v),
        _ => false,
    });
    found
}

/// The state of a session: tokens, then a dump of memory that only its own version of llama.cpp knows.
fn session(blob: &Blob, budget: &Budget, mut old: Old) -> Result<Old, ScanError> {
    let mut cursor = blob.cursor(budget);
    cursor.skip(8);
    let Some(count) = cursor.u32_le()? else {
        return Ok(old);
    };
    old.hparams.push(("n_token_count", count));
    let bytes = u64::from(count).saturating_mul(4);
    let start = cursor.position();
    if cursor.skip(bytes) {
        old.end = cursor.position();
    } else {
        old.problem = Some(Problem {
            what: format!("{count} tokens do not fit into the file"),
            overflow: false,
            range: 8..start,
            route: String::new(),
        });
    }
    Ok(old)
}

/// Reading a file in one layout.
struct Attempt<'a> {
    cursor: ma_core::Cursor<'a>,
    budget: &'a Budget,
    layout: &'static Layout,
    old: Old,
}

/// Reading went on, or a problem was noted.
type Step<T> = Result<Option<T>, ScanError>;

impl<'a> Attempt<'a> {
    fn new(blob: &Blob, budget: &'a Budget, layout: &'static Layout, old: Old) -> Self {
        Self {
            cursor: blob.cursor(budget),
            budget,
            layout,
            old,
        }
    }

    fn run(mut self) -> Result<Old, ScanError> {
        self.cursor.skip(self.old.end);
        if self.head()?.is_some() && self.words()?.is_some() {
            while self.cursor.remaining() > 0 {
                self.budget.charge_steps(1)?;
                if self.tensor()?.is_none() {
                    break;
                }
                self.old.tensors_read = self.old.tensors_read.saturating_add(1);
                self.old.end = self.cursor.position();
            }
            if self.old.problem.is_none() && self.old.tensors_read == 0 {
                self.problem("there are no tensors", 0..self.old.end);
            }
        }
        Ok(self.old)
    }

    fn problem(&mut self, what: impl Into<String>, range: Range<u64>) {
        self.old.problem.get_or_insert(Problem {
            what: what.into(),
            overflow: false,
            range,
            route: String::new(),
        });
    }

    fn number(&mut self, what: &str) -> Step<u32> {
        let start = self.cursor.position();
        let n = self.cursor.u32_le()?;
        if n.is_none() {
            let end = self.cursor.blob().len();
            self.problem(format!("the file ends inside {what}"), start..end);
        }
        Ok(n)
    }

    fn head(&mut self) -> Step<()> {
        for name in &self.layout.hparams {
            let Some(n) = self.number("its hyperparameters")? else {
                return Ok(None);
            };
            self.old.hparams.push((name, n));
        }
        Ok(Some(()))
    }

    fn words(&mut self) -> Step<()> {
        let start = self.cursor.position();
        if self.layout.vocab == Vocab::Filters {
            let (Some(mels), Some(fft)) =
                (self.number("its filters")?, self.number("its filters")?)
            else {
                return Ok(None);
            };
            let bytes = u64::from(mels).saturating_mul(fft.into()).saturating_mul(4);
            if !self.cursor.skip(bytes) {
                let what = format!("filters of {mels} × {fft} do not fit into the file");
                self.problem(what, start..start.saturating_add(8));
                return Ok(None);
            }
        }
        let count = match self.layout.vocab {
            Vocab::None => return Ok(Some(())),
            Vocab::Field(place) => self.old.hparams.get(place).map_or(0, |(_, n)| *n),
            Vocab::Counted | Vocab::Filters => match self.number("its words")? {
                Some(n) => n,
                None => return Ok(None),
            },
        };
        let first = self.cursor.position();
        let each = if self.layout.scored { 8 } else { 4 };
        if u64::from(count) > self.cursor.remaining().checked_div(each).unwrap_or(0) {
            self.problem(
                format!("{count} words do not fit into the file"),
                start..first,
            );
            return Ok(None);
        }
        for _ in 0..count {
            self.budget.charge_steps(1)?;
            let at = self.cursor.position();
            let Some(len) = self.number("its words")? else {
                return Ok(None);
            };
            let more = u64::from(len).saturating_add(if self.layout.scored { 4 } else { 0 });
            if !self.cursor.skip(more) {
                let what = format!("a word of {len} bytes does not fit into the file");
                self.problem(what, at..at.saturating_add(4));
                return Ok(None);
            }
            self.old.longest_word = self.old.longest_word.max(len.into());
            self.old.words = self.old.words.saturating_add(1);
        }
        self.old.vocab = first..self.cursor.position();
        self.old.end = self.cursor.position();
        Ok(Some(()))
    }

    fn tensor(&mut self) -> Step<()> {
        let start = self.cursor.position();
        let here = |a: &Self| start..a.cursor.position();
        let what = "a tensor";
        let (Some(n_dims), Some(name_len), Some(kind)) =
            (self.number(what)?, self.number(what)?, self.number(what)?)
        else {
            return Ok(None);
        };
        if !(1..=4).contains(&n_dims) || name_len > LONGEST_NAME {
            let what =
                format!("a tensor with {n_dims} dimensions and a name of {name_len} bytes is none");
            self.problem(what, here(self));
            return Ok(None);
        }
        let mut dims = Vec::new();
        for _ in 0..n_dims {
            let Some(n) = self.number(what)? else {
                return Ok(None);
            };
            dims.push(u64::from(n));
        }
        let name = self.cursor.bytes(name_len.into())?;
        let Some(name) = name else {
            self.problem("the file ends inside a tensor's name", here(self));
            return Ok(None);
        };
        let name = shown(&String::from_utf8_lossy(&name));
        let size = match size_of(kind, &dims, self.old.old_sizes) {
            Ok(size) => size,
            Err((what, overflow)) => {
                self.problem(what, here(self));
                self.about(name, overflow);
                return Ok(None);
            }
        };
        let at = self.cursor.position();
        let from = if self.layout.aligned {
            at.checked_next_multiple_of(32).unwrap_or(at)
        } else {
            at
        };
        let end = u128::from(from).saturating_add(size);
        let Some(end) = u64::try_from(end)
            .ok()
            .filter(|e| *e <= self.cursor.blob().len())
        else {
            let what = format!("the tensor needs {size} bytes, which the file does not have");
            self.problem(what, here(self));
            self.about(name, size >= SIGNED_END);
            return Ok(None);
        };
        self.cursor.seek(end);
        self.keep(Tensor {
            name,
            dims,
            kind,
            data: from..end,
        });
        Ok(Some(()))
    }

    fn about(&mut self, name: String, overflow: bool) {
        if let Some(problem) = &mut self.old.problem {
            problem.route = name;
            problem.overflow = overflow;
        }
    }

    fn keep(&mut self, tensor: Tensor) {
        let full = self.old.data.len() >= KEPT_RANGES;
        match self.old.data.last_mut() {
            Some(last) if full => last.end = tensor.data.end,
            _ => self.old.data.push(tensor.data.clone()),
        }
        if self.old.tensors.len() < KEPT {
            self.old.tensors.push(tensor);
        }
    }
}

/// Bytes of a tensor, or what is wrong with it and whether it overflows.
fn size_of(kind: u32, dims: &[u64], old_sizes: bool) -> Result<u128, (String, bool)> {
    let Some(t) = tensor_type(kind) else {
        return Err((format!("type {kind} is not one of ggml's"), false));
    };
    let (block, bytes) = if old_sizes {
        (t.old_block, t.old_bytes)
    } else {
        (t.block, t.bytes)
    };
    let elements = dims.iter().map(|d| u128::from(*d));
    let elements = elements.fold(1u128, u128::saturating_mul);
    if elements >= SIGNED_END {
        return Err(("the product of the dimensions overflows".to_owned(), true));
    }
    let row = dims.first().copied().unwrap_or(1);
    if block == 0 || !row.is_multiple_of(block) {
        let what = format!("rows of {row} elements can't have type {}", t.name);
        return Err((what, false));
    }
    let blocks = elements.checked_div(block.into()).unwrap_or(0);
    Ok(blocks.saturating_mul(bytes.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{Old as Builder, llama, whisper};

    fn read(builder: Builder) -> Old {
        parse(&Blob::from_vec(builder.out), &Budget::default()).unwrap()
    }

    #[test]
    fn the_table_is_read() {
        assert_eq!(layouts().len(), LAYOUTS.lines().count() - 1);
        for layout in layouts() {
            assert!(magic_of(layout.magic.as_bytes()).is_some(), "{layout:?}");
        }
    }

    #[test]
    fn layouts_are_told_apart() {
        for (file, layout, words, tensors) in [
            (llama(b"lmgg", None), "LLaMA, unversioned", 3, 2),
            (llama(b"fmgg", Some(1)), "LLaMA, ggmf 1", 3, 2),
            (llama(b"tjgg", Some(3)), "LLaMA, ggjt", 3, 2),
            (whisper(), "whisper.cpp", 3, 1),
        ] {
            let old = read(file);
            assert_eq!(old.layout, Some(layout));
            assert_eq!(old.problem, None);
            assert_eq!((old.words, old.tensors_read), (words, tensors));
        }
    }

    #[test]
    fn old_block_sizes_are_found() {
        let file = Builder::new(b"tjgg")
            .u32(1)
            .u32s(&[1, 32, 256, 2, 1, 4, 2])
            .words(&["a"], true)
            .tensor("w", &[32, 2], 2, 40, true);
        let old = read(file);
        assert!(old.old_sizes && old.problem.is_none());
    }

    #[test]
    fn the_problem_is_that_of_the_best_layout() {
        let mut file = llama(b"tjgg", Some(3));
        file.out.truncate(file.out.len() - 1);
        let old = read(file);
        assert_eq!(old.tensors_read, 1);
        assert_eq!(old.problem.unwrap().route, "norm.weight");
    }
}
