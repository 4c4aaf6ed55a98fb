//! The History Server, in good moods and in bad ones.

use std::time::Duration;

use adp::records::diagnosis::{MetricsSource, MetricsVerdict};
use adp::records::root_cause::Verdict;
use adp::stages::check_metrics::{Thresholds, judge};
use adp::world::spark_history::{
    Application, Ask, FailureKind, HistoryServer, Patience, Problem, RunMetrics, StageStatus,
};

use super::log_says;

#[path = "../../fakes/spark_history.rs"]
pub mod fake;
use fake::{Mood, SparkHistory};

pub const SKEW: &str = "local-1795457442339";
const EXECUTOR_OOM: &str = "app-20261123174503-0000";
const LOST_EXECUTOR: &str = "app-20261123182852-0000";
const STRAGGLER: &str = "local-1795459453972";
const CANCELLED: &str = "local-1795472238774";
const SPILL: &str = "app-20261123181123-0000";

/// Long enough for a loaded machine, where nothing is meant to be slow.
const PATIENT: Patience = Patience {
    each: Duration::from_secs(60),
    whole: Duration::from_secs(120),
    answer_bytes: 1 << 20,
};

pub fn client(patience: Patience) -> HistoryServer {
    HistoryServer::new(vec!["127.0.0.1".to_owned()], patience).unwrap()
}

async fn ask(server: &SparkHistory, application_id: &str) -> Result<RunMetrics, Problem> {
    client(PATIENT).run_metrics(Ask { base_url: &server.url(), application_id }).await
}

#[tokio::test]
async fn recorded_runs_are_judged_as_their_event_logs_are() {
    let server = SparkHistory::start().await;
    for (application, log, becomes) in [
        (SKEW, "healthy", "perf.skew"),
        (STRAGGLER, "healthy", "perf.straggler"),
        (SPILL, "healthy", "perf.spill"),
        (LOST_EXECUTOR, "healthy", "healthy"),
        (EXECUTOR_OOM, "unknown", "oom.executor_heap"),
    ] {
        let run = ask(&server, application).await.unwrap();
        assert_eq!(run.source, MetricsSource::HistoryServer);
        assert_eq!(run.reading.gaps, Vec::<String>::new(), "{application}");
        let verdict = if log == "healthy" { Verdict::Healthy } else { Verdict::Inconclusive };
        let (cause, _) = judge(&run, &log_says(log, verdict, 0.5), &Thresholds::default());
        assert_eq!(cause.class, becomes, "{application}");
    }
}

#[tokio::test]
async fn a_task_that_never_ended_is_seen_here_too() {
    let server = SparkHistory::start().await;
    let run = ask(&server, CANCELLED).await.unwrap();
    let waiting = run.stages.iter().find(|stage| stage.status == StageStatus::Failed).unwrap();
    assert_eq!((waiting.unfinished.n_tasks, waiting.unfinished.longest_ms), (1, 31_978));
    let cancelled = log_says("job.cancelled", Verdict::Conclusive, 0.8);
    let (cause, report) = judge(&run, &cancelled, &Thresholds::default());
    assert_eq!((cause.class.as_str(), report.verdict), ("perf.skew", MetricsVerdict::Explains));
}

#[tokio::test]
async fn the_answers_hold_what_the_judge_needs() {
    let server = SparkHistory::start().await;
    let run = ask(&server, EXECUTOR_OOM).await.unwrap();
    assert_eq!(run.application.spark_version.as_deref(), Some("3.5.7"));
    assert_eq!((run.jobs.n_succeeded, run.jobs.n_failed, run.jobs.n_unfinished), (2, 1, 0));
    let exits: Vec<_> =
        run.executors.iter().map(|e| e.removed.as_ref().and_then(|r| r.exit_code)).collect();
    assert_eq!(exits, [Some(52); 4]);
    let failed = run.stages.iter().find(|stage| stage.status == StageStatus::Failed).unwrap();
    let kinds: Vec<_> = failed.failures.iter().map(|f| (f.kind, f.n_tasks)).collect();
    assert_eq!(kinds, [(FailureKind::ExecutorLost, 4), (FailureKind::Exception, 3)]);
    assert!(run.settings.contains_key("spark.executor.memory"), "{:?}", run.settings);

    let asked = server.asked();
    assert!(asked.iter().all(|question| !question.contains("details")), "{asked:?}");
    let unbounded = asked.iter().find(|q| q.contains("taskList") && !q.contains("length="));
    assert_eq!(unbounded, None);
}

#[tokio::test]
async fn a_server_that_is_behind_is_asked_again_later() {
    let server = SparkHistory::start().await;
    server.mood(SKEW, Mood::Behind(1));
    assert!(matches!(ask(&server, SKEW).await, Err(Problem::NotFound(_))));
    assert!(ask(&server, SKEW).await.is_ok());
    assert!(matches!(ask(&server, "app-none").await, Err(Problem::NotFound(_))));
}

#[tokio::test]
async fn what_one_page_does_not_say_costs_that_page_only() {
    let server = SparkHistory::start().await;
    server.mood("/allexecutors", Mood::Status(500));
    server.mood("/jobs", Mood::Html);
    server.mood("/environment", Mood::Endless);
    server.mood("/stages/2/0/taskSummary", Mood::OtherShape);
    let run = ask(&server, SKEW).await.unwrap();
    assert_eq!(run.reading.gaps.len(), 3, "{:?}", run.reading.gaps);
    let (cause, report) =
        judge(&run, &log_says("healthy", Verdict::Healthy, 0.9), &Thresholds::default());
    assert_eq!((cause.class.as_str(), report.verdict), ("perf.skew", MetricsVerdict::Explains));
}

#[tokio::test]
async fn the_last_good_run_is_found_in_the_list_of_applications() {
    let server = SparkHistory::start().await;
    let later = |name: &str| Application {
        id: Some("app-now".to_owned()),
        name: Some(name.to_owned()),
        started_at: Some(1_800_000_000_000),
        ..Application::default()
    };
    let (url, client) = (server.url(), client(PATIENT));
    let ask = Ask { base_url: &url, application_id: "app-now" };
    let found = client.last_good(ask, &later("event_enrich")).await.unwrap();
    assert_eq!((found.from.as_str(), found.extent.wall_ms), (SKEW, 17_121));
    assert!(found.extent.input_records > 0 && found.extent.shuffle_bytes > 0, "{found:?}");
    assert_eq!(client.last_good(ask, &later("event_history")).await, None, "it had failed");
    assert_eq!(client.last_good(ask, &later("another")).await, None);
    let first = Application { started_at: Some(1_000), ..later("event_enrich") };
    assert_eq!(client.last_good(ask, &first).await, None, "that came later");
    server.mood("/jobs", Mood::Status(503));
    assert_eq!(client.last_good(ask, &later("event_enrich")).await, None);
}

#[tokio::test]
async fn a_page_that_never_comes_costs_its_own_deadline() {
    let server = SparkHistory::start().await;
    server.mood("/jobs", Mood::Silent);
    let patience = Patience { each: Duration::from_secs(2), ..PATIENT };
    let ask = Ask { base_url: &server.url(), application_id: SKEW };
    let run = client(patience).run_metrics(ask).await.unwrap();
    assert_eq!(run.reading.gaps, ["jobs: no answer in time"]);
    assert!(!run.settings.is_empty(), "the pages after it were asked");
}

#[tokio::test]
async fn the_deadline_of_the_whole_leaves_what_was_told_until_then() {
    let server = SparkHistory::start().await;
    let patience = Patience { whole: Duration::from_secs(2), ..PATIENT };
    let ask = Ask { base_url: &server.url(), application_id: SKEW };
    server.mood("/jobs", Mood::Silent);
    let run = client(patience).run_metrics(ask).await.unwrap();
    assert_eq!(run.reading.gaps, ["what was not asked when the time was over"]);
    assert!(!run.stages.is_empty() && !run.is_whole());

    server.mood("/stages", Mood::Silent);
    let problem = client(patience).run_metrics(ask).await.unwrap_err();
    assert!(matches!(problem, Problem::Unavailable(_)), "{problem}");
}

#[tokio::test]
async fn what_makes_no_sense_is_told_apart_from_what_may_come() {
    let server = SparkHistory::start().await;
    for (mood, kind) in [
        (Mood::Html, "unreadable"),
        (Mood::OtherShape, "unreadable"),
        (Mood::Endless, "unreadable"),
        (Mood::Status(503), "unavailable"),
        (Mood::Status(429), "unavailable"),
        (Mood::Status(401), "refused"),
        (Mood::Status(403), "refused"),
        (Mood::Status(404), "not found"),
    ] {
        server.mood("/stages", mood.clone());
        let problem = ask(&server, SKEW).await.unwrap_err();
        assert_eq!(kind_of(&problem), kind, "{mood:?}: {problem}");
    }
}

#[tokio::test]
async fn nobody_sends_us_to_another_host() {
    let (server, other) = (SparkHistory::start().await, SparkHistory::start().await);
    server.mood(SKEW, Mood::Elsewhere(other.url()));
    let problem = ask(&server, SKEW).await.unwrap_err();
    assert_eq!(kind_of(&problem), "refused", "{problem}");
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn only_listed_hosts_and_sound_addresses_are_asked() {
    let server = SparkHistory::start().await;
    let port = server.address.port();
    for (base_url, application_id) in [
        (format!("http://localhost:{port}"), SKEW),
        (format!("http://127.0.0.1.example.org:{port}"), SKEW),
        (format!("http://user:secret@127.0.0.1:{port}"), SKEW),
        ("file:///etc/passwd".to_owned(), SKEW),
        ("not an address".to_owned(), SKEW),
        (server.url(), "../../../admin"),
        (server.url(), "app?x=1"),
        (server.url(), ""),
    ] {
        let ask = Ask { base_url: &base_url, application_id };
        let problem = client(PATIENT).run_metrics(ask).await.unwrap_err();
        assert_eq!(kind_of(&problem), "refused", "{base_url} {application_id}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());

    let exact = HistoryServer::new(vec![format!("127.0.0.1:{port}")], PATIENT).unwrap();
    let with_path = format!("{}/api/v1/", server.url());
    let ask = Ask { base_url: &with_path, application_id: SKEW };
    assert!(exact.run_metrics(ask).await.is_ok());
    let elsewhere = HistoryServer::new(vec![format!("127.0.0.1:{}", port ^ 1)], PATIENT).unwrap();
    assert_eq!(kind_of(&elsewhere.run_metrics(ask).await.unwrap_err()), "refused");
}

fn kind_of(problem: &Problem) -> &'static str {
    match problem {
        Problem::NotConfigured => "not configured",
        Problem::NotFound(_) => "not found",
        Problem::Unavailable(_) => "unavailable",
        Problem::Refused(_) => "refused",
        Problem::Unreadable(_) => "unreadable",
    }
}
