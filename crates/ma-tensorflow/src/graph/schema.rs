//! The fields of the messages around a graph by their names, for the text form. Only what the model reads
//! is here; other fields are skipped.

/// A message type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    SavedModel,
    MetaGraph,
    MetaInfo,
    Saver,
    CollectionEntry,
    Collection,
    Values,
    Messages,
    Any,
    SignatureEntry,
    Signature,
    InfoEntry,
    Info,
    Shape,
    Dim,
    Asset,
    Graph,
    Node,
    AttrEntry,
    Attr,
    List,
    Func,
    Tensor,
    Variant,
    Library,
    Gradient,
    Function,
    StringEntry,
    Op,
    Arg,
    Objects,
    Object,
    Reference,
    UserObject,
    FunctionObject,
    BareFunction,
    SaveableEntry,
    Saveable,
    /// A message whose fields are not read.
    Skipped,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Float,
    Double,
    Message(Message),
}

type Fields = &'static [(&'static str, u32, Kind)];

use Kind::{Double, Float, Message as M, Number, Text};

/// The number and type of a field; `None` for one that is not read.
pub(super) fn field(message: Message, name: &str) -> Option<(u32, Kind)> {
    let fields = around(message).or_else(|| inside(message)).unwrap_or(&[]);
    let found = fields.iter().find(|(n, _, _)| *n == name);
    found.map(|(_, number, kind)| (*number, *kind))
}

/// Messages around the graph.
fn around(message: Message) -> Option<Fields> {
    use Message as T;
    Some(match message {
        T::SavedModel => &[
            ("saved_model_schema_version", 1, Number),
            ("meta_graphs", 2, M(T::MetaGraph)),
        ],
        T::MetaGraph => &[
            ("meta_info_def", 1, M(T::MetaInfo)),
            ("graph_def", 2, M(T::Graph)),
            ("saver_def", 3, M(T::Saver)),
            ("collection_def", 4, M(T::CollectionEntry)),
            ("signature_def", 5, M(T::SignatureEntry)),
            ("asset_file_def", 6, M(T::Asset)),
            ("object_graph_def", 7, M(T::Objects)),
        ],
        T::MetaInfo => &[("tags", 4, Text), ("tensorflow_version", 5, Text)],
        T::Saver => &[
            ("filename_tensor_name", 1, Text),
            ("save_tensor_name", 2, Text),
            ("restore_op_name", 3, Text),
        ],
        T::CollectionEntry => &[("key", 1, Text), ("value", 2, M(T::Collection))],
        T::Collection => &[
            ("node_list", 1, M(T::Values)),
            ("bytes_list", 2, M(T::Values)),
            ("any_list", 5, M(T::Messages)),
        ],
        T::Values => &[("value", 1, Text)],
        T::Messages => &[("value", 1, M(T::Any))],
        T::Any => &[("type_url", 1, Text), ("value", 2, Text)],
        T::SignatureEntry => &[("key", 1, Text), ("value", 2, M(T::Signature))],
        T::Signature => &[
            ("inputs", 1, M(T::InfoEntry)),
            ("outputs", 2, M(T::InfoEntry)),
            ("method_name", 3, Text),
        ],
        T::InfoEntry => &[("key", 1, Text), ("value", 2, M(T::Info))],
        T::Info => &[
            ("name", 1, Text),
            ("dtype", 2, Number),
            ("tensor_shape", 3, M(T::Shape)),
        ],
        T::Asset => &[("tensor_info", 1, M(T::Info)), ("filename", 2, Text)],
        T::Objects => &[("nodes", 1, M(T::Object))],
        T::Object => &[
            ("children", 1, M(T::Reference)),
            ("user_object", 4, M(T::UserObject)),
            ("function", 6, M(T::FunctionObject)),
            ("bare_concrete_function", 8, M(T::BareFunction)),
            ("saveable_objects", 11, M(T::SaveableEntry)),
            ("registered_name", 13, Text),
        ],
        T::Reference => &[("node_id", 1, Number), ("local_name", 2, Text)],
        T::UserObject => &[("identifier", 1, Text), ("metadata", 3, Text)],
        T::FunctionObject => &[("concrete_functions", 1, Text)],
        T::BareFunction => &[("concrete_function_name", 1, Text)],
        T::SaveableEntry => &[("key", 1, Text), ("value", 2, M(T::Saveable))],
        T::Saveable => &[
            ("save_function", 2, Number),
            ("restore_function", 3, Number),
        ],
        _ => return None,
    })
}

/// Messages of the graph.
fn inside(message: Message) -> Option<Fields> {
    use Message as T;
    Some(match message {
        T::Graph => &[("node", 1, M(T::Node)), ("library", 2, M(T::Library))],
        T::Node => &[
            ("name", 1, Text),
            ("op", 2, Text),
            ("input", 3, Text),
            ("device", 4, Text),
            ("attr", 5, M(T::AttrEntry)),
        ],
        T::AttrEntry => &[("key", 1, Text), ("value", 2, M(T::Attr))],
        T::Attr => &[
            ("list", 1, M(T::List)),
            ("s", 2, Text),
            ("i", 3, Number),
            ("f", 4, Float),
            ("b", 5, Number),
            ("type", 6, Number),
            ("shape", 7, M(T::Shape)),
            ("tensor", 8, M(T::Tensor)),
            ("placeholder", 9, Text),
            ("func", 10, M(T::Func)),
        ],
        T::List => &[
            ("s", 2, Text),
            ("i", 3, Number),
            ("f", 4, Float),
            ("b", 5, Number),
            ("type", 6, Number),
            ("shape", 7, M(T::Shape)),
            ("tensor", 8, M(T::Tensor)),
            ("func", 9, M(T::Func)),
        ],
        T::Func => &[("name", 1, Text), ("attr", 2, M(T::AttrEntry))],
        T::Shape => &[("dim", 2, M(T::Dim)), ("unknown_rank", 3, Number)],
        T::Dim => &[("size", 1, Number)],
        T::Tensor => &[
            ("dtype", 1, Number),
            ("tensor_shape", 2, M(T::Shape)),
            ("tensor_content", 4, Text),
            ("float_val", 5, Float),
            ("double_val", 6, Double),
            ("int_val", 7, Number),
            ("string_val", 8, Text),
            ("int64_val", 10, Number),
            ("bool_val", 11, Number),
            ("half_val", 13, Number),
            ("variant_val", 15, M(T::Variant)),
            ("uint32_val", 16, Number),
            ("uint64_val", 17, Number),
        ],
        T::Variant => &[
            ("type_name", 1, Text),
            ("metadata", 2, Text),
            ("tensors", 3, M(T::Tensor)),
        ],
        T::Library => &[
            ("function", 1, M(T::Function)),
            ("gradient", 2, M(T::Gradient)),
        ],
        T::Gradient => &[("function_name", 1, Text), ("gradient_func", 2, Text)],
        T::Function => &[
            ("signature", 1, M(T::Op)),
            ("node_def", 3, M(T::Node)),
            ("ret", 4, M(T::StringEntry)),
            ("control_ret", 6, M(T::StringEntry)),
        ],
        T::StringEntry => &[("key", 1, Text), ("value", 2, Text)],
        T::Op => &[
            ("name", 1, Text),
            ("input_arg", 2, M(T::Arg)),
            ("output_arg", 3, M(T::Arg)),
        ],
        T::Arg => &[("name", 1, Text)],
        _ => return None,
    })
}

/// The message of an expanded Any (`[type.googleapis.com/tensorflow.AssetFileDef] { … }`).
pub(super) fn any(url: &str) -> Option<Message> {
    url.ends_with("tensorflow.AssetFileDef")
        .then_some(Message::Asset)
}

/// The number of a named value of an enumeration.
pub(super) fn number(name: &str) -> Option<i64> {
    let name = name.strip_prefix("DT_")?;
    let (name, reference) = match name.strip_suffix("_REF") {
        Some(name) => (name, 100i64),
        None => (name, 0),
    };
    let at = [
        "INVALID",
        "FLOAT",
        "DOUBLE",
        "INT32",
        "UINT8",
        "INT16",
        "INT8",
        "STRING",
        "COMPLEX64",
        "INT64",
        "BOOL",
        "QINT8",
        "QUINT8",
        "QINT32",
        "BFLOAT16",
        "QINT16",
        "QUINT16",
        "UINT16",
        "COMPLEX128",
        "HALF",
        "RESOURCE",
        "VARIANT",
        "UINT32",
        "UINT64",
    ]
    .iter()
    .position(|n| *n == name)?;
    i64::try_from(at).ok()?.checked_add(reference)
}
