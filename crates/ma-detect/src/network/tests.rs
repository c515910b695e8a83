//! What is reported of an address, and what is not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use ma_core::{Collector, Region};
use ma_testkit::run;

use super::*;

fn found(text: &str, kind: RegionKind, piece: usize) -> Collector {
    let artifact = run::artifact("x", text.as_bytes());
    let region = Region::new(0..text.len() as u64, kind);
    run::detect(&Network::default(), &artifact, &region, piece)
}

fn rule(text: &str, kind: RegionKind) -> String {
    let found = found(text, kind, 4096);
    assert!(found.issues.len() <= 1, "{text}");
    let issue = found.issues.first();
    issue.map_or(String::new(), |i| format!("{} {}", i.rule.code, i.severity))
}

#[test]
fn ordinary_addresses_are_silent() {
    let ordinary = [
        "https://huggingface.co/meta-llama/Llama-3.1-8B",
        "http://www.w3.org/2000/svg and http://json-schema.org/draft-07/schema#",
        "https://arxiv.org/abs/2310.01969, https://doi.org/10.1000/1",
        "https://raw.githubusercontent.com/x/y/main/install.sh",
        "http://localhost:8080/x.sh http://127.0.0.1/ http://10.0.0.1/a.exe http://192.0.2.1:80/",
        "https://some-unknown-lab.example/paper.pdf",
        "http://some-lab.example/data.tar.gz http://a.example/pytorch_model.bin",
        "torch.nn self.se os.path 1.2.3.4 malware trojan c2 beacon",
        "s3://bucket/x gs://bucket/x file:///home/x hf://a/b urn:x",
        "data: [1, 2] \"data:image/png;base64,AAAA\" metadata: javascript: is a language",
        "http://{host}:{port}/x http://%s/y http://$HOST/z",
        "https://mypastebin.com.example.org/",
        "https://münchen.example/",
    ];
    for text in ordinary {
        for kind in [RegionKind::Text, RegionKind::Code, RegionKind::Metadata] {
            assert_eq!(rule(text, kind), "", "{text}");
        }
    }
}

#[test]
fn what_is_reported() {
    let cases = [
        ("http://8.8.4.4/", "NET001 info"),
        ("x = 'http://8.8.4.4:9001/gate'", "NET001 info"),
        ("http://8.8.4.4/a.sh", "NET001 warning"),
        ("http://0x08080404/a.exe", "NET001 warning"),
        ("http://[2a00:1450::5]:80/", "NET001 info"),
        ("https://abc-def.ngrok-free.app/collect", "NET002 warning"),
        ("https://webhook.site/0123", "NET002 warning"),
        ("https://pastebin.com/raw/abc", "NET002 warning"),
        ("http://abcdefgh.onion/x", "NET002 warning"),
        ("https://discord.com/api/webhooks/1/x", "NET002 warning"),
        ("http://evil.example/update.exe", "NET003 warning"),
        ("https://huggingface.co.evil.example/x", "NET004 warning"),
        ("https://xn--gthub-n4a.com/x", "NET004 warning"),
        ("https://huggingf\u{430}ce.co/x", "NET004 warning"),
        ("<a href=\"javascript:alert(1)\">", "NET005 warning"),
        ("\"data:text/html;base64,PHNjcmlwdD4=\"", "NET005 warning"),
    ];
    for (text, want) in cases {
        assert_eq!(rule(text, RegionKind::Text), want, "{text}");
        assert_eq!(rule(text, RegionKind::Vocabulary), "", "{text}");
    }
    let gate = "connect('http://8.8.4.4:9001/gate')";
    assert_eq!(rule(gate, RegionKind::Code), "NET001 warning");
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let found = found("http://u:hunter22@8.8.4.4/x", RegionKind::Text, 4096);
    let said = format!("{:?}", found.issues);
    assert!(
        !said.contains("hunter22") && said.contains("…@8.8.4.4/x"),
        "{said}"
    );
}

#[test]
fn the_same_whatever_the_pieces() {
    let mut text = "no address here. ".repeat(300);
    for i in 0..40 {
        text.push_str(&format!("https://a{i}.ngrok.io/x 'javascript:f({i})' "));
        text.push_str(&"-".repeat(i * 11));
    }
    let whole = found(&text, RegionKind::Text, usize::MAX >> 1).issues;
    assert_eq!(whole.len(), 80);
    for piece in [1, 3, 64, 1000] {
        assert_eq!(found(&text, RegionKind::Text, piece).issues, whole);
    }
}
