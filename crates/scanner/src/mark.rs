//! Tells the lines that have to be read from those that say nothing new: ordinary records, without
//! a keyword, without a word that a stack trace could begin with, in the plainest of all layouts.
//!
//! This looks at bytes alone and remembers nothing, so that blocks of one log can be marked on any
//! thread and in any order.

use crate::literals::{BuildError, Literals};
use crate::plain::{self, Speaker};

/// What makes a line worth reading, keyword or not: words that may begin a trace or name the place
/// an error comes from, and line ends that were escaped.
const TELLING: [&str; 11] = [
    "Traceback (most recent call last)",
    "Exception",
    "Error",
    "Throwable",
    "Interrupt",
    "Failure",
    // `(host executor 1): com.acme.BadThing`
    "): ",
    "\" was called from",
    "#012",
    "&#10;",
    "File \"",
];

/// Bytes marked at once.
const BLOCK: usize = 64 * 1024;

/// Finds keywords, and marks the blocks of logs.
pub(crate) struct Marker {
    /// The keywords, and after them the telling words.
    literals: Literals,
    n_keywords: usize,
    /// A keyword holds the sign for bytes that are no text, which stands in no log before it is read.
    reads_all: bool,
}

/// Which lines of a block have to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    pub(crate) runs: Vec<Run>,
}

/// Lines in a row of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub n_bytes: usize,
    pub n_lines: u64,
    pub kind: LineKind,
}

/// What a line is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// An ordinary record that says nothing new.
    Plain(Speaker),
    /// A record in the same layout that has to be read; what its speaker said before is no part of it.
    Record(Speaker),
    /// Everything else.
    Other,
}

impl Marker {
    pub fn new(keywords: &[&str]) -> Result<Marker, BuildError> {
        let literals = Literals::new(keywords.iter().chain(&TELLING))?;
        let reads_all =
            keywords.iter().any(|keyword| keyword.contains(char::REPLACEMENT_CHARACTER));
        Ok(Marker { literals, n_keywords: keywords.len(), reads_all })
    }

    pub fn literals(&self) -> &Literals {
        &self.literals
    }

    /// Calls `each` with the number of every keyword in one line, as often as it occurs.
    pub fn find_keywords(&self, line: &str, mut each: impl FnMut(usize)) {
        self.literals.find_in_line(line.as_bytes(), |literal| {
            if literal < self.n_keywords {
                each(literal);
            }
        });
    }

    /// Marks the lines that end in the block. `matches` says whether a signature with one of these
    /// keywords matches the line.
    pub fn mark(
        &self,
        block: &[u8],
        begins_within_line: bool,
        matches: impl Fn(&str, &[usize]) -> bool,
    ) -> Marks {
        let mut marks = Marks::default();
        let mut spots = Vec::new();
        let mut rest = block;
        if begins_within_line {
            let n_bytes = memchr::memchr(b'\n', block).map_or(block.len(), |at| at + 1);
            marks.add(n_bytes, LineKind::Other);
            rest = &block[n_bytes..];
        }
        while let Some(n_bytes) = whole_lines(rest) {
            let (lines, after) = rest.split_at(n_bytes);
            self.find_spots(lines, &mut spots);
            self.mark_lines(lines, &spots, &matches, &mut marks);
            rest = after;
        }
        marks
    }

    /// Where something stands that a line has to be read for, in order, and which keyword it is.
    fn find_spots(&self, lines: &[u8], spots: &mut Vec<(usize, usize)>) {
        spots.clear();
        self.literals.find(lines, |found| spots.push((found.start, found.literal)));
        let ends_line = |at: usize| lines[at] == b'\r' && lines.get(at + 1) == Some(&b'\n');
        let telling = memchr::memchr3_iter(0, b'\r', 0x1b, lines)
            .filter(|&at| !ends_line(at))
            .chain(memchr::memchr_iter(b'\\', lines))
            .map(|at| (at, self.n_keywords));
        spots.extend(telling);
        spots.sort_unstable();
    }

    fn mark_lines(
        &self,
        lines: &[u8],
        mut spots: &[(usize, usize)],
        matches: &impl Fn(&str, &[usize]) -> bool,
        marks: &mut Marks,
    ) {
        let mut keywords = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', lines) {
            let n_here = spots.iter().take_while(|(at, _)| *at <= end).count();
            let (here, later) = spots.split_at(n_here);
            let line = &lines[start..end];
            let kind = match plain::of(line) {
                None => LineKind::Other,
                Some(record) if here.is_empty() && !self.reads_all => {
                    LineKind::Plain(record.speaker)
                }
                Some(record) => {
                    keywords.clear();
                    keywords.extend(here.iter().map(|(_, word)| *word));
                    let is_telling = keywords.iter().any(|&word| word >= self.n_keywords);
                    let text = || String::from_utf8_lossy(record.text);
                    match self.reads_all || is_telling || matches(&text(), &keywords) {
                        true => LineKind::Record(record.speaker),
                        false => LineKind::Plain(record.speaker),
                    }
                }
            };
            marks.add(end + 1 - start, kind);
            (start, spots) = (end + 1, later);
        }
    }
}

impl Marks {
    /// Lines that are known not to be blank.
    pub(crate) fn n_records(&self) -> u64 {
        let records = self.runs.iter().filter(|run| run.kind != LineKind::Other);
        records.map(|run| run.n_lines).sum()
    }

    fn add(&mut self, n_bytes: usize, kind: LineKind) {
        match self.runs.last_mut().filter(|run| run.kind == kind) {
            Some(run) => {
                run.n_bytes += n_bytes;
                run.n_lines += 1;
            }
            None => self.runs.push(Run { n_bytes, n_lines: 1, kind }),
        }
    }
}

/// Bytes of the whole lines at the start, about a block of them.
fn whole_lines(bytes: &[u8]) -> Option<usize> {
    let near = &bytes[..bytes.len().min(BLOCK)];
    memchr::memrchr(b'\n', near)
        .or_else(|| Some(near.len() + memchr::memchr(b'\n', &bytes[near.len()..])?))
        .map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordinary_records_are_plain() {
        let marker = Marker::new(&["boom"]).expect("a marker");
        let is_plain = |line: &str| {
            let marks = marker
                .mark(format!("{line}\n").as_bytes(), false, |line, _| line.ends_with("boom"));
            assert_eq!((marks.runs.len(), marks.runs[0].n_bytes), (1, line.len() + 1));
            matches!(marks.runs[0].kind, LineKind::Plain(_))
        };
        for line in [
            "26/11/23 18:08:04 INFO Executor: Running task 0.0",
            "2026-11-23 18:08:04,190 DEBUG o.a.s.Executor$: 12 rows",
            "26/11/23 18:08:04 ERROR Utils: Aborting task \u{e9}",
            "26/11/23 18:08:04 INFO Executor: boomerang",
            "26/11/23 18:08:04 INFO Executor: windows\r",
            "26/11/23 18:08:04 INFO [main] Executor: who",
            "26/11/23 18:08:04 [worker-3 (TID 1)] INFO Executor: who",
            "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
            "[2026-11-23, 19:02:13 UTC] {spark_submit.py:88} INFO - 26/11/23 19:02:13 INFO A: b",
        ] {
            assert!(is_plain(line), "{line}");
        }
        for line in [
            "",
            "26/11/23 18:08:04 INFO Executor: boom",
            "26/11/23 18:08:04 INFO Executor: an Exception",
            "26/11/23 18:08:04 INFO Executor: ",
            "26/11/23 18:08:04 INFO Executor:  ",
            "26/11/23 18:08:04 INFO Executor: at a.b.C.d(C.java:1)",
            "26/11/23 18:08:04 INFO [PATH_NOT_FOUND] Executor: who",
            "26/11/23 18:08:04 [error] INFO Executor: who",
            "26/13/23 18:08:04 INFO Executor: who",
            "26/11/23 24:08:04 INFO Executor: who",
            "[2026-11-23T19:02:13.532+0000] {taskinstance.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
            "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - says something",
            "26/11/23 18:08:04 INFO Executor: red \u{1b}[31m",
            "26/11/23 18:08:04 INFO Executor: two\rlines",
            "26/11/23 18:08:04 INFO Executor: a\\nb",
            "26/11/23 18:08:04 NEWS Executor: who",
            "2?/11/23 18:08:04 INFO Executor: who",
            "some text",
        ] {
            assert!(!is_plain(line), "{line}");
        }
    }

    #[test]
    fn marks_cover_whole_lines_of_any_length() {
        let marker = Marker::new(&["boom"]).expect("a marker");
        let plain = "26/11/23 18:08:04 INFO Executor: Running\n".repeat(5_000);
        let block = format!("{plain}{}\nboom\n{plain}the rest", "x".repeat(3 * BLOCK));
        let runs = marker.mark(block.as_bytes(), false, |_, _| true).runs;
        let lines: Vec<_> = runs.iter().map(|run| (run.n_lines, run.kind)).collect();
        let ordinary = LineKind::Plain(Speaker::Itself);
        let expected = [(5_000, ordinary), (2, LineKind::Other), (5_000, ordinary)];
        assert_eq!(lines, expected);
        let n_bytes: usize = runs.iter().map(|run| run.n_bytes).sum();
        assert_eq!(n_bytes, block.len() - "the rest".len());
    }
}
