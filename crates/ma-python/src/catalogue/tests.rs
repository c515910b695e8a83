//! What must hold for the table as a whole, and for the rules around it.

use std::collections::HashSet;

use super::names::{self, Dunder};
use super::table::{self, ANY_CLASS, ANY_OWNER, WHOLE_MODULE};
use super::*;

/// `module <tab> name` lines of a test list.
fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap())
}

fn grade(module: &str, name: &str) -> Grade {
    classify(module, name).grade
}

/// Modules that public advice denies as a whole.
const DENIED: &str = "\
    _aix_support _ctypes _frozen_importlib _frozen_importlib_external _imp _interpreters \
    _osx_support _pickle _posixsubprocess _pyrepl _sqlite3 _thread _xxsubinterpreters aiohttp \
    aiohttp.client antigravity asyncio asyncio.subprocess atexit bdb cProfile cloudpickle code \
    codeop commands compileall ctypes ctypes.util dill dill._dill distutils distutils.file_util \
    doctest ensurepip fickling filecmp fileinput ftplib gc http httplib idlelib imaplib imp \
    importlib importlib.machinery importlib.util inspect lib2to3 linecache marshal modelaudit \
    modelaudit_picklescan modelscan multiprocessing multiprocessing.pool nntplib nt ntpath \
    numpy.distutils numpy.f2py numpy.testing._private.utils os pdb pexpect pickle picklescan pip \
    pip._internal pip._internal.cli pip._internal.cli.main pip._vendor pip._vendor.distlib \
    pip._vendor.distlib.scripts pipes pkgutil poplib posix posixpath profile pty py_compile \
    pydoc requests requests.api runpy saferpickle selectors shelve shutil site smtplib socket \
    socketserver sqlite3 ssl subprocess sys syslog telnetlib test this timeit torch._dynamo \
    torch._inductor torch.compile torch.hub torch.jit trace types unittest urllib urllib.request \
    urllib2 venv webbrowser xmlrpc xmlrpc.client xmlrpc.server zipimport";

#[test]
fn whole_modules_are_denied() {
    for module in DENIED.split_whitespace() {
        assert_eq!(grade(module, "nobody_knows"), Grade::Dangerous, "{module}");
    }
    for module in [
        "__main__",
        "_signal",
        "functools",
        "glob",
        "logging",
        "mmap",
        "operator",
        "platform",
        "select",
        "signal",
        "tarfile",
        "tempfile",
        "threading",
        "uuid",
        "zipfile",
    ] {
        assert!(
            grade(module, "nobody_knows") >= Grade::Suspicious,
            "{module}"
        );
    }
}

#[test]
fn table_is_sorted_and_unique() {
    let mut last: Option<(&str, &str)> = None;
    for line in table::TEXT.lines() {
        let mut columns = line.split('\t');
        let key = (columns.next().unwrap(), columns.next().unwrap());
        assert_eq!(line.split('\t').count(), 7, "columns of {line:?}");
        if let Some(last) = last {
            assert!(last < key, "{last:?} must come before {key:?}");
        }
        last = Some(key);
    }
    assert!(table::TEXT.ends_with('\n') && !table::TEXT.contains('\r'));
    assert!(table::TEXT.len() < 1_500_000);
}

#[test]
fn every_row_is_valid_and_found() {
    for (module, name, row) in table::all() {
        let row = row.unwrap_or_else(|| panic!("{module} {name} does not parse"));
        let found = table::row(module, name).unwrap_or_else(|| panic!("{module} {name} not found"));
        assert_eq!((row.grade, row.note), (found.grade, found.note));
        assert!(!module.is_empty() && !name.is_empty() && !row.source.is_empty());
        assert!(name == WHOLE_MODULE || name == ANY_CLASS || !name.contains(['*', '<', ' ']));
        assert!(
            !(name == WHOLE_MODULE && row.grade == Grade::Inert),
            "{module}: a whole module is never harmless"
        );
        assert!(!(name == ANY_CLASS && row.grade != Grade::Inert));
        assert!(
            row.note.is_empty() || row.note.ends_with('.'),
            "{module} {name}: {}",
            row.note
        );
    }
}

#[test]
fn missing_rows_are_not_found() {
    for (module, name) in [
        ("", ""),
        ("os", ""),
        ("", "system"),
        ("o", "s"),
        ("zzzz", "z"),
        ("\u{10ffff}", "x"),
    ] {
        assert!(table::row(module, name).is_none(), "{module:?} {name:?}");
    }
}

#[test]
fn published_gadgets_are_dangerous() {
    // What these do depends on their arguments, and the pickle machine judges those.
    const ARGUMENT_JUDGED: [(&str, &str); 4] = [
        ("_operator", "attrgetter"),
        ("_operator", "methodcaller"),
        ("itertools", "starmap"),
        ("torch.storage", "_load_from_bytes"),
    ];
    for (module, name) in pairs(include_str!("../../data/known_gadgets.tsv")) {
        let expected = if ARGUMENT_JUDGED.contains(&(module, name)) {
            Grade::Suspicious
        } else {
            Grade::Dangerous
        };
        assert_eq!(grade(module, name), expected, "{module} {name}");
    }
}

#[test]
fn denied_modules_are_dangerous_or_suspicious_whatever_the_name() {
    for (module, name, row) in table::all() {
        if name == WHOLE_MODULE {
            let row = row.unwrap();
            assert!(grade(module, "some_function") >= row.grade, "{module}");
            assert!(grade(&format!("{module}.deeper"), "SomeClass") >= Grade::Inert);
        }
    }
    assert_eq!(grade("subprocess", "nobody_knows"), Grade::Dangerous);
    assert_eq!(grade("asyncio.events", "nobody_knows"), Grade::Dangerous);
}

#[test]
fn real_model_globals_are_inert() {
    for (module, name) in pairs(include_str!("../../data/known_benign.tsv")) {
        assert_eq!(grade(module, name), Grade::Inert, "{module} {name}");
    }
}

#[test]
fn no_pattern_covers_a_gadget() {
    for (module, name, row) in table::all() {
        if row.is_some_and(|row| row.grade > Grade::Inert) && module != ANY_OWNER {
            assert_ne!(grade(module, name), Grade::Inert, "{module} {name}");
        }
        // A dangerous class re-exported by a package with a pattern stays out of it, too.
        let dangerous = row.is_some_and(|row| row.grade == Grade::Dangerous);
        if dangerous && is_stdlib(module) && names::is_cap_word(name) {
            assert!(names::is_gadget_class(name), "{module} {name}");
        }
    }
    let rebuilder = classify("sklearn.tree._criterion", "__pyx_unpickle_Gini");
    assert_eq!(
        (rebuilder.grade, rebuilder.role),
        (Grade::Inert, Role::Function)
    );
    for module in [
        "transformers.trainer_utils",
        "sklearn.ensemble._forest",
        "torch.nn.modules.module",
    ] {
        assert_eq!(
            grade(module, "RandomThing"),
            Grade::Inert,
            "{module} has a pattern"
        );
        for name in [
            "Popen",
            "CDLL",
            "Process",
            "Thread",
            "Unpickler",
            "FunctionType",
            "Template",
            "function",
            "_hidden",
            "A.b",
            "Éa",
        ] {
            assert_ne!(grade(module, name), Grade::Inert, "{module} {name}");
        }
    }
}

#[test]
fn dotted_walks_are_judged_by_their_parts() {
    for (module, name) in [
        ("torch", "serialization.os.system"),
        ("pathlib", "os.system"),
        ("logging", "os.system"),
        ("collections", "_sys.modules"),
        ("os.path", "os.system"),
        ("my.module", "_os.system"),
        ("my.module", "_subprocess.Popen"),
        ("my.module", "helpers.io.open"),
        ("my.module", "six.moves.builtins.eval"),
        ("torch", "_dynamo.guards.Anything.at_all"),
        ("torch._dynamo", "guards.GuardBuilder.get"),
        ("torch._dynamo.guards.GuardBuilder", "get"),
        ("subprocess", "Popen.communicate"),
        ("transformers", "AutoModel.from_pretrained"),
        ("torch.serialization", "os"),
        ("my.module", "thing.sys"),
    ] {
        assert_eq!(grade(module, name), Grade::Dangerous, "{module} {name}");
    }
    let verdict = classify("torch._dynamo", "guards.GuardBuilder.get");
    assert_eq!(verdict.path(), "torch._dynamo.guards.GuardBuilder.get");
    let verdict = classify("torch.nn", "modules.linear.Linear");
    assert_eq!(
        (verdict.grade, verdict.matched),
        (Grade::Inert, Matched::Tail)
    );
    // Methods are not allow-listed with their class; unknown walks stay unknown, and say so.
    assert_eq!(
        grade("collections", "OrderedDict.move_to_end"),
        Grade::Suspicious
    );
    let verdict = classify("my.module", "Outer.Inner");
    assert_eq!(
        (verdict.grade, verdict.matched),
        (Grade::Unknown, Matched::Tail)
    );
    assert_eq!(grade("my.module", "Outer._hidden"), Grade::Suspicious);
}

#[test]
fn long_walks_cost_little_and_are_dangerous() {
    let name = "a.".repeat(200_000) + "b";
    assert_eq!(grade("x", &name), Grade::Dangerous);
    let module = "os.".repeat(100_000) + "x";
    assert!(grade(&module, "y") >= Grade::Suspicious);
    for name in [
        "",
        ".",
        "..",
        ".system",
        "system.",
        "os..system",
        "\0",
        "é.os.system",
    ] {
        for module in ["", ".", "os", "é", "a.", ".a"] {
            let _ = classify(module, name);
        }
    }
}

#[test]
fn double_underscores_lead_out_of_data() {
    for name in [
        "f.__globals__",
        "C.__class__",
        "x.__builtins__.eval",
        "C.__subclasses__",
        "__import__",
        "C.__reduce__",
    ] {
        let verdict = classify("my.module", name);
        assert_eq!(
            (verdict.grade, verdict.matched),
            (Grade::Dangerous, Matched::Dunder),
            "{name}"
        );
    }
    assert_eq!(grade("my.module", "__version__"), Grade::Suspicious);
    assert_eq!(grade("copyreg", "__newobj__"), Grade::Inert);
    assert!(names::dunder("__pyx_unpickle_Tree") == Dunder::No);
}

#[test]
fn one_module_under_many_names() {
    for (module, name) in [
        ("posix", "system"),
        ("nt", "system"),
        ("_os", "system"),
        ("six.moves.builtins", "eval"),
        ("pip._vendor.six.moves.builtins", "exec"),
        ("__builtin__", "eval"),
        ("cPickle", "loads"),
        ("_io", "open"),
        ("commands", "getoutput"),
        ("future.builtins", "exec"),
        ("eventlet.green.os", "system"),
        ("gevent.subprocess", "Popen"),
        ("multiprocess", "Process"),
    ] {
        assert_eq!(grade(module, name), Grade::Dangerous, "{module} {name}");
    }
    assert_eq!(classify("nt", "system").module, "os");
    assert_eq!(grade("numpy.core.multiarray", "_reconstruct"), Grade::Inert);
    assert_eq!(
        grade("numpy._core.multiarray", "_reconstruct"),
        Grade::Inert
    );
    assert_eq!(names::canonical_module("_thread"), None);
}

#[test]
fn unclassified_standard_library_is_suspicious() {
    let verdict = classify("colorsys", "rgb_to_hls");
    assert_eq!(
        (verdict.grade, verdict.matched),
        (Grade::Suspicious, Matched::StdlibDefault)
    );
    assert_eq!(classify("ostrich", "Bird").matched, Matched::None);
    assert!(is_stdlib("annotationlib") && is_stdlib("nt") && is_stdlib("_winreg.x"));
    assert!(is_ml_package("torch") && !is_ml_package("os"));
}

#[test]
fn argument_judged_builtins_are_suspicious() {
    for name in ["getattr", "map", "filter", "type", "iter", "property"] {
        assert_eq!(grade("builtins", name), Grade::Suspicious, "{name}");
    }
    for (module, name) in [
        ("functools", "partial"),
        ("operator", "itemgetter"),
        ("functools", "reduce"),
        ("functools", "cmp_to_key"),
    ] {
        assert_eq!(grade(module, name), Grade::Suspicious, "{name}");
    }
    for name in [
        "eval",
        "exec",
        "compile",
        "__import__",
        "open",
        "input",
        "globals",
        "setattr",
    ] {
        assert_eq!(grade("builtins", name), Grade::Dangerous, "{name}");
    }
    for name in [
        "set",
        "frozenset",
        "list",
        "dict",
        "ValueError",
        "slice",
        "bytearray",
        "object",
    ] {
        assert_eq!(grade("builtins", name), Grade::Inert, "{name}");
    }
}

#[test]
fn python2_mapping_is_complete() {
    let (by_name, by_module) = names::python2();
    assert_eq!((by_name.len(), by_module.len()), (88, 55));
    let mapped = |module, name| {
        let (module, name) = python2_names(module, name).unwrap();
        format!("{module}.{name}")
    };
    assert_eq!(mapped("itertools", "imap"), "builtins.map");
    assert_eq!(mapped("urllib2", "urlopen"), "urllib.request.urlopen");
    assert_eq!(mapped("exceptions", "ValueError"), "builtins.ValueError");
    assert_eq!(mapped("UserDict", "UserDict"), "collections.UserDict");
    assert_eq!(mapped("cPickle", "loads"), "pickle.loads");
    // A renamed name is judged by where it is now.
    assert_eq!(grade("urllib2", "URLError"), Grade::Inert);
    assert_eq!(grade("urllib2", "urlopen"), Grade::Dangerous);
    // Only below `itertools` are names mapped; the module itself keeps its name.
    assert!(python2_names("itertools", "chain").is_none());
}

#[test]
fn lists_are_sorted_and_clean() {
    for text in [
        names::STDLIB,
        include_str!("../../data/ml_packages.txt"),
        include_str!("../../data/gadget_classes.txt"),
        include_str!("../../data/aliases.tsv"),
    ] {
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.is_sorted() && lines.iter().all(|line| !line.is_empty()));
        assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len());
    }
}

#[test]
fn some_classes_are_data_only_when_rebuilt() {
    let model = classify("ultralytics.nn.tasks", "DetectionModel");
    assert_eq!(
        (model.grade, model.capability),
        (Grade::Inert, Capability::Data)
    );
    assert_eq!(
        (model.role, model.constructor),
        (Role::Class, Some(Capability::RunsCode))
    );
    assert_eq!(classify("collections", "OrderedDict").constructor, None);
    // Its state holds source text that is run.
    assert_eq!(
        grade("scipy.stats._continuous_distns", "norm_gen"),
        Grade::Suspicious
    );
}

#[test]
fn grades_are_ordered_worst_last() {
    assert!(
        Grade::Dangerous > Grade::Suspicious
            && Grade::Suspicious > Grade::Unknown
            && Grade::Unknown > Grade::Inert
    );
    let capabilities: HashSet<_> = CAPABILITIES
        .iter()
        .map(|capability| capability.code())
        .collect();
    assert_eq!(capabilities.len(), CAPABILITIES.len());
    assert!(entries().count() > 4_000);
}
