//! Weighs what the metrics show against what the log said.

use super::findings::{self, Seen, round};
use super::remedies::next_steps;
use super::thresholds::Thresholds;
use super::wording::several;
use crate::records::diagnosis::{MetricsReport, MetricsSource, MetricsVerdict};
use crate::records::root_cause::{Cause, Evidence, NextStep, Rival, Stance, StepKind, Verdict};
use crate::world::spark_history::{RunMetrics, StageStatus};

/// What it takes to call a run sick whose log says it is well.
const OVERTURNS_HEALTHY: f64 = 0.7;
/// What it takes to name the cause where the log could not.
const NAMES_UNKNOWN: f64 = 0.6;
/// The same for what makes a run slow; by itself it makes none fail.
const NAMES_UNKNOWN_AS_SLOW: f64 = 0.75;

/// The cause with the metrics in view, and what they say.
///
/// Metrics name a cause where the log had none, and correct one that is known to be an echo
/// (fetches that failed because executors ran out of memory). A cause that the log shows is
/// otherwise only made more or less sure.
pub fn judge(run: &RunMetrics, cause: &Cause, thresholds: &Thresholds) -> (Cause, MetricsReport) {
    let seen = findings::all(run, thresholds);
    let ruling = rule(run, cause, &seen);
    let verdict = ruling.verdict();
    let detail = detail(run, &ruling);
    let judged = match ruling {
        Ruling::Becomes(index, why) => becomes(run, cause, &seen, &seen[index], why),
        Ruling::Confirmed(strength) => confirmed(run, cause, &seen, strength),
        Ruling::Refuted(why) => refuted(run, cause, why),
        Ruling::Silent => cause.clone(),
    };
    let findings = seen.into_iter().map(|seen| seen.finding).collect();
    (judged, MetricsReport { checked: run.source, verdict, detail, findings })
}

/// The report where no metrics could be had, and why.
pub fn unconfirmed(problem: &impl std::fmt::Display) -> MetricsReport {
    MetricsReport {
        checked: MetricsSource::None,
        verdict: MetricsVerdict::Unconfirmed,
        detail: problem.to_string(),
        findings: Vec::new(),
    }
}

enum Ruling {
    /// The class of the finding at this place is the cause; why the log's class is not.
    Becomes(usize, &'static str),
    /// By a finding of this strength.
    Confirmed(f64),
    Refuted(&'static str),
    Silent,
}

impl Ruling {
    fn verdict(&self) -> MetricsVerdict {
        match self {
            Self::Becomes(..) => MetricsVerdict::Explains,
            Self::Confirmed(_) => MetricsVerdict::Confirms,
            Self::Refuted(_) => MetricsVerdict::Refutes,
            Self::Silent => MetricsVerdict::Silent,
        }
    }
}

fn rule(run: &RunMetrics, cause: &Cause, seen: &[Seen]) -> Ruling {
    let best = |wanted: &dyn Fn(&str) -> bool, least: f64| {
        let index = strongest(seen, wanted)?;
        (seen[index].strength >= least).then_some(index)
    };
    let is_perf = |class: &str| class.starts_with("perf.");
    match cause.verdict {
        Verdict::Healthy => match best(&is_perf, OVERTURNS_HEALTHY) {
            Some(index) => {
                Ruling::Becomes(index, "the log shows no failure, the metrics show why it was slow")
            }
            None if run.is_whole() && !run.has_failed_jobs() => Ruling::Confirmed(0.8),
            None => Ruling::Silent,
        },
        Verdict::Inconclusive => match best(&|class| !is_perf(class), NAMES_UNKNOWN)
            .or_else(|| best(&is_perf, NAMES_UNKNOWN_AS_SLOW))
        {
            Some(index) if has_class(&seen[index], |class| class == cause.class) => {
                Ruling::Confirmed(seen[index].strength)
            }
            Some(index) => Ruling::Becomes(index, "nothing in the log was sure enough"),
            None => Ruling::Silent,
        },
        Verdict::Conclusive => {
            if let Some(index) = strongest(seen, &|class| same_family(class, &cause.class)) {
                return Ruling::Confirmed(seen[index].strength);
            }
            if is_echo(&cause.class)
                && let Some(index) = best(&|class| class.starts_with("oom."), OVERTURNS_HEALTHY)
            {
                return Ruling::Becomes(index, "it followed from executors that ran out of memory");
            }
            if is_ended_from_outside(&cause.class)
                && let Some(index) = best(&is_perf, OVERTURNS_HEALTHY)
                && was_cut_short(run, &seen[index])
            {
                return Ruling::Becomes(index, "the run was ended while it waited for this");
            }
            match leaves_no_trace(run, &cause.class, seen) {
                Some(why) => Ruling::Refuted(why),
                None => Ruling::Silent,
            }
        }
    }
}

/// The strongest finding of a class that is wanted; one that is the effect of another only where
/// there is nothing else.
fn strongest(seen: &[Seen], wanted: &dyn Fn(&str) -> bool) -> Option<usize> {
    let rank = |candidate: &Seen| (!is_effect(candidate, seen), candidate.strength);
    seen.iter()
        .enumerate()
        .filter(|(_, candidate)| has_class(candidate, wanted))
        .reduce(|best, next| if rank(next.1) > rank(best.1) { next } else { best })
        .map(|(index, _)| index)
}

/// A skewed task is slow and spills because it is skewed.
fn is_effect(candidate: &Seen, seen: &[Seen]) -> bool {
    let is_skewed = |other: &Seen| {
        other.finding.stage == candidate.finding.stage
            && has_class(other, |class| class == "perf.skew")
    };
    has_class(candidate, |class| matches!(class, "perf.spill" | "perf.straggler"))
        && seen.iter().any(is_skewed)
}

fn has_class(seen: &Seen, wanted: impl Fn(&str) -> bool) -> bool {
    seen.finding.class.as_deref().is_some_and(wanted)
}

/// Classes that the metrics cannot tell apart.
fn same_family(one: &str, other: &str) -> bool {
    let families: &[&[&str]] = &[
        &["oom.executor_heap", "oom.executor_gc", "oom.executor_killed"],
        &["oom.python_worker", "python.worker_crash", "oom.executor_killed"],
    ];
    one == other || families.iter().any(|family| family.contains(&one) && family.contains(&other))
}

/// Classes that loudly follow from another.
fn is_echo(class: &str) -> bool {
    matches!(class, "shuffle.fetch_failed" | "network.heartbeat_timeout")
}

fn is_ended_from_outside(class: &str) -> bool {
    matches!(class, "job.cancelled" | "driver.killed")
}

/// Whether the run ended while the stage of this finding was at work.
fn was_cut_short(run: &RunMetrics, seen: &Seen) -> bool {
    let of_it = |id| run.stages.iter().filter(move |stage| stage.id == id);
    seen.finding
        .stage
        .is_some_and(|id| of_it(id).any(|stage| stage.status != StageStatus::Complete))
}

/// Why the metrics contradict a cause that would have shown in them.
fn leaves_no_trace(run: &RunMetrics, class: &str, seen: &[Seen]) -> Option<&'static str> {
    if !run.is_whole() {
        return None;
    }
    if class.starts_with("perf.") {
        return Some(
            "the tasks of every stage are much alike, and none of them is above a threshold",
        );
    }
    let shows_in_tasks = class.starts_with("oom.executor") || class == "shuffle.fetch_failed";
    let something_failed = seen.iter().any(|seen| {
        matches!(
            &*seen.finding.kind,
            "oom_signal" | "executor_lost" | "stage_retry" | "task_failure"
        )
    });
    (shows_in_tasks && !something_failed && !run.has_failed_jobs())
        .then_some("every job succeeded, no task failed, and no executor was lost")
}

fn confirmed(run: &RunMetrics, cause: &Cause, seen: &[Seen], strength: f64) -> Cause {
    let mut judged = cause.clone();
    judged.confidence = round(cause.confidence + (1.0 - cause.confidence) * strength * 0.5);
    if judged.verdict == Verdict::Inconclusive {
        judged.verdict = Verdict::Conclusive;
        judged.confidence = judged.confidence.max(strength);
    }
    let supports = |seen: &&Seen| has_class(seen, |class| same_family(class, &cause.class));
    let stages = seen.iter().filter(supports).find_map(|seen| seen.finding.stage);
    judged.subject.stage = judged.subject.stage.or(stages);
    judged.evidence.extend(
        seen.iter().filter(supports).map(|seen| evidence(run, Stance::For, &seen.finding.text)),
    );
    judged
}

fn refuted(run: &RunMetrics, cause: &Cause, why: &'static str) -> Cause {
    let mut judged = cause.clone();
    judged.verdict = Verdict::Inconclusive;
    judged.confidence = round(cause.confidence * 0.4);
    judged.evidence.push(evidence(run, Stance::Against, why));
    let text = "the executors' logs: the driver's log and Spark's metrics disagree".to_owned();
    judged.next_steps.insert(0, NextStep { kind: StepKind::Collect, text });
    judged
}

fn becomes(run: &RunMetrics, cause: &Cause, seen: &[Seen], best: &Seen, why: &str) -> Cause {
    let class = best.finding.class.clone().unwrap_or_default();
    let mut judged = cause.clone();
    judged.verdict = Verdict::Conclusive;
    judged.confidence = best.strength;
    judged.summary = best.finding.text.clone();
    judged.root_line = None;
    judged.source = None;
    judged.subject.stage = best.finding.stage;
    judged.next_steps = next_steps(&class);
    let of_class = seen.iter().filter(|seen| has_class(seen, |other| other == class));
    judged.evidence = of_class.map(|seen| evidence(run, Stance::For, &seen.finding.text)).collect();
    // What spoke for a healthy run does not speak for what made it slow.
    if cause.verdict != Verdict::Healthy {
        judged.evidence.extend(cause.evidence.iter().cloned());
    }
    judged.rivals = rivals(cause, seen, &class, best.strength, why);
    judged.class = class;
    judged
}

/// The log's class first, then what else the metrics show, then the log's own rivals.
fn rivals(cause: &Cause, seen: &[Seen], class: &str, confidence: f64, why: &str) -> Vec<Rival> {
    let left = 1.0 - confidence;
    let mut rivals: Vec<Rival> = Vec::new();
    if cause.class != "unknown" {
        rivals.push(Rival {
            class: cause.class.clone(),
            confidence: round(cause.confidence.min(left)),
            lost_because: why.to_owned(),
        });
    }
    for other in seen {
        let Some(other_class) = &other.finding.class else { continue };
        rivals.push(Rival {
            class: other_class.clone(),
            confidence: round(other.strength.min(left)),
            lost_because: format!("less than the other finding: {}", other.finding.text),
        });
    }
    rivals.extend(cause.rivals.iter().cloned());
    let mut known = vec![class.to_owned()];
    rivals.retain(|rival| {
        let is_new = !known.contains(&rival.class);
        known.push(rival.class.clone());
        is_new
    });
    rivals
}

fn evidence(run: &RunMetrics, says: Stance, text: &str) -> Evidence {
    Evidence { file: run.reading.from.clone(), line: 0, says, text: text.to_owned() }
}

fn detail(run: &RunMetrics, ruling: &Ruling) -> String {
    let jobs = &run.jobs;
    let mut text = format!(
        "{}: {} succeeded, {} failed, {} did not end",
        run.reading.from,
        several(jobs.n_succeeded, "job"),
        jobs.n_failed,
        jobs.n_unfinished
    );
    if let Ruling::Refuted(why) = ruling {
        text.push_str("; ");
        text.push_str(why);
    }
    if run.reading.n_bad_lines > 0 {
        text.push_str(&format!("; {} lines could not be read", run.reading.n_bad_lines));
    }
    for gap in run.reading.gaps.iter().take(3) {
        text.push_str(&format!("; missing: {gap}"));
    }
    text
}
