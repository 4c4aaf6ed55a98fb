//! Takes secrets out of text before it reaches a topic, a message, a pull request or our own log.
//!
//! Three looks, from sure to likely: things that are secrets by their shape (keys of known makers,
//! private keys, tokens), values beside a name that says so (`password=`, a bearer header, the
//! password of a URL), and long random-looking words not far from such a name. Each secret becomes a
//! placeholder that is the same wherever that secret occurs, so that two lines can still be compared.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

/// Text without its secrets, and what was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redacted {
    /// The text, with placeholders such as `[redacted:password:1a2b]`.
    pub text: String,
    /// Each secret with its placeholder, to take it out of what was cut from the same text.
    secrets: Vec<(String, String)>,
}

/// Takes the secrets out of a text.
pub fn redact(text: &str) -> Redacted {
    let mut redacted = Redacted { text: text.to_owned(), secrets: Vec::new() };
    for rule in RULES.iter() {
        redacted.apply(rule);
    }
    redacted.apply_entropy();
    redacted
}

impl Redacted {
    /// Takes the secrets of the whole text, and its own, out of a piece of it.
    pub fn piece(&self, piece: &str) -> String {
        let known = self.secrets.iter().fold(piece.to_owned(), |piece, (secret, placeholder)| {
            piece.replace(secret.as_str(), placeholder)
        });
        redact(&known).text
    }

    fn apply(&mut self, rule: &Rule) {
        let text = std::mem::take(&mut self.text);
        let secrets = &mut self.secrets;
        self.text = rule
            .pattern
            .replace_all(&text, |found: &Captures<'_>| {
                let whole = &found[0];
                let Some(secret) = found.name("secret") else { return whole.to_owned() };
                let name = found.name("name").map_or("", |name| name.as_str());
                // A placeholder names what it stands for, which looks like a name with its value.
                let is_placeholder =
                    text[..found.get(0).map_or(0, |whole| whole.start())].ends_with(PLACEHOLDER);
                if is_placeholder || !(rule.is_secret)(name, secret.as_str()) {
                    return whole.to_owned();
                }
                let placeholder = placeholder(rule.kind, secret.as_str());
                let start = secret.start() - found.get(0).map_or(0, |whole| whole.start());
                let end = start + secret.len();
                let replaced = format!("{}{placeholder}{}", &whole[..start], &whole[end..]);
                secrets.push((secret.as_str().to_owned(), placeholder));
                replaced
            })
            .into_owned();
    }

    /// Long random words behind a word that speaks of secrets.
    fn apply_entropy(&mut self) {
        static NEAR: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r"(?i)(?:secret|token|passw|credential|api[ _-]?key|access[ _-]?key|signature)[^\n]{0,40}?[\s=:'\x22(\[,](?P<secret>[A-Za-z0-9+/_=-]{20,})",
            )
            .expect("the pattern is a constant")
        });
        let rule =
            Rule { kind: "token", pattern: NEAR.clone(), is_secret: |_, word| looks_random(word) };
        self.apply(&rule);
    }
}

struct Rule {
    kind: &'static str,
    /// `secret` is what is taken out, `name` what it is called.
    pattern: Regex,
    is_secret: fn(&str, &str) -> bool,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let always: fn(&str, &str) -> bool = |_, secret| !secret.starts_with(PLACEHOLDER);
    let rule = |kind, pattern: &str, is_secret| Rule {
        kind,
        pattern: Regex::new(pattern).expect("the pattern is a constant"),
        is_secret,
    };
    vec![
        rule(
            "private-key",
            r"(?s)(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$))",
            always,
        ),
        // A line of a key's body that was cut from the block it stood in.
        rule(
            "key-material",
            r"(?m)^\s*(?P<secret>(?:MII|MHc|MIG|b3BlbnNzaC1)[A-Za-z0-9+/=]{40,})\s*$",
            always,
        ),
        rule("aws-key", r"\b(?P<secret>(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16})\b", always),
        rule(
            "token",
            concat!(
                r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}",
                r"|xox[abeprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35}|dapi[0-9a-f]{32}|[sr]k_live_[A-Za-z0-9]{16,}",
                r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|ya29\.[A-Za-z0-9_-]{20,})",
            ),
            always,
        ),
        rule("webhook", r"hooks\.slack\.com/services/(?P<secret>[A-Za-z0-9/]{20,})", always),
        rule(
            "authorization",
            r#"(?i)\b(?:bearer|basic|negotiate|aws4-hmac-sha256)\s+(?P<secret>[A-Za-z0-9._~+/=:-]{8,})"#,
            |_, word| is_header_value(word),
        ),
        rule(
            "authorization",
            r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?P<secret>[^\s"',\[]{8,})"#,
            |_, word| {
                !["bearer", "basic", "negotiate", "disabled"]
                    .contains(&word.to_lowercase().as_str())
            },
        ),
        rule(
            "signature",
            r"(?i)[?&](?:sig|x-amz-signature|x-amz-security-token|x-goog-signature)=(?P<secret>[^&\s\x22']+)",
            always,
        ),
        rule(
            "password",
            r#"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@"']+:(?P<secret>[^/\s@"']+)@"#,
            always,
        ),
        rule(
            "password",
            concat!(
                r#"(?i)(?P<name>[\w.-]*(?:password|passwd|\bpwd|passphrase|secret|token|api[_-]?key|access[_-]?key"#,
                r#"|account[_-]?key|private[_-]?key|credential)[\w.-]*)["']?\s*(?:=>?|:)\s*"#,
                r#"(?P<secret>[^\s"'&;,)}\]]+)"#,
            ),
            is_named_secret,
        ),
        rule(
            "password",
            concat!(
                r#"(?i)(?P<name>[\w.-]*(?:password|passwd|\bpwd|passphrase|secret|token|api[_-]?key|access[_-]?key"#,
                r#"|account[_-]?key|private[_-]?key|credential)[\w.-]*)["']?\s*(?:=>?|:|,)\s*["'](?P<secret>[^"']+)["']"#,
            ),
            is_named_secret,
        ),
        rule(
            "password",
            r"(?i)--?(?P<name>[\w-]*(?:password|passwd|secret|token|api-?key|access-?key))[ =](?P<secret>[^\s-]\S*)",
            is_named_secret,
        ),
    ]
});

const PLACEHOLDER: &str = "[redacted:";

/// The same for the same secret, and too short to guess it from.
fn placeholder(kind: &str, secret: &str) -> String {
    let hash = Sha256::digest(secret.as_bytes());
    format!("{PLACEHOLDER}{kind}:{:02x}{:02x}]", hash[0], hash[1])
}

/// Whether a value beside a telling name is a secret, rather than a switch, a place or prose.
fn is_named_secret(name: &str, value: &str) -> bool {
    const HARMLESS: [&str; 12] = [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "yes",
        "no",
        "enabled",
        "disabled",
        "required",
        "expired",
        "undefined",
    ];
    let lower = value.to_lowercase();
    let name = name.to_lowercase();
    let is_place = value.starts_with(['/', '$', '<', '*', '[', '{', '(', '%'])
        || lower.starts_with("file:")
        || lower.starts_with("org.")
        || lower.starts_with("com.")
        || lower.starts_with("java");
    let counts_tokens = name.ends_with("tokens")
        || [
            "count", "limit", "length", "interval", "renew", "max", "min", "class", "provider",
            "service", "file", "path", "type", "name", "enabled", "manager",
        ]
        .iter()
        .any(|word| name.contains(word));
    if HARMLESS.contains(&lower.as_str()) || is_place || counts_tokens {
        return false;
    }
    let is_password =
        name.contains("passw") || name.ends_with("pwd") || name.contains("passphrase");
    is_password || value.len() >= 6 && has_mixture(value)
}

fn is_header_value(word: &str) -> bool {
    word.len() >= 16 || has_mixture(word) && !word.contains(':')
}

/// Something else than a word of prose: digits or signs, or capitals within.
fn has_mixture(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let has_sign = word
        .bytes()
        .any(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_' | b':'));
    let has_inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    has_letter && (has_digit || has_sign || has_inner_capital)
}

/// Random enough for a key, and not one of the random-looking names that logs are full of.
fn looks_random(word: &str) -> bool {
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = word.len() == 36 && word.bytes().filter(|&byte| byte == b'-').count() == 4;
    let is_id =
        ["application_", "app-", "local-", "job_", "task_", "attempt_", "container_", "driver-"]
            .iter()
            .any(|prefix| word.starts_with(prefix));
    let is_path = word.starts_with('/') || word.matches('/').count() > 2;
    if is_hex || is_uuid || is_id || is_path {
        return false;
    }
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && entropy(word) > 3.7
}

/// Bits per character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let n = word.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| f64::from(count) / n)
        .map(|p| -p * p.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_every_kind_go() {
        let cases = [
            ("connecting with password=hunter2 now", "hunter2"),
            ("{\"password\": \"hunter two\", \"user\": \"etl\"}", "hunter two"),
            ("'fs.s3a.secret.key': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'", "wJalrXUtnFEMI"),
            ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
            ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
            ("jdbc:postgresql://db:5432/x?user=etl&password=s3cr3t&ssl=true", "s3cr3t"),
            ("postgres://etl:pa55word@db:5432/x", "pa55word"),
            ("jdbc:sqlserver://h;user=a;password=Pa$$w0rd;encrypt=true", "Pa$$w0rd"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
            ("spark-submit --conf a=b --db-password hunter2 job.py", "hunter2"),
            (
                "push with ghp_0123456789abcdefghijABCDEFGHIJ012345 failed",
                "ghp_0123456789abcdefghij",
            ),
            ("SAS https://a.blob.core.windows.net/c?sv=1&sig=abc%2Bdef&se=2", "abc%2Bdef"),
            (
                "the session token is FwoGZXIvYXdzEJr1KXqV9wLh3TTg7Zs8 for now",
                "FwoGZXIvYXdzEJr1KXqV9wLh3TTg7Zs8",
            ),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSMeKKF2QT4",
                "eyJhbGciOiJIUzI1NiJ9",
            ),
            ("api_key: sk1234abcd", "sk1234abcd"),
        ];
        for (text, secret) in cases {
            let redacted = redact(text);
            assert!(!redacted.text.contains(secret), "{text} became {}", redacted.text);
            assert!(redacted.text.contains("[redacted:"), "{text} became {}", redacted.text);
            assert_eq!(redact(&redacted.text).text, redacted.text, "a second time changes nothing");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let lines = [
            "26/11/23 17:25:38 INFO SecurityManager: SecurityManager: authentication disabled; ui acls disabled; users with view permissions: etl groups with view permissions: EMPTY; RPC SSL disabled",
            "commit 88ddbc8a0f1e2d3c4b5a69788796a5b4c3d2e1f0 of main",
            "Query [id = cd02ae24-769f-4245-aa4f-8fdf89088bd5, runId = 78c50a93-8fa6-4857-8ce7-b06155cbb39d] terminated with error",
            "Connected to Spark cluster with app ID app-20261123182823-0000",
            "26/11/23 INFO HadoopDelegationTokenManager: token renewal disabled, credential providers: none",
            "FATAL: password authentication failed for user \"etl_reader\"",
            "org.apache.hadoop.security.token.TokenCache: token service: ha-hdfs:nn1",
            "max_tokens=4096 token_count: 12",
            "[PARSE_SYNTAX_ERROR] Syntax error at or near 'spent': token 'spent' is unexpected",
            "spark.hadoop.fs.s3a.secret.key=*********(redacted)",
            "fs.s3a.aws.credentials.provider=org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
            "keytab secret file: /etc/security/etl.keytab",
            "com.amazonaws.services.s3.model.AmazonS3Exception: The provided token has expired.",
            "https://spark.apache.org/docs/latest/configuration.html?key=1",
        ];
        for line in lines {
            assert_eq!(redact(line).text, line);
        }
    }

    #[test]
    fn placeholders_are_stable_and_pieces_follow_their_line() {
        let line = redact("user=etl password=hunter2 for etl:hunter2");
        let again = redact("other password=hunter2");
        let placeholder = again.text.rsplit('=').next().expect("there is one");
        assert!(line.text.contains(placeholder));
        assert_eq!(line.piece("etl:hunter2"), format!("etl:{placeholder}"));
    }
}
