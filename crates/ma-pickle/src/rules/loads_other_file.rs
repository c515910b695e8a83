//! Another serialised object is loaded while this one is.

ma_core::declare_rule! {
    /// ## What it finds
    /// A call of a loader (`pickle.loads`, `torch.load`, `numpy.load`, `joblib.load`,
    /// `pandas.read_pickle`, `yaml.unsafe_load` …) from inside the pickle. When the argument is in the
    /// file, it is scanned as well.
    /// ## Why it matters
    /// The second object brings its own payload, from inside the file, from another file or from the
    /// network, past whoever checked only the first.
    /// ## What it leaves alone
    /// `torch.storage._load_from_bytes`, which PyTorch itself writes: its bytes are scanned and judged
    /// by what is in them.
    /// ## What to do
    /// Do not load the file.
    pub static LOADS_OTHER_FILE = {
        code: "PKL014", name: "pickle-loads-other-file", severity: Critical,
        title: "Loads another serialised object while loading",
        references: [Cwe(502)],
    }
}
