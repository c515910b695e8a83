//! What a piece of content is, said by whoever found it.

use std::fmt;

use serde::Serialize;

/// The kind of an artifact, as its parent or its finder understands it. A kind is a hint: it adds
/// the scanners that take it and never keeps another one from looking.
///
/// New kinds need no change here: `Kind::new("my-format")` is as good as the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Kind(&'static str);

impl Kind {
    /// A Python pickle stream.
    pub const PICKLE: Self = Self("pickle");
    /// Python source text.
    pub const PYTHON_SOURCE: Self = Self("python-source");
    /// TorchScript source text (a subset of Python, compiled by libtorch).
    pub const TORCHSCRIPT_SOURCE: Self = Self("torchscript-source");
    /// Python objects or code in the marshal encoding.
    pub const MARSHAL: Self = Self("marshal");
    /// A Jinja template.
    pub const JINJA: Self = Self("jinja-template");
    /// A NumPy array file.
    pub const NPY: Self = Self("npy");
    /// A PyTorch checkpoint of any layout.
    pub const TORCH: Self = Self("torch");
    /// A Keras archive or weights file.
    pub const KERAS: Self = Self("keras");
    /// JSON text.
    pub const JSON: Self = Self("json");
    /// YAML text.
    pub const YAML: Self = Self("yaml");
    /// Plain text.
    pub const TEXT: Self = Self("text");
    /// A native executable or shared library.
    pub const EXECUTABLE: Self = Self("executable");
    /// A zip archive.
    pub const ZIP: Self = Self("zip");
    /// Raw numbers (weights): bytes that no loader interprets.
    pub const TENSOR_DATA: Self = Self("tensor-data");

    /// A kind by name (lower-case words joined by `-`).
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
