//! The 68 opcodes of protocols 0 to 5: byte, name, protocol, shape of the argument.
//!
//! Follows `Lib/pickle.py`, `Lib/pickletools.py` and `Modules/_pickle.c` of CPython 3.13. One byte is
//! the opcode; what follows is given by its [`ArgKind`]. Numbers are little-endian, but for BINFLOAT.

/// The shape of an opcode's argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArgKind {
    /// Nothing.
    None,
    /// One unsigned byte.
    U1,
    /// Two bytes, unsigned.
    U2,
    /// Four bytes, signed.
    I4,
    /// Four bytes, unsigned.
    U4,
    /// Eight bytes, unsigned.
    U8,
    /// Eight bytes, a big-endian double.
    F8,
    /// Bytes up to a line feed.
    Line,
    /// Two such lines: module and name.
    Pair,
    /// One byte of length, then that many bytes.
    Counted1,
    /// Four bytes of length (unsigned), then that many bytes.
    Counted4,
    /// Four bytes of length (signed, negative is an error), then that many bytes.
    Counted4Signed,
    /// Eight bytes of length, then that many bytes.
    Counted8,
}

macro_rules! opcodes {
    ($($byte:literal $name:ident $text:literal $proto:literal $arg:ident,)*) => {
        /// An opcode.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            $(
                #[doc = concat!("`", $text, "`, protocol ", $proto, ".")]
                $name = $byte,
            )*
        }

        impl Op {
            /// All opcodes, by byte.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The opcode of that byte.
            #[must_use]
            #[inline(always)]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name in `pickletools`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The protocol that brought it.
            #[must_use]
            #[inline(always)]
            pub const fn proto(self) -> u8 {
                match self {
                    $(Self::$name => $proto,)*
                }
            }

            /// The shape of its argument.
            #[must_use]
            #[inline(always)]
            pub const fn arg_kind(self) -> ArgKind {
                match self {
                    $(Self::$name => ArgKind::$arg,)*
                }
            }
        }
    };
}

opcodes! {
    0x28 Mark "MARK" 0 None,
    0x29 EmptyTuple "EMPTY_TUPLE" 1 None,
    0x2e Stop "STOP" 0 None,
    0x30 Pop "POP" 0 None,
    0x31 PopMark "POP_MARK" 1 None,
    0x32 Dup "DUP" 0 None,
    0x42 BinBytes "BINBYTES" 3 Counted4,
    0x43 ShortBinBytes "SHORT_BINBYTES" 3 Counted1,
    0x46 Float "FLOAT" 0 Line,
    0x47 BinFloat "BINFLOAT" 1 F8,
    0x49 Int "INT" 0 Line,
    0x4a BinInt "BININT" 1 I4,
    0x4b BinInt1 "BININT1" 1 U1,
    0x4c Long "LONG" 0 Line,
    0x4d BinInt2 "BININT2" 1 U2,
    0x4e None "NONE" 0 None,
    0x50 PersId "PERSID" 0 Line,
    0x51 BinPersId "BINPERSID" 1 None,
    0x52 Reduce "REDUCE" 0 None,
    0x53 String "STRING" 0 Line,
    0x54 BinString "BINSTRING" 1 Counted4,
    0x55 ShortBinString "SHORT_BINSTRING" 1 Counted1,
    0x56 Unicode "UNICODE" 0 Line,
    0x58 BinUnicode "BINUNICODE" 1 Counted4,
    0x5d EmptyList "EMPTY_LIST" 1 None,
    0x61 Append "APPEND" 0 None,
    0x62 Build "BUILD" 0 None,
    0x63 Global "GLOBAL" 0 Pair,
    0x64 Dict "DICT" 0 None,
    0x65 Appends "APPENDS" 1 None,
    0x67 Get "GET" 0 Line,
    0x68 BinGet "BINGET" 1 U1,
    0x69 Inst "INST" 0 Pair,
    0x6a LongBinGet "LONG_BINGET" 1 U4,
    0x6c List "LIST" 0 None,
    0x6f Obj "OBJ" 1 None,
    0x70 Put "PUT" 0 Line,
    0x71 BinPut "BINPUT" 1 U1,
    0x72 LongBinPut "LONG_BINPUT" 1 U4,
    0x73 SetItem "SETITEM" 0 None,
    0x74 Tuple "TUPLE" 0 None,
    0x75 SetItems "SETITEMS" 1 None,
    0x7d EmptyDict "EMPTY_DICT" 1 None,
    0x80 Proto "PROTO" 2 U1,
    0x81 NewObj "NEWOBJ" 2 None,
    0x82 Ext1 "EXT1" 2 U1,
    0x83 Ext2 "EXT2" 2 U2,
    0x84 Ext4 "EXT4" 2 I4,
    0x85 Tuple1 "TUPLE1" 2 None,
    0x86 Tuple2 "TUPLE2" 2 None,
    0x87 Tuple3 "TUPLE3" 2 None,
    0x88 NewTrue "NEWTRUE" 2 None,
    0x89 NewFalse "NEWFALSE" 2 None,
    0x8a Long1 "LONG1" 2 Counted1,
    0x8b Long4 "LONG4" 2 Counted4Signed,
    0x8c ShortBinUnicode "SHORT_BINUNICODE" 4 Counted1,
    0x8d BinUnicode8 "BINUNICODE8" 4 Counted8,
    0x8e BinBytes8 "BINBYTES8" 4 Counted8,
    0x8f EmptySet "EMPTY_SET" 4 None,
    0x90 AddItems "ADDITEMS" 4 None,
    0x91 FrozenSet "FROZENSET" 4 None,
    0x92 NewObjEx "NEWOBJ_EX" 4 None,
    0x93 StackGlobal "STACK_GLOBAL" 4 None,
    0x94 Memoize "MEMOIZE" 4 None,
    0x95 Frame "FRAME" 4 U8,
    0x96 ByteArray8 "BYTEARRAY8" 5 Counted8,
    0x97 NextBuffer "NEXT_BUFFER" 5 None,
    0x98 ReadonlyBuffer "READONLY_BUFFER" 5 None,
}

impl Op {
    /// The byte.
    #[must_use]
    #[inline]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// True for opcodes that may import, call or change something that lives outside the pickle.
    #[must_use]
    pub const fn has_effect(self) -> bool {
        matches!(
            self,
            Self::Global
                | Self::StackGlobal
                | Self::Inst
                | Self::Obj
                | Self::NewObj
                | Self::NewObjEx
                | Self::Reduce
                | Self::Build
                | Self::PersId
                | Self::BinPersId
                | Self::Ext1
                | Self::Ext2
                | Self::Ext4
        )
    }
}

/// The highest protocol that exists.
pub const HIGHEST_PROTOCOL: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_68_and_bytes_lead_back() {
        assert_eq!(Op::ALL.len(), 68);
        for op in Op::ALL {
            assert_eq!(Op::from_byte(op.byte()), Some(*op));
            assert!(op.proto() <= HIGHEST_PROTOCOL);
        }
        let valid = (0..=255u8).filter(|b| Op::from_byte(*b).is_some()).count();
        assert_eq!(valid, 68);
    }
}
