//! A small writer of R streams for tests. It writes every symbol anew, which R reads as well.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap
)]

/// An R object.
#[derive(Debug, Clone)]
pub enum R {
    /// A type without content, or any flags.
    Flags(i32),
    /// Integers as they are.
    Ints(Vec<i32>),
    /// A symbol.
    Sym(&'static str),
    /// Strings.
    Str(Vec<&'static str>),
    /// Doubles.
    Real(Vec<f64>),
    /// Integers.
    Int(Vec<i32>),
    /// Bytes.
    Raw(Vec<u8>),
    /// A pairlist.
    List(Vec<(&'static str, R)>),
    /// A pairlist whose first cell is an active binding.
    Active(&'static str, Box<R>),
    /// A call.
    Call(Box<R>, Vec<(&'static str, R)>),
    /// Environment, value, expression.
    Promise(Box<R>, Box<R>),
    /// A function without arguments.
    Function(Box<R>),
    /// A function without arguments in an environment.
    FunctionIn(Box<R>, Box<R>),
    /// An environment with a frame.
    Env(Box<R>),
    /// A list with names.
    Named(Vec<(&'static str, R)>),
    /// Compiled code with those constants.
    Code(Vec<R>),
    /// A namespace, package or persistent name.
    Outside(i32, &'static str),
    /// Class and package of an alternative representation.
    Altrep(&'static str, &'static str),
    /// An object with attributes after it (a vector).
    With(Box<R>, Vec<(&'static str, R)>),
    /// An external pointer.
    Pointer,
    /// A builtin.
    Builtin(&'static str),
}

pub const NIL: R = R::Flags(254);
pub const UNBOUND: R = R::Flags(252);
pub const GLOBAL: R = R::Flags(253);

/// A call of a function by its name with unnamed arguments.
pub fn call(name: &'static str, arguments: Vec<R>) -> R {
    let arguments = arguments.into_iter().map(|a| ("", a)).collect();
    R::Call(Box::new(R::Sym(name)), arguments)
}

/// One string.
pub fn text(text: &'static str) -> R {
    R::Str(vec![text])
}

/// `system("echo pwned")`.
pub fn system() -> R {
    call("system", vec![text("echo pwned")])
}

/// `exp(1)`.
pub fn harmless() -> R {
    call("exp", vec![R::Real(vec![1.0])])
}

/// A promise that was never evaluated.
pub fn promise(expression: R) -> R {
    R::Promise(Box::new(UNBOUND), Box::new(expression))
}

/// A function.
pub fn function(body: R) -> R {
    R::Function(Box::new(body))
}

/// An `.rds` file.
pub fn rds(object: &R) -> Vec<u8> {
    stream(b'X', object)
}

/// A workspace.
pub fn rda(bindings: Vec<(&'static str, R)>) -> Vec<u8> {
    let mut out = b"RDX3\n".to_vec();
    out.extend(rds(&R::List(bindings)));
    out
}

/// A stream in an encoding: `X`, `A`, `B` (little-endian).
pub fn stream(letter: u8, object: &R) -> Vec<u8> {
    let mut out = Writer {
        letter,
        out: vec![letter, b'\n'],
    };
    for n in [3, 0x0004_0302, 0x0003_0500] {
        out.int(n);
    }
    out.int(5);
    out.bytes(b"UTF-8");
    out.write(object);
    out.out
}

struct Writer {
    letter: u8,
    out: Vec<u8>,
}

impl Writer {
    fn int(&mut self, n: i32) {
        match self.letter {
            b'A' => self.out.extend(format!("{n}\n").bytes()),
            b'B' => self.out.extend(n.to_le_bytes()),
            _ => self.out.extend(n.to_be_bytes()),
        }
    }

    fn real(&mut self, n: f64) {
        match self.letter {
            b'A' => self.out.extend(format!("{n}\n").bytes()),
            b'B' => self.out.extend(n.to_le_bytes()),
            _ => self.out.extend(n.to_be_bytes()),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.letter != b'A' {
            self.out.extend(bytes);
            return;
        }
        for byte in bytes {
            match byte {
                b'\n' => self.out.extend(b"\\n"),
                b'\\' => self.out.extend(b"\\\\"),
                0x21..=0x7e => self.out.push(*byte),
                other => self.out.extend(format!("\\{other:03o}").bytes()),
            }
        }
        self.out.push(b'\n');
    }

    fn string(&mut self, text: &str) {
        self.int(9 | (64 << 12));
        self.int(text.len() as i32);
        self.bytes(text.as_bytes());
    }

    fn symbol(&mut self, name: &str) {
        self.int(1);
        self.string(name);
    }

    fn list(&mut self, items: &[(&'static str, R)], more: i32) {
        for (tag, value) in items {
            let tagged = if tag.is_empty() { 0 } else { 1 << 10 };
            self.int(2 | tagged | more);
            if !tag.is_empty() {
                self.symbol(tag);
            }
            self.write(value);
        }
        self.int(254);
    }

    fn vector(&mut self, object: &R, attr: i32) {
        match object {
            R::Str(strings) => {
                self.int(16 | attr);
                self.int(strings.len() as i32);
                strings.iter().for_each(|s| self.string(s));
            }
            R::Real(numbers) => {
                self.int(14 | attr);
                self.int(numbers.len() as i32);
                numbers.iter().for_each(|n| self.real(*n));
            }
            R::Int(numbers) => {
                self.int(13 | attr);
                self.int(numbers.len() as i32);
                numbers.iter().for_each(|n| self.int(*n));
            }
            R::Raw(bytes) => {
                self.int(24 | attr);
                self.int(bytes.len() as i32);
                if self.letter == b'A' {
                    for byte in bytes {
                        self.out.extend(format!("{byte:02x}\n").bytes());
                    }
                } else {
                    self.out.extend(bytes);
                }
            }
            other => self.write(other),
        }
    }

    fn write(&mut self, object: &R) {
        match object {
            R::Flags(flags) => self.int(*flags),
            R::Ints(ints) => ints.iter().for_each(|n| self.int(*n)),
            R::Sym(name) => self.symbol(name),
            R::Str(_) | R::Real(_) | R::Int(_) | R::Raw(_) => self.vector(object, 0),
            R::List(items) => self.list(items, 0),
            R::Active(name, value) => self.list(&[(name, (**value).clone())], 1 << 27),
            R::Call(function, arguments) => {
                self.int(6);
                self.write(function);
                self.list(arguments, 0);
            }
            R::Promise(value, expression) => {
                self.int(5 | 1 << 10);
                self.write(&GLOBAL);
                self.write(value);
                self.write(expression);
            }
            R::Function(body) => {
                self.int(3 | 1 << 10);
                self.write(&GLOBAL);
                self.write(&NIL);
                self.write(body);
            }
            R::FunctionIn(environment, body) => {
                self.int(3 | 1 << 10);
                self.write(environment);
                self.write(&NIL);
                self.write(body);
            }
            R::Env(frame) => {
                self.int(4);
                self.int(0);
                self.write(&GLOBAL);
                self.write(frame);
                self.write(&NIL);
                self.write(&NIL);
            }
            R::Named(items) => {
                self.int(19 | 1 << 9);
                self.int(items.len() as i32);
                items.iter().for_each(|(_, value)| self.write(value));
                let names = items.iter().map(|(name, _)| *name).collect();
                self.list(&[("names", R::Str(names))], 0);
            }
            R::Code(constants) => self.code(constants),
            R::Outside(kind, name) => {
                self.int(*kind);
                self.int(0);
                self.int(1);
                self.string(name);
            }
            R::Altrep(class, package) => {
                self.int(238);
                let info = [
                    ("", R::Sym(class)),
                    ("", R::Sym(package)),
                    ("", R::Int(vec![13])),
                ];
                self.list(&info, 0);
                self.write(&R::Real(vec![3.0, 1.0, 1.0]));
                self.write(&NIL);
            }
            R::With(object, attributes) => {
                self.vector(object, 1 << 9);
                self.list(attributes, 0);
            }
            R::Pointer => {
                self.int(22);
                self.write(&NIL);
                self.write(&NIL);
            }
            R::Builtin(name) => {
                self.int(8);
                self.int(name.len() as i32);
                self.bytes(name.as_bytes());
            }
        }
    }

    fn code(&mut self, constants: &[R]) {
        self.int(21);
        self.int(1);
        self.write(&R::Int(vec![12, 1]));
        self.int(constants.len() as i32);
        for constant in constants {
            match constant {
                R::Call(function, arguments) => {
                    // Function and arguments, each with its type before it.
                    self.int(6);
                    self.write(&NIL);
                    self.int(0);
                    self.write(function);
                    for (_, argument) in arguments {
                        self.int(2);
                        self.write(&NIL);
                        self.int(0);
                        self.write(argument);
                    }
                    self.int(0);
                    self.write(&NIL);
                }
                other => {
                    self.int(0);
                    self.write(other);
                }
            }
        }
    }
}
