//! Takes off what a log collector wrapped around a line: a scheduler's prefix, the name of a pod,
//! a JSON object.
//!
//! A JSON line is turned into the lines that the same program would have written as plain text, so
//! that one set of signatures and one reader of stack traces serve both.

mod json;
mod json_trace;
mod prefix;
mod sections;
mod unescape;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::error_class::ErrorClass;
use crate::header::{self, Header};
use crate::line::{Level, Line, Span};
use crate::report::head_of;
use crate::split::LONGEST_LINE;
use crate::timestamp::{self, Timestamp};
use json::Record;
use prefix::{Names, Wrapped};
use sections::Sections;

/// How often one envelope may lie inside another, as Spark's JSON does inside Airflow's prefix
/// inside what Docker wrote.
const DEEPEST: u8 = 4;
/// Streams whose last line was only begun.
const MOST_PARTIAL: usize = 8;

/// What is done with every line that is found.
type Each<'e> = &'e mut dyn FnMut(Line<'_>);

/// Calls `each` for every line that the physical line says, as the first line of a log.
pub(crate) fn open(number: u64, bytes: &[u8], each: Each<'_>) {
    let mut opener = Opener::default();
    opener.open(number, Span::default(), bytes, each);
    opener.finish(each);
}

/// Reads the physical lines of one log in turn.
#[derive(Default)]
pub(crate) struct Opener {
    sections: Sections,
    names: Names,
    partial: BTreeMap<String, Partial>,
    /// The first line of a record of `java.util.logging`, when it was the last line.
    java_util: Option<(Option<Timestamp>, String)>,
}

/// A line that a collector cut into pieces, as far as it has come.
struct Partial {
    number: u64,
    span: Span,
    text: String,
}

/// What the envelopes around a line say of it.
#[derive(Clone, Copy)]
struct Outer<'a> {
    number: u64,
    span: Span,
    timestamp: Option<Timestamp>,
    level: Option<Level>,
    logger: Option<&'a str>,
    thread: Option<&'a str>,
    origin: Option<&'a str>,
    error_class: Option<&'a ErrorClass>,
    is_record: bool,
    is_passed_on: bool,
    /// Envelopes that may still come.
    depth: u8,
}

impl Opener {
    /// Whether it makes of a plain record what it would make of it at the start of a log, but for
    /// the origin.
    pub fn is_idle(&self) -> bool {
        self.java_util.is_none()
    }

    /// Where plain lines come from at this place.
    pub fn origin(&self) -> Option<std::sync::Arc<str>> {
        self.sections.origin()
    }

    /// Calls `each` for every line that the physical line says.
    pub fn open(&mut self, number: u64, span: Span, bytes: &[u8], each: Each<'_>) {
        let text = clean(String::from_utf8_lossy(bytes));
        let is_marker = self.sections.read(&text);
        let origin = self.sections.origin();
        let outer = Outer {
            number,
            span,
            timestamp: None,
            level: None,
            logger: None,
            thread: None,
            origin: origin.as_deref(),
            error_class: None,
            is_record: is_marker,
            is_passed_on: false,
            depth: DEEPEST,
        };
        self.open_text(&text, outer, each);
    }

    /// Hands out the lines whose last piece never came.
    pub fn finish(&mut self, each: Each<'_>) {
        for (origin, partial) in std::mem::take(&mut self.partial) {
            let outer = Outer {
                number: partial.number,
                span: partial.span,
                timestamp: None,
                level: None,
                logger: None,
                thread: None,
                origin: Some(&origin),
                error_class: None,
                is_record: false,
                is_passed_on: false,
                depth: DEEPEST - 1,
            };
            self.open_text(&partial.text, outer, each);
        }
    }

    fn open_text(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) {
        let is_open = outer.depth > 0
            && match text.as_bytes().first() {
                Some(b'{') => self.open_json(text, outer, each),
                Some(b'[') => {
                    self.open_airflow_prefix(text, outer, each)
                        || self.open_named(text, outer, each)
                }
                Some(b'0'..=b'9') => self.open_stamped(text, outer, each),
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'<') => self.open_named(text, outer, each),
                _ => false,
            };
        if is_open {
            return;
        }
        // Spark's progress bar overwrites itself with carriage returns and may share its physical
        // line with a log record.
        for part in text.split('\r').filter(|part| !part.is_empty() || text.is_empty()) {
            match unescape::lines_of(part) {
                Some(lines) => self.say_all(lines.iter().map(String::as_str), outer, each),
                None => self.say(part, outer, each),
            }
        }
    }

    fn open_stamped(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) -> bool {
        let Some(stamp) = timestamp::at_start(text) else {
            return self.open_named(text, outer, each);
        };
        match prefix::after_stamp(text, &stamp, &mut self.names) {
            Some(wrapped) => self.open_wrapped(&wrapped, outer, each),
            None => return false,
        }
        true
    }

    fn open_named(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) -> bool {
        match self.names.take_off(text) {
            Some(wrapped) => self.open_wrapped(&wrapped, outer, each),
            None => return false,
        }
        true
    }

    fn open_wrapped(&mut self, wrapped: &Wrapped<'_>, outer: Outer<'_>, each: Each<'_>) {
        let origin = joined(outer.origin, wrapped.origin.as_deref());
        let outer = Outer {
            timestamp: outer.timestamp.or(wrapped.timestamp),
            origin: origin.as_deref(),
            ..outer.inside()
        };
        self.open_piece(wrapped.rest, wrapped.is_partial, outer, each);
    }

    /// Opens a text that may be one of several pieces of a line.
    fn open_piece(&mut self, text: &str, is_partial: bool, outer: Outer<'_>, each: Each<'_>) {
        let origin = outer.origin.unwrap_or_default();
        if is_partial && (self.partial.contains_key(origin) || self.partial.len() < MOST_PARTIAL) {
            let begun = self.partial.entry(origin.to_owned()).or_insert_with(|| Partial {
                number: outer.number,
                span: outer.span,
                text: String::new(),
            });
            let room = LONGEST_LINE.saturating_sub(begun.text.len());
            begun.text.push_str(head_of(text, room));
            begun.span = begun.span.to(outer.span);
            return;
        }
        match self.partial.remove(origin) {
            Some(mut begun) => {
                let room = LONGEST_LINE.saturating_sub(begun.text.len());
                begun.text.push_str(head_of(text, room));
                let span = begun.span.to(outer.span);
                self.open_text(&begun.text, Outer { number: begun.number, span, ..outer }, each);
            }
            None => self.open_text(text, outer, each),
        }
    }

    fn open_airflow_prefix(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) -> bool {
        let Some(prefix) = AirflowPrefix::read(text) else { return false };
        let passes_on = passes_on(prefix.file);
        let (container, rest) = container_of(prefix.rest, prefix.file);
        let origin = joined(outer.origin, container);
        let own = |own: Option<Level>| own.filter(|_| !passes_on);
        let inner = Outer {
            timestamp: outer.timestamp.or(Some(prefix.timestamp)),
            level: own(prefix.level).or(outer.level),
            logger: Some(prefix.file).filter(|_| !passes_on).or(outer.logger),
            origin: origin.as_deref(),
            is_record: !passes_on,
            is_passed_on: passes_on,
            ..outer.inside()
        };
        self.open_text(rest, inner, each);
        true
    }

    fn open_json(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) -> bool {
        let Ok(object) = serde_json::from_str(text) else { return false };
        let Some(record) = json::read(&object) else { return false };
        let source = record.file.or(record.logger).unwrap_or_default();
        let passes_on = record.file.is_some_and(passes_on)
            || record.is_of_airflow && record.logger.is_some_and(logger_passes_on);
        let (container, message) = container_of(&record.message, source);
        let origin = joined(outer.origin, container.or(record.origin.as_deref()));
        let rest = Outer {
            timestamp: outer.timestamp.or(record.timestamp),
            level: record.level.filter(|_| !passes_on).or(outer.level),
            logger: record.logger.or(outer.logger),
            thread: record.thread.or(outer.thread),
            origin: origin.as_deref(),
            error_class: record.error_class.as_ref().or(outer.error_class),
            is_record: false,
            is_passed_on: passes_on || outer.is_passed_on,
            ..outer.inside()
        };
        let first = Outer { is_record: record.is_of_program && !passes_on, ..rest };
        if record.is_spark {
            say_like_spark(&record, first, each);
            self.say_all(message.split('\n').skip(1), rest, each);
        } else if record.is_partial || !message.contains('\n') {
            self.open_piece(message, record.is_partial, first, each);
        } else {
            for (nth, said) in message.split('\n').enumerate() {
                self.open_text(said, if nth == 0 { first } else { rest }, each);
            }
        }
        let after = Outer { is_passed_on: false, ..rest };
        self.say_all(record.after.iter().map(String::as_str), after, each);
        true
    }

    /// Lines of which the first may start a record.
    fn say_all<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str>,
        outer: Outer<'_>,
        each: Each<'_>,
    ) {
        for (nth, text) in texts.enumerate() {
            self.say(text, Outer { is_record: outer.is_record && nth == 0, ..outer }, each);
        }
    }

    fn say(&mut self, text: &str, outer: Outer<'_>, each: Each<'_>) {
        let begun = self.java_util.take();
        if let Some((timestamp, logger)) = &begun
            && let Some((level, body_at)) = header::java_util_level(text)
        {
            let header = Header {
                timestamp: *timestamp,
                level: Some(level),
                logger: Some(logger),
                body_at,
                thread: None,
            };
            each(outer.line(text, Some(header)));
            return;
        }
        let header = header::read(text);
        if let Some(header) = header
            && header.level.is_none()
            && header.body_at == text.len()
            && let Some(logger) = header.logger
        {
            self.java_util = Some((header.timestamp, logger.to_owned()));
        }
        let line = outer.line(text, header);
        match json::glue_analysis(line.body()) {
            Some((json_at, told)) => {
                each(Line { text: &text[..line.body_at + json_at], ..line });
                let after = Outer { is_record: false, ..outer };
                self.say_all(told.iter().map(String::as_str), after, each);
            }
            None => each(line),
        }
    }
}

impl<'a> Outer<'a> {
    fn inside(self) -> Outer<'a> {
        Outer { depth: self.depth - 1, ..self }
    }

    fn line(self, text: &'a str, header: Option<Header<'a>>) -> Line<'a> {
        let is_record = self.is_record || header.is_some();
        let header = header.unwrap_or_default();
        Line {
            number: self.number,
            span: self.span,
            timestamp: self.timestamp.or(header.timestamp),
            level: header.level.or(self.level),
            logger: header.logger.or(self.logger),
            thread: header.thread.or(self.thread),
            origin: self.origin,
            error_class: self.error_class,
            text,
            body_at: header.body_at,
            is_record,
            is_passed_on: self.is_passed_on,
        }
    }
}

/// Without NULs and terminal colours, which would lie between the letters that we look for.
fn clean(text: Cow<'_, str>) -> Cow<'_, str> {
    static COLOURS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*[A-Za-z]").expect("the pattern is a constant"));
    if memchr::memchr2(0, 0x1b, text.as_bytes()).is_none() {
        return text;
    }
    let text = text.replace('\0', "");
    match COLOURS.replace_all(&text, "") {
        Cow::Borrowed(_) => Cow::Owned(text),
        Cow::Owned(plain) => Cow::Owned(plain),
    }
}

/// Both names, the outer one first.
fn joined<'a>(outer: Option<&'a str>, inner: Option<&'a str>) -> Option<Cow<'a, str>> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(Cow::Owned(format!("{outer}/{inner}"))),
        (one, other) => one.or(other).map(Cow::Borrowed),
    }
}

/// Sources in Airflow that pass on the output of another program, or of the task, line by line.
pub(crate) fn passes_on(file: &str) -> bool {
    const FILES: [&str; 6] = [
        "subprocess.py",
        "spark_submit.py",
        "pod_manager.py",
        "docker.py",
        "ssh.py",
        "logging_mixin.py",
    ];
    FILES.contains(&file)
}

/// Loggers of Airflow 3 that do the same.
fn logger_passes_on(logger: &str) -> bool {
    const LOGGERS: [&str; 7] = [
        "task.stdout",
        "task.stderr",
        ".SubprocessHook",
        ".SparkSubmitHook",
        ".PodManager",
        ".DockerOperator",
        ".SSHHook",
    ];
    LOGGERS.iter().any(|passing| logger.ends_with(passing))
}

/// The container that Airflow's pod manager names before each line: `[base] message`.
fn container_of<'a>(text: &'a str, source: &str) -> (Option<&'a str>, &'a str) {
    let is_of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |name: &str| !name.is_empty() && name.len() <= 63 && name.bytes().all(is_of_name);
    let named = ["pod_manager.py", ".PodManager"]
        .iter()
        .any(|pods| source.ends_with(pods))
        .then(|| text.strip_prefix('[')?.split_once(']'));
    match named.flatten() {
        Some((name, rest)) if is_name(name) => (Some(name), rest.strip_prefix(' ').unwrap_or(rest)),
        _ => (None, text),
    }
}

/// `[2026-11-23T19:02:13.151+0000] {subprocess.py:106} INFO - rest`; Airflow 1.10 doubles the braces.
struct AirflowPrefix<'a> {
    timestamp: Timestamp,
    file: &'a str,
    level: Option<Level>,
    rest: &'a str,
}

impl<'a> AirflowPrefix<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let inside = text.strip_prefix('[')?;
        let stamp = timestamp::at_start(inside)?;
        let (_, rest) =
            inside[stamp.len..].split_once("] {").filter(|(zone, _)| zone.len() <= 8)?;
        let is_doubled = rest.starts_with('{');
        let rest = &rest[usize::from(is_doubled)..];
        let length = rest.bytes().take(200).position(|byte| byte == b'}')?;
        let (file, at) = rest[..length].rsplit_once(':')?;
        if file.is_empty() || !at.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let end = if is_doubled { "}} " } else { "} " };
        let rest = rest[length..].strip_prefix(end)?;
        let n_level = rest.bytes().take(20).take_while(|byte| byte.is_ascii_uppercase()).count();
        let (level, rest) = rest.split_at(n_level);
        let rest = rest.strip_prefix(" - ").filter(|_| n_level > 0)?;
        Some(AirflowPrefix { timestamp: stamp.timestamp, file, level: Level::parse(level), rest })
    }
}

/// The first line of a record of Spark 4's structured log, in the layout of its plain log.
fn say_like_spark(record: &Record<'_>, outer: Outer<'_>, each: Each<'_>) {
    let level = record.level_name.unwrap_or("INFO");
    let logger = record.logger.unwrap_or("?");
    let first = record.message.split('\n').next().unwrap_or_default();
    let text = format!("{level} {logger}: {first}");
    let header = Header {
        logger: Some(logger.rsplit('.').next().unwrap_or(logger)),
        body_at: text.len() - first.len(),
        ..Header::default()
    };
    each(outer.line(&text, Some(header)));
}

#[cfg(test)]
mod tests;
