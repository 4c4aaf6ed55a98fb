//! What is known of an episode: the same after any order of the same news.
//!
//! The latest failures are kept in detail, older ones are only counted, so the size is bounded
//! whatever happens. Every text is cut when it comes in.

use serde::{Deserialize, Serialize};

use super::caps;
use super::compose::Retries;
use crate::records::diagnosis::MetricsReport;
use crate::records::news::{FixNews, PullRequestNews};
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::Cause;
use crate::records::{Case, FailureId, Incident, News, Pipeline};
use crate::runtime::{Moment, Rejected};

/// Failures that are kept in detail.
const MOST_FAILURES: usize = 12;
/// Pipelines that are kept by name.
const MOST_PIPELINES: usize = 24;

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
                case: caps::case(news.case.clone()),
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
                let log_alone = Finding { cause: caps::cause(cause), metrics: None };
                self.finding.get_or_insert(log_alone);
                return Ok(!std::mem::replace(&mut self.counted, true));
            }
            (None, Some(diagnosis), None, None) => {
                let metrics = Some(caps::metrics(diagnosis.metrics));
                self.finding = Some(Finding { cause: caps::cause(diagnosis.cause), metrics });
            }
            (None, None, Some(fix), None) => self.fix = Some(caps::fix(fix)),
            (None, None, None, Some(pull_request)) => {
                self.pull_request = Some(caps::pull_request(pull_request));
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
