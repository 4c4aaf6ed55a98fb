//! Reads the logs of a failed run and sums up what they say, without judging it.

pub mod accept;
pub mod fetch;
pub mod summarise;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use adp_redact::Redactor;
use serde::{Deserialize, Serialize};

use accept::Arrived;
use summarise::{Log, NoContent, Summary, summarise};

use crate::records::LogSummary;
use crate::records::log_summary::{LogRole, LogStatus};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, Repeat};
use crate::signatures::{Rulebook, Rules};
use crate::world::log_store::LogStore;

/// Logs that are read of one run: a driver's, and executors' as far as they help.
pub const MOST_LOGS: usize = 50;
/// For all logs of a run.
const DEADLINE: Duration = Duration::from_secs(300);

/// The Log Reader agent.
pub struct ReadLogs {
    store: LogStore,
    rulebook: Rulebook,
    redactor: Redactor,
    patience: Duration,
}

/// The summary that came of it; a harmless effect is not kept, so neither is this.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    summary: LogSummary,
}

impl ReadLogs {
    /// `patience` is how long a log may be late.
    pub fn new(
        store: LogStore,
        rulebook: Rulebook,
        redactor: Redactor,
        patience: Duration,
    ) -> Self {
        ReadLogs { store, rulebook, redactor, patience }
    }

    fn record(&self, arrived: &Arrived, summary: Summary, rules: &Rules) -> LogSummary {
        let Summary { logs, findings, traces, contexts, tail } = summary;
        LogSummary {
            case: arrived.case(&self.redactor),
            logs,
            findings,
            traces,
            contexts,
            tail,
            pack: rules.version.clone(),
        }
    }

    /// A summary of logs that were not read, and why.
    fn nothing(&self, arrived: &Arrived, status: LogStatus, detail: &str) -> LogSummary {
        let name = fetch::sources(&arrived.failure).first().map_or_else(
            || "log".to_owned(),
            |source| source.path.rsplit('/').next().unwrap_or("log").to_owned(),
        );
        let content = Err(NoContent { status, detail: detail.to_owned() });
        let log = Log { name, role: LogRole::Driver, content };
        let rules = self.rulebook.current();
        self.record(arrived, summarise(&rules.pack, &self.redactor, [log]), &rules)
    }
}

impl Action for ReadLogs {
    const NAME: &'static str = "read_logs";
    type In = Arrived;
    type Out = LogSummary;
    type Receipt = Reading;

    fn effect(&self, input: &Arrived) -> Option<Effect> {
        let id = input.failure_id();
        Some(Effect {
            id: EffectId::of(&[Self::NAME, id.as_str()]),
            about: About(id.as_str().to_owned()),
            repeat: Repeat::Harmless,
            lane: Lane("local files".to_owned()),
            supersedes: false,
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    async fn find(&self, _: &Ask<'_, Self>) -> Result<Option<Reading>, Fault> {
        Ok(None)
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<Reading, Fault> {
        let sources = fetch::sources(&ask.input.failure);
        if sources.is_empty() {
            let detail = "the event names no log that this machine can read";
            return Ok(Reading { summary: self.nothing(ask.input, LogStatus::Missing, detail) });
        }
        if let Some(reason) = fetch::is_awaited(&self.store, &sources) {
            return Err(Fault::transient(reason));
        }
        let stop = StopOnDrop::default();
        let rules = self.rulebook.current();
        let (in_force, redactor) = (rules.clone(), self.redactor.clone());
        let (store, stopped) = (self.store.clone(), stop.0.clone());
        let reading = move || fetch::read(&in_force.pack, &redactor, &store, &sources, &stopped);
        let summary = tokio::task::spawn_blocking(reading)
            .await
            .map_err(|error| Fault::refused(format!("reading the logs broke: {error}")))?;
        Ok(Reading { summary: self.record(ask.input, summary, &rules) })
    }

    fn outcome(&self, input: &Arrived, end: End<Reading>) -> LogSummary {
        match end {
            End::Done(reading) | End::Again(reading) => reading.summary,
            End::Nothing => self.nothing(input, LogStatus::Missing, "there was nothing to read"),
            End::GaveUp(reason) => self.nothing(input, LogStatus::Missing, &reason.text),
        }
    }
}

/// Tells the reading thread that its task is gone.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
