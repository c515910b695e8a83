//! Who calls functions of a source without being asked to, when the source lies in one of their archives.
//!
//! | archive | told by | what it calls |
//! | --- | --- | --- |
//! | TorchServe | a sibling `MAR-INF/MANIFEST.json`, or the hint [`HANDLER`] | the handler's class: made, `initialize`d and given every request (`ts/model_loader.py`, `ts/torch_handler/base_handler.py` of TorchServe 0.12) |
//! | torch.package | a sibling `<root>/.data/extern_modules` or `.data/python_version` | classes of what is unpickled: made, filled and later used (`torch/package/package_importer.py` of torch 2.11) |
//!
//! What such a function does, it does by design of the loader: as soon as the model is loaded or served.

use ma_core::{Artifact, Cx, Entry, Kind, LimitHit};

/// A handler of a TorchServe archive, whatever its name.
pub const HANDLER: Kind = Kind::new("torchserve-handler");

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// TorchServe.
    TorchServe,
    /// The importer of `torch.package`.
    TorchPackage,
}

/// What both call: whatever makes and ends an object.
const OBJECTS: &[&str] = &[
    "__init__",
    "__new__",
    "__post_init__",
    "__call__",
    "__del__",
];
/// What TorchServe calls besides.
const SERVED: &[&str] = &[
    "initialize",
    "handle",
    "preprocess",
    "inference",
    "postprocess",
];
/// What unpickling and using an object calls besides.
const UNPICKLED: &[&str] = &[
    "__setstate__",
    "__reduce__",
    "__reduce_ex__",
    "__getattr__",
    "__getattribute__",
    "forward",
];

impl Caller {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::TorchServe, Self::TorchPackage];

    /// Whether it calls functions of that name by itself.
    #[must_use]
    pub fn calls(self, name: &str) -> bool {
        let own = match self {
            Self::TorchServe => SERVED,
            Self::TorchPackage => UNPICKLED,
        };
        OBJECTS.contains(&name) || own.contains(&name)
    }

    /// When that is.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::TorchServe => "which TorchServe calls by itself",
            Self::TorchPackage => "which runs when the package is loaded or its model is used",
        }
    }

    fn told_by(self, entry: &Entry) -> bool {
        let name = entry.name.as_str();
        let ends = |end: &str| {
            let rest = name
                .len()
                .checked_sub(end.len())
                .and_then(|at| name.get(at..).zip(name.get(..at)));
            rest.is_some_and(|(tail, before)| {
                tail.eq_ignore_ascii_case(end) && (before.is_empty() || before.ends_with('/'))
            })
        };
        match self {
            Self::TorchServe => ends("MAR-INF/MANIFEST.json") || ends("WAR-INF/MANIFEST.json"),
            Self::TorchPackage => ends(".data/extern_modules") || ends(".data/python_version"),
        }
    }

    /// Who calls functions of the source `artifact`, by its hint and by what lies beside it.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn of(artifact: &Artifact, cx: &Cx<'_>) -> Result<Option<Self>, LimitHit> {
        if artifact.hint == Some(HANDLER) {
            return Ok(Some(Self::TorchServe));
        }
        let Some(home) = &artifact.home else {
            return Ok(None);
        };
        let entries = home.container.entries();
        cx.budget()
            .charge_steps(u64::try_from(entries.len()).unwrap_or(u64::MAX))?;
        let beside = |caller: &Self| entries.iter().any(|entry| caller.told_by(entry));
        Ok(Self::ALL.into_iter().find(beside))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ma_core::{Blob, Container, EntryId, Home, ScanError, Severity};

    use super::*;
    use crate::source::PythonSource;

    #[test]
    fn archives_are_told_by_their_members() {
        let tells = |caller: Caller, name: &str| caller.told_by(&Entry::file(name));
        assert!(tells(Caller::TorchServe, "MAR-INF/MANIFEST.json"));
        assert!(tells(Caller::TorchServe, "./mar-inf/manifest.json"));
        assert!(!tells(Caller::TorchServe, "NOMAR-INF/MANIFEST.json"));
        assert!(tells(Caller::TorchPackage, "pkg/.data/extern_modules"));
        assert!(!tells(Caller::TorchPackage, "pkg/.data/version"));
    }

    #[test]
    fn helpers_are_nobodys_entry_points() {
        assert!(Caller::TorchServe.calls("initialize"));
        assert!(!Caller::TorchPackage.calls("initialize"));
        assert!(Caller::TorchPackage.calls("__setstate__"));
        assert!(Caller::ALL.iter().all(|caller| !caller.calls("download")));
    }

    /// Members of which nothing but the names are known.
    struct Names(Vec<Entry>);

    impl Container for Names {
        fn entries(&self) -> &[Entry] {
            &self.0
        }

        fn open(&self, _: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
            Ok(Blob::from_vec(Vec::new()))
        }
    }

    #[test]
    fn a_member_is_graded_by_what_lies_beside_it() {
        let source = b"import os\ndef handle(d, c):\n    os.system('echo pwned')\n";
        let severity = |names: &[&str]| {
            let container = Names(names.iter().copied().map(Entry::file).collect());
            let mut artifact = ma_testkit::run::artifact("handler.py", source);
            artifact.home = Some(Home {
                container: Arc::new(container),
                entry: EntryId(0),
            });
            let found = ma_testkit::run::scan_artifact(&PythonSource, &artifact);
            let severities: Vec<Severity> = found.issues.iter().map(|i| i.severity).collect();
            severities
        };
        let served = severity(&["handler.py", "MAR-INF/MANIFEST.json"]);
        assert_eq!(served, [Severity::Critical]);
        assert_eq!(severity(&["handler.py", "a.json"]), [Severity::Warning]);
    }
}
