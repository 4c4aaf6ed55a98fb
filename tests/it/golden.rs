//! Logs of real runs, each with what it must be taken for: `tests/golden/<case>/`.
//!
//! `case.json` says what the run was, by the people who broke it; `cause.json` is our answer, kept
//! whole so that a change shows, and rewritten with `UPDATE_EXPECT=1`. A new case is a new folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use adp::records::log_summary::LogRole;
use adp::records::root_cause::Cause;
use adp::records::{Case, Failure, FailureId, LogSummary};
use adp::runtime::Moment;
use adp::signatures;
use adp::stages::find_cause::find_cause;
use adp::stages::read_logs::summarise::{Log, summarise};
use adp_scanner::Pack;
use expect_test::expect_file;
use flate2::read::GzDecoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    class: String,
    exit_code: i32,
    /// Lines of the log that show the root; none where no line does.
    root_lines: Vec<i64>,
}

#[test]
fn every_golden_log_is_taken_for_what_it_was() {
    let pack = signatures::built_in().expect("the built-in pack loads");
    let cases = folders();
    assert!(cases.len() >= 20, "the golden logs are part of the project");
    for folder in cases {
        let name = folder.display();
        let golden: Golden = read_json(&folder.join("case.json"));
        let cause = diagnose(&pack, &folder, Some(golden.exit_code));
        assert_eq!(cause.class, golden.class, "{name}");
        let root = cause.root_line.as_ref().map(|root| root.line);
        if golden.root_lines.is_empty() {
            assert_eq!(root, None, "{name}");
        } else {
            assert!(root.is_some_and(|line| golden.root_lines.contains(&line)), "{name}: {root:?}");
        }
        let json = serde_json::to_string_pretty(&cause).expect("a cause is JSON");
        expect_file![folder.join("cause.json")].assert_eq(&format!("{json}\n"));
    }
}

#[test]
fn without_an_exit_code_the_log_alone_tells_the_same() {
    let pack = signatures::built_in().expect("the built-in pack loads");
    for folder in folders() {
        let golden: Golden = read_json(&folder.join("case.json"));
        let cause = diagnose(&pack, &folder, None);
        assert_eq!(cause.class, golden.class, "{}", folder.display());
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(root).expect("tests/golden is part of the project");
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable folder").path()).collect();
    folders.sort();
    folders
}

fn diagnose(pack: &Pack, folder: &Path, exit_code: Option<i32>) -> Cause {
    let log = File::open(folder.join("driver.log.gz")).expect("every case has its log");
    let log = Log {
        name: "driver.log".to_owned(),
        role: LogRole::Driver,
        content: Ok(Box::new(GzDecoder::new(log))),
    };
    let summary = summarise(pack, adp_redact::Redactor::built_in(), [log]);
    let case = Case {
        failure_id: FailureId::of(&["golden"]),
        pipeline: Failure::default().pipeline(),
        run_id: None,
        attempt: None,
        map_index: None,
        failed_at: Moment(0),
        exit_code,
        known_to_have_failed: false,
        will_retry: false,
        job_file: None,
        application_id: None,
        event_log: None,
        history_url: None,
        log_url: None,
    };
    let summary = LogSummary {
        case,
        logs: summary.logs,
        findings: summary.findings,
        traces: summary.traces,
        contexts: summary.contexts,
        tail: summary.tail,
        pack: "built-in".to_owned(),
    };
    find_cause(&summary).cause
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> T {
    let text = fs::read_to_string(path).expect("a readable file");
    serde_json::from_str(&text).expect("JSON of the expected shape")
}
