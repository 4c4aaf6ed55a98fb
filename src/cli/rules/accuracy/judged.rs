//! One run: what people found, and what we say.

use serde::Serialize;

use super::super::runs::Truth;
use crate::records::LogSummary;
use crate::records::log_summary::LogLine;
use crate::records::root_cause::{Cause, Verdict};

/// Its log just ends: the last line shows where, and none shows why.
const WITHOUT_A_LINE: [&str; 1] = ["driver.killed"];

/// A run with both answers.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub name: String,
    /// What people found.
    pub expected: String,
    pub alternatives: Vec<String>,
    /// What we say.
    pub class: String,
    pub verdict: Verdict,
    pub confidence: f64,
    pub is_class_right: bool,
    /// None where no line of the logs shows the cause.
    pub root: Option<Root>,
}

/// How the line that we name compares with those that people named.
#[derive(Clone, Debug, Serialize)]
pub struct Root {
    /// `file` as it is kept in the folder; the best line first.
    pub expected: Vec<Place>,
    pub found: Option<Place>,
    pub is_exact: bool,
    /// Exact, or the line before or after.
    pub is_near: bool,
    /// Whether the summary of the logs has the line at all, for whoever reads further.
    pub is_in_summary: bool,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub file: String,
    pub line: i64,
}

impl Judged {
    pub fn of(name: &str, truth: &Truth, summary: &LogSummary, cause: &Cause) -> Judged {
        let is_class_right = cause.class == truth.class || truth.alt_classes.contains(&cause.class);
        Judged {
            name: name.to_owned(),
            expected: truth.class.clone(),
            alternatives: truth.alt_classes.clone(),
            class: cause.class.clone(),
            verdict: cause.verdict,
            confidence: cause.confidence,
            is_class_right,
            root: Root::of(truth, &told(summary), cause.root_line.as_ref()),
        }
    }
}

impl Root {
    fn of(truth: &Truth, told: &[Place], line: Option<&LogLine>) -> Option<Root> {
        let expected = expected(truth);
        if expected.is_empty() || WITHOUT_A_LINE.contains(&truth.class.as_str()) {
            return None;
        }
        let found = line.map(|line| Place { file: line.file.clone(), line: line.line });
        let is_among = |file: &str, line: i64, most_off: i64| {
            let is_it = |wanted: &Place| {
                is_same_log(&wanted.file, file) && (wanted.line - line).abs() <= most_off
            };
            expected.iter().any(is_it)
        };
        let is_found =
            |off: i64| found.as_ref().is_some_and(|found| is_among(&found.file, found.line, off));
        let (is_exact, is_near) = (is_found(0), is_found(1));
        let is_in_summary =
            is_exact || told.iter().any(|place| is_among(&place.file, place.line, 0));
        Some(Root { expected, found, is_exact, is_near, is_in_summary })
    }
}

/// Every line that the summary tells of.
fn told(summary: &LogSummary) -> Vec<Place> {
    let place = |file: &String, line: i64| Place { file: file.clone(), line };
    let findings = summary.findings.iter().map(|finding| place(&finding.file, finding.line));
    let thrown = summary
        .traces
        .iter()
        .flat_map(|trace| trace.chain.iter().map(move |thrown| place(&trace.file, thrown.line)));
    findings.chain(thrown).collect()
}

/// Every line that is right.
fn expected(truth: &Truth) -> Vec<Place> {
    let place = |file: &str, line: &i64| Place { file: file.to_owned(), line: *line };
    let named = truth.root_cause_lines.iter();
    let mut places: Vec<Place> =
        named.flat_map(|(file, lines)| lines.iter().map(|line| place(file, line))).collect();
    for line in &truth.acceptable_root_lines {
        let place = place("driver.log", line);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Summaries call logs by as little of their path as tells them apart, packed or not.
fn is_same_log(kept: &str, named: &str) -> bool {
    let plain = |name: &str| {
        let unpacked = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
        unpacked.unwrap_or(name).to_owned()
    };
    let (kept, named) = (plain(kept), plain(named));
    kept.rsplit('/').zip(named.rsplit('/')).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(json: serde_json::Value) -> Truth {
        serde_json::from_value(json).expect("a truth")
    }

    fn line(file: &str, line: i64) -> LogLine {
        LogLine { file: file.to_owned(), line, text: String::new() }
    }

    fn root(truth: &Truth, found: Option<LogLine>) -> Option<(bool, bool)> {
        let root = Root::of(truth, &[], found.as_ref())?;
        Some((root.is_exact, root.is_near))
    }

    #[test]
    fn a_line_is_right_in_any_of_the_logs_that_show_it() {
        let truth = truth(serde_json::json!({
            "class": "oom.executor_heap", "acceptable_root_lines": [30],
            "root_cause_lines": {"driver.log": [10], "executors/0.stderr": [7]},
        }));
        assert_eq!(root(&truth, Some(line("driver.log.gz", 10))), Some((true, true)));
        assert_eq!(root(&truth, Some(line("driver.log", 30))), Some((true, true)));
        assert_eq!(root(&truth, Some(line("0.stderr", 7))), Some((true, true)));
        assert_eq!(root(&truth, Some(line("0.stderr", 30))), Some((false, false)));
        assert_eq!(root(&truth, Some(line("driver.log", 31))), Some((false, true)));
        assert_eq!(root(&truth, None), Some((false, false)));
        assert!(is_same_log("executors/1/stderr", "1/stderr.gz"));
        assert!(!is_same_log("executors/1/stderr", "2/stderr"));
    }

    #[test]
    fn where_no_line_shows_the_cause_none_is_asked_for() {
        let skew = truth(
            serde_json::json!({"class": "perf.skew", "root_cause_lines": {"driver.log": []}}),
        );
        assert_eq!(root(&skew, None), None);
        let killed =
            truth(serde_json::json!({"class": "driver.killed", "acceptable_root_lines": [9]}));
        assert_eq!(root(&killed, None), None);
    }
}
