//! The scanner of templates.

use std::collections::{BTreeMap, BTreeSet};

use ma_core::text::shorten;
use ma_core::{
    Blob, Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Line, Match, Probe,
    Region, RegionKind, ScanError, Scanner, Section, Target,
};

use super::ast::{Ast, Expr, Stmt};
use super::parse::{self, MAX_SOURCE};
use super::show::{View, wide};
use super::{eval, rules};

/// Takes Jinja templates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Template;

static INFO: FormatInfo = FormatInfo {
    id: "jinja",
    title: "Jinja template",
    extensions: &["jinja", "jinja2", "j2"],
    kinds: &[Kind::JINJA],
    runs_code: false,
    recognised_by: "A parent format says so, or the extension.",
    checks: "Ways out of the sandbox in any disguise, calls of programs, other files, endless work, instructions that a word switches on, hidden instructions, invisible characters.",
    spec: "https://jinja.palletsprojects.com/en/stable/templates/",
    rules: rules::RULES,
};

impl Scanner for Template {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let taken = probe.hinted(&INFO) || probe.named(&INFO);
        if probe.members.is_none() && taken {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let source = source(blob, cx.budget())?;
        let gaps = cx.gaps();
        if blob.len() > MAX_SOURCE as u64 {
            let detail = format!(
                "of a template of {} bytes the first {MAX_SOURCE} were read",
                blob.len()
            );
            cx.gap_at(GapReason::Limit, detail, MAX_SOURCE as u64..blob.len());
        }
        cx.budget().charge_steps(source.len() as u64)?;
        let ast = parse::parse(&source);
        let facts = eval::facts(&ast, &source, cx.budget())?;
        let view = View::new(&ast, &source, &facts, is_chat(target));
        for issue in rules::check(&view) {
            cx.issue(issue)?;
        }
        note_gaps(&view, cx);
        cx.region(Region::new(0..blob.len(), RegionKind::Text))?;
        Ok(if cx.gaps() == gaps {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let source = source(&target.artifact().blob, cx.budget())?;
        let ast = parse::parse(&source);
        let facts = eval::facts(&ast, &source, cx.budget())?;
        let view = View::new(&ast, &source, &facts, is_chat(target));
        Ok(Some(inspection(&view)))
    }
}

/// Whether the parent or the name says that it is a chat template.
fn is_chat(target: Target<'_>) -> bool {
    let artifact = target.artifact();
    artifact.hint == Some(Kind::JINJA) || artifact.path.name().contains("chat_template")
}

/// The text of a template. Bytes that are no UTF-8 become `?`, so that every place stays the same.
fn source(blob: &Blob, budget: &Budget) -> Result<String, ScanError> {
    let length = blob.len().min(MAX_SOURCE as u64);
    let bytes = blob.read(0..length, budget)?;
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(e) => e.into_bytes(),
    };
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| out.push('?'));
    }
    Ok(out)
}

/// What could not be read is said, once for each reason.
fn note_gaps(view: &View<'_>, cx: &mut Cx<'_>) {
    for limit in [true, false] {
        let mut of_kind = view.ast.anomalies.iter().filter(|a| a.limit == limit);
        let Some(first) = of_kind.next() else {
            continue;
        };
        let line = view.line(first.range.start);
        let more = of_kind.count();
        let more = if more > 0 {
            format!(" ({more} more such places)")
        } else {
            String::new()
        };
        let detail = format!(
            "the template can't be read as a whole: line {line}: {}{more}",
            first.what
        );
        let reason = if limit {
            GapReason::Limit
        } else {
            GapReason::Malformed
        };
        cx.gap_at(reason, detail, wide(&first.range));
    }
    if let Some(limit) = view.facts.limit {
        cx.gap(
            GapReason::Limit,
            format!("the template was not evaluated to its end: {limit}"),
        );
    }
}

/// Lines of one listing.
const MAX_LINES: usize = 200;

fn inspection(view: &View<'_>) -> Inspection {
    let ast = view.ast;
    let tags = ast.stmts.iter().filter(|n| n.kind != Stmt::Text).count();
    let mut facts = vec![
        ("lines".to_owned(), view.source.lines().count().to_string()),
        ("statements".to_owned(), tags.to_string()),
        ("comments".to_owned(), ast.comments.to_string()),
    ];
    if !ast.anomalies.is_empty() {
        facts.push((
            "unreadable tags".to_owned(),
            ast.anomalies.len().to_string(),
        ));
    }
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in &ast.exprs {
        match &node.kind {
            Expr::Filter(_, name, _) => drop(names.entry("filters").or_default().insert(name)),
            Expr::Test(_, name, _, _) => drop(names.entry("tests").or_default().insert(name)),
            _ => {}
        }
    }
    let mut macros = Vec::new();
    for node in &ast.stmts {
        if let Stmt::Macro { name, params, .. } = &node.kind {
            let params = params
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>();
            macros.push(line(
                node.range.start,
                format!("{name}({})", params.join(", ")),
            ));
        }
    }
    let variables = view.facts.unbound.iter();
    let variables = variables
        .map(|(name, id)| line(ast.range(*id).start, name.clone()))
        .collect();
    let list = |what: &str| -> Vec<Line> {
        let names = names.get(what).into_iter().flatten();
        names
            .map(|n| Line {
                offset: None,
                text: (*n).to_owned(),
            })
            .collect()
    };
    let sections = [
        ("variables", variables),
        ("macros", macros),
        ("filters", list("filters")),
        ("tests", list("tests")),
        ("constants", constants(ast)),
    ];
    let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty());
    let section = |(title, mut lines): (&str, Vec<Line>)| {
        lines.truncate(MAX_LINES);
        Section {
            title: title.to_owned(),
            lines,
        }
    };
    Inspection {
        format: INFO.id.to_owned(),
        facts,
        sections: sections.map(section).collect(),
    }
}

fn line(offset: u32, text: String) -> Line {
    Line {
        offset: Some(u64::from(offset)),
        text: shorten(&text, 120).into_owned(),
    }
}

/// The distinct constants of the template that are longer than a mark.
fn constants(ast: &Ast) -> Vec<Line> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for node in &ast.exprs {
        if let Expr::Str(text) = &node.kind
            && text.chars().count() >= 12
            && seen.insert(text)
            && out.len() < MAX_LINES
        {
            out.push(line(node.range.start, text.clone()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::run;

    fn gaps(template: &str) -> Vec<GapReason> {
        run::scan(&Template, "x.jinja", template.as_bytes())
            .gaps
            .iter()
            .map(|g| g.reason)
            .collect()
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(gaps("{% for m in messages %}{{ m }}{% endfor %}"), []);
        for broken in [
            "{{ x",
            "{{ x + }}",
            "{% if x %}",
            "{% endif %}",
            "{% frob %}",
            "{# x",
            "{% raw %}{{ x }}",
            "{{ 'x }}",
        ] {
            assert_eq!(gaps(broken), [GapReason::Malformed], "{broken}");
        }
        let deep = format!("{{{{ {}x{} }}}}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(gaps(&deep), [GapReason::Limit]);
        assert_eq!(gaps(&"x".repeat(MAX_SOURCE + 1)), [GapReason::Limit]);
    }

    #[test]
    fn deep_nesting_of_every_kind_is_survived() {
        let n = 100_000;
        for template in [
            format!("{{{{ {}1 }}}}", "-".repeat(n)),
            format!("{{{{ {}1 }}}}", "not ".repeat(n)),
            format!("{{{{ {}1{} }}}}", "[".repeat(n), "]".repeat(n)),
            format!("{{{{ x{} }}}}", ".a".repeat(n)),
            format!("{{{{ x{} }}}}", "|f".repeat(n)),
            format!("{{{{ x{} }}}}", "()".repeat(n)),
            format!("{{{{ x{} }}}}", " ~ 'a'".repeat(n)),
            format!("{{{{ x{} }}}}", " - 1".repeat(n)),
            format!("{{{{ x{} }}}}", " if x else x".repeat(n)),
            format!("{{{{ x{} }}}}", " ** 1".repeat(n)),
            format!("{{% if x %}}{}{{% endif %}}", "{% elif x %}".repeat(n)),
            "{% if x %}".repeat(n / 4),
            "{% macro m() %}".repeat(n / 4),
            "{% for x in y %}".repeat(n / 4),
            "{{".repeat(n),
            everything_at_once(),
            "{% set a = [a] %}{% for i in range(50) %}{% for j in range(50) %}{% set a = [a] %}{% endfor %}{% endfor %}{{ a }}".to_owned(),
        ] {
            let start = std::time::Instant::now();
            drop(run::scan(&Template, "x.jinja", template.as_bytes()));
            let head: String = template.chars().take(40).collect();
            assert!(start.elapsed().as_secs() < 5, "{head}");
        }
    }

    /// Macros in loops in macros, each with an expression as deep as is read.
    fn everything_at_once() -> String {
        let mut out = String::new();
        let mut inner = "x".to_owned();
        for i in 0..8 {
            let value = format!(
                "{}{inner}{}",
                "[f(a, ".repeat(45),
                ")]|map('upper')".repeat(45)
            );
            let (open, close) = ("{% for a in b %}{% if a %}", "{% endif %}{% endfor %}");
            let loops = format!("{}{{{{ {value} }}}}{}", open.repeat(48), close.repeat(48));
            out.push_str(&format!("{{% macro m{i}() %}}{loops}{{% endmacro %}}"));
            inner = format!("m{i}()");
        }
        format!("{out}{{{{ {inner} }}}}")
    }

    #[test]
    fn places_survive_bytes_that_are_no_text() {
        let found = run::scan(&Template, "x.jinja", b"\xff\xfe{{ ''.__class__ }}");
        assert_eq!(
            found.issues.first().and_then(|i| i.location.range.clone()),
            Some(5..17)
        );
    }

    #[test]
    fn an_inspection_lists_what_is_used() {
        let artifact = run::artifact(
            "x.jinja",
            b"{% macro f(a) %}{{ a|trim }}{% endmacro %}{{ f(messages) }}",
        );
        let budget = Budget::default();
        let mut found = ma_core::Collector::default();
        let mut cx = Cx::new(
            &artifact,
            &budget,
            ma_core::ScanOptions::default(),
            &mut found,
        );
        let shown = Template
            .inspect(Target::Bytes(&artifact), &mut cx)
            .unwrap()
            .unwrap();
        let titles: Vec<_> = shown.sections.iter().map(|s| s.title.as_str()).collect();
        assert_eq!(titles, ["variables", "macros", "filters"]);
    }
}
