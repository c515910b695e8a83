//! Broken templates and configurations: nothing panics, nothing runs away, and what is cut is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::Path;

use ma_core::Kind;
use ma_detect::jinja::Template;
use ma_testkit::{malformed::fuzz, run};

fn read(folder: &str, keep: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(folder);
    let mut files: Vec<_> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|e| keep(&e.file_name().to_string_lossy()))
        .map(|e| e.path())
        .collect();
    files.sort();
    files.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

fn rules(prefix: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/golden/ma-detect");
    let mut out = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    folders.sort_by_key(std::fs::DirEntry::file_name);
    for folder in folders {
        let name = folder.file_name().to_string_lossy().into_owned();
        if name.starts_with(prefix) {
            out.extend(read(&format!("golden/ma-detect/{name}"), |n| {
                !n.ends_with(".json")
            }));
        }
    }
    out
}

#[test]
fn fuzz_template() {
    let mut seeds = rules("jinja-");
    seeds.extend(read("benign/jinja", |n| {
        n.starts_with("hermes") || n.starts_with("smollm")
    }));
    seeds.push(b"{% set ns = namespace(a='') %}{% for c in range(9) %}{% set ns.a = ns.a ~ '%c' % (c + 95) ~ 'x'|replace('x', 'y')|reverse %}{% endfor %}{{ x[ns.a][1:-1:2] ~ dict(a=1)|join }}".to_vec());
    fuzz(&seeds, ma_detect::fuzz::template);
}

#[test]
fn fuzz_template_config() {
    let mut seeds = rules("jinja-duplicate");
    seeds.extend(rules("jinja-template-drift"));
    seeds.push(br#"{"chat_template": [{"name": "a", "template": "{{ x }}"}, {"template": ["y", {"z": "w"}]}], "p": {"x_chat_template": {"default": "q"}}}"#.to_vec());
    fuzz(&seeds, ma_detect::fuzz::template_config);
}

/// A template that is cut inside of a tag or a block is never read as clean.
#[test]
fn what_is_cut_is_said() {
    let template = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{# c #}{% endfor %}";
    for end in 1..template.len() {
        let found = run::scan_as(&Template, "x", &template.as_bytes()[..end], Kind::JINJA);
        // The first character alone is only text.
        assert!(end == 1 || !found.gaps.is_empty(), "{}", &template[..end]);
    }
}
