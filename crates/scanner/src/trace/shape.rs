//! What a line looks like to somebody who reads stack traces.

use super::names::{self, Named, TRACEBACK};
use super::{Frame, Relation, frames};
use crate::line::Line;

/// The part a line can play in a trace.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    Blank,
    /// `Traceback (most recent call last):`, with the exceptions named before it on the same line.
    Traceback(Vec<Named>),
    PythonFrame(Frame),
    JavaFrame(Frame),
    /// `... 17 more`, `Driver stacktrace:`, a suppressed exception: of the trace, but nothing to keep.
    Filler,
    /// The sentence between two chained Python tracebacks, and between the two sides of Spark Connect.
    Link(Relation),
    /// `Caused by: ...`
    CausedBy(Vec<Named>),
    /// `Wrapped by: ...`, where the root is told first.
    WrappedBy(Vec<Named>),
    /// `: java.lang...`, the Java side of a Py4J error.
    Carried(Vec<Named>),
    /// A line that names an exception at its start, or a log record that names one in its message.
    Names(Vec<Named>),
    Indented,
    Text,
}

impl Shape {
    /// Whether a line like this is of a trace wherever it stands.
    pub fn is_of_trace(&self) -> bool {
        matches!(
            self,
            Shape::PythonFrame(_)
                | Shape::JavaFrame(_)
                | Shape::Filler
                | Shape::Link(_)
                | Shape::CausedBy(_)
                | Shape::WrappedBy(_)
                | Shape::Carried(_)
        )
    }
}

pub(super) fn of(line: &Line<'_>) -> Shape {
    let body = line.body();
    let unindented = body.trim_start();
    if unindented.is_empty() {
        return Shape::Blank;
    }
    let is_telling = names::is_telling(body);
    if is_telling && let Some(at) = body.find(TRACEBACK) {
        return Shape::Traceback(names::named_in(line, at, true));
    }
    if !line.is_record && unindented.len() < body.len() {
        return indented(unindented);
    }
    if line.is_record
        && let Some(shape) = of_trace_in_record(unindented)
    {
        return shape;
    }
    if let Some(shape) = sentence(body) {
        return shape;
    }
    let named = names::named_in(line, body.len(), is_telling);
    if named.is_empty() {
        Shape::Text
    } else if body.starts_with("Caused by: ") {
        Shape::CausedBy(named)
    } else if body.starts_with("Wrapped by: ") {
        Shape::WrappedBy(named)
    } else if body.starts_with(": ") && !line.is_record {
        Shape::Carried(named)
    } else {
        Shape::Names(named)
    }
}

/// Sentences that runtimes put between the parts of a trace.
fn sentence(body: &str) -> Option<Shape> {
    let shape = match body {
        "Driver stacktrace:" => Shape::Filler,
        "During handling of the above exception, another exception occurred:" => {
            Shape::Link(Relation::WhileHandling)
        }
        "The above exception was the direct cause of the following exception:" => {
            Shape::Link(Relation::RaisedFrom)
        }
        "JVM stacktrace:" => Shape::Link(Relation::Carried),
        _ => return None,
    };
    Some(shape)
}

/// Frames in records of their own, as loggers write them that take a trace line by line.
fn of_trace_in_record(text: &str) -> Option<Shape> {
    if let Some(place) = text.strip_prefix("at ") {
        return frames::java_alone(place).map(Shape::JavaFrame);
    }
    if text.starts_with("File \"") {
        return frames::python(text).map(Shape::PythonFrame);
    }
    is_more(text).then_some(Shape::Filler)
}

/// `... 17 more`, in logback `... 17 common frames omitted`.
fn is_more(text: &str) -> bool {
    text.strip_prefix("... ")
        .and_then(|rest| rest.split_once(" more").or_else(|| rest.split_once(" common frames")))
        .is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn indented(text: &str) -> Shape {
    if text.starts_with("File \"") {
        return frames::python(text).map_or(Shape::Indented, Shape::PythonFrame);
    }
    if let Some(place) = text.strip_prefix("at ") {
        return frames::java(place).map_or(Shape::Filler, Shape::JavaFrame);
    }
    let is_filler = is_more(text)
        || text.starts_with("Suppressed: ")
        || text.starts_with("Caused by: ")
        || text.starts_with("[CIRCULAR REFERENCE");
    if is_filler { Shape::Filler } else { Shape::Indented }
}

/// Whether this line of a traceback only points at a part of the statement above it.
pub(super) fn is_marker(code: &str) -> bool {
    code.bytes().all(|byte| matches!(byte, b'^' | b'~' | b' '))
        || code.starts_with("[Previous line repeated")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        let mut shape = None;
        crate::envelope::open(1, text.as_bytes(), &mut |line| shape = Some(of(&line)));
        shape.expect("one line")
    }

    fn names(text: &str) -> Vec<String> {
        match shape(text) {
            Shape::Names(named)
            | Shape::CausedBy(named)
            | Shape::WrappedBy(named)
            | Shape::Carried(named)
            | Shape::Traceback(named) => named.into_iter().map(|named| named.exception).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_line_names_every_exception_it_carries() {
        let cases: [(&str, &[&str]); 10] = [
            ("java.io.IOException: No space left on device", &["java.io.IOException"]),
            (
                ": org.apache.spark.SparkException: Job aborted due to stage failure: Lost task 0.0 (TID 0) (h executor driver): java.io.IOException: x",
                &["org.apache.spark.SparkException", "java.io.IOException"],
            ),
            (
                "26/11/23 17:46:07 WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 3) (h executor 0): java.lang.OutOfMemoryError: Java heap space",
                &["java.lang.OutOfMemoryError"],
            ),
            (
                "Caused by: java.util.concurrent.TimeoutException",
                &["java.util.concurrent.TimeoutException"],
            ),
            (
                "org.apache.spark.api.python.PythonException: Traceback (most recent call last):",
                &["org.apache.spark.api.python.PythonException"],
            ),
            ("Exception in thread \"main\" java.lang.Error: x", &["java.lang.Error"]),
            (
                "org.apache.spark.sql.execution.streaming.state.StateSchemaNotCompatible: Provided",
                &["org.apache.spark.sql.execution.streaming.state.StateSchemaNotCompatible"],
            ),
            (
                "26/11/23 18:16:09 INFO SparkContext: Submitted application: OutOfMemoryError-report-loader",
                &[],
            ),
            (
                "26/11/23 17:46:07 WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 3) (h executor 0): com.acme.BadThing: odd",
                &["com.acme.BadThing"],
            ),
            ("probe: AnalysisException [TABLE_OR_VIEW_NOT_FOUND] The table", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn parts_of_a_trace_are_known_in_plain_lines_and_in_records() {
        for text in ["\tat a.B.c(B.java:1)", "2026-11-23 10:00:00 ERROR a.B: at a.B.c(B.java:1)"] {
            assert!(matches!(shape(text), Shape::JavaFrame(_)), "{text}");
        }
        assert_eq!(shape("\t... 17 more"), Shape::Filler);
        assert_eq!(shape("\t... 17 common frames omitted"), Shape::Filler);
        assert_eq!(shape("2026-11-23 10:00:00 ERROR a.B: at least (2) rows"), Shape::Text);
        assert!(matches!(shape("Wrapped by: a.b.C: x"), Shape::WrappedBy(_)));
    }
}
