//! What a scan hands out: bounded in size whatever the log, first occurrences before later ones.

use std::collections::BTreeMap;

use crate::context::QueryContext;
use crate::error_class::ErrorClass;
use crate::line::{Level, Span};
use crate::timestamp::Timestamp;
use crate::trace::Trace;

/// How much a report may hold. Counts go on beyond every limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Hits kept of one signature from the start of the log.
    pub first_hits: usize,
    /// Hits kept of one signature from the end of the log, where a run says how it ended.
    pub last_hits: usize,
    /// Different stack traces kept from the start of the log.
    pub first_traces: usize,
    /// Different stack traces kept from the end of the log.
    pub last_traces: usize,
    /// Bytes kept of one line or message.
    pub text_bytes: usize,
    /// Lines kept from the end of the log.
    pub tail_lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            first_hits: 6,
            last_hits: 2,
            first_traces: 64,
            last_traces: 16,
            text_bytes: 4_096,
            tail_lines: 50,
        }
    }
}

/// Everything a scan found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Physical lines read.
    pub n_lines: u64,
    /// Bytes read.
    pub n_bytes: u64,
    /// Lines that were longer than the scanner keeps.
    pub n_cut_lines: u64,
    /// Timestamp of the first line that had one.
    pub first_timestamp: Option<Timestamp>,
    /// Timestamp of the last line that had one.
    pub last_timestamp: Option<Timestamp>,
    /// Kept hits by line, then by place in the line.
    pub hits: Vec<Hit>,
    /// How often each signature matched, by id.
    pub tallies: BTreeMap<String, Tally>,
    /// Different stack traces, in the order they first appeared.
    pub traces: Vec<Trace>,
    /// Different stack traces that were not kept.
    pub n_dropped_traces: u64,
    /// Places in the user's source that Spark named.
    pub query_contexts: Vec<QueryContext>,
    /// The last lines of the log that are not blank.
    pub tail: Vec<KeptLine>,
}

/// One signature found in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Id of the signature.
    pub signature: String,
    /// Physical line, from 1.
    pub line: u64,
    /// The bytes of that physical line in the log.
    pub span: Span,
    /// Byte offset of the match in the line's text.
    pub at: usize,
    /// The line without its envelope, shortened to the limit.
    pub text: String,
    /// The signature's named captures.
    pub captures: BTreeMap<String, String>,
    /// When the line, or the record it belongs to, was written.
    pub timestamp: Option<Timestamp>,
    /// How loud it was.
    pub level: Option<Level>,
    /// Who wrote it.
    pub logger: Option<String>,
    /// The thread that wrote it, where the layout names it.
    pub thread: Option<String>,
    /// The container, pod, file or stream it comes from, in a log that holds several; parts are
    /// joined with slashes.
    pub origin: Option<String>,
    /// Spark's error class, where the line names one.
    pub error_class: Option<ErrorClass>,
    /// The trace it stands in, as an index into [`Report::traces`].
    pub trace: Option<usize>,
    /// The exception of that trace that it belongs to, as an index into [`Trace::chain`].
    pub thrown: Option<usize>,
}

/// How often a signature matched, and where first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Matches outside repeated traces.
    pub count: u64,
    /// Matches within traces that repeat an earlier one.
    pub repeats: u64,
    /// Line of the first match.
    pub first_line: u64,
    /// Line of the last match.
    pub last_line: u64,
}

/// A line kept for its own sake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLine {
    /// Physical line, from 1.
    pub line: u64,
    /// The line without its envelope, shortened to the limit.
    pub text: String,
}

/// At most `most` bytes of `text`, cut at a character.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    head_of(text, most).to_owned()
}

/// The same, into memory that is there already.
pub(crate) fn shortened_into(place: &mut String, text: &str, most: usize) {
    place.clear();
    place.push_str(head_of(text, most));
}

/// The same, where it stands.
pub(crate) fn head_of(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
