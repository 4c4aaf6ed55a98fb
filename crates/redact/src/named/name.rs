//! The name around a keyword, and whether what it names is a secret.

use std::ops::Range;

use super::cursor::{Cursor, Quote};
use crate::words;

/// A name in a line.
pub(super) struct Name<'a> {
    pub line: &'a str,
    pub text: &'a str,
    pub range: Range<usize>,
    /// What closes a quotation behind it.
    pub quote: Option<Quote>,
    /// Behind the closing quote, if there is one.
    pub end: usize,
    /// `--name`, `-name`.
    pub is_flag: bool,
}

/// How much a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Telling {
    /// Some key; only chance makes a secret of its value.
    Faint,
    /// Many things are called so; the value must look like a secret.
    Likely,
    /// Where it is assigned a value, that is a secret.
    Firm,
    /// A password, however weak.
    Sure,
}

/// Names are not longer.
const LONGEST: usize = 160;

impl<'a> Name<'a> {
    pub fn around(line: &'a str, at: usize) -> Option<Self> {
        let bytes = line.as_bytes();
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let before = bytes[..at].iter().rev().take(LONGEST);
        let mut start = at - before.take_while(|&&byte| is_part(byte)).count();
        let mut end =
            at + bytes[at..].iter().take(LONGEST).take_while(|&&byte| is_part(byte)).count();
        // The arrow of `password->x`.
        if bytes.get(end) == Some(&b'>') && bytes[start..end].ends_with(b"-") {
            end -= 1;
        }
        while end > at && matches!(bytes[end - 1], b'.' | b'-') {
            end -= 1;
        }
        let flag = bytes[start..].iter().take_while(|&&byte| byte == b'-').count();
        start += flag;
        if start >= end || start > at {
            return None;
        }
        // An escape before the name is no part of it: `\npassword`, `%26password`.
        let is_escape = start > 0
            && bytes[start - 1] == b'\\'
            && matches!(bytes[start], b'n' | b't' | b'r')
            && start < at;
        start += usize::from(is_escape);
        let mut cursor = Cursor::at(line, end);
        let quote = cursor.eat_quote();
        // `os.environ["PASSWORD"]`
        if quote.is_some() && cursor.eat("]") {
            end = end.max(start);
        }
        let range = start..end;
        let text = &line[range.clone()];
        Some(Name { line, text, range, quote, end: cursor.at, is_flag: flag > 0 })
    }

    /// What the name promises; `None` where it names no secret.
    pub fn telling(&self) -> Option<Telling> {
        let words = words::of_name(self.text);
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        let flat: String = words.concat();
        let last = words.last().map_or("", String::as_str);
        let is_password = ["passw", "passphrase"].iter().any(|part| flat.contains(part))
            || has("pass")
            || has("pwd")
            || flat.ends_with("pwd")
            || flat.contains("accountkey");
        // The last word says that it is about a secret: where it lies, how long it may be.
        if ABOUT.contains(&last) || flat.ends_with("passwordless") {
            return None;
        }
        if is_password {
            return Some(Telling::Sure);
        }
        let is_fernet = flat.ends_with("fernet") || flat.ends_with("fernetkey");
        if is_fernet
            || flat.ends_with("secret")
            || flat.ends_with("secretkey")
            || flat.ends_with("apikey")
        {
            return Some(Telling::Firm);
        }
        let is_token =
            flat.contains("token") && !words.iter().any(|word| OF_TOKENS.contains(&word.as_str()));
        // A keytab is a file: `service.keytab` holds no service key.
        let without_keytab = flat.replace("keytab", "");
        let is_key = KEYS.iter().any(|key| without_keytab.contains(key));
        let is_session = flat.ends_with("sessionid");
        let is_secret = flat.contains("secret") || flat.contains("credential");
        let is_auth = last == "auth" && self.text.starts_with('_');
        if is_token || is_key || is_session || is_secret || is_auth {
            return Some(Telling::Likely);
        }
        (flat.ends_with("key") && !has("public")).then_some(Telling::Faint)
    }

    /// Whether it is one of several words joined by signs, as settings are and prose is not.
    pub fn is_property(&self) -> bool {
        self.text.contains(['.', '_'])
    }
}

/// Last words of names that are about a secret.
const ABOUT: [&str; 51] = [
    "file",
    "path",
    "dir",
    "location",
    "provider",
    "providers",
    "class",
    "length",
    "min",
    "max",
    "policy",
    "enabled",
    "required",
    "expired",
    "expiry",
    "expiration",
    "age",
    "type",
    "name",
    "alias",
    "field",
    "column",
    "prompt",
    "count",
    "limit",
    "url",
    "uri",
    "manager",
    "callback",
    "handler",
    "encoder",
    "validator",
    "interval",
    "renewer",
    "renewal",
    "ratio",
    "authentication",
    "arn",
    "version",
    "size",
    "format",
    "scope",
    "issuer",
    "endpoint",
    "kind",
    "algorithm",
    "rotation",
    "cache",
    "store",
    "service",
    "factory",
];

/// Names with such a word speak of tokens that are no secrets.
const OF_TOKENS: [&str; 22] = [
    "tokens",
    "count",
    "limit",
    "length",
    "interval",
    "renew",
    "max",
    "min",
    "class",
    "provider",
    "service",
    "file",
    "path",
    "type",
    "name",
    "enabled",
    "manager",
    "total",
    "prompt",
    "completion",
    "tokenizer",
    "next",
];

/// What a key is called that opens something.
const KEYS: [&str; 24] = [
    "apikey",
    "accesskey",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "sharedkey",
    "masterkey",
    "storagekey",
    "subscriptionkey",
    "functionskey",
    "licensekey",
    "authkey",
    "hmackey",
    "cipherkey",
    "deploykey",
    "appkey",
    "applicationkey",
    "integrationkey",
    "routingkey",
    "sharedaccesskey",
    "consumerkey",
    "servicekey",
    "sessionkey",
    "cryptokey",
];
