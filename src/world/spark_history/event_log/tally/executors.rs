//! Adds up what executors did, and tells which of them had worked before.

use std::collections::{BTreeMap, BTreeSet};

use super::super::events::{ExecutorAdded, ExecutorRemoved, TaskEnd};
use crate::world::spark_history::run_metrics::{Executor, Removal};

const MOST_EXECUTORS: usize = 2_000;

/// The executors so far.
#[derive(Default)]
pub struct Executors {
    /// By the order they were added; the driver is not among them.
    known: Vec<Executor>,
    places: BTreeMap<String, usize>,
    /// Those on which a task ended, the driver of a local run among them.
    warm: BTreeSet<String>,
}

impl Executors {
    pub fn added(&mut self, added: ExecutorAdded) {
        let known = self.places.contains_key(&added.id);
        if added.id == "driver" || known || self.known.len() == MOST_EXECUTORS {
            return;
        }
        self.places.insert(added.id.clone(), self.known.len());
        self.known.push(Executor {
            id: added.id,
            added_at: added.at,
            n_cores: added.info.n_cores,
            ..Executor::default()
        });
    }

    pub fn removed(&mut self, removed: &ExecutorRemoved) {
        if let Some(executor) = self.of(&removed.id) {
            executor.removed_at = removed.at;
            executor.removed = Some(Removal::because(&removed.reason));
        }
    }

    pub fn task_ended(&mut self, end: &TaskEnd<'_>) {
        let id = &*end.info.executor;
        if !self.warm.contains(id) && self.warm.len() <= MOST_EXECUTORS {
            self.warm.insert(id.to_owned());
        }
        if let Some(executor) = self.of(id) {
            // Of tasks that died with their executor there are no metrics.
            let took = end.info.finished.saturating_sub(end.info.launched);
            let took = u64::try_from(took).unwrap_or(0);
            executor.busy_ms = executor.busy_ms.saturating_add(took);
        }
        self.peak(id, end.executor.as_ref().map_or(0, |peaks| peaks.heap));
    }

    /// Bytes of heap that an executor was seen to use; 0 says nothing.
    pub fn peak(&mut self, id: &str, heap: u64) {
        if let Some(executor) = self.of(id).filter(|_| heap > 0) {
            executor.peak_heap = executor.peak_heap.max(Some(heap));
        }
    }

    /// Whether no task ended on it so far: one that starts now finds it cold.
    pub fn is_fresh(&self, id: &str) -> bool {
        !id.is_empty() && !self.warm.contains(id)
    }

    pub fn finish(self) -> Vec<Executor> {
        self.known
    }

    fn of(&mut self, id: &str) -> Option<&mut Executor> {
        self.known.get_mut(*self.places.get(id)?)
    }
}
