//! Signature packs that change while the service runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use adp::kafka::Emitter;
use adp::records::{FailureId, LogSummary, Record, RootCause, Topic};
use adp::service::{self, Service};
use serde_json::{Value, json};

use super::watching::{lying_on, until};
use super::workshop::{START, Workshop};
use crate::rules::{LAKE_LOG, LAKE_RULE, write};

/// The class, and the version of the rules, of each failure so far.
fn causes(service: &Service) -> Vec<(String, String)> {
    let (endpoint, codec) = (service.endpoint(), service.codec());
    // In this order, so that each cause finds its summary.
    let causes = lying_on(endpoint, RootCause::TOPIC);
    let causes = causes.iter().map(|received| codec.decode(&received.value).expect("ours"));
    let causes: Vec<RootCause> = causes.collect();
    let summaries = lying_on(endpoint, LogSummary::TOPIC);
    let summaries = summaries.iter().map(|received| codec.decode(&received.value).expect("ours"));
    let packs: BTreeMap<FailureId, String> =
        summaries.map(|summary: LogSummary| (summary.case.failure_id, summary.pack)).collect();
    let told = |root: RootCause| (root.cause.class, packs[&root.case.failure_id].clone());
    causes.into_iter().map(told).collect()
}

fn fail(service: &Service, workshop: &Workshop, run: usize) -> (String, String) {
    let log = workshop.log("mart.log", LAKE_LOG.as_bytes());
    let event = json!({
        "dag_id": "nightly", "task_id": "mart", "run_id": run.to_string(), "attempt": 1,
        "timestamp": START.0, "local_log_path": log, "exit_code": 1,
    });
    let emitter = Emitter::new(service.endpoint()).expect("a producer");
    emitter.emit(Topic::FAILURES, b"k", event.to_string().as_bytes()).expect("sent");
    until("the failure's cause", || causes(service).into_iter().nth(run))
}

fn await_metric(service: &Service, line: &str) {
    until(line, || service.metrics().page().lines().any(|found| found == line).then_some(()));
}

/// What a change of the rules would do to what lies on the topic, as an operator asks.
fn replay(service: &Service, workshop: &Workshop, pack: &Path) -> Value {
    let registry = service.registry_url().trim_start_matches("http://").trim_end_matches('/');
    let roots = format!("[\"{}\"]", workshop.path("logs").display());
    let output = Command::new(env!("CARGO_BIN_EXE_adp"))
        .args(["rules", "replay", "--topic", "--format", "json", "--pack"])
        .arg(pack)
        .env_clear()
        .env("ADP_EMBEDDED__LISTEN", &service.endpoint().bootstrap)
        .env("ADP_EMBEDDED__REGISTRY_LISTEN", registry)
        .env("ADP_LOGS__ROOTS", roots)
        .stdin(Stdio::null())
        .output()
        .expect("the program");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_next_failure_is_read_with_the_rules_as_they_are_then() {
    let workshop = Workshop::new();
    let pack = workshop.path("signatures");
    std::fs::create_dir(&pack).expect("a new folder");
    let mut settings = workshop.settings();
    settings.rules.packs = vec![pack.clone()];
    let async_runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let screen = workshop.screen();
    let started = service::start(&settings, &screen, Arc::new(|_| ()));
    let service: Service = async_runtime.block_on(started).expect("it starts");

    let (class, built_in) = fail(&service, &workshop, 0);
    assert_ne!(class, "infra.disk_full");
    let candidate = workshop.path("candidate");
    write(&candidate, "quota.toml", LAKE_RULE);
    let answer = replay(&service, &workshop, &candidate);
    assert_eq!((&answer["differ"], &answer["failures"]), (&json!(1), &json!(1)), "{answer}");

    write(&pack, "quota.toml", LAKE_RULE);
    await_metric(&service, "adp_rules_reloads_total{outcome=\"loaded\"} 1");
    let (class, with_pack) = fail(&service, &workshop, 1);
    assert_eq!(class, "infra.disk_full");
    assert_ne!(with_pack, built_in);

    write(&pack, "quota.toml", &LAKE_RULE.replace("keywords", "keyword"));
    await_metric(&service, "adp_rules_stale 1");
    assert_eq!(fail(&service, &workshop, 2), ("infra.disk_full".to_owned(), with_pack));
    assert!(service.is_ready(), "old rules are no reason to take no failures");
    async_runtime.block_on(service.stop());
}
