//! Long random words that nothing but their place gives away: values of any name, in quotes, and
//! keys of Fernet wherever they stand.

use crate::span::Span;
use crate::words::{alternates, entropy, is_code_before, looks_random, of_name};

const KIND: &str = "secret";

/// Letters of the shortest value.
const SHORTEST: usize = 32;
/// Letters of 32 bytes in base64, before the `=` that fills it up.
const FERNET: usize = 43;
/// Bytes before a word that may tell that it is no secret.
const REACH: usize = 48;

/// Looks at every long word of the line.
pub(crate) fn find(line: &str, spans: &mut Vec<Span>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let mut start = at;
        at += bytes[at..].iter().take_while(|&&byte| is_part(byte)).count();
        if at - start >= SHORTEST {
            // The escape of a line end is no part of the word.
            let is_escaped = start > 0 && bytes[start - 1] == b'\\';
            start += usize::from(is_escaped && matches!(bytes[start], b'n' | b't' | b'r'));
            let fill = bytes[at..].iter().take(2).take_while(|&&byte| byte == b'=').count();
            if is_secret(line, start, at, fill) {
                spans.push(Span { kind: KIND, secret: start..at + fill, from: start });
            }
        }
        at += 1;
    }
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-')
}

fn is_secret(line: &str, start: usize, end: usize, fill: usize) -> bool {
    let word = &line[start..end];
    let behind = &line[end + fill..];
    let is_whole = !behind.bytes().next().is_some_and(|next| is_part(next) || next == b'=');
    let is_key = fill == 1 && is_whole && is_fernet(word);
    let is_value = || is_value_behind(&line[..start]) && is_random(word) && !is_code_before(behind);
    (is_key || is_value()) && !is_named_harmless(&line[..start], word)
}

/// 32 bytes in the base64 of URLs.
fn is_fernet(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    let is_of_urls = word.len() == FERNET && !word.contains(['+', '/']);
    // Of the last letter's six bits two are left over.
    let is_filled = word.ends_with(|last| "AEIMQUYcgkosw048".contains(last));
    is_of_urls
        && is_filled
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && entropy(word) > 4.2
}

/// As chance makes them: several numbers within, few signs, no words.
fn is_random(word: &str) -> bool {
    const FEWEST_NUMBERS: usize = 2;
    let is_digit = |c: char| c.is_ascii_digit();
    let n_numbers = word.split(|c| !is_digit(c)).filter(|number| !number.is_empty()).count();
    let n_signs = word.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    word.len() >= SHORTEST
        && n_numbers >= FEWEST_NUMBERS
        && n_signs * 8 <= word.len()
        && looks_random(word)
        && alternates(word)
        && !is_made_of_words(word)
}

/// Whether more than half of it are words with or without a capital: chance makes that once in
/// some hundred times.
fn is_made_of_words(word: &str) -> bool {
    const SHORTEST_TAIL: usize = 3;
    let mut in_words = 0;
    let mut rest = word.as_bytes();
    while let Some(first) = rest.first() {
        let n_capital = usize::from(first.is_ascii_uppercase());
        let tail = rest[n_capital..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        in_words += if tail >= SHORTEST_TAIL { n_capital + tail } else { 0 };
        rest = &rest[(n_capital + tail).max(1)..];
    }
    in_words * 2 > word.len()
}

/// Whether a value begins behind the text: `x=`, `x: `, `"`, `<value>`.
fn is_value_behind(before: &str) -> bool {
    const SIGNS: [char; 6] = ['=', ':', '"', '\'', '`', '>'];
    before.ends_with(SIGNS) || before.trim_end_matches([' ', '\t']).ends_with(['=', ':'])
}

/// Public keys, digests, and numbers that requests and clusters go by.
fn is_named_harmless(before: &str, word: &str) -> bool {
    const DIGESTS: [&str; 13] = [
        "sha",
        "sha1",
        "sha224",
        "sha256",
        "sha384",
        "sha512",
        "md5",
        "checksum",
        "etag",
        "digest",
        "fingerprint",
        "integrity",
        "hash",
    ];
    let mut reach = before.len().saturating_sub(REACH);
    while !before.is_char_boundary(reach) {
        reach += 1;
    }
    let clause = before[reach..].rsplit([',', ';', '&', '{', '[', '(']).next().unwrap_or_default();
    let names = of_name(clause);
    let is_digest = |name: &String| DIGESTS.contains(&name.as_str());
    // `x-amz-id-2` is one of these.
    let is_id = names.iter().rev().take(2).any(|name| name == "id");
    let marked = word.split(['-', '_', '/']).next().unwrap_or_default().to_ascii_lowercase();
    let is_public = names.iter().any(|name| name == "public");
    names.iter().any(is_digest) || is_id || is_public || DIGESTS.contains(&marked.as_str())
}
