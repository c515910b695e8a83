//! Takes artifacts that are plain text where nobody else does.

use ma_core::{
    Artifact, Blob, Coverage, Cx, Evidence, FormatInfo, Issue, Kind, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Severity, Target, scanner::PROBE_HEAD,
};

use super::{RULES, SCRIPT_FILE, base64, is_text, shebang, text_length};

/// Takes artifacts that are plain text where nobody else does.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainText;

static INFO: FormatInfo = FormatInfo {
    id: "text",
    title: "Plain text",
    extensions: &[
        "txt", "md", "rst", "csv", "tsv", "json", "yaml", "yml", "toml", "cfg", "ini", "log", "sh",
    ],
    kinds: &[Kind::TEXT],
    runs_code: false,
    recognised_by: "UTF-8 without control characters, to the end",
    checks: "whether it is a script, pickles in it as base64, what follows the text",
    spec: "RFC 3629",
    rules: RULES,
};

/// Extensions under which a script is no surprise.
const SCRIPTS: &[&str] = &[
    "sh", "bash", "zsh", "py", "pl", "rb", "js", "command", "csh", "fish",
];

/// Bytes of text at the beginning of a file named as one that make it worth a look.
const MIN_BEGINNING: usize = 16;

/// Bytes read at a time, and how much of one block is looked at again with the next, so that a
/// payload across the border is seen whole.
const BLOCK: usize = 4 << 20;

impl Scanner for PlainText {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let whole = probe.head.len() as u64 == probe.len();
        // Under the name of a text, what merely begins as one is looked at too: something follows it.
        let begins = probe.named(&INFO) && text_length(probe.head, whole) >= MIN_BEGINNING;
        if probe.members.is_some() || !(begins || is_text(probe.head, whole)) {
            Match::No
        } else if probe.hinted(&INFO) {
            Match::Strong
        } else {
            Match::Weak
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        script(artifact, cx)?;
        let len = artifact.blob.len();
        let mut at = 0u64;
        let mut block = Vec::new();
        while at < len {
            cx.budget().check()?;
            let left = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
            block.resize(left.min(BLOCK), 0);
            let got = artifact.blob.read_at(at, &mut block)?;
            cx.budget().note_read(got as u64);
            let last = at.saturating_add(got as u64) >= len;
            let bytes = block.get(..got).unwrap_or(&[]);
            let text = text_length(bytes, last);
            pickles(bytes.get(..text).unwrap_or(&[]), at, cx)?;
            at = at.saturating_add(text as u64);
            // Up to three bytes of a cut character wait for the next block.
            if got == 0 || (text.saturating_add(3) < got) || (last && text < got) {
                break;
            }
        }
        cx.region(Region::new(0..at, RegionKind::Text))?;
        if at < len {
            cx.child("after the text", artifact.blob.tail(at), None)?;
        }
        Ok(Coverage::NoModel)
    }
}

fn pickles(text: &[u8], at: u64, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for (start, bytes) in base64::pickles(text) {
        let offset = at.saturating_add(start as u64);
        cx.child(
            format!("base64 at byte {offset}"),
            Blob::from_vec(bytes),
            None,
        )?;
    }
    Ok(())
}

fn script(artifact: &Artifact, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let head = artifact.blob.head(PROBE_HEAD)?;
    let Some(interpreter) = shebang(&head) else {
        return Ok(());
    };
    let extension = artifact.path.extension();
    let expected = artifact.depth == 0 && SCRIPTS.contains(&extension.as_str());
    let severity = if expected {
        Severity::Info
    } else {
        Severity::Warning
    };
    let end = head.iter().position(|b| *b == b'\n').unwrap_or(head.len());
    let message = format!("A script for {interpreter}");
    let excerpt: Vec<_> = head.split(|b| *b == b'\n').take(8).collect();
    let excerpt = String::from_utf8_lossy(&excerpt.join(&b'\n')).into_owned();
    cx.issue(
        Issue::new(&SCRIPT_FILE, message)
            .severity(severity)
            .at(0..end as u64)
            .evidence(Evidence::code("first lines", excerpt)),
    )
}
