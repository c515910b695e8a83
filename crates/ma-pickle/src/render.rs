//! Values as Python source: `posix.system('echo pwned')`, `getattr(os, 'system')('x')`.
//!
//! What is shown is what was written in the pickle: names before Python 2 mapping, arguments before
//! evaluation. Text is escaped. Output is cut, structures that hold themselves are shown as `...`,
//! and so is what the machine no longer keeps. No recursion: depth costs no stack.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use ma_core::text;

use crate::machine::{Machine, tagged};
use crate::value::{
    Call, CallKind, ConstKind, Constant, ContainerKind, Global, GlobalId, Text, Value, View,
};

/// Characters of one literal.
const MAX_LITERAL: usize = 512;

impl Machine<'_> {
    /// The value as Python source, cut at about `max_chars`.
    #[must_use]
    pub fn render(&self, value: Value, max_chars: usize) -> String {
        Renderer::new(self, max_chars).expression(value)
    }

    /// The imported name as source: `os.path.join`.
    #[must_use]
    pub fn render_global(&self, id: GlobalId, max_chars: usize) -> String {
        let mut renderer = Renderer::new(self, max_chars);
        renderer.global(self.global(id));
        renderer.run();
        renderer.out
    }
}

/// What is still to be written; the last is next.
enum Piece {
    Text(&'static str),
    Value(Value),
    /// The parts of this node are written.
    Leave(u32),
}

/// Writes one expression.
pub(crate) struct Renderer<'m, 'b> {
    machine: &'m Machine<'b>,
    max: usize,
    out: String,
    work: Vec<Piece>,
    /// Nodes that are being written.
    open: HashSet<u32>,
    /// Names of calls that have one, by offset.
    names: Option<&'m HashMap<u64, u32>>,
}

impl<'m, 'b> Renderer<'m, 'b> {
    pub(crate) fn new(machine: &'m Machine<'b>, max: usize) -> Self {
        Self {
            machine,
            max,
            out: String::new(),
            work: Vec::new(),
            open: HashSet::new(),
            names: None,
        }
    }

    /// Calls at these offsets are written as `_v0`, `_v1` … where they are parts.
    pub(crate) fn with_names(mut self, names: &'m HashMap<u64, u32>) -> Self {
        self.names = Some(names);
        self
    }

    /// A value by its name, when it has one.
    pub(crate) fn expression(mut self, value: Value) -> String {
        self.work.push(Piece::Value(value));
        self.run();
        self.out
    }

    /// A call written out, whatever its name.
    pub(crate) fn definition(mut self, value: Value) -> String {
        match self.machine.view(value) {
            View::Call(call) => self.call(&call, tagged::node_index(value).unwrap_or(u32::MAX)),
            _ => self.work.push(Piece::Value(value)),
        }
        self.run();
        self.out
    }

    fn run(&mut self) {
        while let Some(piece) = self.work.pop() {
            if self.out.len() >= self.max {
                self.out.push('…');
                return;
            }
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Value(value) => self.value(value),
                Piece::Leave(node) => {
                    self.open.remove(&node);
                }
            }
        }
    }

    fn value(&mut self, value: Value) {
        let node = tagged::node_index(self.machine.resolve(value)).unwrap_or(u32::MAX);
        match self.machine.view(value) {
            View::None => self.out.push_str("None"),
            View::Bool(true) => self.out.push_str("True"),
            View::Bool(false) => self.out.push_str("False"),
            View::Const(kind) => self.constant(value, kind),
            View::Global(_, global) => self.global(global),
            View::Call(call) => match self.name(call.offset) {
                Some(name) => self.out.push_str(&name),
                None => self.call(&call, node),
            },
            View::Container(items) => {
                if !self.open.insert(node) {
                    self.out.push_str("...");
                    return;
                }
                self.work.push(Piece::Leave(node));
                self.container(items.kind, items.items, items.is_cut());
            }
            View::Plain(kind) | View::Opaque(kind, _) => {
                let (before, after) = kind.brackets();
                let _ = write!(self.out, "{before}...{after}");
            }
            View::Instance {
                class,
                kind,
                offset,
            } => match self.name(offset) {
                Some(name) => self.out.push_str(&name),
                None => {
                    self.global(self.machine.global(class));
                    self.out.push_str(match kind {
                        CallKind::NewObj | CallKind::NewObjEx => ".__new__(...)",
                        _ => "(...)",
                    });
                }
            },
            View::Persistent(id) => {
                self.out.push_str("persistent_load(");
                self.work.push(Piece::Text(")"));
                self.work.push(match id {
                    Some(id) => Piece::Value(id),
                    None => Piece::Text("..."),
                });
            }
            View::Extension(code) => {
                let _ = write!(self.out, "copyreg_extension({code})");
            }
            View::Buffer => self.out.push_str("next_buffer()"),
            View::Unknown => self.out.push_str("..."),
        }
    }

    fn name(&self, offset: u64) -> Option<String> {
        let number = self.names?.get(&offset)?;
        Some(format!("_v{number}"))
    }

    /// How many more parts can be seen at all: each takes a character at least.
    fn room(&self) -> usize {
        self.max.saturating_sub(self.out.len()).saturating_add(1)
    }

    fn container(&mut self, kind: ContainerKind, items: &[Value], cut: bool) {
        if items.is_empty() && !cut && matches!(kind, ContainerKind::Set | ContainerKind::FrozenSet)
        {
            self.out.push_str(kind.type_name());
            self.out.push_str("()");
            return;
        }
        let (before, after) = kind.brackets();
        self.out.push_str(before);
        self.work.push(Piece::Text(after));
        if cut {
            self.work.push(Piece::Text(", ..."));
        } else if kind == ContainerKind::Tuple && items.len() == 1 {
            self.work.push(Piece::Text(","));
        }
        self.items(items, kind == ContainerKind::Dict);
    }

    /// Pushes items so that the first is written next.
    fn items(&mut self, items: &[Value], pairs: bool) {
        let room = self.room();
        if items.len() > room {
            self.work.push(Piece::Text(", ..."));
        }
        for (i, value) in items.iter().enumerate().take(room).rev() {
            self.work.push(Piece::Value(*value));
            if i > 0 {
                let colon = pairs && i % 2 == 1;
                self.work.push(Piece::Text(if colon { ": " } else { ", " }));
            }
        }
    }

    fn call(&mut self, call: &Call, node: u32) {
        if !self.open.insert(node) {
            self.out.push_str("...");
            return;
        }
        self.work.push(Piece::Leave(node));
        self.work.push(Piece::Text(")"));
        if let Some(kwargs) = call.kwargs {
            self.work.push(Piece::Value(kwargs));
            self.work.push(Piece::Text(", **"));
        }
        let new = matches!(call.kind, CallKind::NewObj | CallKind::NewObjEx);
        let args = match self.machine.view(call.args) {
            View::Container(items) if items.kind == ContainerKind::Tuple => Some(items),
            _ => None,
        };
        match args {
            Some(items) => {
                if items.is_cut() {
                    self.work.push(Piece::Text(", ..."));
                }
                self.items(items.items, false);
            }
            None => {
                self.work.push(Piece::Value(call.args));
                self.work.push(Piece::Text("*"));
            }
        }
        if new {
            if args.is_none_or(|a| a.total > 0) {
                self.work.push(Piece::Text(", "));
            }
            self.work.push(Piece::Value(call.callee));
            self.work.push(Piece::Text(".__new__("));
        } else {
            self.work.push(Piece::Text("("));
        }
        self.work.push(Piece::Value(call.callee));
    }

    fn global(&mut self, global: &Global) {
        if !global.computed && is_path(&global.module) && is_path(&global.name) {
            let module = global.module.lossy();
            let name = global.name.lossy();
            let _ = write!(self.out, "{module}.{name}");
            return;
        }
        self.out.push_str("getattr(import_module(");
        self.work.push(Piece::Text(")"));
        if let Some(value) = global.name_value {
            self.work.push(Piece::Value(value));
        }
        let module = match global.module_value {
            Some(value) => Some(value),
            None => {
                quoted(&mut self.out, &global.module, MAX_LITERAL);
                None
            }
        };
        if global.name_value.is_none() {
            self.out.push_str("), ");
            quoted(&mut self.out, &global.name, MAX_LITERAL);
            return;
        }
        self.work.push(Piece::Text("), "));
        if let Some(value) = module {
            self.work.push(Piece::Value(value));
        }
    }

    fn constant(&mut self, value: Value, kind: ConstKind) {
        let room = self.room().min(MAX_LITERAL);
        match self.machine.constant(value, room) {
            Some(Constant::Str(text)) => quoted(&mut self.out, &text, room),
            Some(Constant::Bytes(bytes, cut)) => {
                let array = kind == ConstKind::ByteArray;
                self.out.push_str(if array { "bytearray(b'" } else { "b'" });
                for byte in &bytes {
                    match byte {
                        b'\\' => self.out.push_str("\\\\"),
                        b'\'' => self.out.push_str("\\'"),
                        b'\n' => self.out.push_str("\\n"),
                        0x20..0x7f => self.out.push(char::from(*byte)),
                        _ => {
                            let _ = write!(self.out, "\\x{byte:02x}");
                        }
                    }
                }
                self.out.push_str(if cut { "…'" } else { "'" });
                self.out.push_str(if array { ")" } else { "" });
            }
            Some(Constant::Int(n)) => {
                let _ = write!(self.out, "{n}");
            }
            Some(Constant::BigInt(bytes, cut)) => {
                self.out.push_str("int.from_bytes(bytes.fromhex('");
                for byte in &bytes {
                    let _ = write!(self.out, "{byte:02x}");
                }
                self.out.push_str(if cut { "…" } else { "" });
                self.out.push_str("'), 'little', signed=True)");
            }
            Some(Constant::Float(x)) if x.is_finite() => {
                let _ = write!(self.out, "{x:?}");
            }
            Some(Constant::Float(x)) => {
                let _ = write!(self.out, "float('{x}')");
            }
            Some(Constant::None | Constant::Bool(_)) | None => self.out.push_str("..."),
        }
    }
}

/// Identifiers with dots between them.
fn is_path(text: &Text) -> bool {
    let identifier = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric())
    };
    match text.as_str() {
        Some(path) => !text.is_cut() && path.split('.').all(identifier),
        None => false,
    }
}

/// A character as Python writes it when it can't be shown.
fn character(out: &mut String, c: char) {
    let mut utf8 = [0; 4];
    let shown = text::escape(c.encode_utf8(&mut utf8));
    // Writing to a String can't fail.
    let _ = match (shown, u32::from(c)) {
        (Cow::Borrowed(shown), _) => {
            out.push_str(shown);
            Ok(())
        }
        (_, 9) => write!(out, "\\t"),
        (_, 10) => write!(out, "\\n"),
        (_, 13) => write!(out, "\\r"),
        (_, code @ 0..=0xff) => write!(out, "\\x{code:02x}"),
        (_, code @ 0x100..=0xffff) => write!(out, "\\u{code:04x}"),
        (_, code) => write!(out, "\\U{code:08x}"),
    };
}

/// A `str` literal.
fn quoted(out: &mut String, text: &Text, max: usize) {
    out.push('\'');
    let mut left = max;
    for chunk in text.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if left == 0 {
                out.push_str("…'");
                return;
            }
            left = left.saturating_sub(1);
            match c {
                '\'' => out.push_str("\\'"),
                '\\' => out.push_str("\\\\"),
                _ => character(out, c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push_str(if text.is_cut() { "…'" } else { "'" });
}
