//! Reads what the layouts of logging libraries put before a message: time, level, thread, logger.
//!
//! One reader takes the parts in whatever order they come, because every project turns its layout
//! around: log4j and Log4j 2, logback, `java.util.logging`, Python's logging, structlog, loguru,
//! Celery, Kafka, Trino, Spring and glog.

use crate::error_class::ErrorClass;
use crate::line::Level;
use crate::timestamp::{self, Stamp, Timestamp};

/// What stands before the message of one line.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Header<'a> {
    pub timestamp: Option<Timestamp>,
    pub level: Option<Level>,
    pub thread: Option<&'a str>,
    pub logger: Option<&'a str>,
    /// Where the message starts.
    pub body_at: usize,
}

/// Longer brackets hold something else than a thread.
const LONGEST_BRACKET: usize = 200;
/// Longer words hold something else than a logger.
const LONGEST_LOGGER: usize = 200;
/// Parts between the time and the level.
const MOST_PARTS: usize = 5;

/// The header of `text`, if it starts a record.
pub(crate) fn read(text: &str) -> Option<Header<'_>> {
    match text.as_bytes().first()? {
        b'0'..=b'9' => stamped(text, timestamp::at_start(text)?),
        b'[' => bracketed(text),
        b'E' | b'I' | b'W' | b'F' if text.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
            glog(text)
        }
        b'A' | b'J' | b'M' | b'S' | b'O' | b'N' | b'D' | b'F' => {
            with_month_name(text).or_else(|| level_first(text))
        }
        b'I' | b'W' | b'E' | b'C' | b'T' => level_first(text),
        b't' | b'l' => logfmt(text),
        _ => None,
    }
}

/// The header of a text whose time was read already.
pub(crate) fn stamped(text: &str, stamp: Stamp) -> Option<Header<'_>> {
    let mut parts = Parts { text, at: stamp.len };
    match parts.peek() {
        None | Some(b' ' | b'\t' | b',' | b'|' | b'[') => {}
        _ => return None,
    }
    let mut header = Header { timestamp: Some(stamp.timestamp), ..Header::default() };
    let after_stamp = parts.after_blanks();
    if parts.read_up_to_level(&mut header) {
        parts.read_after_level(&mut header);
        header.body_at = parts.at;
    } else {
        header.thread = None;
        header.logger = None;
        header.body_at = after_stamp;
    }
    Some(header)
}

/// `[2026-11-23 10:00:00,123] INFO message (logger)`, `[main] ERROR logger - message`,
/// `[2026-11-23 10:00:00,123: INFO/Worker-1] message`.
fn bracketed(text: &str) -> Option<Header<'_>> {
    let inside = bracket(text)?;
    let Some(stamp) = timestamp::at_start(inside) else {
        let mut parts = Parts { text, at: 0 };
        let mut header = Header::default();
        if !parts.read_up_to_level(&mut header) || parts.at <= inside.len() + 2 {
            return None;
        }
        parts.read_after_level(&mut header);
        header.body_at = parts.at;
        return header.logger.is_some().then_some(header);
    };
    let mut header = Header { timestamp: Some(stamp.timestamp), ..Header::default() };
    let mut parts = Parts { text, at: inside.len() + 2 };
    if let Some(worker) = inside[stamp.len..].strip_prefix(": ") {
        let (level, thread) = worker.split_once('/')?;
        header.level = Some(Level::parse(level)?);
        header.thread = Some(thread);
        header.body_at = parts.after_blanks();
        return Some(header);
    }
    if !parts.read_up_to_level(&mut header) {
        return None;
    }
    parts.read_after_level(&mut header);
    header.body_at = parts.at;
    header.logger = header.logger.or_else(|| trailing_logger(&text[header.body_at..]));
    Some(header)
}

/// `message (kafka.controller.KafkaController)`
fn trailing_logger(body: &str) -> Option<&str> {
    let (_, name) = body.strip_suffix(')')?.rsplit_once(" (")?;
    (name.contains('.') && name.len() <= LONGEST_LOGGER && name.bytes().all(is_of_logger))
        .then_some(name)
}

/// `E1123 10:00:00.123456       7 file.go:12] message`
fn glog(text: &str) -> Option<Header<'_>> {
    let level = match text.as_bytes().first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        _ => Level::Fatal,
    };
    let stamp = timestamp::glog(&text[1..])?;
    let rest = &text[1 + stamp.len..];
    let end = rest.as_bytes().iter().take(LONGEST_BRACKET).position(|&byte| byte == b']')?;
    let mut words = rest[..end].split_ascii_whitespace();
    let (thread, place) = (words.next()?, words.next()?);
    let mut parts = Parts { text, at: 1 + stamp.len + end + 1 };
    Some(Header {
        timestamp: Some(stamp.timestamp),
        level: Some(level),
        thread: Some(thread),
        logger: Some(place.rsplit_once(':').map_or(place, |(file, _)| file)),
        body_at: parts.after_blanks(),
    })
}

/// The first line of a record of `java.util.logging`, `Nov 23, 2026 10:00:00 AM org.a.B method`,
/// whose second line is `SEVERE: message`.
fn with_month_name(text: &str) -> Option<Header<'_>> {
    let stamp = timestamp::at_start(text)?;
    let mut words = text[stamp.len..].strip_prefix(' ')?.split(' ');
    let (logger, method) = (words.next()?, words.next());
    let is_logger = |word: &str| !word.is_empty() && word.bytes().all(is_of_logger);
    let is_whole = is_logger(logger) && method.is_none_or(|_| words.next().is_none());
    // Syslog has a host here, and is taken off as an envelope.
    (is_whole && logger.contains('.')).then_some(Header {
        timestamp: Some(stamp.timestamp),
        logger: Some(logger),
        body_at: text.len(),
        ..Header::default()
    })
}

/// The level of the second line of a record of `java.util.logging`, and where its message starts.
pub(crate) fn java_util_level(text: &str) -> Option<(Level, usize)> {
    let (name, _) = text.get(..10.min(text.len())).unwrap_or(text).split_once(": ")?;
    let level =
        Level::parse(name).filter(|_| name.bytes().all(|byte| byte.is_ascii_uppercase()))?;
    Some((level, name.len() + 2))
}

/// `ERROR:logger:message` of Python; `WARN [thread] logger: message` of layouts without a time.
fn level_first(text: &str) -> Option<Header<'_>> {
    let mut parts = Parts { text, at: 0 };
    let level = parts.level()?;
    let mut header = Header { level: Some(level), ..Header::default() };
    if parts.peek() == Some(b':') {
        let rest = &text[parts.at + 1..];
        let length =
            rest.bytes().take(LONGEST_LOGGER).take_while(|&byte| is_of_logger(byte)).count();
        if length == 0 || rest.as_bytes().get(length) != Some(&b':') {
            return None;
        }
        header.logger = Some(&rest[..length]);
        header.body_at = parts.at + 1 + length + 1;
        return Some(header);
    }
    parts.read_after_level(&mut header);
    header.body_at = parts.at;
    header.logger.is_some().then_some(header)
}

/// `time="2026-11-23T10:00:00Z" level=error msg="message"`
fn logfmt(text: &str) -> Option<Header<'_>> {
    let mut header = Header::default();
    let mut at = 0;
    for _ in 0..MOST_PARTS {
        let (key, rest) = text[at..].split_once('=')?;
        if key.is_empty() || key.len() > 20 || !key.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let value_at = text.len() - rest.len();
        if key == "msg" {
            header.body_at = value_at + usize::from(rest.starts_with('"'));
            return (header.timestamp.is_some() || header.level.is_some()).then_some(header);
        }
        let (value, length) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(value, _)| (value, value.len() + 2))?,
            None => rest.split_once(' ').map(|(value, _)| (value, value.len()))?,
        };
        match key {
            "time" | "ts" => header.timestamp = Timestamp::read(value),
            "level" | "lvl" => header.level = Level::parse(value),
            "logger" | "caller" | "source" => header.logger = Some(value),
            _ => {}
        }
        at = value_at + length;
        at += usize::from(text[at..].starts_with(' '));
    }
    None
}

/// What is inside the brackets that `text` starts with.
fn bracket(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.as_bytes().iter().take(LONGEST_BRACKET).position(|&byte| byte == b']')?;
    Some(&inside[..end])
}

fn is_of_logger(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'<' | b'>' | b'-' | b'/')
}

/// Whether a bracket without a logger behind it still names a thread, rather than a task or class.
fn sounds_like_thread(name: &str) -> bool {
    name == "main"
        || ["Thread", "thread", "worker", "pool-", "Worker"].iter().any(|word| name.contains(word))
}

/// Walks over the parts of a header.
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parts<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn after_blanks(&mut self) -> usize {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at
    }

    /// Blanks and the signs that layouts put between their parts.
    fn skip_separators(&mut self) {
        self.after_blanks();
        while let Some(sign) = self.peek().filter(|sign| matches!(sign, b'-' | b'|' | b',' | b':'))
        {
            let next = self.text.as_bytes().get(self.at + 1);
            if next.is_some_and(|&byte| byte != b' ' && byte != sign) {
                return;
            }
            self.at += 1;
            self.after_blanks();
        }
    }

    /// A level as a whole word, in capitals.
    fn level(&mut self) -> Option<Level> {
        let length =
            self.rest().bytes().take(10).take_while(|byte| byte.is_ascii_uppercase()).count();
        let level = Level::parse(&self.rest()[..length])?;
        let next = self.rest().as_bytes().get(length);
        if next.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
            return None;
        }
        self.at += length;
        Some(level)
    }

    /// Threads, numbers of processes and loggers up to the level; false when there is no level.
    fn read_up_to_level(&mut self, header: &mut Header<'a>) -> bool {
        for _ in 0..MOST_PARTS {
            self.skip_separators();
            if let Some(level) = self.level() {
                header.level = Some(level);
                return true;
            }
            if let Some(inside) = bracket(self.rest()) {
                self.at += inside.len() + 2;
                if let Some(level) = Level::parse(inside.trim()) {
                    header.level = Some(level);
                    return true;
                }
                if !inside.bytes().all(|byte| byte.is_ascii_digit()) {
                    header.thread = header.thread.or(Some(inside).filter(|name| !name.is_empty()));
                }
                continue;
            }
            let length = self
                .rest()
                .bytes()
                .take(LONGEST_LOGGER)
                .take_while(|&byte| is_of_logger(byte))
                .count();
            let word = &self.rest()[..length];
            if word.is_empty() || !matches!(self.rest().as_bytes().get(length), Some(b' ' | b'\t'))
            {
                return false;
            }
            self.at += length;
            if !word.bytes().all(|byte| byte.is_ascii_digit()) {
                // Python's `name - LEVEL` and Log4j's `main LEVEL` differ in the dash.
                let names_logger = self.rest().starts_with(" - ") || word.contains('.');
                let place = if names_logger { &mut header.logger } else { &mut header.thread };
                if place.replace(word).is_some() {
                    return false;
                }
            }
        }
        false
    }

    /// A thread and a logger, as far as they are there; ends where the message starts.
    fn read_after_level(&mut self, header: &mut Header<'a>) {
        if matches!(self.peek(), Some(b']')) {
            self.at += 1;
        }
        if self.peek() == Some(b'\t') && self.read_tabs(header) {
            return;
        }
        self.skip_separators();
        let body_at = self.at;
        self.skip_process_number();
        let thread = self.brackets();
        if header.logger.is_none()
            && let Some(logger) = self.logger()
        {
            header.logger = Some(logger);
            header.thread = header.thread.or(thread);
            return;
        }
        match thread.filter(|name| header.thread.is_none() && sounds_like_thread(name)) {
            Some(_) => {
                header.thread = thread;
                self.skip_separators();
            }
            None => self.at = body_at,
        }
    }

    /// Trino's `<tab>thread<tab>logger<tab>message`.
    fn read_tabs(&mut self, header: &mut Header<'a>) -> bool {
        let mut columns = self.rest()[1..].splitn(3, '\t');
        let (Some(thread), Some(logger), Some(body)) =
            (columns.next(), columns.next(), columns.next())
        else {
            return false;
        };
        if logger.is_empty() || !logger.bytes().all(is_of_logger) {
            return false;
        }
        header.thread = Some(thread);
        header.logger = Some(logger);
        self.at = self.text.len() - body.len();
        true
    }

    /// Spring's `1234 --- `.
    fn skip_process_number(&mut self) {
        let n_digits = self.rest().bytes().take(10).take_while(u8::is_ascii_digit).count();
        if n_digits > 0 && self.rest()[n_digits..].starts_with(" --- ") {
            self.at += n_digits + 5;
        }
    }

    /// The last of the brackets that stand here, unless it is Spark's error class.
    fn brackets(&mut self) -> Option<&'a str> {
        let mut last = None;
        for _ in 0..MOST_PARTS {
            let Some(inside) = bracket(self.rest()) else { break };
            if ErrorClass::of_name(inside).is_some() {
                break;
            }
            last = Some(inside.trim()).filter(|inside| !inside.is_empty()).or(last);
            self.at += inside.len() + 2;
            self.skip_separators();
        }
        last
    }

    /// `name: `, `name - `, `name [x]: `, `name (File.java:method(12)) - `, `name:function:12 - `.
    fn logger(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length =
            rest.bytes().take(LONGEST_LOGGER).take_while(|&byte| is_of_logger(byte)).count();
        if length == 0 {
            return None;
        }
        let (name, mut after) = rest.split_at(length);
        let mut at = length;
        for (open, close) in [(" [", "]"), (" (", "))"), (":", " ")] {
            if let Some(inside) = after.strip_prefix(open)
                && let Some(end) = inside
                    .as_bytes()
                    .windows(close.len())
                    .take(LONGEST_BRACKET)
                    .position(|window| window == close.as_bytes())
                && (open != ":" || inside[..end].contains(':'))
            {
                // The blank that ends `name:function:12` belongs to the sign behind it.
                let taken = open.len() + end + if close == " " { 0 } else { close.len() };
                at += taken;
                after = &after[taken..];
                break;
            }
        }
        let padding = after.len() - after.trim_start_matches(' ').len();
        let sign = &after[padding..];
        let is_sign = sign.starts_with(": ")
            || padding > 0 && sign.starts_with("- ")
            // The message is empty.
            || sign == ":";
        if !is_sign {
            return None;
        }
        self.at += at + padding + sign.len().min(2);
        if padding > 0 {
            self.after_blanks();
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests;
