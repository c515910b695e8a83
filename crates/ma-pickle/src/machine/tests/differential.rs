//! What CPython's two unpicklers import, recorded, against what the machine says.
//!
//! `recorded.txt` was written by a script that ran harmless streams (what `pickle.dumps` writes,
//! quirks, random opcodes) under CPython with a `find_class` that notes its arguments. Each sequence
//! must be the beginning of ours: the machine does not know which imports and calls fail, so it may go
//! on where a loader stopped, but never the other way round.

use ma_core::{Blob, Budget};

use super::Log;
use crate::event::StreamEnd;
use crate::machine::Machine;

fn run_all(bytes: &[u8]) -> (Log, Vec<StreamEnd>) {
    let budget = Budget::default();
    let mut log = Log::default();
    let mut machine = Machine::new(Blob::from_vec(bytes.to_vec()), 0, &budget);
    machine.run(&mut log).unwrap();
    let ends = machine.ends().to_vec();
    (log, ends)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .map(|b| char::from(b).to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

#[test]
fn imports_are_those_of_cpython() {
    let mut streams = 0;
    for line in include_str!("recorded.txt").lines().skip(1) {
        let fields: Vec<&str> = line.split('|').collect();
        let [stream, c, python, loads] = fields[..] else {
            panic!("{line}");
        };
        let stream = unhex(stream);
        let (log, ends) = run_all(&stream);
        let linear = log.lines.split(|l| l.starts_with("fork"));
        let readings: Vec<Vec<String>> = linear
            .map(|lines| {
                let names = lines.iter().filter_map(|l| l.strip_prefix("import "));
                names
                    .map(|l| l.rsplit_once(' ').unwrap().0.to_owned())
                    .collect()
            })
            .collect();
        for recorded in [c, python] {
            let names: Vec<String> = recorded
                .split(',')
                .filter(|n| !n.is_empty())
                .map(|n| n.replace(':', "."))
                .collect();
            let found = readings.iter().any(|ours| {
                let same = |(a, b): (&String, &String)| a == b || a.contains('?');
                ours.len() >= names.len() && ours.iter().zip(&names).all(same)
            });
            assert!(found, "{stream:02x?}\n{names:?}\n{readings:?} {ends:?}");
        }
        if loads == "1" {
            let loaded = ends.iter().any(|e| matches!(e, StreamEnd::Stop { .. }));
            assert!(loaded, "{stream:02x?} {ends:?}");
        }
        streams += 1;
    }
    assert!(streams > 300);
}
