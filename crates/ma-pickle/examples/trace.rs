//! Lists what a pickle imports, calls and changes: `cargo run -p ma-pickle --example trace -- FILE`
//! With `--time` only how long it took.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use ma_core::{Blob, Budget, FileSource};
use ma_pickle::{Event, Machine, Observer};

struct Count(u64);

impl Observer for Count {
    fn event(&mut self, _machine: &Machine<'_>, _event: &Event<'_>) -> ControlFlow<()> {
        self.0 = self.0.saturating_add(1);
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else {
        eprintln!("usage: trace FILE [--time]");
        return Ok(());
    };
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(path)?)?));
    let budget = Budget::default();
    if args.next().is_some() {
        let begin = Instant::now();
        let mut count = Count(0);
        let mut machine = Machine::new(blob.clone(), 0, &budget);
        let pause = machine.run(&mut count)?;
        let seconds = begin.elapsed().as_secs_f64();
        let speed = blob.len() as f64 / 1e6 / seconds;
        println!("{pause:?} {:?}", machine.stats());
        println!("{seconds:.3} s, {speed:.0} MB/s, {} events", count.0);
        return Ok(());
    }
    let trace = ma_pickle::trace(&blob, &budget)?;
    for (offset, global) in &trace.imports {
        println!("{offset:>10} import {}", global.full_name());
    }
    for call in &trace.calls {
        println!("{:>10} {:?} {}", call.offset, call.kind, call.source);
    }
    for (offset, source) in trace.persistent.iter().chain(&trace.mutations) {
        println!("{offset:>10} {source}");
    }
    for (offset, anomaly) in &trace.anomalies {
        println!("{offset:>10} {}", anomaly.describe());
    }
    println!("{:?} {:?}", trace.end, trace.stats);
    Ok(())
}
