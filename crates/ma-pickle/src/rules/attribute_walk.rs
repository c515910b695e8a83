//! A dotted name, a private or double-underscore attribute, or a name no pickler writes.

ma_core::declare_rule! {
    /// ## What it finds
    /// Names that walk through attributes (`pathlib` + `os.system`) or lead into namespaces
    /// (`__dict__`, `__globals__`, `__builtins__`), attributes fetched with `getattr` and the like,
    /// and names with characters that no identifier has.
    /// ## Why it matters
    /// Every module that imports `os` can be used to reach it. Walking there by attributes keeps the
    /// dangerous name away from a scanner that compares whole names.
    /// ## What it leaves alone
    /// Methods and nested classes of known harmless classes (reported as information), and the plain
    /// `getattr(Class, 'name')` that some libraries write and never call.
    /// ## What to do
    /// Do not load the file unless you know exactly what the attribute is.
    pub static ATTRIBUTE_WALK = {
        code: "PKL007", name: "pickle-attribute-walk", severity: Critical,
        title: "Reaches an object through the attributes of another",
        aliases: ["S115"],
        references: [Cwe(502), Cwe(470), Advisory("GHSA-5j3x-jp52-966f")],
    }
}
