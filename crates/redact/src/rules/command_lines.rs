//! Passwords on command lines whose flags do not say so.

use crate::rule::Rule;
use crate::words::is_prose;

const SECRET: &str = "secret";

pub(super) const RULES: &[Rule] = &[
    // `-psecret`: these take the password without a blank before it.
    Rule {
        kind: SECRET,
        keywords: &["mysql", "mariadb"],
        pattern: r#"\b(?:mysql|mariadb)\w*\b[^\n|;]*?\s-p["']?(?P<secret>[^\s"']+)"#,
        is_secret: is_argument,
    },
    Rule {
        kind: SECRET,
        keywords: &[
            "sshpass",
            "beeline",
            "mongo",
            "docker login",
            "podman login",
            "az login",
            "helm registry login",
            "mongodump",
            "bcp ",
            "sqlcmd",
            "clickhouse-client",
        ],
        pattern: r#"\b(?:sshpass|beeline|mongo\w*|docker login|podman login|az login|helm registry login|bcp|sqlcmd|clickhouse-client)\b[^\n|;]*?\s-[pP]\s?["']?(?P<secret>[^\s"'-][^\s"']*)"#,
        is_secret: is_argument,
    },
    Rule {
        kind: SECRET,
        keywords: &["curl", "wget", "http "],
        pattern: r#"\b(?:curl|wget|http)\b[^\n|;]*?\s(?:-u|--user|--proxy-user|-U)[ =]?["']?[^\s:"']+:(?P<secret>[^\s"']+)"#,
        is_secret: is_argument,
    },
    Rule {
        kind: SECRET,
        keywords: &["redis-cli", "ldapsearch", "ldapmodify", "ldapadd"],
        pattern: r#"\b(?:redis-cli|ldap\w+)\b[^\n|;]*?\s-[aw]\s?["']?(?P<secret>[^\s"'-][^\s"']*)"#,
        is_secret: is_argument,
    },
    // A password of Kerberos or OpenSSL given on the line.
    Rule {
        kind: SECRET,
        keywords: &["kinit", "pass:"],
        pattern: r#"(?:\becho\s+["']?(?P<secret>[^\s"'|]+)["']?\s*\|\s*kinit\b)"#,
        is_secret: is_argument,
    },
    Rule {
        kind: SECRET,
        keywords: &["pass:"],
        pattern: r#"(?:^|[\s"'=])pass:(?P<secret>[^\s"']+)"#,
        is_secret: |word| is_argument(word) && !is_prose(word),
    },
    Rule {
        kind: SECRET,
        keywords: &["identified by", "password '"],
        pattern: r#"(?i)\b(?:identified by|password)\s+(?:password\s+)?\\?['"](?P<secret>[^'"\\]+)"#,
        is_secret: is_argument,
    },
    // `machine host login x password y` is read by its name; this is `host:port:db:user:password`.
    Rule {
        kind: SECRET,
        keywords: &[":5432:", ":3306:", ":1433:", ":5439:"],
        pattern: r"^[\w.*-]+:\d{4}:[\w*-]+:[\w*.-]+:(?P<secret>\S+)$",
        is_secret: is_argument,
    },
];

/// Neither a variable nor a mask.
fn is_argument(word: &str) -> bool {
    let is_variable = word.starts_with('$') && !word.bytes().any(|byte| byte.is_ascii_lowercase())
        || word.starts_with("${")
        || word.starts_with("$(")
        || word.starts_with('<') && word.ends_with('>')
        || word.starts_with('{') && word.ends_with('}');
    !is_variable && !word.bytes().all(|byte| byte == b'*')
}
