//! Hosts one action: takes effects in, starts them when their turn has come, settles their end.
//!
//! An effect is on the books before it starts and its outcome goes out in the commit that closes
//! its entry, so whatever dies in between is looked for again instead of being done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::action::{Effect, EffectId, End, Fault, Lane, Reason, ReasonKind, Repeat};
use super::draft::{Draft, MOST_BYTES_OF_A_RECORD, Origin};
use super::effects::{Answer, Finished, Start, Wanted};
use super::journal::Kept;
use super::lanes::Lanes;
use super::ledger::{self, Entry, Ledger, State};
use super::message::{Place, Received};
use super::step::{Acts, Order};
use super::{Moment, StepError};
use crate::records::{Codec, Topic, Unreadable};

/// How often an effect may be cut short by the end of the process before it is held to cause it.
const MOST_STARTS_CUT_SHORT: u32 = 3;
/// Effects that may wait for one lane before the next is given up.
const MOST_WAITING_IN_A_LANE: usize = 1_000;
/// Unfinished effects after which the intake pauses.
const MOST_UNFINISHED: usize = 5_000;
/// Between a deadline and the moment when nobody waits for the answer any more.
const MARGIN_AFTER_DEADLINE: Duration = Duration::from_secs(2);
/// First pause before a retry; it doubles with every try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a finished effect is remembered after its last touch.
const REMEMBERED_FOR: Duration = Duration::from_secs(21 * 24 * 3600);

pub(crate) struct ActionWorker {
    step: &'static str,
    reads: &'static [Topic],
    action: Arc<dyn Acts>,
    codec: Arc<Codec>,
    ledger: Ledger,
    lanes: Lanes,
    /// Effects that run in this process, with the number of their try.
    running: BTreeMap<EffectId, u32>,
    /// Entries that lie on the ledger's topic.
    kept: BTreeSet<EffectId>,
    /// Entries that changed in this turn, with their partition. A harmless effect that ends within
    /// the turn that took it in leaves this list without ever being written.
    changed: BTreeMap<EffectId, i32>,
    /// Tries that a restore found open: their process may have ended in the middle.
    cut_short: BTreeSet<EffectId>,
    to_start: Vec<Start>,
    /// Nothing takes the short cut in the first turn of a tenure that takes anything in, so that
    /// an input that ends the process is on the books.
    short_cut: ShortCut,
    swept_at: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ShortCut {
    Closed,
    OpensAfterThisTurn,
    Open,
}

impl ActionWorker {
    pub fn new(
        step: &'static str,
        reads: &'static [Topic],
        action: Arc<dyn Acts>,
        codec: Arc<Codec>,
    ) -> Self {
        ActionWorker {
            step,
            reads,
            action,
            codec,
            ledger: Ledger::default(),
            lanes: Lanes::default(),
            running: BTreeMap::new(),
            kept: BTreeSet::new(),
            changed: BTreeMap::new(),
            cut_short: BTreeSet::new(),
            to_start: Vec::new(),
            short_cut: ShortCut::Closed,
            swept_at: Moment::default(),
        }
    }

    /// Forgets what the last tenure held and takes over what was kept. Effects that still run are
    /// settled when they end, if the ledger shows that very try.
    pub fn restore(&mut self, entries: Vec<Kept>) -> Result<(), StepError> {
        self.ledger.clear();
        self.kept.clear();
        self.changed.clear();
        self.cut_short.clear();
        self.drop_starts();
        self.short_cut = ShortCut::Closed;
        for Kept { partition, key, value } in entries {
            let entry = ledger::read(&key, &value, self.reads)?;
            let id = entry.key.clone();
            if matches!(entry.state, State::Attempted { .. }) {
                self.cut_short.insert(id.clone());
            }
            self.kept.insert(id);
            self.ledger.put(partition, entry);
        }
        Ok(())
    }

    /// Whether more input may be taken in.
    pub fn has_room(&self) -> bool {
        self.ledger.all_unfinished().take(MOST_UNFINISHED).count() < MOST_UNFINISHED
    }

    /// # Errors
    /// When the registry cannot be asked; the record is then not taken.
    pub fn take(&mut self, received: &Received, draft: &mut Draft) -> Result<(), StepError> {
        if self.short_cut == ShortCut::Closed {
            self.short_cut = ShortCut::OpensAfterThisTurn;
        }
        match self.action.effect(&self.codec, received) {
            Err(Unreadable::Malformed(text)) => {
                draft.bury(received, "malformed", text);
                Ok(())
            }
            Err(Unreadable::RegistryDown(error)) => Err(StepError::RegistryDown(error)),
            Ok(None) => {
                self.report(received, End::Nothing, draft);
                Ok(())
            }
            Ok(Some(effect)) => {
                self.take_in(received, effect, draft);
                Ok(())
            }
        }
    }

    fn take_in(&mut self, received: &Received, effect: Effect, draft: &mut Draft) {
        match self.ledger.get(&effect.id).map(|entry| entry.state.clone()) {
            Some(State::Done { receipt, .. }) => {
                self.report(received, End::Again(receipt), draft);
            }
            Some(State::GaveUp { reason, .. }) => {
                self.report(received, End::GaveUp(reason), draft);
            }
            // Its outcome is on the way, and this record will want one too.
            Some(_) => {
                let place = received.place.to_string();
                let key = EffectId::of(&[effect.id.as_str(), &place]);
                self.enter(received, key, effect, draft);
            }
            None => self.enter(received, effect.id.clone(), effect, draft),
        }
    }

    fn enter(&mut self, received: &Received, key: EffectId, effect: Effect, draft: &mut Draft) {
        if let Some(reason) = self.refusal(received, &effect) {
            draft.bury(received, reason.kind.name(), reason.text.clone());
            self.report(received, End::GaveUp(reason), draft);
            return;
        }
        if effect.supersedes {
            self.supersede(&effect, draft);
        }
        let id = key.clone();
        let state =
            State::Waiting { input: received.clone(), not_before: draft.at, tries: 0, last: None };
        let partition = received.place.partition;
        let entry = Entry { key, effect, taken_in: draft.at, origin: received.place, state };
        self.change(partition, entry);
        self.start_if_ready(&id, draft);
    }

    fn refusal(&self, received: &Received, effect: &Effect) -> Option<Reason> {
        if received.value.len() > MOST_BYTES_OF_A_RECORD {
            let text = format!("the input has {} bytes", received.value.len());
            return Some(Reason { kind: ReasonKind::TooLarge, text });
        }
        let waiting = self.ledger.all_unfinished().filter(|e| e.effect.lane == effect.lane).count();
        (waiting >= MOST_WAITING_IN_A_LANE).then(|| Reason {
            kind: ReasonKind::LaneFull,
            text: format!("{waiting} effects already wait for {}", effect.lane.0),
        })
    }

    /// Ends earlier effects about the same thing that were never tried.
    fn supersede(&mut self, effect: &Effect, draft: &mut Draft) {
        let earlier: Vec<EffectId> = self.ledger.unfinished_about(&effect.about).cloned().collect();
        for id in earlier {
            let untried = self
                .ledger
                .get(&id)
                .is_some_and(|entry| matches!(entry.state, State::Waiting { tries: 0, .. }));
            if untried {
                let text = "a later message says it all".to_owned();
                self.give_up(&id, Reason { kind: ReasonKind::Superseded, text }, draft);
            }
        }
    }

    /// Settles what has ended in the world.
    pub fn settle(&mut self, finished: Finished, draft: &mut Draft) {
        let Finished { id, tries, lane, answer } = finished;
        if self.running.remove(&id).is_some() {
            self.lanes.ended(&lane);
        }
        let same_try = self.ledger.get(&id).is_some_and(
            |entry| matches!(entry.state, State::Attempted { tries: t, .. } if t == tries),
        );
        if !same_try {
            tracing::warn!(
                step = self.step,
                effect = id.short(),
                "an answer came under another tenure"
            );
            draft.outcomes.push("in_doubt");
            return;
        }
        match answer {
            Answer::Performed(Ok(receipt)) | Answer::Found(Ok(Some(receipt))) => {
                self.close(&id, receipt, draft);
            }
            Answer::Found(Ok(None)) => self.not_found(&id, draft),
            Answer::Performed(Err(fault)) => {
                self.cut_short.remove(&id);
                self.failed(&id, &lane, fault, draft);
            }
            // Looking is harmless: whatever kept us from it, we look again.
            Answer::Found(Err(fault)) => self.look_again(&id, fault, draft),
        }
    }

    fn failed(&mut self, id: &EffectId, lane: &Lane, fault: Fault, draft: &mut Draft) {
        match fault {
            Fault::Transient { reason, not_before } => {
                let next = not_before.unwrap_or_else(|| draft.at.plus(self.pause(id)));
                self.lanes.rest(lane, next);
                self.wait(id, next, reason);
            }
            Fault::NotYet { reason, not_before } => {
                let next = not_before.unwrap_or_else(|| draft.at.plus(self.pause(id)));
                self.wait(id, next, reason);
            }
            // Whether it happened makes no difference: it is tried again, after a pause.
            Fault::Unsure { reason } if self.is_harmless(id) => {
                self.failed(id, lane, Fault::Transient { reason, not_before: None }, draft);
            }
            Fault::Unsure { reason } => self.attempted_until(id, draft.at, reason),
            Fault::Refused { reason } => {
                let reason = Reason { kind: ReasonKind::Refused, text: reason };
                self.give_up(id, reason, draft);
            }
        }
    }

    fn pause(&self, id: &EffectId) -> Duration {
        FIRST_PAUSE.saturating_mul(1 << self.tries(id).min(10)).min(LONGEST_PAUSE)
    }

    /// Nothing of it is in the world: what its kind allows is done.
    fn not_found(&mut self, id: &EffectId, draft: &mut Draft) {
        let Some(entry) = self.ledger.get(id) else { return };
        if entry.effect.repeat == Repeat::Regrettable {
            draft.outcomes.push("in_doubt");
            let text = "it may have happened, cannot be looked for and must not happen twice";
            self.give_up(id, Reason { kind: ReasonKind::Doubt, text: text.to_owned() }, draft);
        } else if self.is_poison(id) {
            self.give_up(id, poison(self.tries(id)), draft);
        } else {
            self.cut_short.remove(id);
            self.wait(id, draft.at, "it did not happen".to_owned());
        }
    }

    fn look_again(&mut self, id: &EffectId, fault: Fault, draft: &mut Draft) {
        let (Fault::Transient { reason, .. }
        | Fault::NotYet { reason, .. }
        | Fault::Unsure { reason }
        | Fault::Refused { reason }) = fault;
        self.attempted_until(id, draft.at.plus(FIRST_PAUSE.saturating_mul(5)), reason);
    }

    /// Starts what may start now and ends what has waited too long.
    pub fn tick(&mut self, draft: &mut Draft) {
        self.sweep(draft);
        let mut ids: Vec<(Place, EffectId)> =
            self.ledger.all_unfinished().map(|entry| (entry.origin, entry.key.clone())).collect();
        ids.sort();
        for (_, id) in ids {
            if self.running.contains_key(&id) {
                continue;
            }
            if self.out_of_patience(&id, draft.at) {
                self.end_of_patience(&id, draft);
            } else if self.is_harmless(&id) && self.is_poison(&id) {
                self.give_up(&id, poison(self.tries(&id)), draft);
            } else {
                self.start_if_ready(&id, draft);
            }
        }
    }

    fn out_of_patience(&self, id: &EffectId, at: Moment) -> bool {
        self.ledger.get(id).is_some_and(|entry| {
            // What may have happened is looked for before anything is said about it.
            let undecided = matches!(entry.state, State::Attempted { .. });
            !undecided && at >= entry.taken_in.plus(self.action.patience())
        })
    }

    fn end_of_patience(&mut self, id: &EffectId, draft: &mut Draft) {
        let last = match self.ledger.get(id).map(|entry| &entry.state) {
            Some(State::Waiting { last: Some(last), .. }) => format!(": {last}"),
            _ => String::new(),
        };
        let text = match self.action.patience().as_secs_f64() {
            seconds if seconds < 1.0 => format!("given up at once{last}"),
            seconds if seconds < 120.0 => format!("given up after {seconds:.0} seconds{last}"),
            seconds => format!("given up after {:.0} minutes{last}", seconds / 60.0),
        };
        self.give_up(id, Reason { kind: ReasonKind::PatienceOver, text }, draft);
    }

    /// The earliest moment at which `tick` would do something.
    pub fn next_due(&self) -> Option<Moment> {
        let waiting = self.ledger.all_unfinished();
        waiting
            .filter(|entry| !self.running.contains_key(&entry.key))
            .filter(|entry| self.is_first_about(entry))
            .map(|entry| match entry.state {
                State::Waiting { not_before, .. } => {
                    not_before.max(self.lanes.rests_until(&entry.effect.lane))
                }
                State::Attempted { until, .. } => until,
                State::Done { .. } | State::GaveUp { .. } => Moment(i64::MAX),
            })
            .min()
    }

    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Effects under way that a stop should see to their end; harmless ones are done again.
    pub fn running_to_await(&self) -> usize {
        self.running.keys().filter(|key| !self.is_harmless(key)).count()
    }

    /// Since when the oldest unfinished effect waits.
    pub fn oldest_unfinished(&self) -> Option<Moment> {
        self.ledger.all_unfinished().map(|entry| entry.taken_in).min()
    }

    /// Effects to start before the turn is committed: harmless ones that may end within it.
    pub fn starts_now(&mut self) -> Vec<Start> {
        if self.short_cut != ShortCut::Open {
            return Vec::new();
        }
        let kept = &self.kept;
        let may = |start: &mut Start| {
            start.order.effect.repeat == Repeat::Harmless && !kept.contains(&start.order.key)
        };
        self.to_start.extract_if(.., may).collect()
    }

    /// Puts every entry that changed into the turn.
    pub fn write(&mut self, draft: &mut Draft) {
        for (id, partition) in std::mem::take(&mut self.changed) {
            let bytes = self.ledger.get(&id).map(ledger::write);
            draft.enter(partition, &id, bytes);
            self.kept.insert(id);
        }
    }

    /// Effects to start now that the turn is committed.
    pub fn starts_after_commit(&mut self) -> Vec<Start> {
        if self.short_cut == ShortCut::OpensAfterThisTurn {
            self.short_cut = ShortCut::Open;
        }
        std::mem::take(&mut self.to_start)
    }

    /// Takes back what was to start once a turn is committed that never will be.
    pub fn drop_starts(&mut self) {
        for start in std::mem::take(&mut self.to_start) {
            self.running.remove(&start.order.key);
            self.lanes.ended(&start.order.effect.lane);
        }
    }

    fn start_if_ready(&mut self, id: &EffectId, draft: &mut Draft) {
        let Some(entry) = self.ledger.get(id) else { return };
        if !self.is_first_about(entry) {
            return;
        }
        if entry.follows()
            && let Some(end) = self.end_of(&entry.effect.id.clone())
        {
            self.follow(id, end, draft);
            return;
        }
        let at = draft.at;
        match &entry.state {
            State::Waiting { not_before, .. }
                if *not_before <= at && self.lanes.is_free_for(&entry.effect, at) =>
            {
                self.start(id, Wanted::Perform, at);
            }
            // Doing a harmless thing again is as good as looking, and needs no waiting.
            State::Attempted { .. } if self.is_harmless(id) => self.start(id, Wanted::Perform, at),
            State::Attempted { until, .. } if *until <= at => self.start(id, Wanted::Find, at),
            _ => {}
        }
    }

    /// How the effect ended, if it is on the books as finished.
    fn end_of(&self, id: &EffectId) -> Option<End<serde_json::Value>> {
        match &self.ledger.get(id)?.state {
            State::Done { receipt, .. } => Some(End::Again(receipt.clone())),
            State::GaveUp { reason, .. } => Some(End::GaveUp(reason.clone())),
            State::Waiting { .. } | State::Attempted { .. } => None,
        }
    }

    /// Ends the entry as the effect that it waited for did.
    fn follow(&mut self, id: &EffectId, end: End<serde_json::Value>, draft: &mut Draft) {
        let Some((partition, entry)) = self.ledger.remove(id) else { return };
        self.changed.remove(id);
        self.cut_short.remove(id);
        if let Some(input) = entry.input() {
            self.report(input, end, draft);
        }
        if self.kept.remove(id) {
            draft.enter(partition, id, None);
        }
    }

    fn is_first_about(&self, entry: &Entry) -> bool {
        entry.effect.repeat == Repeat::Harmless
            || self.ledger.unfinished_about(&entry.effect.about).next() == Some(&entry.key)
    }

    fn is_harmless(&self, id: &EffectId) -> bool {
        self.ledger.get(id).is_some_and(|entry| entry.effect.repeat == Repeat::Harmless)
    }

    fn is_poison(&self, id: &EffectId) -> bool {
        self.cut_short.contains(id) && self.tries(id) >= MOST_STARTS_CUT_SHORT
    }

    fn start(&mut self, id: &EffectId, wanted: Wanted, at: Moment) {
        let Some((partition, entry)) = self.ledger.located(id).cloned() else { return };
        let Some(input) = entry.input().cloned() else { return };
        let (before, last) = match &entry.state {
            State::Waiting { tries, last, .. } | State::Attempted { tries, last, .. } => {
                (*tries, last.clone())
            }
            _ => return,
        };
        let tries = before + u32::from(wanted == Wanted::Perform);
        let deadline = self.action.deadline();
        let until = at.plus(deadline).plus(MARGIN_AFTER_DEADLINE);
        let effect = entry.effect.clone();
        let prior = self.ledger.prior(&effect.about);
        let state = State::Attempted { input: input.clone(), until, tries, last };
        self.change(partition, Entry { state, ..entry });
        self.lanes.started(&effect.lane);
        self.running.insert(id.clone(), tries);
        let order = Order { key: id.clone(), effect, input, at, tries, prior };
        self.to_start.push(Start { wanted, order, deadline });
    }

    fn tries(&self, id: &EffectId) -> u32 {
        match self.ledger.get(id).map(|entry| &entry.state) {
            Some(State::Waiting { tries, .. } | State::Attempted { tries, .. }) => *tries,
            _ => 0,
        }
    }

    fn wait(&mut self, id: &EffectId, not_before: Moment, reason: String) {
        self.replace(id, |input, tries| State::Waiting {
            input,
            not_before,
            tries,
            last: Some(reason),
        });
    }

    fn attempted_until(&mut self, id: &EffectId, until: Moment, reason: String) {
        self.replace(id, |input, tries| State::Attempted {
            input,
            until,
            tries,
            last: Some(reason),
        });
    }

    fn replace(&mut self, id: &EffectId, state: impl FnOnce(Received, u32) -> State) {
        let tries = self.tries(id);
        let Some((partition, entry)) = self.ledger.located(id).cloned() else { return };
        let Some(input) = entry.input().cloned() else { return };
        self.change(partition, Entry { state: state(input, tries), ..entry });
    }

    fn close(&mut self, id: &EffectId, receipt: serde_json::Value, draft: &mut Draft) {
        let state = State::Done { receipt: receipt.clone(), at: draft.at };
        self.finish(id, End::Done(receipt), state, draft);
    }

    fn give_up(&mut self, id: &EffectId, reason: Reason, draft: &mut Draft) {
        if reason.kind.needs_an_operator()
            && let Some(input) = self.ledger.get(id).and_then(Entry::input)
        {
            draft.bury(&input.clone(), reason.kind.name(), reason.text.clone());
        }
        let state = State::GaveUp { reason: reason.clone(), at: draft.at };
        self.finish(id, End::GaveUp(reason), state, draft);
    }

    fn finish(
        &mut self,
        id: &EffectId,
        end: End<serde_json::Value>,
        state: State,
        draft: &mut Draft,
    ) {
        let Some((partition, entry)) = self.ledger.remove(id) else { return };
        self.changed.remove(id);
        self.cut_short.remove(id);
        if let Some(input) = entry.input() {
            self.report(input, end, draft);
        }
        if entry.effect.repeat == Repeat::Harmless {
            if self.kept.remove(id) {
                draft.enter(partition, id, None);
            }
        } else {
            self.change(partition, Entry { state, ..entry });
        }
    }

    fn report(&self, received: &Received, end: End<serde_json::Value>, draft: &mut Draft) {
        draft.outcomes.push(match &end {
            End::Nothing => "nothing",
            End::Done(_) => "done",
            End::Again(_) => "again",
            End::GaveUp(_) => "gave_up",
        });
        match self.action.outcome(&self.codec, received, end) {
            Ok(message) => draft.emit(&Origin::of(received), vec![message]),
            Err(error) => draft.bury(received, "malformed", error.to_string()),
        }
    }

    /// Changes an entry; `write` puts its last state into the turn.
    fn change(&mut self, partition: i32, entry: Entry) {
        self.changed.insert(entry.key.clone(), partition);
        self.ledger.put(partition, entry);
    }

    /// Forgets finished effects some weeks after their last touch, once an hour.
    fn sweep(&mut self, draft: &mut Draft) {
        const HOUR: Duration = Duration::from_secs(3600);
        if draft.at.since(self.swept_at) < HOUR {
            return;
        }
        self.swept_at = draft.at;
        let horizon = Moment(draft.at.0.saturating_sub(REMEMBERED_FOR.as_millis() as i64));
        for id in self.ledger.finished_before(horizon) {
            if let Some((partition, _)) = self.ledger.remove(&id) {
                self.kept.remove(&id);
                draft.enter(partition, &id, None);
            }
        }
    }
}

fn poison(starts: u32) -> Reason {
    let text = format!("the process ended each of the {starts} times that this was started");
    Reason { kind: ReasonKind::Poison, text }
}
