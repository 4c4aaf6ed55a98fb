//! A notice as Markdown, for places that render it or show it as it is.

use crate::records::Notice;
use crate::records::notice::{Line, Section, SectionKind, Span, SpanKind};
use crate::text::markdown::{code, fence, link, text};

/// Title and sections; ends with a new line.
pub fn markdown(notice: &Notice) -> String {
    let mut parts = vec![format!("# {}", text(&notice.title))];
    parts.extend(notice.sections.iter().map(section));
    format!("{}\n", parts.join("\n\n"))
}

fn section(section: &Section) -> String {
    let label = (!section.label.is_empty()).then(|| format!("**{}**", text(&section.label)));
    let lines = || section.lines.iter().map(line);
    let body = match section.kind {
        SectionKind::Prose => lines().collect::<Vec<_>>().join("\\\n"),
        SectionKind::List => lines().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n"),
        SectionKind::Code => fence(&raw(section), language(section)),
        SectionKind::Footer => format!("---\n\n{}", lines().collect::<Vec<_>>().join("\\\n")),
    };
    label.into_iter().chain([body]).collect::<Vec<_>>().join("\n\n")
}

fn line(line: &Line) -> String {
    line.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span.kind {
        SpanKind::Text => padded(&span.text),
        SpanKind::Strong if span.text.trim().is_empty() => String::new(),
        SpanKind::Strong => format!("**{}**", text(&span.text)),
        SpanKind::Code => code(&span.text),
        SpanKind::Link => link(&span.text),
    }
}

/// Spaces at the ends part it from its neighbours.
fn padded(raw: &str) -> String {
    let before = if raw.starts_with(' ') { " " } else { "" };
    let after = if raw.len() > 1 && raw.ends_with(' ') { " " } else { "" };
    format!("{before}{}{after}", text(raw))
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
