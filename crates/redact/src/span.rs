//! Where a secret stands in a line.

use std::ops::Range;

/// A secret found by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// What the placeholder calls it.
    pub kind: &'static str,
    /// Bytes of the secret.
    pub secret: Range<usize>,
    /// Where what gives it away begins, such as its name.
    pub from: usize,
}

/// Spans in order without overlaps: what several rules see is one secret, of the widest's kind.
pub(crate) fn merged(mut spans: Vec<Span>, taken: &[Range<usize>]) -> Vec<Span> {
    let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    spans.retain(|span| {
        !span.secret.is_empty() && !taken.iter().any(|taken| touches(taken, &span.secret))
    });
    // The sort is stable: of equals the rule that is listed first counts.
    spans.sort_by_key(|span| (span.secret.start, usize::MAX - span.secret.end));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.secret.start < last.secret.end => {
                if span.secret.len() > last.secret.len() {
                    last.kind = span.kind;
                }
                last.secret.end = last.secret.end.max(span.secret.end);
                last.from = last.from.min(span.from);
            }
            _ => merged.push(span),
        }
    }
    merged
}
