//! Keys of clouds that show by their shape. A key that a cut left less of is seen at a text's end.

use crate::rule::{Rule, always};
use crate::words::{entropy, looks_random};

const CLOUD: &str = "cloud-key";

pub(super) const RULES: &[Rule] = &[
    Rule {
        kind: CLOUD,
        keywords: &["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"],
        pattern: r"(?:^|[^A-Za-z0-9])(?P<secret>(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)(?:[A-Z0-9]{16}|[A-Z0-9]{6,15}$))\b",
        is_secret: always,
    },
    // The secret key of AWS has no mark of its own: forty signs on a line that speaks of AWS.
    Rule {
        kind: CLOUD,
        keywords: &["AKIA", "ASIA", "aws", "s3a", "secret"],
        pattern: r"(?:^|[^A-Za-z0-9/+=])(?P<secret>[A-Za-z0-9/+]{40})(?:$|[^A-Za-z0-9/+=])",
        is_secret: is_aws_secret,
    },
    // Session tokens of AWS.
    Rule {
        kind: CLOUD,
        keywords: &["FwoGZXIvYXdz", "IQoJb3JpZ2lu", "FQoGZXIvYXdz"],
        pattern: r"(?P<secret>(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|FQoGZXIvYXdz)[A-Za-z0-9/+=%]*)",
        is_secret: always,
    },
    Rule {
        kind: CLOUD,
        keywords: &["AIza"],
        pattern: r"\b(?P<secret>AIza(?:[0-9A-Za-z_-]{35}|[0-9A-Za-z_-]{6,34}$))",
        is_secret: always,
    },
    Rule {
        kind: CLOUD,
        keywords: &["ya29.", "GOCSPX-", "1//0"],
        pattern: r"(?:^|[^\w/])(?P<secret>ya29\.[A-Za-z0-9_-]{10,}|GOCSPX-[A-Za-z0-9_-]{10,}|1//0[A-Za-z0-9_-]{30,})",
        is_secret: always,
    },
    // Keys of Azure's storage and queues, and secrets of its applications.
    Rule {
        kind: CLOUD,
        keywords: &["=="],
        pattern: r"(?:^|[^A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{86}==)",
        is_secret: looks_random_or_long,
    },
    Rule {
        kind: CLOUD,
        keywords: &["8Q~", "7Q~"],
        pattern: r"(?P<secret>[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34})",
        is_secret: always,
    },
    Rule {
        kind: CLOUD,
        keywords: &["LTAI"],
        pattern: r"\b(?P<secret>LTAI[A-Za-z0-9]{12,26})\b",
        is_secret: always,
    },
    Rule {
        kind: CLOUD,
        keywords: &["dop_v1_", "doo_v1_", "dor_v1_"],
        pattern: r"\b(?P<secret>do[opr]_v1_[a-f0-9]{16,})",
        is_secret: always,
    },
];

fn is_aws_secret(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && word.matches('/').count() < 6
        && entropy(word) > 4.2
}

fn looks_random_or_long(word: &str) -> bool {
    looks_random(&word.replace('/', "+"))
}
