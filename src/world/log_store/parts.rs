//! One log in several files: rotated, rolled by the hour, packed when old.
//!
//! `app.log.2.gz`, `app.log.1` and `app.log` are one log, the oldest part first. Only folders and
//! patterns are put together: beside a file that is named alone may lie the logs of other runs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::LazyLock;

use regex::Regex;

use super::cap::Notes;
use super::unpack::{Text, unpack};

/// Items by the log that they are parts of, each log's oldest part first.
pub fn together<T>(items: Vec<(String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut logs: BTreeMap<String, Vec<(Age, T)>> = BTreeMap::new();
    for (name, item) in items {
        let (log, age) = age_of(&name);
        logs.entry(log).or_default().push((age, item));
    }
    let in_order = |(log, mut parts): (String, Vec<(Age, T)>)| {
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        (log, parts.into_iter().map(|(_, item)| item).collect())
    };
    logs.into_iter().map(in_order).collect()
}

/// In order of time: dated parts, numbered ones with the highest number first, the current one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    Dated(String),
    Numbered(Reverse<u32>),
    Current,
}

fn age_of(name: &str) -> (String, Age) {
    static ROTATED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?<log>.+?)(?:\.(?<number>\d{1,5})|[.-]{1,2}(?<date>\d{4}-?\d{2}-?\d{2}[\d_T:-]*))?(?:\.(?:gz|zst|zstd|bz2|lz4|snappy|sz))?$",
        )
        .expect("a pattern of ours")
    });
    let Some(found) = ROTATED.captures(name) else { return (name.to_owned(), Age::Current) };
    let number = found.name("number").and_then(|number| number.as_str().parse().ok());
    let age = match (number, found.name("date")) {
        (Some(number), _) => Age::Numbered(Reverse(number)),
        (None, Some(date)) => Age::Dated(date.as_str().to_owned()),
        (None, None) => Age::Current,
    };
    (found["log"].to_owned(), age)
}

/// Opens one part.
pub type Open = Box<dyn FnMut() -> io::Result<Text> + Send>;

/// The parts of a log as one text; notes where each begins.
pub struct Joined {
    waiting: std::vec::IntoIter<(String, Open)>,
    current: Option<Text>,
    n_newlines: u64,
    ends_line: bool,
    notes: Notes,
}

impl Joined {
    /// `parts` by name, the oldest first.
    pub fn new(parts: Vec<(String, Open)>, notes: Notes) -> Self {
        let waiting = parts.into_iter();
        Joined { waiting, current: None, n_newlines: 0, ends_line: true, notes }
    }

    /// Whether there is another.
    fn next(&mut self) -> io::Result<bool> {
        let Some((name, mut open)) = self.waiting.next() else { return Ok(false) };
        let of_part = |error: io::Error| io::Error::new(error.kind(), format!("{name}: {error}"));
        let (text, _) = open().and_then(|raw| unpack(raw, &self.notes)).map_err(of_part)?;
        let first = self.n_newlines + u64::from(!self.ends_line) + 1;
        self.notes.note(|noted| noted.remarks.push(format!("{name} begins at line {first}")));
        self.current = Some(text);
        Ok(true)
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if buffer.is_empty() || (self.current.is_none() && !self.next()?) {
                return Ok(0);
            }
            let n = self.current.as_mut().map_or(Ok(0), |text| text.read(buffer))?;
            if n > 0 {
                self.n_newlines += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
                self.ends_line = buffer[n - 1] == b'\n';
                return Ok(n);
            }
            self.current = None;
            let is_last = self.waiting.as_slice().is_empty();
            if !self.ends_line && !is_last {
                // The next part begins on a line of its own.
                self.ends_line = true;
                self.n_newlines += 1;
                buffer[0] = b'\n';
                return Ok(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_log_are_put_in_order_of_time() {
        let names = [
            "app.log",
            "app.log.10.gz",
            "app.log.2",
            "stderr--2026-11-23--18-00",
            "stderr",
            "stderr--2026-11-23--17-00.gz",
            "attempt=1.log",
            "attempt=2.log",
            "worker-1.log",
        ];
        let items = names.map(|name| (name.to_owned(), name)).to_vec();
        let logs: Vec<_> = together(items).into_iter().collect();
        let expected = [
            ("app.log", vec!["app.log.10.gz", "app.log.2", "app.log"]),
            ("attempt=1.log", vec!["attempt=1.log"]),
            ("attempt=2.log", vec!["attempt=2.log"]),
            ("stderr", vec!["stderr--2026-11-23--17-00.gz", "stderr--2026-11-23--18-00", "stderr"]),
            ("worker-1.log", vec!["worker-1.log"]),
        ];
        assert_eq!(logs, expected.map(|(log, parts)| (log.to_owned(), parts)));
    }

    #[test]
    fn a_joined_log_says_where_each_part_begins() {
        let part = |name: &str, text: &'static str| -> (String, Open) {
            (name.to_owned(), Box::new(move || Ok(Box::new(text.as_bytes()) as Text)))
        };
        let notes = Notes::default();
        let parts = vec![part("a.2", "1\n2\n"), part("a.1", "3"), part("a", "4\n")];
        let mut text = String::new();
        Joined::new(parts, notes.clone()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "1\n2\n3\n4\n");
        let begins = ["a.2 begins at line 1", "a.1 begins at line 3", "a begins at line 4"];
        assert_eq!(notes.noted().remarks, begins);
    }
}
