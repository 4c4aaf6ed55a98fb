//! Addresses of people, for those who must not pass them on.

use crate::rule::Rule;

pub(super) const RULES: &[Rule] = &[Rule {
    kind: "email",
    keywords: &["@", "%40"],
    pattern: r"(?P<secret>[A-Za-z0-9][A-Za-z0-9._%+'-]*(?:@|%40)(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24})\b",
    is_secret: is_address,
}];

/// What has the form of an address and is none: `git@github.com:owner`, images by digest.
fn is_address(word: &str) -> bool {
    !word.starts_with("git@") && !word.contains("@sha256.")
}
