//! Adds up the tasks of one stage attempt, and lets go of the single values when it ends.

use std::collections::BTreeMap;

use super::super::events::{EndReason, StageInfo, TaskEnd, TaskInfo, TaskMetrics};
use crate::world::spark_history::failure_text;
use crate::world::spark_history::run_metrics::{
    FailureKind, Stage, StageStatus, TaskSpread, Totals, Unfinished, first_line,
};
use crate::world::spark_history::spread::Sample;

const MOST_RUNNING: usize = 4_096;

/// One stage attempt so far.
pub struct StageTally {
    stage: Stage,
    /// Tasks that did not end yet. They can outlive their stage: when it is
    /// cancelled they end a little later, or, if the application ends first, never.
    running: BTreeMap<i64, Running>,
    ended_at: Option<i64>,
    /// Until the stage ends.
    open: Option<Box<Open>>,
}

struct Running {
    launched: i64,
    /// Whether no task had ended on its executor before.
    on_fresh: bool,
}

#[derive(Default)]
struct Open {
    duration_ms: Sample,
    input_bytes: Sample,
    input_records: Sample,
    shuffle_bytes: Sample,
    shuffle_records: Sample,
    disk_spilled: Sample,
    peak_memory: Sample,
}

impl StageTally {
    pub fn new(id: i32, attempt: i32) -> Self {
        let stage = Stage::new(id, attempt);
        Self { stage, running: BTreeMap::new(), ended_at: None, open: Some(Box::default()) }
    }

    pub fn so_far(&self) -> &Stage {
        &self.stage
    }

    pub fn describe(&mut self, info: &StageInfo) {
        self.stage.name = first_line(&info.name, 200);
        self.stage.tasks.n_planned = info.n_tasks;
        if info.completed.is_some() {
            self.ended_at = info.completed;
            self.stage.failure = info.failure.as_deref().map(|reason| first_line(reason, 300));
            self.stage.status = match info.failure {
                Some(_) => StageStatus::Failed,
                None => StageStatus::Complete,
            };
        }
    }

    /// The stage ended. Killed tasks may still report; they are counted, not spread.
    pub fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.stage.spread = open.spread();
        }
    }

    pub fn finish(mut self, last_seen: i64) -> Stage {
        let end = self.ended_at.unwrap_or(last_seen);
        for task in self.running.values() {
            let ran = u64::try_from(end.saturating_sub(task.launched)).unwrap_or(0);
            self.stage.unfinished.add(ran, None);
        }
        self.close();
        if self.stage.status == StageStatus::Complete {
            // Killed because nobody needed them any more.
            self.stage.unfinished = Unfinished::default();
        }
        self.stage.failures.sort_by_key(|failure| std::cmp::Reverse(failure.n_tasks));
        self.stage
    }

    pub fn task_started(&mut self, info: &TaskInfo<'_>, on_fresh: bool) {
        if self.running.len() < MOST_RUNNING {
            self.running.insert(info.id, Running { launched: info.launched, on_fresh });
        }
    }

    pub fn task_ended(&mut self, end: &TaskEnd<'_>) {
        let ran = u64::try_from(end.info.finished.saturating_sub(end.info.launched)).unwrap_or(0);
        let on_fresh = self.running.remove(&end.info.id).is_some_and(|task| task.on_fresh);
        if let Some(metrics) = &end.metrics {
            self.stage.totals.add(metrics);
        }
        match failure_of(&end.reason) {
            None => {
                self.stage.tasks.n_succeeded += 1;
                let slowest = &mut self.stage.slowest;
                let of_its_kind =
                    if on_fresh { &mut slowest.on_fresh_ms } else { &mut slowest.on_warm_ms };
                *of_its_kind = ran.max(*of_its_kind);
                if let (Some(open), Some(metrics)) = (&mut self.open, &end.metrics) {
                    open.add(ran, metrics);
                }
            }
            Some((kind, reason)) => {
                match kind {
                    FailureKind::Killed => self.stage.tasks.n_killed += 1,
                    FailureKind::Resubmitted => {}
                    _ => self.stage.tasks.n_failed += 1,
                }
                // A copy that lost the race was not held up; the one that won it ended.
                if kind == FailureKind::Killed && !reason.contains("another attempt succeeded") {
                    self.stage.unfinished.add(ran, end.metrics.as_ref());
                }
                self.stage.note_failure(kind, reason);
            }
        }
    }
}

impl Open {
    fn add(&mut self, ran: u64, metrics: &TaskMetrics) {
        self.duration_ms.add(ran);
        self.input_bytes.add(metrics.input.bytes);
        self.input_records.add(metrics.input.records);
        self.shuffle_bytes.add(metrics.shuffle_read.bytes());
        self.shuffle_records.add(metrics.shuffle_read.records);
        self.disk_spilled.add(metrics.disk_spilled);
        self.peak_memory.add(metrics.peak_memory);
    }

    fn spread(self) -> TaskSpread {
        TaskSpread {
            duration_ms: self.duration_ms.spread(),
            input_bytes: self.input_bytes.spread(),
            input_records: self.input_records.spread(),
            shuffle_bytes: self.shuffle_bytes.spread(),
            shuffle_records: self.shuffle_records.spread(),
            disk_spilled: self.disk_spilled.spread(),
            peak_memory: self.peak_memory.spread(),
        }
    }
}

impl Totals {
    fn add(&mut self, task: &TaskMetrics) {
        for (sum, value) in [
            (&mut self.run_ms, task.run_ms),
            (&mut self.gc_ms, task.gc_ms),
            (&mut self.input_bytes, task.input.bytes),
            (&mut self.input_records, task.input.records),
            (&mut self.output_bytes, task.output.bytes),
            (&mut self.output_records, task.output.records),
            (&mut self.shuffle_read_bytes, task.shuffle_read.bytes()),
            (&mut self.shuffle_read_records, task.shuffle_read.records),
            (&mut self.shuffle_write_bytes, task.shuffle_write.bytes),
            (&mut self.shuffle_write_records, task.shuffle_write.records),
            (&mut self.memory_spilled, task.memory_spilled),
            (&mut self.disk_spilled, task.disk_spilled),
        ] {
            *sum = sum.saturating_add(value);
        }
    }
}

impl Unfinished {
    fn add(&mut self, ran: u64, metrics: Option<&TaskMetrics>) {
        self.n_tasks += 1;
        self.longest_ms = self.longest_ms.max(ran);
        if let Some(metrics) = metrics {
            let records = metrics.input.records.max(metrics.shuffle_read.records);
            let bytes = metrics.input.bytes.max(metrics.shuffle_read.bytes());
            self.most_records = self.most_records.max(records);
            self.most_bytes = self.most_bytes.max(bytes);
        }
    }
}

/// Why a task did not succeed, in a line.
fn failure_of(end: &EndReason<'_>) -> Option<(FailureKind, String)> {
    let said = |text: &Option<std::borrow::Cow<'_, str>>| {
        text.as_deref().map(failure_text::telling_line).unwrap_or_default()
    };
    Some(match &*end.reason {
        "Success" => return None,
        "ExceptionFailure" => {
            let class = end.class_name.as_deref().unwrap_or("exception");
            let description = end.description.as_deref().unwrap_or_default();
            let trace = end.stack_trace.as_deref().unwrap_or_default();
            (FailureKind::Exception, failure_text::exception(class, description, trace))
        }
        "ExecutorLostFailure" => (FailureKind::ExecutorLost, said(&end.loss_reason)),
        "FetchFailed" => (FailureKind::FetchFailed, said(&end.message)),
        "TaskKilled" => (FailureKind::Killed, said(&end.kill_reason)),
        "Resubmitted" => (FailureKind::Resubmitted, "its output was lost".to_owned()),
        other => (FailureKind::Other, first_line(other, 100)),
    })
}
