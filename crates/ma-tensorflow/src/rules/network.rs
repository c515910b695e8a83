//! Operators that speak to other machines.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{about, short};
use crate::graph::uses::Use;
use crate::graph::value::{Hole, Value};
use crate::ops::{Class, Role};

declare_rule! {
    /// ## What it finds
    /// A node that connects to another machine: gRPC clients, data services, debug operators with `grpc://`, functions that run on a remote device, changes to the settings of a file system such as its endpoint. An address that is in the graph, or that can't be told, is a Warning, and Critical when loading is enough; an address that the caller gives is Info.
    ///
    /// ## Why it matters
    /// What the model is given, and what it reads, can leave your machine, and what it answers can be decided elsewhere.
    ///
    /// ## What it leaves alone
    /// Moving tensors between devices of the same program.
    ///
    /// ## What to do
    /// Ask the author what the address is for; run the model without a network.
    pub static NETWORK = {
        code: "TFG004", name: "tensorflow-network", severity: Warning,
        title: "The graph speaks to another machine",
        references: [Cwe(200), Cwe(918)],
    }
}

/// Fires once for a node.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    let (severity, message) = match used.operator.class {
        Class::Network => connects(used)?,
        Class::Write => debugs(used)?,
        _ => return None,
    };
    let severity = match severity {
        Severity::Warning if used.when.on_load() => Severity::Critical,
        severity => severity,
    };
    let call = Evidence::code("call", used.call());
    Some(
        about(Issue::new(&NETWORK, message), used)
            .severity(severity)
            .evidence(call),
    )
}

fn connects(used: &Use) -> Option<(Severity, String)> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let note = used.operator.note;
    if let Some(devices) = used.given(Role::Device) {
        let remote = devices.list.iter().find(|d| !is_local(d))?;
        let caller = remote.first_hole().is_some_and(Hole::is_caller);
        let severity = if caller {
            Severity::Info
        } else {
            Severity::Warning
        };
        let device = remote.shown();
        return Some((
            severity,
            format!("{operator} runs a function on {device} {when} ({place})"),
        ));
    }
    let Some(addresses) = used.given(Role::Address) else {
        // The client has the address.
        let severity = if operator == "RpcCall" {
            Severity::Info
        } else {
            Severity::Warning
        };
        return Some((severity, format!("{operator} {note} {when} ({place})")));
    };
    let address = addresses.list.iter().max_by_key(|a| grade(a));
    let (severity, whither) = match address {
        Some(address) => match (grade(address), address.as_text()) {
            (severity, Some(text)) => (severity, format!("at {:?}", short(&text))),
            (Severity::Info, None) => (
                Severity::Info,
                "at an address that the caller gives".to_owned(),
            ),
            (severity, None) => (
                severity,
                "at an address that can't be told from the graph".to_owned(),
            ),
        },
        None => (
            Severity::Warning,
            "at an address that can't be told from the graph".to_owned(),
        ),
    };
    Some((
        severity,
        format!("{operator} {note} {whither} {when} ({place})"),
    ))
}

/// Debug operators that send tensors away.
fn debugs(used: &Use) -> Option<(Severity, String)> {
    if used.operator.name == "DistributedSave" {
        return connects(used);
    }
    let urls = used.given(Role::Urls)?.list.iter();
    let mut urls = urls.filter_map(Value::as_text);
    let url = urls.find(|url| url.starts_with("grpc://"))?;
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let url = short(&url).into_owned();
    Some((
        Severity::Warning,
        format!("{operator} sends a tensor to {url:?} {when} ({place})"),
    ))
}

fn grade(address: &Value) -> Severity {
    if address.first_hole().is_some_and(Hole::is_caller) {
        Severity::Info
    } else {
        Severity::Warning
    }
}

/// A device of this process.
fn is_local(device: &Value) -> bool {
    let Some(text) = device.as_text() else {
        return false;
    };
    let job = text.split('/').find_map(|part| part.strip_prefix("job:"));
    job.is_none_or(|job| job == "localhost")
}
