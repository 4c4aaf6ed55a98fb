//! Runs made of numbers, at and around the thresholds, and what they do to a cause.

use adp::records::diagnosis::{MetricsReport, MetricsSource, MetricsVerdict};
use adp::records::root_cause::{Cause, Rival, Stance, StepKind, Verdict};
use adp::stages::check_metrics::{Thresholds, judge};
use adp::world::spark_history::{
    Application, Executor, FailureKind, Jobs, Join, JoinKind, Query, Reading, Removal, RunMetrics,
    Sample, Side, Slowest, Spread, Stage, StageStatus, TaskCounts, TaskFailure, TaskSpread, Totals,
    Unfinished, Work,
};

use super::log_says;

/// A run that ended well, with nothing to see in it.
pub fn run(stages: Vec<Stage>) -> RunMetrics {
    RunMetrics {
        source: MetricsSource::EventLog,
        application: Application { ended_at: Some(1), ..Application::default() },
        jobs: Jobs { n_succeeded: 3, ..Jobs::default() },
        stages,
        executors: Vec::new(),
        queries: Vec::new(),
        settings: Default::default(),
        last_good: None,
        reading: Reading { from: "app-1".to_owned(), ..Reading::default() },
    }
}

fn cut_short(mut run: RunMetrics) -> RunMetrics {
    run.application.ended_at = None;
    run.jobs.n_unfinished = 1;
    run
}

pub fn failed(mut run: RunMetrics) -> RunMetrics {
    run.jobs.n_failed = 1;
    run
}

/// A stage of tasks with these milliseconds and shuffle records.
pub fn stage(id: i32, tasks: &[(u64, u64)]) -> Stage {
    let records: u64 = tasks.iter().map(|(_, records)| records).sum();
    Stage {
        id,
        attempt: 0,
        name: format!("join at job.py:{id}"),
        status: StageStatus::Complete,
        failure: None,
        tasks: TaskCounts { n_succeeded: tasks.len() as u64, ..TaskCounts::default() },
        totals: Totals { shuffle_read_records: records, run_ms: 60_000, ..Totals::default() },
        spread: TaskSpread {
            duration_ms: spread(tasks.iter().map(|(ms, _)| *ms)),
            shuffle_records: spread(tasks.iter().map(|(_, records)| *records)),
            ..TaskSpread::default()
        },
        slowest: Slowest {
            on_warm_ms: tasks.iter().map(|(ms, _)| *ms).max().unwrap_or(0),
            on_fresh_ms: 0,
        },
        work: None,
        unfinished: Unfinished::default(),
        failures: Vec::new(),
    }
}

fn spread(values: impl Iterator<Item = u64>) -> Spread {
    let mut sample = Sample::default();
    values.for_each(|value| sample.add(value));
    sample.spread()
}

fn failing(id: i32, kind: FailureKind, reason: &str) -> Stage {
    let failure = TaskFailure { kind, reason: reason.to_owned(), n_tasks: 4 };
    Stage { status: StageStatus::Failed, failures: vec![failure], ..stage(id, &[]) }
}

fn lost(reason: &str) -> Executor {
    Executor { id: "1".to_owned(), removed: Some(Removal::because(reason)), ..Executor::default() }
}

pub fn healthy() -> Cause {
    log_says("healthy", Verdict::Healthy, 0.9)
}

pub fn judged(run: &RunMetrics, cause: &Cause) -> (Cause, MetricsReport) {
    judge(run, cause, &Thresholds::default())
}

fn class_of(run: &RunMetrics, cause: &Cause) -> String {
    judged(run, cause).0.class
}

const EVEN: [(u64, u64); 4] = [(900, 50_000), (1_000, 50_000), (1_100, 60_000), (1_200, 60_000)];

#[test]
fn skew_must_be_large_and_cost_time() {
    let of = |ms, records| run(vec![stage(4, &[EVEN.as_slice(), &[(ms, records)]].concat())]);
    assert_eq!(class_of(&of(9_000, 600_000), &healthy()), "perf.skew");
    assert_eq!(class_of(&of(9_000, 200_000), &healthy()), "healthy", "not far enough above");
    assert_eq!(class_of(&of(1_300, 600_000), &healthy()), "healthy", "nobody waited for it");
    let small = run(vec![stage(4, &[(9, 10), (9, 10), (9, 10), (900, 90_000)])]);
    assert_eq!(class_of(&small, &healthy()), "healthy", "a small skewed stage");
}

#[test]
fn a_straggler_has_no_more_data_than_the_others() {
    let of = |ms, records| run(vec![stage(4, &[EVEN.as_slice(), &[(ms, records)]].concat())]);
    assert_eq!(class_of(&of(30_000, 60_000), &healthy()), "perf.straggler");
    assert_eq!(class_of(&of(9_000, 60_000), &healthy()), "healthy", "too short to matter");
    let explained = of(30_000, 1_600_000);
    assert_eq!(class_of(&explained, &healthy()), "perf.skew");
    let half_of_them_slow =
        [(900, 10), (900, 10), (900, 10), (30_000, 10), (31_000, 10), (31_000, 10)];
    assert_eq!(class_of(&run(vec![stage(4, &half_of_them_slow)]), &healthy()), "healthy");
}

#[test]
fn the_first_task_of_an_executor_is_given_time_to_start() {
    let on_fresh = |ms| {
        let mut slow = stage(4, &[EVEN.as_slice(), &[(ms, 60_000)]].concat());
        slow.slowest = Slowest { on_warm_ms: 1_200, on_fresh_ms: ms };
        class_of(&run(vec![slow]), &healthy())
    };
    assert_eq!(on_fresh(13_200), "healthy", "it loaded the code and started Python");
    assert_eq!(on_fresh(45_000), "perf.straggler", "no start takes that long");
}

#[test]
fn what_is_slow_explains_a_run_only_where_it_is_a_good_part_of_it() {
    let lasting = |wall| {
        let mut run = run(vec![stage(4, &[EVEN.as_slice(), &[(30_000, 60_000)]].concat())]);
        run.application.started_at = Some(0);
        run.application.ended_at = Some(wall);
        run
    };
    assert_eq!(class_of(&lasting(100_000), &healthy()), "perf.straggler");
    let (cause, report) = judged(&lasting(3_600_000), &healthy());
    assert_eq!(cause.class, "healthy", "half a minute of an hour");
    assert_eq!((report.findings.len(), &report.findings[0].class), (1, &None), "still told");
}

#[test]
fn a_skewed_stage_names_its_operator_and_key() {
    let mut skewed = stage(4, &[EVEN.as_slice(), &[(9_000, 600_000)]].concat());
    skewed.work =
        Some(Work { operator: "Window".to_owned(), key: Some("shop_id, day".to_owned()) });
    let (_, report) = judged(&run(vec![skewed]), &healthy());
    let finding = &report.findings[0];
    assert_eq!(finding.operator.as_deref(), Some("Window"));
    assert_eq!(finding.key.as_deref(), Some("shop_id, day"));
    assert!(finding.text.ends_with("the work of Window by shop_id, day"), "{}", finding.text);
}

#[test]
fn a_small_side_is_told_where_it_may_be_broadcast() {
    let small = Side { bytes: 160_000, rows: 5_000 };
    let large = Side { bytes: 900 << 20, rows: 40_000_000 };
    let told = |kind, sides| {
        let operator = "SortMergeJoin [k#1], [k#2], Inner".to_owned();
        let key = Some("k".to_owned());
        let join = Join { operator, key, kind, sides: Some(sides), ..Join::default() };
        let query = Query { joins: vec![join], ..Query::default() };
        let run = RunMetrics { queries: vec![query], ..run(Vec::new()) };
        let findings = judged(&run, &healthy()).1.findings;
        findings.into_iter().find(|finding| finding.kind == "small_join_side")
    };
    let found = told(JoinKind::Inner, [large, small]).unwrap();
    assert_eq!((found.value, found.unit.as_str(), found.class), (160_000.0, "bytes", None));
    assert_eq!(
        (found.operator.as_deref(), found.key.as_deref()),
        (Some("SortMergeJoin"), Some("k"))
    );
    assert!(found.text.contains("the right one has only 156.2 KiB"), "{}", found.text);
    for (kind, sides, is_told) in [
        (JoinKind::KeepsLeft, [large, small], true),
        (JoinKind::KeepsLeft, [small, large], false),
        (JoinKind::KeepsRight, [small, large], true),
        (JoinKind::KeepsRight, [large, small], false),
        (JoinKind::Other, [large, small], false),
        (JoinKind::Inner, [large, large], false),
        (JoinKind::Inner, [small, Side { bytes: 2_000_000, rows: 60_000 }], false),
    ] {
        assert_eq!(told(kind, sides).is_some(), is_told, "{kind:?} {sides:?}");
    }
}

#[test]
fn what_a_skewed_task_spills_is_no_cause_of_its_own() {
    let mut skewed = stage(4, &[EVEN.as_slice(), &[(9_000, 600_000)]].concat());
    skewed.totals.disk_spilled = 50 << 30;
    let (cause, report) = judged(&run(vec![skewed]), &healthy());
    assert_eq!(cause.class, "perf.skew");
    let rivals: Vec<&str> = cause.rivals.iter().map(|rival| rival.class.as_str()).collect();
    assert_eq!(rivals, ["healthy", "perf.spill"]);
    assert_eq!(report.findings.len(), 2);
}

#[test]
fn a_run_killed_by_its_timeout_is_explained_by_the_task_it_waited_for() {
    let killed = log_says("job.cancelled", Verdict::Conclusive, 0.8);
    let mut waiting = stage(4, &EVEN);
    waiting.status = StageStatus::Unfinished;
    waiting.unfinished = Unfinished { n_tasks: 1, longest_ms: 3_600_000, ..Unfinished::default() };
    let straggling = cut_short(run(vec![waiting.clone()]));
    assert_eq!(class_of(&straggling, &killed), "perf.straggler");

    // The stage before wrote 4.2 million records, and the tasks that ended read 220 thousand.
    let mut before = stage(3, &[]);
    before.totals.shuffle_write_records = 4_200_000;
    let (cause, report) = judged(&cut_short(run(vec![before, waiting])), &killed);
    assert_eq!((cause.class.as_str(), report.verdict), ("perf.skew", MetricsVerdict::Explains));
    assert_eq!(cause.rivals[0].class, "job.cancelled");
    assert!(cause.summary.contains("up to 3,980,000 records"), "{}", cause.summary);

    // Skew in a stage that was long over did not hold up the run.
    let over = stage(2, &[EVEN.as_slice(), &[(9_000, 600_000)]].concat());
    assert_eq!(class_of(&cut_short(run(vec![over])), &killed), "job.cancelled");
}

#[test]
fn a_join_must_make_many_rows_of_few() {
    let of = |rows_in, rows_out| {
        let operator = "SortMergeJoin [k#1], [k#2], Inner".to_owned();
        let join = Join { operator, rows_in, rows_out, ..Join::default() };
        let query = Query { joins: vec![join], ..Query::default() };
        RunMetrics { queries: vec![query], ..run(Vec::new()) }
    };
    assert_eq!(class_of(&of(4_000, 40_000_000), &healthy()), "perf.exploding_join");
    assert_eq!(class_of(&of(30_000_000, 40_000_000), &healthy()), "healthy");
    assert_eq!(class_of(&of(100, 400_000), &healthy()), "healthy");
}

#[test]
fn failed_fetches_are_the_echo_of_executors_without_memory() {
    let fetches = log_says("shuffle.fetch_failed", Verdict::Conclusive, 0.7);
    let stages = vec![failing(5, FailureKind::FetchFailed, "org.X: Missing an output location")];
    let mut alone = failed(run(stages));
    let (cause, report) = judged(&alone, &fetches);
    assert_eq!(
        (cause.class.as_str(), report.verdict),
        ("shuffle.fetch_failed", MetricsVerdict::Confirms)
    );
    assert!(cause.confidence > 0.7);

    alone.executors = vec![lost("Command exited with code 52")];
    alone.stages[0].failures.clear();
    let (cause, report) = judged(&alone, &fetches);
    assert_eq!(
        (cause.class.as_str(), report.verdict),
        ("oom.executor_heap", MetricsVerdict::Explains)
    );
    assert_eq!(cause.rivals[0].class, "shuffle.fetch_failed");
}

#[test]
fn what_spark_recovered_from_accuses_nobody() {
    let mut recovered = failing(5, FailureKind::Exception, "java.lang.OutOfMemoryError: heap");
    recovered.status = StageStatus::Complete;
    let mut run = run(vec![recovered]);
    run.executors = vec![lost("Command exited with code 137"), lost("heartbeat timed out")];
    let (cause, report) = judged(&run, &healthy());
    assert_eq!((cause.class.as_str(), report.verdict), ("healthy", MetricsVerdict::Confirms));
    assert_eq!(report.findings.len(), 3);
    assert!(report.findings.iter().all(|finding| finding.class.is_none()));
}

#[test]
fn executors_sent_away_on_purpose_are_not_lost() {
    let mut run = failed(run(Vec::new()));
    run.executors = vec![
        lost("Executor killed by driver."),
        lost("Executor decommission: spot instance reclaimed"),
        lost("Command exited with code 0"),
    ];
    assert_eq!(judged(&run, &healthy()).1.findings, []);
}

#[test]
fn a_claim_is_refuted_only_by_a_whole_account() {
    let claim = log_says("oom.executor_heap", Verdict::Conclusive, 0.8);
    let (cause, report) = judged(&run(vec![stage(1, &EVEN)]), &claim);
    assert_eq!((cause.verdict, report.verdict), (Verdict::Inconclusive, MetricsVerdict::Refutes));
    assert!(cause.confidence < 0.4);
    assert_eq!(cause.evidence[0].says, Stance::Against);
    assert_eq!(cause.next_steps[0].kind, StepKind::Collect);

    let mut with_a_gap = run(vec![stage(1, &EVEN)]);
    with_a_gap.reading.gaps.push("executors".to_owned());
    for partial in [with_a_gap, cut_short(run(vec![stage(1, &EVEN)]))] {
        let (cause, report) = judged(&partial, &claim);
        assert_eq!((cause.clone(), report.verdict), (claim.clone(), MetricsVerdict::Silent));
    }
}

#[test]
fn an_unknown_failure_is_named_by_its_tasks_and_not_by_what_was_slow() {
    let mut unknown = log_says("unknown", Verdict::Inconclusive, 0.2);
    unknown.rivals = vec![
        Rival {
            class: "infra.disk_full".to_owned(),
            confidence: 0.1,
            lost_because: "x".to_owned(),
        },
        Rival {
            class: "jdbc.auth_failed".to_owned(),
            confidence: 0.1,
            lost_because: "y".to_owned(),
        },
    ];
    let reason = "org.X: Task failed <- java.io.IOException: No space left on device";
    let full = failed(run(vec![failing(2, FailureKind::Exception, reason)]));
    let (cause, report) = judged(&full, &unknown);
    assert_eq!(
        (cause.class.as_str(), report.verdict),
        ("infra.disk_full", MetricsVerdict::Explains)
    );
    let rivals: Vec<&str> = cause.rivals.iter().map(|rival| rival.class.as_str()).collect();
    assert_eq!(rivals, ["jdbc.auth_failed"]);

    let leading = log_says("infra.disk_full", Verdict::Inconclusive, 0.3);
    let (cause, report) = judged(&full, &leading);
    assert_eq!((cause.verdict, report.verdict), (Verdict::Conclusive, MetricsVerdict::Confirms));

    let nothing = failed(run(vec![failing(2, FailureKind::Exception, "a.b.C: d")]));
    let (cause, report) = judged(&nothing, &unknown);
    assert_eq!((cause, report.verdict), (unknown, MetricsVerdict::Silent));
}

#[test]
fn findings_repeat_no_text_of_the_users() {
    let reason = "org.X: password=hunter2 in /secret/path";
    let run = failed(run(vec![failing(2, FailureKind::Exception, reason)]));
    let (_, report) = judged(&run, &healthy());
    assert_eq!(report.findings[0].text, "stage 2 (join at job.py:2): 4 tasks failed with org.X");
}
