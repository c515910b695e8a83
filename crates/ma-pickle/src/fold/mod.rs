//! Bounded folding of constants: what a call with known arguments returns.
//!
//! Payloads are rarely written out. Names are joined from pieces, source text is rotated or encoded,
//! a second pickle is compressed, `os.system` is fetched with `getattr` from an imported module.
//! Folding computes such calls as Python would, so that the judge sees the plain thing. It executes
//! nothing: it knows a few dozen pure functions by name and computes their results itself.
//!
//! Cost: all results together stay below [`MAX_OUTPUT`] bytes per stream; each function is linear.
//! A call that can't be folded is not an error and hides nothing, it only stays unexplained.

pub(crate) mod codec;
mod decode;
mod folded;
pub(crate) mod inflate;
mod methods;

pub(crate) use folded::{Folded, MAX_ITEMS, Thing, Waiting};

use ma_python::catalogue;

/// Bytes that folding may produce for one stream.
pub(crate) const MAX_OUTPUT: usize = 16 << 20;

/// Callables inside callables that are followed.
const MAX_CHAIN: usize = 16;

/// The budget of folding.
#[derive(Debug)]
pub(crate) struct Folder {
    left: usize,
}

impl Default for Folder {
    fn default() -> Self {
        Self { left: MAX_OUTPUT }
    }
}

impl Folder {
    /// Bytes that may still be produced.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Charges a result; `None` when the budget is used up.
    fn charged(&mut self, result: Folded) -> Option<Folded> {
        self.left = self.left.checked_sub(result.weight())?;
        Some(result)
    }

    /// What `callee(*args)` returns.
    pub(crate) fn call(&mut self, callee: &Folded, args: &[Folded]) -> Option<Folded> {
        self.call_in(callee, args, MAX_CHAIN)
    }

    fn call_in(&mut self, callee: &Folded, args: &[Folded], chain: usize) -> Option<Folded> {
        let chain = chain.checked_sub(1)?;
        let result = match callee {
            Folded::Thing(thing) => self.named(thing, args, chain)?,
            Folded::Waiting(waiting) => match &**waiting {
                Waiting::Partial(inner, first) => {
                    let all: Vec<_> = first.iter().chain(args).cloned().collect();
                    return self.call_in(inner, &all, chain);
                }
                Waiting::Attribute(name) => attribute(args.first()?, name)?,
                Waiting::Item(key) => item(args.first()?, key)?,
                Waiting::Method(name, rest) => {
                    let method = attribute(args.first()?, name)?;
                    return self.call_in(&method, rest, chain);
                }
                Waiting::Bound(receiver, name) => methods::call(self.left, receiver, name, args)?,
            },
            _ => return None,
        };
        self.charged(result)
    }

    /// A call of something with a name.
    fn named(&mut self, thing: &Thing, args: &[Folded], chain: usize) -> Option<Folded> {
        let path = canonical(thing);
        if let Some(found) = self.higher_order(&path, args, chain) {
            return Some(found);
        }
        reach(&path, args)
            .or_else(|| decode::call(self.left, &path, args))
            .or_else(|| methods::function(self.left, &path, args))
    }

    /// Functions that call their arguments.
    fn higher_order(&mut self, path: &str, args: &[Folded], chain: usize) -> Option<Folded> {
        match (path, args) {
            ("functools.reduce", [function, items, start @ ..]) => {
                let mut items = items.items()?.into_iter();
                let mut value = match start.first() {
                    Some(start) => start.clone(),
                    None => items.next()?,
                };
                for next in items {
                    value = self.call_in(function, &[value, next], chain)?;
                }
                Some(value)
            }
            ("builtins.map", [function, items]) => {
                let mut out = Vec::new();
                for next in items.items()? {
                    out.push(self.call_in(function, &[next], chain)?);
                }
                Some(Folded::Seq(out.into()))
            }
            ("itertools.starmap", [function, items]) => {
                let mut out = Vec::new();
                for next in items.items()? {
                    out.push(self.call_in(function, &next.items()?, chain)?);
                }
                Some(Folded::Seq(out.into()))
            }
            ("operator.call", [function, rest @ ..]) => self.call_in(function, rest, chain),
            _ => None,
        }
    }
}

/// Whether calls of functions of this module are worth folding.
pub(crate) fn foldable(module: &str) -> bool {
    const TOPS: &[&str] = &[
        "builtins",
        "__builtin__",
        "__builtins__",
        "operator",
        "_operator",
        "codecs",
        "_codecs",
        "base64",
        "binascii",
        "zlib",
        "gzip",
        "bz2",
        "_bz2",
        "lzma",
        "_lzma",
        "io",
        "_io",
        "StringIO",
        "cStringIO",
        "functools",
        "_functools",
        "itertools",
        "importlib",
        "pkgutil",
        "pydoc",
        "string",
        "urllib",
        "quopri",
        "inspect",
        "email",
        "test",
        "xmlrpc",
        "unittest",
        "cloudpickle",
        "dill",
    ];
    TOPS.contains(&module.split('.').next().unwrap_or(module))
}

/// The name under which a function is known here.
pub(crate) fn canonical(thing: &Thing) -> String {
    if thing.name.is_empty() {
        return thing.module.clone();
    }
    let module = match thing.module.as_str() {
        "__builtin__" | "__builtins__" => "builtins",
        "_operator" => "operator",
        "_codecs" => "codecs",
        "_functools" => "functools",
        "_io" | "StringIO" | "cStringIO" => "io",
        "_bz2" => "bz2",
        "_lzma" => "lzma",
        other => other,
    };
    let (module, name) = catalogue::python2_names(module, &thing.name)
        .filter(|_| module != "builtins")
        .unwrap_or_else(|| (module.into(), (&*thing.name).into()));
    format!("{module}.{name}")
}

/// Functions that fetch an object by its name, and those that make waiting callables.
fn reach(path: &str, args: &[Folded]) -> Option<Folded> {
    match (path, args) {
        (
            "builtins.getattr"
            | "inspect.getattr_static"
            | "builtins.object.__getattribute__"
            | "builtins.type.__getattribute__"
            | "test.support.get_attribute"
            | "xmlrpc.server.resolve_dotted_attribute",
            [object, name, ..],
        ) => attribute(object, name.as_text()?),
        ("builtins.__import__", [name, _, _, fromlist, ..])
            if fromlist.items().is_some_and(|f| !f.is_empty()) =>
        {
            Some(Folded::thing(name.as_text()?, ""))
        }
        ("builtins.__import__" | "importlib.__import__", [name, ..]) => {
            Some(Folded::thing(name.as_text()?.split('.').next()?, ""))
        }
        (
            "importlib.import_module"
            | "importlib._bootstrap._gcd_import"
            | "cloudpickle.cloudpickle.subimport"
            | "dill._dill._import_module"
            | "unittest.mock._importer",
            [name, ..],
        ) => Some(Folded::thing(name.as_text()?, "")),
        ("pkgutil.resolve_name" | "pydoc.locate", [name, ..]) => {
            let name = name.as_text()?;
            let (module, name) = name
                .split_once(':')
                .or_else(|| name.rsplit_once('.'))
                .unwrap_or((name, ""));
            Some(Folded::thing(module, name))
        }
        ("builtins.vars" | "builtins.dir", [Folded::Thing(thing)]) => {
            Some(Folded::Thing(thing.attribute("__dict__").into()))
        }
        (
            "operator.getitem"
            | "builtins.dict.get"
            | "builtins.dict.__getitem__"
            | "builtins.list.__getitem__"
            | "builtins.tuple.__getitem__"
            | "builtins.str.__getitem__",
            [object, key, ..],
        ) => item(object, key),
        ("operator.attrgetter", [name]) => Some(Folded::waiting(Waiting::Attribute(
            name.as_text()?.to_owned(),
        ))),
        ("operator.itemgetter", [key]) => Some(Folded::waiting(Waiting::Item(key.clone()))),
        ("operator.methodcaller", [name, rest @ ..]) => Some(Folded::waiting(Waiting::Method(
            name.as_text()?.to_owned(),
            rest.to_vec(),
        ))),
        ("functools.partial", [callee, rest @ ..]) => Some(Folded::waiting(Waiting::Partial(
            callee.clone(),
            rest.to_vec(),
        ))),
        _ => None,
    }
}

/// `getattr(object, name)`.
pub(crate) fn attribute(object: &Folded, name: &str) -> Option<Folded> {
    Some(match object {
        Folded::Thing(thing) => Folded::Thing(thing.attribute(name).into()),
        Folded::Text(_) | Folded::Bytes(_) | Folded::Int(_) | Folded::Seq(_) => {
            Folded::waiting(Waiting::Bound(object.clone(), name.to_owned()))
        }
        Folded::Waiting(waiting) => match &**waiting {
            Waiting::Partial(callee, _) if name == "func" => callee.clone(),
            _ => return None,
        },
        _ => return None,
    })
}

/// `object[key]`.
fn item(object: &Folded, key: &Folded) -> Option<Folded> {
    match (object, key) {
        (Folded::Thing(thing), Folded::Text(key)) => Some(Folded::Thing(thing.item(key)?.into())),
        (Folded::Seq(items), key) => {
            let at = position(key.as_int()?, items.len())?;
            items.get(at).cloned()
        }
        (Folded::Text(text), Folded::Int(at)) => {
            let chars: Vec<char> = text.chars().collect();
            let c = chars.get(position(*at, chars.len())?)?;
            Some(Folded::text(c.to_string()))
        }
        (_, Folded::Slice(..)) => methods::slice(object, key),
        _ => None,
    }
}

/// An index as Python counts it, from the end when negative.
fn position(at: i128, len: usize) -> Option<usize> {
    let len = i128::try_from(len).ok()?;
    let at = if at < 0 { at.checked_add(len)? } else { at };
    usize::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: (&str, &str), args: &[Folded]) -> Option<Folded> {
        Folder::default().call(&Folded::thing(path.0, path.1), args)
    }

    #[test]
    fn chains_of_attributes_become_dotted_names() {
        let os = call(("importlib", "import_module"), &[Folded::text("os")]).unwrap();
        let system = call(
            ("__builtin__", "getattr"),
            &[os.clone(), Folded::text("system")],
        )
        .unwrap();
        assert_eq!(system.as_thing().unwrap().path(), "os.system");
        let namespace = call(("builtins", "vars"), &[os]).unwrap();
        let popen = call(
            ("builtins", "dict.get"),
            &[namespace, Folded::text("popen")],
        )
        .unwrap();
        assert_eq!(popen.as_thing().unwrap().path(), "os.popen");
        let getter = call(("operator", "attrgetter"), &[Folded::text("os.system")]).unwrap();
        let found = Folder::default()
            .call(&getter, &[Folded::thing("logging", "")])
            .unwrap();
        assert_eq!(found.as_thing().unwrap().path(), "logging.os.system");
    }

    #[test]
    fn text_is_put_together() {
        let parts = Folded::Seq(vec![Folded::text("o"), Folded::text("s")].into());
        let joined = call(("builtins", "str.join"), &[Folded::text(""), parts.clone()]).unwrap();
        assert_eq!(joined.as_text(), Some("os"));
        let added = call(
            ("functools", "reduce"),
            &[Folded::thing("operator", "add"), parts],
        );
        assert_eq!(added.unwrap().as_text(), Some("os"));
        let codes = Folded::Seq(vec![Folded::Int(111), Folded::Int(115)].into());
        let mapped = call(
            ("builtins", "map"),
            &[Folded::thing("builtins", "chr"), codes],
        )
        .unwrap();
        let joined = call(("builtins", "str.join"), &[Folded::text(""), mapped]).unwrap();
        assert_eq!(joined.as_text(), Some("os"));
    }

    #[test]
    fn output_is_bounded() {
        let mut folder = Folder { left: 100 };
        let long = Folded::text("x".repeat(60));
        let add = Folded::thing("operator", "add");
        assert!(folder.call(&add, &[long.clone(), long]).is_none());
    }
}
