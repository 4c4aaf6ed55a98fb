//! Hosts one stage: its memories, its alarms, its decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::draft::{Draft, Origin};
use super::journal::Kept;
use super::message::Received;
use super::step::{Decides, Decision, Remembered, Trouble};
use super::{Moment, StepError};
use crate::records::{Codec, Key, Unreadable};

pub(crate) struct StageWorker {
    stage: Arc<dyn Decides>,
    codec: Arc<Codec>,
    memories: BTreeMap<(i32, Key), Remembered>,
    /// Due moments of the memories, earliest first.
    due: BTreeSet<(Moment, i32, Key)>,
    /// Partitions whose alarms may ring: what waited there at the assignment has been read.
    caught_up: BTreeSet<i32>,
}

impl StageWorker {
    pub fn new(stage: Arc<dyn Decides>, codec: Arc<Codec>) -> Self {
        StageWorker {
            stage,
            codec,
            memories: BTreeMap::new(),
            due: BTreeSet::new(),
            caught_up: BTreeSet::new(),
        }
    }

    /// Forgets what the last tenure held and takes over what was kept.
    pub fn restore(&mut self, kept: Vec<Kept>) -> Result<(), StepError> {
        self.memories.clear();
        self.due.clear();
        self.caught_up.clear();
        for Kept { partition, key, value } in kept {
            let memory = self.stage.restore(value).map_err(|trouble| unreadable(&key, &trouble))?;
            self.put(partition, Key::from_text(key), memory);
        }
        Ok(())
    }

    pub fn caught_up(&mut self, partitions: BTreeSet<i32>) {
        self.caught_up.extend(partitions);
    }

    /// # Errors
    /// When the registry or the memory cannot be read; the record is then not taken.
    pub fn take(&mut self, received: &Received, draft: &mut Draft) -> Result<(), StepError> {
        let partition = received.place.partition;
        let decided = {
            let memories = &self.memories;
            let recall = |key: &Key| {
                memories.get(&(partition, key.clone())).map(|memory| memory.bytes.as_slice())
            };
            guarded(|| self.stage.on_record(&self.codec, draft.at, received, &recall))
        };
        match decided {
            Ok(Ok(decision)) => {
                draft.outcomes.push("decided");
                self.apply(partition, decision, &Origin::of(received), draft);
            }
            Ok(Err(Trouble::Unreadable(Unreadable::Malformed(text)))) => {
                draft.bury(received, "malformed", text);
            }
            Ok(Err(Trouble::Unreadable(Unreadable::RegistryDown(error)))) => {
                return Err(StepError::RegistryDown(error));
            }
            Ok(Err(Trouble::Rejected(rejected))) => {
                draft.bury(received, "rejected", rejected.reason);
            }
            Ok(Err(trouble @ Trouble::MemoryUnreadable(_))) => {
                return Err(unreadable(&received.place.to_string(), &trouble));
            }
            Err(panic) => draft.bury(received, "bug", panic),
        }
        Ok(())
    }

    /// Rings the alarms that are due, and forgets what may be forgotten.
    pub fn tick(&mut self, draft: &mut Draft) -> Result<(), StepError> {
        for (moment, partition, key) in self.take_due(draft.at) {
            let slot = (partition, key);
            let Some(memory) = self.memories.get(&slot).cloned() else { continue };
            if memory.forget_at.is_some_and(|at| at <= draft.at) {
                self.memories.remove(&slot);
                draft.remember(partition, &slot.1, None);
                continue;
            }
            let rung =
                guarded(|| self.stage.on_alarm(&self.codec, draft.at, &slot.1, &memory.bytes));
            match rung {
                Ok(Ok(decision)) => {
                    draft.outcomes.push("alarm");
                    self.apply(partition, decision, &Origin::alarm(&slot.1, moment), draft);
                }
                Ok(Err(trouble)) => return Err(unreadable(slot.1.as_str(), &trouble)),
                Err(panic) => tracing::error!(key = %slot.1, panic, "an alarm broke its stage"),
            }
        }
        Ok(())
    }

    pub fn next_due(&self) -> Option<Moment> {
        let mut due =
            self.due.iter().filter(|(_, partition, _)| self.caught_up.contains(partition));
        due.next().map(|(moment, ..)| *moment)
    }

    fn take_due(&mut self, at: Moment) -> Vec<(Moment, i32, Key)> {
        let due: Vec<_> = self
            .due
            .iter()
            .take_while(|(moment, ..)| *moment <= at)
            .filter(|(_, partition, _)| self.caught_up.contains(partition))
            .cloned()
            .collect();
        for entry in &due {
            self.due.remove(entry);
        }
        due
    }

    fn apply(
        &mut self,
        partition: i32,
        decision: Decision,
        origin: &Origin<'_>,
        draft: &mut Draft,
    ) {
        draft.emit(origin, decision.messages);
        if let Some(memory) = decision.memory {
            draft.remember(partition, &decision.key, Some(memory.bytes.clone()));
            self.put(partition, decision.key, memory);
        }
    }

    fn put(&mut self, partition: i32, key: Key, memory: Remembered) {
        let moments = |memory: &Remembered| [memory.wake_at, memory.forget_at];
        let slot = (partition, key);
        if let Some(old) = self.memories.get(&slot) {
            for moment in moments(old).into_iter().flatten() {
                self.due.remove(&(moment, partition, slot.1.clone()));
            }
        }
        for moment in moments(&memory).into_iter().flatten() {
            self.due.insert((moment, partition, slot.1.clone()));
        }
        self.memories.insert(slot, memory);
    }
}

/// A stage that panics has met a bug of ours: the record goes aside, the flow goes on.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
            .unwrap_or_else(|| "panicked".to_owned())
    })
}

fn unreadable(what: &str, trouble: &Trouble) -> StepError {
    let text = match trouble {
        Trouble::MemoryUnreadable(text) => text.clone(),
        Trouble::Unreadable(error) => error.to_string(),
        Trouble::Rejected(error) => error.to_string(),
    };
    StepError::Fatal(format!("the memory for {what} cannot be read: {text}"))
}
