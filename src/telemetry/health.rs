//! `/livez`, `/readyz` and `/metrics`: what a cluster and its operators ask a process.
//!
//! Live means that the process answers. Ready means that every step it hosts can work; the answer
//! lists what is missing, so that nobody has to guess from a status code.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

use super::Metrics;
use crate::serving::Serving;

/// What a step must have before it can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It is a member of its group and has restored the partitions it was given, be it none.
    Assigned,
    /// The schema registry answered when it was last asked.
    RegistryReachable,
    /// No other process has its slot.
    NotFenced,
    /// Its last turn was not rolled back.
    Committing,
}

/// What is missing, reported by the steps as it comes and goes.
#[derive(Debug)]
pub struct Readiness {
    missing: Mutex<BTreeMap<(&'static str, Need), String>>,
}

/// One thing that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub step: &'static str,
    pub need: Need,
    pub detail: String,
}

impl Readiness {
    /// Every step still has to be assigned and to reach the registry.
    pub fn of(steps: &[&'static str]) -> Self {
        let at_start = [(Need::Assigned, "starting"), (Need::RegistryReachable, "not asked yet")];
        let missing = steps
            .iter()
            .flat_map(|&step| at_start.map(|(need, detail)| ((step, need), detail.to_owned())));
        Readiness { missing: Mutex::new(missing.collect()) }
    }

    /// The step has it now.
    pub fn met(&self, step: &'static str, need: Need) {
        self.lock().remove(&(step, need));
    }

    /// `detail` is for the operator: what happened, in a few words, without secrets.
    pub fn lacks(&self, step: &'static str, need: Need, detail: impl Into<String>) {
        self.lock().insert((step, need), detail.into());
    }

    /// By step, then by need; empty means ready.
    pub fn missing(&self) -> Vec<Missing> {
        let missing = self.lock();
        let entries = missing.iter().map(|(&(step, need), detail)| Missing {
            step,
            need,
            detail: detail.clone(),
        });
        entries.collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, Need), String>> {
        self.missing.lock().expect("no holder panics")
    }
}

/// Answers the three questions on `listen`.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    listen: SocketAddr,
) -> io::Result<Serving> {
    let router = Router::new()
        .route("/livez", get(async || json_answer(StatusCode::OK, &json!({"live": true}))))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(metrics_page).with_state(metrics));
    Serving::start(listen, router).await
}

async fn readyz(State(readiness): State<Arc<Readiness>>) -> Response {
    let missing = readiness.missing();
    let ready = missing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json_answer(status, &json!({"ready": ready, "missing": missing}))
}

async fn metrics_page(State(metrics): State<Arc<Metrics>>) -> Response {
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], metrics.page()).into_response()
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
