//! What the machine forgets, and what it must not forget.

use std::ops::ControlFlow;

use ma_core::{Blob, Budget};

use crate::event::{Event, Observer, StreamEnd};
use crate::machine::Machine;
use crate::value::{ContainerKind, Taint, View};

/// Enough small tuples to make the machine forget, twice.
fn flood() -> Vec<u8> {
    b"N\x850".repeat(200_000)
}

/// Checks the value at STOP.
struct AtStop<F>(F, bool);

impl<F: FnMut(&Machine<'_>, crate::value::Value)> Observer for AtStop<F> {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        if let Event::Stop { value, .. } = event {
            (self.0)(machine, *value);
            self.1 = true;
        }
        ControlFlow::Continue(())
    }
}

fn at_stop(parts: &[&[u8]], check: impl FnMut(&Machine<'_>, crate::value::Value)) {
    let budget = Budget::default();
    let mut machine = Machine::new(Blob::from_vec(parts.concat()), 0, &budget);
    let mut observer = AtStop(check, false);
    let pause = machine.run(&mut observer).unwrap();
    assert!(observer.1, "{pause:?}");
}

#[test]
fn inert_containers_become_plain_and_constants_stay() {
    let flood = flood();
    let head = b"\x80\x04(K\x01K\x02lq\x000\x8c\x05helloq\x010".as_slice();
    at_stop(&[head, &flood, b"h\x00."], |m, v| {
        assert!(matches!(m.view(v), View::Plain(ContainerKind::List)));
        assert_eq!(m.render(v, 100), "[...]");
    });
    at_stop(&[head, &flood, b"h\x01."], |m, v| {
        assert_eq!(m.render(v, 100), "'hello'");
    });
}

#[test]
fn what_is_being_filled_keeps_its_parts() {
    let flood = flood();
    at_stop(&[b"\x80\x04](K\x01K\x02e(", &flood, b"K\x03e."], |m, v| {
        assert_eq!(m.render(v, 100), "[1, 2, 3]");
    });
}

#[test]
fn calls_keep_their_arguments() {
    let flood = flood();
    let call = b"\x80\x04cnumpy\ndtype\n(\x8c\x02f8\x89\x88tRq\x000".as_slice();
    at_stop(&[call, &flood, b"h\x00."], |m, v| {
        assert_eq!(m.render(v, 100), "numpy.dtype('f8', False, True)");
    });
    // More than can be kept: then it is known at least what was called.
    let mut many = b"\x80\x04cm\nC\nq\x000".to_vec();
    for n in 0..300_000u32 {
        many.extend(b"h\x00)Rr");
        many.extend((n + 1).to_le_bytes());
        many.push(b'0');
    }
    at_stop(&[&many, &flood, b"j\x00\x93\x04\x00."], |m, v| {
        assert_eq!(m.render(v, 100), "m.C(...)");
        let View::Instance { class, .. } = m.view(v) else {
            panic!("{:?}", m.view(v));
        };
        assert_eq!(m.global(class).full_name(), "m.C");
    });
}

#[test]
fn a_forgotten_list_that_is_changed_is_changed_for_all() {
    let flood = flood();
    let head = b"\x80\x04]q\x00\x85q\x010".as_slice();
    let change = b"h\x00cos\nsystem\na0".as_slice();
    // The list itself, by another GET, also after it was forgotten again.
    at_stop(&[head, &flood, change, &flood, b"h\x00."], |m, v| {
        assert_eq!(m.holds(v), Taint::GLOBAL);
    });
    // The tuple that held it when both were forgotten.
    at_stop(&[head, &flood, change, b"h\x01."], |m, v| {
        assert!(m.holds(v).contains(Taint::GLOBAL));
        assert!(matches!(m.view(v), View::Opaque(ContainerKind::Tuple, _)));
    });
}

#[test]
fn what_gets_in_later_is_seen_from_outside_after_a_pass() {
    let flood = flood();
    // The tuple is made before its list gets the import.
    let stream = b"\x80\x04]q\x00\x85q\x010h\x00cos\nsystem\na0".as_slice();
    at_stop(&[stream, &flood, b"h\x01."], |m, v| {
        assert!(m.holds(v).contains(Taint::GLOBAL));
    });
}

#[test]
fn computed_names_keep_their_operands() {
    let flood = flood();
    let stream = b"\x80\x04cos\nname\n\x8c\x06system\x93q\x000".as_slice();
    at_stop(&[stream, &flood, b"h\x00."], |m, v| {
        assert_eq!(
            m.render(v, 100),
            "getattr(import_module(os.name), 'system')"
        );
    });
}

#[test]
fn memory_is_bounded() {
    let budget = Budget::default();
    let mut stream = b"\x80\x04".to_vec();
    stream.extend(b"N".repeat(3_000_000));
    let mut machine = Machine::new(Blob::from_vec(stream), 0, &budget);
    machine.set_memory(8 << 20);
    let mut nobody = AtStop(|_: &Machine<'_>, _| {}, false);
    let pause = machine.run(&mut nobody).unwrap();
    assert!(matches!(
        pause,
        crate::event::Pause::Ended(StreamEnd::Limit { .. })
    ));
}

#[test]
fn small_reads_give_the_same() {
    // A source that hands out few bytes at a time must make no difference.
    struct Drip(Vec<u8>);
    impl ma_core::ByteSource for Drip {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
            let rest = self.0.get(offset as usize..).unwrap_or_default();
            let n = rest.len().min(buf.len()).min(997);
            buf[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        }
    }
    let flood = flood();
    let stream = [
        &b"\x80\x04](K\x01"[..],
        &flood,
        b"K\x02e\x8c\x14aaaaaaaaaaaaaaaaaaaaa.",
    ]
    .concat();
    let budget = Budget::default();
    let blob = Blob::new(std::sync::Arc::new(Drip(stream.clone())));
    let (log, end) = super::run(&stream);
    let mut dripped = super::Log::default();
    let pause = Machine::new(blob, 0, &budget).run(&mut dripped).unwrap();
    assert_eq!(pause, crate::event::Pause::Ended(end));
    assert_eq!(dripped.result, log.result);
}
