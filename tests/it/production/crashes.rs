//! A failure at every point of every step: one pull request, one message, an outcome for all.

use std::collections::BTreeMap;
use std::time::Duration;

use adp::records::{
    Delivery, Diagnosis, Fix, LogSummary, Notice, PullRequest, Record, RootCause, Topic,
};
use adp::runtime::{CrashPoint, Driver};

use super::workshop::{CASES, InTheWorld, Workshop};

/// Longer than any deadline, shorter than patience.
const A_WHILE: Duration = Duration::from_secs(400);

const AROUND_COMMITS: [CrashPoint; 2] = [CrashPoint::BeforeCommit, CrashPoint::AfterCommit];
const AROUND_EFFECTS: [CrashPoint; 4] = [
    CrashPoint::BeforePerform,
    CrashPoint::AfterPerform,
    CrashPoint::AnswerLost,
    CrashPoint::Evicted,
];

fn failed(workshop: &Workshop, driver: &mut Driver) {
    for case in CASES {
        let event = workshop.event(case);
        let key = event["task_id"].as_str().unwrap().as_bytes().to_vec();
        driver.pipe_bytes(Topic::FAILURES, &key, event.to_string().into_bytes());
    }
}

/// How many records of a kind each failure has.
fn per_failure<R: Record>(driver: &Driver, failure: impl Fn(&R) -> String) -> Vec<usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for record in driver.read::<R>() {
        *counts.entry(failure(&record)).or_default() += 1;
    }
    counts.into_values().collect()
}

/// Every failure has one record on each topic, and every notice one outcome.
fn everything_has_its_outcome(driver: &Driver, context: &str) {
    let once = vec![1; CASES.len()];
    let id = |case: &adp::records::Case| case.failure_id.to_string();
    assert_eq!(per_failure(driver, |r: &LogSummary| id(&r.case)), once, "summaries, {context}");
    assert_eq!(per_failure(driver, |r: &RootCause| id(&r.case)), once, "causes, {context}");
    assert_eq!(per_failure(driver, |r: &Diagnosis| id(&r.case)), once, "diagnoses, {context}");
    assert_eq!(per_failure(driver, |r: &Fix| id(&r.case)), once, "fixes, {context}");
    assert_eq!(per_failure(driver, |r: &PullRequest| id(&r.case)), once, "requests, {context}");
    let (notices, deliveries) = (driver.read::<Notice>(), driver.read::<Delivery>());
    assert_eq!(notices.len(), deliveries.len(), "{context}: every notice has its outcome");
    assert_eq!(driver.lag(), 0, "{context}");
}

/// Nobody is told the same thing twice. A message whose printing is in doubt is not repeated: it
/// becomes a dead letter, and the next revision begins anew.
fn nothing_is_printed_twice(workshop: &Workshop, driver: &Driver, context: &str) {
    let in_doubt = driver.dead_letters().iter().filter(|letter| letter.error == "doubt").count();
    let printed = workshop.printed();
    for title in printed.lines().filter(|line| line.starts_with(['■', '□'])) {
        let times = printed.lines().filter(|line| *line == title).count();
        let most = if title.starts_with('■') { 1 + in_doubt } else { 1 };
        assert!(times <= most, "{context}: {times} times {title}");
    }
}

fn undisturbed() -> (InTheWorld, Workshop) {
    let workshop = Workshop::new();
    let mut driver = workshop.driver(3);
    failed(&workshop, &mut driver);
    driver.settle().expect("the steps go on");
    everything_has_its_outcome(&driver, "undisturbed");
    assert_eq!(driver.dead_letters(), []);
    (workshop.world(), workshop)
}

#[test]
fn failures_walk_to_branches_pull_requests_and_messages() {
    let (world, workshop) = undisturbed();
    assert_eq!(world.branches.len(), 2, "two of the three can be fixed: {world:?}");
    assert!(world.branches.values().all(|(_, commits)| *commits == 1));
    assert_eq!(world.pull_requests.len(), 2);
    assert_eq!(world.messages.len(), 3);
    assert_eq!(workshop.printed().matches('■').count(), 3);
}

#[test]
fn a_failure_at_any_point_of_any_step_changes_nothing_in_the_world() {
    let (expected, _) = undisturbed();
    let steps = Workshop::new().topology();
    let mut met = 0;
    for step in steps.steps() {
        let acts = step.verb() == "acts";
        let around_effects: &[CrashPoint] = if acts { &AROUND_EFFECTS } else { &[] };
        for point in AROUND_COMMITS.iter().chain(around_effects) {
            let context = format!("{} {point:?}", step.name);
            let workshop = Workshop::new();
            let mut driver = workshop.driver(3);
            driver.crash_at(step.name, *point);
            failed(&workshop, &mut driver);
            driver.advance(A_WHILE).expect(&context);
            assert_eq!(driver.pending_crashes(), 0, "{context} was met");
            everything_has_its_outcome(&driver, &context);
            assert_eq!(workshop.world(), expected, "{context}");
            nothing_is_printed_twice(&workshop, &driver, &context);
            met += 1;
        }
    }
    assert_eq!(met, 5 * 6 + 3 * 2);
}

#[test]
fn the_same_failure_sent_again_is_one_failure() {
    let (expected, _) = undisturbed();
    let workshop = Workshop::new();
    let mut driver = workshop.driver(3);
    for _ in 0..3 {
        failed(&workshop, &mut driver);
        driver.settle().expect("the steps go on");
        driver.restart();
    }
    assert_eq!(workshop.world(), expected);
    assert_eq!(driver.read::<RootCause>().len(), CASES.len());
}

#[test]
fn the_number_of_partitions_changes_nothing_in_the_world() {
    let (expected, _) = undisturbed();
    for partitions in [1, 2, 7] {
        let workshop = Workshop::new();
        let mut driver = workshop.driver(partitions);
        failed(&workshop, &mut driver);
        driver.settle().expect("the steps go on");
        assert_eq!(workshop.world(), expected, "{partitions} partitions");
    }
}
