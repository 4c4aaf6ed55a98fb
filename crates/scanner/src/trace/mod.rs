//! A stack trace as one thing: the chain of exceptions it tells of, with their places in the code.

mod frames;
mod names;
mod shape;
mod open;
mod assemble;

pub(crate) use assemble::{Assembler, Closed, End};

use crate::error_class::ErrorClass;
use crate::line::{Level, Span};
use crate::timestamp::Timestamp;

/// One stack trace: a Java trace with its `Caused by` chain, a Python traceback, or, as PySpark
/// writes them, the one within the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Physical line of its first line, from 1.
    pub first_line: u64,
    /// Physical line of its last line.
    pub last_line: u64,
    /// The bytes of the log from its first line to its last, with what others wrote in between.
    pub span: Span,
    /// When the record was written that it belongs to.
    pub timestamp: Option<Timestamp>,
    /// How loud that record was.
    pub level: Option<Level>,
    /// Who wrote that record.
    pub logger: Option<String>,
    /// The thread that wrote that record, where the layout names it.
    pub thread: Option<String>,
    /// The container, pod, file or stream it comes from, in a log that holds several; parts are
    /// joined with slashes.
    pub origin: Option<String>,
    /// What the record says before the trace begins, such as `Exception in task 0.0`.
    pub lead: Option<String>,
    /// The exceptions in the order the log tells of them.
    pub chain: Vec<Thrown>,
    /// How many later traces say the same.
    pub repeats: u64,
    /// First lines of the first few of those.
    pub repeat_lines: Vec<u64>,
}

/// One exception of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Thrown {
    /// Physical line that names it, from 1.
    pub line: u64,
    /// Byte offset of its name in that line's text.
    pub at: usize,
    /// How it stands to the one told before it.
    pub relation: Relation,
    /// Which runtime threw it.
    pub language: Language,
    /// Its type as the log names it, `java.io.IOException` or `KeyError`.
    pub exception: String,
    /// What it says, over several lines where it does.
    pub message: String,
    /// Places in the code, the innermost last in Python, first in Java.
    pub frames: Vec<Frame>,
    /// The wrapper signature that matched it, where it only carries another.
    pub wrapper: Option<String>,
    /// The exception that it carries, as an index into the chain: its cause, the one its message
    /// names, the one on the other side of Py4J, or the one that was being handled.
    pub carries: Option<usize>,
    /// The class that Spark gave it, where it did.
    pub error_class: Option<ErrorClass>,
}

/// How an exception stands to the one told before it in the same trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It is told first.
    First,
    /// It caused the one before: `Caused by`.
    CausedBy,
    /// It is named within the message of the one before, or a member of its exception group.
    Within,
    /// It is what the one before carries: the Java side of a `Py4JJavaError`, a worker's traceback.
    Carried,
    /// The one before caused it: `The above exception was the direct cause`.
    RaisedFrom,
    /// It happened while the one before was handled.
    WhileHandling,
}

/// Which runtime an exception comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Python.
    Python,
    /// The JVM: Java or Scala.
    Java,
}

/// A place in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// File as the trace names it.
    pub file: String,
    /// Line in that file, from 1; 0 where the trace does not say.
    pub line: u32,
    /// Function, or class and method.
    pub function: String,
    /// The statement as the trace shows it, without its indentation; empty where it does not.
    pub code: String,
}
