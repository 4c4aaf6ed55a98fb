//! The last lines of a log, in which it says how it ended.

use std::collections::VecDeque;

use crate::plain;
use crate::report::{KeptLine, shortened_into};

/// Bytes kept of each line.
const MOST_BYTES: usize = 512;

pub(crate) struct Tail {
    lines: VecDeque<KeptLine>,
    most_lines: usize,
    most_bytes: usize,
}

impl Tail {
    pub fn new(most_lines: usize, text_bytes: usize) -> Self {
        Tail { lines: VecDeque::new(), most_lines, most_bytes: text_bytes.min(MOST_BYTES) }
    }

    /// Keeps the line unless it is blank, and lets go of the oldest.
    pub fn keep(&mut self, number: u64, text: &str) {
        if self.most_lines == 0 || text.trim_start().is_empty() {
            return;
        }
        let oldest =
            (self.lines.len() == self.most_lines).then(|| self.lines.pop_front()).flatten();
        let mut line = oldest.unwrap_or(KeptLine { line: 0, text: String::new() });
        line.line = number;
        shortened_into(&mut line.text, text, self.most_bytes);
        self.lines.push_back(line);
    }

    /// Keeps the last of `n_lines` whole lines, all of them plain, the last of which has the number `last`.
    pub fn keep_end_of(&mut self, mut lines: &[u8], n_lines: u64, last: u64) {
        let mut kept = Vec::with_capacity(self.most_lines);
        for number in (0..n_lines.min(self.most_lines as u64)).map(|nth| last - nth) {
            let start = start_of_last(lines);
            let line = &lines[start..lines.len().saturating_sub(1)];
            kept.push((number, plain::of(line).map_or(line, |record| record.text)));
            lines = &lines[..start];
        }
        for (number, line) in kept.into_iter().rev() {
            self.keep(number, &String::from_utf8_lossy(line));
        }
    }

    pub fn into_lines(self) -> Vec<KeptLine> {
        self.lines.into()
    }
}

/// Where the last of these whole lines begins.
pub(crate) fn start_of_last(lines: &[u8]) -> usize {
    let before = lines.len().saturating_sub(1);
    memchr::memrchr(b'\n', &lines[..before]).map_or(0, |at| at + 1)
}
