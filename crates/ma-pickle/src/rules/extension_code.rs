//! An object is named by a number that only the loading program can resolve.

ma_core::declare_rule! {
    /// ## What it finds
    /// `EXT1`, `EXT2` and `EXT4`: names replaced by numbers of the `copyreg` registry.
    /// ## Why it matters
    /// What the number stands for can't be seen in the file; it is an import in disguise. No machine
    /// learning library registers such numbers.
    /// ## What it leaves alone
    /// Numbers that the same stream registers with `copyreg.add_extension`: there the name is known
    /// and is judged as if it were written out (the registration itself is reported).
    /// ## What to do
    /// Do not load the file unless you know the program that wrote it and its registry.
    pub static EXTENSION_CODE = {
        code: "PKL011", name: "pickle-extension-code", severity: Critical,
        title: "Imports something by a number instead of a name",
        aliases: ["S211"],
        references: [Cwe(502), Spec("https://peps.python.org/pep-0307/")],
    }
}
