//! A trace whose end we have not seen, and what each further line does to it.

use super::names::{self, Named, TRACEBACK};
use super::shape::{self, Shape};
use super::{Frame, Language, Relation, Thrown, Trace, frames};
use crate::error_class::ErrorClass;
use crate::line::Line;
use crate::report::shortened;

/// Lines of a message before we take it for something else.
const LONGEST_MESSAGE: usize = 80;
/// Records of other threads that may stand between the lines of a Python traceback.
pub(super) const MOST_INTERLEAVED: usize = 8;
/// Exceptions kept of one trace.
const LONGEST_CHAIN: usize = 32;
/// Groups within groups.
const DEEPEST_GROUP: usize = 8;
/// Frames kept of one Python traceback: the outermost few and the innermost many.
const MOST_FRAMES: usize = 60;
const OUTERMOST_FRAMES: usize = 10;
/// Java frames kept from the throwing place, and in all where the class is not of a library.
const INNERMOST_JAVA_FRAMES: usize = 4;
const MOST_JAVA_FRAMES: usize = 16;

pub(super) struct Open {
    pub trace: Trace,
    /// Tells this trace from the others that are open.
    pub id: u64,
    pub is_passed_on: bool,
    /// Records of its origin when it was last touched.
    pub n_records: u64,
    phase: Phase,
    style: Style,
    /// A blank line was the last one.
    after_blank: bool,
    /// Its lines come as records of their own.
    in_records: bool,
    /// Lines of the current message.
    n_message_lines: usize,
    n_interleaved: usize,
    /// What the sentence before the next traceback said.
    link: Option<Relation>,
    /// The exception that the last whole Python traceback told of.
    told_in_python: Option<usize>,
    /// Exception groups whose members are being told, with the indentation of their bars.
    groups: Vec<(usize, usize)>,
    /// Blanks before the first Java frame; suppressed exceptions have more.
    frame_indent: Option<usize>,
    text_bytes: usize,
}

enum Phase {
    /// Reading the frames of a Python traceback, whose exception comes last.
    PythonFrames { frames: Vec<Frame>, relation: Relation },
    /// Reading the message or the Java frames of the last exception.
    Told,
}

/// Who prints the traceback.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    /// Python itself, with bars that show which exception belongs to which group.
    Group,
    /// The rich library, in a box.
    Boxed,
    /// IPython, and the notebooks around it.
    Notebook,
}

pub(super) enum Verdict {
    Inside,
    Beside,
    Over,
}

impl Open {
    /// The trace that this line starts, if it starts one.
    pub fn begin(
        trace: Trace,
        id: u64,
        line: &Line<'_>,
        shape: Shape,
        text_bytes: usize,
    ) -> Option<Self> {
        let mut open = Open {
            trace,
            id,
            is_passed_on: line.is_passed_on,
            n_records: 0,
            phase: Phase::Told,
            style: Style::Plain,
            after_blank: false,
            in_records: false,
            n_message_lines: 0,
            n_interleaved: 0,
            link: None,
            told_in_python: None,
            groups: Vec::new(),
            frame_indent: None,
            text_bytes,
        };
        match shape {
            Shape::Traceback(named) => {
                open.style = style_of(line);
                open.tell(line, named, Relation::First);
                let is_first = open.trace.chain.is_empty();
                open.read_frames(if is_first { Relation::First } else { Relation::Carried });
            }
            // A syntax error in the script itself has no traceback around it.
            Shape::PythonFrame(frame) if frame.function.is_empty() => {
                open.phase = Phase::PythonFrames { frames: vec![frame], relation: Relation::First };
            }
            Shape::Names(named) | Shape::CausedBy(named) | Shape::Carried(named) => {
                open.tell(line, named, Relation::First);
            }
            _ => return None,
        }
        Some(open)
    }

    /// Whether it waits for the end of a Python traceback.
    pub fn is_in_traceback(&self) -> bool {
        matches!(self.phase, Phase::PythonFrames { .. }) || self.link.is_some()
    }

    pub fn absorb(&mut self, line: &Line<'_>, shape: &Shape) -> Verdict {
        let is_pretty = matches!(self.style, Style::Boxed | Style::Notebook);
        let verdict = if self.style == Style::Group {
            self.absorb_barred(line, shape)
        } else if is_pretty && self.absorb_pretty(line) {
            Verdict::Inside
        } else {
            self.absorb_plain(line, shape)
        };
        if matches!(verdict, Verdict::Inside) {
            self.after_blank = *shape == Shape::Blank;
            if !self.after_blank {
                self.trace.last_line = line.number;
                self.trace.span = self.trace.span.to(line.span);
            }
        }
        verdict
    }

    fn absorb_plain(&mut self, line: &Line<'_>, shape: &Shape) -> Verdict {
        match self.phase {
            Phase::PythonFrames { .. } => self.absorb_in_traceback(line, shape),
            Phase::Told => self.absorb_after_exception(line, shape),
        }
    }

    /// A line of an exception group: the bars before it say which group it belongs to.
    fn absorb_barred(&mut self, line: &Line<'_>, shape: &Shape) -> Verdict {
        let body = line.body();
        let unindented = body.trim_start_matches(' ');
        let indent = body.len() - unindented.len();
        if let Some(divider) = unindented.strip_prefix("+-") {
            return self.absorb_divider(indent, divider);
        }
        let inner = unindented.strip_prefix("| ").or_else(|| unindented.strip_prefix("+ "));
        let Some(inner) = inner.or_else(|| unindented.strip_prefix('|')).filter(|_| indent > 0)
        else {
            self.style = Style::Plain;
            self.groups.clear();
            return self.absorb_plain(line, shape);
        };
        let n_told = self.trace.chain.len();
        let inner = Line { body_at: line.text.len() - inner.len(), ..*line };
        let verdict = self.absorb_plain(&inner, &shape::of(&inner));
        let is_group = |thrown: &&Thrown| thrown.exception.ends_with("Group");
        if self.trace.chain.len() > n_told
            && self.trace.chain.get(n_told).filter(is_group).is_some()
            && self.groups.len() < DEEPEST_GROUP
        {
            self.groups.push((indent, n_told));
        }
        verdict
    }

    /// `+-+---------------- 1 ----------------` before a member, `+-----------------` at the end.
    fn absorb_divider(&mut self, indent: usize, divider: &str) -> Verdict {
        if divider.bytes().any(|byte| byte.is_ascii_digit()) {
            // The first divider stands at the bars of the group, the others at those of the member.
            let is_first = divider.starts_with("+-");
            let is_done =
                |&(at, _): &(usize, usize)| if is_first { at > indent } else { at >= indent };
            while self.groups.last().is_some_and(is_done) {
                self.groups.pop();
            }
            self.read_frames(Relation::Within);
        } else {
            self.groups.pop();
        }
        Verdict::Inside
    }

    /// A line that only rich or a notebook writes.
    fn absorb_pretty(&mut self, line: &Line<'_>) -> bool {
        let Phase::PythonFrames { frames, .. } = &mut self.phase else { return false };
        let body = line.body();
        if self.style == Style::Boxed {
            let Some(inside) = body.strip_prefix('│') else {
                return body.starts_with(['╭', '╰']);
            };
            let inside = inside.trim_end_matches(['│', ' ']).trim_start();
            if let Some(frame) = frames::boxed(inside) {
                push_frame(frames, frame);
            } else if let Some(code) = frames::boxed_code(inside) {
                add_code(frames.last_mut(), code, self.text_bytes);
            }
            return true;
        }
        if let Some(frame) = frames::notebook(body) {
            push_frame(frames, frame);
            return true;
        }
        if let Some((at, code)) = frames::pointed_at(body) {
            if let Some(last) = frames.last_mut().filter(|last| last.line == 0) {
                last.line = at;
            }
            add_code(frames.last_mut(), code, self.text_bytes);
            return true;
        }
        // The lines around the one that is pointed at.
        body.starts_with(' ')
    }

    fn absorb_in_traceback(&mut self, line: &Line<'_>, shape: &Shape) -> Verdict {
        let Phase::PythonFrames { frames, relation } = &mut self.phase else {
            return Verdict::Over;
        };
        match shape {
            Shape::PythonFrame(frame) => {
                self.in_records |= line.is_record;
                push_frame(frames, frame.clone());
                return Verdict::Inside;
            }
            Shape::Indented => {
                add_code(frames.last_mut(), line.body().trim(), self.text_bytes);
                return Verdict::Inside;
            }
            Shape::Blank => return Verdict::Inside,
            // Members of a group begin with a divider, and may have a traceback after it.
            Shape::Traceback(named) if named.is_empty() && frames.is_empty() => {
                return Verdict::Inside;
            }
            Shape::Traceback(_) | Shape::JavaFrame(_) => return Verdict::Over,
            _ => {}
        }
        let named = names::python_exception(line).filter(|named| {
            !line.is_record || self.in_records && names::is_named_like_exception(&named.exception)
        });
        match named {
            Some(named) => {
                let (relation, frames) = (*relation, std::mem::take(frames));
                self.end_traceback(line, named, relation, frames);
                Verdict::Inside
            }
            None if line.is_record && self.in_records => {
                add_code(frames.last_mut(), line.body().trim(), self.text_bytes);
                Verdict::Inside
            }
            None => self.beside(),
        }
    }

    fn end_traceback(
        &mut self,
        line: &Line<'_>,
        named: Named,
        relation: Relation,
        frames: Vec<Frame>,
    ) {
        self.phase = Phase::Told;
        let carried = names::carried_in_brackets(&named);
        let told = self.trace.chain.len();
        self.tell(line, [Some(named), carried].into_iter().flatten().collect(), relation);
        if let Some(thrown) = self.trace.chain.get_mut(told) {
            thrown.language = Language::Python;
            thrown.frames = frames;
            if relation != Relation::Within {
                self.told_in_python = Some(told);
            }
        }
    }

    fn absorb_after_exception(&mut self, line: &Line<'_>, shape: &Shape) -> Verdict {
        if line.is_record {
            match shape {
                Shape::JavaFrame(_) | Shape::Filler | Shape::CausedBy(_) => {}
                _ if self.link.is_some() => return self.beside(),
                _ => return Verdict::Over,
            }
        }
        match shape {
            Shape::Blank | Shape::Filler => {}
            Shape::JavaFrame(frame) => self.add_java_frame(line, frame),
            Shape::PythonFrame(frame) => self.add_dumped_frame(frame),
            Shape::CausedBy(named) => self.tell(line, named.clone(), Relation::CausedBy),
            Shape::WrappedBy(named) => self.tell(line, named.clone(), Relation::RaisedFrom),
            Shape::Carried(named) => self.tell(line, named.clone(), Relation::Carried),
            Shape::Link(relation) => self.link = Some(*relation),
            Shape::Traceback(named) => return self.continue_with_traceback(line, named),
            // Behind `JVM stacktrace:`.
            Shape::Names(named) if self.link == Some(Relation::Carried) => {
                self.link = None;
                self.tell(line, named.clone(), Relation::Carried);
            }
            // Another exception at the start of a line, while Java frames were still to come, is
            // the next thing that went wrong rather than more of this message.
            Shape::Names(_) => return Verdict::Over,
            Shape::Indented | Shape::Text => return self.add_message(line),
        }
        Verdict::Inside
    }

    fn continue_with_traceback(&mut self, line: &Line<'_>, named: &[Named]) -> Verdict {
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
        self.style = style_of(line);
        self.read_frames(relation);
        Verdict::Inside
    }

    fn read_frames(&mut self, relation: Relation) {
        self.phase = Phase::PythonFrames { frames: Vec::new(), relation };
    }

    /// Whether the last exception is of the kind that has a worker's traceback as its message.
    fn carries_traceback(&self) -> bool {
        self.trace.chain.last().is_some_and(|last| last.exception.ends_with("PythonException"))
    }

    fn add_message(&mut self, line: &Line<'_>) -> Verdict {
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
            if let Some(class) = &mut last.error_class
                && class.sql_state.is_none()
                && line.body().contains("SQLSTATE: ")
                && let Some(whole) = ErrorClass::within(&last.message)
            {
                class.sql_state = whole.sql_state;
            }
        }
        Verdict::Inside
    }

    /// A line of another thread or of standard output between the lines of a traceback.
    fn beside(&mut self) -> Verdict {
        self.n_interleaved += 1;
        if self.n_interleaved > MOST_INTERLEAVED { Verdict::Over } else { Verdict::Beside }
    }

    fn tell(&mut self, line: &Line<'_>, named: Vec<Named>, relation: Relation) {
        for (nth, named) in named.into_iter().enumerate() {
            let told = self.trace.chain.len();
            if told == LONGEST_CHAIN {
                return;
            }
            let relation = if nth == 0 { relation } else { Relation::Within };
            let carries = self.carry(told, relation, nth == 0);
            let error_class =
                ErrorClass::at_start(&named.message).or_else(|| line.error_class.cloned());
            self.trace.chain.push(Thrown {
                line: line.number,
                at: named.at,
                relation,
                language: names::language_of(&named.exception),
                exception: named.exception,
                message: shortened(&named.message, self.text_bytes),
                frames: Vec::new(),
                wrapper: None,
                carries,
                error_class,
            });
            self.n_message_lines = 0;
        }
    }

    /// Notes which exception carries the one that is told now, and hands out which one it carries.
    fn carry(&mut self, told: usize, relation: Relation, is_first_of_line: bool) -> Option<usize> {
        let before = told.checked_sub(1)?;
        let carrier = match relation {
            Relation::First => return None,
            Relation::RaisedFrom => return Some(self.told_in_python.unwrap_or(before)),
            Relation::WhileHandling => return self.told_in_python,
            // Of the members of a group, the first stands for all.
            Relation::Within if is_first_of_line => self.groups.last().map(|&(_, group)| group),
            Relation::CausedBy | Relation::Within | Relation::Carried => Some(before),
        };
        if let Some(carrier) = carrier.and_then(|carrier| self.trace.chain.get_mut(carrier)) {
            carrier.carries.get_or_insert(told);
        }
        None
    }

    fn add_java_frame(&mut self, line: &Line<'_>, frame: &Frame) {
        let indent = line.body().len() - line.body().trim_start().len();
        if indent > *self.frame_indent.get_or_insert(indent) {
            return;
        }
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

fn style_of(line: &Line<'_>) -> Style {
    let body = line.body().trim();
    if body.starts_with("+ ") {
        Style::Group
    } else if body.starts_with('╭') {
        Style::Boxed
    } else if body.ends_with(TRACEBACK) {
        Style::Notebook
    } else {
        Style::Plain
    }
}

fn push_frame(frames: &mut Vec<Frame>, frame: Frame) {
    if frames.len() == MOST_FRAMES {
        frames.remove(OUTERMOST_FRAMES);
    }
    frames.push(frame);
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
