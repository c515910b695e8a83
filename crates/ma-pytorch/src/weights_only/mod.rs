//! Whether `torch.load(weights_only=True)` takes a pickle: the restricted unpickler of torch, run
//! over types in place of values.
//!
//! Follows `torch/_weights_only_unpickler.py` of torch 2.11. It knows 42 opcodes and a list of names
//! ([`names`]); everything else is refused where it is met, so what came before has run: calls of
//! listed functions only. The differences that matter:
//!
//! | opcode | accepted |
//! | --- | --- |
//! | GLOBAL | a listed name; never one of `sys`, `os`, `posix`, `nt` |
//! | REDUCE, NEWOBJ | a listed name is called |
//! | BUILD | on `Tensor`, `Parameter`, `OrderedDict` and instances of listed classes |
//! | APPEND(S) | on an exact `list` |
//! | SETITEM(S) | on an exact `dict`, `OrderedDict` or `Counter` (since 2.10; before, on anything) |
//! | BINPERSID | a tuple that starts with `"storage"` |
//!
//! Cost: one pass, constant memory but for the stack and the memo, which are held to [`MAX_SLOTS`].

mod machine;
pub mod names;

use ma_core::{Blob, Budget, ScanError};

/// Values on the stack and in the memo together.
pub const MAX_SLOTS: usize = 4_000_000;

/// What the restricted unpickler says to a pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It loads.
    Loads {
        /// The offset behind the STOP.
        end: u64,
    },
    /// It is refused.
    Refused {
        /// The opcode that is refused.
        at: u64,
        /// Why, as far as possible in torch's words.
        why: Refusal,
    },
    /// The stream ends or breaks before torch would refuse it; no unpickler loads it.
    Broken {
        /// Where.
        at: u64,
    },
    /// More state than is kept here.
    TooLarge {
        /// Where.
        at: u64,
    },
}

/// Why a pickle is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An opcode that the restricted unpickler does not know.
    Opcode(u8),
    /// A name that is not listed.
    Name(String),
    /// A name in a module that is never allowed.
    BlockedModule(String),
    /// REDUCE or NEWOBJ on something that is no listed name.
    Callee,
    /// BUILD on something that it does not build.
    BuildTarget,
    /// APPEND(S) on something that is no list.
    AppendTarget,
    /// SETITEM(S) on something that is no dictionary.
    SetItemTarget,
    /// A persistent id that is no storage.
    PersistentId,
}

impl Refusal {
    /// The reason as a clause: "opcode STACK_GLOBAL is not supported".
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Opcode(byte) => match ma_pickle::Op::from_byte(*byte) {
                Some(op) => format!("the opcode {} is not supported", op.name()),
                None => format!("the byte 0x{byte:02x} is no opcode"),
            },
            Self::Name(name) => format!("the name {name} is not on its list"),
            Self::BlockedModule(name) => format!("the module of {name} is never allowed"),
            Self::Callee => "something that is no listed name is called".to_owned(),
            Self::BuildTarget => "BUILD is used on an object that is not listed".to_owned(),
            Self::AppendTarget => "APPEND is used on something that is no list".to_owned(),
            Self::SetItemTarget => "SETITEM is used on something that is no dictionary".to_owned(),
            Self::PersistentId => "a persistent id is no storage".to_owned(),
        }
    }
}

/// Runs the restricted unpickler over the pickle at `start`.
///
/// # Errors
/// When the bytes can't be read or a limit is hit.
pub fn verdict(blob: &Blob, start: u64, budget: &Budget) -> Result<Verdict, ScanError> {
    machine::Machine::new(blob, start, budget).run()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::pickle::Pickle;
    use ma_testkit::torch::{LEGACY_MAGIC, StateDict};

    fn of(bytes: &[u8]) -> Verdict {
        verdict(&Blob::from_vec(bytes.to_vec()), 0, &Budget::default()).unwrap()
    }

    fn refused(bytes: &[u8]) -> String {
        match of(bytes) {
            Verdict::Refused { why, .. } => why.describe(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn state_dicts_load() {
        let pickle = StateDict::new()
            .tensor("a.weight", "FloatStorage", "0", 4, &[2, 2])
            .tensor("a.bias", "HalfStorage", "1", 2, &[2])
            .value("epoch", b"K\x03")
            .value("name", b"X\x01\0\0\0x")
            .value("list", b"](K\x01K\x02e")
            .build();
        assert_eq!(
            of(&pickle),
            Verdict::Loads {
                end: pickle.len() as u64
            }
        );
        assert!(matches!(of(LEGACY_MAGIC), Verdict::Loads { .. }));
    }

    #[test]
    fn what_torch_refuses_is_refused() {
        let two = || Pickle::new().proto(2);
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (two().global("posix", "system").stop(), "posix.system"),
            (
                two().global("mylib", "Net").stop(),
                "mylib.Net is not on its list",
            ),
            (
                Pickle::new()
                    .proto(4)
                    .name("collections", "OrderedDict")
                    .stop(),
                "SHORT_BINUNICODE",
            ),
            (two().raw("N)R").stop(), "called"),
            (two().raw("N}b").stop(), "BUILD"),
            (two().raw("}N").raw("a").stop(), "APPEND"),
            (two().raw("]NNs").stop(), "SETITEM"),
            (two().raw(b"X\x06\0\0\0module\x85Q").stop(), "persistent id"),
            (two().raw("NQ").stop(), "persistent id"),
            (two().raw("(I1\n").stop(), "opcode INT"),
            (two().global("torch", "float32").raw("}b").stop(), "BUILD"),
        ];
        for (bytes, want) in cases {
            assert!(
                refused(&bytes).contains(want),
                "{want}: {}",
                refused(&bytes)
            );
        }
    }

    #[test]
    fn what_torch_takes_is_taken() {
        let two = || Pickle::new().proto(2);
        for bytes in [
            two()
                .global("__builtin__", "set")
                .raw(b"](K\x01e\x85R")
                .stop(),
            two()
                .global("collections", "OrderedDict")
                .raw(")R}b")
                .stop(),
            two()
                .global("collections", "Counter")
                .raw(b"}\x85RK\x01K\x02s")
                .stop(),
            two()
                .global("torch", "Size")
                .raw(b"(K\x01K\x02t\x85R")
                .stop(),
            two().global("torch", "float32").stop(),
            two()
                .raw("U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQ")
                .stop()
                .splice_mark(),
        ] {
            assert!(
                matches!(of(&bytes), Verdict::Loads { .. }),
                "{bytes:?}: {:?}",
                of(&bytes)
            );
        }
    }

    #[test]
    fn broken_streams_are_broken() {
        for bytes in [
            &b"\x80\x02"[..],
            b"\x80\x02]",
            b"\x80\x02.",
            b"\x80\x02X\xff\0\0\0a.",
            b"",
            b"\x80\x02h\x05.",
        ] {
            assert!(
                matches!(of(bytes), Verdict::Broken { .. }),
                "{bytes:?}: {:?}",
                of(bytes)
            );
        }
    }

    trait SpliceMark {
        fn splice_mark(self) -> Vec<u8>;
    }

    impl SpliceMark for Vec<u8> {
        fn splice_mark(mut self) -> Vec<u8> {
            self.insert(2, b'(');
            self
        }
    }
}
