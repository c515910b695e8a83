//! A callable that runs code, programs or worse is called while the pickle loads.

ma_core::declare_rule! {
    /// ## What it finds
    /// A call (`REDUCE`, `INST`, `OBJ`, `NEWOBJ`, `NEWOBJ_EX`, or a state handed to `__setstate__`)
    /// of something that is known to run code, start programs, touch files or the network, import
    /// modules or change the interpreter: `os.system`, `builtins.eval`, `subprocess.Popen`,
    /// `runpy.run_path` and more than a thousand others. Python-2 spellings, aliases and dotted
    /// walks (`torch` + `serialization.os.system`) are resolved first.
    /// ## Why it matters
    /// A pickle is a program. This call happens as soon as the file is opened with `pickle.load`,
    /// `torch.load`, `joblib.load` or `numpy.load`, before anybody can look at the result.
    /// ## What it leaves alone
    /// Functions that only rebuild data (tensors, arrays, enums, regular expressions), and strings
    /// that merely spell such names.
    /// ## What to do
    /// Do not load the file. Treat it as malware, and ask its publisher where it came from.
    pub static DANGEROUS_CALL = {
        code: "PKL001", name: "pickle-dangerous-call", severity: Critical,
        title: "Runs code when the pickle is loaded",
        aliases: ["S201", "S202", "S203", "S204"],
        references: [
            Cwe(502),
            Spec("https://docs.python.org/3/library/pickle.html"),
            Article("https://arxiv.org/abs/2508.19774"),
        ],
    }
}
