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
use fetch::Wait;
use summarise::{Log, NoContent, Summary, summarise};

use crate::records::LogSummary;
use crate::records::log_summary::{LogRole, LogStatus};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, Moment, Repeat};
use crate::signatures::{Rulebook, Rules};
use crate::world::log_store::{LogStore, Until};

/// Logs that are read of one run: a driver's, and executors' as far as they help.
pub const MOST_LOGS: usize = 50;
/// For all logs of a run.
const DEADLINE: Duration = Duration::from_secs(300);
/// Reading ends before the deadline, so that what was read until then is told.
const READING: Duration = Duration::from_secs(240);
/// Before patience is over logs are asked for once more, and then what there is, is read.
const LAST_TRY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A log that is written to whenever it is read is taken as it is in the end.
const MOST_TRIES_OF_A_CHANGING_LOG: u32 = 4;

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

    /// When to ask again, not before the moment that a server named; none where patience is over
    /// by then.
    fn next_try(&self, ask: &Ask<'_, Self>, named: Option<Moment>) -> Option<Moment> {
        let last = ask.input.at.plus(self.patience.saturating_sub(LAST_TRY));
        let pause = FIRST_PAUSE.saturating_mul(1 << ask.tries.min(10)).min(LONGEST_PAUSE);
        let next = ask.at.plus(pause).min(last).max(named.unwrap_or(ask.at));
        (ask.at < last && next <= last).then_some(next)
    }

    async fn read(
        &self,
        ask: &Ask<'_, Self>,
        may_wait: bool,
    ) -> Result<Result<LogSummary, Wait>, Fault> {
        let sources = fetch::sources(&self.store, &ask.input.failure);
        let stop = StopOnDrop::default();
        let until = Until::new(READING, stop.0.clone());
        let rules = self.rulebook.current();
        let (in_force, redactor) = (rules.clone(), self.redactor.clone());
        let store = self.store.clone();
        let is_steady = ask.tries >= MOST_TRIES_OF_A_CHANGING_LOG;
        let reading = move || {
            fetch::read(&in_force.pack, &redactor, &store, &sources, &until, may_wait, is_steady)
        };
        let summary = tokio::task::spawn_blocking(reading)
            .await
            .map_err(|error| Fault::refused(format!("reading the logs broke: {error}")))?;
        Ok(summary.map(|summary| self.record(ask.input, summary, &rules)))
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
        let sources = fetch::sources(&self.store, &arrived.failure);
        let mut places = sources.iter().flat_map(|source| &source.places).flatten();
        let name = places.next().map_or_else(|| "log".to_owned(), |place| place.name());
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
            lane: Lane(fetch::host(&fetch::sources(&self.store, &input.failure))),
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
        let sources = fetch::sources(&self.store, &ask.input.failure);
        if sources.is_empty() {
            let detail = "the event names no log that this machine can read";
            return Ok(Reading { summary: self.nothing(ask.input, LogStatus::Missing, detail) });
        }
        match self.read(ask, self.next_try(ask, None).is_some()).await? {
            Ok(summary) => Ok(Reading { summary }),
            Err(Wait::NotThere { why }) => {
                Err(Fault::NotYet { reason: why, not_before: self.next_try(ask, None) })
            }
            Err(Wait::Busy { why, again }) => {
                let named = again.map(|again| again.moment(ask.at));
                if let Some(next) = self.next_try(ask, named) {
                    return Err(Fault::Transient { reason: why, not_before: Some(next) });
                }
                // Nobody waits for as long as the server wants us to.
                let nothing = |_| self.nothing(ask.input, LogStatus::Missing, "the server is busy");
                Ok(Reading { summary: self.read(ask, false).await?.unwrap_or_else(nothing) })
            }
        }
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
