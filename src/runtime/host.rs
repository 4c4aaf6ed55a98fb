//! One step on one journal: poll, decide, commit, and start what the commit allows.
//!
//! A turn that was rolled back is committed again as it is: a stage decides the same from the
//! same, so there is nothing to undo. When the tenure is lost, everything is dropped and restored
//! from what was committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::action_worker::ActionWorker;
use super::clock::{Clock, Stopwatch};
use super::draft::Draft;
use super::effects::{Effects, Finished};
use super::journal::{Assignment, Batch, Journal, JournalError, Positions, Tenure, Turn};
use super::message::{Message, Received};
use super::stage_worker::StageWorker;
use super::step::{Kind, Step};
use super::{Moment, StepError};
use crate::records::Codec;

/// How many messages one turn takes in.
const MOST_MESSAGES_A_TURN: usize = 500;
/// How many bytes of messages one turn takes in; what it writes is of the same order.
const MOST_BYTES_A_TURN: usize = 4 << 20;
/// A harmless effect that ends within this time is settled in the turn that took it in.
const SHORT_CUT_WAIT: Duration = Duration::from_millis(20);
/// Pause before the journal is asked again after it rolled a turn back.
const PAUSE_AFTER_ROLL_BACK: Duration = Duration::from_millis(200);

/// One hosted step.
pub(crate) struct Host<J> {
    name: &'static str,
    journal: J,
    worker: Worker,
    effects: Box<dyn Effects + Send>,
    clock: Arc<dyn Clock>,
    tenure: Tenure,
    positions: Positions,
    is_between_tenures: bool,
    /// While closing, what runs is settled and nothing new begins.
    is_closing: bool,
    /// Read and not yet taken: what a registry that is down holds up.
    held: VecDeque<Received>,
    /// A turn that was rolled back.
    waiting: Option<Made>,
    /// Ends that were settled in the turn at hand: they count again if the tenure is lost with it.
    settling: Vec<Finished>,
    /// Moments handed to steps never run backwards, whatever the clock does.
    last_moment: Moment,
}

/// A turn, and what it says of itself once it is committed.
struct Made {
    turn: Turn,
    outcomes: Vec<&'static str>,
}

enum Worker {
    Stage(StageWorker),
    Action(ActionWorker),
}

/// What a call of `turn` did.
#[derive(Debug, Default)]
pub struct Progress {
    /// Whether anything was committed.
    pub worked: bool,
    pub assigned: bool,
    /// The partitions went to somebody else, and what was under way with them.
    pub handed_over: bool,
    pub taken: usize,
    pub outcomes: Vec<&'static str>,
    pub dead: Vec<&'static str>,
    pub oldest_unfinished: Option<Moment>,
    /// When the step wants to be called again although nothing arrives.
    pub next_due: Option<Moment>,
    /// Effects under way in the world.
    pub running: usize,
    /// Those of them whose end a stop waits for.
    pub running_to_await: usize,
    /// What the turn wrote, for whoever counts or watches.
    pub written: Vec<Message>,
    /// Where each input will be read on.
    pub positions: Positions,
    /// From the end of the poll to the end of the commit.
    pub took: Duration,
    /// Why the poll or the turn was rolled back, if it was; it is tried again.
    pub rolled_back: Option<String>,
    /// What keeps readable records from being read, if anything does.
    pub registry_down: Option<String>,
}

/// Why a step stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("step {step}: {source}")]
    Journal { step: &'static str, source: JournalError },
    #[error("step {step}: {reason}")]
    Fatal { step: &'static str, reason: String },
}

impl<J: Journal> Host<J> {
    pub fn new(
        step: &Step,
        journal: J,
        effects: Box<dyn Effects + Send>,
        clock: Arc<dyn Clock>,
        codec: Arc<Codec>,
    ) -> Self {
        let worker = match &step.kind {
            Kind::Decides { stage, .. } => Worker::Stage(StageWorker::new(stage.clone(), codec)),
            Kind::Acts(action) => {
                Worker::Action(ActionWorker::new(step.name, step.reads, action.clone(), codec))
            }
        };
        Host {
            name: step.name,
            journal,
            worker,
            effects,
            clock,
            tenure: Tenure::default(),
            positions: Positions::new(),
            is_between_tenures: false,
            is_closing: false,
            held: VecDeque::new(),
            waiting: None,
            settling: Vec::new(),
            last_moment: Moment::default(),
        }
    }

    /// One turn: waits at most `wait` for something to do. A turn that was rolled back is
    /// committed again by the next call, before anything else.
    ///
    /// # Errors
    /// When the step cannot go on in this process.
    pub fn turn(&mut self, wait: Duration) -> Result<Progress, Stop> {
        let mut progress = Progress::default();
        let waiting = self.waiting.take();
        match self.poll(wait, waiting.is_some()) {
            Ok(batch) => self.take_over(batch, &mut progress)?,
            Err(JournalError::TenureLost { reason }) => {
                progress.handed_over = true;
                self.let_go(&reason);
            }
            Err(JournalError::RolledBack { reason }) => progress.rolled_back = Some(reason),
            Err(source) => return Err(Stop::Journal { step: self.name, source }),
        }
        if self.is_between_tenures {
            return Ok(progress);
        }
        let watch = Stopwatch::start();
        match waiting {
            // The new tenure restored what was committed: the turn of the old one is void, and ends
            // that were settled in it are settled anew.
            Some(made) if made.turn.tenure != self.tenure => {}
            Some(made) => self.commit(made, &mut progress)?,
            None => {
                let draft = self.decide(&mut progress)?;
                if !draft.is_empty() || progress.taken > 0 {
                    self.commit(self.made(draft), &mut progress)?;
                } else {
                    self.settling.clear();
                }
            }
        }
        progress.took = watch.elapsed();
        if self.waiting.is_none() {
            self.start_after_commit();
        }
        self.report(&mut progress);
        Ok(progress)
    }

    /// From now on only what runs is settled.
    pub fn close(&mut self) {
        self.is_closing = true;
    }

    fn poll(&mut self, wait: Duration, a_turn_waits: bool) -> Result<Batch, JournalError> {
        if a_turn_waits {
            // Keeps the place in the group.
            return self.journal.poll(0, PAUSE_AFTER_ROLL_BACK);
        }
        let room = match &self.worker {
            Worker::Stage(_) => true,
            Worker::Action(worker) => worker.has_room(),
        };
        let most =
            if room && self.held.is_empty() && !self.is_closing { MOST_MESSAGES_A_TURN } else { 0 };
        self.journal.poll(most, wait)
    }

    fn take_over(&mut self, batch: Batch, progress: &mut Progress) -> Result<(), Stop> {
        let Batch { tenure, assigned, messages, caught_up } = batch;
        if let Some(Assignment { positions, memory, ledger }) = assigned {
            progress.assigned = true;
            self.is_between_tenures = false;
            self.held.clear();
            self.positions = positions;
            let restored = match &mut self.worker {
                Worker::Stage(worker) => worker.restore(memory),
                Worker::Action(worker) => worker.restore(ledger),
            };
            restored.map_err(|error| self.fatal(&error))?;
        }
        self.tenure = tenure;
        self.held.extend(messages);
        if let Worker::Stage(worker) = &mut self.worker {
            worker.caught_up(caught_up);
        }
        Ok(())
    }

    fn decide(&mut self, progress: &mut Progress) -> Result<Draft, Stop> {
        let mut draft = Draft::new(self.name, self.moment());
        if !self.is_closing {
            progress.taken = self.take(&mut draft, &mut progress.registry_down)?;
        }
        match &mut self.worker {
            Worker::Stage(worker) => {
                if !self.is_closing {
                    worker.tick(&mut draft).map_err(|error| fatal(self.name, &error))?;
                }
            }
            Worker::Action(worker) => {
                self.settling.extend(self.effects.finished(Duration::ZERO));
                for finished in &self.settling {
                    worker.settle(finished.clone(), &mut draft);
                }
                if !self.is_closing {
                    worker.tick(&mut draft);
                }
                let short_cut = worker.starts_now();
                if !short_cut.is_empty() {
                    short_cut.into_iter().for_each(|start| self.effects.start(start));
                    for finished in self.effects.finished(SHORT_CUT_WAIT) {
                        worker.settle(finished.clone(), &mut draft);
                        self.settling.push(finished);
                    }
                }
                worker.write(&mut draft);
            }
        }
        Ok(draft)
    }

    fn take(
        &mut self,
        draft: &mut Draft,
        registry_down: &mut Option<String>,
    ) -> Result<usize, Stop> {
        let (mut taken, mut bytes) = (0, 0);
        while let Some(received) = self.held.front() {
            let result = match &mut self.worker {
                Worker::Stage(worker) => worker.take(received, draft),
                Worker::Action(worker) => worker.take(received, draft),
            };
            match result {
                Ok(()) => {}
                Err(StepError::RegistryDown(error)) => {
                    tracing::warn!(step = self.name, %error, "waiting for the schema registry");
                    *registry_down = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(self.fatal(&error)),
            }
            let place = received.place;
            bytes += received.value.len();
            self.positions.insert((place.topic, place.partition), place.offset + 1);
            self.held.pop_front();
            taken += 1;
            if bytes >= MOST_BYTES_A_TURN {
                break;
            }
        }
        Ok(taken)
    }

    fn made(&self, draft: Draft) -> Made {
        let Draft { turn, outcomes, .. } = draft;
        let turn = Turn { tenure: self.tenure, upto: self.positions.clone(), ..turn };
        Made { turn, outcomes }
    }

    fn commit(&mut self, made: Made, progress: &mut Progress) -> Result<(), Stop> {
        match self.journal.commit(&made.turn) {
            Ok(()) => {}
            Err(JournalError::RolledBack { reason }) => {
                tracing::warn!(step = self.name, reason, "the turn will be committed again");
                progress.rolled_back = Some(reason);
                self.waiting = Some(made);
                return Ok(());
            }
            Err(JournalError::TenureLost { reason }) => {
                progress.handed_over = true;
                self.let_go(&reason);
                return Ok(());
            }
            Err(source) => return Err(Stop::Journal { step: self.name, source }),
        }
        let Made { turn, outcomes } = made;
        self.settling.clear();
        progress.worked = true;
        progress.outcomes = outcomes;
        progress.dead = turn.dead.iter().map(|letter| letter.error).collect();
        progress.written = turn.messages.into_iter().map(|(message, _)| message).collect();
        progress.positions = turn.upto;
        Ok(())
    }

    /// Drops what was read under a tenure that is over; the next assignment restores the rest.
    fn let_go(&mut self, reason: &str) {
        tracing::info!(step = self.name, reason, "partitions were handed over");
        self.is_between_tenures = true;
        self.held.clear();
        if let Worker::Action(worker) = &mut self.worker {
            worker.drop_starts();
        }
    }

    fn start_after_commit(&mut self) {
        if let Worker::Action(worker) = &mut self.worker {
            worker.starts_after_commit().into_iter().for_each(|start| self.effects.start(start));
        }
    }

    fn report(&self, progress: &mut Progress) {
        progress.next_due = match &self.worker {
            Worker::Stage(worker) => worker.next_due(),
            Worker::Action(worker) => worker.next_due(),
        };
        progress.running = match &self.worker {
            Worker::Stage(_) => 0,
            Worker::Action(worker) => worker.running(),
        };
        progress.running_to_await = match &self.worker {
            Worker::Stage(_) => 0,
            Worker::Action(worker) => worker.running_to_await(),
        };
        let held = self.held.front().map(|received| received.at);
        let unfinished = match &self.worker {
            Worker::Stage(_) => None,
            Worker::Action(worker) => worker.oldest_unfinished(),
        };
        progress.oldest_unfinished = held.into_iter().chain(unfinished).min();
    }

    fn moment(&mut self) -> Moment {
        self.last_moment = self.last_moment.max(self.clock.now());
        self.last_moment
    }

    fn fatal(&self, error: &StepError) -> Stop {
        fatal(self.name, error)
    }
}

fn fatal(step: &'static str, error: &StepError) -> Stop {
    Stop::Fatal { step, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Topic;
    use crate::runtime::WallClock;
    use crate::runtime::hosting::NoEffects;
    use crate::runtime::message::Place;
    use crate::stages::notify::Gather;

    /// Rolls the first turn back and hands out a new tenure while that turn waits.
    struct RebalancesMeanwhile {
        polls: usize,
        tenure: Tenure,
        is_rolled_back: bool,
    }

    impl Journal for RebalancesMeanwhile {
        fn poll(&mut self, most: usize, _: Duration) -> Result<Batch, JournalError> {
            self.polls += 1;
            let assigned = matches!(self.polls, 1 | 3).then(Assignment::default);
            self.tenure.0 += u64::from(assigned.is_some());
            let messages =
                if most > 0 && assigned.is_none() { vec![nonsense()] } else { Vec::new() };
            Ok(Batch { tenure: self.tenure, assigned, messages, ..Batch::default() })
        }

        fn commit(&mut self, turn: &Turn) -> Result<(), JournalError> {
            let reason = "as asked".to_owned();
            if turn.tenure != self.tenure {
                return Err(JournalError::TenureLost { reason });
            }
            if std::mem::replace(&mut self.is_rolled_back, true) {
                return Ok(());
            }
            Err(JournalError::RolledBack { reason })
        }
    }

    fn nonsense() -> Received {
        let place = Place { topic: Topic::FIXES, partition: 0, offset: 0 };
        Received { place, at: Moment(0), key: None, value: vec![1], headers: Vec::new() }
    }

    #[test]
    fn an_assignment_that_comes_while_a_turn_waits_is_kept() {
        let journal =
            RebalancesMeanwhile { polls: 0, tenure: Tenure::default(), is_rolled_back: false };
        let (clock, codec) = (Arc::new(WallClock), Arc::new(Codec::in_memory()));
        let mut host =
            Host::new(&Step::deciding(Gather), journal, Box::new(NoEffects), clock, codec);
        let assigned = host.turn(Duration::ZERO).expect("it goes on");
        assert!(assigned.assigned);
        let rolled_back = host.turn(Duration::ZERO).expect("it goes on");
        assert!(rolled_back.rolled_back.is_some() && !rolled_back.worked);
        let assigned_anew = host.turn(Duration::ZERO).expect("it goes on");
        assert!(assigned_anew.assigned && !assigned_anew.worked);
        let next = host.turn(Duration::ZERO).expect("it goes on");
        assert!(next.worked, "the step works under its new tenure");
    }
}
