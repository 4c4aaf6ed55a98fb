//! Joins the lines of each stack trace, also where several are told at once, and recognises a
//! trace that was told before.
//!
//! A record belongs to the trace of its own origin and thread. A line without a header says
//! neither: it continues the trace of its origin that was touched last.

use std::collections::BTreeMap;

use super::open::{MOST_INTERLEAVED, Open, Verdict};
use super::shape::{self, Shape};
use super::{Language, Trace};
use crate::head::{Head, MOST_SAID};
use crate::line::{Level, Line};
use crate::report::{Limits, head_of};

/// Different traces beyond which repeats are not recognised any more.
const MOST_REMEMBERED: usize = 1_000;
/// Traces open at once; beyond that the one that was quiet longest is over.
const MOST_OPEN: usize = 16;

/// A trace that ended.
pub(crate) struct Closed {
    /// What it was called while it was open.
    pub id: u64,
    pub end: End,
}

/// How a trace ended.
pub(crate) enum End {
    /// Told for the first time.
    New(Trace),
    /// The same as an earlier one, by its number among the new ones.
    Repeat { of: usize, first_line: u64 },
    /// No trace after all: it names no exception.
    Nothing,
}

/// What a line did to the traces that were open.
pub(crate) struct Pushed {
    /// The traces that ended before this line.
    pub closed: Vec<Closed>,
    /// The open trace that this line belongs to.
    pub inside: Option<u64>,
}

pub(crate) struct Assembler {
    limits: Limits,
    /// The one touched last is the last.
    open: Vec<Open>,
    n_opened: u64,
    /// Numbers of the new traces, by what they have in common with their repeats.
    seen: BTreeMap<String, usize>,
    n_new: usize,
}

impl Assembler {
    pub fn new(limits: Limits) -> Self {
        Assembler { limits, open: Vec::new(), n_opened: 0, seen: BTreeMap::new(), n_new: 0 }
    }

    /// Reads the next line, whose record is `head`.
    pub fn push(&mut self, line: &Line<'_>, head: &Head) -> Pushed {
        let shape = shape::of(line);
        let mut closed = Vec::new();
        if !self.open.is_empty() {
            self.close_stale(line, head, &mut closed);
            if let Some(at) = self.place_of(line, head, &shape) {
                match self.open[at].absorb(line, &shape) {
                    Verdict::Inside => {
                        let mut open = self.open.remove(at);
                        open.n_records = head.n_records;
                        let inside = Some(open.id);
                        self.open.push(open);
                        return Pushed { closed, inside };
                    }
                    Verdict::Beside => return Pushed { closed, inside: None },
                    Verdict::Over => {
                        let over = self.open.remove(at);
                        closed.push(self.close(over));
                    }
                }
            }
        }
        let inside = self.begin(line, head, shape, &mut closed);
        Pushed { closed, inside }
    }

    /// Whether no trace is open that a record of this origin, passed on or not, could belong to.
    pub fn is_idle(&self, origin: Option<&str>, is_passed_on: bool) -> bool {
        let is_of_origin = |open: &Open| {
            open.is_passed_on == is_passed_on && open.trace.origin.as_deref() == origin
        };
        !self.open.iter().any(is_of_origin)
    }

    /// The next of the traces that the end of the log has ended.
    pub fn finish(&mut self) -> Option<Closed> {
        let open = (!self.open.is_empty()).then(|| self.open.remove(0))?;
        Some(self.close(open))
    }

    /// The exception of an open trace that a match at this place belongs to.
    pub fn thrown_at(&self, id: u64, line: u64, at: usize) -> Option<usize> {
        let chain = &self.open.iter().find(|open| open.id == id)?.trace.chain;
        let here = chain.iter().rposition(|thrown| thrown.line == line && thrown.at <= at);
        here.or_else(|| chain.iter().rposition(|thrown| thrown.line <= line))
    }

    /// The open trace that the line may belong to.
    fn place_of(&self, line: &Line<'_>, head: &Head, shape: &Shape) -> Option<usize> {
        let is_of_origin = |open: &Open| {
            open.is_passed_on == line.is_passed_on && open.trace.origin.as_deref() == line.origin
        };
        if line.is_record {
            let is_of_thread = |open: &Open| open.trace.thread.as_deref() == line.thread;
            return self.open.iter().rposition(|open| is_of_origin(open) && is_of_thread(open));
        }
        let at = self.open.iter().rposition(is_of_origin)?;
        let open = &self.open[at];
        let continues = open.n_records == head.n_records
            || open.is_in_traceback()
            || open.trace.thread == head.thread
            || shape.is_of_trace();
        continues.then_some(at)
    }

    /// Ends traces of the line's origin after which that origin went on to other things.
    fn close_stale(&mut self, line: &Line<'_>, head: &Head, closed: &mut Vec<Closed>) {
        if !line.is_record {
            return;
        }
        let is_stale = |open: &Open| {
            open.is_passed_on == line.is_passed_on
                && open.trace.origin.as_deref() == line.origin
                && open.trace.thread.as_deref() != line.thread
                && head.n_records.saturating_sub(open.n_records) > MOST_INTERLEAVED as u64
        };
        while let Some(at) = self.open.iter().position(is_stale) {
            let stale = self.open.remove(at);
            closed.push(self.close(stale));
        }
    }

    fn begin(
        &mut self,
        line: &Line<'_>,
        head: &Head,
        shape: Shape,
        closed: &mut Vec<Closed>,
    ) -> Option<u64> {
        if matches!(shape, Shape::Blank | Shape::Text | Shape::Indented | Shape::Filler) {
            return None;
        }
        let trace = empty_trace(line, head, &shape);
        let mut open = Open::begin(trace, self.n_opened, line, shape, self.limits.text_bytes)?;
        open.n_records = head.n_records;
        self.n_opened += 1;
        if self.open.len() == MOST_OPEN {
            let oldest = self.open.remove(0);
            closed.push(self.close(oldest));
        }
        let id = open.id;
        self.open.push(open);
        Some(id)
    }

    fn close(&mut self, open: Open) -> Closed {
        let (id, trace) = (open.id, open.trace);
        if trace.chain.is_empty() {
            return Closed { id, end: End::Nothing };
        }
        let fingerprint = fingerprint(&trace);
        if let Some(&of) = self.seen.get(&fingerprint) {
            return Closed { id, end: End::Repeat { of, first_line: trace.first_line } };
        }
        if self.seen.len() < MOST_REMEMBERED {
            self.seen.insert(fingerprint, self.n_new);
        }
        self.n_new += 1;
        Closed { id, end: End::New(trace) }
    }
}

/// An empty trace that knows the record it belongs to.
fn empty_trace(line: &Line<'_>, head: &Head, shape: &Shape) -> Trace {
    let mut trace = Trace {
        first_line: line.number,
        last_line: line.number,
        span: line.span,
        timestamp: line.timestamp,
        level: None,
        logger: None,
        thread: line.thread.map(str::to_owned),
        origin: line.origin.map(str::to_owned),
        lead: None,
        chain: Vec::new(),
        repeats: 0,
        repeat_lines: Vec::new(),
    };
    // Quiet records do not introduce a trace; one that follows is of another writer.
    let introduces = head.is_last && head.level >= Some(Level::Warn);
    if line.is_record || introduces {
        trace.timestamp = head.timestamp.or(line.timestamp);
        trace.level = head.level;
        trace.logger.clone_from(&head.logger);
        trace.thread = trace.thread.or_else(|| head.thread.clone());
        let said = if line.is_record { said_before_name(line, shape) } else { &head.said };
        trace.lead = Some(said.to_owned()).filter(|said| !said.is_empty());
    }
    trace
}

/// What a record says before it names the exception.
fn said_before_name<'a>(line: &Line<'a>, shape: &Shape) -> &'a str {
    let (Shape::Names(named) | Shape::Traceback(named) | Shape::CausedBy(named)) = shape else {
        return "";
    };
    let end = named.first().map_or(line.body_at, |first| first.at);
    let said = line.text[line.body_at..end].trim_end_matches([':', ' ']);
    head_of(said, MOST_SAID)
}

/// What two tellings of the same failure have in common: the exceptions, what they say but for the
/// numbers, and the innermost place in Python.
fn fingerprint(trace: &Trace) -> String {
    let mut print = String::new();
    for thrown in &trace.chain {
        print.push_str(&thrown.exception);
        print.push('|');
        let first_line = thrown.message.lines().next().unwrap_or_default();
        print.extend(first_line.chars().filter(|sign| !sign.is_ascii_digit()).take(240));
        if let Some(frame) = thrown.frames.last().filter(|_| thrown.language == Language::Python) {
            print.push_str(&format!("|{}:{}", frame.file, frame.line));
        }
        print.push('\n');
    }
    print
}
