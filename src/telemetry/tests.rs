//! Over HTTP on loopback, as a cluster and Prometheus ask.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::records::Topic;
use crate::records::delivery::DeliveryStatus;
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::Verdict;
use crate::serving::Serving;

const STEPS: [&str; 2] = ["read_logs", "find_cause"];

struct Process {
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    serving: Serving,
}

async fn process() -> Process {
    // As the client for other machines does it; Kubernetes and Prometheus bring their own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let metrics = Arc::new(Metrics::new(&STEPS));
    let readiness = Arc::new(Readiness::of(&STEPS));
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let serving = serve(metrics.clone(), readiness.clone(), loopback).await.expect("a free port");
    Process { metrics, readiness, serving }
}

async fn get(process: &Process, path: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}{path}", process.serving.url());
    let response = client.get(url).send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a body"))
}

async fn ready(process: &Process) -> (u16, Value) {
    let (status, body) = get(process, "/readyz").await;
    (status, serde_json::from_str(&body).expect("JSON"))
}

#[tokio::test]
async fn ready_lists_what_is_missing_until_nothing_is() {
    let process = process().await;
    let (status, body) = ready(&process).await;
    assert_eq!((status, &body["ready"]), (503, &json!(false)));
    assert_eq!(body["missing"].as_array().map(Vec::len), Some(4), "{body}");
    for step in STEPS {
        process.readiness.met(step, Need::Assigned);
        process.readiness.met(step, Need::RegistryReachable);
    }
    assert_eq!(ready(&process).await, (200, json!({"ready": true, "missing": []})));
    process.readiness.lacks("find_cause", Need::NotFenced, "another process has slot 0");
    let missing = json!([{
        "step": "find_cause", "need": "not_fenced", "detail": "another process has slot 0"
    }]);
    assert_eq!(ready(&process).await, (503, json!({"ready": false, "missing": missing})));
    assert_eq!(get(&process, "/livez").await.0, 200);
    assert_eq!(get(&process, "/other").await.0, 404);
    process.serving.stop().await;
}

#[tokio::test]
async fn metrics_have_the_promised_names_and_labels() {
    let process = process().await;
    let metrics = &process.metrics;
    metrics.event_age("find_cause", Duration::from_millis(1500));
    metrics.stage_lag("find_cause", Topic::FAILURES, 2, 7);
    metrics.stage_lag("find_cause", Topic::FAILURES, 1, 9);
    metrics.forget_lag("find_cause", Topic::FAILURES, 1);
    metrics.stage_duration("find_cause", Duration::from_millis(20));
    metrics.events("find_cause", EventOutcome::Done, 3);
    metrics.dead_letter("read_logs", DeadLetterReason::Malformed);
    metrics.diagnosis("oom.driver", Verdict::Conclusive);
    metrics.pull_request("git", PullRequestStatus::Opened);
    metrics.delivery("outbox", DeliveryStatus::Delivered);
    metrics.turn("read_logs", TurnResult::RolledBack);
    metrics.effect_in_doubt("read_logs");
    let (status, page) = get(&process, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "adp_event_age_seconds{stage=\"find_cause\"} 1.5",
        "adp_stage_lag_records{partition=\"2\",stage=\"find_cause\",topic=\"pipeline.failures\"} 7",
        "adp_stage_duration_seconds_bucket{stage=\"find_cause\",le=\"0.025\"} 1",
        "adp_stage_duration_seconds_bucket{stage=\"find_cause\",le=\"0.01\"} 0",
        "adp_events_total{outcome=\"done\",stage=\"find_cause\"} 3",
        "adp_events_total{outcome=\"gave_up\",stage=\"read_logs\"} 0",
        "adp_dead_letters_total{reason=\"malformed\",stage=\"read_logs\"} 1",
        "adp_diagnoses_total{class=\"oom.driver\",verdict=\"conclusive\"} 1",
        "adp_pull_requests_total{forge=\"git\",outcome=\"opened\"} 1",
        "adp_deliveries_total{channel=\"outbox\",outcome=\"delivered\"} 1",
        "adp_turns_total{result=\"rolled_back\",stage=\"read_logs\"} 1",
        "adp_effects_in_doubt_total{stage=\"read_logs\"} 1",
        concat!("adp_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    assert!(!page.contains("partition=\"1\""), "{page}");
    process.serving.stop().await;
}

#[tokio::test]
async fn a_stopped_server_frees_its_address() {
    let first = process().await;
    let address = first.serving.address();
    let taken = serve(first.metrics.clone(), first.readiness.clone(), address).await;
    assert_eq!(taken.expect_err("taken").kind(), std::io::ErrorKind::AddrInUse);
    first.serving.stop().await;
    let again = serve(first.metrics, first.readiness, address).await.expect("free again");
    again.stop().await;
}
