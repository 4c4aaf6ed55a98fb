//! Headers of requests, in logs of HTTP clients and in programs.

use crate::rule::{Rule, always};
use crate::words::has_mixture;

const SECRET: &str = "secret";

pub(super) const RULES: &[Rule] = &[
    Rule {
        kind: SECRET,
        keywords: &["bearer", "basic", "negotiate"],
        pattern: r#"(?i)\b(?:bearer|basic|negotiate)(?:\s+|%20|:)(?P<secret>[A-Za-z0-9._~+/=:%-]{8,})"#,
        is_secret: is_header_value,
    },
    Rule {
        kind: SECRET,
        keywords: &["authorization"],
        pattern: r#"(?i)\b(?:proxy-)?authorization\\*["']?\]?\s*[:=,]\s*\\*["']?(?:(?:token|apikey|digest|hmac|bearer|basic|negotiate|key|oauth|bot)\s+)?(?P<secret>[^\s"',\\\[]{8,})"#,
        is_secret: |word| {
            let word = word.to_lowercase();
            !["bearer", "basic", "negotiate", "disabled", "enabled", "required", "aws4-hmac-sha256"]
                .contains(&word.as_str())
                && (has_mixture(&word) || word.len() >= 20)
        },
    },
    Rule {
        kind: SECRET,
        keywords: &["aws4-hmac"],
        pattern: r"(?i)aws4-hmac-sha256\s.*?signature=(?P<secret>[0-9a-f]+)",
        is_secret: always,
    },
    Rule {
        kind: SECRET,
        keywords: &["cookie"],
        pattern: r#"(?i)\b(?:set-)?cookie2?\\*["']?\]?\s*[:=]\s*\\*["']?(?P<secret>[\w.-]+=[^"'\\\r]+)"#,
        is_secret: always,
    },
];

fn is_header_value(word: &str) -> bool {
    word.len() >= 16 || has_mixture(word) && !word.contains(':')
}
