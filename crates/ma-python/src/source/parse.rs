//! From a text to an [`Analysis`]: bounds first, then ruff's parser, then the walk, all on a thread of its own.
//!
//! The parser of ruff (`ruff_python_parser`, which follows CPython's grammar and goes on after errors) grows its stack
//! by itself, but its tree is dropped by recursion, and so is it walked. So the text is measured before
//! ([`super::tokens::nesting`]), and everything happens on a thread whose stack is large enough for what was let
//! through. The stack is reserved, not used, unless the text is deep.

use ruff_python_ast::Mod;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::model::{Analysis, Event, EventKind, Place, SourceLimits, Unparsed, UnparsedReason};
use super::walk::Walker;
use super::{text, tokens};

/// Stack of the thread that parses, in bytes: 24 KiB for each level of nesting that the limits let through.
const STACK: usize = 256 << 20;
/// Most syntax errors that are told apart.
const ERRORS: usize = 64;

/// Finds out what a Python source does, without running it.
///
/// Never fails: what is no valid Python 3, or too much, is reported in [`Analysis::unparsed`], and the calls in it are
/// found by tokens. Cost: linear in the text but for expressions that are worked out (bounded by
/// [`SourceLimits::steps`]); a thread with a reserved stack of 256 MiB, of which ordinary files touch a few hundred KiB.
///
/// ```
/// use ma_python::source::{EventKind, Place, SourceLimits, analyse};
///
/// let analysis = analyse(b"from os import system as s\ns('echo ' + 'pwned')\n", &SourceLimits::default());
/// let call = &analysis.events[1];
/// assert_eq!((call.line, &call.place), (2, &Place::Import));
/// assert!(matches!(&call.kind, EventKind::Call { callee, .. } if callee == "os.system"));
/// ```
#[must_use]
pub fn analyse(bytes: &[u8], limits: &SourceLimits) -> Analysis {
    let head = bytes.get(..limits.bytes).unwrap_or(bytes);
    let decoded = text::decode(head);
    let mut analysis = if head.len() < bytes.len() {
        let mut analysis = by_tokens(&decoded.text);
        analysis.unparsed.push(Unparsed {
            range: 0..bytes.len(),
            line: 1,
            reason: UnparsedReason::TooLong,
            message: format!(
                "{} bytes, of which the first {} were looked at",
                bytes.len(),
                limits.bytes
            ),
        });
        analysis
    } else {
        on_big_stack(&decoded.text, limits)
    };
    if let Some((reason, message)) = decoded.problem {
        analysis.unparsed.push(Unparsed {
            range: 0..bytes.len(),
            line: 1,
            reason,
            message,
        });
    }
    for event in &mut analysis.events {
        event.range.start = event.range.start.saturating_add(decoded.skipped);
        event.range.end = event.range.end.saturating_add(decoded.skipped);
    }
    analysis
}

/// Runs the analysis on a thread with a large stack; a panic in the parser becomes a report.
fn on_big_stack(text: &str, limits: &SourceLimits) -> Analysis {
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("python-source".into())
            .stack_size(STACK);
        match thread.spawn_scoped(scope, || analyse_text(text, limits, 0)) {
            Ok(handle) => handle.join().ok(),
            Err(_) => None,
        }
    });
    outcome.unwrap_or_else(|| {
        let mut analysis = by_tokens(text);
        analysis
            .unparsed
            .push(whole(text, UnparsedReason::Failed, ""));
        analysis
    })
}

/// The analysis itself; `depth` counts texts within texts. Needs a large stack.
pub(super) fn analyse_text(text: &str, limits: &SourceLimits, depth: u8) -> Analysis {
    if tokens::nesting(text) > limits.nesting {
        let mut analysis = by_tokens(text);
        analysis
            .unparsed
            .push(whole(text, UnparsedReason::TooDeep, ""));
        return analysis;
    }
    let mode = if limits.notebook {
        Mode::Ipython
    } else {
        Mode::Module
    };
    let parsed = parse_unchecked(text, ParseOptions::from(mode));
    let mut unparsed: Vec<Unparsed> = parsed
        .errors()
        .iter()
        .take(ERRORS)
        .map(|error| {
            let range = error.location.start().to_usize()..error.location.end().to_usize();
            let line = line_of(text, range.start);
            Unparsed {
                range,
                line,
                reason: UnparsedReason::Syntax,
                message: error.error.to_string(),
            }
        })
        .collect();
    let Mod::Module(module) = parsed.syntax() else {
        unparsed.push(whole(text, UnparsedReason::Failed, ""));
        return Analysis {
            unparsed,
            ..by_tokens(text)
        };
    };
    let walked = Walker::new(text, limits, depth).run(&module.body);
    if walked.cut {
        unparsed.push(whole(text, UnparsedReason::TooMuch, ""));
    }
    let mut events = walked.events;
    if !unparsed.is_empty() {
        // The parser goes on after an error, but what it makes of the text there is a guess.
        let known: std::collections::HashSet<u32> = events.iter().map(|event| event.line).collect();
        let more = by_tokens(text)
            .events
            .into_iter()
            .filter(|event| !known.contains(&event.line));
        events.extend(more);
        events.sort_by_key(|event| event.range.start);
    }
    Analysis {
        events,
        unparsed,
        definitions: walked.definitions,
        result: walked.result,
        spent: walked.spent,
    }
}

fn whole(text: &str, reason: UnparsedReason, message: &str) -> Unparsed {
    Unparsed {
        range: 0..text.len(),
        line: 1,
        reason,
        message: message.to_owned(),
    }
}

fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Calls of dotted names that matter, by tokens alone.
fn by_tokens(text: &str) -> Analysis {
    let mut events = Vec::new();
    let (mut line, mut start, mut counted) = (1u32, 0usize, 0usize);
    for call in tokens::calls(text) {
        let dotted = if crate::value::is_builtin(&call.callee) {
            format!("builtins.{}", call.callee)
        } else {
            call.callee
        };
        if crate::behaviour::act_of(&dotted).is_none() {
            continue;
        }
        for (at, _) in text
            .as_bytes()
            .get(counted..call.range.start)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
        {
            line = line.saturating_add(1);
            start = counted.saturating_add(at).saturating_add(1);
        }
        counted = call.range.start;
        let excerpt: String = text
            .get(start..)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
            .chars()
            .take(200)
            .collect();
        events.push(Event {
            kind: EventKind::Call {
                callee: dotted,
                args: Vec::new(),
                keywords: Vec::new(),
                hidden: false,
            },
            place: Place::Unknown,
            callers: Vec::new(),
            block: 0,
            column: u32::try_from(call.range.start.saturating_sub(start))
                .unwrap_or(u32::MAX)
                .saturating_add(1),
            range: call.range,
            line,
            excerpt,
            nested: false,
        });
    }
    Analysis {
        events,
        ..Analysis::default()
    }
}
