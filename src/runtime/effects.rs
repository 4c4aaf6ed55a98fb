//! Effects under way: started here, outside any transaction, and handed back when they end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::action::{EffectId, Fault, Lane};
use super::step::{Acts, Order};
use crate::records::Codec;

/// An effect to be started.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub wanted: Wanted,
    pub order: Order,
    pub deadline: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Find,
    Perform,
}

/// An effect that ended, one way or another.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub id: EffectId,
    pub lane: Lane,
    pub tries: u32,
    pub answer: Answer,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Found(Result<Option<serde_json::Value>, Fault>),
    Performed(Result<serde_json::Value, Fault>),
}

/// Runs effects and collects their ends.
pub(crate) trait Effects {
    fn start(&mut self, start: Start);
    /// What has ended; waits for at most `wait` for the first one.
    fn finished(&mut self, wait: Duration) -> Vec<Finished>;
}

/// Effects as tasks of the process's async runtime.
pub(crate) struct Tasks {
    action: Arc<dyn Acts>,
    codec: Arc<Codec>,
    runtime: tokio::runtime::Handle,
    sender: Sender<Finished>,
    receiver: Receiver<Finished>,
}

impl Tasks {
    pub fn new(action: Arc<dyn Acts>, codec: Arc<Codec>, runtime: tokio::runtime::Handle) -> Self {
        let (sender, receiver) = channel();
        Tasks { action, codec, runtime, sender, receiver }
    }
}

impl Effects for Tasks {
    fn start(&mut self, start: Start) {
        let (action, codec) = (self.action.clone(), self.codec.clone());
        let (sender, wanted, end) = (self.sender.clone(), start.wanted, Ending::of(&start));
        let task = self.runtime.spawn(async move { run(&*action, &codec, &start).await });
        self.runtime.spawn(async move {
            let answer = task.await.unwrap_or_else(|error| broke(wanted, &error.to_string()));
            // Nobody listens any more when the step has stopped; the ledger knows what was tried.
            let _ = sender.send(end.with(answer));
        });
    }

    fn finished(&mut self, wait: Duration) -> Vec<Finished> {
        let first = if wait.is_zero() {
            self.receiver.try_recv().ok()
        } else {
            self.receiver.recv_timeout(wait).ok()
        };
        first.into_iter().chain(self.receiver.try_iter()).collect()
    }
}

/// Performs or looks, and stops waiting at the deadline.
pub(crate) async fn run(action: &dyn Acts, codec: &Codec, start: &Start) -> Answer {
    let Start { wanted, order, deadline } = start;
    let late = || Fault::unsure(format!("no answer within {:.1} s", deadline.as_secs_f64()));
    match wanted {
        Wanted::Find => {
            let found = tokio::time::timeout(*deadline, action.find(codec, order)).await;
            Answer::Found(found.unwrap_or_else(|_| Err(late())))
        }
        Wanted::Perform => {
            let performed = tokio::time::timeout(*deadline, action.perform(codec, order)).await;
            Answer::Performed(performed.unwrap_or_else(|_| Err(late())))
        }
    }
}

/// A panic in an action is our bug; whether the effect happened is not known.
fn broke(wanted: Wanted, error: &str) -> Answer {
    let fault = Fault::unsure(format!("the step broke: {error}"));
    match wanted {
        Wanted::Find => Answer::Found(Err(fault)),
        Wanted::Perform => Answer::Performed(Err(fault)),
    }
}

/// What identifies the effect when its answer comes.
pub(crate) struct Ending {
    id: EffectId,
    lane: Lane,
    tries: u32,
}

impl Ending {
    pub fn of(start: &Start) -> Self {
        let Order { key, effect, tries, .. } = &start.order;
        Ending { id: key.clone(), lane: effect.lane.clone(), tries: *tries }
    }

    pub fn with(self, answer: Answer) -> Finished {
        Finished { id: self.id, lane: self.lane, tries: self.tries, answer }
    }
}
