//! Where the metrics of a run are looked for, and in which order.

use std::path::{Path, PathBuf};

use adp::records::case::{Case, Pipeline};
use adp::records::diagnosis::{MetricsSource, MetricsVerdict};
use adp::records::ids::FailureId;
use adp::runtime::Moment;
use adp::stages::check_metrics::{Places, ask, unconfirmed};
use adp::world::roots::Roots;
use adp::world::spark_history::{Patience, Problem};

use super::history_server::fake::{Mood, SparkHistory};
use super::history_server::{SKEW, client};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-metrics")
}

fn case(event_log: Option<&Path>, application_id: Option<&str>) -> Case {
    Case {
        failure_id: FailureId::of(&["a failure"]),
        pipeline: Pipeline {
            source: "airflow".to_owned(),
            project: String::new(),
            dag_id: "nightly".to_owned(),
            task_id: "enrich".to_owned(),
        },
        run_id: None,
        attempt: None,
        map_index: None,
        failed_at: Moment(0),
        exit_code: None,
        known_to_have_failed: true,
        will_retry: false,
        job_file: None,
        application_id: application_id.map(str::to_owned),
        event_log: event_log.map(|path| path.display().to_string()),
        history_url: None,
        log_url: None,
    }
}

fn local() -> Places {
    Places { roots: Roots::new(vec![golden()]), ..Places::default() }
}

#[tokio::test]
async fn the_named_event_log_comes_first_then_the_history_server_then_the_folders() {
    let server = SparkHistory::start().await;
    let places = Places {
        history: Some(client(Patience::default())),
        history_url: Some(server.url()),
        event_log_folders: vec![golden().join("skew")],
        ..local()
    };
    let log = golden().join("skew").join(format!("{SKEW}.zstd"));
    let run = ask(&case(Some(&log), Some(SKEW)), &places).await.unwrap();
    assert_eq!(run.source, MetricsSource::EventLog);
    let about_it = server.asked().into_iter().find(|question| question.contains(SKEW));
    assert_eq!(about_it, None, "only for a run to compare with");

    let lost = golden().join("skew/not-there");
    let run = ask(&case(Some(&lost), Some(SKEW)), &places).await.unwrap();
    assert_eq!(run.source, MetricsSource::HistoryServer);

    server.mood(SKEW, Mood::Status(404));
    let run = ask(&case(None, Some(SKEW)), &places).await.unwrap();
    assert_eq!(run.source, MetricsSource::EventLog);
    assert_eq!(run.application.id.as_deref(), Some(SKEW));
}

#[tokio::test]
async fn the_log_of_another_application_explains_nothing() {
    let folder = golden().join("skew");
    let problem = ask(&case(Some(&folder), Some("app-other")), &local()).await.unwrap_err();
    assert!(matches!(problem, Problem::NotFound(_)), "{problem}");
    assert!(ask(&case(Some(&folder), Some(SKEW)), &local()).await.is_ok());
}

#[tokio::test]
async fn silence_is_told_as_it_is() {
    let nowhere = ask(&case(None, None), &local()).await.unwrap_err();
    assert!(matches!(nowhere, Problem::NotConfigured), "{nowhere}");
    let report = unconfirmed(&nowhere);
    assert_eq!(
        (report.checked, report.verdict),
        (MetricsSource::None, MetricsVerdict::Unconfirmed)
    );
    assert_eq!(report.detail, "no event log and no History Server is known for this run");

    let outside = ask(&case(Some(Path::new("/etc/hostname")), None), &local()).await.unwrap_err();
    assert!(matches!(outside, Problem::Refused(_)), "{outside}");
    let elsewhere = ask(&case(Some(Path::new("s3a://bucket/log")), None), &local()).await;
    assert!(matches!(elsewhere, Err(Problem::Refused(_))));
    let missing = golden().join("not-yet");
    let missing = ask(&case(Some(&missing), None), &local()).await.unwrap_err();
    assert!(matches!(missing, Problem::NotFound(_)), "{missing}");
    let no_log = golden().join("skew/log-says.json");
    let no_log = ask(&case(Some(&no_log), None), &local()).await.unwrap_err();
    assert!(matches!(no_log, Problem::Unreadable(_)), "{no_log}");
}
