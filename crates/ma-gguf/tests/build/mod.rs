//! Builds GGUF and older files, good and bad, for the tests of this crate.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

/// A value with its type number; lengths and numbers are written by [`File::build`].
#[derive(Debug, Clone)]
pub enum Val {
    Num(u32, u64, usize),
    Str(Vec<u8>),
    Arr(u32, Vec<Val>),
    /// A list head with nothing behind it.
    Head(u32, u64),
}

pub fn u32v(n: u64) -> Val {
    Val::Num(4, n, 4)
}

pub fn f32v(n: f32) -> Val {
    Val::Num(6, n.to_bits().into(), 4)
}

pub fn boolv(n: u64) -> Val {
    Val::Num(7, n, 1)
}

pub fn u64v(n: u64) -> Val {
    Val::Num(10, n, 8)
}

pub fn strv(text: &str) -> Val {
    Val::Str(text.as_bytes().to_vec())
}

pub fn arr(elem: u32, values: impl IntoIterator<Item = Val>) -> Val {
    Val::Arr(elem, values.into_iter().collect())
}

pub fn strs(texts: &[&str]) -> Val {
    arr(8, texts.iter().map(|t| strv(t)))
}

pub type Kv = (Vec<u8>, Val);

pub fn kv(key: &str, value: Val) -> Kv {
    (key.as_bytes().to_vec(), value)
}

pub fn kv_str(key: &str, text: &str) -> Kv {
    kv(key, strv(text))
}

pub fn kv_u32(key: &str, n: u64) -> Kv {
    kv(key, u32v(n))
}

#[derive(Debug, Clone)]
pub struct Tensor {
    pub name: Vec<u8>,
    pub dims: Vec<u64>,
    pub kind: u32,
    pub bytes: usize,
    pub offset: Option<u64>,
}

/// A file; everything a writer derives can be set on its own.
#[derive(Debug, Clone)]
pub struct File {
    version: u32,
    big: bool,
    kvs: Vec<Kv>,
    tensors: Vec<Tensor>,
    kv_count: Option<u64>,
    tensor_count: Option<u64>,
    pad: u8,
    fill: u8,
    tail: Vec<u8>,
    last_padded: bool,
}

impl File {
    pub fn new() -> Self {
        Self {
            version: 3,
            big: false,
            kvs: Vec::new(),
            tensors: Vec::new(),
            kv_count: None,
            tensor_count: None,
            pad: 0,
            fill: 0x11,
            tail: Vec::new(),
            last_padded: true,
        }
    }

    /// A file as converters write them.
    pub fn plain() -> Self {
        Self::new()
            .kv(kv_str("general.architecture", "llama"))
            .kv(kv_str("general.name", "tiny"))
            .tensor("token_embd.weight", &[32, 2], 0, 256)
            .tensor("output.weight", &[32, 2], 8, 68)
    }

    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    pub fn big_endian(mut self, big: bool) -> Self {
        self.big = big;
        self
    }

    pub fn kv(mut self, kv: Kv) -> Self {
        self.kvs.push(kv);
        self
    }

    pub fn tensor(mut self, name: &str, dims: &[u64], kind: u32, bytes: usize) -> Self {
        self.tensors.push(Tensor {
            name: name.as_bytes().to_vec(),
            dims: dims.to_vec(),
            kind,
            bytes,
            offset: None,
        });
        self
    }

    /// The offset of the last tensor other than its own.
    pub fn at(mut self, offset: u64) -> Self {
        self.tensors.last_mut().unwrap().offset = Some(offset);
        self
    }

    pub fn kv_count(mut self, n: u64) -> Self {
        self.kv_count = Some(n);
        self
    }

    pub fn tensor_count(mut self, n: u64) -> Self {
        self.tensor_count = Some(n);
        self
    }

    /// The byte that padding is made of.
    pub fn pad(mut self, byte: u8) -> Self {
        self.pad = byte;
        self
    }

    pub fn tail(mut self, bytes: &[u8]) -> Self {
        self.tail = bytes.to_vec();
        self
    }

    /// The last tensor is not padded.
    pub fn unpadded(mut self) -> Self {
        self.last_padded = false;
        self
    }

    fn num(&self, out: &mut Vec<u8>, n: u64, width: usize) {
        let bytes = n.to_le_bytes();
        let mut part = bytes[..width].to_vec();
        if self.big {
            part.reverse();
        }
        out.extend(part);
    }

    fn size(&self, out: &mut Vec<u8>, n: u64) {
        self.num(out, n, if self.version == 1 { 4 } else { 8 });
    }

    fn val(&self, out: &mut Vec<u8>, value: &Val) {
        match value {
            Val::Num(_, n, width) => self.num(out, *n, *width),
            Val::Str(bytes) => {
                self.size(out, bytes.len() as u64);
                out.extend(bytes);
            }
            Val::Arr(elem, values) => {
                self.num(out, (*elem).into(), 4);
                self.size(out, values.len() as u64);
                for v in values {
                    self.val(out, v);
                }
            }
            Val::Head(elem, n) => {
                self.num(out, (*elem).into(), 4);
                self.size(out, *n);
            }
        }
    }

    pub fn build(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        self.num(&mut out, self.version.into(), 4);
        self.size(
            &mut out,
            self.tensor_count.unwrap_or(self.tensors.len() as u64),
        );
        self.size(&mut out, self.kv_count.unwrap_or(self.kvs.len() as u64));
        let mut alignment = 32usize;
        for (key, value) in &self.kvs {
            self.size(&mut out, key.len() as u64);
            out.extend(key);
            let kind = match value {
                Val::Num(kind, ..) => *kind,
                Val::Str(_) => 8,
                Val::Arr(..) | Val::Head(..) => 9,
            };
            self.num(&mut out, kind.into(), 4);
            self.val(&mut out, value);
            if let (b"general.alignment", Val::Num(4, n, _)) = (&key[..], value)
                && n.is_power_of_two()
            {
                alignment = *n as usize;
            }
        }
        let mut data = Vec::new();
        for (i, t) in self.tensors.iter().enumerate() {
            self.size(&mut out, t.name.len() as u64);
            out.extend(&t.name);
            self.num(&mut out, t.dims.len() as u64, 4);
            for dim in &t.dims {
                self.size(&mut out, *dim);
            }
            self.num(&mut out, t.kind.into(), 4);
            self.num(&mut out, t.offset.unwrap_or(data.len() as u64), 8);
            data.extend(std::iter::repeat_n(self.fill, t.bytes));
            if self.last_padded || i + 1 < self.tensors.len() {
                while !data.len().is_multiple_of(alignment) {
                    data.push(self.pad);
                }
            }
        }
        if !self.tensors.is_empty() {
            while !out.len().is_multiple_of(alignment) {
                out.push(self.pad);
            }
        }
        out.extend(data);
        out.extend(&self.tail);
        out
    }
}

/// A file of the time before GGUF.
#[derive(Debug, Clone, Default)]
pub struct Old {
    pub out: Vec<u8>,
}

impl Old {
    pub fn new(magic: &[u8; 4]) -> Self {
        Self {
            out: magic.to_vec(),
        }
    }

    pub fn u32(mut self, n: u32) -> Self {
        self.out.extend(n.to_le_bytes());
        self
    }

    pub fn u32s(self, all: &[u32]) -> Self {
        all.iter().fold(self, |old, n| old.u32(*n))
    }

    pub fn words(mut self, words: &[&str], scored: bool) -> Self {
        for (i, word) in words.iter().enumerate() {
            self = self.u32(word.len() as u32);
            self.out.extend(word.as_bytes());
            if scored {
                self.out.extend((-(i as f32)).to_le_bytes());
            }
        }
        self
    }

    pub fn zeros(mut self, n: usize) -> Self {
        self.out.extend(std::iter::repeat_n(0, n));
        self
    }

    /// A tensor; `aligned` pads its data to 32 bytes.
    pub fn tensor(self, name: &str, dims: &[u32], kind: u32, bytes: usize, aligned: bool) -> Self {
        let mut old = self
            .u32s(&[dims.len() as u32, name.len() as u32, kind])
            .u32s(dims);
        old.out.extend(name.as_bytes());
        while aligned && !old.out.len().is_multiple_of(32) {
            old.out.push(0);
        }
        old.out.extend(std::iter::repeat_n(0x22, bytes));
        old
    }
}

/// The LLaMA layout with three words and two tensors.
pub fn llama(magic: &[u8; 4], version: Option<u32>) -> Old {
    let scored = version.is_some();
    let mut old = Old::new(magic);
    if let Some(version) = version {
        old = old.u32(version);
    }
    let aligned = magic == b"tjgg";
    old.u32s(&[3, 8, 256, 2, 1, 4, 0])
        .words(&["<unk>", "a", "b"], scored)
        .tensor("tok_embeddings.weight", &[8, 3], 0, 96, aligned)
        .tensor("norm.weight", &[8], 0, 32, aligned)
}

/// The layout of whisper.cpp with three words and one tensor.
pub fn whisper() -> Old {
    Old::new(b"lmgg")
        .u32s(&[3, 1500, 384, 6, 4, 448, 384, 6, 4, 2, 1])
        .u32s(&[2, 3])
        .zeros(24)
        .u32(3)
        .words(&["a", "b", "c"], false)
        .tensor("encoder.conv1.bias", &[1, 8], 0, 32, false)
}

/// An APE program (its first bytes only) with a zip at its end.
pub fn llamafile(members: &[(&str, &[u8])]) -> Vec<u8> {
    ape("exec \"$o\" \"$@\"\n", members)
}

/// The same with a script of its own.
pub fn ape(script: &str, members: &[(&str, &[u8])]) -> Vec<u8> {
    use ma_testkit::zip::{Member, Zip};
    let mut zip = Zip::of(
        members
            .iter()
            .map(|(name, data)| Member::stored(name, data)),
    );
    let mut prefix = b"MZqFpD='\n\0\x01\0\0\0".to_vec();
    prefix.extend_from_slice(b"' <<'@'\n@\nset -- \"$0\" \"$@\"\n");
    prefix.extend_from_slice(script.as_bytes());
    prefix.resize(4096, 0);
    zip.prefix = prefix;
    zip.bytes()
}
