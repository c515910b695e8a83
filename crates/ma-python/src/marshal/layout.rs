//! The fields of a code object, in the order each family of versions writes them.
//!
//! ```text
//! 2.3 – 2.7    argcount nlocals stacksize flags                    | code consts names varnames freevars cellvars
//!                                                                    filename name | firstlineno | lnotab
//! 3.0 – 3.7    argcount kwonlyargcount nlocals stacksize flags     | as above
//! 3.8 – 3.10   argcount posonly kwonly nlocals stacksize flags     | as above
//! 3.11 –       argcount posonly kwonly stacksize flags             | code consts names localsplusnames localspluskinds
//!                                                                    filename name qualname | firstlineno
//!                                                                    | linetable exceptiontable
//! ```
//!
//! The stream does not say which it is. The reader tries them; the types of the fields (a tuple where names are, bytes
//! where kinds are) tell them apart. Source: `Python/marshal.c` (`r_object`, `TYPE_CODE`) of each version.

use super::model::{CodeLayout, CodeObject, NodeId, Object};

/// One field of a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    ArgCount,
    Flags,
    FirstLine,
    OtherNumber,
    Code,
    Consts,
    Names,
    LocalNames,
    FreeNames,
    CellNames,
    LocalKinds,
    Filename,
    Name,
    QualifiedName,
    Table,
}

use Field::{
    ArgCount, CellNames, Code, Consts, Filename, FirstLine, Flags, FreeNames, LocalKinds,
    LocalNames, Name, Names, OtherNumber, QualifiedName, Table,
};

const PYTHON2: &[Field] = &[
    ArgCount,
    OtherNumber,
    OtherNumber,
    Flags,
    Code,
    Consts,
    Names,
    LocalNames,
    FreeNames,
    CellNames,
    Filename,
    Name,
    FirstLine,
    Table,
];
const PYTHON30: &[Field] = &[
    ArgCount,
    OtherNumber,
    OtherNumber,
    OtherNumber,
    Flags,
    Code,
    Consts,
    Names,
    LocalNames,
    FreeNames,
    CellNames,
    Filename,
    Name,
    FirstLine,
    Table,
];
const PYTHON38: &[Field] = &[
    ArgCount,
    OtherNumber,
    OtherNumber,
    OtherNumber,
    OtherNumber,
    Flags,
    Code,
    Consts,
    Names,
    LocalNames,
    FreeNames,
    CellNames,
    Filename,
    Name,
    FirstLine,
    Table,
];
const PYTHON311: &[Field] = &[
    ArgCount,
    OtherNumber,
    OtherNumber,
    OtherNumber,
    Flags,
    Code,
    Consts,
    Names,
    LocalNames,
    LocalKinds,
    Filename,
    Name,
    QualifiedName,
    FirstLine,
    Table,
    Table,
];

/// The fields in their order.
pub(super) const fn fields(layout: CodeLayout) -> &'static [Field] {
    match layout {
        CodeLayout::Python2 => PYTHON2,
        CodeLayout::Python30 => PYTHON30,
        CodeLayout::Python38 => PYTHON38,
        CodeLayout::Python311 => PYTHON311,
    }
}

impl Field {
    pub(super) const fn is_number(self) -> bool {
        matches!(self, ArgCount | Flags | FirstLine | OtherNumber)
    }

    pub(super) const fn set_number(self, code: &mut CodeObject, number: u32) {
        match self {
            ArgCount => code.arg_count = number,
            Flags => code.flags = number,
            FirstLine => code.first_line = number,
            _ => {}
        }
    }

    pub(super) const fn set(self, code: &mut CodeObject, value: NodeId) {
        let value = Some(value);
        match self {
            Code => code.code = value,
            Consts => code.consts = value,
            Names => code.names = value,
            LocalNames => code.local_names = value,
            FreeNames => code.free_names = value,
            CellNames => code.cell_names = value,
            LocalKinds => code.local_kinds = value,
            Filename => code.filename = value,
            Name => code.name = value,
            QualifiedName => code.qualified_name = value,
            ArgCount | Flags | FirstLine | OtherNumber | Table => {}
        }
    }

    /// Whether CPython would take an object of this type for the field.
    pub(super) const fn accepts(self, object: &Object) -> bool {
        match self {
            Code | LocalKinds | Table => matches!(object, Object::Bytes(_)),
            Consts | Names | LocalNames | FreeNames | CellNames => {
                matches!(object, Object::Tuple(_))
            }
            Filename | Name | QualifiedName => matches!(object, Object::Str(_) | Object::Bytes(_)),
            ArgCount | Flags | FirstLine | OtherNumber => false,
        }
    }
}
