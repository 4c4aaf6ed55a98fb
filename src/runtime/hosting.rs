//! One step on a thread of its own, until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::clock::{Clock, Stopwatch};
use super::effects::{Effects, Finished, Start, Tasks};
use super::host::{Host, Progress, Stop};
use super::journal::Journal;
use super::step::{Kind, Step};
use crate::records::Codec;

/// Longest wait for something to do: how soon a stop is seen.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// Wait while effects are under way, whose ends nobody announces to a blocked poll.
const WAIT_WHILE_RUNNING: Duration = Duration::from_millis(10);
/// How long a stop waits for effects under way; shorter than a pod's grace period.
const CLOSING_BUDGET: Duration = Duration::from_secs(10);

/// What every hosted step shares.
#[derive(Clone)]
pub struct Hosting {
    pub clock: Arc<dyn Clock>,
    pub codec: Arc<Codec>,
    /// Where effects run.
    pub async_runtime: tokio::runtime::Handle,
    /// Set once, when the process is to end.
    pub stop: Arc<AtomicBool>,
}

/// Hosts the step until the stop is set, then settles what runs and returns.
///
/// # Errors
/// When the step cannot go on in this process.
pub fn host_step(
    step: &Step,
    journal: impl Journal,
    hosting: &Hosting,
    mut observe: impl FnMut(&Progress),
) -> Result<(), Stop> {
    let Hosting { clock, codec, async_runtime, stop } = hosting.clone();
    let effects: Box<dyn Effects + Send> = match &step.kind {
        Kind::Decides { .. } => Box::new(NoEffects),
        Kind::Acts(action) => Box::new(Tasks::new(action.clone(), codec.clone(), async_runtime)),
    };
    let mut host = Host::new(step, journal, effects, clock.clone(), codec);
    let mut wait = LONGEST_WAIT;
    while !stop.load(Ordering::SeqCst) {
        let progress = host.turn(wait)?;
        let until_due = progress.next_due.map(|due| due.since(clock.now()));
        let longest = if progress.running > 0 { WAIT_WHILE_RUNNING } else { LONGEST_WAIT };
        wait = until_due.map_or(longest, |due| due.min(longest));
        observe(&progress);
    }
    host.close();
    let closing = Stopwatch::start();
    while closing.elapsed() < CLOSING_BUDGET {
        let progress = host.turn(WAIT_WHILE_RUNNING)?;
        observe(&progress);
        if progress.running_to_await == 0 && progress.rolled_back.is_none() {
            break;
        }
    }
    Ok(())
}

/// A stage has no effects.
pub(super) struct NoEffects;

impl Effects for NoEffects {
    fn start(&mut self, _: Start) {}

    fn finished(&mut self, _: Duration) -> Vec<Finished> {
        Vec::new()
    }
}
