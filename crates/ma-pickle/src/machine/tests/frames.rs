//! FRAME and its two readings.

use super::{effects, result, run, run_with};
use crate::event::{Anomaly, Raw, StreamEnd};

fn frame(n: u64) -> Vec<u8> {
    [&[0x95][..], &n.to_le_bytes()].concat()
}

#[test]
fn frames_change_nothing_by_themselves() {
    let stream = [b"\x80\x04", &frame(3)[..], b"K\x05."].concat();
    assert_eq!(result(&stream), "5");
    assert!(run(&stream).0.anomalies.is_empty());
    let two = [b"\x80\x04", &frame(2)[..], b"K\x05", &frame(1)[..], b"."].concat();
    assert_eq!(result(&two), "5");
    assert!(run(&two).0.anomalies.is_empty());
}

#[test]
fn long_and_nested_frames_are_anomalies() {
    let long = [b"\x80\x04", &frame(1000)[..], b"K\x05."].concat();
    assert_eq!(result(&long), "5");
    assert_eq!(run(&long).0.anomalies, [Anomaly::LongFrame]);
    let nested = [b"\x80\x04", &frame(13)[..], b"N", &frame(2)[..], b"K\x05."].concat();
    assert_eq!(result(&nested), "5");
    assert!(run(&nested).0.anomalies.contains(&Anomaly::NestedFrame));
}

#[test]
fn outside_frames() {
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(b"N0".repeat(20));
    stream.extend(b"N.");
    assert_eq!(run(&stream).0.anomalies, [Anomaly::OutsideFrame]);
}

/// `FRAME 2` covers the opcode and the first byte of BINBYTES' length.
fn straddling() -> Vec<u8> {
    let hidden = b"cos\nsystem\n(S'echo pwned'\ntR.";
    let mut stream = b"\x80\x05N(".to_vec();
    stream.extend(frame(2));
    stream.extend(b"B\x07\x01\0\0\0\0");
    stream.extend(hidden);
    stream.resize(stream.len() + 263 - 2 - hidden.len(), b'x');
    stream.extend(b"t.");
    stream
}

#[test]
fn a_straddled_frame_is_read_in_both_ways() {
    let stream = straddling();
    let (log, end) = run(&stream);
    assert_eq!(log.anomalies[0], Anomaly::FrameStraddle);
    assert_eq!(
        end,
        StreamEnd::Stop {
            end: stream.len() as u64
        }
    );
    assert_eq!(
        log.lines,
        ["fork 13", "import os.system 5", "os.system('echo pwned')"]
    );
}

#[test]
fn the_hidden_reading_is_found_when_the_linear_one_is_cut() {
    let mut stream = straddling();
    stream.truncate(stream.len() - 100);
    let (log, end) = run(&stream);
    assert!(log.anomalies.contains(&Anomaly::FrameStraddle));
    assert!(matches!(end, StreamEnd::Truncated { .. }));
    assert_eq!(log.lines.last().unwrap(), "os.system('echo pwned')");
}

#[test]
fn a_straddling_name_is_another_name() {
    // The line "sys" is dropped with the frame; the name comes from behind it.
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(frame(7));
    stream.extend(b"cos\nsys");
    stream.extend(b"tem\nspawn\n.");
    let names = effects(&stream);
    assert_eq!(names, ["import os.system 4", "fork 11", "import os.tem 4"]);
    // A payload that straddles is dropped too, but not that of bytes.
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(frame(4));
    stream.extend(b"\x8c\x04ab");
    stream.extend(b"cdef.gh.");
    let (log, _) = run(&stream);
    assert_eq!(log.lines, ["fork 11"]);
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(frame(4));
    stream.extend(b"C\x04ab");
    stream.extend(b"cd.");
    let (log, _) = run(&stream);
    assert!(log.lines.is_empty());
    assert_eq!(log.result.unwrap(), "b'abcd'");
}

#[test]
fn a_spliced_constant_is_read_where_it_lies() {
    let mut stream = b"\x80\x04\x8c\x02os".to_vec();
    stream.extend(frame(4));
    stream.extend(b"\x8c\x06no");
    stream.extend(b"system\x93.");
    let names = effects(&stream);
    // Linear: 'nosyst', then "em…" is no STACK_GLOBAL.
    assert!(
        names.contains(&"import os.system 4".to_owned()),
        "{names:?}"
    );
}

#[test]
fn an_inner_frame_beyond_the_outer_one_drops_bytes() {
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(frame(11));
    stream.extend(frame(11));
    stream.extend(b"N0");
    stream.extend(b"cos\nsystem\n.");
    let (log, _) = run(&stream);
    assert!(log.anomalies.contains(&Anomaly::FrameStraddle));
    assert!(log.lines.iter().any(|l| l.starts_with("fork")));
}

#[test]
fn forks_are_bounded() {
    let mut stream = b"\x80\x04".to_vec();
    for _ in 0..50 {
        stream.extend(frame(2));
        stream.extend(b"M\x05\x00N");
    }
    stream.extend(b".");
    let (log, _) = run(&stream);
    assert!(log.anomalies.contains(&Anomaly::ForkSkipped));
    let forks = log.lines.iter().filter(|l| l.starts_with("fork")).count();
    assert!(forks <= 8);
}

#[test]
fn raw_data_of_a_wrapper_inside_a_frame_lies_behind_the_frame() {
    let mut stream = b"\x80\x04".to_vec();
    let inside = b"cm\nA\n)\x81}bK\x05\x86";
    stream.extend(frame(inside.len() as u64));
    stream.extend(inside);
    stream.extend(b"\xff\xff\xff.");
    let (log, end) = run_with(&stream, Raw::Skip(3));
    assert!(log.anomalies.contains(&Anomaly::RawInFrame));
    assert!(matches!(end, StreamEnd::Stop { .. }), "{end:?}");
}
