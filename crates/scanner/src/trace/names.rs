//! The exceptions that a line names.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::Language;
use crate::line::Line;

/// An exception as a line names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// Byte offset of the name in the line's text.
    pub at: usize,
    pub exception: String,
    pub message: String,
}

/// What the lines before a Python traceback's frames end with; notebooks leave out the colon.
pub(super) const TRACEBACK: &str = "Traceback (most recent call last)";

/// Exceptions named within one line beyond which we stop counting.
const MOST_NAMED: usize = 4;
/// Names are shorter.
const LONGEST_NAME: usize = 300;

/// A line with none of these words neither starts a traceback nor names an exception in its middle.
static TELLING: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new([
        TRACEBACK,
        "Exception",
        "Error",
        "Throwable",
        "Interrupt",
        "Failure",
        " executor ",
    ])
    .expect("the words are constants")
});

/// Whether a closer look at the line is worth it.
pub(super) fn is_telling(body: &str) -> bool {
    TELLING.is_match(body)
}

/// The exceptions that the body names before `end`, in order.
pub(super) fn named_in(line: &Line<'_>, end: usize, is_telling: bool) -> Vec<Named> {
    let body = line.body();
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    let mut from = 0;
    if !line.is_record
        && let Some(place) = at_start(body)
    {
        places.push(place);
        // The separator may belong to the next name as well.
        from = place.1;
    }
    while is_telling
        && places.len() < MOST_NAMED
        && let Some(place) = within(body, from)
    {
        places.push(place);
        from = place.1;
    }
    places.retain(|&(start, _, _)| start < end);
    let named = |&(start, stop, message_at): &(usize, usize, usize)| Named {
        at: line.body_at + start,
        exception: body[start..stop].to_owned(),
        message: body[message_at..].trim().to_owned(),
    };
    places.iter().map(named).collect()
}

/// Start and end of the name of a Java exception at the start of a line, and where its message
/// starts.
fn at_start(body: &str) -> Option<(usize, usize, usize)> {
    let name_at = after_lead(body);
    let rest = &body[name_at..];
    let length = length_of_name(rest);
    let (packages, class) = rest[..length].rsplit_once('.')?;
    let is_java = class.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase())
        && !packages
            .split('.')
            .any(|part| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit()));
    let after = &rest[length..];
    let n_sign = if after.is_empty() {
        0
    } else if after.starts_with(": ") {
        2
    } else {
        after.starts_with(':').then_some(1)?
    };
    is_java.then_some((name_at, name_at + length, name_at + length + n_sign))
}

/// Where the name starts, behind the words that lead it in.
fn after_lead(body: &str) -> usize {
    for lead in ["Caused by: ", "Wrapped by: ", ": "] {
        if body.starts_with(lead) {
            return lead.len();
        }
    }
    let thread = body.strip_prefix("Exception in thread \"");
    let rest = thread.and_then(|thread| thread.split_once("\" ")).map(|(_, rest)| rest);
    rest.map_or(0, |rest| body.len() - rest.len())
}

/// Letters, digits, dots and what else a qualified name has.
fn length_of_name(text: &str) -> usize {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$');
    text.bytes().take(LONGEST_NAME).take_while(is_of_name).count()
}

/// The next exception that is named in the middle of a body.
fn within(body: &str, from: usize) -> Option<(usize, usize, usize)> {
    static WITHIN: LazyLock<Regex> = LazyLock::new(|| {
        // What a task was lost to is an exception whatever its name; elsewhere the name must say so.
        Regex::new(concat!(
            r"(?:: |^)(?P<named>(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable|Interrupt|Failure))(?:: |:?$)",
            r"|\(\S+ executor \w+\): (?P<lost>(?:[A-Za-z_][\w$]*\.)+[A-Z][\w$]*)(?:: |:?$)",
        ))
        .expect("the pattern is a constant")
    });
    if !is_telling(&body[from..]) {
        return None;
    }
    let groups = WITHIN.captures_at(body, from)?;
    let (whole, name) = (groups.get(0)?, groups.name("named").or(groups.name("lost"))?);
    Some((name.start(), name.end(), whole.end()))
}

/// The last line of a Python traceback: a type, and what it says.
pub(super) fn python_exception(line: &Line<'_>) -> Option<Named> {
    let body = line.body();
    if !body.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
        return None;
    }
    // A class of a function is named with `<locals>`.
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '<' | '>');
    let length = body.find(|c| !is_of_name(c)).unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    if name.ends_with('.') || name.contains("..") || !rest.is_empty() && !rest.starts_with(':') {
        return None;
    }
    let message = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(':')).unwrap_or_default();
    Some(Named {
        at: line.body_at,
        exception: name.to_owned(),
        message: message.trim_end().to_owned(),
    })
}

/// Whether a name is one that Python programs give to exceptions, where a line alone must tell.
pub(super) fn is_named_like_exception(name: &str) -> bool {
    ["Error", "Exception", "Warning", "Interrupt", "Exit", "Group", "Failure"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The exception that Spark Connect's client names at the start of a message:
/// `(org.apache.spark.sql.AnalysisException) [CLASS] message`.
pub(super) fn carried_in_brackets(of: &Named) -> Option<Named> {
    let inside = of.message.strip_prefix('(')?;
    let length = length_of_name(inside);
    let message = inside[length..].strip_prefix(')')?;
    let is_java =
        inside[..length].contains('.') && language_of(&inside[..length]) == Language::Java;
    is_java.then(|| Named {
        at: of.at + of.exception.len() + ": (".len(),
        exception: inside[..length].to_owned(),
        message: message.trim_start().to_owned(),
    })
}

/// Which runtime names its exceptions like this: only packages of the JVM start with these.
pub(super) fn language_of(exception: &str) -> Language {
    const JVM: [&str; 14] = [
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "scala.",
        "org.",
        "com.",
        "io.",
        "net.",
        "software.",
        "oracle.",
        "kafka.",
        "shaded.",
        "akka.",
    ];
    if JVM.iter().any(|package| exception.starts_with(package)) {
        Language::Java
    } else {
        Language::Python
    }
}
