//! Adds up the events of a log, in memory bounded by the number of stages it keeps.

use std::collections::BTreeMap;

use super::events::{self, StageInfo, TaskEnd};
use super::plan::Plans;
use crate::records::diagnosis::MetricsSource;
use crate::world::spark_history::run_metrics::{
    Application, FailedJob, Jobs, Reading, RunMetrics, Stage, StageStatus, first_line, settings_of,
};

mod executors;
mod stage;
use executors::Executors;
use stage::StageTally;

const MOST_STAGES: usize = 4_000;
const MOST_FAILED_JOBS: usize = 20;

/// What the events so far add up to.
#[derive(Default)]
pub struct Tally {
    application: Application,
    n_jobs_started: u64,
    jobs: Jobs,
    stages: BTreeMap<(i32, i32), StageTally>,
    n_stages_left_out: u64,
    executors: Executors,
    settings: BTreeMap<String, String>,
    plans: Plans,
    /// The latest time any event named, as there is no other clock in a log.
    last_seen: i64,
    reading: Reading,
}

impl Tally {
    pub fn n_events(&self) -> u64 {
        self.reading.n_events
    }

    pub fn application(&self) -> &Application {
        &self.application
    }

    pub fn gap(&mut self, gap: String) {
        self.reading.gaps.push(gap);
    }

    pub fn line(&mut self, line: &[u8]) {
        self.reading.n_bytes += line.len() as u64 + 1;
        if line.trim_ascii().is_empty() {
            return;
        }
        if self.event(line).is_some() {
            self.reading.n_events += 1;
        } else {
            self.reading.n_bad_lines += 1;
        }
    }

    /// The last line of a writer that was killed is no news: that the application did not end is
    /// known from what is missing.
    pub fn torn(&mut self, line: &[u8]) {
        self.reading.n_bytes += line.len() as u64;
        if self.event(line).is_some() {
            self.reading.n_events += 1;
        }
    }

    pub fn too_long(&mut self, n_bytes: u64) {
        self.reading.n_bytes += n_bytes;
        self.reading.n_bad_lines += 1;
    }

    pub fn finish(mut self, name: String) -> RunMetrics {
        if self.n_stages_left_out > 0 {
            self.gap(format!("{} short stages that succeeded", self.n_stages_left_out));
        }
        let n_ended = self.jobs.n_succeeded + self.jobs.n_failed;
        self.jobs.n_unfinished = self.n_jobs_started.saturating_sub(n_ended);
        self.reading.from = name;
        let last_seen = self.last_seen;
        let mut stages: Vec<Stage> =
            self.stages.into_values().map(|stage| stage.finish(last_seen)).collect();
        for stage in &mut stages {
            stage.work = self.plans.work_of(stage.id);
        }
        RunMetrics {
            source: MetricsSource::EventLog,
            application: self.application,
            jobs: self.jobs,
            stages,
            executors: self.executors.finish(),
            queries: self.plans.finish(),
            settings: self.settings,
            last_good: None,
            reading: self.reading,
        }
    }

    /// None where the line is not the event it says it is. Events of no interest are fine.
    fn event(&mut self, line: &[u8]) -> Option<()> {
        let name = events::name(line)?;
        match name.rsplit('.').next()? {
            "SparkListenerTaskEnd" => self.task_end(parse(line)?),
            "SparkListenerTaskStart" => self.task_start(&parse(line)?),
            "SparkListenerStageSubmitted" => self.stage_submitted(parse(line)?),
            "SparkListenerStageCompleted" => self.stage_completed(parse(line)?),
            "SparkListenerJobStart" => self.n_jobs_started += 1,
            "SparkListenerJobEnd" => self.job_end(parse(line)?),
            "SparkListenerExecutorAdded" => self.executors.added(parse(line)?),
            "SparkListenerExecutorRemoved" => self.executors.removed(&parse(line)?),
            "SparkListenerStageExecutorMetrics" => {
                let metrics: events::StageExecutorMetrics<'_> = parse(line)?;
                self.executors.peak(&metrics.executor, metrics.peaks.heap);
            }
            "SparkListenerEnvironmentUpdate" => self.environment(parse(line)?),
            "SparkListenerLogStart" => {
                let start: events::LogStart = parse(line)?;
                self.application.spark_version = Some(start.spark_version);
            }
            "SparkListenerApplicationStart" => self.application_start(parse(line)?),
            "SparkListenerApplicationEnd" => {
                let end: events::ApplicationEnd = parse(line)?;
                self.application.ended_at = Some(end.at);
                self.last_seen = self.last_seen.max(end.at);
            }
            "SparkListenerSQLExecutionStart" | "SparkListenerSQLAdaptiveExecutionUpdate" => {
                let tree: Option<events::SqlPlanTree> = parse(line);
                self.plans.plan(parse(line)?, tree.as_ref().map(|tree| &tree.root));
            }
            "SparkListenerDriverAccumUpdates" if !self.plans.is_empty() => {
                let accumulators: events::DriverAccumUpdates = parse(line)?;
                for (id, value) in accumulators.updates {
                    self.plans.value(id, u64::try_from(value).unwrap_or(0), None);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn application_start(&mut self, start: events::ApplicationStart) {
        self.application.id = start.id;
        self.application.name = start.name;
        self.application.attempt = start.attempt;
        self.application.started_at = start.at;
    }

    fn environment(&mut self, update: events::EnvironmentUpdate) {
        self.settings = settings_of(update.properties);
    }

    fn job_end(&mut self, end: events::JobEnd) {
        if end.result.result == "JobSucceeded" {
            self.jobs.n_succeeded += 1;
            return;
        }
        self.jobs.n_failed += 1;
        let message = end.result.exception.and_then(|e| e.message).unwrap_or_default();
        if self.jobs.failed.len() == MOST_FAILED_JOBS {
            self.jobs.failed.remove(0);
        }
        self.jobs.failed.push(FailedJob { id: end.id, reason: first_line(&message, 300) });
    }

    fn stage_submitted(&mut self, event: events::StageEvent) {
        self.seen(event.info.submitted);
        self.stage(event.info.id, event.info.attempt).describe(&event.info);
    }

    fn stage_completed(&mut self, event: events::StageEvent) {
        let info: StageInfo = event.info;
        self.seen(info.completed);
        if !self.plans.is_empty() {
            for accumulable in &info.accumulables {
                if let Some(value) = accumulable.number() {
                    self.plans.value(accumulable.id, value, Some(info.id));
                }
            }
        }
        let stage = self.stage(info.id, info.attempt);
        stage.describe(&info);
        stage.close();
        if self.stages.len() > MOST_STAGES {
            self.leave_out_the_shortest();
        }
    }

    fn task_start(&mut self, start: &events::TaskStart<'_>) {
        self.seen(Some(start.info.launched));
        let on_fresh = self.executors.is_fresh(&start.info.executor);
        self.stage(start.stage, start.attempt).task_started(&start.info, on_fresh);
    }

    fn task_end(&mut self, end: TaskEnd<'_>) {
        self.seen(Some(end.info.finished));
        self.executors.task_ended(&end);
        self.stage(end.stage, end.attempt).task_ended(&end);
    }

    fn seen(&mut self, at: Option<i64>) {
        self.last_seen = self.last_seen.max(at.unwrap_or(0));
    }

    fn stage(&mut self, id: i32, attempt: i32) -> &mut StageTally {
        self.stages.entry((id, attempt)).or_insert_with(|| StageTally::new(id, attempt))
    }

    /// Makes room in one go, so that a log of a million stages is not searched a million times.
    fn leave_out_the_shortest(&mut self) {
        let dull =
            |stage: &Stage| stage.status == StageStatus::Complete && stage.failures.is_empty();
        let mut by_work: Vec<(u64, (i32, i32))> = self
            .stages
            .iter()
            .filter(|(_, tally)| dull(tally.so_far()))
            .map(|(key, tally)| (tally.so_far().totals.run_ms, *key))
            .collect();
        by_work.sort_unstable();
        by_work.truncate(MOST_STAGES / 2);
        for (_, key) in &by_work {
            self.stages.remove(key);
        }
        self.n_stages_left_out += by_work.len() as u64;
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line).ok()
}
