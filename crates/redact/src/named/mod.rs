//! Values beside a name that says what they are: `password=`, `"apiKey": "..."`, `--token x`.
//!
//! Programs, configuration files and shells spell this in so many ways, at any depth of quoting,
//! that it is read by hand: a telling name around the keyword, what separates it from its value,
//! and the value up to where its own quotes or its surroundings end it.

mod cursor;
mod judge;
mod name;
mod separator;
mod value;

use cursor::Cursor;
use judge::Told;
use name::Name;
use separator::Separator;

use crate::span::Span;
use crate::stream::Open;

/// One of these stands in every telling name.
pub(crate) const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "credential",
    "key",
    "fernet",
    "sessionid",
    "session_id",
    "_auth",
    "accesskey",
    "identitypassword",
];

const KIND: &str = "secret";

/// Reads the name around the keyword at `at`, and its value. Returns where reading ended and
/// whether the value is still to come on the next line.
pub(crate) fn find(line: &str, at: usize, spans: &mut Vec<Span>) -> (usize, bool) {
    let Some(name) = Name::around(line, at) else { return (at, false) };
    let (separator, value_at) = separator::read(line, &name);
    let Some(separator) = separator else { return (name.range.end, false) };
    let Some(telling) = name.telling() else { return (name.range.end, false) };
    let read = value::read(line, value_at, separator);
    let told = Told { name: &name, telling, separator, is_quoted: read.is_quoted };
    if read.is_to_come {
        return (line.len(), separator.may_break());
    }
    let mut ends = name.range.end;
    for value in read.choices {
        if told.is_secret(&line[value.clone()]) {
            ends = value.end;
            spans.push(Span { kind: KIND, secret: value, from: name.range.start });
            break;
        }
    }
    (ends, false)
}

/// Reads a value whose name stood on the line before.
pub(crate) fn find_on_next_line(line: &str, spans: &mut Vec<Span>, next: &mut Open) {
    let mut cursor = Cursor::at(line, 0);
    cursor.skip_blanks();
    for lead in ["-", "value:", "<value>", "\"value\":", "|", ">"] {
        if cursor.eat(lead) {
            cursor.skip_blanks();
        }
    }
    if cursor.rest().is_empty() {
        return;
    }
    if matches!(cursor.rest().trim_end(), "\"\"\"" | "'''" | "(" | "\\") {
        *next = Open::Value;
        return;
    }
    let read = value::read(line, cursor.at, Separator::NextLine);
    let Some(value) = read.choices.into_iter().next() else { return };
    let rest =
        line[value.end..].trim_matches(|c: char| c.is_whitespace() || "\"',;)}]\\".contains(c));
    let is_alone = rest.is_empty() || rest.starts_with("</value>");
    if is_alone && judge::is_secret_on_next_line(&line[value.clone()], read.is_quoted) {
        spans.push(Span { kind: KIND, secret: value, from: 0 });
    }
}
