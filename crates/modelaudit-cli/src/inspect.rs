//! `modelaudit inspect`: what a file holds, with what was found marked in place.

use ma_core::{Artifact, Inspection, Report, Root, RootContent};
use ma_engine::{Engine, EngineConfig, Quiet};
use ma_report::inspect::{self, View};
use ma_sources::ResolveOptions;

use crate::args::{Format, InspectArgs};
use crate::error::Problem;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::terminal::Terminal;

/// Shows one file.
pub(crate) fn run(args: &InspectArgs, terminal: &Terminal) -> Result<u8, Problem> {
    let name = ma_sources::shown(&args.file);
    let output = Output::new(args.output.as_deref(), std::slice::from_ref(&args.file))?;
    let interrupt = Interrupt::listen();
    let artifact = resolve(args, &name, &interrupt)?;
    let config = EngineConfig {
        cancelled: interrupt.flag(),
        ..EngineConfig::default()
    };
    let engine = Engine::new(modelaudit::registry(), config);
    let views = engine.inspect(artifact.clone());
    let report = engine.scan(vec![Root::file(artifact)], &Quiet);
    if report.totals.files_scanned == 0 {
        return Err(
            Problem::new(format!("`{name}` is in no format that is known here"))
                .help("`modelaudit formats` lists what is read"),
        );
    }
    let views = completed(views, &report);
    let options = output.text_options(terminal);
    output.write(|to| match args.format {
        Format::Json => inspect::json(to, &views, &report.issues),
        Format::Text => inspect::text(to, &views, &report.issues, &options),
    })?;
    Ok(0)
}

fn resolve(args: &InspectArgs, name: &str, interrupt: &Interrupt) -> Result<Artifact, Problem> {
    let options = ResolveOptions {
        cancelled: interrupt.flag(),
        ..ResolveOptions::default()
    };
    let root = interrupt
        .blocking(|| ma_sources::try_resolve(&args.file, &options))
        .map_err(|e| Problem::new(e.message).help(e.help))?;
    match root.content {
        RootContent::File(artifact) => Ok(artifact),
        RootContent::Directory(..) => Err(Problem::new(format!("`{name}` is a directory"))
            .help("inspect shows one file: name a file in it")),
        RootContent::Failed(message) => Err(Problem::new(message)),
    }
}

/// The views in the order of the scan, with a short one for each part that has none of its own.
fn completed(views: Vec<View>, report: &Report) -> Vec<View> {
    let mut views = views;
    let mut all = Vec::with_capacity(views.len());
    for record in &report.artifacts {
        let (mine, rest): (Vec<_>, Vec<_>) = views
            .into_iter()
            .partition(|(path, _)| *path == record.path);
        views = rest;
        if mine.is_empty() {
            let format = match record.formats.is_empty() {
                true => "not recognised".to_owned(),
                false => record.formats.join(", "),
            };
            let facts = vec![("size".to_owned(), ma_report::bytes(record.size))];
            let short = Inspection {
                format,
                facts,
                sections: Vec::new(),
            };
            all.push((record.path.clone(), short));
        }
        all.extend(mine);
    }
    all.extend(views);
    all
}
