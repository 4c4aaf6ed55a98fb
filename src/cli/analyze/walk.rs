//! Walks one failure through the production steps, on the driver of the runtime.

use std::time::Duration;

use anyhow::{Context, anyhow};

use super::inputs::Inputs;
use crate::config::Settings;
use crate::records::{Diagnosis, LogSummary, Record, RootCause, Topic};
use crate::runtime::{Clock, Driver, Topology, WallClock};
use crate::signatures::Rulebook;
use crate::stages::check_metrics::{CheckMetrics, Places};
use crate::stages::find_cause::FindCause;
use crate::stages::read_logs::ReadLogs;
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
pub fn walk(inputs: &Inputs, settings: &Settings, rulebook: &Rulebook) -> anyhow::Result<Walk> {
    let steps = steps(inputs, settings, rulebook.clone())?;
    let mut driver = Driver::new(steps, 1, WallClock.now());
    driver.pipe(&inputs.failure);
    driver.run_dry().context("failed to walk through the steps")?;
    Ok(Walk {
        summary: said::<LogSummary>(&driver)?,
        root_cause: said::<RootCause>(&driver)?,
        diagnosis: said::<Diagnosis>(&driver)?,
    })
}

fn steps(inputs: &Inputs, settings: &Settings, rulebook: Rulebook) -> anyhow::Result<Topology> {
    let mut allowed = settings.clone();
    allowed.logs.roots = inputs.logs.clone();
    let logs = world::log_store(&allowed).context("failed to set up an HTTP client")?;
    let redactor = settings.redaction.redactor()?;
    let thresholds = settings.metrics.thresholds.clone();
    Ok(Topology::fed_by([Topic::FAILURES, Topic::FEEDBACK])
        .act(ReadLogs::new(logs, rulebook, redactor.clone(), PATIENCE))
        .decide(FindCause)
        .act(CheckMetrics::new(places(inputs)?, thresholds, redactor, PATIENCE))
        .ending_in([Topic::DIAGNOSES]))
}

/// What the user named, and nowhere else.
fn places(inputs: &Inputs) -> anyhow::Result<Places> {
    let history = inputs
        .history_host
        .clone()
        .map(|host| HistoryServer::new(vec![host], Default::default()))
        .transpose()
        .context("failed to set up an HTTP client")?;
    let roots = Roots::new(inputs.event_logs.clone());
    Ok(Places { roots, history, ..Places::default() })
}

fn said<R: Record>(driver: &Driver) -> anyhow::Result<R> {
    driver.read::<R>().pop().ok_or_else(|| {
        let letters = driver.dead_letters();
        let reason = letters.first().map_or("and nobody said why", |letter| &letter.message);
        anyhow!("nothing came to {}: {reason}", R::TOPIC)
    })
}
