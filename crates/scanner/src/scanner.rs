//! Runs the lines of one log through signatures and trace reader, and keeps what is worth keeping.

use std::collections::{BTreeMap, VecDeque};

use crate::context::ContextReader;
use crate::ends::Ends;
use crate::envelope;
use crate::line::{Level, Line};
use crate::mark::Marks;
use crate::pack::{Match, Pack};
use crate::report::{Hit, KeptLine, Limits, Report, Tally, shortened};
use crate::signature::Kind;
use crate::split::{RawLine, Splitter};
use crate::trace::{Assembler, Closed, Pushed, Trace};

/// Places in the user's source kept of one log.
const MOST_QUERY_CONTEXTS: usize = 16;

/// Reads one log, chunk by chunk.
pub struct Scanner<'pack> {
    splitter: Splitter,
    reader: Reader<'pack>,
}

/// Scans a whole text.
pub fn scan(pack: &Pack, text: &[u8]) -> Report {
    let mut scanner = Scanner::new(pack, Limits::default());
    scanner.feed(text);
    scanner.finish()
}

/// Hands over every text of a log as signatures see it: line by line, without its envelope.
pub fn texts(log: &[u8], mut see: impl FnMut(&str)) {
    let mut number = 0;
    let mut splitter = Splitter::default();
    let mut open = |raw: RawLine<'_>| {
        number += 1;
        envelope::open(number, raw.bytes, &mut |line| see(&line.text));
    };
    splitter.feed(log, &mut open);
    splitter.finish(&mut open);
}

impl<'pack> Scanner<'pack> {
    /// A scanner at the start of a log.
    pub fn new(pack: &'pack Pack, limits: Limits) -> Scanner<'pack> {
        Scanner { splitter: Splitter::default(), reader: Reader::new(pack, limits) }
    }

    /// Reads the next bytes. Where one chunk ends and the next begins makes no difference.
    pub fn feed(&mut self, mut chunk: &[u8]) {
        if self.splitter.is_within_line() {
            let first = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |at| at + 1);
            self.feed_slowly(&chunk[..first]);
            chunk = &chunk[first..];
        }
        let marks = self.reader.pack.mark(chunk);
        self.feed_marked(chunk, &marks);
    }

    /// Reads the next bytes, which start with a line, given what [`Pack::mark`] says of them.
    pub fn feed_marked(&mut self, mut chunk: &[u8], marks: &Marks) {
        for run in &marks.runs {
            let lines;
            (lines, chunk) = chunk.split_at(run.n_bytes);
            if run.is_plain {
                self.feed_plain(lines, run.n_lines);
            } else {
                self.feed_slowly(lines);
            }
        }
        self.feed_slowly(chunk);
    }

    /// Reads the next bytes without leaving out a line: what [`Scanner::feed`] finds, more slowly.
    pub fn feed_slowly(&mut self, chunk: &[u8]) {
        self.reader.report.n_bytes += chunk.len() as u64;
        self.splitter.feed(chunk, |line| self.reader.read_raw(line));
    }

    /// Reads whole lines that are all plain. Each of them undoes what the one before it did, but for
    /// the tail; so the last one stands for all, once nothing is open that they could close.
    fn feed_plain(&mut self, mut lines: &[u8], mut n_lines: u64) {
        while !lines.is_empty() && !self.reader.is_idle() {
            let first;
            (first, lines) =
                lines.split_at(memchr::memchr(b'\n', lines).map_or(lines.len(), |at| at + 1));
            self.feed_slowly(first);
            n_lines -= 1;
        }
        if n_lines > 1 {
            let last_at = start_of_last(lines);
            self.reader.pass_over(&lines[..last_at], n_lines - 1);
            lines = &lines[last_at..];
        }
        self.feed_slowly(lines);
    }

    /// Ends the log and hands out what was found.
    pub fn finish(mut self) -> Report {
        self.splitter.finish(|line| self.reader.read_raw(line));
        self.reader.finish()
    }
}

/// When, how loud and from whom the record is that a continuation line belongs to.
#[derive(Default, Clone)]
struct RecordHead {
    timestamp: Option<String>,
    level: Option<Level>,
    logger: Option<String>,
    is_passed_on: bool,
}

struct Reader<'pack> {
    pack: &'pack Pack,
    limits: Limits,
    assembler: Assembler,
    contexts: ContextReader,
    head: RecordHead,
    /// Hits within the trace that is still open.
    waiting: Vec<(Hit, Kind)>,
    hits: BTreeMap<String, Ends<Hit>>,
    /// With their numbers among the different ones.
    traces: Ends<(usize, Trace)>,
    n_traces: usize,
    tail: VecDeque<KeptLine>,
    report: Report,
}

impl<'pack> Reader<'pack> {
    fn new(pack: &'pack Pack, limits: Limits) -> Self {
        Reader {
            pack,
            limits,
            assembler: Assembler::new(limits),
            contexts: ContextReader::default(),
            head: RecordHead::default(),
            waiting: Vec::new(),
            hits: BTreeMap::new(),
            traces: Ends::new(limits.first_traces, limits.last_traces),
            n_traces: 0,
            tail: VecDeque::new(),
            report: Report::default(),
        }
    }

    fn read_raw(&mut self, raw: RawLine<'_>) {
        self.report.n_lines += 1;
        self.report.n_cut_lines += u64::from(raw.is_cut);
        envelope::open(self.report.n_lines, raw.bytes, &mut |line| self.read(&line));
    }

    /// Whether a plain line would change nothing but what the next one changes back.
    fn is_idle(&self) -> bool {
        self.assembler.is_idle() && self.contexts.is_idle() && self.report.first_timestamp.is_some()
    }

    /// Counts plain lines, and keeps those that may be the last of the log.
    fn pass_over(&mut self, mut lines: &[u8], n_lines: u64) {
        self.report.n_bytes += lines.len() as u64;
        self.report.n_lines += n_lines;
        let n_kept = n_lines.min(self.limits.tail_lines as u64);
        let mut kept = Vec::with_capacity(self.limits.tail_lines);
        for nth in 0..n_kept {
            let start = start_of_last(lines);
            kept.push((self.report.n_lines - nth, &lines[start..lines.len() - 1]));
            lines = &lines[..start];
        }
        for (number, line) in kept.into_iter().rev() {
            self.keep_last(number, &String::from_utf8_lossy(line));
        }
    }

    fn read(&mut self, line: &Line) {
        self.remember_head(line);
        self.keep_last(line.number, &line.text);
        if let Some(context) = self.contexts.read(line)
            && self.report.query_contexts.len() < MOST_QUERY_CONTEXTS
        {
            self.report.query_contexts.push(context);
        }
        let Pushed { closed, is_inside } = self.assembler.push(line);
        if let Some(closed) = closed {
            self.settle(closed);
        }
        for found in self.pack.find(&line.text) {
            let kind = self.pack.signatures()[found.signature].kind;
            let hit = self.hit(line, found);
            if is_inside {
                self.wait(hit, kind);
            } else {
                self.count(&hit, false);
                self.keep(hit);
            }
        }
    }

    fn remember_head(&mut self, line: &Line) {
        if let Some(timestamp) = &line.timestamp {
            self.report.first_timestamp.get_or_insert_with(|| timestamp.clone());
            self.report.last_timestamp = Some(timestamp.clone());
        }
        if line.is_record {
            self.head = RecordHead {
                timestamp: line.timestamp.clone(),
                level: line.level,
                logger: line.logger.clone(),
                is_passed_on: line.is_passed_on,
            };
        } else if self.head.is_passed_on != line.is_passed_on {
            self.head = RecordHead { is_passed_on: line.is_passed_on, ..RecordHead::default() };
        }
    }

    fn keep_last(&mut self, number: u64, text: &str) {
        if text.trim().is_empty() || self.limits.tail_lines == 0 {
            return;
        }
        let mut memory = String::new();
        if self.tail.len() == self.limits.tail_lines
            && let Some(first) = self.tail.pop_front()
        {
            memory = first.text;
            memory.clear();
        }
        let end = text.floor_char_boundary(self.limits.text_bytes.min(512));
        memory.push_str(&text[..end]);
        self.tail.push_back(KeptLine { line: number, text: memory });
    }

    fn hit(&self, line: &Line, found: Match) -> Hit {
        Hit {
            signature: self.pack.signatures()[found.signature].id.clone(),
            line: line.number,
            at: found.at,
            text: shortened(&line.text, self.limits.text_bytes),
            captures: found
                .captures
                .into_iter()
                .map(|(name, value)| (name, shortened(&value, self.limits.text_bytes)))
                .collect(),
            timestamp: line.timestamp.clone().or_else(|| self.head.timestamp.clone()),
            level: self.head.level,
            logger: self.head.logger.clone(),
            trace: None,
            thrown: None,
        }
    }

    /// Keeps a hit until its trace is whole and known to be new or a repeat.
    fn wait(&mut self, mut hit: Hit, kind: Kind) {
        let same =
            self.waiting.iter().filter(|(other, _)| other.signature == hit.signature).count();
        if same >= self.limits.first_hits + self.limits.last_hits {
            // Counted as new: a single trace that holds more than the limit is no repeat of itself.
            self.count(&hit, false);
            return;
        }
        hit.thrown = self.assembler.thrown_at(hit.line, hit.at);
        self.waiting.push((hit, kind));
    }

    fn settle(&mut self, closed: Closed) {
        let waiting = std::mem::take(&mut self.waiting);
        let (mut trace, is_repeat) = match closed {
            Closed::New(trace) => (Some(trace), false),
            Closed::Repeat { of, first_line } => {
                self.note_repeat(of, first_line);
                (None, true)
            }
            Closed::Nothing => (None, false),
        };
        let number = self.n_traces;
        for (mut hit, kind) in waiting {
            self.count(&hit, is_repeat);
            // Which task ran where is news each time, also when it failed in the same way.
            if is_repeat && kind != Kind::Lifecycle {
                continue;
            }
            match &mut trace {
                Some(trace) => {
                    mark_wrapper(trace, &hit, kind);
                    hit.trace = Some(number);
                }
                None => hit.thrown = None,
            }
            self.keep(hit);
        }
        if let Some(trace) = trace {
            self.traces.push((number, trace));
            self.n_traces += 1;
        }
    }

    fn note_repeat(&mut self, of: usize, first_line: u64) {
        let Some((_, trace)) = self.traces.iter_mut().find(|(number, _)| *number == of) else {
            return;
        };
        trace.repeats += 1;
        if trace.repeat_lines.len() < self.limits.first_hits {
            trace.repeat_lines.push(first_line);
        }
    }

    fn count(&mut self, hit: &Hit, is_repeat: bool) {
        let none = Tally { count: 0, repeats: 0, first_line: hit.line, last_line: hit.line };
        let tally = self.report.tallies.entry(hit.signature.clone()).or_insert(none);
        tally.count += u64::from(!is_repeat);
        tally.repeats += u64::from(is_repeat);
        tally.first_line = tally.first_line.min(hit.line);
        tally.last_line = tally.last_line.max(hit.line);
    }

    fn keep(&mut self, hit: Hit) {
        let limits = self.limits;
        let none = || Ends::new(limits.first_hits, limits.last_hits);
        self.hits.entry(hit.signature.clone()).or_insert_with(none).push(hit);
    }

    fn finish(mut self) -> Report {
        if let Some(closed) = self.assembler.finish() {
            self.settle(closed);
        }
        let mut report = self.report;
        let (numbers, traces): (Vec<usize>, Vec<Trace>) =
            self.traces.into_vec().into_iter().unzip();
        report.n_dropped_traces = (self.n_traces - traces.len()) as u64;
        report.traces = traces;
        report.hits = self.hits.into_values().flat_map(Ends::into_vec).collect();
        report.hits.sort_by(|a, b| (a.line, a.at, &a.signature).cmp(&(b.line, b.at, &b.signature)));
        for hit in &mut report.hits {
            hit.trace = hit.trace.and_then(|number| numbers.binary_search(&number).ok());
            hit.thrown = hit.thrown.filter(|_| hit.trace.is_some());
        }
        report.tail = self.tail.into();
        report
    }
}

/// Where the last of these whole lines begins.
fn start_of_last(lines: &[u8]) -> usize {
    let before = lines.len().saturating_sub(1);
    memchr::memrchr(b'\n', &lines[..before]).map_or(0, |at| at + 1)
}

fn mark_wrapper(trace: &mut Trace, hit: &Hit, kind: Kind) {
    if kind == Kind::Wrapper
        && let Some(thrown) = hit.thrown.and_then(|index| trace.chain.get_mut(index))
    {
        thrown.wrapper.get_or_insert_with(|| hit.signature.clone());
    }
}
