//! Event logs of real runs, and what comes of them. A new case is a new folder of
//! `tests/golden-metrics`: the log, what `log-says.json`, and `expected.json`, which
//! `UPDATE_EXPECT=1` rewrites.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use adp::records::diagnosis::MetricsReport;
use adp::records::root_cause::{Evidence, NextStep, Rival, Verdict};
use adp::stages::check_metrics::{Thresholds, judge};
use adp::world::spark_history::{Application, Limits, read};
use serde::{Deserialize, Serialize};

use super::log_says;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSays {
    class: String,
    verdict: Verdict,
    confidence: f64,
}

#[derive(Serialize)]
struct Judged {
    application: Application,
    class: String,
    verdict: Verdict,
    confidence: f64,
    summary: String,
    stage: Option<i32>,
    evidence: Vec<Evidence>,
    rivals: Vec<Rival>,
    next_steps: Vec<NextStep>,
    metrics: MetricsReport,
}

#[test]
fn golden_event_logs_are_judged_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-metrics");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 16, "the golden cases are gone");
    for case in cases {
        let expected = expect_test::expect_file![case.join("expected.json")];
        expected.assert_eq(&(serde_json::to_string_pretty(&judged(&case)).unwrap() + "\n"));
    }
}

fn judged(case: &Path) -> Judged {
    let said: LogSays = serde_json::from_slice(&fs::read(case.join("log-says.json")).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    let run = read(&event_log(case), &Limits::default(), &AtomicBool::new(false))
        .unwrap_or_else(|problem| panic!("{}: {problem}", case.display()));
    let cause = log_says(&said.class, said.verdict, said.confidence);
    let (cause, metrics) = judge(&run, &cause, &Thresholds::default());
    Judged {
        application: run.application,
        class: cause.class,
        verdict: cause.verdict,
        confidence: cause.confidence,
        summary: cause.summary,
        stage: cause.subject.stage,
        evidence: cause.evidence,
        rivals: cause.rivals,
        next_steps: cause.next_steps,
        metrics,
    }
}

fn event_log(case: &Path) -> PathBuf {
    fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_none_or(|extension| extension != "json"))
        .unwrap_or_else(|| panic!("{} has no event log", case.display()))
}
