//! One kind of secret that shows by a pattern.

use regex::Regex;

use crate::span::Span;

/// A rule as its file writes it.
pub(crate) struct Rule {
    /// What placeholders call it.
    pub kind: &'static str,
    /// One of these, in capitals or not, stands on every line that the pattern can match.
    pub keywords: &'static [&'static str],
    /// The group `secret` is what is taken out.
    pub pattern: &'static str,
    /// The last word on what the pattern found.
    pub is_secret: fn(&str) -> bool,
}

/// For patterns that leave no doubt.
pub(crate) fn always(_: &str) -> bool {
    true
}

/// A rule with its pattern compiled.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    kind: &'static str,
    pattern: Regex,
    is_secret: fn(&str) -> bool,
}

impl Compiled {
    pub fn built_in(rule: &Rule) -> Compiled {
        let pattern = Regex::new(rule.pattern).expect("a test compiles every built-in pattern");
        Compiled { kind: rule.kind, pattern, is_secret: rule.is_secret }
    }

    /// A pattern of the user's; without a group `secret` it is the whole match that goes.
    pub fn custom(pattern: Regex) -> Compiled {
        Compiled { kind: "custom", pattern, is_secret: always }
    }

    pub fn find(&self, line: &str, spans: &mut Vec<Span>) {
        for found in self.pattern.captures_iter(line) {
            let Some(whole) = found.get(0) else { continue };
            let secret = found.name("secret").unwrap_or(whole);
            if (self.is_secret)(secret.as_str()) {
                spans.push(Span { kind: self.kind, secret: secret.range(), from: whole.start() });
            }
        }
    }
}
