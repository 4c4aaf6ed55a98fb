//! Input that makes no sense ends in a dead letter or an explained result, never in a stop.

use std::time::Duration;

use adp::records::log_summary::LogStatus;
use adp::records::root_cause::Verdict;
use adp::records::{Diagnosis, LogSummary, RootCause, Topic};
use adp::runtime::Driver;
use serde_json::{Value, json};

use super::workshop::{CASES, Workshop};

fn send(driver: &mut Driver, event: &Value) {
    driver.pipe_bytes(Topic::FAILURES, b"k", event.to_string().into_bytes());
}

fn event(task: &str, log: &str) -> Value {
    json!({"dag_id": "odd", "task_id": task, "local_log_path": log})
}

#[test]
fn logs_that_cannot_be_read_are_explained() {
    let workshop = Workshop::new();
    let mut driver = workshop.driver(3);
    let empty = workshop.path("logs/without-a-log");
    std::fs::create_dir(&empty).unwrap();
    let cases = [
        ("empty", workshop.log("empty.log", b""), LogStatus::Empty),
        ("binary", workshop.log("core", &[0, 1, 2, 3, 4, 5, 6, 7, 0x80, 0]), LogStatus::Binary),
        ("torn", workshop.log("torn.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0]), LogStatus::Unreadable),
        ("outside", "/etc/passwd".to_owned(), LogStatus::Refused),
        ("folder", empty.display().to_string(), LogStatus::Missing),
        ("none", workshop.path("logs/none.log").display().to_string(), LogStatus::Missing),
    ];
    for (task, log, _) in &cases {
        send(&mut driver, &event(task, log));
    }
    send(&mut driver, &json!({"dag_id": "odd", "task_id": "unnamed"}));
    driver.advance(Duration::from_secs(120)).expect("the steps go on");
    let summaries = driver.read::<LogSummary>();
    for (task, _, status) in &cases {
        let found = summaries.iter().find(|summary| summary.case.pipeline.task_id == *task);
        let log = &found.expect("a summary").logs[0];
        assert_eq!(log.status, *status, "{task}: {}", log.detail);
        assert!(!log.detail.is_empty(), "{task} is explained");
    }
    assert_eq!(driver.read::<Diagnosis>().len(), cases.len() + 1);
    for cause in driver.read::<RootCause>() {
        assert_eq!(cause.cause.verdict, Verdict::Inconclusive, "{:?}", cause.case.pipeline);
        assert!(!cause.cause.next_steps.is_empty(), "{:?}", cause.case.pipeline);
    }
    assert_eq!(workshop.world().messages.len(), cases.len() + 1, "people hear of each");
}

#[test]
fn a_log_that_is_late_is_waited_for() {
    let workshop = Workshop::new();
    let mut driver = workshop.driver(3);
    let path = workshop.path("logs/late.log");
    send(&mut driver, &event("late", &path.display().to_string()));
    driver.advance(Duration::from_secs(20)).expect("the steps go on");
    assert_eq!(driver.read::<LogSummary>().len(), 0);
    workshop.log("late.log", b"ModuleNotFoundError: No module named 'pandas'\n");
    driver.advance(Duration::from_secs(40)).expect("the steps go on");
    assert_eq!(driver.read::<RootCause>()[0].cause.class, "env.missing_python_module");
}

#[test]
fn nonsense_becomes_a_dead_letter_with_its_bytes_and_its_reason() {
    let workshop = Workshop::new();
    let mut driver = workshop.driver(3);
    let nonsense: [(&[u8], &str); 6] = [
        (b"", "empty value"),
        (b"hello", "first byte is 0x68"),
        (b"{\"dag_id\": ", "not a JSON object"),
        (b"{\"dag_id\": [1]}", "field dag_id must be a text"),
        (&[0, 0, 0, 0, 99, 1, 2], "no schema has the id 99"),
        (&[0, 0, 0, 0, 1, 0xff, 0xff], "not a datum of its schema"),
    ];
    for (bytes, _) in &nonsense {
        driver.pipe_bytes(Topic::FAILURES, b"k", bytes.to_vec());
    }
    let good = workshop.event(CASES[0]);
    send(&mut driver, &good);
    driver.settle().expect("the steps go on");
    let dead = driver.dead_letters();
    assert_eq!(dead.len(), nonsense.len());
    for (letter, (bytes, reason)) in dead.iter().zip(&nonsense) {
        assert_eq!(letter.received.value, *bytes);
        assert_eq!((letter.stage, letter.error), ("read_logs", "malformed"));
        assert!(letter.message.contains(reason), "{}", letter.message);
    }
    assert_eq!(driver.read::<RootCause>().len(), 1, "the flow goes on");
}
