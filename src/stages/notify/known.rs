//! What is known of an episode: the same after any order of the same news.
//!
//! The latest failures are kept in detail, older ones are only counted, so the size is bounded
//! whatever happens. Every text is cut when it comes in.

use serde::{Deserialize, Serialize};

use super::compose::Retries;
use crate::records::diagnosis::MetricsReport;
use crate::records::fix::FixPlan;
use crate::records::news::{FixNews, PullRequestNews};
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::{Cause, Subject};
use crate::records::{Case, FailureId, Incident, News, Pipeline};
use crate::runtime::{Moment, Rejected};
use crate::text::plain::{block, one_line};

/// Failures that are kept in detail.
const MOST_FAILURES: usize = 12;
/// Pipelines that are kept by name.
const MOST_PIPELINES: usize = 24;
/// Evidence, rivals, next steps and findings that are kept of each.
const MOST_ITEMS: usize = 4;
const NAME_CHARS: usize = 120;
const LINE_CHARS: usize = 300;
const DIFF_LINES: usize = 40;

/// The failures of an episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The latest, in order of time and id.
    pub failures: Vec<Facts>,
    /// In order of name, and only the first of them.
    pub pipelines: Vec<Tally>,
    /// Failures of pipelines that are not kept by name.
    pub failures_elsewhere: u32,
    pub first_failed_at: Option<Moment>,
}

/// What is known of one failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub case: Case,
    pub incident: Incident,
    /// Whether its root cause came, which is what counts it.
    counted: bool,
    pub finding: Option<Finding>,
    pub fix: Option<FixNews>,
    pub pull_request: Option<PullRequestNews>,
}

/// The cause as it is known best: after metrics, if they were asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub cause: Cause,
    pub metrics: Option<MetricsReport>,
}

/// How often a pipeline failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub pipeline: Pipeline,
    pub failures: u32,
}

impl Known {
    /// Takes the news in; true when it is of a failure that was not known.
    ///
    /// # Errors
    /// When the news holds nothing, or more than one thing.
    pub fn absorb(&mut self, news: News) -> Result<bool, Rejected> {
        let is_new = !self.knows(&news.case.failure_id);
        let failed_at = news.case.failed_at;
        let mut facts = self.take(&news);
        if facts.learn(news)? {
            self.count(facts.case.pipeline.clone());
        }
        self.first_failed_at = self.first_failed_at.into_iter().chain([failed_at]).min();
        self.keep(facts);
        Ok(is_new)
    }

    pub fn knows(&self, failure: &FailureId) -> bool {
        self.failures.iter().any(|facts| facts.case.failure_id == *failure)
    }

    /// Failures that people are told of, latest last.
    pub fn told(&self, retries: Retries) -> Vec<&Facts> {
        self.failures.iter().filter(|facts| !self.is_held(facts, retries)).collect()
    }

    /// How many failures people are told of, those included that are only counted.
    pub fn count_told(&self, retries: Retries) -> usize {
        self.told_by_pipeline(retries).iter().map(|(_, n)| *n as usize).sum::<usize>()
            + self.failures_elsewhere as usize
    }

    /// Pipelines that people are told of, by name, with the number of their failures.
    pub fn told_by_pipeline(&self, retries: Retries) -> Vec<(&Pipeline, u32)> {
        let held = |pipeline: &Pipeline| {
            let of_it = self.failures.iter().filter(|facts| facts.case.pipeline == *pipeline);
            of_it.filter(|facts| facts.counted && self.is_held(facts, retries)).count() as u32
        };
        let tallies = self.pipelines.iter();
        tallies
            .map(|tally| (&tally.pipeline, tally.failures.saturating_sub(held(&tally.pipeline))))
            .filter(|(_, failures)| *failures > 0)
            .collect()
    }

    /// A failure that will be retried waits for the last try of its run; a pull request ends the
    /// wait, because people see that anyway.
    fn is_held(&self, facts: &Facts, retries: Retries) -> bool {
        let same_task = |other: &&Facts| {
            let (a, b) = (&facts.case, &other.case);
            a.pipeline == b.pipeline && a.run_id == b.run_id && a.map_index == b.map_index
        };
        retries == Retries::Hold
            && facts.case.will_retry
            && !facts.has_open_pull_request()
            && !self.failures.iter().filter(same_task).any(|other| !other.case.will_retry)
    }

    fn take(&mut self, news: &News) -> Facts {
        let same = |facts: &Facts| facts.case.failure_id == news.case.failure_id;
        match self.failures.iter().position(same) {
            Some(index) => self.failures.remove(index),
            None => Facts {
                case: cut_case(news.case.clone()),
                incident: news.incident.clone(),
                counted: false,
                finding: None,
                fix: None,
                pull_request: None,
            },
        }
    }

    fn keep(&mut self, facts: Facts) {
        let order = |facts: &Facts| (facts.case.failed_at, facts.case.failure_id.clone());
        let index = self.failures.partition_point(|other| order(other) < order(&facts));
        self.failures.insert(index, facts);
        if self.failures.len() > MOST_FAILURES {
            self.failures.remove(0);
        }
    }

    /// The names kept are the first in their order, whatever order they came in.
    fn count(&mut self, pipeline: Pipeline) {
        let index = self.pipelines.partition_point(|tally| tally.pipeline < pipeline);
        match self.pipelines.get_mut(index) {
            Some(tally) if tally.pipeline == pipeline => tally.failures += 1,
            _ => self.pipelines.insert(index, Tally { pipeline, failures: 1 }),
        }
        if self.pipelines.len() > MOST_PIPELINES {
            self.failures_elsewhere += self.pipelines.pop().map_or(0, |tally| tally.failures);
        }
    }
}

impl Facts {
    /// True when the failure counts from now on.
    fn learn(&mut self, news: News) -> Result<bool, Rejected> {
        let News { cause, diagnosis, fix, pull_request, .. } = news;
        match (cause, diagnosis, fix, pull_request) {
            (Some(cause), None, None, None) => {
                let log_alone = Finding { cause: cut_cause(cause), metrics: None };
                self.finding.get_or_insert(log_alone);
                return Ok(!std::mem::replace(&mut self.counted, true));
            }
            (None, Some(diagnosis), None, None) => {
                let metrics = Some(cut_metrics(diagnosis.metrics));
                self.finding = Some(Finding { cause: cut_cause(diagnosis.cause), metrics });
            }
            (None, None, Some(fix), None) => self.fix = Some(cut_fix(fix)),
            (None, None, None, Some(pull_request)) => {
                self.pull_request = Some(cut_pull_request(pull_request));
            }
            _ => return Err(Rejected { reason: "news of not exactly one thing".to_owned() }),
        }
        Ok(false)
    }

    pub fn has_open_pull_request(&self) -> bool {
        self.pull_request.as_ref().is_some_and(|pull_request| {
            use PullRequestStatus::{AlreadyOpen, Opened};
            matches!(pull_request.status, Opened | AlreadyOpen)
        })
    }
}

fn cut(text: &str) -> String {
    one_line(text, LINE_CHARS)
}

fn cut_name(text: &str) -> String {
    one_line(text, NAME_CHARS)
}

fn cut_case(case: Case) -> Case {
    let Pipeline { source, project, dag_id, task_id } = &case.pipeline;
    Case {
        pipeline: Pipeline {
            source: cut_name(source),
            project: cut_name(project),
            dag_id: cut_name(dag_id),
            task_id: cut_name(task_id),
        },
        run_id: case.run_id.as_deref().map(cut_name),
        application_id: case.application_id.as_deref().map(cut_name),
        log_url: case.log_url.as_deref().map(|url| one_line(url, 500)),
        job_file: None,
        event_log: None,
        history_url: None,
        ..case
    }
}

fn cut_cause(mut cause: Cause) -> Cause {
    cause.class = cut_name(&cause.class);
    cause.summary = one_line(&cause.summary, 500);
    if let Some(root) = &mut cause.root_line {
        root.file = cut_name(&root.file);
        root.text = cut(&root.text);
    }
    if let Some(source) = &mut cause.source {
        source.file = cut_name(&source.file);
        source.text = cut(&source.text);
    }
    cause.subject = cut_subject(cause.subject);
    cause.wrapped_by.clear();
    cause.evidence.truncate(MOST_ITEMS);
    for evidence in &mut cause.evidence {
        evidence.file = cut_name(&evidence.file);
        evidence.text = cut(&evidence.text);
    }
    cause.rivals.truncate(MOST_ITEMS);
    for rival in &mut cause.rivals {
        rival.class = cut_name(&rival.class);
        rival.lost_because = cut(&rival.lost_because);
    }
    cause.next_steps.truncate(MOST_ITEMS);
    for step in &mut cause.next_steps {
        step.text = cut(&step.text);
    }
    cause
}

/// Only what many pipelines can share is told.
fn cut_subject(subject: Subject) -> Subject {
    let name = |text: Option<String>| text.as_deref().map(cut_name);
    Subject {
        table: name(subject.table),
        path: name(subject.path),
        host: name(subject.host),
        module: name(subject.module),
        key: name(subject.key),
        ..Subject::default()
    }
}

fn cut_metrics(mut metrics: MetricsReport) -> MetricsReport {
    metrics.detail = cut(&metrics.detail);
    metrics.findings.truncate(MOST_ITEMS);
    for finding in &mut metrics.findings {
        finding.kind = cut_name(&finding.kind);
        finding.class = finding.class.as_deref().map(cut_name);
        finding.unit = cut_name(&finding.unit);
        finding.text = cut(&finding.text);
    }
    metrics
}

fn cut_fix(fix: FixNews) -> FixNews {
    let FixPlan { status, codemod, applicability, reason, diff, gates, .. } = fix.plan;
    let plan = FixPlan {
        status,
        codemod: codemod.as_deref().map(cut_name),
        applicability,
        reason: one_line(&reason, 500),
        explanation: Vec::new(),
        diff: block(&diff, DIFF_LINES, 160),
        gates: gates.into_iter().take(2 * MOST_ITEMS).map(cut_gate).collect(),
    };
    FixNews { repository: fix.repository.as_deref().map(cut_name), plan }
}

fn cut_gate(mut gate: crate::records::fix::Gate) -> crate::records::fix::Gate {
    gate.name = cut_name(&gate.name);
    gate.detail = cut(&gate.detail);
    gate
}

fn cut_pull_request(pull_request: PullRequestNews) -> PullRequestNews {
    PullRequestNews {
        repository: pull_request.repository.as_deref().map(cut_name),
        status: pull_request.status,
        branch: pull_request.branch.as_deref().map(cut_name),
        url: pull_request.url.as_deref().map(|url| one_line(url, 500)),
        reason: one_line(&pull_request.reason, 500),
    }
}
