//! What Python code does when it calls something: from a dotted name and arguments to an act.
//!
//! The catalogue ([`crate::catalogue`]) judges names in pickles, where anything that is not data is out of place. In
//! source and bytecode a call to `os.makedirs` or `torch.compile` is everyday work, so here a name counts only if
//! calling it runs programs or code, loads machine code, talks to the network, or hides one of these. The facts are in
//! `calls.tsv`; what that does not name, the catalogue decides as far as the standard library goes.

mod command;
mod secret;

pub use command::{Command, command, is_fixed_program};
pub use secret::{is_persistence_path, is_secret_path};

use std::sync::OnceLock;

use crate::catalogue::{self, Capability, Grade, Matched};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// Starts a program or a shell.
    RunsProcess,
    /// Runs program text or bytecode.
    RunsCode,
    /// Loads a native library.
    LoadsNative,
    /// Opens or accepts a network connection.
    Connects,
    /// Sends a request over the network.
    Fetches,
    /// Fetches weights from where models are published.
    FetchesModel,
    /// Fetches code and runs it.
    FetchesCode,
    /// Reads a pickle or something like it.
    Deserialises,
    /// Makes functions out of bytecode.
    BuildsCode,
    /// Deletes files.
    Deletes,
    /// Changes the interpreter under other code's feet.
    Tampers,
}

impl Act {
    fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "runs-process" => Self::RunsProcess,
            "runs-code" => Self::RunsCode,
            "loads-native" => Self::LoadsNative,
            "connects" => Self::Connects,
            "fetches" => Self::Fetches,
            "fetches-model" => Self::FetchesModel,
            "fetches-code" => Self::FetchesCode,
            "deserialises" => Self::Deserialises,
            "builds-code" => Self::BuildsCode,
            "deletes" => Self::Deletes,
            "tampers" => Self::Tampers,
            _ => return None,
        })
    }

    /// What the call does, to follow a name: "`os.system` starts a program".
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::RunsProcess => "starts a program",
            Self::RunsCode => "runs program text",
            Self::LoadsNative => "loads a native library",
            Self::Connects => "opens a network connection",
            Self::Fetches => "sends a network request",
            Self::FetchesModel => "downloads weights",
            Self::FetchesCode => "downloads and runs code",
            Self::Deserialises => "loads a pickle or the like",
            Self::BuildsCode => "builds functions out of bytecode",
            Self::Deletes => "deletes files",
            Self::Tampers => "changes how the interpreter works",
        }
    }

    /// Whether it gives who wrote the call the run of the machine.
    #[must_use]
    pub const fn runs(self) -> bool {
        matches!(
            self,
            Self::RunsProcess | Self::RunsCode | Self::LoadsNative | Self::FetchesCode
        )
    }
}

static TSV: &str = include_str!("calls.tsv");

/// Names with their acts, sorted; `None` is `ordinary`.
fn table() -> &'static [(&'static str, Option<Act>)] {
    static TABLE: OnceLock<Vec<(&'static str, Option<Act>)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = TSV
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some((cells.next()?, Act::from_code(cells.next()?)))
            });
        rows.collect()
    })
}

fn row(name: &str) -> Option<Option<Act>> {
    let table = table();
    table
        .binary_search_by(|(key, _)| (*key).cmp(name))
        .ok()
        .and_then(|at| table.get(at))
        .map(|(_, act)| *act)
}

/// What calling this dotted name does, if it is one of the things that matter.
///
/// ```
/// use ma_python::behaviour::{Act, act_of};
///
/// assert_eq!(act_of("os.system"), Some(Act::RunsProcess));
/// assert_eq!(act_of("os.makedirs"), None);
/// ```
#[must_use]
pub fn act_of(dotted: &str) -> Option<Act> {
    let dotted = dotted.strip_suffix(".__call__").unwrap_or(dotted);
    if let Some(act) = row(dotted) {
        return act;
    }
    let mut prefix = dotted;
    while let Some((shorter, _)) = prefix.rsplit_once('.') {
        if let Some(act) = row(&format!("{shorter}.*")) {
            return act;
        }
        prefix = shorter;
    }
    by_catalogue(dotted).or_else(|| through_other_module(dotted))
}

/// Modules that are reached through others that imported them: `logging.os.system`.
const REACHED: &[&str] = &[
    "os",
    "subprocess",
    "builtins",
    "posix",
    "pty",
    "ctypes",
    "socket",
];

fn through_other_module(dotted: &str) -> Option<Act> {
    let mut rest = dotted;
    while let Some((_, shorter)) = rest.split_once('.') {
        let module = shorter.split('.').next().unwrap_or_default();
        if REACHED.contains(&module) && shorter.contains('.') {
            return row(shorter).unwrap_or_else(|| by_catalogue(shorter));
        }
        rest = shorter;
    }
    None
}

/// Modules that are about running programs and code. Elsewhere in the standard library what the catalogue knows as a
/// way to run something (`dataclasses.dataclass`, `platform.system`) is called by ordinary programs for what it is.
const RUNNERS: &[&str] = &[
    "os",
    "subprocess",
    "builtins",
    "posix",
    "nt",
    "pty",
    "runpy",
    "code",
    "codeop",
    "pdb",
    "bdb",
    "trace",
    "commands",
    "popen2",
    "pydoc",
    "imp",
    "distutils",
    "idlelib",
    "lib2to3",
    "test",
    "_posixsubprocess",
    "_winapi",
    "asyncio",
    "ctypes",
    "sys",
];

/// What the catalogue knows of those modules, under every name it knows it by.
fn by_catalogue(dotted: &str) -> Option<Act> {
    let (module, name) = dotted.rsplit_once('.')?;
    let verdict = catalogue::classify(module, name);
    let top = verdict.module.split('.').next().unwrap_or_default();
    if verdict.grade != Grade::Dangerous
        || verdict.matched != Matched::Exact
        || !RUNNERS.contains(&top)
    {
        return None;
    }
    let path = verdict.path();
    if path != dotted
        && let Some(act) = row(&path)
    {
        return act;
    }
    match verdict.capability {
        Capability::RunsProcess => Some(Act::RunsProcess),
        Capability::RunsCode => Some(Act::RunsCode),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_understood() {
        assert!(table().is_sorted_by_key(|(name, _)| *name));
        for line in TSV.lines().filter(|line| !line.starts_with('#')) {
            let act = line.split('\t').nth(1).unwrap();
            assert!(act == "ordinary" || Act::from_code(act).is_some(), "{line}");
        }
    }

    #[test]
    fn names_and_their_acts() {
        assert_eq!(act_of("posix.system"), Some(Act::RunsProcess));
        assert_eq!(act_of("subprocess.check_output"), Some(Act::RunsProcess));
        assert_eq!(act_of("logging.os.system"), Some(Act::RunsProcess));
        assert_eq!(act_of("builtins.exec"), Some(Act::RunsCode));
        assert_eq!(
            act_of("ctypes.windll.kernel32.VirtualAlloc"),
            Some(Act::LoadsNative)
        );
        assert_eq!(act_of("socket.socket.connect"), Some(Act::Connects));
        for ordinary in [
            "os.path.join",
            "torch.compile",
            "json.load",
            "builtins.getattr",
            "logging.getLogger",
            "os.fork",
            "platform.system",
            "dataclasses.dataclass",
            "re.compile",
        ] {
            assert_eq!(act_of(ordinary), None, "{ordinary}");
        }
    }
}
