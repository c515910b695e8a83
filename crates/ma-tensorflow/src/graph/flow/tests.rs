//! Values are followed; what is not followed is a hole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use std::collections::HashMap;

use ma_core::{Blob, Budget};

use super::Flow;
use crate::graph::model::hash;
use crate::graph::read_graph;
use crate::graph::text::to_bytes;
use crate::graph::value::Values;
use crate::savedmodel::Form;

const CONST: &str = "op: 'Const' attr { key: 'value' value { tensor { dtype: DT_STRING";

/// What the first input of the node `w` may be, in the main graph or in the function `f`.
fn given(text: &str, assets: &[(&str, &str)]) -> Values {
    let (bytes, broken) = to_bytes(text.replace("CONST", CONST).as_bytes(), Form::Graph);
    assert_eq!(broken, None, "{text}");
    let blob = Blob::from_vec(bytes);
    let budget = Budget::default();
    let mut cursor = blob.cursor(&budget);
    let whole = 0..blob.len();
    let graph = read_graph(&mut cursor, std::slice::from_ref(&whole)).unwrap();
    let assets = assets
        .iter()
        .map(|(n, f)| (hash(n.as_bytes()), (*f).to_owned()));
    let assets: HashMap<_, _> = assets.collect();
    let mut flow = Flow::new(&graph, &mut cursor, &assets);
    let node = (0..graph.scopes.len() as u32)
        .find_map(|s| flow.named(crate::graph::ScopeId(s), hash(b"w")))
        .unwrap();
    flow.input(node, 0).unwrap()
}

fn shown(text: &str) -> String {
    given(text, &[]).shown()
}

#[test]
fn constants_through_what_passes_them_on() {
    let text = "node { name: 'c' CONST string_val: '/etc/x' } } } }
        node { name: 'i' op: 'Identity' input: 'c:0' } node { name: 'e' op: 'ExpandDims' input: 'i' }
        node { name: 's' op: 'Switch' input: 'e' } node { name: 'm' op: 'Merge' input: 's:1' input: 'n' }
        node { name: 'n' op: 'NextIteration' input: 'm' }
        node { name: 'w' op: 'WriteFile' input: '^z' input: 'm' }";
    assert_eq!(shown(text), "\"/etc/x\"");
}

#[test]
fn strings_that_are_built() {
    let text = "node { name: 'a' CONST string_val: '/etc' } } } } node { name: 'b' CONST string_val: 'x' } } } }
        node { name: 'j' op: 'StringJoin' input: 'a' input: 'b' attr { key: 'separator' value { s: '/' } } }
        node { name: 'u' op: 'StringUpper' input: 'j' } node { name: 'w' op: 'X' input: 'u' }";
    assert_eq!(shown(text), "\"/ETC/X\"");
    let text = "node { name: 'a' CONST string_val: 'L2V0Yy94' } } } }
        node { name: 'd' op: 'DecodeBase64' input: 'a' } node { name: 'w' op: 'X' input: 'd' }";
    assert_eq!(shown(text), "\"/etc/x\"");
    let text = "node { name: 'a' CONST string_val: ['/', 'e', 't', 'c', '/', 'e'] } } } }
        node { name: 'd' op: 'ReduceJoin' input: 'a' } node { name: 'w' op: 'X' input: 'd' }";
    assert_eq!(shown(text), "\"/etc/e\"");
    let text = "node { name: 'n' op: 'Const' attr { key: 'value' value { tensor { dtype: DT_INT32 int_val: [47, 101] } } } }
        node { name: 'u' op: 'UnicodeEncode' input: 'n' } node { name: 'w' op: 'X' input: 'u' }";
    assert_eq!(shown(text), "\"/e\"");
}

#[test]
fn the_pattern_of_savers() {
    let text = "node { name: 'c' CONST string_val: 'model' } } } }
        node { name: 'f' op: 'PlaceholderWithDefault' input: 'c' }
        node { name: 't' CONST string_val: '_temp/part' } } } }
        node { name: 'j' op: 'StringJoin' input: 'f' input: 't' }
        node { name: 'h' op: 'ShardedFilename' input: 'j' } node { name: 'w' op: 'SaveV2' input: 'h' }";
    let values = given(text, &[]);
    assert_eq!(values.shown(), "\"model_temp/part-?????-of-?????\"");
    assert!(values.list[0].default);
}

#[test]
fn into_functions_and_out_of_them() {
    let function = "library { function { signature { name: 'f' input_arg { name: 'a' } output_arg { name: 'r' } }
        node_def { name: 'i' op: 'Identity' input: 'a' } ret { key: 'r' value: 'i:output:0' }
        node_def { name: 'INNER' op: 'X' input: 'i:output:0' } } }";
    let call = "node { name: 'c' CONST string_val: '/x' } } } }
        node { name: 'p' op: 'PartitionedCall' input: 'c' attr { key: 'f' value { func { name: 'f' } } } }";
    let outside = format!(
        "{call} node {{ name: 'w' op: 'X' input: 'p' }} {}",
        function.replace("INNER", "o")
    );
    assert_eq!(shown(&outside), "\"/x\"");
    let inside = format!("{call} {}", function.replace("INNER", "w"));
    assert_eq!(shown(&inside), "\"/x\"");
    assert_eq!(shown(&function.replace("INNER", "w")), "<argument a>");
    let direct = format!("node {{ name: 'c' CONST string_val: '/x' }} }} }} }} node {{ name: 'p' op: 'f' input: 'c' }}
        node {{ name: 'w' op: 'X' input: 'p' }} {}", function.replace("INNER", "o"));
    assert_eq!(shown(&direct), "\"/x\"");
}

#[test]
fn variables_queues_and_assets() {
    let text = "node { name: 'p' op: 'Placeholder' } node { name: 'v' op: 'VarHandleOp' }
        node { name: 'a' op: 'AssignVariableOp' input: 'v' input: 'p' }
        node { name: 'r' op: 'ReadVariableOp' input: 'v' } node { name: 'w' op: 'X' input: 'r' }";
    assert_eq!(
        given(text, &[("p", "vocab.txt")]).shown(),
        "<asset vocab.txt>"
    );
    assert_eq!(shown(text), "<placeholder p>");
}

#[test]
fn circles_end() {
    let text =
        "node { name: 'a' op: 'Identity' input: 'b' } node { name: 'b' op: 'Identity' input: 'a' }
        node { name: 'w' op: 'X' input: 'a' }";
    assert_eq!(shown(text), "<…>");
    let text = "node { name: 'a' op: 'StringJoin' input: 'a' input: 'a' } node { name: 'w' op: 'X' input: 'a' }";
    assert_eq!(shown(text), "[]");
    let text = "library { function { signature { name: 'f' input_arg { name: 'a' } }
        node_def { name: 'p' op: 'f' input: 'a' } node_def { name: 'w' op: 'X' input: 'a' } } }";
    assert_eq!(shown(text), "<argument a>");
}
