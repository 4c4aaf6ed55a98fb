//! Whether a value beside a telling name is a secret, rather than a switch, a place or prose.

use std::sync::LazyLock;

use regex::Regex;

use super::name::{Name, Telling};
use super::separator::Separator;
use crate::words::{self, alternates, has_mixture, is_prose, looks_random};

/// What is known of a value but for itself.
pub(super) struct Told<'a> {
    pub name: &'a Name<'a>,
    pub telling: Telling,
    pub separator: Separator,
    pub is_quoted: bool,
}

impl Told<'_> {
    pub fn is_secret(&self, value: &str) -> bool {
        let is_bare = !self.is_quoted;
        if is_no_value(value) || is_bare && (self.is_code(value) || self.is_listed_token(value)) {
            return false;
        }
        if self.telling == Telling::Faint {
            return (self.separator != Separator::Blank || self.name.is_property())
                && is_random_key(value);
        }
        if is_bare && value.contains(' ') {
            return self.is_at_a_start() && !value.split(' ').any(is_switch);
        }
        match self.separator {
            Separator::Blank => self.is_setting_of(value) && !is_prose(value) && self.fits(value),
            Separator::Columns => self.is_setting_of(value) && self.fits(value),
            Separator::Is | Separator::Bracket => {
                self.is_plain_name() && !is_prose(value) && self.fits(value)
            }
            Separator::List => !value.contains(' ') && is_mixed(value) && self.fits(value),
            _ => self.fits(value),
        }
    }

    fn fits(&self, value: &str) -> bool {
        let is_certain = self.separator.is_certain() || self.is_quoted;
        match self.telling {
            Telling::Sure => true,
            Telling::Firm if is_certain && value.len() >= 4 && !value.contains(' ') => true,
            // No word of a sentence is written so.
            Telling::Firm if value.len() >= 8 && value.contains('_') && !value.contains(' ') => {
                true
            }
            Telling::Firm | Telling::Likely | Telling::Faint => {
                let is_sentence = value.matches(' ').count() > 2;
                value.len() >= 6 && has_mixture(value) && !is_sentence
            }
        }
    }

    /// As in a file of properties: no variable, and the value is neither an assignment of its own
    /// nor a sign.
    fn is_setting_of(&self, value: &str) -> bool {
        let is_variable = self.name.line[..self.name.range.start].ends_with(['$', '{']);
        let is_assignment = value.trim_end_matches('=').contains('=');
        let is_sign = value.starts_with(['=', ':', ',', ';', ')', ']', '-', '(']);
        self.name.is_property() && !is_variable && !is_assignment && !is_sign
    }

    /// The whole name is a word for a password.
    fn is_plain_name(&self) -> bool {
        let name = self.name.text;
        ["password", "passwd", "passphrase", "pwd", "secret"]
            .iter()
            .any(|plain| name.eq_ignore_ascii_case(plain))
    }

    /// A value of several words without quotes is taken only where a line or a clause begins with
    /// the name: elsewhere the words are the rest of a sentence.
    fn is_at_a_start(&self) -> bool {
        let before = self.name.line[..self.name.range.start].trim_end_matches([' ', '\t']);
        let starts = before.is_empty() || before.ends_with([':', ',', ';', '(', '"', '\'']);
        starts && self.is_plain_name() && self.separator == Separator::Colon
    }

    /// A name or a call in a program, rather than what it holds. A word that speaks of a secret is
    /// the name of a variable where it is the argument of a call, `connect(password=db_password)`,
    /// and where it says no more than the name, `self.password = password`.
    fn is_code(&self, value: &str) -> bool {
        if !is_called_as_a_secret(value) {
            return is_code(value);
        }
        let of_name = words::of_name(self.name.text);
        let is_repeated = words::of_name(value).iter().all(|word| of_name.contains(word));
        is_repeated || self.telling < Telling::Firm || self.is_argument()
    }

    /// Whether the name stands in the brackets of a call, or alone on an indented line that ends
    /// in a comma, as the arguments of a longer call do.
    fn is_argument(&self) -> bool {
        let before = &self.name.line[..self.name.range.start];
        let called = before.rfind('(').filter(|&at| before.rfind(')').is_none_or(|end| end < at));
        let is_call = called.is_some_and(|at| {
            before[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        });
        let is_indented = before.trim().is_empty() && !before.is_empty();
        is_call || is_indented && self.name.line.trim_end().ends_with(',')
    }

    /// What parsers say of the tokens that they read.
    fn is_listed_token(&self, value: &str) -> bool {
        let is_listed = value.starts_with(['<', '*', '[', '{', '(']);
        is_listed && self.name.text.to_ascii_lowercase().contains("token")
    }
}

/// The value alone on the line after its name.
pub(super) fn is_secret_on_next_line(value: &str, is_quoted: bool) -> bool {
    let is_prose = value.contains(' ') && !is_quoted;
    let is_name = is_code(value) || is_called_as_a_secret(value);
    !is_prose && value.len() >= 6 && is_mixed(value) && !is_no_value(value) && !is_name
}

fn is_mixed(value: &str) -> bool {
    value.split(' ').any(has_mixture)
}

fn is_no_value(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || is_switch(value) || stands_for_a_value(value)
}

/// What a key of any kind may look like and hardly anything else does.
fn is_random_key(value: &str) -> bool {
    let is_one_word = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/_=-".contains(&b));
    is_one_word && value.len() >= 20 && looks_random(value) && alternates(value)
}

/// Words that a password is followed by, and none.
fn is_switch(value: &str) -> bool {
    const SWITCHES: [&str; 36] = [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "yes",
        "no",
        "on",
        "off",
        "enabled",
        "disabled",
        "required",
        "optional",
        "expired",
        "undefined",
        "empty",
        "missing",
        "invalid",
        "incorrect",
        "wrong",
        "unset",
        "set",
        "must",
        "not",
        "for",
        "str",
        "string",
        "bytes",
        "varchar",
        "text",
        "type",
        "default",
        "prompt",
        "unknown",
        "n/a",
        "hidden",
    ];
    SWITCHES.contains(&value.trim_end_matches(['.', '!', '?']).to_lowercase().as_str())
}

/// A variable, a blank to fill in, a mask, a path or a class: where a secret comes from, not it.
fn stands_for_a_value(value: &str) -> bool {
    static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
        let shapes = [
            r"\[redacted:.*",
            r"-----BEGIN .*",
            r"\$\{.*",
            r"\$\(.*",
            r"\$[A-Z_][A-Z0-9_]*",
            r"%[-0-9.]*[sdr]|%\([a-z_]+\)?s?|%[A-Z_]+%",
            // A closing bracket may have been left outside the value.
            r"[\[{(<]+",
            r"\{\{.*",
            r"\{?[a-z_.]*(?:passw|pwd|secret|token|credential)[a-z_]*\}",
            r"\{[a-z_.]*(?:passw|pwd|secret|token|key|credential)[a-z_]*\}?",
            r"<[A-Za-z_ -]+>?",
            r"\*{3,}.*|\*+|[xX]{3,}|\.{3,}|…",
            r"(?:/[a-z0-9._-]+){2,}/?|file:/.*|/run/secrets/.*",
            r"(?:org|com|io|net|javax?)(?:\.[\w$]+){2,}",
            r"(?:os\.environ|os\.getenv|getpass\.|dbutils\.secrets\.|sys\.argv|System\.getenv).*",
            r"arn:aws:.*|projects/[\w-]+/secrets/.*|vault:.*|secret://.*",
            r"[A-Z]{2,}(?:_[A-Z]+)+",
        ];
        Regex::new(&format!("^(?:{})$", shapes.join("|"))).expect("the pattern is a constant")
    });
    STAND_IN.is_match(value)
}

/// `db_password`
fn is_called_as_a_secret(value: &str) -> bool {
    const PARTS: [&str; 7] =
        ["passw", "passphrase", "pwd", "secret", "token", "credential", "api_key"];
    value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'))
        && PARTS.iter().any(|part| value.contains(part))
}

/// What a program writes to name or fetch a value, whatever the name before it.
fn is_code(value: &str) -> bool {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        let shapes = [
            r"(?:self|this|args|conf|config|settings|options|params|env|cfg|ctx)\.[A-Za-z_.]+",
            r"(?:\w+\.)*(?:get|read|load|fetch|decrypt|lookup|input|prompt|generate|Fernet)\w*\(.*",
            r"(?:Optional|Union|List|Dict|SecretStr|Option)\b[\[<(].*|SecretStr",
            r"[A-Za-z]+Type\(?\)?",
        ];
        Regex::new(&format!("^(?:{})$", shapes.join("|"))).expect("the pattern is a constant")
    });
    CODE.is_match(value)
}
