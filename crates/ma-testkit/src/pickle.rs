//! Pickles put together opcode by opcode, valid or not.
//!
//! ```
//! use ma_testkit::pickle::Pickle;
//!
//! let bytes = Pickle::new()
//!     .proto(4)
//!     .name("os", "system")
//!     .text("echo pwned")
//!     .op("85")
//!     .reduce()
//!     .stop();
//! assert_eq!(bytes.last(), Some(&b'.'));
//! ```

/// Bytes of a pickle in the making. Nothing is checked: broken pickles are what it is for.
#[derive(Debug, Clone, Default)]
pub struct Pickle {
    bytes: Vec<u8>,
}

impl Pickle {
    /// No opcodes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bytes.extend_from_slice(bytes.as_ref());
        self
    }

    /// Bytes given in hexadecimal, blanks allowed; what is no digit is left out.
    #[must_use]
    pub fn op(mut self, hex: &str) -> Self {
        let digits: Vec<u8> = hex
            .chars()
            .filter_map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect();
        for pair in digits.chunks_exact(2) {
            self.bytes
                .push(pair.iter().fold(0, |value, digit| (value << 4) | digit));
        }
        self
    }

    /// `PROTO`.
    #[must_use]
    pub fn proto(self, version: u8) -> Self {
        self.raw([0x80, version])
    }

    /// `GLOBAL`.
    #[must_use]
    pub fn global(self, module: &str, name: &str) -> Self {
        self.raw("c").raw(module).raw("\n").raw(name).raw("\n")
    }

    /// `INST`.
    #[must_use]
    pub fn inst(self, module: &str, name: &str) -> Self {
        self.raw("i").raw(module).raw("\n").raw(name).raw("\n")
    }

    /// Two strings and `STACK_GLOBAL`.
    #[must_use]
    pub fn name(self, module: &str, name: &str) -> Self {
        self.text(module).text(name).op("93")
    }

    /// `SHORT_BINUNICODE`, or `BINUNICODE` for long text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        match u8::try_from(text.len()) {
            Ok(len) => self.raw([0x8c, len]).raw(text),
            Err(_) => self.raw("X").raw(length(text.len())).raw(text),
        }
    }

    /// `SHORT_BINBYTES`, or `BINBYTES` for long ones.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(len) => self.raw([b'C', len]).raw(bytes),
            Err(_) => self.raw("B").raw(length(bytes.len())).raw(bytes),
        }
    }

    /// `BININT`.
    #[must_use]
    pub fn int(self, value: i32) -> Self {
        self.raw("J").raw(value.to_le_bytes())
    }

    /// `MARK`.
    #[must_use]
    pub fn mark(self) -> Self {
        self.raw("(")
    }

    /// `TUPLE`.
    #[must_use]
    pub fn tuple(self) -> Self {
        self.raw("t")
    }

    /// `TUPLE1`.
    #[must_use]
    pub fn tuple1(self) -> Self {
        self.op("85")
    }

    /// `TUPLE2`.
    #[must_use]
    pub fn tuple2(self) -> Self {
        self.op("86")
    }

    /// `TUPLE3`.
    #[must_use]
    pub fn tuple3(self) -> Self {
        self.op("87")
    }

    /// `EMPTY_TUPLE`.
    #[must_use]
    pub fn empty_tuple(self) -> Self {
        self.raw(")")
    }

    /// `EMPTY_LIST`.
    #[must_use]
    pub fn list(self) -> Self {
        self.raw("]")
    }

    /// `EMPTY_DICT`.
    #[must_use]
    pub fn dict(self) -> Self {
        self.raw("}")
    }

    /// `REDUCE`.
    #[must_use]
    pub fn reduce(self) -> Self {
        self.raw("R")
    }

    /// `NEWOBJ`.
    #[must_use]
    pub fn newobj(self) -> Self {
        self.op("81")
    }

    /// `BUILD`.
    #[must_use]
    pub fn build(self) -> Self {
        self.raw("b")
    }

    /// `POP`.
    #[must_use]
    pub fn pop(self) -> Self {
        self.raw("0")
    }

    /// `BINPUT`.
    #[must_use]
    pub fn put(self, slot: u8) -> Self {
        self.raw([b'q', slot])
    }

    /// `BINGET`.
    #[must_use]
    pub fn get(self, slot: u8) -> Self {
        self.raw([b'h', slot])
    }

    /// A call of a named function with text arguments, as protocol 4 writes it.
    #[must_use]
    pub fn call(self, module: &str, name: &str, args: &[&str]) -> Self {
        let with_name = self.name(module, name).mark();
        args.iter()
            .fold(with_name, |pickle, arg| pickle.text(arg))
            .tuple()
            .reduce()
    }

    /// The call that stands for every payload: `os.system('echo pwned')`.
    #[must_use]
    pub fn payload(self) -> Self {
        self.call("os", "system", &["echo pwned"])
    }

    /// The same in protocol 0.
    #[must_use]
    pub fn payload_text(self) -> Self {
        self.raw("cos\nsystem\n(S'echo pwned'\ntR")
    }

    /// `STOP`, and the bytes.
    #[must_use]
    pub fn stop(self) -> Vec<u8> {
        self.raw(".").end()
    }

    /// The bytes as they are, without `STOP`.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        self.bytes
    }
}

fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}
