//! Plain data of a TensorFlow.js model, with a byte range on everything.

use std::collections::BTreeMap;
use std::ops::Range;

use ma_core::GapReason;
use ma_wire::content::Content;

use crate::ops::Reach;
use crate::tflite::verdict::Verdict;

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// `graph-model` or `layers-model`, as written.
    pub format: String,
    /// What made it.
    pub made_by: Vec<String>,
    /// Groups of files with weights.
    pub groups: Vec<Group>,
    /// How often each operator occurs.
    pub operators: BTreeMap<String, u64>,
    /// Functions of the graph.
    pub functions: Vec<String>,
    /// Names of inputs and outputs.
    pub signature: Vec<String>,
    /// Where the description of layers stands, for layers models.
    pub layers: Option<Range<u64>>,
    /// Constants that have their own format.
    pub embedded: Vec<Embedded>,
    /// Constants that are graphs of TensorFlow: the node and the bytes.
    pub graphs: Vec<(String, Vec<u8>)>,
    /// What the specification does not allow, or what does more than compute.
    pub anomalies: Vec<Anomaly>,
    /// What was not looked at.
    pub gaps: Vec<(GapReason, String, Option<Range<u64>>)>,
}

/// Files whose bytes in a row are the weights of one list.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The files.
    pub paths: Vec<(String, Range<u64>)>,
    /// The weights.
    pub weights: Vec<Weight>,
    /// Where it stands.
    pub range: Range<u64>,
}

/// A weight.
#[derive(Debug, Clone, Default)]
pub struct Weight {
    /// Its name.
    pub name: String,
    /// Its type, as written.
    pub dtype: String,
    /// The type that it is stored as, when it is quantised.
    pub stored: Option<String>,
    /// Its shape.
    pub shape: Vec<i64>,
    /// Where it stands.
    pub range: Range<u64>,
}

impl Weight {
    /// Bytes of one element as stored; `None` for text and unknown types.
    #[must_use]
    pub fn element_size(&self) -> Option<u64> {
        Some(match self.stored.as_deref().unwrap_or(&self.dtype) {
            "float32" | "int32" => 4,
            "float16" | "uint16" => 2,
            "bool" | "uint8" => 1,
            "complex64" => 8,
            _ => return None,
        })
    }

    /// Number of elements, where it can be counted.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        let mut count = 1u64;
        for dim in &self.shape {
            count = count.checked_mul(u64::try_from(*dim).ok()?)?;
        }
        Some(count)
    }

    /// Bytes that it takes; `None` when they can't be told.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.elements()?.checked_mul(self.element_size()?)
    }
}

/// A constant that has its own format.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The node.
    pub node: String,
    /// Where its text stands.
    pub range: Range<u64>,
    /// What it begins like.
    pub content: Content,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Something worth an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// The way to it.
    pub route: String,
    /// Where.
    pub range: Range<u64>,
}

/// What is worth an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// It is no JSON from here on.
    Broken(&'static str),
    /// A key that occurs twice in an object.
    Duplicate {
        /// The key.
        key: String,
        /// Whether the values differ.
        differs: bool,
    },
    /// A file with weights that lies elsewhere.
    Path {
        /// The path.
        path: String,
        /// Where it leads.
        reach: Reach,
    },
    /// A file with weights that is not there, and how many more there are.
    Missing(String, usize),
    /// A weight with a shape that can't be.
    Shape {
        /// The weight.
        name: String,
        /// Its shape.
        shape: Vec<i64>,
    },
    /// A type that TensorFlow.js does not know.
    Dtype(String),
    /// Files and weights that are not equally large.
    Size {
        /// Bytes that the weights take.
        need: u64,
        /// Bytes that the files have.
        have: u64,
    },
    /// An operator that does more than compute.
    Operator {
        /// The operator.
        op: String,
        /// What it does.
        verdict: Verdict,
    },
    /// A script of a web page in a text.
    Script(String),
    /// Bytes of a file that belong to no weight.
    Unclaimed(Content),
}
