//! Event logs of every shape, whole, torn and nonsensical, and the run that each of them tells.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::super::{
    Application, FailureKind, JoinKind, Problem, RunMetrics, Side, StageStatus, Work,
};
use super::{Limits, last_good, locate, read};

const START: &str = r#"{"Event":"SparkListenerLogStart","Spark Version":"4.0.1"}"#;
const APPLICATION: &str = r#"{"Event":"SparkListenerApplicationStart","App Name":"nightly","App ID":"app-1","Timestamp":1000}"#;
const END: &str = r#"{"Event":"SparkListenerApplicationEnd","Timestamp":90000}"#;

fn submitted(stage: i32, n_tasks: u64) -> String {
    format!(
        r#"{{"Event":"SparkListenerStageSubmitted","Stage Info":{{"Stage ID":{stage},"Stage Attempt ID":0,"Stage Name":"join at job.py:7","Number of Tasks":{n_tasks}}}}}"#
    )
}

fn completed(stage: i32, n_tasks: u64) -> String {
    submitted(stage, n_tasks).replace("StageSubmitted", "StageCompleted").replace(
        r#""Number of Tasks""#,
        r#""Submission Time":1000,"Completion Time":2000,"Number of Tasks""#,
    )
}

fn given_up(stage: i32, n_tasks: u64) -> String {
    completed(stage, n_tasks)
        .replace(r#""Number of Tasks""#, r#""Failure Reason":"cancelled","Number of Tasks""#)
}

fn started(stage: i32, task: u64, at: u64) -> String {
    format!(
        r#"{{"Event":"SparkListenerTaskStart","Stage ID":{stage},"Stage Attempt ID":0,"Task Info":{{"Task ID":{task},"Launch Time":{at}}}}}"#
    )
}

fn ended(stage: i32, task: u64, took: u64, reason: &str) -> String {
    let until = 1000 + took;
    format!(
        r#"{{"Event":"SparkListenerTaskEnd","Stage ID":{stage},"Stage Attempt ID":0,"Task End Reason":{reason},"Task Info":{{"Task ID":{task},"Launch Time":1000,"Finish Time":{until}}},"Task Metrics":{{"Executor Run Time":{took},"Shuffle Read Metrics":{{"Remote Bytes Read":10,"Local Bytes Read":5,"Total Records Read":{task}}}}}}}"#
    )
}

const SUCCESS: &str = r#"{"Reason":"Success"}"#;

fn read_text(text: &str) -> Result<RunMetrics, Problem> {
    read_bytes("app-1", text.as_bytes(), &Limits::default())
}

fn read_bytes(name: &str, bytes: &[u8], limits: &Limits) -> Result<RunMetrics, Problem> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path, limits, &AtomicBool::new(false))
}

fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn tasks_are_added_up_by_stage_and_outcome() {
    let killed = |why: &str| format!(r#"{{"Reason":"TaskKilled","Kill Reason":"{why}"}}"#);
    let run = read_text(&lines(&[
        START,
        APPLICATION,
        &submitted(3, 5),
        &ended(3, 1, 100, SUCCESS),
        &ended(3, 2, 300, SUCCESS),
        &ended(3, 3, 50, &killed("another attempt succeeded")),
        &ended(3, 4, 7_000, &killed("Stage cancelled")),
        &ended(3, 5, 10, r#"{"Reason":"ExceptionFailure","Class Name":"a.B","Description":"c"}"#),
        &given_up(3, 5),
        // Reported after the stage had ended.
        &ended(3, 6, 10, &killed("another attempt succeeded")),
        END,
    ]))
    .unwrap();
    let [stage] = run.stages.as_slice() else { panic!("{:?}", run.stages) };
    assert_eq!(stage.status, StageStatus::Failed);
    assert_eq!((stage.tasks.n_succeeded, stage.tasks.n_failed, stage.tasks.n_killed), (2, 1, 3));
    assert_eq!((stage.spread.duration_ms.min, stage.spread.duration_ms.max), (100, 300));
    assert_eq!(stage.spread.shuffle_bytes.max, 15);
    assert_eq!((stage.unfinished.n_tasks, stage.unfinished.longest_ms), (1, 7_000));
    assert_eq!(stage.unfinished.most_records, 4);
    let exception = stage.failures.iter().find(|failure| failure.kind == FailureKind::Exception);
    assert_eq!(exception.unwrap().reason, "a.B: c");
    assert!(run.is_whole());
}

#[test]
fn a_stage_that_succeeded_waited_for_nobody() {
    let killed = r#"{"Reason":"TaskKilled","Kill Reason":"Stage finished"}"#;
    let run = read_text(&lines(&[START, &ended(0, 1, 9_000, killed), &completed(0, 1), END]));
    let stage = &run.unwrap().stages[0];
    assert_eq!((stage.tasks.n_killed, stage.unfinished.n_tasks), (1, 0));
}

#[test]
fn a_log_that_was_cut_off_tells_what_was_running() {
    let run = read_text(
        &(lines(&[START, APPLICATION, &submitted(0, 2)])
            + &lines(&[
                &started(0, 1, 1_000),
                &started(0, 2, 5_000),
                &ended(0, 1, 60_000, SUCCESS),
            ])
            + r#"{"Event":"SparkListenerTaskEnd","Stage"#),
    )
    .unwrap();
    let stage = &run.stages[0];
    assert_eq!(stage.status, StageStatus::Unfinished);
    assert_eq!((stage.unfinished.n_tasks, stage.unfinished.longest_ms), (1, 56_000));
    assert_eq!(run.reading.n_bad_lines, 0, "a torn last line is no bad line");
    assert!(!run.is_whole());
}

#[test]
fn tasks_of_a_cancelled_stage_may_end_after_it_or_never() {
    let run = read_text(&lines(&[
        START,
        &submitted(0, 2),
        &started(0, 1, 500),
        &started(0, 2, 800),
        &given_up(0, 2),
        &ended(0, 1, 1_100, r#"{"Reason":"TaskKilled","Kill Reason":"cancelled"}"#),
        END,
    ]));
    let unfinished = run.unwrap().stages[0].unfinished;
    assert_eq!((unfinished.n_tasks, unfinished.longest_ms), (2, 1_200));
}

#[test]
fn bad_lines_cost_themselves_only() {
    let run = read_text(&lines(&[
        START,
        "not json",
        r#"{"Event":"SparkListenerTaskEnd","Stage ID":"three"}"#,
        "",
        r#"{"Event":"SomethingNobodyKnows","x":[1,2]}"#,
        &ended(0, 1, 5, SUCCESS),
        END,
    ]))
    .unwrap();
    assert_eq!(run.reading.n_bad_lines, 2);
    assert_eq!(run.stages[0].tasks.n_succeeded, 1);
    assert!(!run.is_whole());
}

#[test]
fn what_is_no_event_log_is_unreadable() {
    for bytes in [&b""[..], b"\x00\x01\x02binary\xff", b"26/11/23 INFO Something\n"] {
        let problem = read_bytes("app-1", bytes, &Limits::default()).unwrap_err();
        assert!(matches!(problem, Problem::Unreadable(_)), "{problem}");
    }
    let damaged = read_bytes("app-1.zstd", b"not zstd", &Limits::default()).unwrap_err();
    assert!(matches!(damaged, Problem::Unreadable(_)), "{damaged}");
    let lzf = read_bytes("app-1.lzf", b"ZV\x01", &Limits::default()).unwrap_err();
    assert!(matches!(lzf, Problem::Refused(_)), "{lzf}");
}

#[test]
fn a_line_beyond_the_limit_is_passed_over_and_a_log_beyond_it_is_cut() {
    let long = format!(r#"{{"Event":"SparkListenerTaskEnd","padding":"{}"}}"#, "x".repeat(5_000));
    let text = lines(&[START, &long, END]);
    let limits = Limits { line_bytes: 1_000, ..Limits::default() };
    let run = read_bytes("app-1", text.as_bytes(), &limits).unwrap();
    assert_eq!((run.reading.n_bad_lines, run.application.ended_at), (1, Some(90_000)));

    let limits = Limits { log_bytes: 100, ..Limits::default() };
    let run = read_bytes("app-1", text.as_bytes(), &limits).unwrap();
    assert_eq!(run.application.ended_at, None);
    assert_eq!(run.reading.gaps, ["app-1: it is larger than what is read of a log"]);
}

#[test]
fn reading_stops_when_told_to() {
    let dir = tempfile::tempdir().expect("temporary folder");
    fs::write(dir.path().join("app-1"), lines(&[START, END])).unwrap();
    let stopped = read(&dir.path().join("app-1"), &Limits::default(), &AtomicBool::new(true));
    assert!(matches!(stopped, Err(Problem::Unreadable(_))));
}

#[test]
fn every_codec_gives_the_same_run_and_a_torn_one_what_it_holds() {
    let text = lines(&[START, APPLICATION, &ended(0, 1, 5, SUCCESS), END]);
    let plain = read_bytes("app-1", text.as_bytes(), &Limits::default()).unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let gzip = {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let lz4_frame = {
        use std::io::Write;
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (name, bytes) in [("app-1.zstd", zstd), ("app-1", gzip), ("app-1.lz4", lz4_frame)] {
        let run = read_bytes(name, &bytes, &Limits::default()).unwrap();
        assert_eq!(run.stages, plain.stages, "{name}");
        assert_eq!(run.application, plain.application, "{name}");
    }
}

/// Logs that Spark's own codecs compressed: whole in their golden case, torn here at every length.
#[test]
fn a_compressed_log_may_end_anywhere() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-metrics");
    for log in [
        "straggler-lz4/local-1795459453972.lz4",
        "spill-snappy/app-20261123181123-0000.snappy",
        "skew/local-1795457442339.zstd",
    ] {
        let whole = fs::read(golden.join(log)).unwrap();
        let name = Path::new(log).file_name().unwrap().to_string_lossy().into_owned();
        for length in [9, 30, whole.len() / 2, whole.len() - 40] {
            match read_bytes(&name, &whole[..length], &Limits::default()) {
                Ok(run) => {
                    assert!(!run.reading.gaps.is_empty() && !run.is_whole(), "{log} {length}")
                }
                Err(problem) => assert!(matches!(problem, Problem::Unreadable(_)), "{problem}"),
            }
        }
    }
}

#[test]
fn memory_is_bounded_by_stages_kept_not_by_stages_read() {
    let mut text = lines(&[START, APPLICATION]);
    for stage in 0..10_000 {
        text +=
            &lines(&[&ended(stage, 1, 1 + u64::from(stage == 77), SUCCESS), &completed(stage, 1)]);
    }
    let run = read_text(&text).unwrap();
    assert!(run.stages.len() <= 4_001);
    assert!(run.stages.iter().any(|stage| stage.id == 77), "the longest stays");
    assert_eq!(run.reading.gaps.len(), 1);
}

#[test]
fn a_rolling_log_is_read_by_number_from_its_last_compaction() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let rolling = dir.path().join("eventlog_v2_app-1");
    fs::create_dir(&rolling).unwrap();
    let put = |name: &str, text: String| fs::write(rolling.join(name), text).unwrap();
    put("appstatus_app-1.inprogress", String::new());
    put("events_1_app-1", lines(&[START, &ended(0, 1, 5, SUCCESS)]));
    put("events_2_app-1.compact", lines(&[START, &ended(0, 1, 7, SUCCESS)]));
    put("events_3_app-1", lines(&[&ended(0, 2, 9, SUCCESS)]));
    put("events_10_app-1", lines(&[END]));
    let run = read(&rolling, &Limits::default(), &AtomicBool::new(false)).unwrap();
    let durations = &run.stages[0].spread.duration_ms;
    assert_eq!((durations.n_tasks, durations.min, durations.max), (2, 7, 9));
    assert!(run.is_whole());
    assert_eq!(locate(&rolling, "app-1").unwrap(), rolling);
}

#[test]
fn an_application_is_found_among_others_with_its_last_attempt() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for name in ["app-1_1", "app-1_2.zstd.inprogress", "app-10", "app-2.lz4", ".app-3", "_x"] {
        fs::write(dir.path().join(name), lines(&[START])).unwrap();
    }
    fs::create_dir(dir.path().join("eventlog_v2_app-7_1")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", dir.path().join("app-9")).unwrap();
    let name = |id: &str| match locate(dir.path(), id) {
        Ok(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
        Err(Problem::NotFound(_)) => "not found".to_owned(),
        Err(problem) => panic!("{problem}"),
    };
    assert_eq!(name("app-1"), "app-1_2.zstd.inprogress");
    assert_eq!(name("app-10"), "app-10");
    assert_eq!(name("app-2"), "app-2.lz4");
    assert_eq!(name("app-7"), "eventlog_v2_app-7_1");
    assert_eq!(name("app-3"), "not found");
    assert_eq!(name("app-9"), "not found");
    let several = read(dir.path(), &Limits::default(), &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(several, Problem::Refused(_)), "{several}");
}

/// Numbers below zero, nulls and numbers beyond all reason cost neither the line nor the run.
#[test]
fn absurd_numbers_are_no_numbers() {
    let absurd = |value: &str| {
        ended(0, 1, 5, SUCCESS)
            .replace(r#""Executor Run Time":5"#, &format!(r#""Executor Run Time":{value}"#))
            .replace(r#""Total Records Read":1"#, &format!(r#""Total Records Read":{value}"#))
    };
    let most = u64::MAX.to_string();
    let tasks = [absurd("-7"), absurd("null"), absurd(&most), absurd(&most)];
    let run = read_text(&(lines(&[START]) + &tasks.map(|task| task + "\n").concat())).unwrap();
    assert_eq!(run.reading.n_bad_lines, 0);
    assert_eq!(run.stages[0].totals.run_ms, u64::MAX);
    assert_eq!(run.stages[0].spread.shuffle_records.n_tasks, 4);
}

#[test]
fn the_last_run_of_the_same_name_that_went_well_is_found() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let job = |result: &str| {
        format!(
            r#"{{"Event":"SparkListenerJobStart"}}
{{"Event":"SparkListenerJobEnd","Job ID":0,"Job Result":{{"Result":"{result}"}}}}"#
        )
    };
    let put = |id: &str, name: &str, at: u64, result: &str| {
        let start = APPLICATION.replace("app-1", id).replace("nightly", name);
        let start = start.replace("1000", &at.to_string());
        let text = lines(&[START, &start, &ended(0, 1, at, SUCCESS), &job(result), END]);
        let path = dir.path().join(id);
        fs::write(&path, text).unwrap();
        let changed = std::time::UNIX_EPOCH + std::time::Duration::from_secs(at);
        fs::File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
    };
    put("app-good-but-old", "nightly", 100, "JobSucceeded");
    put("app-good", "nightly", 200, "JobSucceeded");
    put("app-failed", "nightly", 300, "JobFailed");
    put("app-other", "hourly", 400, "JobSucceeded");
    put("app-later", "nightly", 900, "JobSucceeded");
    put("app-still-running.inprogress", "nightly", 350, "JobSucceeded");
    let of = |name: &str| Application {
        id: Some("app-now".to_owned()),
        name: Some(name.to_owned()),
        started_at: Some(500),
        ..Application::default()
    };
    let found = |name, stop| {
        let run = last_good(dir.path(), &of(name), &Limits::default(), &AtomicBool::new(stop));
        run.and_then(|run| run.application.id)
    };
    assert_eq!(found("nightly", false).as_deref(), Some("app-good"));
    assert_eq!((found("weekly", false), found("nightly", true)), (None, None));
}

/// An event of an executor's at a time.
fn executor(event: &str, id: &str, at: u64, more: &str) -> String {
    format!(
        r#"{{"Event":"SparkListenerExecutor{event}","Timestamp":{at},"Executor ID":"{id}"{more}}}"#
    )
}

#[test]
fn executors_tell_when_they_came_what_they_did_and_which_task_found_them_cold() {
    let on = |line: String, id: &str| {
        line.replace(r#""Task Info":{"#, &format!(r#""Task Info":{{"Executor ID":"{id}","#))
    };
    let peak = r#""Task Executor Metrics":{"JVMHeapMemory":77},"Task Metrics""#;
    let run = read_text(&lines(&[
        START,
        &executor("Added", "1", 500, r#","Executor Info":{"Total Cores":2}"#),
        &submitted(0, 3),
        &on(started(0, 1, 1_000), "1"),
        &on(started(0, 2, 1_000), "1"),
        &on(ended(0, 1, 8_000, SUCCESS), "1").replace(r#""Task Metrics""#, peak),
        &on(ended(0, 2, 9_000, SUCCESS), "1"),
        &on(started(0, 3, 1_000), "1"),
        &on(ended(0, 3, 700, SUCCESS), "1"),
        &completed(0, 3),
        &executor("Removed", "1", 20_000, r#","Removed Reason":"Command exited with code 137""#),
        END,
    ]))
    .unwrap();
    let slowest = run.stages[0].slowest;
    assert_eq!((slowest.on_fresh_ms, slowest.on_warm_ms), (9_000, 700));
    let [executor] = run.executors.as_slice() else { panic!("{:?}", run.executors) };
    assert_eq!((executor.added_at, executor.removed_at), (Some(500), Some(20_000)));
    assert_eq!((executor.n_cores, executor.busy_ms, executor.peak_heap), (2, 17_700, Some(77)));
    assert_eq!(executor.removed.as_ref().and_then(|removal| removal.exit_code), Some(137));
}

#[test]
fn the_plan_tells_what_a_stage_works_at_and_how_large_the_sides_of_a_join_are() {
    let metrics = |ids: &[(&str, i64)]| {
        let all =
            ids.iter().map(|(name, id)| format!(r#"{{"name":"{name}","accumulatorId":{id}}}"#));
        all.collect::<Vec<_>>().join(",")
    };
    let node = |name: &str, text: &str, ids: &[(&str, i64)], children: &str| {
        let metrics = metrics(ids);
        format!(
            r#"{{"nodeName":"{name}","simpleString":"{text}","metrics":[{metrics}],"children":[{children}]}}"#
        )
    };
    let side = |first: i64, key: &str| {
        let ids = [
            ("data size", first),
            ("shuffle records written", first + 1),
            ("records read", first + 2),
        ];
        let text = format!("Exchange hashpartitioning({key}, 200), ENSURE_REQUIREMENTS");
        let exchange = node("Exchange", &text, &ids, "");
        node("WholeStageCodegen (2)", "", &[], &node("Sort", "Sort [k]", &[], &exchange))
    };
    let sides = format!("{},{}", side(10, "acct#1L"), side(20, "account_id#4L"));
    let rows = [("number of output rows", 30)];
    let join =
        node("SortMergeJoin", "SortMergeJoin [acct#1L], [account_id#4L], LeftOuter", &rows, &sides);
    let sql = format!(
        r#"{{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","executionId":0,"sparkPlanInfo":{join}}}"#
    );
    let counted = |stage, values: &[(i64, u64)]| {
        let values = values.iter().map(|(id, value)| format!(r#"{{"ID":{id},"Value":"{value}"}}"#));
        let values = values.collect::<Vec<_>>().join(",");
        completed(stage, 1).replace(
            r#""Number of Tasks""#,
            &format!(r#""Accumulables":[{values}],"Number of Tasks""#),
        )
    };
    let run = read_text(&lines(&[
        START,
        &sql,
        &counted(0, &[(10, 24_000_000), (11, 1_500_000)]),
        &counted(1, &[(20, 160_000), (21, 5_000)]),
        &counted(2, &[(12, 1_500_000), (22, 5_000), (30, 1_500_000)]),
        END,
    ]))
    .unwrap();
    let work = |id: usize| run.stages[id].work.clone();
    let key = Some("acct".to_owned());
    assert_eq!(work(2), Some(Work { operator: "SortMergeJoin".to_owned(), key: key.clone() }));
    assert_eq!((work(0), work(1)), (None, None), "they only write for others");
    let [join] = run.queries[0].joins.as_slice() else { panic!("{:?}", run.queries) };
    assert_eq!((join.kind, &join.key), (JoinKind::KeepsLeft, &key));
    let large = Side { bytes: 24_000_000, rows: 1_500_000 };
    assert_eq!(join.sides, Some([large, Side { bytes: 160_000, rows: 5_000 }]));
}

proptest::proptest! {
    /// Whatever happens to a log on its way, reading it ends, and what is left is told.
    #[test]
    fn damage_is_survived(cut in 0_usize..4_000, at in 0_usize..4_000, byte in 0_u8..) {
        let text = lines(&[
            START, APPLICATION, &submitted(0, 2), &started(0, 1, 5), &ended(0, 1, 9, SUCCESS),
            &completed(0, 2), END,
        ]);
        let mut bytes = text.into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length.saturating_sub(cut % 300));
        if let Ok(run) = read_bytes("app-1", &bytes, &Limits::default()) {
            proptest::prop_assert!(run.reading.n_events > 0);
            proptest::prop_assert!(run.reading.n_bad_lines <= 2);
        }
    }
}
