//! Walks one failure through the production steps, on the driver of the runtime.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::inputs::Inputs;
use crate::config::{Environment, ObjectLogs, Settings, WebLogs};
use crate::records::{Diagnosis, LogSummary, Record, RootCause, Topic};
use crate::runtime::{Clock, Driver, Topology, WallClock};
use crate::signatures;
use crate::stages::check_metrics::{CheckMetrics, Places};
use crate::stages::find_cause::FindCause;
use crate::stages::read_logs::ReadLogs;
use crate::world::log_store::Address;
use crate::world::spark_history::HistoryServer;
use crate::world::{self, roots::Roots};

/// Each place is asked once: somebody waits.
const PATIENCE: Duration = Duration::from_millis(1);

/// What each step said.
pub struct Walk {
    pub summary: LogSummary,
    pub root_cause: RootCause,
    pub diagnosis: Diagnosis,
}

/// # Errors
/// When a step cannot go on; what the logs lack is in the records.
pub fn walk(inputs: &Inputs, settings: &Settings, env: &Environment) -> anyhow::Result<Walk> {
    let mut driver = Driver::new(steps(inputs, settings, env)?, 1, WallClock.now());
    driver.pipe(&inputs.failure);
    driver.run_dry().context("failed to walk through the steps")?;
    Ok(Walk {
        summary: said::<LogSummary>(&driver)?,
        root_cause: said::<RootCause>(&driver)?,
        diagnosis: said::<Diagnosis>(&driver)?,
    })
}

fn steps(inputs: &Inputs, settings: &Settings, env: &Environment) -> anyhow::Result<Topology> {
    let pack = Arc::new(signatures::built_in().context("failed to load the built-in signatures")?);
    let logs = world::log_store(&allowed(inputs, settings, env))
        .context("failed to set up an HTTP client")?;
    let redactor = settings.redaction.redactor()?;
    let thresholds = settings.metrics.thresholds.clone();
    Ok(Topology::fed_by([Topic::FAILURES, Topic::FEEDBACK])
        .act(ReadLogs::new(logs, pack, redactor.clone(), PATIENCE))
        .decide(FindCause)
        .act(CheckMetrics::new(places(inputs)?, thresholds, redactor, PATIENCE))
        .ending_in([Topic::DIAGNOSES]))
}

/// The settings with what the user named on their list; what they have an account for keeps it.
fn allowed(inputs: &Inputs, settings: &Settings, env: &Environment) -> Settings {
    let mut settings = settings.clone();
    settings.logs.roots = inputs.logs.clone();
    for address in &inputs.elsewhere {
        match address {
            Address::Web(url) => settings.logs.web.push(WebLogs::plain(url.as_str())),
            Address::Object(object) => {
                let mut bucket = ObjectLogs::plain(object.root());
                bucket.fill_from(env);
                settings.logs.objects.push(bucket);
            }
            Address::Local(_) | Address::Airflow(_) => {}
        }
    }
    settings
}

/// What the user named, and nowhere else.
fn places(inputs: &Inputs) -> anyhow::Result<Places> {
    let history = inputs
        .history_host
        .clone()
        .map(|host| HistoryServer::new(vec![host], Default::default()))
        .transpose()
        .context("failed to set up an HTTP client")?;
    let roots = Roots::new(inputs.event_log.iter().cloned().collect());
    Ok(Places { roots, history, ..Places::default() })
}

fn said<R: Record>(driver: &Driver) -> anyhow::Result<R> {
    driver.read::<R>().pop().ok_or_else(|| {
        let letters = driver.dead_letters();
        let reason = letters.first().map_or("and nobody said why", |letter| &letter.message);
        anyhow!("nothing came to {}: {reason}", R::TOPIC)
    })
}
