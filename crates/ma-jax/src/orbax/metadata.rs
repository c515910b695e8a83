//! The metadata of a checkpoint or array, to findings.
//!
//! Read are: `_METADATA`, `_CHECKPOINT_METADATA`, `_sharding` and `array_metadatas` of Orbax (0.12), `.zarray`,
//! `.zgroup`, `.zmetadata` and `zarr.json` of zarr 2 and 3. All are JSON; every object in them is looked at,
//! wherever it stands, since consolidated metadata nests them.

use std::ops::Range;

use ma_wire::json::{Document, Node, NodeKind};

use super::codecs::{self, Codec};
use super::model::{Finding, FindingKind, Metadata};

/// Findings and parameters that are kept.
const MAX_KEPT: usize = 10_000;
/// Bytes of a chunk above which no writer makes one.
const MAX_CHUNK: u128 = 16 << 30;
/// Drivers of TensorStore that reach other machines.
const REMOTE: [&str; 7] = [
    "http",
    "gcs",
    "gcs_grpc",
    "s3",
    "tsgrpc_kvstore",
    "bigtable",
    "kvstack",
];
/// Keys whose value names where data lies.
const PLACES: [&str; 5] = ["path", "base_url", "bucket", "url", "endpoint"];

/// Reads a metadata document.
#[must_use]
pub fn read(document: &Document) -> Metadata {
    let mut reader = Reader::default();
    let mut todo: Vec<(String, Node<'_>)> = document
        .root()
        .into_iter()
        .map(|n| (String::new(), n))
        .collect();
    while let Some((route, node)) = todo.pop() {
        if node.kind() == NodeKind::Object {
            reader.object(&route, node);
        }
        let join = |key: &str| {
            let key = ma_core::text::shorten(key, 100);
            let whole = if route.is_empty() {
                key.into_owned()
            } else {
                format!("{route}.{key}")
            };
            ma_core::text::shorten(&whole, 400).into_owned()
        };
        let start = todo.len();
        for member in node.members() {
            todo.push((join(member.key), member.value));
        }
        for (i, item) in node.items().enumerate() {
            todo.push((join(&i.to_string()), item));
        }
        // Documents are read in their own order.
        if let Some(added) = todo.get_mut(start..) {
            added.reverse();
        }
    }
    reader.metadata
}

#[derive(Default)]
struct Reader {
    metadata: Metadata,
}

impl Reader {
    fn note(
        &mut self,
        kind: FindingKind,
        what: String,
        text: &str,
        route: &str,
        range: Range<u64>,
    ) {
        if self.metadata.findings.len() < MAX_KEPT {
            self.metadata.findings.push(Finding {
                kind,
                what,
                text: ma_core::text::shorten(text, 300).into_owned(),
                route: route.to_owned(),
                range,
            });
        }
    }

    fn object(&mut self, route: &str, node: Node<'_>) {
        self.store(route, node);
        self.array(route, node);
        for member in node.members() {
            match member.key {
                "tree_metadata" => self.tree(route, member.value),
                "param_name" | "key" => {
                    if let Some(name) = member.value.as_str().filter(|n| leads_elsewhere(n)) {
                        let what = "The name of a parameter is a path elsewhere".to_owned();
                        let range = member.value.range();
                        self.note(FindingKind::ParameterPath, what, name, route, range);
                    }
                }
                "item_handlers" | "use_ocdbt" | "use_zarr3" | "zarr_format" | "driver" => {
                    self.fact(member.key, member.value);
                }
                _ => {}
            }
        }
    }

    fn fact(&mut self, key: &str, value: Node<'_>) {
        let text = value.as_str().or(value.number_text()).map(str::to_owned);
        let text = text.or(value.as_bool().map(|b| b.to_string()));
        if let Some(text) = text
            && self.metadata.facts.len() < 32
        {
            let text = ma_core::text::shorten(&text, 200).into_owned();
            self.metadata.facts.push((key.to_owned(), text));
        }
    }

    /// `tree_metadata`: one key a parameter, written as a Python tuple.
    fn tree(&mut self, route: &str, tree: Node<'_>) {
        for member in tree.members() {
            let kind = member.value.get("value_metadata");
            let kind = kind
                .and_then(|v| v.get("value_type"))
                .and_then(|t| t.as_str());
            if self.metadata.parameters.len() < MAX_KEPT {
                let key = ma_core::text::shorten(member.key, 200);
                let text = format!("{key}: {}", kind.unwrap_or("?"));
                self.metadata
                    .parameters
                    .push((member.key_range.start, text));
            }
            let mut parts = member.key.split(['\'', '"']);
            if let Some(part) = parts.find(|part| leads_elsewhere(part)) {
                let what = "The name of a parameter is a path elsewhere".to_owned();
                let range = member.key_range.clone();
                self.note(FindingKind::ParameterPath, what, part, route, range);
            }
        }
    }

    /// An object with a `driver` or `kvstore` is a TensorStore specification.
    fn store(&mut self, route: &str, node: Node<'_>) {
        // A key-value store may be written as a URL.
        let url = node.get("kvstore").or(node.get("base"));
        if let Some(url) = url
            && let Some(text) = url.as_str().filter(|u| leads_out(u))
        {
            let what = "The metadata names a store elsewhere".to_owned();
            self.note(FindingKind::StoreElsewhere, what, text, route, url.range());
        }
        let Some(driver) = node.get("driver").and_then(|d| d.as_str()) else {
            return;
        };
        let places = PLACES.iter().filter_map(|key| node.get(key));
        let places: Vec<Node<'_>> = places.filter(|p| p.as_str().is_some()).collect();
        let text = places.iter().find_map(|p| p.as_str()).unwrap_or(driver);
        if REMOTE.contains(&driver) {
            let what = format!("The metadata leads to another machine (driver `{driver}`)");
            let range = node.range();
            self.note(FindingKind::StoreElsewhere, what, text, route, range);
            return;
        }
        for place in places {
            let path = place.as_str().unwrap_or_default();
            if leads_out(path) || driver == "file" && leads_elsewhere(path) {
                let what = format!("The metadata leads out of the checkpoint (driver `{driver}`)");
                let range = place.range();
                self.note(FindingKind::StoreElsewhere, what, path, route, range);
            }
        }
    }

    /// The metadata of a zarr array: `compressor`, `filters`, `codecs`, `object_codec`; `shape`, `chunks`.
    fn array(&mut self, route: &str, node: Node<'_>) {
        let is_array = ["compressor", "filters", "codecs", "chunks", "chunk_grid"]
            .iter()
            .any(|key| node.get(key).is_some());
        if !is_array {
            return;
        }
        let dtype = node.get("dtype").or(node.get("data_type"));
        let dtype = dtype.and_then(|d| d.as_str()).unwrap_or("?");
        let shape = numbers(node.get("shape"));
        if self.metadata.parameters.len() < MAX_KEPT {
            let name = if route.is_empty() { "array" } else { route };
            let text = format!("{name}: {dtype} {shape:?}");
            self.metadata.parameters.push((node.range().start, text));
        }
        let mut pickles = false;
        for key in ["compressor", "filters", "codecs", "object_codec"] {
            let Some(value) = node.get(key) else { continue };
            let mut todo: Vec<Node<'_>> = vec![value];
            while let Some(codec) = todo.pop() {
                todo.extend(codec.items());
                // Codecs of shards lie within.
                let inside = codec.get("configuration");
                let inside = inside
                    .into_iter()
                    .flat_map(|c| [c.get("codecs"), c.get("index_codecs")]);
                todo.extend(inside.flatten());
                pickles |= self.codec(route, key, codec);
            }
        }
        if let Some(fill) = node.get("fill_value").filter(|_| pickles)
            && let Some(bytes) = fill
                .as_str()
                .and_then(|t| ma_wire::base64::decode(t.as_bytes()))
        {
            let name = if route.is_empty() {
                "fill_value".to_owned()
            } else {
                format!("{route}.fill_value")
            };
            self.metadata.pickles.push((name, bytes));
        }
        self.shape(route, node, dtype, &shape);
    }

    /// One codec. True when it unpickles.
    fn codec(&mut self, route: &str, key: &str, codec: Node<'_>) -> bool {
        let id = codec.as_str().map(|id| (id, codec.range())).or_else(|| {
            let id = codec.get("id").or(codec.get("name"))?;
            Some((id.as_str()?, id.range()))
        });
        let Some((id, range)) = id else {
            return false;
        };
        let route = if route.is_empty() {
            key.to_owned()
        } else {
            format!("{route}.{key}")
        };
        match codecs::of(id) {
            Codec::Plain => false,
            Codec::Pickle => {
                let what = "Reading the array unpickles it".to_owned();
                self.note(FindingKind::PickleCodec, what, id, &route, range);
                true
            }
            Codec::Unknown => {
                let shown = ma_core::text::shorten(id, 60);
                let what = format!("The array needs the unknown codec `{shown}`");
                self.note(FindingKind::UnknownCodec, what, id, &route, range);
                false
            }
        }
    }

    fn shape(&mut self, route: &str, node: Node<'_>, dtype: &str, shape: &[i128]) {
        let grid = node.get("chunk_grid").and_then(|g| g.get("configuration"));
        let chunks = node
            .get("chunks")
            .or(grid.and_then(|c| c.get("chunk_shape")));
        let range = node
            .get("shape")
            .or(chunks)
            .map_or(node.range(), |n| n.range());
        let chunks = numbers(chunks);
        let digits: String = dtype.chars().filter(char::is_ascii_digit).collect();
        let size: u128 = digits.parse().unwrap_or(1u128).clamp(1, 1 << 20);
        let bytes = |dims: &[i128]| {
            dims.iter()
                .try_fold(size, |n, m| n.checked_mul(u128::try_from(*m).ok()?))
        };
        let what = if shape.iter().chain(&chunks).any(|n| *n < 0) {
            "A dimension of the array is negative"
        } else if bytes(shape).is_none_or(|n| n > 1 << 63) {
            "The array has more bytes than can be addressed"
        } else if bytes(&chunks).is_none_or(|n| n > MAX_CHUNK) {
            "A chunk of the array has more than 16 GiB"
        } else {
            return;
        };
        let text = format!("shape {shape:?}, chunks {chunks:?}, {dtype}");
        self.note(FindingKind::Shape, what.to_owned(), &text, route, range);
    }
}

fn numbers(node: Option<Node<'_>>) -> Vec<i128> {
    let items = node.into_iter().flat_map(|n| n.items()).take(64);
    items
        .filter_map(|n| n.number_text()?.parse().ok())
        .collect()
}

/// Whether a name or path leads out of the folder that it belongs to.
fn leads_elsewhere(path: &str) -> bool {
    path.starts_with('/')
        || path.starts_with('\\')
        || path.get(1..3).is_some_and(|p| p == ":\\" || p == ":/")
        || path.split(['/', '\\']).any(|part| part == "..")
}

/// Whether a store, written as a URL or path, lies elsewhere.
fn leads_out(place: &str) -> bool {
    let scheme = place.split_once("://").map(|(scheme, _)| scheme);
    match scheme {
        Some("memory") | None => place.split(['/', '\\']).any(|part| part == ".."),
        Some(_) => true,
    }
}
