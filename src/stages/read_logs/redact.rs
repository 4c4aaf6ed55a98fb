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
        let mut known = piece.to_owned();
        for (secret, placeholder) in &self.secrets {
            known = known.replace(secret.as_str(), placeholder);
            // The piece may be one line of a key that has many.
            for line in secret.lines().map(str::trim).filter(|line| line.len() >= 16) {
                known = known.replace(line, placeholder);
            }
        }
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
        rule("password", r#"(?i)jdbc:oracle:\w+:[^/\s:@"']+/(?P<secret>[^\s@"']+)@"#, always),
        rule(
            "password",
            r#"\b(?:mysql|mariadb)\w*\b[^\n|;]*?\s-p["']?(?P<secret>[^\s"']+)"#,
            always,
        ),
        // Quoted values go first: without their quotes only a part of them would be taken.
        rule(
            "password",
            &named(r#"["']?\s*(?:=>?|->|:|,)\s*[bru]{0,2}"(?P<secret>[^"\n]+)""#),
            is_named_secret,
        ),
        rule(
            "password",
            &named(r#"["']?\s*(?:=>?|->|:|,)\s*[bru]{0,2}'(?P<secret>[^'\n]+)'"#),
            is_named_secret,
        ),
        // A passphrase of a few words; no more of a line than that, the rest of it is wanted.
        rule(
            "password",
            concat!(
                r#"(?im)(?:^|[:,;("'])[ \t]*(?P<name>password|passwd|passphrase):[ \t]+"#,
                r#"(?P<secret>[^\s"',;&=:()\[]+(?: [^\s"',;&=:()\[]+){1,5})[ \t]*(?:$|[,;"')])"#,
            ),
            |_, words| !words.split(' ').any(is_switch),
        ),
        rule(
            "password",
            &named(r#"["']?\s*(?:=>?|->|:|%3D|%3A)\s*(?P<secret>[^\s"'&;,)}\]]+)"#),
            is_named_secret,
        ),
        rule(
            "password",
            r"(?i)--?(?P<name>[\w-]*(?:password|passwd|secret|token|api-?key|access-?key))[ =](?P<secret>[^\s-]\S*)",
            is_named_secret,
        ),
        // As in a file of properties: only blanks between the name and the value.
        rule(
            "password",
            &named(r#"(?:[ \t]{2,}|\t)(?P<secret>[^\s"'=:,;)\]-][^\s"',;]*)"#),
            |name, value| is_property(name, value) && is_named_secret(name, value),
        ),
        rule("password", &named(r#" (?P<secret>[^\s"'=:,;)\]-][^\s"',;]*)"#), |name, value| {
            is_property(name, value) && !is_prose(value) && is_named_secret(name, value)
        }),
        rule(
            "password",
            r#"(?i)(?:\b(?P<name>password|passwd|passphrase|secret)\s+(?:is|was)\s+["']?)(?P<secret>[^\s"',;)]+)"#,
            |name, value| !is_prose(value) && is_named_secret(name, value),
        ),
        rule(
            "password",
            r#"(?i)\(\s*(?P<name>password|passwd|pwd|passphrase|secret)\s+["']?(?P<secret>[^\s"')]+)["']?\s*\)"#,
            |name, value| !is_prose(value) && is_named_secret(name, value),
        ),
    ]
});

const PLACEHOLDER: &str = "[redacted:";

/// The same for the same secret, and too short to guess it from.
fn placeholder(kind: &str, secret: &str) -> String {
    let hash = Sha256::digest(secret.as_bytes());
    format!("{PLACEHOLDER}{kind}:{:02x}{:02x}]", hash[0], hash[1])
}

/// A pattern for a telling name and what follows it.
fn named(and_then: &str) -> String {
    let name = concat!(
        r"(?i)(?P<name>[\w.-]*(?:password|passwd|\bpwd|passphrase|secret|token|api[_-]?key|access[_-]?key",
        r"|account[_-]?key|private[_-]?key|credential)[\w.-]*)",
    );
    format!("{name}{and_then}")
}

/// Whether a value beside a telling name is a secret, rather than a switch, a place or prose.
fn is_named_secret(name: &str, value: &str) -> bool {
    // What is left of a Python literal whose quoted part is gone already.
    let is_prefix = matches!(value, "b" | "r" | "u" | "f" | "rb" | "br");
    if is_prefix || is_switch(value) || stands_for_a_value(value) || counts_tokens(name) {
        return false;
    }
    let name = name.to_lowercase().replace(['_', '-'], "");
    let is_sure = name.contains("passw")
        || name.ends_with("pwd")
        || name.contains("passphrase")
        || name.contains("accountkey");
    if is_sure {
        return true;
    }
    let is_listed = value.starts_with(['<', '*', '[', '{', '(']);
    value.len() >= 6 && has_mixture(value) && !(is_listed && name.contains("token"))
}

/// Whether two words are a property and its value, and the second no assignment of its own.
fn is_property(name: &str, value: &str) -> bool {
    name.contains(['.', '_']) && !value.trim_end_matches('=').contains('=')
}

fn is_switch(value: &str) -> bool {
    const SWITCHES: [&str; 12] = [
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
    SWITCHES.contains(&value.to_lowercase().as_str())
}

/// A variable, a blank to fill in, a mask, a path or a class: where a secret comes from, not it.
fn stands_for_a_value(value: &str) -> bool {
    static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
        let shapes = [
            r"\[redacted:.*",
            r"\$\{.*",
            r"\$[A-Z_][A-Z0-9_]*",
            r"%[-0-9.]*[sdr]|%\([a-z_]+\)?s?|%[A-Z_]+%",
            // A closing bracket may have been left outside the value.
            r"[\[{(<]+",
            r"\{[a-z_.]*(?:passw|pwd|secret|token|key|credential)[a-z_]*\}?",
            r"<[A-Za-z_ -]+>?",
            r"\*{3,}.*|\*+",
            r"(?:/[a-z0-9._-]+){2,}/?|file:/.*",
            r"(?:org|com|io|net|javax?)(?:\.\w+){2,}",
            r"(?:os\.environ|os\.getenv|getpass\.|dbutils\.secrets\.|sys\.argv).*",
        ];
        Regex::new(&format!("^(?:{})$", shapes.join("|"))).expect("the pattern is a constant")
    });
    STAND_IN.is_match(value)
}

/// Names such as `max_tokens`, which speak of tokens that are no secrets.
fn counts_tokens(name: &str) -> bool {
    const ABOUT: [&str; 17] = [
        "tokens", "count", "limit", "length", "interval", "renew", "max", "min", "class",
        "provider", "service", "file", "path", "type", "name", "enabled", "manager",
    ];
    static SECRET: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)passw|pwd|passphrase|secret|credential|(?:api|access|private|account)[._-]?key",
        )
        .expect("the pattern is a constant")
    });
    !SECRET.is_match(name) && words(name).iter().any(|word| ABOUT.contains(&word.as_str()))
}

/// The words of a name, in small letters: `s3.maxTokenCount` is `s3`, `max`, `token`, `count`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && after_small {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("one from the start").extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase() || letter.is_numeric();
    }
    words
}

/// A plain or a compound word: `case-sensitive`, `invalid.`
fn is_prose(word: &str) -> bool {
    word.split('-').all(|part| !has_mixture(part)) && !word.bytes().all(|b| b.is_ascii_digit())
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
            ("admin_password=hunter2", "hunter2"),
            ("service.password=hunter2", "hunter2"),
            ("password=$Hunter2", "Hunter2"),
            ("password=%Hunter2", "Hunter2"),
            ("password=/Hunter2", "Hunter2"),
            ("admin.secret.key=abc123def", "abc123def"),
            ("jdbc:oracle:thin:scott/hunter2@//h:1521/x", "hunter2"),
            ("spark.ssl.keyPassword  hunter", "hunter"),
            ("spark.ssl.keyPassword hunter2", "hunter2"),
            ("PWD={hunter2};password={hunter3}", "hunter3"),
            ("AccountName=a;AccountKey=ab1==;EndpointSuffix=x", "ab1=="),
            ("the password is hunter2", "hunter2"),
            ("login as etl (password hunter2) failed", "hunter2"),
            ("mysql -u etl -phunter2 sales", "hunter2"),
            ("q=password%3Dhunter2", "hunter2"),
            ("Password=[hunter2]", "hunter2"),
            ("password=b'hunter2'", "hunter2"),
            ("fs.s3a.secret.key -> abc123def", "abc123def"),
            ("Password: hunter two", "two"),
            ("\"password\": \"hunter's two\"", "s two"),
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
            "password=${DB_PASSWORD} password=$DB_PASSWORD password=%s password={password}",
            "password = os.environ[\"DB_PASSWORD\"]",
            "the password is case-sensitive, (password authentication)",
            "see spark.ssl.keyPassword for the rest",
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
