//! Every cause we can name: what it is, how to tell it from its neighbours, and what to do about it.
//!
//! A cause is data. One file per family holds its causes; [`all`] is the one list. The texts are
//! what people read: `says` becomes the summary of a diagnosis, the rest is what `adp explain` shows.

mod schema;
mod data;
mod input;
mod access;
mod memory;
mod python;
mod jvm;
mod captured;
mod serialization;
mod environment;
mod driver;
mod cluster;
mod infra;
mod platform;
mod network;
mod services;
mod sql;
mod jdbc;
mod table;
mod streaming;
mod shuffle;
mod config;
mod app;
mod airflow;
mod dbt;

use super::run::{Run, Sighting};
use crate::records::root_cause::StepKind;

/// One cause, that is, one failure class.
pub struct CauseKind {
    /// The class, a contract.
    pub class: &'static str,
    /// What it is, in one sentence.
    pub what: &'static str,
    /// What is often taken for it, or it for what.
    pub mistaken_for: &'static str,
    /// The summary of a diagnosis, with [placeholders](super::wording).
    pub says: &'static str,
    pub strength: Strength,
    /// Classes, or families of them, of which this is only an echo when they are there as well.
    pub echo_of: &'static [&'static str],
    /// Whether a line without a level, or a quiet one, says as much as a loud one: kernels, cluster
    /// managers and command-line tools keep no levels, and nobody mentions such a thing in passing.
    pub told_quietly: bool,
    /// The most that a log alone can make us sure of.
    pub ceiling: f64,
    /// What to do next, best first, with placeholders.
    pub steps: &'static [(StepKind, &'static str)],
    /// Looks closer at one sighting: it may belong to a neighbouring class, or be no cause at all.
    pub refine: fn(&Run<'_>, &Sighting<'_>) -> Refined,
}

/// How much a single sighting says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It follows from many causes.
    Symptom,
    /// It is the cause where nothing more particular is.
    General,
    /// It hardly ever appears without being the cause.
    Specific,
}

/// What a closer look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refined {
    /// It is what it seemed to be.
    Same,
    /// It belongs to this class.
    Other(&'static str),
    /// It is more likely of this class, and nothing in the log decides.
    Rather(&'static str),
    /// It is no cause.
    No,
}

impl CauseKind {
    /// What most causes have in common.
    const USUAL: CauseKind = CauseKind {
        class: "",
        what: "",
        mistaken_for: "",
        says: "",
        strength: Strength::Specific,
        echo_of: &[],
        told_quietly: false,
        ceiling: 0.97,
        steps: &[],
        refine: |_, _| Refined::Same,
    };
}

/// All causes, family by family, in the order of the taxonomy.
pub fn all() -> impl Iterator<Item = &'static CauseKind> {
    const FAMILIES: [&[CauseKind]; 24] = [
        schema::CAUSES,
        data::CAUSES,
        input::CAUSES,
        access::CAUSES,
        memory::CAUSES,
        python::CAUSES,
        jvm::CAUSES,
        serialization::CAUSES,
        environment::CAUSES,
        driver::CAUSES,
        cluster::CAUSES,
        infra::CAUSES,
        platform::CAUSES,
        network::CAUSES,
        services::CAUSES,
        sql::CAUSES,
        jdbc::CAUSES,
        table::CAUSES,
        streaming::CAUSES,
        shuffle::CAUSES,
        config::CAUSES,
        app::CAUSES,
        airflow::CAUSES,
        dbt::CAUSES,
    ];
    FAMILIES.into_iter().flatten()
}

/// Classes that no line of a log names: verdicts of their own, or seen in metrics only.
const WITHOUT_A_LINE: [&str; 7] = [
    "healthy",
    "unknown",
    "perf.skew",
    "perf.straggler",
    "perf.spill",
    "perf.small_files",
    "perf.exploding_join",
];

/// The class as a label of a metric: one of a closed set, `other` for what is not in it.
pub fn label(class: &str) -> &'static str {
    let listed = WITHOUT_A_LINE.iter().copied().find(|known| *known == class);
    of_class(class).map(|kind| kind.class).or(listed).unwrap_or("other")
}

/// Whether diagnoses can have this class.
pub fn is_class(class: &str) -> bool {
    of_class(class).is_some() || WITHOUT_A_LINE.contains(&class)
}

/// Whether classes begin with this name and a dot.
pub fn is_family(name: &str) -> bool {
    let is_in = |class: &str| class.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    all().any(|kind| is_in(kind.class)) || WITHOUT_A_LINE.into_iter().any(is_in)
}

/// What the class is, what it is mistaken for and what to do, as Markdown.
pub fn page(kind: &CauseKind) -> String {
    let steps =
        kind.steps.iter().map(|(_, text)| format!("- {}\n", super::wording::unfilled(text)));
    format!(
        "# {}\n\n{}\n\n## Often mistaken\n\n{}\n\n## What to do\n\n{}",
        kind.class,
        kind.what,
        kind.mistaken_for,
        steps.collect::<String>()
    )
}

/// The cause of this class.
pub fn of_class(class: &str) -> Option<&'static CauseKind> {
    all().find(|kind| kind.class == class)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::signatures;

    #[test]
    fn every_class_of_a_signature_is_a_cause_and_explains_itself() {
        let pack = signatures::built_in().expect("the built-in pack loads");
        for class in pack.signatures().iter().filter_map(|signature| signature.class.as_deref()) {
            assert!(of_class(class).is_some(), "{class} has signatures and no cause");
        }
        let mut seen = BTreeSet::new();
        for kind in all() {
            assert!(seen.insert(kind.class), "{} is there twice", kind.class);
            assert!(!kind.what.is_empty() && !kind.mistaken_for.is_empty(), "{}", kind.class);
            assert!(!kind.says.is_empty() && !kind.steps.is_empty(), "{}", kind.class);
            assert!((0.3..=0.99).contains(&kind.ceiling), "{}", kind.class);
        }
    }
}
