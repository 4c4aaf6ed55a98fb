//! Private keys of PEM, OpenSSH and PGP, on many lines or on one with escaped line ends.
//!
//! Each line of the body becomes a placeholder of its own and the markers stay, so a text keeps its
//! number of lines, and no more than whether we are inside need be known from one line to the next.

use std::sync::LazyLock;

use regex::Regex;

use crate::span::Span;
use crate::words::looks_random;

pub(crate) const KIND: &str = "private-key";
pub(crate) const BEGIN: &str = "-----BEGIN";

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-----(?P<which>BEGIN|END) [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
        .expect("the pattern is a constant")
});

/// The parts of a line that belong to a key, `inside` telling whether one was open before it.
/// Returns whether one is open behind it.
pub(crate) fn find(line: &str, inside: bool, spans: &mut Vec<Span>) -> bool {
    if !inside && !line.contains(BEGIN) {
        return orphan(line, spans);
    }
    let mut open_at = inside.then_some(0);
    for marker in MARKER.find_iter(line) {
        let is_begin = marker.as_str().starts_with(BEGIN);
        if let Some(from) = open_at.take() {
            body(line, from, marker.start(), spans);
        }
        if is_begin {
            open_at = Some(marker.end());
        }
    }
    match open_at {
        // A line that is none of the body's ends a key that lost its end.
        Some(0) => is_body(line) && body(line, 0, line.len(), spans),
        Some(from) => body(line, from, line.len(), spans),
        None => false,
    }
}

/// Takes what is between markers, but for blanks and quotes around it. Always true.
fn body(line: &str, from: usize, to: usize, spans: &mut Vec<Span>) -> bool {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ')' | '\\');
    let text = &line[from..to];
    let start = from + (text.len() - text.trim_start_matches(is_edge).len());
    let secret = start..(from + text.trim_end_matches(is_edge).len()).max(start);
    // What a log writes before the text of a line is no part of it.
    let word =
        line[secret.clone()].rfind([' ', '\t']).map_or(secret.start, |at| secret.start + at + 1);
    let secret = if from == 0 { word..secret.end } else { secret };
    spans.push(Span { kind: KIND, secret, from });
    true
}

/// Base64, a header of the armour, a blank line, or what we made of such a line.
fn is_body(line: &str) -> bool {
    let is_edge = |c: char| matches!(c, '"' | '\'' | ',' | '\\' | '+' | '-' | ';');
    let line = line.trim().trim_matches(is_edge);
    let last = line.rsplit([' ', '\t']).next().unwrap_or_default();
    let last = last.trim_end_matches("\\n").trim_matches(is_edge);
    let is_alone = last.len() == line.trim_end_matches("\\n").len();
    let headers = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:"];
    last.starts_with("[redacted:private-key:")
        || line.is_empty()
        || headers.iter().any(|header| line.contains(header))
        // The head of a log line with nothing behind it.
        || line.ends_with(':')
        || last.bytes().all(is_base64) && (is_alone || last.len() >= 16)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// A line of a body without its marker, as in the tail of a log: as long as makers break them.
fn orphan(line: &str, spans: &mut Vec<Span>) -> bool {
    let body = line.trim();
    if body.starts_with("[redacted:private-key:") && body.ends_with(']') {
        return true;
    }
    let is_start = ["MII", "MHc", "MIG", "b3BlbnNzaC1"].iter().any(|start| body.starts_with(start));
    let is_long = matches!(body.len(), 64 | 70 | 76) || is_start && body.len() >= 44;
    let is_key = is_long && body.bytes().all(is_base64) && (is_start || is_random_body(body));
    if is_key {
        let start = line.len() - line.trim_start().len();
        spans.push(Span { kind: KIND, secret: start..start + body.len(), from: start });
    }
    is_key
}

fn is_random_body(body: &str) -> bool {
    body.matches('/').count() <= 6 && looks_random(&body.replace('/', "+"))
}
