//! A notice as Markdown, for places that render it or show it as it is.

use crate::records::Notice;
use crate::records::notice::{Line, Section, SectionKind, Span, SpanKind};
use crate::text::markdown::{code, fence, inline, link};

/// Title and sections; ends with a new line.
pub fn markdown(notice: &Notice) -> String {
    let mut parts = vec![format!("# {}", inline(&notice.title))];
    parts.extend(notice.sections.iter().map(section));
    format!("{}\n", parts.join("\n\n"))
}

fn section(section: &Section) -> String {
    let lines: Vec<String> = section.lines.iter().map(line).collect();
    let (label, gap) = match section.kind {
        _ if section.label.is_empty() => (String::new(), ""),
        SectionKind::Prose => (format!("**{}:**", inline(&section.label)), " "),
        _ => (format!("**{}**", inline(&section.label)), "\n\n"),
    };
    let body = match section.kind {
        SectionKind::Prose => lines.join("\\\n"),
        SectionKind::List => format!("- {}", lines.join("\n- ")),
        SectionKind::Code => fence(language(section), &raw(section)),
        SectionKind::Footer => format!("---\n\n{}", lines.join("\\\n")),
    };
    format!("{label}{gap}{body}")
}

fn line(line: &Line) -> String {
    line.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span.kind {
        SpanKind::Text => padded(&span.text),
        SpanKind::Strong if span.text.trim().is_empty() => String::new(),
        SpanKind::Strong => format!("**{}**", inline(&span.text)),
        SpanKind::Code => code(&span.text),
        SpanKind::Link => link(&span.text),
    }
}

/// Spaces at the ends part it from its neighbours.
fn padded(raw: &str) -> String {
    let before = if raw.starts_with(' ') { " " } else { "" };
    let after = if raw.len() > 1 && raw.ends_with(' ') { " " } else { "" };
    format!("{before}{}{after}", inline(raw))
}

fn raw(section: &Section) -> String {
    let line = |line: &Line| line.spans.iter().map(|span| span.text.as_str()).collect::<String>();
    section.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn language(section: &Section) -> &'static str {
    let is_diff = section
        .lines
        .first()
        .is_some_and(|line| line.spans.first().is_some_and(|span| span.text.starts_with("--- ")));
    if is_diff { "diff" } else { "text" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        let nasty = "a\n\n# b <img> @team `x` ``` ~~~ **c**";
        let spans = Line::default().text(nasty).strong(nasty).code(nasty).link(nasty);
        let of = |kind| Section { kind, label: nasty.to_owned(), lines: vec![spans.clone()] };
        for kind in [SectionKind::Prose, SectionKind::List, SectionKind::Footer] {
            let shown = section(&of(kind));
            let body = shown.trim_start_matches("---\n\n");
            assert_eq!(body.matches("<img>").count(), 2, "only in the two code spans: {shown}");
            assert!(!body.contains("\n#"), "{shown}");
        }
        let code = section(&of(SectionKind::Code));
        assert!(code.contains("\n````text\n") && code.ends_with("\n````"), "{code}");
    }
}
