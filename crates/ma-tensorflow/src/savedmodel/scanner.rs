//! Probe; read; follow; rules; children. Graphs inside strings are scanned as the graph around them, up to
//! a depth.

use std::ops::Range;

use ma_core::{
    Blob, Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Issue, Kind, Match, Probe,
    Region, RegionKind, ScanError, Scanner, Target,
};
use ma_wire::OrBroken;
use ma_wire::protobuf::bytes;

use super::form::{Form, Found, find};
use super::model::MetaGraph;
use super::parts::{
    cut_words, duplicate_nodes, endless, holder, in_function, module, remote, unpacked, way,
};
use super::{children, inspect, read};
use crate::graph::flow::Flow;
use crate::graph::model::{Embedded, EmbeddedKind, Graph};
use crate::graph::reach::{circles, reachable};
use crate::graph::uses::uses;
use crate::graph::{embedded, read as graph_read, tensor, text};
use crate::ops::Class;
use crate::rules;

/// Graphs inside strings of graphs.
const MAX_DEPTH: u32 = 4;
/// Graphs in one file, nested ones among them.
const MAX_GRAPHS: usize = 2000;
/// Kind of the JSON that Keras keeps beside a graph.
pub const KERAS_CONFIG: Kind = Kind::new("keras-config");

/// Scans SavedModels, meta graphs, frozen graphs and the metadata of Keras.
#[derive(Debug, Clone, Copy, Default)]
pub struct TensorFlowGraph;

static INFO: FormatInfo = FormatInfo {
    id: "tensorflow",
    title: "TensorFlow SavedModel and graph",
    extensions: &["pb", "pbtxt", "meta"],
    kinds: &[Kind::new("tensorflow-graph")],
    runs_code: true,
    recognised_by: "Its structure: messages with nodes that have a name and an operator. TensorFlow's own file names decide where that does not.",
    checks: "What operators are given, followed through the graph and its functions: files written and read, addresses, native and Python functions, nested graphs; unknown operators, assets, shapes, names, embedded files.",
    spec: "https://github.com/tensorflow/tensorflow/tree/v2.21.0/tensorflow/core/protobuf",
    rules: rules::RULES,
};

impl Scanner for TensorFlowGraph {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        let found = find(probe.blob(), probe.name, &Budget::default());
        match found {
            Ok(Some(_)) => Match::Strong,
            Ok(None) | Err(_) if probe.hinted(&INFO) => Match::Weak,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Some(file) = open(target, cx)? else {
            return Ok(Coverage::Foreign);
        };
        let Some(file) = file else {
            return Ok(Coverage::Partial);
        };
        let before = cx.gaps();
        if file.found.form == Form::Fingerprint {
            return Ok(Coverage::Complete);
        }
        let mut scan = Scan {
            located: !file.found.text,
            graphs: 0,
            regions: 0,
        };
        if let Some(at) = file.broken_text {
            cx.issue(rules::malformed::check(
                "the text form can't be read on",
                at,
                0,
            ))?;
            cx.gap(
                GapReason::Malformed,
                format!("the text can't be read from byte {at} on"),
            );
        }
        scan.file(&file, cx)?;
        Ok(if cx.gaps() == before && file.broken_text.is_none() {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Some(Some(file)) = open(target, cx)? else {
            return Ok(None);
        };
        inspect::inspect(&file.blob, file.found.form, cx).map(Some)
    }
}

/// A file with its bytes in the binary form.
struct File {
    found: Found,
    blob: Blob,
    broken_text: Option<u64>,
}

/// `None` when it is none of ours, `Some(None)` when it can't be read.
fn open(target: Target<'_>, cx: &mut Cx<'_>) -> Result<Option<Option<File>>, ScanError> {
    let artifact = target.artifact();
    let Some(found) = find(&artifact.blob, artifact.path.name(), cx.budget())? else {
        return Ok(None);
    };
    if !found.text {
        return Ok(Some(Some(File {
            found,
            blob: artifact.blob.clone(),
            broken_text: None,
        })));
    }
    let limit = cx.budget().limits().max_alloc / 2;
    if artifact.blob.len() > limit {
        cx.gap(
            GapReason::Limit,
            format!("the text form is read up to {limit} bytes, and this one is longer"),
        );
        return Ok(Some(None));
    }
    let source = artifact.blob.read(0..artifact.blob.len(), cx.budget())?;
    cx.budget().charge_steps(source.len() as u64)?;
    let (bytes, broken) = text::to_bytes(&source, found.form);
    Ok(Some(Some(File {
        found,
        blob: Blob::from_vec(bytes),
        broken_text: broken.map(|at| at as u64),
    })))
}

struct Scan {
    /// Whether ranges are those of the file.
    located: bool,
    graphs: usize,
    regions: usize,
}

/// A message that is scanned: its place and the way to it.
struct Part {
    blob: Blob,
    range: Range<u64>,
    form: Form,
    library: bool,
    route: String,
    depth: u32,
    located: bool,
}

impl Scan {
    fn file(&mut self, file: &File, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let mut parts = vec![Part {
            blob: file.blob.clone(),
            range: 0..file.blob.len(),
            form: file.found.form,
            library: false,
            route: String::new(),
            depth: 0,
            located: self.located,
        }];
        while let Some(part) = parts.pop() {
            if self.graphs >= MAX_GRAPHS {
                cx.gap(
                    GapReason::Limit,
                    format!("more than {MAX_GRAPHS} graphs; the rest was not looked at"),
                );
                return Ok(());
            }
            let found = self.part(&part, cx)?;
            parts.extend(found);
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, cx: &mut Cx<'_>) -> Result<Vec<Part>, ScanError> {
        let budget = cx.budget();
        let mut cursor = part.blob.cursor(budget);
        let model = read::read(&mut cursor, part.range.clone(), part.form)?;
        self.broken(&model.broken, part, cx)?;
        if model.cut {
            cx.gap(
                GapReason::Limit,
                "lists of names are longer than what is kept of them",
            );
        }
        let mut nested = Vec::new();
        for (i, meta) in model.meta_graphs.iter().enumerate() {
            let route = match part.form {
                Form::SavedModel => format!("{}meta_graphs[{i}].graph_def.", part.route),
                Form::MetaGraph => format!("{}graph_def.", part.route),
                _ => part.route.clone(),
            };
            self.around(meta, part, cx)?;
            self.graph(meta, part, &route, cx, &mut nested)?;
            children::keras(&part.blob, meta, cx)?;
        }
        Ok(nested)
    }

    fn broken(
        &self,
        broken: &[ma_wire::Broken],
        part: &Part,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        let Some(first) = broken.first() else {
            return Ok(());
        };
        let more = broken.len().saturating_sub(1);
        let issue = rules::malformed::check(first.what, first.at, more);
        self.issue(issue, part, "", cx)?;
        cx.gap(
            GapReason::Malformed,
            format!("{first}; what lies behind it in the same message was not read"),
        );
        Ok(())
    }

    /// Issues get their place in the file and the way to the graph.
    fn issue(
        &self,
        mut issue: Issue,
        part: &Part,
        route: &str,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        if !part.located {
            issue.location.range = None;
        }
        if !route.is_empty() {
            issue.location.route = format!("{route}{}", issue.location.route);
        }
        cx.issue(issue)
    }

    /// What is around the graph: assets, values of collections.
    fn around(&mut self, meta: &MetaGraph, part: &Part, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        for asset in &meta.assets {
            if let Some(issue) = rules::asset_path::check(asset) {
                let issue = issue.at(asset.range.clone()).route("asset_file_def");
                self.issue(issue, part, &part.route, cx)?;
            }
        }
        Ok(())
    }

    fn graph(
        &mut self,
        meta: &MetaGraph,
        part: &Part,
        route: &str,
        cx: &mut Cx<'_>,
        nested: &mut Vec<Part>,
    ) -> Result<(), ScanError> {
        if meta.graph.is_empty() {
            return Ok(());
        }
        self.graphs = self.graphs.saturating_add(1);
        let budget = cx.budget();
        let mut cursor = part.blob.cursor(budget);
        let mut graph = if part.library {
            graph_read::read_library(&mut cursor, part.range.clone())?
        } else {
            graph_read::read_graph(&mut cursor, &meta.graph)?
        };
        for value in &meta.values {
            if let Some((what, base64)) = embedded::recognise(&mut cursor, value.clone())? {
                graph.embedded.push(Embedded {
                    range: value.clone(),
                    node: None,
                    what,
                    base64,
                });
            }
        }
        let place = Around { part, route };
        self.structure(&graph, &place, cx)?;
        self.uses(&graph, meta, &place, cx)?;
        self.embedded(&graph, &place, cx, nested)?;
        if part.located {
            self.regions(&graph, cx)?;
        }
        Ok(())
    }

    /// Everything that does not depend on where values come from.
    fn structure(
        &self,
        graph: &Graph,
        place: &Around<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        self.broken(&graph.broken, place.part, cx)?;
        for cut in &graph.cut {
            cx.gap(GapReason::Limit, cut_words(*cut, graph));
        }
        let mut issues = Vec::new();
        for used in &graph.operators {
            if let Some(issue) = rules::unknown_operator::check(used) {
                issues.push(issue.at(used.first.clone()));
            }
        }
        for scope in &graph.twice {
            if let Some(scope) = graph.scope(*scope) {
                issues.push(in_function(
                    rules::duplicate_name::function(&scope.name),
                    scope,
                ));
            }
        }
        for scope in graph.scopes.iter().skip(1) {
            if matches!(
                crate::ops::lookup(&scope.name),
                crate::ops::Lookup::Operator(_)
            ) {
                issues.push(in_function(
                    rules::duplicate_name::shadow(&scope.name),
                    scope,
                ));
            }
        }
        for id in circles(graph, cx.budget())? {
            if let Some(scope) = graph.scope(id) {
                issues.push(in_function(
                    rules::recursive_function::check(&scope.name),
                    scope,
                ));
            }
        }
        issues.extend(duplicate_nodes(graph, place, cx)?);
        issues.extend(remote(graph));
        let mut cursor = place.part.blob.cursor(cx.budget());
        for shape in graph.shapes.iter().take(200) {
            let holder = holder(graph, &mut cursor, Some(shape.node))?;
            let route = way(graph, &mut cursor, Some(shape.node))?;
            issues.push(rules::odd_shape::check(shape, &holder, route));
        }
        for issue in issues {
            self.issue(issue, place.part, place.route, cx)?;
        }
        Ok(())
    }

    fn uses(
        &self,
        graph: &Graph,
        meta: &MetaGraph,
        place: &Around<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        let interesting = |class| !matches!(class, Class::Plain | Class::Transfer | Class::Reader);
        if !graph.operators.iter().any(|o| interesting(o.class())) {
            return Ok(());
        }
        let budget = cx.budget();
        let assets = meta.asset_nodes();
        let reachable = reachable(graph, &meta.roots(), budget)?;
        let mut cursor = place.part.blob.cursor(budget);
        let mut flow = Flow::new(graph, &mut cursor, &assets);
        let (found, more) = uses(graph, &mut flow, &reachable)?;
        let mut issues = Vec::new();
        for used in &found {
            let module = module(used, &mut flow)?;
            let endless = used.operator.class == Class::Loop && endless(graph, used, &mut flow)?;
            issues.extend(rules::of_use(used, module.as_ref(), endless));
        }
        if more {
            let detail = "very many operators that read, write or connect; the values of the rest were not followed";
            cx.gap(GapReason::Limit, detail);
        }
        for issue in issues {
            self.issue(issue, place.part, place.route, cx)?;
        }
        Ok(())
    }

    /// Strings that are files or graphs.
    fn embedded(
        &self,
        graph: &Graph,
        place: &Around<'_>,
        cx: &mut Cx<'_>,
        nested: &mut Vec<Part>,
    ) -> Result<(), ScanError> {
        let part = place.part;
        let mut cursor = part.blob.cursor(cx.budget());
        for (i, found) in graph.embedded.iter().enumerate() {
            let holder = holder(graph, &mut cursor, found.node)?;
            let head = bytes(&mut cursor, found.range.clone(), 64)
                .or_broken()?
                .unwrap_or_default();
            let issue = rules::embedded_file::check(found.what, found.base64, &holder, &head)
                .or_else(|| rules::hidden_graph::embedded(found.what, found.base64, &holder));
            let route = way(graph, &mut cursor, found.node)?;
            if let Some(issue) = issue {
                let issue = issue.at(found.range.clone()).route(route.clone());
                self.issue(issue, part, place.route, cx)?;
            }
            let Some(blob) = unpacked(&part.blob, found, cx)? else {
                continue;
            };
            let form = match found.what {
                EmbeddedKind::Graph => Some(Form::Graph),
                EmbeddedKind::Model => model_form(&blob, cx.budget())?,
                _ => None,
            };
            let Some(form) = form else {
                let name = format!("string {i} of the graph");
                cx.child(name, blob, children::kind(found.what))?;
                continue;
            };
            if part.depth >= MAX_DEPTH {
                let detail = format!("graphs inside graphs are read {MAX_DEPTH} deep");
                cx.gap_at(GapReason::Limit, detail, found.range.clone());
                continue;
            }
            nested.push(inner(
                part,
                found,
                blob,
                form,
                format!("{}{route} → ", place.route),
                cx,
            )?);
        }
        Ok(())
    }

    fn regions(&mut self, graph: &Graph, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        for constant in &graph.constants {
            self.regions = self.regions.saturating_add(1);
            if self.regions > 5000 {
                return Ok(());
            }
            let region = if constant.strings > 0 {
                let kind = if constant.strings > 16 {
                    RegionKind::Vocabulary
                } else {
                    RegionKind::Metadata
                };
                Region::new(constant.range.clone(), kind)
            } else {
                Region::new(constant.range.clone(), RegionKind::Weights)
                    .route(tensor::type_name(constant.dtype))
                    .element(tensor::element_type(constant.dtype))
            };
            cx.region(region)?;
        }
        Ok(())
    }
}

/// The message that a graph belongs to, and the way to the graph.
pub(super) struct Around<'a> {
    part: &'a Part,
    route: &'a str,
}

impl Around<'_> {
    /// The bytes that the graph lies in.
    pub(super) fn blob(&self) -> &Blob {
        &self.part.blob
    }
}

/// A graph in a string, as a part of its own.
fn inner(
    part: &Part,
    found: &Embedded,
    blob: Blob,
    form: Form,
    route: String,
    cx: &mut Cx<'_>,
) -> Result<Part, ScanError> {
    let (blob, range) = if found.base64 {
        let range = 0..blob.len();
        (blob, range)
    } else {
        // In place, so that offsets are those of the file.
        (part.blob.clone(), found.range.clone())
    };
    let mut cursor = blob.cursor(cx.budget());
    let graph = embedded::is_graph(&mut cursor, range.clone())?;
    Ok(Part {
        library: form == Form::Graph && !graph,
        blob,
        range,
        form,
        route,
        depth: part.depth.saturating_add(1),
        located: part.located && !found.base64,
    })
}

fn model_form(blob: &Blob, budget: &Budget) -> Result<Option<Form>, ScanError> {
    Ok(find(blob, "", budget)?.map(|f| f.form))
}
