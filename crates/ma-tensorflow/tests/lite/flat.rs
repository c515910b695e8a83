//! Writes FlatBuffers, and small LiteRT models with them.

/// A value of a field.
#[derive(Clone)]
pub(crate) enum V {
    U8(u8),
    I32(i32),
    U64(u64),
    Text(String),
    Bytes(Vec<u8>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Floats(Vec<f32>),
    Table(T),
    Tables(Vec<T>),
}

/// A table: its fields by number.
pub(crate) type T = Vec<(u16, V)>;

/// The file.
pub(crate) fn file(root: &T) -> Vec<u8> {
    let mut out = vec![0; 8];
    out[4..8].copy_from_slice(b"TFL3");
    let at = table(&mut out, root);
    patch(&mut out, 0, at);
    out.resize(out.len().next_multiple_of(16), 0);
    out
}

fn patch(out: &mut [u8], at: usize, to: usize) {
    out[at..at + 4].copy_from_slice(&((to - at) as u32).to_le_bytes());
}

fn align(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

fn table(out: &mut Vec<u8>, fields: &T) -> usize {
    let count = fields
        .iter()
        .map(|(id, _)| usize::from(*id) + 1)
        .max()
        .unwrap_or(0);
    // Numbers of eight bytes first, so that everything is aligned.
    let mut order: Vec<&(u16, V)> = fields.iter().collect();
    order.sort_by_key(|(_, v)| !matches!(v, V::U64(_)));
    let mut slots = vec![0u16; count];
    let mut size = if matches!(order.first(), Some((_, V::U64(_)))) {
        8
    } else {
        4
    };
    for (id, v) in &order {
        slots[usize::from(*id)] = size;
        size += if matches!(v, V::U64(_)) { 8 } else { 4 };
    }
    align(out, 8);
    let vtable = out.len();
    out.extend(((4 + 2 * count) as u16).to_le_bytes());
    out.extend(size.to_le_bytes());
    slots.iter().for_each(|slot| out.extend(slot.to_le_bytes()));
    align(out, 8);
    let at = out.len();
    out.extend(((at - vtable) as i32).to_le_bytes());
    out.resize(at + usize::from(size), 0);
    let mut later = Vec::new();
    for (id, v) in order {
        let here = at + usize::from(slots[usize::from(*id)]);
        match v {
            V::U8(n) => out[here] = *n,
            V::I32(n) => out[here..here + 4].copy_from_slice(&n.to_le_bytes()),
            V::U64(n) => out[here..here + 8].copy_from_slice(&n.to_le_bytes()),
            other => later.push((here, other)),
        }
    }
    for (here, v) in later {
        let to = value(out, v);
        patch(out, here, to);
    }
    at
}

fn value(out: &mut Vec<u8>, v: &V) -> usize {
    let numbers = |out: &mut Vec<u8>, count: usize, bytes: Vec<u8>, width: usize| {
        align(out, 4);
        // The elements are aligned, not the count before them.
        while !(out.len() + 4).is_multiple_of(width.max(4)) {
            out.extend([0; 4]);
        }
        let at = out.len();
        out.extend((count as u32).to_le_bytes());
        out.extend(bytes);
        at
    };
    match v {
        V::Text(text) => {
            let at = numbers(out, text.len(), text.as_bytes().to_vec(), 1);
            out.push(0);
            at
        }
        V::Bytes(bytes) => numbers(out, bytes.len(), bytes.clone(), 16),
        V::Ints(n) => numbers(
            out,
            n.len(),
            n.iter().flat_map(|n| n.to_le_bytes()).collect(),
            4,
        ),
        V::Longs(n) => numbers(
            out,
            n.len(),
            n.iter().flat_map(|n| n.to_le_bytes()).collect(),
            8,
        ),
        V::Floats(n) => numbers(
            out,
            n.len(),
            n.iter().flat_map(|n| n.to_le_bytes()).collect(),
            4,
        ),
        V::Table(t) => table(out, t),
        V::Tables(tables) => {
            let at = numbers(out, tables.len(), vec![0; tables.len() * 4], 4);
            for (i, t) in tables.iter().enumerate() {
                let to = table(out, t);
                patch(out, at + 4 + 4 * i, to);
            }
            at
        }
        V::U8(_) | V::I32(_) | V::U64(_) => unreachable!("written in place"),
    }
}

/// A text value.
pub(crate) fn text(text: &str) -> V {
    V::Text(text.to_owned())
}

/// A tensor.
pub(crate) fn tensor(name: &str, kind: u8, shape: &[i32], buffer: i32) -> T {
    vec![
        (0, V::Ints(shape.to_vec())),
        (1, V::U8(kind)),
        (2, V::I32(buffer)),
        (3, text(name)),
    ]
}

/// An operator.
pub(crate) fn operator(code: i32, inputs: &[i32], outputs: &[i32]) -> T {
    vec![
        (0, V::I32(code)),
        (1, V::Ints(inputs.to_vec())),
        (2, V::Ints(outputs.to_vec())),
    ]
}

/// A model that adds a constant to its input; parts of it are replaced by tests.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) codes: Vec<T>,
    pub(crate) graphs: Vec<T>,
    pub(crate) buffers: Vec<T>,
    pub(crate) more: T,
}

impl Model {
    pub(crate) fn new() -> Self {
        let data: Vec<u8> = [1f32, 2.0, 3.0, 4.0]
            .iter()
            .flat_map(|f| f.to_le_bytes())
            .collect();
        Self {
            codes: vec![code(0)],
            graphs: vec![add_graph("main")],
            buffers: vec![vec![], vec![(0, V::Bytes(data))]],
            more: vec![],
        }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut root = vec![
            (0, V::I32(3)),
            (1, V::Tables(self.codes.clone())),
            (2, V::Tables(self.graphs.clone())),
            (3, text("made by a test")),
            (4, V::Tables(self.buffers.clone())),
        ];
        root.extend(self.more.clone());
        file(&root)
    }

    /// Field `id` of tensor `i` of the first graph.
    pub(crate) fn set_tensor(mut self, i: usize, id: u16, v: V) -> Self {
        set(&mut list(&mut self.graphs[0], 0)[i], id, v);
        self
    }

    /// Field `id` of the first operator of the first graph.
    pub(crate) fn set_operator(mut self, id: u16, v: V) -> Self {
        set(&mut list(&mut self.graphs[0], 3)[0], id, v);
        self
    }

    /// The first operator is this one.
    pub(crate) fn set_code(mut self, code: T) -> Self {
        self.codes[0] = code;
        self
    }

    /// Field `id` of buffer `i`.
    pub(crate) fn set_buffer(mut self, i: usize, id: u16, v: V) -> Self {
        set(&mut self.buffers[i], id, v);
        self
    }

    /// A further field of the model.
    pub(crate) fn field(mut self, id: u16, v: V) -> Self {
        self.more.push((id, v));
        self
    }
}

/// A built-in operator's code.
pub(crate) fn code(builtin: i32) -> T {
    vec![
        (0, V::U8(builtin.min(127) as u8)),
        (2, V::I32(1)),
        (3, V::I32(builtin)),
    ]
}

/// A custom operator's code.
pub(crate) fn custom(name: &str) -> T {
    let mut code = code(32);
    code.push((1, text(name)));
    code
}

/// A graph that adds a constant.
pub(crate) fn add_graph(name: &str) -> T {
    let tensors = vec![
        tensor("in", 0, &[1, 4], 0),
        tensor("constant", 0, &[4], 1),
        tensor("out", 0, &[1, 4], 0),
    ];
    vec![
        (0, V::Tables(tensors)),
        (1, V::Ints(vec![0])),
        (2, V::Ints(vec![2])),
        (3, V::Tables(vec![operator(0, &[0, 1], &[2])])),
        (4, text(name)),
    ]
}

fn list(table: &mut T, id: u16) -> &mut Vec<T> {
    match table.iter_mut().find(|(i, _)| *i == id) {
        Some((_, V::Tables(tables))) => tables,
        _ => panic!("no such list"),
    }
}

fn set(table: &mut T, id: u16, v: V) {
    table.retain(|(i, _)| *i != id);
    table.push((id, v));
}
