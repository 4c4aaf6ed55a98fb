//! What stands where a secret stood, and how to recognise it, also when it was cut.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest, Sha256};

const START: &str = "[redacted:";

/// The same for the same secret, and too short to guess it from: see the crate's first page.
pub(crate) fn of(kind: &str, secret: &str) -> String {
    let hash = Sha256::digest(secret.as_bytes());
    format!("{START}{kind}:{:02x}]", hash[0])
}

/// Where placeholders stand in a line.
pub(crate) fn places(line: &str) -> Vec<Range<usize>> {
    static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\[redacted:[a-z-]*(?::[0-9a-f]{0,2}\]?)?").expect("the pattern is a constant")
    });
    if !line.contains(START) {
        return Vec::new();
    }
    PLACEHOLDER.find_iter(line).map(|found| found.range()).collect()
}

/// Whether a text holds a placeholder.
pub(crate) fn is_in(text: &str) -> bool {
    text.contains(START)
}
