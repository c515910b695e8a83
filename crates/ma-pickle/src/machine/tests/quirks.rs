//! Where loaders differ, and what no pickler writes.

use ma_core::{Blob, Budget};

use super::{Log, anomalies, effects, refusal, result, run, run_with};
use crate::event::{Anomaly, Pause, Raw, StreamEnd};
use crate::machine::Machine;

/// The payload that stands behind each quirk; it must be reached.
const PAYLOAD: &[u8] = b"cos\nsystem\n(S'echo pwned'\ntR.";

fn reaches_payload(before: &[u8]) -> Vec<Anomaly> {
    let (log, end) = run(&[before, PAYLOAD].concat());
    assert!(matches!(end, StreamEnd::Stop { .. }), "{before:?} {end:?}");
    assert_eq!(log.lines.last().unwrap(), "os.system('echo pwned')");
    log.anomalies
}

#[test]
fn numbers_that_pickletools_refuses() {
    for (number, kind) in [
        (&b"I7\0zzz\n"[..], Anomaly::NulInNumber),
        (b"L7\0zz\n", Anomaly::NulInNumber),
        (b"F1.5\0zz\n", Anomaly::NulInNumber),
        (b"I0x10\n", Anomaly::OddNumber),
        (b"I1_000\n", Anomaly::OddNumber),
        (b"I 5\n", Anomaly::OddNumber),
        (b"I010\n", Anomaly::OddNumber),
        (b"F 1.5\n", Anomaly::OnlyPython),
    ] {
        let seen = reaches_payload(&[number, b"0"].concat());
        assert!(seen.contains(&kind), "{number:?} {seen:?}");
    }
    let seen = reaches_payload(b"Np3\x00\n0");
    assert!(seen.contains(&Anomaly::NulInNumber));
    assert_eq!(result(b"K\x05p3\n0g +3\n."), "5".to_owned());
    assert_eq!(result(b"I7\0zzz\n."), "7");
    assert_eq!(result(b"I0x10\n."), "16");
    assert_eq!(refusal(b"Iabc\n."), "could not convert string to int");
    assert_eq!(refusal(b"Fabc\n."), "could not convert string to float");
    assert_eq!(
        refusal(b"gabc\n."),
        "invalid literal for int() with base 10"
    );
}

#[test]
fn protocols() {
    assert!(anomalies(b"\x80\x04N.").is_empty());
    assert!(anomalies(b"K\x01.").is_empty());
    assert_eq!(anomalies(b"N0\x80\x02N."), [Anomaly::LateProto]);
    assert_eq!(anomalies(b"\x80\x02\x80\x04N."), [Anomaly::SecondProto]);
    assert_eq!(anomalies(b"\x80\x09N."), [Anomaly::BadProto]);
    assert_eq!(refusal(b"\x80\x09N."), "unsupported pickle protocol");
    assert_eq!(
        anomalies(b"\x80\x02\x8c\x01x\x940\x8f."),
        [Anomaly::AboveProtocol]
    );
    assert_eq!(anomalies(b"\x88."), [Anomaly::AboveProtocol]);
    // The naming rules are those at each import.
    assert_eq!(
        effects(b"\x80\x04cos\na\n\x80\x02cos\na\ncos\nb\n."),
        ["import os.a 4", "import os.a 2", "import os.b 2"]
    );
}

#[test]
fn what_only_the_python_unpickler_accepts() {
    assert_eq!(anomalies(b"cos\nsystem\n(S'x'\nlR."), [Anomaly::OnlyPython]);
    assert_eq!(effects(b"cos\nsystem\n(S'x'\nlR.")[1], "os.system(*['x'])");
    assert!(anomalies(b"cos\nC\n(S'x'\nl\x81.").contains(&Anomaly::OnlyPython));
    // The whole pairs are set before it fails.
    let (log, end) = run(b"cos\nC\n)R(K\x01K\x02K\x03u.");
    assert_eq!(log.lines[2], "os.C()[1, 2]");
    assert!(matches!(end, StreamEnd::Error { .. }));
    // `extend` is called with nothing.
    assert_eq!(effects(b"cos\nC\n)R(e.")[2], "os.C() += ");
    // A last line that ends with the file: `readline()[:-1]` loses its last character.
    let (log, end) = run(b"(S'x'\nios\nsystem?");
    assert_eq!(log.lines[1], "os.system('x')");
    assert_eq!(log.anomalies, [Anomaly::Unterminated]);
    assert!(matches!(end, StreamEnd::Truncated { .. }));
}

#[test]
fn memo_indices() {
    let mut stream = b"Nr".to_vec();
    stream.extend(2_000_000_000u32.to_le_bytes());
    let seen = reaches_payload(&[&stream[..], b"0"].concat());
    assert!(seen.contains(&Anomaly::MemoBomb) && seen.contains(&Anomaly::MemoHole));
    assert_eq!(result(b"K\x09p4000000000\n0g4000000000\n."), "9");
    assert!(reaches_payload(b"Nr\xe8\x03\0\x000").is_empty());
    assert_eq!(
        refusal(b"g99999999999999999999\n"),
        "Python int too large to convert to C ssize_t"
    );
}

#[test]
fn confusion_of_what_lies_where() {
    // Noise between the operands, moved by POP_MARK, DUP and GET.
    for stream in [
        &b"\x8c\x02os\x8c\x06system(\x8c\x05torch\x8c\x04Size1\x93."[..],
        b"\x8c\x02os2q\x000\x8c\x06system\x93.",
        b"\x8c\x02osq\x000\x8c\x06systemq\x010\x8c\x05torch0h\x00h\x01\x93.",
    ] {
        assert_eq!(effects(stream), ["import os.system 0"], "{stream:?}");
    }
}

#[test]
fn buffers_are_not_in_files() {
    assert_eq!(anomalies(b"\x80\x05\x97\x98."), [Anomaly::BufferInFile; 2]);
    assert_eq!(effects(b"\x97."), ["buffer"]);
}

#[test]
fn bombs() {
    let mut stream = b"]q\x00".to_vec();
    for n in 0..20u8 {
        stream.extend(b"](");
        for _ in 0..10 {
            stream.extend([b'h', n]);
        }
        stream.extend([b'e', b'q', n + 1]);
    }
    stream.push(b'.');
    assert!(anomalies(&stream).contains(&Anomaly::ExpansionBomb));
    // From the outside in: the parts were empty when they became parts.
    let mut stream = b"]q\x00".to_vec();
    for n in 0..20u8 {
        stream.extend([b'h', n]);
        stream.extend(b"]q");
        stream.extend([n + 1, b'0', b'(']);
        for _ in 0..10 {
            stream.extend([b'h', n + 1]);
        }
        stream.extend(b"e0");
    }
    stream.extend(b"h\x00.");
    assert!(anomalies(&stream).contains(&Anomaly::ExpansionBomb));
    let mut marks = vec![b'('; 200_000];
    assert_eq!(anomalies(&marks), [Anomaly::DepthBomb]);
    marks.extend(b"N.");
    let mut nested = b"N".to_vec();
    nested.extend(vec![0x85; 200_000]);
    nested.push(b'.');
    let (log, end) = run(&nested);
    assert!(log.anomalies.contains(&Anomaly::DepthBomb));
    assert!(matches!(end, StreamEnd::Stop { .. }));
}

#[test]
fn a_list_in_itself_is_shown() {
    assert_eq!(result(b"]q\x00h\x00a."), "[...]");
    assert_eq!(
        result(b"]q\x00(h\x00h\x00e2\x86."),
        "([..., ...], [..., ...])"
    );
    let shown = result(b"]q\x00(h\x00tq\x01a0h\x01.");
    assert_eq!(shown, "([...],)");
}

#[test]
fn unused_stack_is_harmless() {
    assert_eq!(anomalies(b"NN."), [Anomaly::UnusedStack]);
    assert_eq!(anomalies(b"(N."), [Anomaly::UnusedStack]);
}

#[test]
fn raw_data_behind_build() {
    let head = b"cjoblib\nArray\n)\x81}b";
    let skip = |n| run_with(&[&head[..], b"\xff\xff\xff0K\x05."].concat(), Raw::Skip(n));
    assert_eq!(skip(3).0.result.unwrap(), "5");
    assert!(matches!(skip(100).1, StreamEnd::Truncated { .. }));
    let (_, end) = run_with(&[&head[..], b"x"].concat(), Raw::Stop);
    assert_eq!(end, StreamEnd::Undecodable { at: 18 });
}

#[test]
fn a_nested_pickle_behind_build() {
    let bytes = b"cjoblib\nArray\n)\x81}b\x80\x02N.0K\x05.".to_vec();
    let budget = Budget::default();
    let blob = Blob::from_vec(bytes);
    let mut log = Log {
        raw: Raw::Pickle,
        ..Log::default()
    };
    let mut machine = Machine::new(blob.clone(), 0, &budget);
    assert_eq!(
        machine.run(&mut log).unwrap(),
        Pause::NestedPickle { offset: 18 }
    );
    let mut inner = Machine::new(blob, 18, &budget);
    let mut inner_log = Log::default();
    let end = inner.run(&mut inner_log).unwrap();
    assert_eq!(end, Pause::Ended(StreamEnd::Stop { end: 22 }));
    assert!(inner_log.anomalies.is_empty());
    machine.resume_at(22);
    machine.run(&mut log).unwrap();
    assert_eq!(log.result.unwrap(), "5");
}
