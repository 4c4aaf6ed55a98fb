//! What the collectors of containers put before each line: the runtime's CRI format, `kubectl`,
//! stern, Docker Compose, syslog, journald and `aws logs tail`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::header;
use crate::timestamp::{self, Stamp, Timestamp};

/// Pods and services of one log; more are read as plain text.
const MOST_NAMES: usize = 512;
/// Names are shorter.
const LONGEST_NAME: usize = 160;

/// A line that was inside another.
pub(super) struct Wrapped<'a> {
    pub timestamp: Option<Timestamp>,
    pub origin: Option<Arc<str>>,
    pub rest: &'a str,
    /// The next line of the same origin goes on where this one stops.
    pub is_partial: bool,
}

/// Takes off what stands before a line that starts with a time.
pub(super) fn after_stamp<'a>(
    text: &'a str,
    stamp: &Stamp,
    names: &mut Names,
) -> Option<Wrapped<'a>> {
    if !stamp.is_rfc3339 {
        return None;
    }
    let rest = text[stamp.len..].strip_prefix(' ')?;
    let timestamp = Some(stamp.timestamp);
    if let Some((origin, is_partial, rest)) = cri(rest) {
        return Some(Wrapped { timestamp, origin: Some(origin.into()), rest, is_partial });
    }
    if let Some((name, rest)) = host_and_program(rest) {
        return Some(Wrapped { timestamp, origin: names.joined(name), rest, is_partial: false });
    }
    let header = header::stamped(text, *stamp)?;
    if header.level.is_some() {
        return None;
    }
    // `aws logs tail` writes the time in one way only, and the name of the stream behind it.
    let (origin, rest) = match rest.split_once(' ') {
        Some((stream, rest)) if text[..stamp.len].ends_with("+00:00") && stream.contains('/') => {
            (names.joined(stream), rest)
        }
        _ => (None, rest),
    };
    Some(Wrapped { timestamp, origin, rest, is_partial: false })
}

/// `stderr F message`; `P` for a line that goes on in the next.
fn cri(rest: &str) -> Option<(&'static str, bool, &str)> {
    let (stream, rest) = if let Some(rest) = rest.strip_prefix("stderr ") {
        ("stderr", rest)
    } else {
        ("stdout", rest.strip_prefix("stdout ")?)
    };
    // Tags may follow the letter after a colon; the message may be empty.
    let (tags, message) = rest.split_once(' ').unwrap_or((rest, ""));
    match tags.split(':').next()? {
        "F" => Some((stream, false, message)),
        "P" => Some((stream, true, message)),
        _ => None,
    }
}

/// `host program[123]: message` of journald and syslog, with both names as one.
fn host_and_program(rest: &str) -> Option<(&str, &str)> {
    let host = word(rest)?;
    let program = rest[host.len()..].strip_prefix(' ')?;
    let length = program.bytes().take(LONGEST_NAME).position(|byte| matches!(byte, b':' | b' '))?;
    let message = program[length..].strip_prefix(':')?;
    let (name, number) = program[..length].strip_suffix(']')?.split_once('[')?;
    let is_program = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@/".contains(&byte))
        && number.bytes().all(|byte| byte.is_ascii_digit());
    let end = host.len() + 1 + length;
    is_program.then(|| (&rest[..end], message.strip_prefix(' ').unwrap_or(message)))
}

/// A name of hosts and containers at the start of `text`.
fn word(text: &str) -> Option<&str> {
    let length = text.bytes().take(LONGEST_NAME).take_while(|&byte| is_of_name(byte)).count();
    (length > 0).then(|| &text[..length])
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// The names of pods and services that were seen before lines, because a name alone looks like
/// any word: it is taken off once a record, a JSON object or a traceback stood behind it.
#[derive(Default)]
pub(super) struct Names {
    known: BTreeMap<Box<str>, Arc<str>>,
}

impl Names {
    /// Takes off a prefix of stern, Docker Compose, `kubectl logs --prefix` or syslog.
    pub fn take_off<'a>(&mut self, text: &'a str) -> Option<Wrapped<'a>> {
        let plain = |origin, rest| Wrapped { timestamp: None, origin, rest, is_partial: false };
        match text.as_bytes().first()? {
            b'[' => {
                let (name, rest) = text.strip_prefix("[pod/")?.split_once("] ")?;
                return Some(plain(self.joined(name), rest));
            }
            b'<' => return self.syslog(text),
            b'A'..=b'Z' if timestamp::at_start(text).is_some() => return self.syslog(text),
            _ => {}
        }
        let (name, rest) = compose(text).or_else(|| stern(text))?;
        if !self.known.contains_key(name) && !is_convincing(rest) {
            return None;
        }
        Some(plain(self.joined(name), rest))
    }

    /// `Nov 23 10:00:00 host program[1]: message`, `<34>1 2026-... host program 1 id - message`.
    fn syslog<'a>(&mut self, text: &'a str) -> Option<Wrapped<'a>> {
        let after_priority = match text.strip_prefix('<') {
            Some(rest) => {
                let (number, rest) = rest.split_once('>')?;
                let is_priority = number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
                rest.strip_prefix("1 ").or(Some(rest)).filter(|_| is_priority)?
            }
            None => text,
        };
        let stamp = timestamp::at_start(after_priority)?;
        let rest = after_priority[stamp.len..].strip_prefix(' ')?;
        let (name, rest) = host_and_program(rest).or_else(|| five_fields(rest))?;
        let timestamp = Some(stamp.timestamp);
        Some(Wrapped { timestamp, origin: self.joined(name), rest, is_partial: false })
    }

    /// A name with its parts joined by slashes, the same one each time.
    fn joined(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some(known) = self.known.get(name) {
            return Some(known.clone());
        }
        let mut words = name.split([' ', '[']);
        let mut joined = words.next().unwrap_or(name).to_owned();
        if let Some(second) = words.next() {
            joined.push('/');
            joined.push_str(second);
        }
        let joined: Arc<str> = joined.into();
        if self.known.len() < MOST_NAMES {
            self.known.insert(name.into(), joined.clone());
        }
        Some(joined)
    }
}

/// RFC 5424's `host program process message-id structured-data message`.
fn five_fields(rest: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    let mut name_end = 0;
    for field in 0..4 {
        at += rest[at..].find(' ')? + 1;
        if field == 1 {
            name_end = at - 1;
        }
    }
    let data = &rest[at..];
    let message = match data.strip_prefix("- ") {
        Some(message) => message,
        None => data.strip_prefix('[')?.split_once("] ")?.1,
    };
    Some((&rest[..name_end], message.trim_start_matches('\u{feff}')))
}

/// `spark-worker_1  | message`, `worker-1  | message`; tables of databases have such bars as well.
fn compose(text: &str) -> Option<(&str, &str)> {
    let name = word(text)?;
    let rest = text[name.len()..].trim_start_matches(' ');
    let is_apart = rest.len() < text.len() - name.len();
    let rest = rest.strip_prefix('|').filter(|_| is_apart)?;
    Some((name, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// `pod container message`, where the pod has the name that Kubernetes or Spark gave it.
fn stern(text: &str) -> Option<(&str, &str)> {
    let is_lower =
        |name: &&str| !name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let pod = word(text).filter(is_lower)?;
    if !pod.contains('-') {
        return None;
    }
    let rest = text[pod.len()..].strip_prefix(' ')?;
    let container = word(rest).filter(is_lower)?;
    let message = rest[container.len()..].strip_prefix(' ')?;
    Some((&text[..pod.len() + 1 + container.len()], message))
}

/// Whether this is how a program starts to speak.
fn is_convincing(rest: &str) -> bool {
    rest.starts_with("{\"")
        || rest.starts_with("Traceback (most recent call last):")
        || header::read(rest).is_some()
}
