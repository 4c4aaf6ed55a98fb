//! Steps in flow order, and the check that they fit together.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::stage::Stage;
use super::step::Step;
use crate::records::Topic;

/// All steps, in the order in which a failure meets them.
pub struct Topology {
    fed_by: Vec<Topic>,
    ends_in: Vec<Topic>,
    steps: Vec<Step>,
}

/// What is wrong with a topology.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Miswired {
    #[error("{step} reads {topic}, which nothing above it writes")]
    NothingWrites { step: &'static str, topic: Topic },
    #[error("{step} writes {topic}, which nothing reads")]
    NothingReads { step: &'static str, topic: Topic },
    #[error("{topic} is fed and nothing reads it")]
    FedInVain { topic: Topic },
    #[error("two steps are called {0}")]
    SameName(&'static str),
}

impl Topology {
    /// Topics that producers and sources write.
    pub fn fed_by(topics: impl IntoIterator<Item = Topic>) -> Self {
        let fed_by = topics.into_iter().collect();
        Topology { fed_by, ends_in: Vec::new(), steps: Vec::new() }
    }

    #[must_use]
    pub fn decide<S: Stage>(mut self, stage: S) -> Self {
        self.steps.push(Step::deciding(stage));
        self
    }

    #[must_use]
    pub fn act<A: Action>(mut self, action: A) -> Self {
        self.steps.push(Step::acting(action));
        self
    }

    /// Topics that only people and other programs read.
    #[must_use]
    pub fn ending_in(mut self, topics: impl IntoIterator<Item = Topic>) -> Self {
        self.ends_in.extend(topics);
        self
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every topic that producers or steps write, in flow order.
    pub fn topics(&self) -> Vec<Topic> {
        let written = self.steps.iter().flat_map(|step| step.writes.iter().copied());
        let mut seen = BTreeSet::new();
        self.fed_by.iter().copied().chain(written).filter(|topic| seen.insert(*topic)).collect()
    }

    /// # Errors
    /// Everything that is wrong, in flow order. A step reads only what is written above it, which
    /// also rules out loops.
    pub fn check(&self) -> Result<(), Vec<Miswired>> {
        let mut wrong = Vec::new();
        let mut names = BTreeSet::new();
        let mut written: BTreeMap<Topic, &str> =
            self.fed_by.iter().map(|topic| (*topic, "outside")).collect();
        let read: BTreeSet<Topic> =
            self.steps.iter().flat_map(|step| step.reads.iter().copied()).collect();
        for &topic in self.fed_by.iter().filter(|topic| !read.contains(topic)) {
            wrong.push(Miswired::FedInVain { topic });
        }
        for step in &self.steps {
            if !names.insert(step.name) {
                wrong.push(Miswired::SameName(step.name));
            }
            for &topic in step.reads.iter().filter(|topic| !written.contains_key(topic)) {
                wrong.push(Miswired::NothingWrites { step: step.name, topic });
            }
            for &topic in step.writes {
                written.insert(topic, step.name);
                if !read.contains(&topic) && !self.ends_in.contains(&topic) {
                    wrong.push(Miswired::NothingReads { step: step.name, topic });
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
