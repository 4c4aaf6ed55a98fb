//! The whole pipeline as one expression.

use std::time::Duration;

use crate::config::{Settings, WillRetry};
use crate::records::Topic;
use crate::runtime::Topology;
use crate::signatures::Rulebook;
use crate::stages::check_metrics::CheckMetrics;
use crate::stages::find_cause::FindCause;
use crate::stages::notify::{Compose, Deliver, Gather, Retries};
use crate::stages::open_pr::OpenPr;
use crate::stages::read_logs::ReadLogs;
use crate::stages::write_fix::WriteFix;
use crate::world::World;

/// Without a new failure for so long, a conversation is over and the next failure opens another.
const QUIET_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Every step, in the order in which a failure meets them.
pub fn topology(settings: &Settings, world: World, rulebook: Rulebook) -> Topology {
    let World { logs, spark, forge, channels } = world;
    let Settings { logs: log_settings, metrics, .. } = settings;
    let redactor = settings.redaction.redactor().expect("its patterns are checked when loaded");
    let heard_by = channels.keys().cloned().collect();
    Topology::fed_by([Topic::FAILURES, Topic::FEEDBACK])
        .act(ReadLogs::new(logs, rulebook, redactor.clone(), log_settings.patience()))
        .decide(FindCause)
        .act(CheckMetrics::new(
            spark,
            metrics.thresholds.clone(),
            redactor.clone(),
            metrics.patience(),
        ))
        .act(WriteFix::new(forge.clone(), redactor.clone()))
        .act(OpenPr::new(forge, redactor))
        .decide(Gather)
        .decide(Compose {
            channels: heard_by,
            retries: retries(settings),
            quiet_after: QUIET_AFTER,
        })
        .act(Deliver::new(channels))
        .ending_in([Topic::DELIVERIES])
}

fn retries(settings: &Settings) -> Retries {
    match settings.notify.will_retry {
        WillRetry::Hold => Retries::Hold,
        WillRetry::Tell => Retries::Tell,
    }
}
