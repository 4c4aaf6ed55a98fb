//! Of a log that is too long its beginning and its end are read, and how much lies between is told.
//!
//! The end says how the run ended, so it is worth more than any other part. Where a log can be read
//! from anywhere, the middle is passed over; where it comes as a stream, it goes through a window of
//! fixed size, and its lines are counted on the way.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};

use super::unpack::Text;

/// Kept of a stream's end. Twice as much is held in memory.
const MOST_OF_A_STREAMS_END: u64 = 4 << 20;
const BLOCK: usize = 64 * 1024;

/// What reading a log brought to light beside its text; complete once the text is read.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// The part in the middle that was left out.
    pub gap: Option<Gap>,
    /// What a person should know of a log that was read whole.
    pub remarks: Vec<String>,
    /// The log changed while it was read.
    pub changed: bool,
}

/// Text that lies between the beginning and the end of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Lines read before it; a line that it cut is one of them.
    pub after_line: u64,
    /// Lines that were left out, so that those behind them can be numbered; none where nobody
    /// counted.
    pub lines: Option<u64>,
    pub bytes: u64,
    /// That are read of a log, for which reason it is there.
    pub most_bytes: u64,
}

impl Notes {
    pub fn note(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// What is known by now.
    pub fn noted(&self) -> Noted {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Noted {
    /// The same once more says nothing.
    pub fn remark(&mut self, remark: &str) {
        if !self.remarks.iter().any(|said| said == remark) {
            self.remarks.push(remark.to_owned());
        }
    }
}

impl Gap {
    /// The number that a line has in the log, from the one that it has in what was read.
    pub fn true_line(&self, line: u64) -> u64 {
        if line > self.after_line { line + self.lines.unwrap_or(0) } else { line }
    }
}

/// For people.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gap { after_line, lines, bytes, most_bytes } = self;
        write!(
            f,
            "longer than the {most_bytes} bytes that are read of a log: after line {after_line}, "
        )?;
        match lines {
            Some(lines) => write!(f, "{lines} lines with {bytes} bytes are left out"),
            None => write!(
                f,
                "{bytes} bytes are left out, and lines behind are numbered as if they were not there"
            ),
        }
    }
}

/// Reads the log anew from some place behind its beginning, at most so many bytes before its end.
/// None where that cannot be.
pub type Jump = Box<dyn FnOnce(u64) -> io::Result<Option<Landed>> + Send>;

/// The end of a log, and how many bytes lie before it.
pub struct Landed {
    pub text: Text,
    pub at: u64,
}

/// At most `most_bytes` of a log.
pub struct HeadAndTail {
    text: Text,
    jump: Option<Jump>,
    notes: Notes,
    most_bytes: u64,
    part: Part,
    n_newlines: u64,
    ends_line: bool,
}

enum Part {
    Head { left: u64, head: u64, tail: u64 },
    Tail(Text),
    Broken(Option<io::Error>),
}

impl HeadAndTail {
    pub fn new(text: Text, jump: Option<Jump>, most_bytes: u64, notes: Notes) -> Self {
        let half = most_bytes / 2;
        let tail = if jump.is_some() { half } else { half.min(MOST_OF_A_STREAMS_END) };
        let head = most_bytes - tail;
        let part = Part::Head { left: head, head, tail };
        HeadAndTail { text, jump, notes, most_bytes, part, n_newlines: 0, ends_line: true }
    }

    fn read_head(&mut self, buffer: &mut [u8], left: u64) -> io::Result<usize> {
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.text.read(&mut buffer[..room])?;
        self.n_newlines += newlines(&buffer[..n]);
        if let Some(last) = buffer[..n].last() {
            self.ends_line = *last == b'\n';
        }
        if let Part::Head { left, .. } = &mut self.part {
            *left -= n as u64;
        }
        Ok(n)
    }

    fn end(&mut self, head: u64, most: u64) -> io::Result<Part> {
        if let Some(landed) = self.jump.take().map_or(Ok(None), |jump| jump(most))? {
            return self.landed(landed, head);
        }
        let (mut window, passed, broken) = window(&mut self.text, most);
        if passed.bytes == 0 {
            return Ok(after(Cursor::new(window), broken));
        }
        let first = first_line(&window);
        let left_out = passed.lines + newlines(&window[..first]);
        let bytes = passed.bytes + first as u64;
        window.drain(..first);
        // The line that the gap cuts ends at it, as far as the text shows.
        let lines = left_out.saturating_sub(u64::from(!self.ends_line));
        self.leave_out(bytes, Some(lines));
        Ok(after(self.closing_line().chain(Cursor::new(window)), broken))
    }

    fn landed(&mut self, landed: Landed, head: u64) -> io::Result<Part> {
        let Landed { mut text, at } = landed;
        if at <= head {
            // There was less than two halves: read on where the head ended.
            io::copy(&mut text.by_ref().take(head - at), &mut io::sink())?;
            return Ok(Part::Tail(text));
        }
        let mut start = vec![0; BLOCK];
        let n = read_full(&mut text, &mut start)?;
        start.truncate(n);
        let first = first_line(&start);
        start.drain(..first);
        self.leave_out(at - head + first as u64, None);
        Ok(Part::Tail(Box::new(self.closing_line().chain(Cursor::new(start)).chain(text))))
    }

    fn leave_out(&self, bytes: u64, lines: Option<u64>) {
        let after_line = self.n_newlines + u64::from(!self.ends_line);
        let gap = Gap { after_line, lines, bytes, most_bytes: self.most_bytes };
        self.notes.note(|noted| noted.gap = Some(gap));
    }

    fn closing_line(&self) -> Cursor<&'static [u8]> {
        Cursor::new(if self.ends_line { b"" } else { b"\n" })
    }
}

impl Read for HeadAndTail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.part {
                _ if buffer.is_empty() => return Ok(0),
                Part::Tail(text) => {
                    return text.read(buffer);
                }
                Part::Broken(error) => return error.take().map_or(Ok(0), Err),
                Part::Head { left: 0, head, tail } => {
                    let (head, tail) = (*head, *tail);
                    self.part = match self.end(head, tail) {
                        Ok(part) => part,
                        Err(error) => Part::Broken(Some(error)),
                    };
                }
                Part::Head { left, .. } => {
                    let left = *left;
                    return self.read_head(buffer, left);
                }
            }
        }
    }
}

struct Passed {
    bytes: u64,
    lines: u64,
}

/// Reads to the end, keeping the last `most` bytes; what was read counts also where it broke off.
fn window(text: &mut Text, most: u64) -> (Vec<u8>, Passed, Option<io::Error>) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut kept = Vec::new();
    let mut passed = Passed { bytes: 0, lines: 0 };
    let mut block = vec![0; BLOCK];
    let mut pass = |kept: &mut Vec<u8>, beyond: usize| {
        if kept.len() > beyond {
            let n = kept.len() - most;
            passed.lines += newlines(&kept[..n]);
            passed.bytes += n as u64;
            kept.drain(..n);
        }
    };
    let broken = loop {
        match text.read(&mut block) {
            Ok(0) => break None,
            Ok(n) => kept.extend_from_slice(&block[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
        pass(&mut kept, most.saturating_mul(2));
    };
    pass(&mut kept, most);
    (kept, passed, broken)
}

/// Where the first whole line begins; at the start where there is no other.
fn first_line(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(0, |newline| newline + 1)
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The text, and then the error that ended it.
fn after(text: impl Read + Send + 'static, broken: Option<io::Error>) -> Part {
    Part::Tail(Box::new(text.chain(Breaking(broken))))
}

/// Nothing but the error.
pub struct Breaking(pub Option<io::Error>);

impl Read for Breaking {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn read_full(text: &mut Text, into: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < into.len() {
        match text.read(&mut into[n..])? {
            0 => break,
            more => n += more,
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capped(text: &str, most: u64, jumps: bool) -> (String, Noted) {
        let bytes = text.as_bytes().to_vec();
        let notes = Notes::default();
        let whole = bytes.clone();
        let jump: Jump = Box::new(move |most| {
            let at = whole.len() - usize::try_from(most).unwrap();
            Ok(Some(Landed { text: Box::new(Cursor::new(whole[at..].to_vec())), at: at as u64 }))
        });
        let text: Text = Box::new(Cursor::new(bytes));
        let mut reader = HeadAndTail::new(text, jumps.then_some(jump), most, notes.clone());
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        (read, notes.noted())
    }

    fn lines(n: usize) -> String {
        (1..=n).map(|n| format!("line {n:04}\n")).collect()
    }

    #[test]
    fn what_fits_is_read_whole() {
        for jumps in [false, true] {
            for most in [100, 101, 150] {
                let (read, noted) = capped(&lines(10), most, jumps);
                assert_eq!((read, noted), (lines(10), Noted::default()), "{most} {jumps}");
            }
        }
    }

    #[test]
    fn a_streams_end_keeps_its_line_numbers() {
        for most in [95, 100, 104] {
            let (read, noted) = capped(&lines(1_000), most, false);
            let gap = noted.gap.expect("there is one");
            assert!(read.starts_with("line 0001\n") && read.ends_with("line 1000\n"), "{read}");
            let behind = read.lines().nth(usize::try_from(gap.after_line).unwrap()).unwrap();
            let number = gap.after_line + gap.lines.expect("they were counted") + 1;
            assert_eq!(behind, format!("line {number:04}"), "{most}: {read}");
        }
    }

    #[test]
    fn a_jump_says_that_nobody_counted() {
        let (read, noted) = capped(&lines(1_000), 104, true);
        let gap = noted.gap.expect("there is one");
        assert_eq!(
            gap,
            Gap { after_line: 6, lines: None, bytes: 10_000 - 52 - 50, most_bytes: 104 }
        );
        assert!(read.starts_with("line 0001\n") && read.ends_with("line 1000\n"), "{read}");
        assert!(read.lines().all(|line| line.starts_with("li")), "{read}");
    }

    #[test]
    fn one_line_without_end_is_two_pieces() {
        let (read, noted) = capped(&"x".repeat(1_000), 100, false);
        assert_eq!(read.len(), 101);
        assert_eq!(
            noted.gap,
            Some(Gap { after_line: 1, lines: Some(0), bytes: 900, most_bytes: 100 })
        );
    }
}
