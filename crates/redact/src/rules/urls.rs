//! Passwords and signatures within URLs, JDBC's among them.

use crate::rule::{Rule, always};
use crate::words::{has_mixture, looks_random};

const SECRET: &str = "secret";

pub(super) const RULES: &[Rule] = &[
    Rule {
        kind: SECRET,
        keywords: &["://"],
        pattern: r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@"'<>?#]*:(?P<secret>[^/\s@"'<>]+)@"#,
        is_secret: is_password,
    },
    // With signs that should have been encoded: up to the last `@` before a host.
    Rule {
        kind: SECRET,
        keywords: &["://"],
        pattern: r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@"'<>?#]+:(?P<secret>[^\s"'<>]+)@[\w.-]+(?::\d+)?(?:[/?\s"',;)]|$)"#,
        is_secret: |word| is_password(word) && !starts_with_a_port(word),
    },
    // Cut before its end.
    Rule {
        kind: SECRET,
        keywords: &["://"],
        pattern: r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@"'<>?#]+:(?P<secret>[^/\s@"'<>:]+)$"#,
        is_secret: |word| is_password(word) && has_mixture(word) && !starts_with_a_port(word),
    },
    // A token in the place of a user.
    Rule {
        kind: SECRET,
        keywords: &["://"],
        pattern: r#"https?://(?P<secret>[A-Za-z0-9_-]{16,})@"#,
        is_secret: looks_random,
    },
    Rule {
        kind: SECRET,
        keywords: &["jdbc:oracle"],
        pattern: r#"(?i)jdbc:oracle:\w+:[^/\s:@"']+/(?P<secret>"[^"]+"|[^\s"']+)@"#,
        is_secret: is_password,
    },
    Rule {
        kind: SECRET,
        keywords: &["sqlplus", "expdp", "impdp", "sqlldr"],
        pattern: r#"(?i)\b(?:sqlplus|expdp|impdp|sqlldr)\b[^\n|;]*?\s(?:userid=)?[A-Za-z]\w*/(?P<secret>[^\s@"']+)@"#,
        is_secret: is_password,
    },
    Rule {
        kind: SECRET,
        keywords: &["sig=", "signature", "sig%3D", "x-amz-credential"],
        pattern: r#"(?i)(?:[?&;]|%3F|%26|\\u0026)(?:sig|signature|x-amz-signature|x-goog-signature|x-amz-credential|x-goog-credential)(?:=|%3D|\\u003d)(?P<secret>[^&\s"'<>\\]+)"#,
        is_secret: is_password,
    },
    Rule {
        kind: SECRET,
        keywords: &["key=", "code=", "auth=", "key%3D"],
        pattern: r#"(?i)(?:[?&;]|%3F|%26)(?:key|code|auth|k)(?:=|%3D)(?P<secret>[^&\s"'<>;%]{16,})"#,
        is_secret: |word| looks_random(word) || word.len() >= 32 && has_mixture(word),
    },
    Rule {
        kind: SECRET,
        keywords: &["SharedAccessSignature"],
        pattern: r#"SharedAccessSignature\s*=?\s*(?P<secret>s[rviegt]+=[^\s"';]+)"#,
        is_secret: always,
    },
];

/// No variable, and nothing that was taken out before.
fn is_password(word: &str) -> bool {
    let is_variable = word.starts_with("${")
        || word.starts_with("{{")
        || word.starts_with('{') && word.ends_with('}')
        || word.starts_with('<') && word.ends_with('>')
        || word.starts_with('$') && word[1..].bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        || word.starts_with("%s");
    let is_mask = word.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X'));
    !is_variable && !is_mask
}

fn starts_with_a_port(word: &str) -> bool {
    let n_digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let behind = word.as_bytes().get(n_digits);
    (1..=5).contains(&n_digits) && behind.is_none_or(|byte| b"/?#,;)".contains(byte))
}
