//! Long random words behind a word that speaks of secrets, whatever stands between them.

use std::sync::LazyLock;

use regex::Regex;

use crate::span::Span;
use crate::words::{is_code_before, looks_random};

/// Each begins a telling word; a reader of lines looks for them.
pub(crate) const KEYWORDS: &[&str] = &[
    "secret",
    "token",
    "passw",
    "credential",
    "api key",
    "api_key",
    "api-key",
    "apikey",
    "access key",
    "access_key",
    "access-key",
    "accesskey",
    "signature",
];

/// Bytes behind the telling word in which a random one starts.
const REACH: usize = 64;
/// Bytes of a word that are taken.
const LONGEST: usize = 1024;

/// Looks behind the telling word at `at`.
pub(crate) fn find(line: &str, at: usize, spans: &mut Vec<Span>) {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"[\s=:'"(\[,](?P<secret>[A-Za-z0-9+/_=-]{20,})"#)
            .expect("the pattern is a constant")
    });
    let mut end = line.len().min(at + REACH + LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    for found in WORD.captures_iter(&line[at..end]) {
        let Some(word) = found.name("secret") else { continue };
        if word.start() > REACH {
            break;
        }
        let secret = at + word.start()..at + word.end();
        if looks_random(word.as_str()) && !is_code_before(&line[secret.end..]) {
            spans.push(Span { kind: "secret", secret, from: at });
            break;
        }
    }
}
