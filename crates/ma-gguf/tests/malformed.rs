//! Broken files: nothing panics, nothing runs away, and a file that is cut never reads as clean.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod build;

use build::{File, arr, boolv, f32v, kv, kv_str, kv_u32, llama, llamafile, strs, whisper};
use ma_testkit::{malformed::fuzz, run};

fn full() -> File {
    File::plain()
        .kv(kv("tokenizer.ggml.tokens", strs(&["a", "b", "a"])))
        .kv(kv(
            "tokenizer.ggml.scores",
            arr(6, [f32v(0.0), f32v(1.0), f32v(2.0)]),
        ))
        .kv(kv_u32("tokenizer.ggml.eos_token_id", 2))
        .kv(kv("tokenizer.ggml.add_bos_token", boolv(1)))
        .kv(kv_str("tokenizer.chat_template", "{{ messages }}"))
        .kv(kv("x.nested", arr(9, [arr(4, []), arr(9, [arr(8, [])])])))
        .kv(kv_str("general.url", "https://u:p@example.com/"))
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        full().build(),
        full().version(1).build(),
        full().big_endian(true).build(),
        File::plain()
            .tensor("c", &[256], 139, 64)
            .tensor("d", &[8], 0, 32)
            .at(4096)
            .tail(&[0; 5000])
            .build(),
        llama(b"tjgg", Some(3)).out,
        llama(b"lmgg", None).out,
        whisper().out,
        llamafile(&[(".args", b"-m\nx.gguf\n--host\n0.0.0.0\n")]),
    ]
}

#[test]
fn fuzz_parse() {
    fuzz(&seeds(), ma_gguf::fuzz::parse);
}

#[test]
fn fuzz_scan() {
    fuzz(&seeds(), |bytes| {
        ma_gguf::fuzz::scan(bytes);
        ma_gguf::fuzz::parts(bytes);
    });
}

#[test]
fn a_cut_file_is_never_clean() {
    let gguf = File::plain().unpadded().build();
    for n in 4..gguf.len() {
        let found = run::scan(&ma_gguf::Gguf, "x.gguf", &gguf[..n]);
        assert!(!found.gaps.is_empty(), "cut at {n}");
    }
    for old in [
        llama(b"tjgg", Some(3)).out,
        llama(b"lmgg", None).out,
        whisper().out,
    ] {
        // Where a tensor ends the file may end: nothing in it says how many there are.
        let ends = |n: usize| {
            let found = run::scan(&ma_gguf::Ggml, "x.bin", &old[..n]);
            found.gaps.is_empty()
        };
        let clean: Vec<usize> = (4..old.len()).filter(|n| ends(*n)).collect();
        assert!(clean.len() <= 1, "{clean:?}");
    }
}
