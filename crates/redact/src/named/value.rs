//! The value behind a name, up to where its quotes or its surroundings end it.

use std::ops::Range;

use super::cursor::{Cursor, Quote};
use super::separator::Separator;

/// What may be the value.
pub(super) struct Read {
    /// The likeliest first.
    pub choices: Vec<Range<usize>>,
    pub is_quoted: bool,
    /// Nothing follows on this line.
    pub is_to_come: bool,
}

/// Reads the value that starts at `at`.
pub(super) fn read(line: &str, at: usize, separator: Separator) -> Read {
    let at = at + continuation(&line[at..]);
    let cursor = Cursor::at(line, at);
    if opens_the_next_line(cursor.rest()) {
        return Read { choices: Vec::new(), is_quoted: false, is_to_come: true };
    }
    if separator == Separator::Element && !cursor.rest().starts_with(['"', '\'']) {
        let end = cursor.rest().find('<').map_or(line.len(), |end| at + end);
        // The tags are its quotes.
        let choices = vec![trimmed(line, at..end)];
        return Read { choices, is_quoted: true, is_to_come: false };
    }
    let prefix = cursor.rest().bytes().take(2).take_while(|b| b"brufBRUF".contains(b)).count();
    let mut quoted = Cursor::at(line, at + prefix);
    if let Some(quote) = quoted.eat_quote() {
        let end = quote.end_in(quoted.rest()).unwrap_or_else(|| open_end(quote, quoted.rest()));
        let value = quoted.at..quoted.at + end;
        return Read { choices: vec![value], is_quoted: true, is_to_come: false };
    }
    let closing = match (separator, cursor.rest().as_bytes().first()) {
        (Separator::Assigns | Separator::Colon, Some(b'{')) => Some('}'),
        (Separator::Assigns | Separator::Colon, Some(b'[')) => Some(']'),
        _ => None,
    };
    if let Some(closing) = closing
        && !cursor.rest().starts_with("[redacted:")
        && let Some(end) = cursor.rest().find(closing)
        && !cursor.rest()[..end].contains([' ', '"', '\''])
    {
        let inner = at + 1..at + end;
        return unquoted_as(Vec::from([inner]));
    }
    // Elsewhere a percent sign is a sign like others.
    let signs = ["%3D", "%3A", "%3d", "%3a"];
    let is_encoded = signs.iter().any(|sign| line[..at].ends_with(sign));
    let word = at..at + unquoted(cursor.rest(), separator, is_encoded);
    let mut choices = vec![word.clone()];
    if separator == Separator::Colon
        && let Some(words) = several(line, &word)
    {
        choices.insert(0, words);
    }
    unquoted_as(choices)
}

fn unquoted_as(choices: Vec<Range<usize>>) -> Read {
    Read { choices, is_quoted: false, is_to_come: false }
}

/// Where a quotation that is not closed ends: with the text of the line, but for what was spelled
/// as we would not write within a value.
fn open_end(quote: Quote, text: &str) -> usize {
    match quote {
        Quote::Spelled(_) => unquoted(text, Separator::Assigns, true),
        _ => text.trim_end().len(),
    }
}

/// Nothing, a block of YAML or Python, or a line that goes on.
fn opens_the_next_line(rest: &str) -> bool {
    let rest = rest.trim();
    let python = rest.trim_start_matches(['b', 'r', 'u', 'f']);
    let marks = ["|", ">", "|-", ">-", "|+", ">+", "\\", "("];
    rest.is_empty() || marks.contains(&rest) || matches!(python, "\"\"\"" | "'''")
}

/// Bytes of the sign that goes on to the next line, and of the blanks there, where the lines have
/// been joined: by a blank, or by `\\n` with the sign escaped before it.
fn continuation(rest: &str) -> usize {
    let next_line = rest.strip_prefix("\\\\\\n").or_else(|| {
        let behind = rest.strip_prefix('\\')?;
        behind.starts_with([' ', '\t']).then_some(behind)
    });
    next_line.map_or(0, |next_line| rest.len() - next_line.trim_start_matches([' ', '\t']).len())
}

/// Bytes of a value without quotes.
fn unquoted(text: &str, separator: Separator, is_encoded: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let ends = match bytes[at] {
            b'"' | b'\'' | b'`' => true,
            byte if byte.is_ascii_whitespace() => true,
            b'\\' => is_escape(&bytes[at + 1..]),
            // A sign in the middle of a password is one, unless a name with its value follows.
            b',' | b';' => at > 0 && (is_last(&text[at + 1..]) || assigns(&text[at + 1..])),
            b')' | b']' | b'}' => is_last(&text[at + 1..]) && separator != Separator::Flag,
            b'&' => assigns(&text[at + 1..]) || text[at..].starts_with("&amp;"),
            b'%' => is_encoded && ends_encoded(&text[at..]),
            b'<' => text[at + 1..].starts_with('/'),
            _ => false,
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// `\"`, `\'`, and line ends within a longer text.
fn is_escape(behind: &[u8]) -> bool {
    let mark = behind.iter().find(|&&byte| byte != b'\\');
    let is_line_end = matches!(behind.first(), Some(b'n' | b'r' | b't'))
        && behind.get(1).is_none_or(|byte| !byte.is_ascii_digit());
    matches!(mark, Some(b'"' | b'\'')) || mark.is_none() || is_line_end
}

fn is_last(behind: &str) -> bool {
    behind.chars().next().is_none_or(|c| c.is_whitespace() || "\"',;)]}\\<&>".contains(c))
}

/// A name and `=` or `:` follow.
fn assigns(behind: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.- ".contains(byte);
    let n = behind.bytes().take(64).take_while(is_name).count();
    let follows = &behind[n..];
    n > 0 && (follows.starts_with('=') || follows.starts_with("\":") || follows.starts_with("%3D"))
}

/// Signs that end a value within a text that is percent-encoded.
fn ends_encoded(text: &str) -> bool {
    const ENDS: [&str; 8] = ["%20", "%22", "%26", "%27", "%2C", "%3B", "%7D", "%0A"];
    let code = text.get(..3).map(str::to_ascii_uppercase).unwrap_or_default();
    ENDS.contains(&code.as_str())
}

/// The word with up to five that follow, where they fill the line or the clause.
fn several(line: &str, word: &Range<usize>) -> Option<Range<usize>> {
    const MOST: usize = 6;
    let rest = &line[word.start..];
    let stop = rest.find([',', ';', '"', '\'', ')', '(', '=', ':', '[', '&']).unwrap_or(rest.len());
    let is_whole = rest[stop..].chars().next().is_none_or(|c| ",;\"')".contains(c));
    let words = rest[..stop].trim_end();
    let n = words.split(' ').count();
    let is_plain = words.split(' ').all(|word| !word.is_empty());
    (is_whole && is_plain && (2..=MOST).contains(&n)).then(|| word.start..word.start + words.len())
}

fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    start..(range.start + text.trim_end().len()).max(start)
}
