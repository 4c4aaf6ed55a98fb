//! A step that touches the world, and says how it behaves when repeated.

use std::future::Future;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Input, Moment, Output};
use crate::records::ids::digest;

/// A step with effects outside the broker. Every record that enters leaves as an outcome.
pub trait Action: Send + Sync + 'static {
    const NAME: &'static str;
    type In: Input;
    type Out: Output;
    type Receipt: Receipt;

    /// What is to be done about the record; pure, and the same on every retry.
    /// `None` when there is nothing to do.
    fn effect(&self, input: &Self::In) -> Option<Effect>;

    /// How long one attempt may take.
    fn deadline(&self) -> Duration;

    /// How long after take-in an effect is given up, whatever it waits for.
    fn patience(&self) -> Duration;

    /// Looks in the world whether the effect is already there.
    fn find(
        &self,
        ask: &Ask<'_, Self>,
    ) -> impl Future<Output = Result<Option<Self::Receipt>, Fault>> + Send;

    /// Does it.
    fn perform(
        &self,
        ask: &Ask<'_, Self>,
    ) -> impl Future<Output = Result<Self::Receipt, Fault>> + Send;

    /// The record that says how it ended; pure.
    fn outcome(&self, input: &Self::In, end: End<Self::Receipt>) -> Self::Out;
}

/// What an effect leaves behind: enough to find it again.
pub trait Receipt: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Receipt for T {}

/// One effect: `about` a thing in the world, `id` being what is new about it this time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub id: EffectId,
    pub about: About,
    pub repeat: Repeat,
    pub lane: Lane,
    /// Whether an earlier effect about the same thing that was never tried becomes pointless.
    pub supersedes: bool,
}

/// Identity of an effect, derived from its input.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectId(String);

impl EffectId {
    pub fn of(parts: &[&str]) -> Self {
        EffectId(digest("EffectId", parts))
    }

    /// An id as it lay in a ledger.
    pub fn from_text(text: impl Into<String>) -> Self {
        EffectId(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The thing in the world: a branch, a message in a channel. Effects about one thing run in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About(pub String);

/// Who sets the pace: a host, a repository, a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lane(pub String);

/// What a second performance would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Nothing that anybody sees: performed again when unsure.
    Harmless,
    /// Harm, but the first can be found: looked for before it is performed again.
    Findable,
    /// Harm, and the first cannot be found: never performed again when unsure.
    Regrettable,
}

/// What an action is told when it is asked to find or perform.
pub struct Ask<'a, A: Action + ?Sized> {
    pub id: &'a EffectId,
    pub about: &'a About,
    pub input: &'a A::In,
    pub at: Moment,
    /// This is the n-th try, from 1.
    pub tries: u32,
    /// Receipt of the last finished effect about the same thing.
    pub prior: Option<&'a A::Receipt>,
}

/// How an effect ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End<R> {
    /// There was nothing to do.
    Nothing,
    Done(R),
    /// Done before, for the same id.
    Again(R),
    GaveUp(Reason),
}

/// Why an effect did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It certainly did not happen; it may on another try, not before the moment named.
    Transient { reason: String, not_before: Option<Moment> },
    /// What it needs is not there yet: likewise, but nobody else waits with it.
    NotYet { reason: String, not_before: Option<Moment> },
    /// It may have happened: the request left and no answer came.
    Unsure { reason: String },
    /// It will not happen, whatever we do.
    Refused { reason: String },
}

impl Fault {
    pub fn transient(reason: impl Into<String>) -> Self {
        Fault::Transient { reason: reason.into(), not_before: None }
    }

    pub fn unsure(reason: impl Into<String>) -> Self {
        Fault::Unsure { reason: reason.into() }
    }

    pub fn refused(reason: impl Into<String>) -> Self {
        Fault::Refused { reason: reason.into() }
    }
}

/// Why an effect was given up, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub kind: ReasonKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The world said no.
    Refused,
    /// It was tried or waited for until patience was over.
    PatienceOver,
    /// A later effect about the same thing made it pointless.
    Superseded,
    /// It may have happened and must not happen twice.
    Doubt,
    /// The process ended each time it was tried.
    Poison,
    /// Too much waits for the same lane.
    LaneFull,
    /// What would have to be kept about it is larger than a message may be.
    TooLarge,
    /// A step broke on it: our own fault.
    Bug,
}

impl ReasonKind {
    /// Whether a dead letter is written beside the outcome because somebody must act.
    pub(crate) fn needs_an_operator(self) -> bool {
        !matches!(self, ReasonKind::Superseded | ReasonKind::PatienceOver)
    }

    pub fn name(self) -> &'static str {
        match self {
            ReasonKind::Refused => "refused",
            ReasonKind::PatienceOver => "patience_over",
            ReasonKind::Superseded => "superseded",
            ReasonKind::Doubt => "doubt",
            ReasonKind::Poison => "poison",
            ReasonKind::LaneFull => "lane_full",
            ReasonKind::TooLarge => "too_large",
            ReasonKind::Bug => "bug",
        }
    }
}
