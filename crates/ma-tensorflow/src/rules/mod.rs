//! What is an issue in a graph: the one list.

pub mod asset_path;
pub mod checkpoint_path;
pub mod duplicate_name;
pub mod embedded_file;
pub mod file_read;
pub mod file_write;
pub mod hidden_graph;
pub mod malformed;
pub mod native_call;
pub mod network;
pub mod odd_shape;
pub mod python_function;
pub mod recursive_function;
pub mod remote_device;
pub mod rpc_server;
pub mod stops_process;
pub mod unknown_operator;

use std::borrow::Cow;

use ma_core::text::shorten;
use ma_core::{Issue, Rule};

use crate::graph::uses::Use;

/// All rules about graphs.
pub static RULES: &[&Rule] = &[
    &file_write::FILE_WRITE,
    &file_read::FILE_READ,
    &checkpoint_path::CHECKPOINT_PATH,
    &network::NETWORK,
    &python_function::PYTHON_FUNCTION,
    &native_call::NATIVE_CALL,
    &rpc_server::RPC_SERVER,
    &hidden_graph::HIDDEN_GRAPH,
    &unknown_operator::UNKNOWN_OPERATOR,
    &asset_path::ASSET_PATH,
    &odd_shape::ODD_SHAPE,
    &duplicate_name::DUPLICATE_NAME,
    &recursive_function::RECURSIVE_FUNCTION,
    &stops_process::STOPS_PROCESS,
    &embedded_file::EMBEDDED_FILE,
    &remote_device::REMOTE_DEVICE,
    &malformed::MALFORMED,
];

/// An issue about a node, with its place.
pub(crate) fn about(issue: Issue, used: &Use) -> Issue {
    issue.at(used.range.clone()).route(used.route())
}

/// Text of a file, short enough for a sentence.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    shorten(text, 120)
}

/// All issues of one node.
pub(crate) fn of_use(
    used: &Use,
    module: Option<&native_call::Module>,
    endless: bool,
) -> Vec<Issue> {
    let found = [
        file_write::check(used),
        file_read::check(used),
        checkpoint_path::check(used),
        network::check(used),
        python_function::check(used),
        native_call::check(used, module),
        rpc_server::check(used),
        hidden_graph::check(used),
        stops_process::check(used, endless),
    ];
    found.into_iter().flatten().collect()
}
