//! Each format with a made-up secret of its own, and what must stay silent. The secrets are put
//! together here, so that no scanner of source takes them for real ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use ma_core::{Collector, Region};
use ma_testkit::run;

use super::*;

/// Characters that look random, the same in every run.
fn noise(n: usize, alphabet: &str, seed: u64) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut rng = ma_testkit::malformed::Rng::new(seed);
    (0..n)
        .map(|_| alphabet[rng.below(alphabet.len())])
        .collect()
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

fn found(text: &[u8], kind: RegionKind, piece: usize) -> Collector {
    let artifact = run::artifact("x", text);
    let region = Region::new(0..text.len() as u64, kind);
    run::detect(&Secrets::default(), &artifact, &region, piece)
}

fn titles(text: &str, kind: RegionKind) -> Vec<String> {
    let found = found(text.as_bytes(), kind, 1 << 18);
    let pairs = found.issues.iter();
    pairs
        .map(|i| format!("{} {}", i.severity, i.message))
        .collect()
}

fn github(prefix: &str) -> String {
    let body = noise(30, ALNUM, 7);
    let mut sum = u64::from(crc32fast::hash(body.as_bytes()));
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(digits[(sum % 62) as usize]);
        sum /= 62;
    }
    tail.reverse();
    format!("{prefix}{body}{}", String::from_utf8(tail).unwrap())
}

fn provider_tokens() -> Vec<String> {
    vec![
        format!("AKIA{}", noise(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 1)),
        format!("AIza{}", noise(35, ALNUM, 2)),
        github("ghp_"),
        github("gho_"),
        github("npm_"),
        format!("github_pat_{}_{}", noise(22, ALNUM, 3), noise(59, ALNUM, 4)),
        format!("glpat-{}", noise(20, ALNUM, 5)),
        format!("hf_{}", noise(34, LETTERS, 6)),
        format!(
            "sk-proj-{}T3BlbkFJ{}",
            noise(74, ALNUM, 8),
            noise(74, ALNUM, 9)
        ),
        format!("sk-{}T3BlbkFJ{}", noise(20, ALNUM, 8), noise(20, ALNUM, 9)),
        format!("sk-ant-api03-{}AA", noise(93, ALNUM, 10)),
        format!("gsk_{}", noise(52, ALNUM, 11)),
        format!("nvapi-{}", noise(64, ALNUM, 12)),
        format!("dapi{}", noise(32, HEX, 13)),
        format!(
            "xoxb-{}-{}-{}",
            noise(12, "123456789", 14),
            noise(12, "123456789", 15),
            noise(24, ALNUM, 16)
        ),
        format!("sk_live_{}", noise(24, ALNUM, 17)),
        format!("pypi-AgEIcHlwaS5vcmc{}", noise(120, ALNUM, 18)),
        format!(
            "AGE-SECRET-KEY-1{}",
            noise(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 19)
        ),
        format!("lsv2_pt_{}_{}", noise(32, HEX, 20), noise(10, HEX, 21)),
    ]
}

#[test]
fn tokens_are_found_everywhere_and_never_printed() {
    for token in provider_tokens() {
        for kind in [
            RegionKind::Text,
            RegionKind::Weights,
            RegionKind::Vocabulary,
        ] {
            let mut bytes = vec![0x80; 50];
            bytes.extend(format!("\"{token}\"").bytes());
            bytes.extend([0xff; 30]);
            let found = found(&bytes, kind, 1 << 18);
            assert_eq!(found.issues.len(), 1, "{token} in {kind:?}");
            let issue = &found.issues[0];
            assert_eq!(issue.location.range, Some(51..51 + token.len() as u64));
            let said = format!("{issue:?}");
            assert!(!said.contains(&token[..12]), "{said}");
        }
    }
}

#[test]
fn what_is_no_token_is_left_alone() {
    let silent = [
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        "token: hf_abcdefghijklmnopqrstuvwxyzABCDEFGH".to_owned(),
        format!("ghp_{}", noise(36, ALNUM, 40)),
        format!("x{}", github("ghp_")),
        format!("{}x", github("ghp_")),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----".to_owned(),
        "postgres://user:password@localhost/db".to_owned(),
        "postgres://${USER}:${PASSWORD}@db.internal/x".to_owned(),
        r#"{"eos_token": "<|endoftext|>", "secret_key_proj": "weight_0_key_projection"}"#.to_owned(),
        "password = os.environ['PASSWORD']".to_owned(),
        "api_key = self.config.api_key_1234_value".to_owned(),
        "secret: 0123456789abcdef0123456789abcdef".to_owned(),
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c".to_owned(),
        "sha256 secret_sum = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"".to_owned(),
    ];
    for text in silent {
        assert_eq!(titles(&text, RegionKind::Text), [""; 0], "{text}");
    }
    // A setting in a vocabulary, and a token that is a part of a longer word there.
    let setting = format!("password = \"{}\"", noise(20, ALNUM, 30));
    assert_eq!(titles(&setting, RegionKind::Text).len(), 1);
    assert_eq!(titles(&setting, RegionKind::Vocabulary), [""; 0]);
    assert_eq!(titles(&setting, RegionKind::Weights), [""; 0]);
}

#[test]
fn severities() {
    let account = format!(
        "DefaultEndpointsProtocol=https;AccountKey={}==;",
        noise(86, ALNUM, 31)
    );
    assert_eq!(
        titles(&account, RegionKind::Text),
        ["critical Azure storage account key in the file"]
    );
    let aws = format!("aws_secret_access_key = {}", noise(40, ALNUM, 32));
    assert_eq!(
        titles(&aws, RegionKind::Text)[0],
        "critical AWS secret access key in the file"
    );
    let test = format!("sk_test_{}", noise(24, ALNUM, 33));
    assert_eq!(
        titles(&test, RegionKind::Text),
        ["info Stripe test key in the file"]
    );
    let url = format!(
        "url=postgresql://svc:{}@db.corp.net/x",
        noise(14, ALNUM, 34)
    );
    assert_eq!(
        titles(&url, RegionKind::Metadata),
        ["warning Database address with password in the file"]
    );
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let n = group.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for i in 0..=group.len() {
            out.push(char::from(alphabet[(n >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

#[test]
fn private_keys() {
    let mut der = vec![0x30, 0x82, 0x04, 0xbd];
    der.extend(noise(300, ALNUM, 50).bytes());
    let body = base64(&der);
    let lines: Vec<&str> = (0..body.len() / 64)
        .map(|i| &body[i * 64..i * 64 + 64])
        .collect();
    for separator in ["\n", "\\n", "\r\n"] {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            let key = format!(
                "x = \"-----BEGIN {label}-----{separator}{}{separator}-----END {label}-----\"",
                lines.join(separator)
            );
            assert_eq!(
                titles(&key, RegionKind::Text),
                ["critical Private key in the file"]
            );
            let encrypted = key.replace(label, "ENCRYPTED PRIVATE KEY");
            assert_eq!(
                titles(&encrypted, RegionKind::Text),
                ["warning Private key in the file"]
            );
        }
    }
}

#[test]
fn web_tokens() {
    let token = |claims: &str| {
        let header = base64(br#"{"alg":"RS256","typ":"JWT"}"#);
        let rest = base64(claims.as_bytes())
            .replace('+', "-")
            .replace('/', "_");
        format!("{header}.{rest}.{}", noise(43, ALNUM, 60))
    };
    let long = token(r#"{"sub":"svc-training","scope":"all"}"#);
    assert_eq!(
        titles(&long, RegionKind::Text),
        ["warning JSON Web Token in the file"]
    );
    let short = token(r#"{"sub":"svc-training","iat":1700000000,"exp":1700003600}"#);
    assert_eq!(
        titles(&short, RegionKind::Text),
        ["info JSON Web Token in the file"]
    );
    let other = long.replacen("eyJ", "eyX", 1);
    assert_eq!(titles(&other, RegionKind::Text), [""; 0]);
}

#[test]
fn the_same_whatever_the_pieces() {
    let mut bytes = vec![b' '; 9000];
    for (i, token) in provider_tokens().iter().enumerate() {
        bytes.extend(format!("\nkey{i} = '{token}'").bytes());
        bytes.extend(vec![b' '; i * 37]);
    }
    for kind in [RegionKind::Text, RegionKind::Weights] {
        let whole = found(&bytes, kind, usize::MAX >> 1).issues;
        assert!(whole.len() >= 19);
        for piece in [1usize, 7, 100, 4096] {
            assert_eq!(
                found(&bytes, kind, piece).issues,
                whole,
                "pieces of {piece}"
            );
        }
    }
}
