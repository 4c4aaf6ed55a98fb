//! Runs the lines of one log through signatures and trace reader, and keeps what is worth keeping.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::context::ContextReader;
use crate::ends::Ends;
use crate::envelope::Opener;
use crate::error_class::ErrorClass;
use crate::head::{Head, Heads};
use crate::line::Line;
use crate::mark::{LineKind, Marks};
use crate::pack::{Match, Pack};
use crate::plain::Speaker;
use crate::read_ahead;
use crate::report::{Hit, Limits, Report, Tally, shortened};
use crate::signature::Kind;
use crate::split::{RawLine, Splitter};
use crate::tail::{Tail, start_of_last};
use crate::trace::{Assembler, Closed, End, Trace};

/// Places in the user's source kept of one log.
const MOST_QUERY_CONTEXTS: usize = 16;

/// Reads one log, chunk by chunk.
pub struct Scanner<'pack> {
    splitter: Splitter,
    opener: Opener,
    reader: Reader<'pack>,
}

/// Plain lines in a row.
struct Plain<'a> {
    lines: &'a [u8],
    speaker: Speaker,
    n_lines: u64,
    /// What the line after them is, where it is known.
    follower: Option<LineKind>,
    /// Lines that are certain to come after them, and not blank.
    n_to_come: u64,
}

/// Scans a whole text.
pub fn scan(pack: &Pack, text: &[u8]) -> Report {
    let mut scanner = Scanner::new(pack, Limits::default());
    scanner.feed(text);
    scanner.finish()
}

/// Hands over every text of a log as signatures see it: line by line, without its envelope.
pub fn texts(log: &[u8], mut see: impl FnMut(&str)) {
    let (mut splitter, mut opener) = (Splitter::default(), Opener::default());
    let mut number = 0;
    let mut open = |raw: RawLine<'_>| {
        number += 1;
        opener.open(number, raw.span, raw.bytes, &mut |line| see(line.text));
    };
    splitter.feed(log, &mut open);
    splitter.finish(&mut open);
}

impl<'pack> Scanner<'pack> {
    /// A scanner at the start of a log.
    pub fn new(pack: &'pack Pack, limits: Limits) -> Scanner<'pack> {
        Scanner {
            splitter: Splitter::default(),
            opener: Opener::default(),
            reader: Reader::new(pack, limits),
        }
    }

    /// Reads the next bytes. Where one chunk ends and the next begins makes no difference.
    pub fn feed(&mut self, chunk: &[u8]) {
        let marks = self.reader.pack.mark(chunk, self.splitter.is_within_line());
        self.feed_marked(chunk, &marks);
    }

    /// Reads the next bytes, given what [`Pack::mark`] says of them.
    pub fn feed_marked(&mut self, mut chunk: &[u8], marks: &Marks) {
        let mut n_to_come = marks.n_records();
        let followers = marks.runs.iter().skip(1).map(|run| Some(run.kind)).chain([None]);
        for (run, follower) in marks.runs.iter().zip(followers) {
            let lines;
            (lines, chunk) = chunk.split_at(run.n_bytes);
            if run.kind != LineKind::Other {
                n_to_come -= run.n_lines;
            }
            if let LineKind::Plain(speaker) = run.kind {
                let n_lines = run.n_lines;
                self.feed_plain(Plain { lines, speaker, n_lines, follower, n_to_come });
            } else {
                self.feed_slowly(lines);
            }
        }
        self.feed_slowly(chunk);
    }

    /// Reads everything that is still to come, which is marked on another thread as it is read.
    ///
    /// What came before an error has been read as usual.
    pub fn feed_from(&mut self, source: impl Read + Send) -> io::Result<()> {
        read_ahead::feed_from(self, source)
    }

    pub(crate) fn pack(&self) -> &'pack Pack {
        self.reader.pack
    }

    pub(crate) fn is_within_line(&self) -> bool {
        self.splitter.is_within_line()
    }

    /// Reads the next bytes without leaving out a line: what [`Scanner::feed`] finds, more slowly.
    pub fn feed_slowly(&mut self, chunk: &[u8]) {
        self.reader.report.n_bytes += chunk.len() as u64;
        self.splitter.feed(chunk, |line| read_raw(&mut self.opener, &mut self.reader, &line));
    }

    /// Reads whole lines that are all plain, of one speaker. Each of them undoes what the one before it did, but for
    /// the tail: so the last one stands for all, once nothing is open that they could close, and not
    /// even that one has to be read where the next line is a record of the same speaker.
    fn feed_plain(&mut self, mut plain: Plain<'_>) {
        while !plain.lines.is_empty() && !self.is_idle(plain.speaker) {
            let end = memchr::memchr(b'\n', plain.lines).map_or(plain.lines.len(), |at| at + 1);
            let first;
            (first, plain.lines) = plain.lines.split_at(end);
            self.feed_slowly(first);
            plain.n_lines -= 1;
        }
        if plain.lines.is_empty() {
            return;
        }
        if plain.follower == Some(LineKind::Record(plain.speaker)) {
            return self.pass_over(&plain);
        }
        let (passed, last) = plain.lines.split_at(start_of_last(plain.lines));
        let n_lines = plain.n_lines - 1;
        self.pass_over(&Plain { lines: passed, n_lines, n_to_come: plain.n_to_come + 1, ..plain });
        self.feed_slowly(last);
    }

    /// Whether a plain line of this speaker would change nothing but what the next one changes back.
    fn is_idle(&self, speaker: Speaker) -> bool {
        let reader = &self.reader;
        reader.report.first_timestamp.is_some()
            && reader.contexts.is_idle()
            && self.opener.is_idle()
            && reader
                .assembler
                .is_idle(self.opener.origin().as_deref(), speaker == Speaker::PassedOn)
    }

    fn pass_over(&mut self, plain: &Plain<'_>) {
        self.splitter.pass_over(plain.lines.len());
        self.reader.pass_over(plain);
    }

    /// Ends the log and hands out what was found.
    pub fn finish(mut self) -> Report {
        self.splitter.finish(|line| read_raw(&mut self.opener, &mut self.reader, &line));
        self.opener.finish(&mut |line| self.reader.read(&line));
        self.reader.finish()
    }
}

fn read_raw(opener: &mut Opener, reader: &mut Reader<'_>, raw: &RawLine<'_>) {
    reader.report.n_lines += 1;
    reader.report.n_cut_lines += u64::from(raw.is_cut);
    opener.open(reader.report.n_lines, raw.span, raw.bytes, &mut |line| reader.read(&line));
}

struct Reader<'pack> {
    pack: &'pack Pack,
    limits: Limits,
    assembler: Assembler,
    contexts: ContextReader,
    heads: Heads,
    /// Hits within the traces that are still open.
    waiting: BTreeMap<u64, Vec<(Hit, Kind)>>,
    hits: BTreeMap<String, Ends<Hit>>,
    /// With their numbers among the different ones.
    traces: Ends<(usize, Trace)>,
    n_traces: usize,
    tail: Tail,
    report: Report,
}

impl<'pack> Reader<'pack> {
    fn new(pack: &'pack Pack, limits: Limits) -> Self {
        Reader {
            pack,
            limits,
            assembler: Assembler::new(limits),
            contexts: ContextReader::default(),
            heads: Heads::default(),
            waiting: BTreeMap::new(),
            hits: BTreeMap::new(),
            traces: Ends::new(limits.first_traces, limits.last_traces),
            n_traces: 0,
            tail: Tail::new(limits.tail_lines, limits.text_bytes),
            report: Report::default(),
        }
    }

    /// Counts plain lines, and keeps those that may be the last of the log.
    fn pass_over(&mut self, plain: &Plain<'_>) {
        self.report.n_bytes += plain.lines.len() as u64;
        self.report.n_lines += plain.n_lines;
        if plain.n_to_come < self.limits.tail_lines as u64 {
            self.tail.keep_end_of(plain.lines, plain.n_lines, self.report.n_lines);
        }
    }

    fn read(&mut self, line: &Line<'_>) {
        if let Some(timestamp) = line.timestamp {
            self.report.first_timestamp.get_or_insert(timestamp);
            self.report.last_timestamp = Some(timestamp);
        }
        self.tail.keep(line.number, line.text);
        if let Some(context) = self.contexts.read(line)
            && self.report.query_contexts.len() < MOST_QUERY_CONTEXTS
        {
            self.report.query_contexts.push(context);
        }
        let head = self.heads.of(line);
        let pushed = self.assembler.push(line, head);
        head.pass(line);
        let found = self.pack.find(line.text);
        let hits: Vec<(Hit, Kind)> = found
            .into_iter()
            .map(|found| {
                let signature = &self.pack.signatures()[found.signature];
                (hit_of(&signature.id, line, head, found, self.limits), signature.kind)
            })
            .collect();
        for closed in pushed.closed {
            self.settle(closed);
        }
        for (hit, kind) in hits {
            match pushed.inside {
                Some(trace) => self.wait(trace, hit, kind),
                None => {
                    self.count(&hit, false);
                    self.keep(hit);
                }
            }
        }
    }

    /// Keeps a hit until its trace is whole and known to be new or a repeat.
    fn wait(&mut self, trace: u64, mut hit: Hit, kind: Kind) {
        let waiting = self.waiting.entry(trace).or_default();
        let same = waiting.iter().filter(|(other, _)| other.signature == hit.signature).count();
        if same >= self.limits.first_hits + self.limits.last_hits {
            // Counted as new: a single trace that holds more than the limit is no repeat of itself.
            self.count(&hit, false);
            return;
        }
        hit.thrown = self.assembler.thrown_at(trace, hit.line, hit.at);
        waiting.push((hit, kind));
    }

    fn settle(&mut self, closed: Closed) {
        let waiting = self.waiting.remove(&closed.id).unwrap_or_default();
        let (mut trace, is_repeat) = match closed.end {
            End::New(trace) => (Some(trace), false),
            End::Repeat { of, first_line } => {
                self.note_repeat(of, first_line);
                (None, true)
            }
            End::Nothing => (None, false),
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
        while let Some(closed) = self.assembler.finish() {
            self.settle(closed);
        }
        let mut report = self.report;
        let mut traces = self.traces.into_vec();
        // Of traces told at once, the first to begin need not be the first to end.
        traces.sort_by_key(|(number, trace)| (trace.first_line, *number));
        let (numbers, traces): (Vec<usize>, Vec<Trace>) = traces.into_iter().unzip();
        report.n_dropped_traces = (self.n_traces - traces.len()) as u64;
        report.traces = traces;
        report.hits = self.hits.into_values().flat_map(Ends::into_vec).collect();
        report.hits.sort_by(|a, b| (a.line, a.at, &a.signature).cmp(&(b.line, b.at, &b.signature)));
        for hit in &mut report.hits {
            let place = |number| numbers.iter().position(|&other| other == number);
            hit.trace = hit.trace.and_then(place);
            hit.thrown = hit.thrown.filter(|_| hit.trace.is_some());
        }
        report.tail = self.tail.into_lines();
        report
    }
}

fn hit_of(id: &str, line: &Line<'_>, head: &Head, found: Match, limits: Limits) -> Hit {
    let most = limits.text_bytes;
    let captures = found.captures.into_iter();
    Hit {
        signature: id.to_owned(),
        line: line.number,
        span: line.span,
        at: found.at,
        text: shortened(line.text, most),
        captures: captures.map(|(name, value)| (name, shortened(&value, most))).collect(),
        timestamp: line.timestamp.or(head.timestamp),
        level: head.level.or(line.level),
        logger: head.logger.clone(),
        thread: line.thread.map(str::to_owned).or_else(|| head.thread.clone()),
        origin: line.origin.map(str::to_owned),
        error_class: line.error_class.cloned().or_else(|| ErrorClass::within(line.body())),
        trace: None,
        thrown: None,
    }
}

fn mark_wrapper(trace: &mut Trace, hit: &Hit, kind: Kind) {
    if kind == Kind::Wrapper
        && let Some(thrown) = hit.thrown.and_then(|index| trace.chain.get_mut(index))
    {
        thrown.wrapper.get_or_insert_with(|| hit.signature.clone());
    }
}
