//! Names the root cause of a failed run from the summary of its logs.
//!
//! How the run ended comes first, because no error in the log of a run that worked is a cause. Then
//! every sighting of a cause is weighed, the heaviest hypothesis wins, and the others are kept with
//! the reason why they lost. It does not guess: without a sighting that is heavy enough the class is
//! `unknown`, and the next steps say what to collect.

pub mod causes;
pub mod run;
mod last_words;
mod hypothesis;
mod confidence;
mod source;
mod subject;
mod wording;
mod stage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod platform_tests;
#[cfg(test)]
mod runtime_tests;
#[cfg(test)]
mod outcome_tests;

pub use stage::FindCause;

use hypothesis::{Hypothesis, Weighed};
use run::{Outcome, Run, Sighting};
use wording::Facts;

use crate::records::log_summary::{Finding, LogLevel, LogLine, LogStatus, Thrown, Trace};
use crate::records::root_cause::{
    Cause, Evidence, NextStep, Rival, Stance, StepKind, Subject, Verdict,
};
use crate::records::{Case, ConversationId, Incident, IncidentId, LogSummary, RootCause};

/// Below this weight a hypothesis is no diagnosis.
const LIGHTEST: f64 = 0.9;
/// What outweighs a log that just ends: only something that itself ends a process.
const LIGHTEST_BESIDE_A_KILL: f64 = 2.0;
/// Without this much the verdict is inconclusive.
const CONCLUSIVE: f64 = 0.5;
/// Lines of evidence and rivals that are kept.
const MOST_EVIDENCE: usize = 8;
const MOST_RIVALS: usize = 4;

/// The cause, and the incident that it is about.
pub fn find_cause(summary: &LogSummary) -> RootCause {
    let cause = cause_of(&Run::new(summary));
    let incident = incident_of(&summary.case, &cause);
    RootCause { case: summary.case.clone(), incident, cause }
}

fn cause_of(run: &Run<'_>) -> Cause {
    let hypotheses = hypothesis::weigh(run);
    let heaviest = hypotheses.first().map_or(0.0, |hypothesis| hypothesis.weight);
    match run.outcome {
        Outcome::Succeeded => healthy(run, 0.97, &hypotheses),
        _ if heaviest < LIGHTEST_BESIDE_A_KILL && run.crash_report().is_some() => {
            crashed(run, &hypotheses)
        }
        // Of a text that nothing tells to be the log of a run, silence says nothing.
        Outcome::LooksHealthy if run.is_unrecognised() => unknown(run, &hypotheses),
        Outcome::LooksHealthy if heaviest < LIGHTEST_BESIDE_A_KILL && run.ends_in_complaint() => {
            unknown(run, &hypotheses)
        }
        Outcome::LooksHealthy
            if heaviest < LIGHTEST_BESIDE_A_KILL || was_overcome(run, &hypotheses[0]) =>
        {
            let confidence = if run.shows_life() { 0.85 } else { 0.5 };
            healthy(run, confidence, &hypotheses)
        }
        Outcome::LooksHealthy | Outcome::Failed if heaviest >= LIGHTEST => {
            diagnosis(run, &hypotheses)
        }
        Outcome::Killed if heaviest < LIGHTEST_BESIDE_A_KILL => killed(run, &hypotheses),
        Outcome::Terminated if heaviest < LIGHTEST_BESIDE_A_KILL => terminated(run, &hypotheses),
        Outcome::Killed | Outcome::Terminated => diagnosis(run, &hypotheses),
        Outcome::LooksHealthy | Outcome::Failed => unknown(run, &hypotheses),
    }
}

/// Whether everything that speaks for it only warned, and the run got its work done afterwards.
fn was_overcome(run: &Run<'_>, hypothesis: &Hypothesis<'_>) -> bool {
    hypothesis.sightings.iter().all(|Weighed { sighting, .. }| {
        let only_warned = sighting.finding.is_some_and(|finding| finding.level <= LogLevel::Warn);
        only_warned && run.recovered_after(sighting.line())
    })
}

fn diagnosis(run: &Run<'_>, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let winner = &hypotheses[0];
    let kind = winner.kind;
    let next = hypotheses.get(1).map_or(0.0, |rival| rival.weight.max(0.0));
    let certain = if run.outcome == Outcome::LooksHealthy { 0.7 } else { 1.0 };
    let confidence = confidence::of(winner.weight, winner.weight - next, kind.ceiling * certain);
    let fault = winner.first_fault().sighting;
    let place = source::of(run, &fault);
    let told: Vec<Sighting<'_>> = std::iter::once(fault)
        .chain(std::iter::once(winner.anchor().sighting))
        .chain(winner.sightings.iter().map(|weighed| weighed.sighting))
        .collect();
    let subject = subject::of(run, &told, place.as_ref());
    let captured = |name: &str| fault.finding.and_then(|finding| finding.captures.get(name));
    let facts = Facts {
        subject: &subject,
        place: place.as_ref(),
        message: captured("message").map_or(fault.message(), String::as_str),
        near: captured("near").or_else(|| captured("legacy_near")).map(String::as_str),
        exit_code: run.exit_code(),
    };
    Cause {
        class: kind.class.to_owned(),
        verdict: verdict_of(confidence),
        confidence,
        summary: wording::fill(kind.says, &facts),
        root_line: Some(line_of(&fault)),
        next_steps: kind
            .steps
            .iter()
            .map(|(kind, text)| NextStep { kind: *kind, text: wording::fill(text, &facts) })
            .collect(),
        source: place.as_ref().map(|place| place.source.clone()),
        wrapped_by: wrapped_by(run, winner),
        evidence: evidence(run, winner, &fault),
        rivals: rivals(&hypotheses[1..], Some(winner), winner.weight, confidence),
        subject,
    }
}

fn verdict_of(confidence: f64) -> Verdict {
    if confidence >= CONCLUSIVE { Verdict::Conclusive } else { Verdict::Inconclusive }
}

/// A run that worked, however noisy its log.
fn healthy(run: &Run<'_>, confidence: f64, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let said = run.of_signature("lifecycle.context_stopped").last();
    let summary = match run.exit_code() {
        Some(0) => "the run ended with exit code 0; what the log complains of was coped with",
        _ => "nothing in the log says that the run failed",
    };
    Cause {
        class: "healthy".to_owned(),
        verdict: Verdict::Healthy,
        confidence,
        summary: summary.to_owned(),
        root_line: None,
        evidence: said.map(speaks_for).into_iter().collect(),
        rivals: rivals(hypotheses, None, LIGHTEST, confidence),
        next_steps: Vec::new(),
        ..nothing(run)
    }
}

/// A log that just ends: where it does is all that it tells.
fn killed(run: &Run<'_>, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let sure = if run.exit_code().is_some() { 0.88 } else { 0.55 };
    let mut cause = without_line(run, "driver.killed", sure, hypotheses);
    let told = run.told_exit_code().map(|told| line_of(&run.sighting_of(told)));
    cause.root_line = told.or_else(|| run.summary.tail.last().cloned());
    cause.evidence = cause.root_line.as_ref().map(last_line).into_iter().collect();
    cause
}

/// The JVM wrote its own obituary. Its other threads may go on for a while, and so may the log.
fn crashed(run: &Run<'_>, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let mut cause = without_line(run, "driver.jvm_died", 0.9, hypotheses);
    if let Some(finding) = run.crash_report() {
        cause.root_line = Some(line_of(&run.sighting_of(finding)));
        cause.evidence = vec![speaks_for(finding)];
    }
    cause
}

/// SIGTERM in the middle of the work.
fn terminated(run: &Run<'_>, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let mut cause = without_line(run, "job.cancelled", 0.7, hypotheses);
    if let Some(finding) = run.shutdown() {
        cause.root_line = Some(line_of(&run.sighting_of(finding)));
        cause.evidence = vec![speaks_for(finding)];
    }
    cause
}

/// A cause that the end of the run tells, and no line of the log.
fn without_line(
    run: &Run<'_>,
    class: &str,
    confidence: f64,
    hypotheses: &[Hypothesis<'_>],
) -> Cause {
    let kind = causes::of_class(class).expect("the classes of endings are causes");
    let empty = nothing(run);
    let facts = Facts {
        subject: &empty.subject,
        place: None,
        message: "",
        near: None,
        exit_code: run.exit_code(),
    };
    Cause {
        class: class.to_owned(),
        verdict: verdict_of(confidence),
        confidence,
        summary: wording::fill(kind.says, &facts),
        next_steps: kind
            .steps
            .iter()
            .map(|(kind, text)| NextStep { kind: *kind, text: wording::fill(text, &facts) })
            .collect(),
        rivals: rivals(hypotheses, None, LIGHTEST_BESIDE_A_KILL, confidence),
        ..empty
    }
}

/// None of what we know: the innermost exception, where there is one, and what to collect.
fn unknown(run: &Run<'_>, hypotheses: &[Hypothesis<'_>]) -> Cause {
    let trace = run.terminal.or_else(|| run.summary.traces.len().checked_sub(1));
    let trace = trace.map(|index| &run.summary.traces[index]);
    let thrown = trace.and_then(|trace| {
        trace.chain.iter().rev().find(|thrown| !thrown.wrapper).or(trace.chain.last())
    });
    let first = trace.zip(thrown).map(|(trace, thrown)| first_told(run, trace, thrown));
    let thrown_at = first.map(|(trace, thrown)| LogLine {
        file: trace.file.clone(),
        line: thrown.line,
        text: format!("{}: {}", thrown.exception, thrown.message),
    });
    let said = run.last_words().last().copied();
    let is_wrapper = thrown.is_none_or(|thrown| thrown.wrapper);
    let root_line = said.filter(|_| is_wrapper).cloned().or(thrown_at);
    let summary = match (thrown, said.filter(|_| is_wrapper)) {
        (_, Some(said)) => format!("the run failed and last said: {}", wording::clause(&said.text)),
        (Some(thrown), _) if thrown.wrapper => {
            format!("{} passes on a failure that this log does not hold", thrown.exception)
        }
        (Some(thrown), _) => format!("an exception that no rule knows: {}", thrown.exception),
        _ if !run.has_anything_to_read() => "no log of the run could be read".to_owned(),
        _ => "the run failed, and no line of its log is known to be a cause".to_owned(),
    };
    let collect = |text: &str| NextStep { kind: StepKind::Collect, text: text.to_owned() };
    let mut next_steps = vec![
        collect("the executors' logs and the event log of the run"),
        collect("the exit code of the driver and the messages of the cluster manager"),
    ];
    let unread = run.summary.logs.iter().filter(|log| log.status != LogStatus::Read);
    next_steps.extend(unread.map(|log| collect(&format!("{}: {}", log.name, log.detail))));
    Cause {
        class: "unknown".to_owned(),
        verdict: Verdict::Inconclusive,
        confidence: 0.2,
        summary,
        evidence: run.summary.tail.last().map(last_line).into_iter().collect(),
        root_line,
        rivals: rivals(hypotheses, None, LIGHTEST, 0.2),
        next_steps,
        ..nothing(run)
    }
}

/// Where the log first told of this exception: tasks tell it before the driver repeats it.
fn first_told<'a>(run: &Run<'a>, trace: &'a Trace, thrown: &'a Thrown) -> (&'a Trace, &'a Thrown) {
    let told = run.summary.traces.iter().filter(|other| other.file == trace.file);
    let mut told = told.flat_map(|trace| trace.chain.iter().map(move |thrown| (trace, thrown)));
    let same = |(_, other): &(&Trace, &Thrown)| {
        other.exception == thrown.exception
            && other.message.lines().next() == thrown.message.lines().next()
    };
    told.find(same).unwrap_or((trace, thrown))
}

fn nothing(run: &Run<'_>) -> Cause {
    Cause {
        class: String::new(),
        verdict: Verdict::Inconclusive,
        confidence: 0.0,
        summary: String::new(),
        root_line: None,
        source: None,
        subject: Subject { application_id: run.application_id(), ..Subject::default() },
        wrapped_by: Vec::new(),
        evidence: Vec::new(),
        rivals: Vec::new(),
        next_steps: Vec::new(),
    }
}

fn line_of(sighting: &Sighting<'_>) -> LogLine {
    LogLine {
        file: sighting.file().to_owned(),
        line: sighting.line(),
        text: sighting.text().to_owned(),
    }
}

/// The wrappers around an exception in its own trace.
fn wrappers_before<'a>(sighting: &Sighting<'a>) -> Vec<&'a String> {
    let chain = sighting.trace().map_or(&[][..], |trace| &trace.chain);
    let before = chain.iter().take(sighting.thrown.unwrap_or(0));
    before.filter(|thrown| thrown.wrapper).map(|thrown| &thrown.exception).collect()
}

/// The exceptions around the root, outermost first, Airflow's before all.
fn wrapped_by(run: &Run<'_>, winner: &Hypothesis<'_>) -> Vec<String> {
    let anchor = &winner.anchor().sighting;
    let mut around = Vec::new();
    for trace in &run.summary.traces {
        let is_airflows = trace.chain.iter().all(|thrown| thrown.wrapper);
        around.extend(trace.chain.iter().filter(|_| is_airflows).map(|thrown| &thrown.exception));
    }
    // A task tells its exception bare, before what aborts the job passes it on.
    let others = winner.sightings.iter().map(|weighed| &weighed.sighting);
    let mut tellings = std::iter::once(anchor).chain(others).map(wrappers_before);
    around.extend(tellings.find(|wrappers| !wrappers.is_empty()).unwrap_or_default());
    let mut names: Vec<String> = Vec::new();
    for name in around {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn evidence(run: &Run<'_>, winner: &Hypothesis<'_>, fault: &Sighting<'_>) -> Vec<Evidence> {
    let of = |sighting: &Sighting<'_>, says| Evidence {
        file: sighting.file().to_owned(),
        line: sighting.line(),
        says,
        text: sighting.text().to_owned(),
    };
    let mut evidence = vec![of(fault, Stance::For)];
    for Weighed { sighting, .. } in &winner.sightings {
        let is_new = !evidence
            .iter()
            .any(|known| known.file == sighting.file() && known.line == sighting.line());
        if is_new && evidence.len() < MOST_EVIDENCE {
            evidence.push(of(sighting, Stance::For));
        }
    }
    evidence.extend(run.spelt_out(fault.file(), fault.line()).take(MOST_EVIDENCE).map(speaks_for));
    let is_terminal = run.terminal.is_some() && winner.anchor().sighting.trace == run.terminal;
    if !is_terminal && run.last_progress() > fault.line() && !run.is_executor_log(fault.file()) {
        evidence.push(Evidence {
            file: fault.file().to_owned(),
            line: run.last_progress(),
            says: Stance::Against,
            text: "the driver went on with its work after this".to_owned(),
        });
    }
    evidence
}

fn speaks_for(finding: &Finding) -> Evidence {
    Evidence {
        file: finding.file.clone(),
        line: finding.line,
        says: Stance::For,
        text: finding.text.clone(),
    }
}

fn last_line(line: &LogLine) -> Evidence {
    Evidence {
        file: line.file.clone(),
        line: line.line,
        says: Stance::For,
        text: line.text.clone(),
    }
}

/// The hypotheses that lost, each with its share of the doubt and the reason.
fn rivals(
    losers: &[Hypothesis<'_>],
    winner: Option<&Hypothesis<'_>>,
    bar: f64,
    confidence: f64,
) -> Vec<Rival> {
    let likely = |hypothesis: &Hypothesis<'_>| hypothesis.weight.max(0.0).exp();
    let whole: f64 = losers.iter().map(likely).sum::<f64>() + bar.max(0.0).exp();
    let kept = losers.iter().take(MOST_RIVALS);
    kept.map(|loser| Rival {
        class: loser.kind.class.to_owned(),
        confidence: ((1.0 - confidence) * likely(loser) / whole * 100.0).round() / 100.0,
        lost_because: lost_because(loser, winner),
    })
    .collect()
}

fn lost_because(loser: &Hypothesis<'_>, winner: Option<&Hypothesis<'_>>) -> String {
    let anchor = loser.anchor().sighting;
    let seen = format!("line {} of {}", anchor.line(), anchor.file());
    if let Some(class) = loser.echo_of {
        return format!("it follows from {class}");
    }
    let Some(winner) = winner else {
        return format!("what {seen} says did not end the run");
    };
    let root = winner.anchor().sighting;
    if (anchor.file(), anchor.line()) == (root.file(), root.line()) {
        return format!("{seen} can mean either; {} is more common", winner.kind.class);
    }
    if !anchor.is_in_trace() && !anchor.is_loud() {
        return format!("{seen} only mentions it");
    }
    if anchor.trace.is_some() && anchor.trace == root.trace {
        return "it stands around the root in the same trace".to_owned();
    }
    format!("{seen} weighs less: it did not end the run")
}

/// Classes whose subject many pipelines can share, so that people hear of it once.
fn is_shared(class: &str) -> bool {
    const FAMILIES: [&str; 9] =
        ["input.", "auth.", "jdbc.", "env.", "network.", "infra.", "hdfs.", "metastore.", "kafka."];
    FAMILIES.iter().any(|family| class.starts_with(family))
}

fn incident_of(case: &Case, cause: &Cause) -> Incident {
    let about = subject::identity(&cause.subject);
    let about = match &cause.source {
        Some(source) if about.is_empty() => format!("{}:{}", source.file, source.line),
        _ => about,
    };
    let pipeline = case.pipeline.key();
    let incident_id = IncidentId::of(&[pipeline.as_str(), &cause.class, &about]);
    let conversation_id = if is_shared(&cause.class) && !about.is_empty() {
        ConversationId::of(&[&cause.class, &about])
    } else {
        ConversationId::of(&[incident_id.as_str()])
    };
    Incident { incident_id, conversation_id }
}
