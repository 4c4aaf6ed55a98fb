//! One line of a log as its writer meant it: when, how loud, where, from which logger, and what it
//! says.

use crate::error_class::ErrorClass;
use crate::timestamp::Timestamp;

/// How loud the writer of a line was; `Fatal` covers Python's `CRITICAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Finer than debugging.
    Trace,
    /// For the author of the program.
    Debug,
    /// Ordinary running.
    Info,
    /// Something odd that was coped with.
    Warn,
    /// Something failed.
    Error,
    /// The program cannot go on.
    Fatal,
}

impl Level {
    /// Reads the spellings of log4j, `java.util.logging`, Python's logging, structlog, syslog and
    /// Cloud Logging, in either case.
    pub(crate) fn parse(name: &str) -> Option<Level> {
        const NAMES: [(&str, Level); 24] = [
            ("INFO", Level::Info),
            ("WARN", Level::Warn),
            ("ERROR", Level::Error),
            ("WARNING", Level::Warn),
            ("DEBUG", Level::Debug),
            ("TRACE", Level::Trace),
            ("FATAL", Level::Fatal),
            ("CRITICAL", Level::Fatal),
            ("EXCEPTION", Level::Error),
            ("SEVERE", Level::Error),
            ("CONFIG", Level::Debug),
            ("FINE", Level::Debug),
            ("FINER", Level::Trace),
            ("FINEST", Level::Trace),
            ("NOTICE", Level::Info),
            ("DEFAULT", Level::Info),
            ("SUCCESS", Level::Info),
            ("ERR", Level::Error),
            ("EMERGENCY", Level::Fatal),
            ("EMERG", Level::Fatal),
            ("ALERT", Level::Fatal),
            ("CRIT", Level::Fatal),
            ("PANIC", Level::Fatal),
            ("LOG", Level::Info),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, level)| level)
    }

    /// Reads the numbers of pino and bunyan (10 to 60, which Python's logging shares up to 50).
    pub(crate) fn of_number(number: u64) -> Option<Level> {
        let level = match number {
            10 => Level::Trace,
            20 => Level::Debug,
            30 => Level::Info,
            40 => Level::Warn,
            50 => Level::Error,
            60 => Level::Fatal,
            _ => return None,
        };
        Some(level)
    }
}

/// Where something stands in the log, in bytes as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte of its first physical line.
    pub start: u64,
    /// Offset behind the last byte of its last physical line, the line ending excluded.
    pub end: u64,
}

impl Span {
    /// From the start of this one to the end of the other.
    pub(crate) fn to(self, other: Span) -> Span {
        Span { start: self.start, end: self.end.max(other.end) }
    }
}

/// A line after its envelope was taken off. Several may share one physical line, because a JSON
/// line can hold a whole stack trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line<'a> {
    /// Number of the physical line, from 1.
    pub number: u64,
    /// The bytes of that physical line.
    pub span: Span,
    pub timestamp: Option<Timestamp>,
    pub level: Option<Level>,
    pub logger: Option<&'a str>,
    pub thread: Option<&'a str>,
    /// The container, pod, executor, file or stream it comes from, where a collector says so.
    pub origin: Option<&'a str>,
    /// Spark's error class, where the record names it apart from its message.
    pub error_class: Option<&'a ErrorClass>,
    /// What signatures are matched against: the line without its envelope.
    pub text: &'a str,
    /// Where the message starts in `text`, after timestamp, level and logger.
    pub body_at: usize,
    /// Whether this line starts a log record of its own, rather than continuing one.
    pub is_record: bool,
    /// Whether a scheduler passes it on from another program, whose records it belongs to.
    pub is_passed_on: bool,
}

impl<'a> Line<'a> {
    /// The message without timestamp, level and logger.
    pub fn body(&self) -> &'a str {
        &self.text[self.body_at..]
    }
}
