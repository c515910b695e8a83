//! The vocabulary of an answer: how bad a name is, what it can do, what it is, and how that was found.

use std::borrow::Cow;

/// How a name is graded, from harmless to worst, so that `max` of two grades is the worse one.
///
/// `Unknown` is above `Inert` on purpose: a name nobody has judged is never taken for harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Data, or a pure function that rebuilds data.
    Inert,
    /// Nobody has judged this name.
    Unknown,
    /// Depends on the arguments or on the use; never plain data.
    Suspicious,
    /// Reaching this name is enough to call the file malicious.
    Dangerous,
}

impl Grade {
    /// The spelling used in the table, and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inert => "inert",
            Self::Unknown => "unknown",
            Self::Suspicious => "suspicious",
            Self::Dangerous => "dangerous",
        }
    }

    /// Reads the spelling used in the table; `unknown` is not a row and gives `None`.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Inert, Self::Suspicious, Self::Dangerous]
            .into_iter()
            .find(|grade| grade.code() == code)
    }
}

/// What somebody who controls the file gets out of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Evaluates or executes Python (or another language's) source or bytecode.
    RunsCode,
    /// Starts a program or a shell.
    RunsProcess,
    /// Loads a shared library, or calls into one by address.
    LoadsNative,
    /// Imports modules, or changes where they are imported from.
    ImportsModule,
    /// Reads another serialised object, which can hold its own payload.
    Deserialises,
    /// Reads or lists files.
    ReadsFile,
    /// Creates, changes, moves or deletes files.
    WritesFile,
    /// Opens a network connection or serves one.
    Network,
    /// Controls processes, threads, signals or the interpreter.
    ProcessControl,
    /// Fetches, sets or deletes attributes and items by a name chosen in the file.
    AttributeAccess,
    /// Calls a function handed to it, now or later.
    CallsArgument,
    /// Changes the loader, a scanner, or tables other code trusts.
    Tampering,
    /// Builds functions, classes or code objects.
    BuildsCode,
    /// Allocates or computes as much as the file says.
    Memory,
    /// Turns text into other bytes, which is how payloads are hidden.
    Decodes,
    /// Holds or rebuilds data.
    Data,
    /// Not known.
    Unclassified,
}

/// Every capability, in declaration order.
pub const CAPABILITIES: &[Capability] = &[
    Capability::RunsCode,
    Capability::RunsProcess,
    Capability::LoadsNative,
    Capability::ImportsModule,
    Capability::Deserialises,
    Capability::ReadsFile,
    Capability::WritesFile,
    Capability::Network,
    Capability::ProcessControl,
    Capability::AttributeAccess,
    Capability::CallsArgument,
    Capability::Tampering,
    Capability::BuildsCode,
    Capability::Memory,
    Capability::Decodes,
    Capability::Data,
    Capability::Unclassified,
];

impl Capability {
    /// The spelling used in the table, and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RunsCode => "runs-code",
            Self::RunsProcess => "runs-process",
            Self::LoadsNative => "loads-native",
            Self::ImportsModule => "imports-module",
            Self::Deserialises => "deserialises",
            Self::ReadsFile => "reads-file",
            Self::WritesFile => "writes-file",
            Self::Network => "network",
            Self::ProcessControl => "process-control",
            Self::AttributeAccess => "attribute-access",
            Self::CallsArgument => "calls-argument",
            Self::Tampering => "tampering",
            Self::BuildsCode => "builds-code",
            Self::Memory => "memory",
            Self::Decodes => "decodes",
            Self::Data => "data",
            Self::Unclassified => "unclassified",
        }
    }

    /// Reads the spelling used in the table.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        CAPABILITIES
            .iter()
            .copied()
            .find(|capability| capability.code() == code)
    }

    /// What the name does, in a few words that fit after "this".
    pub const fn title(self) -> &'static str {
        match self {
            Self::RunsCode => "runs code",
            Self::RunsProcess => "runs a shell command or program",
            Self::LoadsNative => "loads a native library",
            Self::ImportsModule => "imports a module",
            Self::Deserialises => "loads another serialised object",
            Self::ReadsFile => "reads files",
            Self::WritesFile => "writes or deletes files",
            Self::Network => "uses the network",
            Self::ProcessControl => "controls processes or the interpreter",
            Self::AttributeAccess => "reaches attributes by name",
            Self::CallsArgument => "calls a function it is given",
            Self::Tampering => "tampers with the loader or a scanner",
            Self::BuildsCode => "builds functions or classes",
            Self::Memory => "can use up memory or time",
            Self::Decodes => "decodes hidden data",
            Self::Data => "holds data",
            Self::Unclassified => "is not known",
        }
    }

    /// Why it matters, in one sentence for people who are not security experts.
    pub const fn why(self) -> &'static str {
        match self {
            Self::RunsCode => {
                "It runs program text that comes with the file, so opening the model can do anything you can do on this computer."
            }
            Self::RunsProcess => {
                "It starts another program or a shell command, so opening the model can do anything you can do on this computer."
            }
            Self::LoadsNative => {
                "It loads machine code from a library, which runs at once and outside of Python's control."
            }
            Self::ImportsModule => {
                "It imports a module chosen by the file, and importing a module runs that module's code."
            }
            Self::Deserialises => {
                "It loads a second serialised object from inside or beside the file, which can carry its own payload."
            }
            Self::ReadsFile => {
                "It reads files on your computer, which a model's weights never need when they are loaded."
            }
            Self::WritesFile => {
                "It creates, changes or deletes files on your computer, which can destroy data or plant a program that runs later."
            }
            Self::Network => {
                "It talks to other computers, which can leak your data or fetch a payload."
            }
            Self::ProcessControl => {
                "It changes how running programs, threads or the Python interpreter itself behave."
            }
            Self::AttributeAccess => {
                "It fetches or changes parts of other objects by name, which is how attackers reach functions that a scanner would recognise."
            }
            Self::CallsArgument => {
                "It calls whatever function it is given, so it is as dangerous as that function."
            }
            Self::Tampering => {
                "It changes tables or tools that other code trusts, so that something harmless turns harmful later."
            }
            Self::BuildsCode => {
                "It builds new functions or classes out of data in the file; calling them runs code that the file brought along."
            }
            Self::Memory => {
                "It allocates or computes as much as the file asks for, which can freeze or crash the program that loads it."
            }
            Self::Decodes => {
                "It turns text into other bytes, which is harmless in itself but is how payloads are hidden from scanners."
            }
            Self::Data => {
                "It only holds data, as numbers, arrays, settings or the layers of a model do."
            }
            Self::Unclassified => "Nobody has judged this name yet, so it cannot be called safe.",
        }
    }
}

/// What kind of object a name stands for, where that is known.
///
/// An inert *class* may be constructed and filled with state. An inert *function* may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A class.
    Class,
    /// A function or a bound method.
    Function,
    /// A module object; no model needs one.
    Module,
    /// Not known, or a plain value.
    Any,
}

impl Role {
    /// The spelling used in the table, and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Function => "function",
            Self::Module => "module",
            Self::Any => "any",
        }
    }

    /// Reads the spelling used in the table.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Class, Self::Function, Self::Module, Self::Any]
            .into_iter()
            .find(|role| role.code() == code)
    }
}

/// How a verdict was found, from the surest way to none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matched {
    /// The table has this very name (after aliases were resolved).
    Exact,
    /// The name is a dotted walk, and a part of it was judged.
    Tail,
    /// A component is a double-underscore name that leads into a namespace.
    Dunder,
    /// The whole module, or a package around it, is graded.
    ModuleWildcard,
    /// The name has the shape of a class, in a package whose classes are known to be data.
    Pattern,
    /// A name of the standard library that nobody classified.
    StdlibDefault,
    /// Nothing is known.
    None,
}

/// What the catalogue knows about one global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// How bad it is.
    pub grade: Grade,
    /// What it can do.
    pub capability: Capability,
    /// What kind of object it is.
    pub role: Role,
    /// For an inert class that is only data while it is rebuilt from its fields (made without
    /// arguments, then filled): what it does when it is *called* with arguments from the file. A
    /// network class may read a configuration and evaluate text in it. `None`: nothing of note.
    pub constructor: Option<Capability>,
    /// The module, after aliases were resolved (`posix` is `os`).
    pub module: Cow<'a, str>,
    /// The name inside that module, after the dotted walk was resolved.
    pub name: Cow<'a, str>,
    /// What is special about this name; the capability's sentence when nothing is.
    pub note: &'static str,
    /// Where the judgement comes from: an advisory, a package's source, a survey.
    pub source: &'static str,
    /// How it was found.
    pub matched: Matched,
}

impl Verdict<'_> {
    /// The canonical dotted name, as a person would write it in Python.
    pub fn path(&self) -> String {
        if self.module.is_empty() {
            return self.name.to_string();
        }
        format!("{}.{}", self.module, self.name)
    }

    /// The same verdict without borrowing from what was asked.
    pub fn into_owned(self) -> Verdict<'static> {
        Verdict {
            grade: self.grade,
            capability: self.capability,
            role: self.role,
            constructor: self.constructor,
            module: Cow::Owned(self.module.into_owned()),
            name: Cow::Owned(self.name.into_owned()),
            note: self.note,
            source: self.source,
            matched: self.matched,
        }
    }
}
