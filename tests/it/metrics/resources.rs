//! How a run used what it was given: partitions, memory, executors, broadcasts.

use adp::records::diagnosis::MetricFinding;
use adp::world::spark_history::{Executor, Extent, LastGood, Query, RunMetrics, Side};

use super::judging::{failed, healthy, judged, run, stage};

fn told(run: &RunMetrics, kind: &str) -> Option<MetricFinding> {
    let findings = judged(run, &healthy()).1.findings;
    findings.into_iter().find(|finding| finding.kind == kind)
}

/// Was there for a hundred seconds.
fn executor(n_cores: u64, busy_ms: u64) -> Executor {
    let (added_at, removed_at) = (Some(0), Some(100_000));
    Executor { id: "1".to_owned(), added_at, removed_at, n_cores, busy_ms, ..Executor::default() }
}

#[test]
fn very_many_very_short_tasks_are_too_many_partitions() {
    let of = |n_tasks, ms| told(&run(vec![stage(4, &vec![(ms, 10); n_tasks])]), "over_partitioned");
    let found = of(2_000, 20).unwrap();
    assert_eq!((found.value, found.threshold, found.stage), (2_000.0, 1_000.0, Some(4)));
    assert_eq!((of(999, 20), of(2_000, 51)), (None, None));
}

#[test]
fn huge_tasks_and_cores_with_nothing_to_do_are_too_few_partitions() {
    let mut huge = stage(4, &[(9_000, 10); 8]);
    huge.spread.input_bytes.median = 3 << 30;
    let found = told(&run(vec![huge]), "under_partitioned").unwrap();
    assert_eq!((found.value, found.unit.as_str()), ((3_u64 << 30) as f64, "bytes"));
    assert!(found.text.contains("an ordinary task read 3.0 GiB"), "{}", found.text);

    let on_cores = |n_tasks, ms, n_cores| {
        let mut run = run(vec![stage(4, &vec![(ms, 10); n_tasks])]);
        run.executors = vec![executor(n_cores, 1_000_000)];
        told(&run, "under_partitioned")
    };
    assert_eq!(on_cores(4, 90_000, 16).map(|found| found.value), Some(4.0));
    assert_eq!(on_cores(9, 90_000, 16), None, "more than half of the cores");
    assert_eq!(on_cores(4, 9_000, 16), None, "over soon");
    assert_eq!(on_cores(1, 90_000, 16), None, "meant to be one");
    assert_eq!(on_cores(4, 90_000, 0), None, "nobody told how many cores there are");
}

#[test]
fn executors_with_next_to_nothing_to_do_are_counted() {
    let mut run = run(Vec::new());
    run.executors = vec![executor(4, 39_000), executor(4, 41_000), executor(4, 0)];
    let found = told(&run, "idle_executors").unwrap();
    assert_eq!(found.value, 2.0);
    assert!(found.text.starts_with("2 executors of 3 worked for less than 10%"), "{}", found.text);
    run.executors = vec![Executor { removed_at: Some(59_000), ..executor(4, 0) }];
    assert_eq!(told(&run, "idle_executors"), None, "not there for long");
    run.executors = vec![Executor { added_at: None, ..executor(4, 0) }];
    assert_eq!(told(&run, "idle_executors"), None, "nobody knows for how long");
}

#[test]
fn a_full_heap_is_told_and_accuses_only_where_work_failed() {
    let with = |peak: u64, memory: &str| {
        let mut run = run(Vec::new());
        run.executors = vec![Executor { peak_heap: Some(peak), ..executor(4, 400_000) }];
        run.settings.insert("spark.executor.memory".to_owned(), memory.to_owned());
        run
    };
    let full = with(590 << 20, "600m");
    let found = told(&full, "peak_memory").unwrap();
    assert_eq!((found.value, found.threshold, found.class), (0.98, 0.95, None));
    let class = told(&failed(full), "peak_memory").unwrap().class;
    assert_eq!(class.as_deref(), Some("oom.executor_heap"));
    assert_eq!(told(&with(500 << 20, "600m"), "peak_memory"), None);
    assert_eq!(told(&with(590 << 20, "plenty"), "peak_memory"), None);
}

#[test]
fn only_a_large_broadcast_is_told() {
    let of = |bytes| {
        let broadcasts = vec![Side { bytes: 10, rows: 1 }, Side { bytes, rows: 7_000_000 }];
        let query = Query { broadcasts, ..Query::default() };
        told(&RunMetrics { queries: vec![query], ..run(Vec::new()) }, "large_broadcast")
    };
    assert!(of(2 << 30).unwrap().text.contains("2.0 GiB in 7,000,000 rows"));
    assert_eq!(of(100 << 20), None);
}

#[test]
fn a_run_is_compared_with_the_last_that_went_well() {
    let after = |input_records| {
        let mut run = run(vec![stage(4, &[(9_000, 10); 8])]);
        run.application.started_at = Some(0);
        run.application.ended_at = Some(600_000);
        run.stages[0].totals.input_records = 8_000_000;
        run.stages[0].totals.shuffle_write_bytes = 10 << 20;
        let extent = Extent {
            wall_ms: 500_000,
            input_records,
            shuffle_bytes: 10 << 20,
            ..Extent::default()
        };
        run.last_good = Some(LastGood { from: "app-7".to_owned(), extent });
        told(&run, "compared_to_last_good_run")
    };
    let found = after(2_000_000).unwrap();
    assert_eq!((found.value, found.threshold, found.class), (4.0, 1.5, None));
    assert_eq!(
        found.text,
        "app-7 went well; this run has 1.2 times its duration (10 min, then 8 min), 4.0 times its \
         records read (8,000,000, then 2,000,000), 1.0 times its shuffle (10.0 MiB, then 10.0 MiB)"
    );
    assert_eq!(after(80_000_000).map(|found| found.value), Some(0.1), "much less than before");
    assert_eq!(after(8_000_000), None, "much the same");
}
