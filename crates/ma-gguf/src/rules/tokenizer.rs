//! The tokenizer.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::{Gguf, Kv, Value};
use crate::parse::shown;

declare_rule! {
    /// ## What it finds
    /// Ids of special tokens beyond the list of tokens, lists of scores or types that are not as long
    /// as the list of tokens, and tokens of more than 64 KiB. Info: tokens that occur twice, ids of
    /// rarely used tokens beyond the list.
    /// ## Why it matters
    /// Loaders use the id as a place in the list and copy a token into a buffer: both have led to reads
    /// and writes of foreign memory. A tokenizer that was tampered with also changes what the model is
    /// told.
    /// ## What it leaves alone
    /// Vocabularies of any size and content. The value 4294967295 stands for no token.
    /// ## What to do
    /// Compare the tokenizer with that of the original model.
    pub static TOKENIZER = {
        code: "GUF014", name: "gguf-tokenizer", severity: Warning,
        title: "The tokenizer contradicts itself",
        references: [Cwe(1284), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Bytes above which a token is none.
const LONGEST_TOKEN: u64 = 65_536;
/// Keys with ids that every loader uses.
const IDS: &[&str] = &["bos", "eos", "unknown"];
/// Keys with ids that only some models have.
const RARE_IDS: &[&str] = &[
    "eot",
    "eom",
    "padding",
    "seperator",
    "mask",
    "fim_pre",
    "fim_suf",
    "fim_mid",
    "fim_pad",
    "fim_rep",
    "fim_sep",
    "prefix",
    "suffix",
    "middle",
    "cls",
];

/// Fires on each contradiction.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let mut issues = Vec::new();
    if let (Some(tokens), Some(kv)) = (
        gguf.array("tokenizer.ggml.tokens"),
        gguf.get("tokenizer.ggml.tokens"),
    ) {
        issues.extend(ids(gguf, tokens.len));
        issues.extend(lists(gguf, tokens.len));
        let repeated = tokens.strings.as_ref().map_or(0, |s| s.repeated);
        if repeated > 0 {
            let message = format!("{repeated} of {} tokens occur a second time", tokens.len);
            issues.push(issue(kv, message).severity(Severity::Info));
        }
    }
    for kv in gguf
        .kvs
        .iter()
        .filter(|kv| kv.key.starts_with("tokenizer.ggml."))
    {
        let Value::Array(array) = &kv.value else {
            continue;
        };
        if let Some(strings) = array.strings.as_ref().filter(|s| s.longest > LONGEST_TOKEN) {
            let at = strings.longest_at;
            let message = format!("An entry has {} bytes", strings.longest);
            let end = at.saturating_add(8);
            issues.push(issue(kv, message).at(at..end));
        }
    }
    issues
}

fn issue(kv: &Kv, message: impl Into<String>) -> Issue {
    Issue::new(&TOKENIZER, message)
        .at(kv.range.clone())
        .route(shown(&kv.key))
}

fn ids(gguf: &Gguf, tokens: u64) -> Vec<Issue> {
    let common = IDS.iter().map(|id| (id, Severity::Warning));
    let rare = RARE_IDS.iter().map(|id| (id, Severity::Info));
    let fired = common.chain(rare).filter_map(|(name, severity)| {
        let kv = gguf.get(&format!("tokenizer.ggml.{name}_token_id"))?;
        let (id, none) = match kv.value {
            Value::Uint(id) => (i128::from(id), id == u64::from(u32::MAX)),
            Value::Int(id) => (i128::from(id), id == -1),
            _ => return None,
        };
        if none || (0..i128::from(tokens)).contains(&id) {
            return None;
        }
        let message = format!("Token {id} is not one of the {tokens} tokens");
        Some(issue(kv, message).severity(severity))
    });
    fired.collect()
}

fn lists(gguf: &Gguf, tokens: u64) -> Vec<Issue> {
    let keys = ["tokenizer.ggml.scores", "tokenizer.ggml.token_type"];
    let fired = keys.iter().filter_map(|key| {
        let kv = gguf.get(key)?;
        let Value::Array(array) = &kv.value else {
            return None;
        };
        let message = format!("The list has {} entries for {tokens} tokens", array.len);
        (array.len != tokens).then(|| issue(kv, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    const RULE: &str = "gguf-tokenizer";

    fn with(more: &[Kv], tokens: &[&str]) -> Option<ma_core::Severity> {
        let file = File::new().kv(kv("tokenizer.ggml.tokens", strs(tokens)));
        let file = more.iter().cloned().fold(file, File::kv);
        fired(RULE, &file.build())
    }

    #[test]
    fn fires_on_contradictions() {
        let three = ["a", "b", "c"];
        let id = |n| [kv_u32("tokenizer.ggml.eos_token_id", n)];
        assert_eq!(with(&id(3), &three), WARNING);
        assert_eq!(with(&id(2), &three), None);
        assert_eq!(with(&id(u64::from(u32::MAX)), &three), None);
        assert_eq!(
            with(&[kv_u32("tokenizer.ggml.mask_token_id", 9)], &three),
            INFO
        );
        let scores = |n: usize| {
            [kv(
                "tokenizer.ggml.scores",
                arr(6, (0..n).map(|_| f32v(0.0))),
            )]
        };
        assert_eq!(with(&scores(2), &three), WARNING);
        assert_eq!(with(&scores(3), &three), None);
        assert_eq!(with(&[], &["a", "b", "a"]), INFO);
        assert_eq!(with(&[], &[&"x".repeat(70_000)]), WARNING);
    }
}
