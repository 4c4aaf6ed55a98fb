//! The layouts of records that are known at a glance: Log4j's, also with a thread in brackets, and
//! the same behind the prefix of a scheduler that passes them on.
//!
//! What is recognised here the thorough reader recognises as well, as a record whose text and source
//! are the same; that little else is recognised costs time and nothing else.

use crate::envelope;
use crate::line::Level;

/// Longer lines are read thoroughly.
const LONGEST: usize = 4 * 1024;
/// Longer brackets hold something else than a thread.
const LONGEST_THREAD: usize = 120;

/// Who speaks: both may do so in turns, and a record of one ends nothing that the other began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// The program whose log it is.
    Itself,
    /// A program whose lines a scheduler passes on.
    PassedOn,
}

/// A record in one of the layouts.
pub(crate) struct PlainRecord<'a> {
    pub speaker: Speaker,
    /// Without the scheduler's prefix and without the line's end.
    pub text: &'a [u8],
}

/// A layout of date and time, in which `0` stands for any digit.
struct Layout {
    pattern: &'static [u8],
    /// Where the month stands; the day comes after it and a sign between.
    month_at: usize,
    /// Where hour, minute and second stand, with a sign between.
    clock_at: usize,
}

const LOG4J: [Layout; 2] = [
    Layout { pattern: b"00/00/00 00:00:00 ", month_at: 3, clock_at: 9 },
    Layout { pattern: b"0000-00-00 00:00:00,000 ", month_at: 5, clock_at: 11 },
];
const AIRFLOW: [Layout; 3] = [
    Layout { pattern: b"[0000-00-00T00:00:00.000+0000] {", month_at: 6, clock_at: 12 },
    Layout { pattern: b"[0000-00-00, 00:00:00 UTC] {", month_at: 6, clock_at: 13 },
    Layout { pattern: b"[0000-00-00 00:00:00,000] {", month_at: 6, clock_at: 12 },
];

/// What a line without its line feed says, if it is such a record.
pub(crate) fn of(line: &[u8]) -> Option<PlainRecord<'_>> {
    if line.len() > LONGEST {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (speaker, text) = match line.first()? {
        b'[' => (Speaker::PassedOn, after_prefix(line)?),
        _ => (Speaker::Itself, line),
    };
    is_record(text).then_some(PlainRecord { speaker, text })
}

/// What follows `[2026-11-23T19:02:13.151+0000] {subprocess.py:106} INFO - `.
fn after_prefix(line: &[u8]) -> Option<&[u8]> {
    let rest = AIRFLOW.iter().find_map(|layout| layout.take_off(line))?;
    let n_name = rest.iter().take(32).position(|&byte| byte == b':')?;
    let (name, rest) = rest.split_at(n_name);
    std::str::from_utf8(name).ok().filter(|name| envelope::passes_on(name))?;
    let rest = &rest[1..];
    let n_digits = rest.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest[n_digits..].strip_prefix(b"} ").filter(|_| n_digits > 0)?;
    after_level(rest)?.strip_prefix(b"- ")
}

/// `26/11/23 18:08:04 INFO Logger: says something`, or the same with `2026-11-23 18:08:04,190`, or
/// with `[thread]` before or behind the level.
fn is_record(text: &[u8]) -> bool {
    let after_level = || {
        let rest = LOG4J.iter().find_map(|layout| layout.take_off(text))?;
        match after_level(rest) {
            Some(rest) => {
                let rest = rest.strip_prefix(b" ").unwrap_or(rest);
                Some(after_thread(rest).unwrap_or(rest))
            }
            None => after_level(after_thread(rest)?),
        }
    };
    let Some(rest) = after_level() else { return false };
    let is_of_name =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$');
    let n_name = rest.iter().take_while(is_of_name).count();
    let Some(body) = rest[n_name..].strip_prefix(b": ") else { return false };
    // A frame may come as a record of its own; blanks may be all there is.
    let starts_like_text = body.first().is_some_and(u8::is_ascii_alphanumeric);
    n_name > 0 && starts_like_text && !body.starts_with(b"at ")
}

fn after_level(text: &[u8]) -> Option<&[u8]> {
    const LEVELS: [&[u8]; 5] = [b"INFO ", b"WARN ", b"DEBUG ", b"ERROR ", b"TRACE "];
    LEVELS.iter().find_map(|level| text.strip_prefix(*level))
}

/// What follows `[main] `. Error classes stand in brackets as well, and have no small letters.
fn after_thread(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"[")?;
    let end = inside.iter().take(LONGEST_THREAD).position(|&byte| byte == b']')?;
    let (name, rest) = inside.split_at(end);
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b" -_./:()=,@$".contains(byte);
    let is_thread = name.iter().all(is_of_name) && name.iter().any(u8::is_ascii_lowercase);
    let is_level =
        || std::str::from_utf8(name).is_ok_and(|name| Level::parse(name.trim()).is_some());
    rest.strip_prefix(b"] ").filter(|_| is_thread && !is_level())
}

impl Layout {
    /// What follows a possible moment in this layout.
    fn take_off<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (stamp, rest) = text.split_at_checked(self.pattern.len())?;
        let is_like = |(&expected, byte): (&u8, &u8)| match expected {
            b'0' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            _ => *byte == expected,
        };
        let number = |at: usize| 10 * (stamp[at] - b'0') + (stamp[at + 1] - b'0');
        let is_possible = || {
            (1..=12).contains(&number(self.month_at))
                && (1..=31).contains(&number(self.month_at + 3))
                && number(self.clock_at) < 24
                && number(self.clock_at + 3) < 60
                && number(self.clock_at + 6) < 60
        };
        (self.pattern.iter().zip(stamp).all(is_like) && is_possible()).then_some(rest)
    }
}
