//! Joins the lines of one stack trace, and recognises a trace that was told before.

use std::collections::BTreeMap;

use super::shape::{self, Named, Shape};
use super::{Frame, Language, Relation, Thrown, Trace};
use crate::line::{Level, Line};
use crate::report::{Limits, shortened};

/// Lines of a message before we take it for something else.
const LONGEST_MESSAGE: usize = 80;
/// Records of other threads that may stand between the lines of a Python traceback.
const MOST_INTERLEAVED: usize = 8;
/// Different traces beyond which repeats are not recognised any more.
const MOST_REMEMBERED: usize = 1_000;
/// Exceptions kept of one trace.
const LONGEST_CHAIN: usize = 32;
/// Frames kept of one Python traceback: the outermost few and the innermost many.
const MOST_FRAMES: usize = 60;
const OUTERMOST_FRAMES: usize = 10;
/// Java frames kept from the throwing place, and in all where the class is not of a library.
const INNERMOST_JAVA_FRAMES: usize = 4;
const MOST_JAVA_FRAMES: usize = 16;

/// What a line did to the trace that was open.
pub(crate) struct Pushed {
    /// The trace that ended before this line.
    pub closed: Option<Closed>,
    /// Whether this line belongs to the trace that is open now.
    pub is_inside: bool,
}

/// How a trace ended.
pub(crate) enum Closed {
    /// Told for the first time.
    New(Trace),
    /// The same as an earlier one, by its number among the new ones.
    Repeat { of: usize, first_line: u64 },
    /// No trace after all: it names no exception.
    Nothing,
}

pub(crate) struct Assembler {
    limits: Limits,
    open: Option<Open>,
    /// The record that ended just before this line, which may be the lead of a trace.
    lead: Option<Lead>,
    /// Numbers of the new traces, by what they have in common with their repeats.
    seen: BTreeMap<String, usize>,
    n_new: usize,
}

#[derive(Clone)]
struct Lead {
    line: u64,
    timestamp: Option<String>,
    level: Option<Level>,
    logger: Option<String>,
    said: String,
}

/// A trace whose end we have not seen.
struct Open {
    trace: Trace,
    phase: Phase,
    /// A blank line was the last one.
    after_blank: bool,
    /// Lines of the current message.
    n_message_lines: usize,
    n_interleaved: usize,
    /// What the sentence before the next traceback said.
    link: Option<Relation>,
    text_bytes: usize,
}

enum Phase {
    /// Reading the frames of a Python traceback, whose exception comes last.
    PythonFrames { frames: Vec<Frame>, relation: Relation },
    /// Reading the message or the Java frames of the last exception.
    Told,
}

enum Verdict {
    Inside,
    Beside,
    Over,
}

impl Assembler {
    pub fn new(limits: Limits) -> Self {
        Assembler { limits, open: None, lead: None, seen: BTreeMap::new(), n_new: 0 }
    }

    pub fn push(&mut self, line: &Line) -> Pushed {
        let shape = shape::of(line);
        let mut closed = None;
        if let Some(mut open) = self.open.take() {
            match open.absorb(line, &shape) {
                Verdict::Inside => {
                    self.open = Some(open);
                    return Pushed { closed, is_inside: true };
                }
                Verdict::Beside => {
                    self.open = Some(open);
                    return Pushed { closed, is_inside: false };
                }
                Verdict::Over => closed = Some(self.close(open)),
            }
        }
        self.open = self.begin(line, shape);
        self.remember_lead(line);
        Pushed { closed, is_inside: self.open.is_some() }
    }

    /// Whether no trace is open that the next line could belong to.
    pub fn is_idle(&self) -> bool {
        self.open.is_none()
    }

    pub fn finish(&mut self) -> Option<Closed> {
        let open = self.open.take()?;
        Some(self.close(open))
    }

    /// The exception of the open trace that a match at this place belongs to.
    pub fn thrown_at(&self, line: u64, at: usize) -> Option<usize> {
        let chain = &self.open.as_ref()?.trace.chain;
        let here = chain.iter().rposition(|thrown| thrown.line == line && thrown.at <= at);
        here.or_else(|| chain.iter().rposition(|thrown| thrown.line <= line))
    }

    fn begin(&self, line: &Line, shape: Shape) -> Option<Open> {
        let (named, in_traceback) = match shape {
            Shape::Traceback(named) => (named, true),
            Shape::Names(named) | Shape::CausedBy(named) | Shape::Carried(named) => (named, false),
            _ => return None,
        };
        let mut open = Open::new(self.head_of(line, &named), self.limits.text_bytes);
        open.tell(line, named, Relation::First);
        if in_traceback {
            let relation =
                if open.trace.chain.is_empty() { Relation::First } else { Relation::Carried };
            open.phase = Phase::PythonFrames { frames: Vec::new(), relation };
        }
        Some(open)
    }

    /// An empty trace that knows the record it belongs to.
    fn head_of(&self, line: &Line, named: &[Named]) -> Trace {
        let lead = if line.is_record {
            let said = named.first().map_or("", |first| &line.text[line.body_at..first.at]);
            Some(Lead::of(line, said.trim_end_matches([':', ' '])))
        } else {
            // Quiet records do not introduce a trace; one that follows is of another writer.
            let introduces = |lead: &Lead| lead.level >= Some(Level::Warn);
            self.lead.clone().filter(|lead| introduces(lead) && lead.line + 1 >= line.number)
        };
        let (timestamp, level, logger, said) = match lead {
            Some(lead) => (lead.timestamp, lead.level, lead.logger, Some(lead.said)),
            None => (line.timestamp.clone(), None, None, None),
        };
        Trace {
            first_line: line.number,
            last_line: line.number,
            timestamp,
            level,
            logger,
            lead: said.filter(|said| !said.is_empty()),
            chain: Vec::new(),
            repeats: 0,
            repeat_lines: Vec::new(),
        }
    }

    fn remember_lead(&mut self, line: &Line) {
        let is_of_lead = self.lead.as_ref().is_some_and(|lead| lead.line == line.number);
        if line.is_record {
            self.lead = Some(Lead::of(line, line.body()));
        } else if !is_of_lead {
            self.lead = None;
        }
    }

    fn close(&mut self, open: Open) -> Closed {
        let trace = open.trace;
        if trace.chain.is_empty() {
            return Closed::Nothing;
        }
        let fingerprint = fingerprint(&trace);
        if let Some(&of) = self.seen.get(&fingerprint) {
            return Closed::Repeat { of, first_line: trace.first_line };
        }
        if self.seen.len() < MOST_REMEMBERED {
            self.seen.insert(fingerprint, self.n_new);
        }
        self.n_new += 1;
        Closed::New(trace)
    }
}

impl Lead {
    fn of(line: &Line, said: &str) -> Lead {
        Lead {
            line: line.number,
            timestamp: line.timestamp.clone(),
            level: line.level,
            logger: line.logger.clone(),
            said: shortened(said, 512),
        }
    }
}

impl Open {
    fn new(trace: Trace, text_bytes: usize) -> Self {
        Open {
            trace,
            phase: Phase::Told,
            after_blank: false,
            n_message_lines: 0,
            n_interleaved: 0,
            link: None,
            text_bytes,
        }
    }

    fn absorb(&mut self, line: &Line, shape: &Shape) -> Verdict {
        let verdict = if matches!(self.phase, Phase::PythonFrames { .. }) {
            self.absorb_in_traceback(line, shape)
        } else {
            self.absorb_after_exception(line, shape)
        };
        if matches!(verdict, Verdict::Inside) {
            self.after_blank = *shape == Shape::Blank;
            if !self.after_blank {
                self.trace.last_line = line.number;
            }
        }
        verdict
    }

    fn absorb_in_traceback(&mut self, line: &Line, shape: &Shape) -> Verdict {
        let Phase::PythonFrames { frames, relation } = &mut self.phase else {
            return Verdict::Over;
        };
        match shape {
            Shape::PythonFrame(frame) => {
                if frames.len() == MOST_FRAMES {
                    frames.remove(OUTERMOST_FRAMES);
                }
                frames.push(frame.clone());
                Verdict::Inside
            }
            Shape::Indented => {
                add_code(frames.last_mut(), line.body().trim(), self.text_bytes);
                Verdict::Inside
            }
            Shape::Blank => Verdict::Inside,
            Shape::Traceback(_) | Shape::JavaFrame(_) => Verdict::Over,
            _ => match shape::python_exception(line) {
                Some(named) => {
                    let (relation, frames) = (*relation, std::mem::take(frames));
                    self.end_traceback(line, named, relation, frames);
                    Verdict::Inside
                }
                None => self.beside(),
            },
        }
    }

    fn end_traceback(&mut self, line: &Line, named: Named, relation: Relation, frames: Vec<Frame>) {
        self.phase = Phase::Told;
        self.tell(line, vec![named], relation);
        if let Some(thrown) = self.trace.chain.last_mut() {
            thrown.language = Language::Python;
            thrown.frames = frames;
        }
    }

    fn absorb_after_exception(&mut self, line: &Line, shape: &Shape) -> Verdict {
        if line.is_record {
            return if self.link.is_some() { self.beside() } else { Verdict::Over };
        }
        match shape {
            Shape::Blank | Shape::Filler => {}
            Shape::JavaFrame(frame) => self.add_java_frame(frame),
            Shape::PythonFrame(frame) => self.add_dumped_frame(frame),
            Shape::CausedBy(named) => self.tell(line, named.clone(), Relation::CausedBy),
            Shape::Carried(named) => self.tell(line, named.clone(), Relation::Carried),
            Shape::Link(relation) => self.link = Some(*relation),
            Shape::Traceback(named) => return self.continue_with_traceback(line, named),
            // Another exception at the start of a line, while Java frames were still to come, is
            // the next thing that went wrong rather than more of this message.
            Shape::Names(_) => return Verdict::Over,
            Shape::Indented | Shape::Text => return self.add_message(line),
        }
        Verdict::Inside
    }

    fn continue_with_traceback(&mut self, line: &Line, named: &[Named]) -> Verdict {
        let relation = if !named.is_empty() {
            // `Caused by: ...PythonException: Traceback (most recent call last):`
            if !line.body().starts_with("Caused by: ") {
                return Verdict::Over;
            }
            self.tell(line, named.to_vec(), Relation::CausedBy);
            Relation::Carried
        } else if let Some(relation) = self.link.take() {
            relation
        } else if !self.after_blank && self.carries_traceback() {
            Relation::Carried
        } else {
            return Verdict::Over;
        };
        self.phase = Phase::PythonFrames { frames: Vec::new(), relation };
        Verdict::Inside
    }

    /// Whether the last exception is of the kind that has a worker's traceback as its message.
    fn carries_traceback(&self) -> bool {
        self.trace.chain.last().is_some_and(|last| last.exception.ends_with("PythonException"))
    }

    fn add_message(&mut self, line: &Line) -> Verdict {
        let awaits_frames = self
            .trace
            .chain
            .last()
            .is_some_and(|last| last.language == Language::Java && last.frames.is_empty());
        self.n_message_lines += 1;
        if self.n_message_lines > LONGEST_MESSAGE || (self.after_blank && !awaits_frames) {
            return Verdict::Over;
        }
        if let Some(last) = self.trace.chain.last_mut()
            && last.message.len() < self.text_bytes
        {
            last.message.push('\n');
            last.message.push_str(&shortened(line.body(), self.text_bytes - last.message.len()));
        }
        Verdict::Inside
    }

    /// A line of another thread or of standard output between the lines of a traceback.
    fn beside(&mut self) -> Verdict {
        self.n_interleaved += 1;
        if self.n_interleaved > MOST_INTERLEAVED { Verdict::Over } else { Verdict::Beside }
    }

    fn tell(&mut self, line: &Line, named: Vec<Named>, relation: Relation) {
        for (nth, named) in named.into_iter().enumerate() {
            if self.trace.chain.len() == LONGEST_CHAIN {
                return;
            }
            let language = shape::language_of(&named.exception);
            self.trace.chain.push(Thrown {
                line: line.number,
                at: named.at,
                relation: if nth == 0 { relation } else { Relation::Within },
                language,
                exception: named.exception,
                message: shortened(&named.message, self.text_bytes),
                frames: Vec::new(),
                wrapper: None,
            });
            self.n_message_lines = 0;
        }
    }

    fn add_java_frame(&mut self, frame: &Frame) {
        let of_java = |thrown: &&mut Thrown| thrown.language == Language::Java;
        let Some(thrown) = self.trace.chain.iter_mut().rev().find(of_java) else { return };
        let n_kept = thrown.frames.len();
        if n_kept < INNERMOST_JAVA_FRAMES || n_kept < MOST_JAVA_FRAMES && !is_of_library(frame) {
            thrown.frames.push(frame.clone());
        }
    }

    /// Python's fault handler prints the innermost frame first.
    fn add_dumped_frame(&mut self, frame: &Frame) {
        if let Some(thrown) = self.trace.chain.last_mut()
            && thrown.frames.len() < MOST_FRAMES
        {
            thrown.frames.insert(0, frame.clone());
        }
    }
}

fn add_code(frame: Option<&mut Frame>, code: &str, most: usize) {
    let Some(frame) = frame else { return };
    if shape::is_marker(code) || frame.code.len() + code.len() > most {
        return;
    }
    if !frame.code.is_empty() {
        frame.code.push('\n');
    }
    frame.code.push_str(code);
}

fn is_of_library(frame: &Frame) -> bool {
    const LIBRARIES: [&str; 8] =
        ["java.", "javax.", "jdk.", "sun.", "scala.", "org.apache.", "py4j.", "io.netty."];
    LIBRARIES.iter().any(|library| frame.function.starts_with(library))
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
