//! One line of a log as its writer meant it: when, how loud, from which logger, and what it says.

use std::sync::LazyLock;

use regex::Regex;

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
    /// Reads the spellings of log4j, Python's logging and structlog, in either case.
    pub(crate) fn parse(name: &str) -> Option<Level> {
        let level = match name.to_ascii_uppercase().as_str() {
            "TRACE" => Level::Trace,
            "DEBUG" => Level::Debug,
            "INFO" => Level::Info,
            "WARN" | "WARNING" => Level::Warn,
            "ERROR" | "EXCEPTION" => Level::Error,
            "FATAL" | "CRITICAL" => Level::Fatal,
            _ => return None,
        };
        Some(level)
    }
}

/// A line after its envelope was taken off. Several may share one physical line number, because a
/// JSON line can hold a whole stack trace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Number of the physical line, from 1.
    pub number: u64,
    /// The moment as the log wrote it, made sortable where the layout is known.
    pub timestamp: Option<String>,
    pub level: Option<Level>,
    pub logger: Option<String>,
    /// What signatures are matched against: the line without its envelope.
    pub text: String,
    /// Where the message starts in `text`, after timestamp, level and logger.
    pub body_at: usize,
    /// Whether this line starts a log record of its own, rather than continuing one.
    pub is_record: bool,
    /// Whether a scheduler passes it on from another program, whose records it belongs to.
    pub is_passed_on: bool,
}

impl Line {
    /// The message without timestamp, level and logger.
    pub fn body(&self) -> &str {
        &self.text[self.body_at..]
    }
}

static LOG4J: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?P<ts>(?:\d{2}|\d{4})[/-]\d{2}[/-]\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?)",
        r"[\s,]*(?:\[[^\]]*\]\s*)?(?:- )?\[?(?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?",
        r"\s+(?:- |\[[^\]]*\]\s*)?(?:(?P<logger>[\w.$<>-]+)(?: \[[^\]]*\])?: )?",
    ))
    .expect("the pattern is a constant")
});

static PYTHON_LOGGING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<logger>[\w.]+):")
        .expect("the pattern is a constant")
});

/// Reads the header of a line that has no envelope any more.
pub(crate) fn read(number: u64, text: String) -> Line {
    let mut line = Line {
        number,
        timestamp: None,
        level: None,
        logger: None,
        text,
        body_at: 0,
        is_record: false,
        is_passed_on: false,
    };
    let pattern = match line.text.as_bytes().first() {
        Some(b'0'..=b'9') => &LOG4J,
        Some(b'D' | b'I' | b'W' | b'E' | b'C') => &PYTHON_LOGGING,
        _ => return line,
    };
    if let Some(header) = pattern.captures(&line.text) {
        line.timestamp = header.name("ts").map(|ts| sortable(ts.as_str()));
        line.level = header.name("level").and_then(|level| Level::parse(level.as_str()));
        line.logger = header.name("logger").map(|logger| logger.as_str().to_owned());
        line.body_at = header.get(0).map_or(0, |whole| whole.end());
        line.is_record = true;
    }
    line
}

/// `26/11/23 17:25:38` and `2026-11-23 17:25:38,190` as `2026-11-23T17:25:38[.190]`, so that the
/// lines of driver and executors can be put in order.
pub(crate) fn sortable(timestamp: &str) -> String {
    let plain = timestamp
        .replace('/', "-")
        .replacen(", ", " ", 1)
        .replacen(' ', "T", 1)
        .replacen(',', ".", 1);
    if plain.find('-') == Some(2) { format!("20{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_common_layouts_are_read() {
        let cases = [
            (
                "26/11/23 18:08:04 WARN TaskSchedulerImpl: Initial job",
                "2026-11-23T18:08:04",
                Level::Warn,
                Some("TaskSchedulerImpl"),
                "Initial job",
            ),
            (
                "2026-11-23 17:51:28,396 - INFO - Closing down clientserver connection",
                "2026-11-23T17:51:28.396",
                Level::Info,
                None,
                "Closing down clientserver connection",
            ),
            (
                "2026-11-23 18:16:16,190 INFO Closing down",
                "2026-11-23T18:16:16.190",
                Level::Info,
                None,
                "Closing down",
            ),
            (
                "2026-11-23T10:00:01.123Z ERROR o.a.s.Executor: boom: bang",
                "2026-11-23T10:00:01.123Z",
                Level::Error,
                Some("o.a.s.Executor"),
                "boom: bang",
            ),
            (
                "2026-11-23 10:00:01,123 ERROR [main] o.a.h.Client: boom",
                "2026-11-23T10:00:01.123",
                Level::Error,
                Some("o.a.h.Client"),
                "boom",
            ),
        ];
        for (text, timestamp, level, logger, body) in cases {
            let line = read(1, text.to_owned());
            assert_eq!(line.timestamp.as_deref(), Some(timestamp), "{text}");
            assert_eq!(line.level, Some(level), "{text}");
            assert_eq!(line.logger.as_deref(), logger, "{text}");
            assert_eq!(line.body(), body, "{text}");
        }
    }

    #[test]
    fn python_logging_is_a_record_without_a_time() {
        let line = read(7, "ERROR:dq:DQ gate FAILED: ratio".to_owned());
        assert_eq!((line.level, line.body()), (Some(Level::Error), "DQ gate FAILED: ratio"));
        assert!(line.is_record);
    }

    #[test]
    fn continuations_have_no_header() {
        for text in
            ["Exception: java.lang.OutOfMemoryError", "\tat a.b.C.d(C.java:1)", "", "12 rows"]
        {
            let line = read(1, text.to_owned());
            assert!(!line.is_record, "{text}");
            assert_eq!(line.body(), text);
        }
    }
}
