//! Turns the logs of one run into the body of a summary: scanned, redacted, bounded.

use std::io::{self, ErrorKind, Read};

use adp_redact::Redactor;
use adp_scanner::{
    ErrorClass, Hit, Kind, Language, Level, Limits, Pack, Relation, Report, Scanner,
};

use crate::records::log_summary::{
    Finding, FindingKind, Frame, LogFile, LogLevel, LogLine, LogRole, LogStatus, QueryContext,
    Thrown, ThrownRelation, Trace, TraceLanguage,
};
use crate::world::log_store::{Gap, Noted, Notes};

/// One log of the run, uncompressed, or the reason why there is none.
pub struct Log<'a> {
    /// What people call it, such as `driver.log`.
    pub name: String,
    pub role: LogRole,
    pub content: Result<Box<dyn Read + Send + 'a>, NoContent>,
}

/// Why a log could not be opened.
pub struct NoContent {
    /// `Missing`, `Refused` or `Unreadable`.
    pub status: LogStatus,
    /// What a person should know.
    pub detail: String,
}

/// A [`LogSummary`](crate::records::LogSummary) but for its case and pack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    pub logs: Vec<LogFile>,
    pub findings: Vec<Finding>,
    pub traces: Vec<Trace>,
    pub contexts: Vec<QueryContext>,
    pub tail: Vec<LogLine>,
}

/// Bytes at the start of a log by which we tell text from something else.
const SNIFFED: usize = 8 * 1024;
/// What the redactor sees of one line or message. It is more than what is kept, so that a secret
/// is seen with its name and whole before the text is cut.
const MOST_SEEN_BYTES: usize = 16 * 1024;
/// Kept of one line or message.
const MOST_TEXT_BYTES: usize = 4 * 1024;
/// Frames kept from either end of an exception: enough to find the user's among those of libraries.
const MOST_FRAMES_AT_AN_END: usize = 12;

/// Reads every log to its end, in constant memory.
pub fn summarise<'a>(
    pack: &Pack,
    redactor: &Redactor,
    logs: impl IntoIterator<Item = Log<'a>>,
) -> Summary {
    summarise_noted(pack, redactor, logs.into_iter().map(|log| (log, Notes::default())))
}

/// The same, with what reading brings to light beside the text.
pub fn summarise_noted<'a>(
    pack: &Pack,
    redactor: &Redactor,
    logs: impl IntoIterator<Item = (Log<'a>, Notes)>,
) -> Summary {
    let mut summary = Summary::default();
    let clean = Clean { pack, redactor };
    for (log, notes) in logs {
        let name = clean.text(&log.name);
        match log.content {
            Ok(content) => summary.read(clean, name, log.role, content, &notes),
            Err(none) => summary.logs.push(LogFile {
                name,
                role: log.role,
                status: none.status,
                lines: 0,
                bytes: 0,
                detail: clean.text(&none.detail),
            }),
        }
    }
    summary
}

impl Summary {
    fn read(
        &mut self,
        clean: Clean<'_>,
        name: String,
        role: LogRole,
        mut content: Box<dyn Read + Send + '_>,
        notes: &Notes,
    ) {
        let limits = Limits { text_bytes: MOST_SEEN_BYTES, ..Limits::default() };
        let mut scanner = Scanner::new(clean.pack, limits);
        let (status, detail) = match first_bytes(&mut content) {
            Ok(start) if start.is_empty() => (LogStatus::Empty, "the log has no bytes".to_owned()),
            Ok(start) if is_binary(&start) => {
                (LogStatus::Binary, "the log does not hold text".to_owned())
            }
            Err(error) => (LogStatus::Unreadable, error.to_string()),
            Ok(start) => match scanner.feed_from(start.as_slice().chain(content)) {
                Ok(()) => (LogStatus::Read, String::new()),
                Err(error) => {
                    (LogStatus::Truncated, format!("reading stopped before the end: {error}"))
                }
            },
        };
        let mut report = scanner.finish();
        let Noted { gap, remarks, .. } = notes.noted();
        let status = match (status, &gap) {
            (LogStatus::Read, Some(_)) => LogStatus::Truncated,
            (status, _) => status,
        };
        if let Some(gap) = &gap {
            renumber(&mut report, gap);
        }
        let gap = gap.map(|gap| gap.to_string());
        let details = [detail].into_iter().chain(gap).chain(remarks);
        let detail = joined(details.chain(cut_lines(report.n_cut_lines)));
        self.logs.push(LogFile {
            name: name.clone(),
            role,
            status,
            lines: i64_of(report.n_lines),
            bytes: i64_of(report.n_bytes),
            detail: clean.text(&detail),
        });
        self.add(clean, &name, role, report);
    }

    fn add(&mut self, clean: Clean<'_>, file: &str, role: LogRole, report: Report) {
        let first_trace = self.traces.len();
        self.findings
            .extend(report.hits.iter().map(|hit| clean.finding(file, hit, &report, first_trace)));
        self.traces.extend(report.traces.into_iter().map(|trace| clean.trace(file, trace)));
        self.contexts.extend(report.query_contexts.into_iter().map(|context| QueryContext {
            file: file.to_owned(),
            line: i64_of(context.log_line),
            fragment: clean.text(&context.fragment),
            source_file: context.file,
            source_line: i32_of(context.line),
        }));
        if role == LogRole::Driver || role == LogRole::Task {
            // One text: a key or a value may go on from one line to the next.
            let mut lines = clean.redactor.stream();
            self.tail.extend(report.tail.into_iter().map(|line| LogLine {
                file: file.to_owned(),
                line: i64_of(line.line),
                text: lines.line(&line.text),
            }));
        }
    }
}

/// What the first read gives, which is not empty unless the log is.
fn first_bytes(content: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = vec![0; SNIFFED];
    loop {
        match content.read(&mut start) {
            Ok(n) => {
                start.truncate(n);
                return Ok(start);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// More control characters than a log in any encoding has.
fn is_binary(start: &[u8]) -> bool {
    let odd =
        |&&byte: &&u8| byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b | 0x0c | 0x08);
    start.iter().filter(odd).count() * 10 > start.len()
}

fn cut_lines(n_cut_lines: u64) -> Option<String> {
    (n_cut_lines > 0).then(|| format!("lines too long to read whole: {n_cut_lines}"))
}

fn joined(details: impl Iterator<Item = String>) -> String {
    details.filter(|detail| !detail.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Lines behind a gap get the numbers that they have in the log.
fn renumber(report: &mut Report, gap: &Gap) {
    let to_true = |line: &mut u64| *line = gap.true_line(*line);
    report.hits.iter_mut().for_each(|hit| to_true(&mut hit.line));
    for tally in report.tallies.values_mut() {
        to_true(&mut tally.first_line);
        to_true(&mut tally.last_line);
    }
    for trace in &mut report.traces {
        to_true(&mut trace.first_line);
        to_true(&mut trace.last_line);
        trace.chain.iter_mut().for_each(|thrown| to_true(&mut thrown.line));
    }
    report.query_contexts.iter_mut().for_each(|context| to_true(&mut context.log_line));
    report.tail.iter_mut().for_each(|kept| to_true(&mut kept.line));
    to_true(&mut report.n_lines);
}

/// What turns the scanner's words into those of a record: without secrets, and bounded.
#[derive(Clone, Copy)]
struct Clean<'a> {
    pack: &'a Pack,
    redactor: &'a Redactor,
}

impl Clean<'_> {
    fn text(&self, text: &str) -> String {
        shortened(self.redactor.redact(text).text)
    }

    fn finding(&self, file: &str, hit: &Hit, report: &Report, first_trace: usize) -> Finding {
        let signature = self.pack.get(&hit.signature).expect("hits come from this pack");
        let tally = report.tallies[&hit.signature];
        let text = self.redactor.redact(&hit.text);
        let captures = hit.captures.iter();
        Finding {
            signature: hit.signature.clone(),
            class: signature.class.clone(),
            kind: kind_of(signature.kind),
            file: file.to_owned(),
            line: i64_of(hit.line),
            captures: captures
                .map(|(name, value)| (name.clone(), shortened(self.redactor.piece(&text, value))))
                .collect(),
            text: shortened(text.text),
            level: level_of(hit.level),
            count: i64_of(tally.count + tally.repeats),
            last_line: i64_of(tally.last_line),
            trace: hit.trace.map(|index| i32_of(first_trace + index)),
            thrown: hit.thrown.map(i32_of),
            timestamp: hit.timestamp.map(|timestamp| timestamp.to_string()),
            thread: hit.thread.as_deref().map(|thread| self.text(thread)),
            origin: hit.origin.as_deref().map(|origin| self.text(origin)),
            error_class: hit.error_class.as_ref().map(class_name),
            sql_state: hit.error_class.as_ref().and_then(|class| class.sql_state.clone()),
        }
    }

    fn trace(&self, file: &str, trace: adp_scanner::Trace) -> Trace {
        Trace {
            file: file.to_owned(),
            first_line: i64_of(trace.first_line),
            last_line: i64_of(trace.last_line),
            level: level_of(trace.level),
            lead: trace.lead.map(|lead| self.text(&lead)),
            chain: trace.chain.into_iter().map(|thrown| self.thrown(thrown)).collect(),
            repeats: i64_of(trace.repeats),
            timestamp: trace.timestamp.map(|timestamp| timestamp.to_string()),
            thread: trace.thread.as_deref().map(|thread| self.text(thread)),
            origin: trace.origin.as_deref().map(|origin| self.text(origin)),
        }
    }

    fn thrown(&self, thrown: adp_scanner::Thrown) -> Thrown {
        Thrown {
            exception: thrown.exception,
            message: self.text(&thrown.message),
            line: i64_of(thrown.line),
            language: match thrown.language {
                Language::Python => TraceLanguage::Python,
                Language::Java => TraceLanguage::Java,
            },
            relation: match thrown.relation {
                Relation::First => ThrownRelation::First,
                Relation::CausedBy => ThrownRelation::CausedBy,
                Relation::Within => ThrownRelation::Within,
                Relation::Carried => ThrownRelation::Carried,
                Relation::RaisedFrom => ThrownRelation::RaisedFrom,
                Relation::WhileHandling => ThrownRelation::WhileHandling,
            },
            wrapper: thrown.wrapper.is_some(),
            frames: ends_of(thrown.frames).into_iter().map(|frame| self.frame(frame)).collect(),
            carries: thrown.carries.map(i32_of),
            error_class: thrown.error_class.as_ref().map(class_name),
            sql_state: thrown.error_class.and_then(|class| class.sql_state),
        }
    }

    fn frame(&self, frame: adp_scanner::Frame) -> Frame {
        Frame {
            file: self.text(&frame.file),
            line: i32::try_from(frame.line).ok().filter(|&line| line > 0),
            function: frame.function,
            code: self.text(&frame.code),
        }
    }
}

/// At most [`MOST_TEXT_BYTES`], cut at a character.
fn shortened(mut text: String) -> String {
    let mut end = text.len().min(MOST_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Without the middle of a deep recursion.
fn ends_of(mut frames: Vec<adp_scanner::Frame>) -> Vec<adp_scanner::Frame> {
    if frames.len() > 2 * MOST_FRAMES_AT_AN_END {
        frames.drain(MOST_FRAMES_AT_AN_END..frames.len() - MOST_FRAMES_AT_AN_END);
    }
    frames
}

/// `UNRESOLVED_COLUMN.WITH_SUGGESTION`
fn class_name(class: &ErrorClass) -> String {
    match &class.sub_class {
        Some(sub_class) => format!("{}.{sub_class}", class.name),
        None => class.name.clone(),
    }
}

fn kind_of(kind: Kind) -> FindingKind {
    match kind {
        Kind::Cause => FindingKind::Cause,
        Kind::Wrapper => FindingKind::Wrapper,
        Kind::Echo => FindingKind::Echo,
        Kind::Lifecycle => FindingKind::Lifecycle,
        Kind::Noise => FindingKind::Noise,
    }
}

fn level_of(level: Option<Level>) -> LogLevel {
    match level {
        None => LogLevel::Unknown,
        Some(Level::Trace) => LogLevel::Trace,
        Some(Level::Debug) => LogLevel::Debug,
        Some(Level::Info) => LogLevel::Info,
        Some(Level::Warn) => LogLevel::Warn,
        Some(Level::Error) => LogLevel::Error,
        Some(Level::Fatal) => LogLevel::Fatal,
    }
}

fn i64_of(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn i32_of(n: impl TryInto<i32>) -> i32 {
    n.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signatures;

    fn log<'a>(name: &str, text: &'a [u8]) -> Log<'a> {
        Log { name: name.to_owned(), role: LogRole::Driver, content: Ok(Box::new(text)) }
    }

    fn summary_of(text: &[u8]) -> Summary {
        let pack = signatures::built_in().expect("the built-in pack loads");
        summarise(&pack, Redactor::built_in(), [log("driver.log", text)])
    }

    #[test]
    fn each_log_ends_with_a_status_that_explains_itself() {
        struct Breaks(bool);
        impl Read for Breaks {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(std::io::Error::other("connection reset"));
                }
                into[..2].copy_from_slice(b"a\n");
                Ok(2)
            }
        }
        let pack = signatures::built_in().expect("the built-in pack loads");
        let missing = NoContent { status: LogStatus::Missing, detail: "no such file".to_owned() };
        let logs = [
            log("plain", b"all well\n"),
            log("empty", b""),
            log("binary", &[0, 1, 2, 3, 200, 0, 0, 7]),
            Log {
                name: "cut".into(),
                role: LogRole::Executor,
                content: Ok(Box::new(Breaks(false))),
            },
            Log {
                name: "broken".into(),
                role: LogRole::Executor,
                content: Ok(Box::new(Breaks(true))),
            },
            Log { name: "gone".into(), role: LogRole::Driver, content: Err(missing) },
        ];
        let summary = summarise(&pack, Redactor::built_in(), logs);
        let said: Vec<_> = summary.logs.iter().map(|log| (log.name.as_str(), log.status)).collect();
        assert_eq!(
            said,
            [
                ("plain", LogStatus::Read),
                ("empty", LogStatus::Empty),
                ("binary", LogStatus::Binary),
                ("cut", LogStatus::Truncated),
                ("broken", LogStatus::Unreadable),
                ("gone", LogStatus::Missing),
            ]
        );
        assert!(summary.logs[3].detail.contains("connection reset"));
        assert_eq!(summary.logs[3].lines, 1);
    }

    #[test]
    fn nothing_that_leaves_holds_a_secret() {
        let text = b"Traceback (most recent call last):\n  File \"/jobs/a.py\", line 3, in <module>\n    connect(url, password=\"hunter2!\")\nRuntimeError: cannot connect with password=hunter2!\nlast words: password=hunter2!\n";
        let summary = summary_of(text);
        assert_eq!(summary.findings.len(), 1);
        assert_eq!(summary.traces.len(), 1);
        let all = format!("{summary:?}");
        assert!(!all.contains("hunter2"), "{all}");
    }

    #[test]
    fn findings_of_two_executors_stay_apart() {
        let text = b"[pod/etl-1/spark] 26/11/23 10:00:00 ERROR [task 1] Executor: x\n[pod/etl-2/spark] 26/11/23 10:00:00 ERROR [task 2] Executor: x\n[pod/etl-1/spark] java.lang.OutOfMemoryError: Java heap space\n[pod/etl-2/spark] org.apache.spark.sql.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `a` cannot be found. SQLSTATE: 42P01\n";
        let summary = summary_of(text);
        let origins: Vec<_> = summary.traces.iter().map(|trace| trace.origin.as_deref()).collect();
        assert_eq!(origins, [Some("etl-1/spark"), Some("etl-2/spark")]);
        let threads: Vec<_> = summary.traces.iter().map(|trace| trace.thread.as_deref()).collect();
        assert_eq!(threads, [Some("task 1"), Some("task 2")]);
        let oom = &summary.findings[0];
        assert_eq!(oom.timestamp.as_deref(), Some("2026-11-23T10:00:00"));
        assert_eq!((oom.origin.as_deref(), oom.thread.as_deref()), (origins[0], threads[0]));
        let analysis = &summary.traces[1].chain[0];
        assert_eq!(analysis.error_class.as_deref(), Some("TABLE_OR_VIEW_NOT_FOUND"));
        assert_eq!(analysis.sql_state.as_deref(), Some("42P01"));
    }

    #[test]
    fn findings_know_their_trace_and_their_exception() {
        let text = b"Traceback (most recent call last):\n  File \"/jobs/a.py\", line 3, in <module>\n    main()\npy4j.protocol.Py4JJavaError: An error occurred while calling o1.load.\n: java.lang.ClassNotFoundException: org.postgresql.Driver\n\tat a.B.c(B.java:1)\n";
        let summary = summary_of(text);
        let finding = summary
            .findings
            .iter()
            .find(|finding| finding.kind == FindingKind::Cause)
            .expect("found");
        assert_eq!((finding.class.as_deref(), finding.line), (Some("env.missing_jar"), 5));
        assert_eq!((finding.trace, finding.thrown), (Some(0), Some(1)));
        let chain = &summary.traces[0].chain;
        assert!(chain[0].wrapper && !chain[1].wrapper);
        assert_eq!(chain[1].relation, ThrownRelation::Carried);
        assert_eq!(chain[0].carries, Some(1));
        assert_eq!(chain[0].frames[0].line, Some(3));
    }
}
