//! Graphs that listen.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::graph::uses::Use;
use crate::graph::value::Values;
use crate::ops::Role;

declare_rule! {
    /// ## What it finds
    /// `RpcServer`, `RpcServerRegister` or `RpcServerStart`: nodes that open a port and offer functions of the graph to whoever connects.
    ///
    /// ## Why it matters
    /// Whoever reaches the machine can run these functions as long as the model is loaded: a back door.
    ///
    /// ## What it leaves alone
    /// Clients; they are judged by their address.
    ///
    /// ## What to do
    /// Do not load the model.
    pub static RPC_SERVER = {
        code: "TFG007", name: "tensorflow-rpc-server", severity: Critical,
        title: "The graph opens a network port",
        references: [Cwe(912), Cwe(506)],
    }
}

/// Fires on every such node.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let what = match operator {
        "RpcServer" => {
            let address = used
                .given(Role::Address)
                .map_or_else(String::new, Values::shown);
            format!("makes a server at {address}")
        }
        "RpcServerRegister" => {
            let function = used
                .given(Role::Function)
                .map_or_else(String::new, Values::shown);
            format!("offers the function {function} to whoever connects")
        }
        "RpcServerStart" => "starts to listen".to_owned(),
        _ => return None,
    };
    let message = format!("{operator} {what} {when} ({place})");
    Some(
        about(Issue::new(&RPC_SERVER, message), used).evidence(Evidence::code("call", used.call())),
    )
}
