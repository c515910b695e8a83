//! Nodes that are placed on other machines.

use ma_core::{Evidence, Issue, declare_rule};

use super::short;

declare_rule! {
    /// ## What it finds
    /// A node that is placed on a device of another job than `localhost`.
    ///
    /// ## Why it matters
    /// In a program that is part of a cluster, the node runs on another machine, with what it is given.
    ///
    /// ## What it leaves alone
    /// Processors of the machine itself. Graphs of distributed training have such nodes, so it is Info.
    ///
    /// ## What to do
    /// Clear the devices when you load the graph (`clear_devices=True`).
    pub static REMOTE_DEVICE = {
        code: "TFG016", name: "tensorflow-remote-device", severity: Info,
        title: "Parts of the graph are placed on another machine",
        references: [Spec("https://www.tensorflow.org/api_docs/python/tf/device")],
    }
}

/// Fires once for a device.
pub(crate) fn check(device: &str, nodes: usize) -> Issue {
    let count = if nodes == 1 {
        "1 node is".to_owned()
    } else {
        format!("{nodes} nodes are")
    };
    let message = format!("{count} placed on the device {:?}", short(device));
    Issue::new(&REMOTE_DEVICE, message)
        .evidence(Evidence::text("device", short(device).into_owned()))
}
