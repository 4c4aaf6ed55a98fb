//! Gathers sightings into hypotheses, one for each class, and weighs them against each other.
//!
//! A weight is a sum of small reasons, each with its name in [`Weights`]; what is a reason and how
//! much it counts was tried on real runs, one job's runs left out in turn.

use super::causes::{self, CauseKind, Refined, Strength};
use super::run::{Run, Sighting};
use super::subject;

/// One class with everything that speaks for it.
pub struct Hypothesis<'a> {
    pub kind: &'static CauseKind,
    /// By file and line.
    pub sightings: Vec<Weighed<'a>>,
    pub weight: f64,
    /// The class of which this is an echo.
    pub echo_of: Option<&'static str>,
}

/// A sighting and how much it speaks for its class.
#[derive(Clone, Copy)]
pub struct Weighed<'a> {
    pub sighting: Sighting<'a>,
    pub weight: f64,
}

/// What a sighting is taken for.
struct Reading<'a> {
    kind: &'static CauseKind,
    sighting: Sighting<'a>,
    is_second_choice: bool,
}

/// How much each reason counts.
struct Weights;

impl Weights {
    const SPECIFIC: f64 = 2.0;
    const GENERAL: f64 = 1.0;
    const SYMPTOM: f64 = 0.5;
    /// It stands in the trace that ended the driver.
    const TERMINAL: f64 = 3.0;
    /// For each exception around it: the deeper, the nearer to the root.
    const DEEPER: f64 = 0.1;
    /// It stands in a trace or in a loud record, or the program said it last.
    const ATTENTION: f64 = 0.5;
    /// It is quiet, and nobody says such a thing in passing.
    const TOLD_QUIETLY: f64 = 0.0;
    /// A program that keeps no log levels calls it an error.
    const COMPLAINT: f64 = -0.2;
    /// Somebody caught it and printed the traceback.
    const HANDLED: f64 = -1.0;
    /// An executor's log tells it; many things go wrong there that the driver makes good.
    const OF_EXECUTOR: f64 = -0.75;
    /// It is only mentioned, in a quiet record or in what the job printed.
    const MENTION: f64 = -1.5;
    /// It came after the driver began to shut down.
    const AFTER_SHUTDOWN: f64 = -2.5;
    /// The driver went on with its work afterwards.
    const OVERCOME: f64 = -1.0;
    /// The same line is more likely to mean something else.
    const SECOND_CHOICE: f64 = -0.4;
    /// Another hypothesis explains it.
    const ECHO: f64 = -2.5;
    /// For each time it is told again, on a logarithmic scale.
    const REPEATED: f64 = 0.15;
}

impl<'a> Hypothesis<'a> {
    /// The sighting that speaks loudest, the first of several.
    pub fn anchor(&self) -> &Weighed<'a> {
        let mut best = &self.sightings[0];
        for sighting in &self.sightings {
            if sighting.weight > best.weight {
                best = sighting;
            }
        }
        best
    }

    /// The first sighting of the same fault as the anchor: retries and the driver repeat it.
    pub fn first_fault(&self) -> &Weighed<'a> {
        let anchor = self.anchor();
        let same = |other: &&Weighed<'a>| is_same_fault(&other.sighting, &anchor.sighting);
        self.sightings.iter().find(same).unwrap_or(anchor)
    }

    /// The first line of each file that speaks for it.
    pub fn first_line(&self) -> i64 {
        self.sightings.iter().map(|weighed| weighed.sighting.line()).min().unwrap_or(0)
    }
}

/// All hypotheses that the logs allow, the heaviest first.
pub fn weigh<'a>(run: &Run<'a>) -> Vec<Hypothesis<'a>> {
    let mut hypotheses: Vec<Hypothesis<'a>> = Vec::new();
    for Reading { kind, sighting, is_second_choice } in without_shadowed(refined(run)) {
        let doubt = if is_second_choice { Weights::SECOND_CHOICE } else { 0.0 };
        let weighed = Weighed { sighting, weight: weight_of(run, kind, &sighting) + doubt };
        match hypotheses.iter_mut().find(|other| other.kind.class == kind.class) {
            Some(hypothesis) => hypothesis.sightings.push(weighed),
            None => hypotheses.push(Hypothesis {
                kind,
                sightings: vec![weighed],
                weight: 0.0,
                echo_of: None,
            }),
        }
    }
    for hypothesis in &mut hypotheses {
        hypothesis.sightings.sort_by_key(|weighed| {
            (run.is_executor_log(weighed.sighting.file()), weighed.sighting.line())
        });
        let told = hypothesis.sightings.len() as f64;
        hypothesis.weight = hypothesis.anchor().weight + Weights::REPEATED * told.ln();
    }
    discount_echoes(&mut hypotheses);
    hypotheses
        .sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.first_line().cmp(&b.first_line())));
    hypotheses
}

/// Every sighting with the cause that a closer look gives it, and whether that is a second choice.
fn refined<'a>(run: &Run<'a>) -> Vec<Reading<'a>> {
    let mut readings = Vec::new();
    for sighting in run.sightings() {
        let Some(kind) = causes::of_class(sighting.class()) else { continue };
        let mut read = |class: &str, is_second_choice: bool| {
            let kind = causes::of_class(class).expect("a closer look names causes of the list");
            readings.push(Reading { kind, sighting, is_second_choice });
        };
        match (kind.refine)(run, &sighting) {
            Refined::Same => read(kind.class, false),
            Refined::Other(class) => read(class, false),
            Refined::Rather(class) => {
                read(class, false);
                read(kind.class, true);
            }
            Refined::No => {}
        }
    }
    readings
}

/// Drops what only a general cause says about an exception of which a particular one knows more.
fn without_shadowed(mut readings: Vec<Reading<'_>>) -> Vec<Reading<'_>> {
    let place = |reading: &Reading<'_>| reading.sighting.trace.zip(reading.sighting.thrown);
    let known: Vec<_> = readings
        .iter()
        .filter(|reading| reading.kind.strength == Strength::Specific)
        .filter_map(place)
        .collect();
    let explained: Vec<_> = readings
        .iter()
        .filter(|reading| !is_of_user_code(reading.kind.class))
        .filter_map(|reading| reading.sighting.trace.zip(reading.sighting.thrown))
        .collect();
    let passes_on = |reading: &Reading<'_>| {
        reading.kind.class == "python.driver_exception"
            && reading.sighting.thrown().is_some_and(|thrown| !is_slip(&thrown.exception))
            && place(reading).is_some_and(|(trace, thrown)| {
                explained.iter().any(|(other, at)| *other == trace && *at != thrown)
            })
    };
    readings.retain(|reading| !passes_on(reading));
    readings.retain(|reading| {
        reading.kind.strength == Strength::Specific
            || !is_of_user_code(reading.sighting.class())
            || !place(reading).is_some_and(|place| known.contains(&place))
    });
    readings
}

/// Whether the class says only that code of the user threw something.
pub fn is_of_user_code(class: &str) -> bool {
    ["python.", "jvm."].iter().any(|family| class.starts_with(family))
}

/// Whether a handler that raises this has a fault of its own: others report what they handled.
fn is_slip(exception: &str) -> bool {
    const SLIPS: [&str; 7] = [
        "KeyError",
        "AttributeError",
        "NameError",
        "UnboundLocalError",
        "TypeError",
        "IndexError",
        "ZeroDivisionError",
    ];
    SLIPS.contains(&exception)
}

fn weight_of(run: &Run<'_>, kind: &CauseKind, sighting: &Sighting<'_>) -> f64 {
    let is_terminal = sighting.trace.is_some() && sighting.trace == run.terminal;
    let is_of_driver = !run.is_executor_log(sighting.file());
    let shutdown = run.shutdown().map_or(i64::MAX, |finding| finding.line);
    let mut weight = match kind.strength {
        Strength::Specific => Weights::SPECIFIC,
        Strength::General => Weights::GENERAL,
        Strength::Symptom => Weights::SYMPTOM,
    };
    if is_terminal {
        weight += Weights::TERMINAL;
        weight += Weights::DEEPER * sighting.thrown.unwrap_or(0).min(10) as f64;
    }
    weight += if sighting.is_handled() && !is_terminal {
        Weights::HANDLED
    } else if sighting.is_in_trace() || sighting.is_loud() || run.is_last_word(sighting) {
        Weights::ATTENTION
    } else if kind.told_quietly {
        Weights::TOLD_QUIETLY
    } else if sighting.is_complaint() {
        Weights::COMPLAINT
    } else {
        Weights::MENTION
    };
    if !is_of_driver {
        weight += Weights::OF_EXECUTOR;
    } else if !is_terminal {
        if sighting.line() > shutdown && sighting.is_from_spark() {
            weight += Weights::AFTER_SHUTDOWN;
        } else if sighting.line() < run.last_progress() {
            weight += Weights::OVERCOME;
        }
    }
    weight
}

fn discount_echoes(hypotheses: &mut [Hypothesis<'_>]) {
    let present: Vec<(&'static str, f64)> =
        hypotheses.iter().map(|hypothesis| (hypothesis.kind.class, hypothesis.weight)).collect();
    for hypothesis in hypotheses {
        let explains = |(class, weight): &&(&'static str, f64)| {
            *class != hypothesis.kind.class
                && *weight >= Weights::GENERAL
                && hypothesis.kind.echo_of.iter().any(|family| class.starts_with(family))
        };
        if let Some((class, _)) = present.iter().find(explains) {
            hypothesis.weight += Weights::ECHO;
            hypothesis.echo_of = Some(class);
        }
    }
}

/// Whether two sightings of a class tell of one fault: neither names what the other contradicts.
fn is_same_fault(one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
    let is_same_chain = one.trace.is_some() && one.trace == other.trace;
    let names = subject::names(one).into_iter().zip(subject::names(other));
    is_same_chain || names.into_iter().all(|pair| !matches!(pair, (Some(a), Some(b)) if a != b))
}
