//! Finds what a log says: the lines that match known signatures, and the stack traces they stand in.
//!
//! Bytes come in through [`Scanner::feed`] in any chunking; [`Scanner::finish`] hands out one
//! [`Report`] of bounded size. The scanner does no I/O, has no clock, and knows signatures only as
//! data: what a class means, and which of several matches is the root, is for the caller to say.
//!
//! One line's way through: [`split`] cuts bytes into lines, [`envelope`] takes off what a log
//! collector wrapped around them, [`header`] reads timestamp, level, thread and logger, the
//! [`pack`]'s automaton finds the signatures worth trying, and [`trace`] joins the lines of one
//! stack trace, apart for each origin and thread.

#![warn(missing_docs)]

mod scanner;
mod read_ahead;
mod split;
mod timestamp;
mod error_class;
mod line;
mod header;
mod envelope;
mod head;
mod signature;
mod literals;
mod mark;
mod pack;
mod plain;
mod trace;
mod context;
mod report;
mod ends;
mod tail;

pub use context::QueryContext;
pub use error_class::ErrorClass;
pub use line::{Level, Span};
pub use literals::{BuildError, Guard, Literals, Occurrence, Work};
pub use mark::Marks;
pub use pack::{Pack, PackError};
pub use report::{Hit, KeptLine, Limits, Report, Tally};
pub use scanner::{Scanner, scan, texts};
pub use signature::{Kind, Severity, Signature};
pub use timestamp::Timestamp;
pub use trace::{Frame, Language, Relation, Thrown, Trace};
