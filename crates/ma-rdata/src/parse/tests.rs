//! Tests of the parser: every kind of value, and what breaks.
use ma_core::{Blob, Budget};

use super::*;
use crate::deparse::deparse;
use crate::fixture::{self, R, call, rds, stream, text};
use crate::model::{Data, sexp};
use crate::route::route;

fn read(bytes: &[u8]) -> (Model, Vec<Anomaly>) {
    parse(&Blob::from_vec(bytes.to_vec()), &Budget::default()).unwrap()
}

#[test]
fn the_three_encodings_give_the_same() {
    let object = R::Named(vec![
        ("a", R::Int(vec![1, i32::MIN, 3])),
        ("b", R::Real(vec![1.5, -2.0])),
        ("c", R::Str(vec!["x y", "\n\\", ""])),
        ("d", R::Raw(vec![0, 255])),
        ("e", fixture::system()),
    ]);
    let strip = |bytes: &[u8]| {
        let (model, anomalies) = read(bytes);
        assert_eq!(
            (anomalies, model.end),
            (Vec::new(), Some(bytes.len() as u64))
        );
        let kinds = model.nodes.iter().map(|n| (n.kind, n.place));
        let data = model.nodes.iter().map(|n| format!("{:?}", n.data));
        kinds.zip(data).collect::<Vec<_>>()
    };
    let xdr = strip(&stream(b'X', &object));
    assert_eq!(xdr, strip(&stream(b'B', &object)));
    assert_eq!(xdr, strip(&stream(b'A', &object)));
}

#[test]
fn code_and_ways_are_written_as_r_does() {
    let code = call(
        "<-",
        vec![
            R::Sym("x"),
            call("+", vec![text("a\"b"), R::Int(vec![1, 2])]),
        ],
    );
    let (model, _) = read(&rds(&R::Named(vec![("m", R::List(vec![("k", code)]))])));
    let id = model
        .nodes
        .iter()
        .position(|n| n.kind == sexp::LANG)
        .unwrap() as u32;
    assert_eq!(deparse(&model, id), r#"x <- "a\"b" + c(1L, 2L)"#);
    assert_eq!(route(&model, id), "object$m$k");
}

#[test]
fn references_lead_to_what_was_read() {
    let twice = R::Ints(vec![2, 1, 9, 1]);
    let mut file = rds(&twice);
    file.extend(b"x");
    for n in [2i32, 0x1ff, 254] {
        file.extend(n.to_be_bytes());
    }
    let (model, anomalies) = read(&file);
    assert!(anomalies.is_empty());
    let second = model
        .nodes
        .iter()
        .rev()
        .find(|n| n.kind == sexp::LIST)
        .unwrap();
    assert_eq!(model.at(second.car).and_then(|n| n.text()), Some("x"));
}

#[test]
fn strings_that_are_none_do_not_hide_what_follows() {
    let (model, anomalies) = read(&rds(&R::Ints(vec![16, 2, 254, 9, -1])));
    assert_eq!(anomalies.len(), 1);
    assert!(matches!(&model.nodes[0].data, Data::Strings(2, s) if s.len() == 1));
    assert!(model.end.is_some());
}

#[test]
fn heads_are_recognised() {
    assert_eq!(recognise(&rds(&fixture::NIL)), Some(true));
    assert_eq!(recognise(&stream(b'A', &fixture::NIL)), Some(true));
    assert_eq!(recognise(b"A\n3\n1\n2\n"), Some(false));
    assert_eq!(recognise(b"RDX2\nX\n"), Some(true));
    assert_eq!(recognise(b"X\n"), None);
    assert_eq!(recognise(b"BZh9"), None);
    assert_eq!(recognise(b"Anything at all"), None);
}

#[test]
fn a_cut_stream_is_never_whole() {
    let object = R::Named(vec![
        (
            "a",
            R::With(
                Box::new(R::Real(vec![1.0; 4])),
                vec![("dim", R::Int(vec![2, 2]))],
            ),
        ),
        ("b", fixture::function(R::Code(vec![fixture::harmless()]))),
    ]);
    for letter in *b"XB" {
        let whole = stream(letter, &object);
        for end in 0..whole.len() {
            let (model, anomalies) = read(&whole[..end]);
            assert!(model.end.is_none() && !anomalies.is_empty(), "{end}");
        }
    }
}
