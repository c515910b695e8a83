//! The reader and the disassembler against what CPython itself says (`testdata/marshal`).

use super::*;

const VERSIONS: &[&str] = &[
    "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14",
];

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/marshal/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read(name: &str) -> Parsed {
    parse(&file(name), &MarshalLimits::default())
}

fn calls(summary: &CodeSummary) -> Vec<String> {
    summary.calls.iter().map(ToString::to_string).collect()
}

/// Names, locals, text constants and sizes of all code objects, as `dump` writes them in Python.
fn listing(parsed: &Parsed) -> String {
    let mut out = String::new();
    for (_, code) in parsed.code_objects() {
        let Some(Object::Bytes(bytes)) = code.code.map(|id| parsed.get(id)) else {
            panic!("no code")
        };
        let texts: Vec<String> = parsed
            .strings(code.consts)
            .into_iter()
            .filter(|text| {
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
            .collect();
        let locals = parsed.strings(code.local_names);
        // From 3.11 on cells and free variables stand among the locals: their kind lacks the bit of a local.
        let kinds = match code.local_kinds.map(|id| parsed.get(id)) {
            Some(Object::Bytes(kinds)) => kinds.clone(),
            _ => vec![0x20; locals.len()],
        };
        let locals: Vec<String> = locals
            .into_iter()
            .zip(kinds)
            .filter(|(_, kind)| kind & 0x20 != 0)
            .map(|(name, _)| name)
            .collect();
        out += &format!(
            "code\t{}\t{}\t{}\n",
            parsed.text(code.name).unwrap(),
            bytes.len(),
            code.first_line
        );
        out += &format!(
            "names\t{}\nlocals\t{}\ntexts\t{}\n",
            parsed.strings(code.names).join(","),
            locals.join(","),
            texts.join(",")
        );
    }
    out
}

#[test]
fn code_objects_of_all_versions_read_as_python_reads_them() {
    for version in VERSIONS {
        let parsed = read(&format!("sample-{version}.bin"));
        assert!(parsed.is_clean(), "{version}: {:?}", parsed.anomalies);
        let expected = String::from_utf8(file(&format!("sample-{version}.tsv"))).unwrap();
        assert_eq!(listing(&parsed), expected, "{version}");
        assert_eq!(
            parsed.consumed,
            file(&format!("sample-{version}.bin")).len()
        );
    }
}

#[test]
fn calls_are_named_in_all_versions() {
    for version in VERSIONS {
        let summary = summarise(&read(&format!("sample-{version}.bin")), None);
        let calls = calls(&summary);
        for expected in [
            "os.system('echo pwned')",
            "os.popen('echo pwned')",
            "eval('1+1')",
            "os.path.join('a', 'b')",
            "subprocess.call('echo pwned', shell=True)",
            "subprocess.Popen(['echo', 'pwned'], stdout=subprocess.PIPE)",
            "subprocess.Popen.wait()",
            "subprocess.run(['echo', 'pwned'], shell=False)",
            "eval(…)",
        ] {
            assert!(
                calls.iter().any(|call| call == expected),
                "{version}: {expected} in {calls:#?}"
            );
        }
        let systems = calls
            .iter()
            .filter(|call| *call == "os.system('echo pwned')")
            .count();
        assert_eq!(systems, 3, "{version}: {calls:#?}");
        assert!(summary.followed, "{version}");
        assert!(summary.imports.contains(&"subprocess".to_owned()));
    }
}

#[test]
fn the_version_is_found_from_the_code() {
    for version in VERSIONS {
        let summary = summarise(&read(&format!("sample-{version}.bin")), None);
        let found = summary.version.unwrap().to_string();
        // 3.6 and 3.7, and 3.8 to 3.10, differ in too little to be told apart by every program.
        let same_layout =
            PyVersion::new(3, version.split('.').nth(1).unwrap().parse().unwrap()).layout();
        if *version == "2.7" || same_layout == CodeLayout::Python311 {
            assert_eq!(found, *version);
        }
    }
}

#[test]
fn lambdas_are_judged_by_what_they_call() {
    for version in VERSIONS {
        let good = summarise(&read(&format!("lambda-{version}.bin")), None);
        assert_eq!(judge(&good), [], "{version}: {good:?}");
        assert!(
            good.references.iter().any(|name| name == "tf.reduce_mean"),
            "{version}"
        );
        let evil = judge(&summarise(
            &read(&format!("lambda-evil-{version}.bin")),
            None,
        ));
        assert_eq!(evil[0].shown, "os.system('echo pwned')", "{version}");
    }
}

#[test]
fn parts_handed_over_one_by_one_give_the_same_calls() {
    for version in VERSIONS {
        let parsed = read(&format!("small-{version}.bin"));
        let (_, code) = parsed.code_objects().next().unwrap();
        let Some(Object::Bytes(bytes)) = code.code.map(|id| parsed.get(id)) else {
            panic!()
        };
        let consts: Vec<Const> = parsed
            .items(code.consts)
            .iter()
            .map(|&id| match parsed.get(id) {
                Object::Int(int) => Const::Int(*int),
                Object::None => Const::None,
                _ => Const::str(parsed.text(Some(id)).unwrap()),
            })
            .collect();
        let summary = CodeSummary::from_parts(bytes, &parsed.strings(code.names), &consts, None);
        assert_eq!(
            calls(&summary),
            ["os.system('echo pwned')"],
            "{version}: {summary:?}"
        );
    }
}

#[test]
fn unreadable_instructions_fall_back_to_names() {
    let names = ["os".to_owned(), "system".to_owned()];
    let summary = CodeSummary::from_parts(&[0xff; 64], &names, &[Const::str("echo pwned")], None);
    assert!(!summary.followed);
    let findings = judge(&summary);
    assert_eq!(
        (findings[0].reason, findings[0].shown.as_str()),
        (Reason::Names, "os.system")
    );
}

#[test]
fn values_of_every_type() {
    let bytes = b"[\x17\0\0\0NTFS.i\xff\xff\xff\xffI\0\0\0\0\x01\0\0\0l\xfe\xff\xff\xff\x01\0\x01\0f\x031.5g\0\0\0\0\0\0\xf0?\
        x\x011\x012y\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@s\x02\0\0\0abu\x02\0\0\0\xc3\xa9\xfa\x01z(\x01\0\0\0N)\x01T\
        <\x01\0\0\0F>\0\0\0\0{NTF0N0:NNNr\0\0\0\0";
    let parsed = parse(bytes, &MarshalLimits::default());
    // The dictionary's key F has a null for a value, which ends it as it does in CPython; N follows.
    assert_eq!(
        parsed.anomalies.first().map(|anomaly| anomaly.kind),
        Some(AnomalyKind::UnexpectedNull)
    );
    let objects: Vec<&Object> = parsed
        .items(parsed.root)
        .iter()
        .map(|&id| parsed.get(id))
        .collect();
    assert_eq!(objects[5], &Object::Int(-1));
    assert_eq!(objects[6], &Object::Int(1 << 32));
    assert_eq!(objects[7], &Object::Int(-0x8001));
    assert_eq!(objects[8], &Object::Float(1.5));
    assert_eq!(objects[11], &Object::Complex(1.0, 2.0));
    assert_eq!(objects[13], &Object::Str("é".into()));
}

#[test]
fn broken_streams_are_data() {
    let kind = |bytes: &[u8]| {
        parse(bytes, &MarshalLimits::default())
            .anomalies
            .first()
            .map(|anomaly| anomaly.kind)
    };
    assert_eq!(kind(b""), Some(AnomalyKind::Truncated));
    assert_eq!(
        kind(b"s\xff\xff\xff\x7fabc"),
        Some(AnomalyKind::SizeBeyondInput)
    );
    assert_eq!(
        kind(b"(\xff\xff\xff\x7f"),
        Some(AnomalyKind::SizeBeyondInput)
    );
    assert_eq!(kind(b"s\xff\xff\xff\xff"), Some(AnomalyKind::NegativeSize));
    assert_eq!(kind(b"r\x05\0\0\0"), Some(AnomalyKind::DanglingReference));
    assert_eq!(kind(b"?"), Some(AnomalyKind::UnknownType(b'?')));
    assert_eq!(kind(&b")\x01".repeat(3000)), Some(AnomalyKind::TooDeep));
    let limits = MarshalLimits {
        nodes: 10,
        ..MarshalLimits::default()
    };
    assert_eq!(
        parse(&[b"(\x64\0\0\0".as_slice(), &[b'N'; 100]].concat(), &limits).anomalies[0].kind,
        AnomalyKind::TooManyNodes
    );
    // A list that holds itself is valid, and must not be followed for ever.
    let cyclic = parse(b"\xdb\x01\0\0\0r\0\0\0\0", &MarshalLimits::default());
    assert!(cyclic.is_clean() && summarise(&cyclic, None).calls.is_empty());
}

#[test]
fn every_cut_of_a_stream_is_survived() {
    for version in VERSIONS {
        let bytes = file(&format!("sample-{version}.bin"));
        for end in (0..bytes.len()).step_by(7) {
            let parsed = parse(&bytes[..end], &MarshalLimits::default());
            assert!(!parsed.is_clean(), "{version} cut at {end}");
            let _ = judge(&summarise(&parsed, None));
        }
    }
}
