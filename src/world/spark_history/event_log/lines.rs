//! Lines of bounded length, lent one at a time.

use std::io::{self, BufRead};

/// A line of the log, without its end.
pub enum Line<'a> {
    Whole(&'a [u8]),
    /// The last one, which nobody ended: whole when the writer closed without a newline, torn
    /// when it was killed.
    Torn(&'a [u8]),
    /// Longer than what is read; its length.
    TooLong(u64),
}

impl Line<'_> {
    pub fn n_bytes(&self) -> u64 {
        match self {
            Self::Whole(text) | Self::Torn(text) => text.len() as u64 + 1,
            Self::TooLong(n_bytes) => *n_bytes,
        }
    }
}

/// Reads lines and keeps one of them.
pub struct Lines {
    inner: Box<dyn BufRead>,
    line: Vec<u8>,
    most: usize,
}

impl Lines {
    pub fn new(inner: Box<dyn BufRead>, most: usize) -> Self {
        Self { inner, line: Vec::new(), most }
    }

    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut passed_over = 0;
        loop {
            let chunk = match self.inner.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(match (passed_over, self.line.is_empty()) {
                    (0, true) => None,
                    (0, false) => Some(Line::Torn(&self.line)),
                    (n, _) => Some(Line::TooLong(n)),
                });
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let n = end.unwrap_or(chunk.len());
            if passed_over > 0 || self.line.len() + n > self.most {
                passed_over += (self.line.len() + n) as u64;
                self.line.clear();
            } else {
                self.line.extend_from_slice(&chunk[..n]);
            }
            self.inner.consume(n + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(Some(match passed_over {
                    0 => Line::Whole(&self.line),
                    n => Line::TooLong(n),
                }));
            }
        }
    }
}
