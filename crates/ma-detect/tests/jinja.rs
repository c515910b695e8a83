//! Templates that attack, in many disguises, and templates of published families.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines // tables of spellings
)]

use std::path::{Path, PathBuf};

use ma_core::{Collector, Kind, Severity};
use ma_detect::jinja::Template;
use ma_testkit::run;

fn scan(template: &str) -> Collector {
    run::scan_as(&Template, "chat_template", template.as_bytes(), Kind::JINJA)
}

fn worst(found: &Collector, rule: &str) -> Option<Severity> {
    let of_rule = found.issues.iter().filter(|i| i.rule.name == rule);
    of_rule.map(|i| i.severity).max()
}

/// Ways to spell a word: what comes before an expression, and the expression.
fn spellings(word: &str) -> Vec<(String, String)> {
    let chars: Vec<char> = word.chars().collect();
    let (head, tail) = word.split_at(4);
    let back: String = word.chars().rev().collect();
    let all = |f: &dyn Fn(char) -> String| chars.iter().map(|c| f(*c)).collect::<String>();
    let joined = |between: &str, f: &dyn Fn(char) -> String| {
        chars
            .iter()
            .map(|c| f(*c))
            .collect::<Vec<_>>()
            .join(between)
    };
    let codes = joined(", ", &|c| u32::from(c).to_string());
    let quoted = joined(", ", &|c| format!("'{c}'"));
    let plain = |expression: String| (String::new(), expression);
    let mut out = vec![
        plain(format!("'{head}' ~ '{tail}'")),
        plain(format!("'{head}' + '{tail}'")),
        plain(format!("'{head}' '{tail}'")),
        plain(format!("('{head}', '{tail}')|join")),
        plain(format!("['{head}', '{tail}']|join('')")),
        plain(format!("''.join(['{head}', '{tail}'])")),
        plain(format!("''.join([{quoted}])")),
        plain(format!("[{quoted}]|join")),
        plain(format!("'{back}'[::-1]")),
        plain(format!("'{back}'|reverse")),
        plain(format!("'{back}'|list|reverse|join")),
        plain(format!("'x{word}x'[1:-1]")),
        plain(format!(
            "'{}'",
            word.replace('e', "\\x65")
                .replace('a', "\\x61")
                .replace('_', "\\x5f")
        )),
        plain(format!(
            "'{}'",
            all(&|c| format!("\\u{:04x}", u32::from(c)))
        )),
        plain(format!("'{}'", all(&|c| format!("\\{:03o}", u32::from(c))))),
        plain(format!(
            "'{}'",
            all(&|c| format!("\\U{:08x}", u32::from(c)))
        )),
        plain(format!(
            "'{}'",
            word.replace('_', "\\N{LOW LINE}")
                .replace('c', "\\N{LATIN SMALL LETTER C}")
        )),
        plain(format!("'%s%s' % ('{head}', '{tail}')")),
        plain(format!("'%s%s'|format('{head}', '{tail}')")),
        plain(format!("'%(a)s%(b)s' % {{'a': '{head}', 'b': '{tail}'}}")),
        plain(format!("'{{}}{{}}'.format('{head}', '{tail}')")),
        plain(format!("'{{1}}{{0}}'.format('{tail}', '{head}')")),
        plain(format!("'{{a}}{{b}}'.format(a='{head}', b='{tail}')")),
        plain(format!("'{}' % ({codes})", "%c".repeat(chars.len()))),
        plain(format!("'{}'.format({codes})", "{:c}".repeat(chars.len()))),
        plain(format!(
            "'{}'|replace('@', '')",
            joined("@", &|c| c.to_string())
        )),
        plain(format!(
            "'{}'.replace('@', '')",
            joined("@", &|c| c.to_string())
        )),
        plain(format!(
            "'{}'.split('@')|join",
            joined("@", &|c| c.to_string())
        )),
        plain(format!("'{}'|lower", word.to_uppercase())),
        plain(format!("'{}'.lower()", word.to_uppercase())),
        plain(format!("'{}'.swapcase()", word.to_uppercase())),
        plain(format!("'  {word} '|trim")),
        plain(format!("'  {word} '.strip()")),
        plain(format!("'xx{word}xx'.strip('x')")),
        plain(format!("'pre{word}'.removeprefix('pre')")),
        plain(format!("{{'k': '{word}'}}['k']")),
        plain(format!("{{'k': '{word}'}}.k")),
        plain(format!("{{'k': '{word}'}}.get('k')")),
        plain(format!("['a', '{word}'][1]")),
        plain(format!("['a', '{word}'][-1]")),
        plain(format!("['{word}']|first")),
        plain(format!("['a', '{word}']|last")),
        plain(format!("'{word}' if true else 'x'")),
        plain(format!("['{head}', '{tail}']|map('upper')|join|lower")),
        plain(format!("[['{head}'], ['{tail}']]|map('first')|join")),
        plain(format!("dict({head}=1, {tail}=2)|join")),
        plain(format!("dict({head}=1, {tail}=2).keys()|list|join")),
        plain(format!("{{'{head}': 1, '{tail}': 2}}|join")),
        plain(format!("nothing|default('{word}')")),
        plain(format!("'{word}'|string")),
        plain(format!("'{head}'.__add__('{tail}')")),
    ];
    out.extend([
        (format!("{{% set w = '{head}' ~ '{tail}' %}}"), "w".to_owned()),
        (format!("{{% set a, b = '{head}', '{tail}' %}}"), "a ~ b".to_owned()),
        (format!("{{% set a = '{head}' %}}{{% set a = a ~ '{tail}' %}}"), "a".to_owned()),
        (format!("{{% set w %}}{head}{{{{ '{tail}' }}}}{{% endset %}}"), "w|string".to_owned()),
        (format!("{{% set w | lower %}}{}{{% endset %}}", word.to_uppercase()), "w|string".to_owned()),
        (format!("{{% set ns = namespace(a='{head}') %}}{{% set ns.a = ns.a ~ '{tail}' %}}"), "ns.a".to_owned()),
        (format!("{{% set ns = namespace(a='') %}}{{% for c in [{quoted}] %}}{{% set ns.a = ns.a ~ c %}}{{% endfor %}}"), "ns.a".to_owned()),
        (format!("{{% set ns = namespace(a='') %}}{{% for c in '{back}' %}}{{% set ns.a = c ~ ns.a %}}{{% endfor %}}"), "ns.a".to_owned()),
        (format!("{{% set ns = namespace(a='') %}}{{% for c in [{codes}] %}}{{% set ns.a = ns.a ~ '%c' % c %}}{{% endfor %}}"), "ns.a".to_owned()),
        (format!("{{% macro m(a, b='{tail}') %}}{{{{ a }}}}{{{{ b }}}}{{% endmacro %}}"), format!("m('{head}')|string")),
        (format!("{{% with a = '{head}' %}}{{% set ns = namespace(x=a ~ '{tail}') %}}{{% endwith %}}{{% set y = '{word}' %}}"), "y".to_owned()),
        (format!("{{% set l = [] %}}{{% set _ = l.append('{head}') %}}{{% set _ = l.append('{tail}') %}}"), "l|join".to_owned()),
        (format!("{{% set l = ['{head}'] + ['{tail}'] %}}"), "l|join".to_owned()),
        (format!("{{% if nothing %}}{{% set w = 'x' %}}{{% else %}}{{% set w = '{word}' %}}{{% endif %}}"), "w".to_owned()),
    ]);
    out
}

/// Ways to reach for a name that an expression gives.
const REACHES: &[&str] = &[
    "{{ ''|attr(EXPR) }}",
    "{{ x[EXPR] }}",
    "{{ x.y[EXPR]() }}",
    "{% if x[EXPR] %}a{% endif %}",
    "{{ [x]|map('attr', EXPR)|list }}",
    "{{ [x]|map(attribute=EXPR)|list }}",
    "{{ [x]|selectattr(EXPR)|list }}",
    "{% set z = x|attr(EXPR) %}",
    "{% for y in x[EXPR] %}{% endfor %}",
    "{{ f(1, k=[x[EXPR]]) }}",
    "{% macro q() %}{{ x[EXPR] }}{% endmacro %}",
    "{% if false %}{{ x[EXPR] }}{% endif %}",
];

#[test]
fn a_name_is_found_however_it_is_spelled_and_reached_for() {
    let mut missed = Vec::new();
    for (i, (before, expression)) in spellings("__class__").iter().enumerate() {
        for (k, reach) in REACHES.iter().enumerate() {
            if k > 1 && (i + k) % 4 != 0 {
                continue;
            }
            let template = format!(
                "{before}{}",
                reach.replace("EXPR", &format!("({expression})"))
            );
            let found = scan(&template);
            if worst(&found, "jinja-dunder-access") != Some(Severity::Critical) {
                missed.push(template);
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn an_innocent_name_is_silent_however_it_is_spelled() {
    let mut loud = Vec::new();
    for (before, expression) in spellings("contents") {
        // `__add__` as a method, and a variable that is not known, are worth a word of their own.
        if expression.contains("__add__") || expression.contains("default") {
            continue;
        }
        for reach in &REACHES[..6] {
            let template = format!(
                "{before}{}",
                reach.replace("EXPR", &format!("({expression})"))
            );
            let found = scan(&template);
            if found.issues.iter().any(|i| i.severity > Severity::Info) {
                loud.push(format!("{template}: {:?}", found.issues));
            }
        }
    }
    assert!(loud.is_empty(), "{} loud:\n{}", loud.len(), loud.join("\n"));
}

/// For a check against Jinja2 itself: `JINJA_SPELLINGS=/tmp/x.txt cargo test -p ma-detect --test jinja`
/// writes each spelling as a template that prints the word.
#[test]
fn spellings_can_be_written_out() {
    let Some(path) = std::env::var_os("JINJA_SPELLINGS") else {
        return;
    };
    let lines = spellings("contents").into_iter();
    let lines: Vec<String> = lines
        .map(|(before, e)| format!("{before}{{{{ {e} }}}}"))
        .collect();
    std::fs::write(path, lines.join("\n")).unwrap();
}

/// Whole attacks as they were published, with a harmless payload.
const ATTACKS: &[&str] = &[
    "{{ ''.__class__.__mro__[1].__subclasses__()[132].__init__.__globals__['popen']('echo pwned').read() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% if 'warning' in x.__name__ %}{{ x()._module.__builtins__['__import__']('os').popen('echo pwned').read() }}{% endif %}{% endfor %}",
    "{{ cycler.__init__.__globals__.os.popen('echo pwned').read() }}",
    "{{ joiner.__init__.__globals__.os.popen('echo pwned').read() }}",
    "{{ namespace.__init__.__globals__.os.popen('echo pwned').read() }}",
    "{{ lipsum.__globals__['os'].popen('echo pwned').read() }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('echo pwned').read() }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('echo pwned').read() }}",
    "{{ request.application.__globals__.__builtins__.__import__('os').popen('echo pwned').read() }}",
    "{{ request|attr('application')|attr('\\x5f\\x5fglobals\\x5f\\x5f')|attr('\\x5f\\x5fgetitem\\x5f\\x5f')('\\x5f\\x5fbuiltins\\x5f\\x5f') }}",
    "{{ config.__class__.__init__.__globals__['os'].popen('echo pwned').read() }}",
    "{{ url_for.__globals__['current_app'].config }}",
    "{{ get_flashed_messages.__globals__.__builtins__.open('/tmp/pwned').read() }}",
    "{% with a = request['application']['\\x5f\\x5fglobals\\x5f\\x5f'] %}{{ a }}{% endwith %}",
    "{{ (lipsum|string|list)[1] }}{{ lipsum|attr('_' * 2 ~ 'globals' ~ '_' * 2) }}",
    "{% set u = (()|select|string|list)[24] %}{{ lipsum|attr(u ~ u ~ 'globals' ~ u ~ u) }}",
    "{% set u = (lipsum|string)[18] %}{{ x[u*2 ~ 'class' ~ u*2] }}",
    "{{ dict.mro()[-1]|attr('__subclasses__')() }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(x) }}",
    "{{ ('{0.__cl' ~ 'ass__}').format(x) }}",
    "{{ [x]|groupby('__class__.__mro__') }}",
    "{{ [x]|sort(attribute='__class__.__name__') }}",
    "{{ [x]|sum(attribute='__globals__') }}",
    "{{ x.gi_frame.f_back.f_globals }}",
    "{{ (x|select|first).gi_frame }}",
    "{% call(c) x.__class__() %}{% endcall %}",
    "{% filter attr('__class__') %}x{% endfilter %}",
    "{% set x | attr('__class__') %}x{% endset %}",
    "{% print ''.__class__ %}",
    "{% do ''.__class__ %}",
    "{% block b %}{{ ''.__class__ }}{% endblock %}",
    "{% generation %}{{ ''.__class__ }}{% endgeneration %}",
    "{% trans a=''.__class__ %}{{ a }}{% endtrans %}",
    "{% autoescape ''.__class__ %}{% endautoescape %}",
    "{%- if messages[0]['role'] == 'system' -%}{{- ''.__class__ -}}{%- endif -%}",
    "{{ x is sameas ''.__class__ }}",
    "{{ a if b else ''.__class__ }}",
    "{{ {'a': [1, (''.__class__,)]} }}",
    "{{ x[''.__class__:2] }}",
    "{{ f(*''.__class__, **{}) }}",
    "{% for a in b if ''.__class__ %}{% endfor %}",
    "{% for a in b recursive %}{{ loop(a.__class__) }}{% endfor %}",
    "{% macro m(a=''.__class__) %}{% endmacro %}",
    "{% for a in [] %}{% else %}{{ ''.__class__ }}{% endfor %}",
    "{% if 1 %}{% elif ''.__class__ %}{% endif %}",
    "{{\n  ''\n  .\n  __class__\n}}",
    "{% raw %}x{% endraw %}{{ ''.__class__ }}",
    "{{ '}}' }}{{ ''.__class__ }}",
    "{# {{ #}{{ ''.__class__ }}",
];

#[test]
fn published_attacks_are_critical() {
    let missed: Vec<_> = ATTACKS
        .iter()
        .filter(|t| worst(&scan(t), "jinja-dunder-access") != Some(Severity::Critical))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_broken_place_hides_nothing_behind_it() {
    for broken in [
        "{{ x + }}",
        "{% frob y %}",
        "{% endif %}",
        "{% if %}",
        "{{ 'x",
        "{{ ) }}",
        "{% for %}",
    ] {
        let before = format!("{{{{ ''.__class__ }}}}{broken}");
        let found = scan(&before);
        assert!(!found.issues.is_empty(), "{before}");
        assert!(!found.gaps.is_empty(), "{before}");
        if !broken.contains("'x") {
            let after = format!("{broken}{{{{ ''.__class__ }}}}");
            assert!(!scan(&after).issues.is_empty(), "{after}");
        }
    }
}

fn testdata(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(part)
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut out: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jinja"))
        .map(|p| {
            (
                p.display().to_string(),
                std::fs::read_to_string(&p).unwrap(),
            )
        })
        .collect();
    out.sort();
    out
}

#[test]
fn templates_of_published_families_are_clean() {
    let all = files(&testdata("benign/jinja"));
    assert!(all.len() >= 25, "{}", all.len());
    for (path, template) in &all {
        let found = scan(template);
        assert!(found.gaps.is_empty(), "{path}: {:?}", found.gaps);
        let loud: Vec<_> = found
            .issues
            .iter()
            .map(|i| (i.severity, &i.message))
            .collect();
        assert!(loud.is_empty(), "{path}: {loud:?}");
    }
}

#[test]
fn a_payload_is_found_in_every_family() {
    for (path, template) in files(&testdata("benign/jinja")) {
        for at in template.match_indices("{%").map(|(at, _)| at).step_by(7) {
            let (head, tail) = template.split_at(at);
            if head.rfind("{#") > head.rfind("#}") {
                continue;
            }
            let evil = format!("{head}{{{{ ''|attr('__cl' ~ 'ass__') }}}}{tail}");
            let found = scan(&evil);
            assert_eq!(
                worst(&found, "jinja-dunder-access"),
                Some(Severity::Critical),
                "{path} at {at}"
            );
        }
    }
}

/// What minijinja can read, this reader can; nothing of it is an anomaly.
#[test]
fn minijinja_agrees_about_what_is_a_template() {
    use minijinja::machinery::parse;
    use minijinja::syntax::SyntaxConfig;
    let mut all = files(&testdata("benign/jinja"));
    all.extend(ATTACKS.iter().map(|a| ((*a).to_owned(), (*a).to_owned())));
    for (path, template) in all {
        let other = parse(&template, "x", SyntaxConfig::default());
        let own = ma_detect::jinja::parse::parse(&template);
        if other.is_ok() {
            assert!(own.anomalies.is_empty(), "{path}: {:?}", own.anomalies);
        }
    }
}

#[test]
fn a_long_template_takes_little_time() {
    let piece = "{%- for message in messages %}{%- if message.role == 'user' %}{{- '<|im_start|>' + message.role + '\\n' + message.content | trim }}{%- elif message.tool_calls is defined and message.tool_calls | length > 0 %}{{- message.tool_calls | tojson(indent=2) }}{%- endif %}{%- endfor %}\n";
    let template = piece.repeat(20_000 / piece.len() + 1);
    let start = std::time::Instant::now();
    for _ in 0..10 {
        assert!(scan(&template).issues.is_empty());
    }
    // Far above what it takes (under a millisecond), for slow machines.
    assert!(start.elapsed().as_millis() < 2000, "{:?}", start.elapsed());
}
