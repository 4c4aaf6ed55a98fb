//! Puts the History Server's answers together into [`RunMetrics`].

use std::collections::BTreeMap;

use super::answers::{
    Application, Environment, Executor, Job, StageAnswer, Task, TaskSummary, epoch_ms,
};
use crate::records::diagnosis::MetricsSource;
use crate::world::spark_history::failure_text;
use crate::world::spark_history::run_metrics::{
    self, FailedJob, Jobs, Reading, Removal, RunMetrics, Slowest, Stage, StageStatus, TaskCounts,
    TaskSpread, Totals, first_line, settings_of,
};
use crate::world::spark_history::spread::Spread;

/// What was answered so far.
pub struct Gathered {
    run: RunMetrics,
    /// When each stage was given up.
    given_up: BTreeMap<(i32, i32), i64>,
    /// When the application ended, or was last heard of.
    last_heard: Option<i64>,
}

impl Default for Gathered {
    fn default() -> Self {
        let run = RunMetrics {
            source: MetricsSource::HistoryServer,
            application: run_metrics::Application::default(),
            jobs: Jobs::default(),
            stages: Vec::new(),
            executors: Vec::new(),
            queries: Vec::new(),
            settings: BTreeMap::new(),
            last_good: None,
            reading: Reading::default(),
        };
        Self { run, given_up: BTreeMap::new(), last_heard: None }
    }
}

impl Gathered {
    pub fn has_stages(&self) -> bool {
        !self.run.stages.is_empty()
    }

    pub fn gap(&mut self, what: &str) {
        self.run.reading.gaps.push(what.to_owned());
    }

    pub fn finish(mut self, host: String) -> RunMetrics {
        self.run.reading.from = format!("the History Server at {host}");
        self.run
    }

    pub fn application(&mut self, answer: Application) {
        let attempt = answer.attempts.into_iter().next();
        self.last_heard = attempt.as_ref().and_then(|attempt| match attempt.completed {
            true => attempt.end_time_epoch,
            false => attempt.last_updated_epoch,
        });
        self.run.application = run_metrics::Application {
            id: Some(answer.id),
            name: Some(answer.name),
            spark_version: attempt.as_ref().and_then(|attempt| attempt.app_spark_version.clone()),
            started_at: attempt.as_ref().and_then(|attempt| attempt.start_time_epoch),
            ended_at: attempt
                .as_ref()
                .filter(|attempt| attempt.completed)
                .and_then(|attempt| attempt.end_time_epoch),
            attempt: attempt.and_then(|attempt| attempt.attempt_id),
        };
        self.answered();
    }

    pub fn stages(&mut self, answers: Vec<StageAnswer>) {
        self.given_up = answers
            .iter()
            .filter_map(|stage| {
                let at = epoch_ms(stage.completion_time.as_deref()?)?;
                Some(((stage.stage_id, stage.attempt_id), at))
            })
            .collect();
        self.run.stages = answers.iter().map(stage_of).collect();
        self.run.stages.sort_by_key(|stage| (stage.id, stage.attempt));
        self.answered();
    }

    pub fn executors(&mut self, answers: Vec<Executor>) {
        self.run.executors = answers
            .into_iter()
            .filter(|executor| executor.id != "driver")
            .map(|executor| run_metrics::Executor {
                removed: match (executor.is_active, executor.remove_reason) {
                    (false, Some(reason)) => Some(Removal::because(&reason)),
                    _ => None,
                },
                id: executor.id,
                added_at: executor.add_time.as_deref().and_then(epoch_ms),
                removed_at: executor.remove_time.as_deref().and_then(epoch_ms),
                n_cores: executor.total_cores,
                busy_ms: executor.total_duration,
                peak_heap: executor
                    .peak_memory_metrics
                    .map(|peaks| peaks.heap)
                    .filter(|heap| *heap > 0),
            })
            .collect();
        self.answered();
    }

    pub fn jobs(&mut self, answers: Vec<Job>) {
        for job in answers {
            match job.status.as_str() {
                "SUCCEEDED" => self.run.jobs.n_succeeded += 1,
                "FAILED" => {
                    self.run.jobs.n_failed += 1;
                    // The reason stands with the stage that failed.
                    self.run.jobs.failed.push(FailedJob { id: job.job_id, reason: String::new() });
                }
                _ => self.run.jobs.n_unfinished += 1,
            }
        }
        self.answered();
    }

    pub fn environment(&mut self, answer: Environment) {
        self.run.settings = settings_of(answer.spark_properties);
        self.answered();
    }

    /// The stages whose tasks are worth comparing, longest first; the others become a gap.
    pub fn worth_a_summary(&mut self, most: usize) -> Vec<(i32, i32)> {
        let several = |stage: &&Stage| stage.tasks.n_succeeded > 1;
        let mut by_work: Vec<&Stage> = self.run.stages.iter().filter(several).collect();
        by_work.sort_by_key(|stage| std::cmp::Reverse(stage.totals.run_ms));
        let n_left_out = by_work.len().saturating_sub(most);
        let keys = by_work.into_iter().take(most).map(|stage| (stage.id, stage.attempt)).collect();
        if n_left_out > 0 {
            self.gap(&format!("the tasks of {n_left_out} shorter stages"));
        }
        keys
    }

    /// The last stages with failed tasks; the last failure is the one that ended the run.
    pub fn with_failures(&self, most: usize) -> Vec<(i32, i32)> {
        let failed = self.run.stages.iter().rev().filter(|stage| stage.tasks.n_failed > 0);
        failed.take(most).map(|stage| (stage.id, stage.attempt)).collect()
    }

    /// The last stages that did not succeed and had tasks at work when they were given up.
    pub fn with_running_tasks(&self, most: usize) -> Vec<(i32, i32)> {
        let at_work =
            |stage: &&Stage| stage.status != StageStatus::Complete && stage.unfinished.n_tasks > 0;
        let stages = self.run.stages.iter().rev().filter(at_work);
        stages.take(most).map(|stage| (stage.id, stage.attempt)).collect()
    }

    /// The server says how long they run as if they still did, so their time is counted to when
    /// their stage was given up or the application was last heard of.
    pub fn running_tasks(&mut self, key: (i32, i32), tasks: &[Task]) {
        self.answered();
        let until = self.given_up.get(&key).copied().or(self.last_heard);
        let launched = tasks.iter().filter_map(|task| epoch_ms(task.launch_time.as_deref()?)).min();
        let (Some(until), Some(launched), Some(stage)) = (until, launched, self.stage(key)) else {
            return;
        };
        stage.unfinished.longest_ms = u64::try_from(until - launched).unwrap_or(0);
    }

    pub fn summary(&mut self, key: (i32, i32), summary: &TaskSummary) {
        self.answered();
        let Some(stage) = self.stage(key) else { return };
        let of = |values: &[f64], sum: u64| spread(stage, &summary.quantiles, values, sum);
        let (input, shuffle) = (&summary.input_metrics, &summary.shuffle_read_metrics);
        let totals = &stage.totals;
        let spread = TaskSpread {
            duration_ms: of(&summary.duration, totals.run_ms),
            input_bytes: of(&input.bytes_read, totals.input_bytes),
            input_records: of(&input.records_read, totals.input_records),
            shuffle_bytes: of(&shuffle.read_bytes, totals.shuffle_read_bytes),
            shuffle_records: of(&shuffle.read_records, totals.shuffle_read_records),
            disk_spilled: of(&summary.disk_bytes_spilled, totals.disk_spilled),
            peak_memory: of(&summary.peak_execution_memory, 0),
        };
        stage.slowest = slowest(&spread.duration_ms, &summary.executor_deserialize_time);
        stage.spread = spread;
    }

    pub fn failed_tasks(&mut self, key: (i32, i32), tasks: &[Task]) {
        self.answered();
        let Some(stage) = self.stage(key) else { return };
        for message in tasks.iter().filter_map(|task| task.error_message.as_deref()) {
            let (kind, reason) = failure_text::of_message(message);
            stage.note_failure(kind, reason);
        }
        stage.failures.sort_by_key(|failure| std::cmp::Reverse(failure.n_tasks));
    }

    fn stage(&mut self, (id, attempt): (i32, i32)) -> Option<&mut Stage> {
        self.run.stages.iter_mut().find(|stage| (stage.id, stage.attempt) == (id, attempt))
    }

    fn answered(&mut self) {
        self.run.reading.n_events += 1;
    }
}

fn stage_of(answer: &StageAnswer) -> Stage {
    let mut stage = Stage::new(answer.stage_id, answer.attempt_id);
    stage.name = first_line(&answer.name, 200);
    stage.status = match answer.status.as_str() {
        "COMPLETE" => StageStatus::Complete,
        "FAILED" => StageStatus::Failed,
        _ => StageStatus::Unfinished,
    };
    stage.failure = answer.failure_reason.as_deref().map(|reason| first_line(reason, 300));
    stage.tasks = TaskCounts {
        n_planned: answer.num_tasks,
        n_succeeded: answer.num_complete_tasks,
        n_failed: answer.num_failed_tasks,
        n_killed: answer.num_killed_tasks,
    };
    stage.unfinished.n_tasks = answer.num_active_tasks;
    stage.totals = Totals {
        run_ms: answer.executor_run_time,
        gc_ms: answer.jvm_gc_time,
        input_bytes: answer.input_bytes,
        input_records: answer.input_records,
        output_bytes: answer.output_bytes,
        output_records: answer.output_records,
        shuffle_read_bytes: answer.shuffle_read_bytes,
        shuffle_read_records: answer.shuffle_read_records,
        shuffle_write_bytes: answer.shuffle_write_bytes,
        shuffle_write_records: answer.shuffle_write_records,
        memory_spilled: answer.memory_bytes_spilled,
        disk_spilled: answer.disk_bytes_spilled,
    };
    stage
}

/// The server does not tell which task was the slowest. Where the code of one took this long to
/// load, an executor was new to it all, and the slowest is taken for its first.
const LOADED_SLOWLY_MS: f64 = 1_000.0;

fn slowest(duration_ms: &Spread, deserialize_ms: &[f64]) -> Slowest {
    match deserialize_ms.iter().any(|ms| *ms >= LOADED_SLOWLY_MS) {
        true => Slowest { on_warm_ms: duration_ms.p75, on_fresh_ms: duration_ms.max },
        false => Slowest { on_warm_ms: duration_ms.max, on_fresh_ms: 0 },
    }
}

/// A spread from the quantiles an answer says it holds; empty where it does not hold them.
fn spread(stage: &Stage, quantiles: &[f64], values: &[f64], sum: u64) -> Spread {
    let at = |wanted: f64| {
        let place = quantiles.iter().position(|quantile| (quantile - wanted).abs() < 1e-6)?;
        values.get(place).map(|value| *value as u64)
    };
    let all = [0.0, 0.25, 0.5, 0.75, 1.0].map(at);
    let [Some(min), Some(p25), Some(median), Some(p75), Some(max)] = all else {
        return Spread::default();
    };
    let n_tasks = stage.tasks.n_succeeded;
    Spread { n_tasks, n_above_zero: None, sum, min, p25, median, p75, max }
}
