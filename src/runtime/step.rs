//! Steps with their types erased, so that one host serves them all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::action::{Action, Ask, Effect, End, Fault, Reason};
use super::message::{Input, Message, Output, Received};
use super::stage::{Memory, Outbox, Rejected, Stage};
use super::{EffectId, Moment};
use crate::records::{Codec, Key, Topic, Unreadable};

/// A step of the topology.
pub struct Step {
    pub name: &'static str,
    pub reads: &'static [Topic],
    pub writes: &'static [Topic],
    pub(crate) kind: Kind,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Decides { stage: Arc<dyn Decides>, remembers: bool },
    Acts(Arc<dyn Acts>),
}

impl Step {
    pub(crate) fn deciding<S: Stage>(stage: S) -> Self {
        let remembers = <S::Memory as Memory>::VERSION > 0;
        Step {
            name: S::NAME,
            reads: S::In::TOPICS,
            writes: S::Out::TOPICS,
            kind: Kind::Decides { stage: Arc::new(stage), remembers },
        }
    }

    pub(crate) fn acting<A: Action>(action: A) -> Self {
        Step {
            name: A::NAME,
            reads: A::In::TOPICS,
            writes: A::Out::TOPICS,
            kind: Kind::Acts(Arc::new(Erased(action))),
        }
    }

    /// `acts` or `decides`, as people read it in the topology.
    pub fn verb(&self) -> &'static str {
        match self.kind {
            Kind::Decides { .. } => "decides",
            Kind::Acts(_) => "acts",
        }
    }

    /// Compacted topic of the stage's memory, if it keeps one.
    pub fn memory_topic(&self) -> Option<String> {
        let kept = matches!(self.kind, Kind::Decides { remembers: true, .. });
        kept.then(|| format!("adp.{}-memory", self.name.replace('_', "-")))
    }

    /// Compacted topic of the action's ledger.
    pub fn ledger_topic(&self) -> Option<String> {
        let acts = matches!(self.kind, Kind::Acts(_));
        acts.then(|| format!("adp.{}-ledger", self.name.replace('_', "-")))
    }
}

/// Why a record went no further.
#[derive(Debug)]
pub(crate) enum Trouble {
    Unreadable(Unreadable),
    Rejected(Rejected),
    /// The memory of the key cannot be read: going on would start empty.
    MemoryUnreadable(String),
}

/// What a stage decided.
pub(crate) struct Decision {
    pub key: Key,
    pub messages: Vec<Message>,
    pub memory: Option<Remembered>,
}

/// A memory as it is kept, with its two moments.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub bytes: Vec<u8>,
    pub wake_at: Option<Moment>,
    pub forget_at: Option<Moment>,
}

/// Looks up the memory of a key.
pub(crate) type Recall<'a> = &'a dyn Fn(&Key) -> Option<&'a [u8]>;

pub(crate) trait Decides: Send + Sync {
    fn on_record(
        &self,
        codec: &Codec,
        at: Moment,
        received: &Received,
        recall: Recall<'_>,
    ) -> Result<Decision, Trouble>;
    fn on_alarm(
        &self,
        codec: &Codec,
        at: Moment,
        key: &Key,
        memory: &[u8],
    ) -> Result<Decision, Trouble>;
    fn restore(&self, bytes: Vec<u8>) -> Result<Remembered, Trouble>;
}

impl<S: Stage> Decides for S {
    fn on_record(
        &self,
        codec: &Codec,
        at: Moment,
        received: &Received,
        recall: Recall<'_>,
    ) -> Result<Decision, Trouble> {
        let input = S::In::read(codec, received).map_err(Trouble::Unreadable)?;
        let key = input.key();
        let mut memory = match recall(&key) {
            Some(bytes) => unpack::<S::Memory>(bytes)?,
            None => S::Memory::default(),
        };
        let mut out = Outbox::default();
        Stage::on_record(self, at, input, &mut memory, &mut out).map_err(Trouble::Rejected)?;
        Ok(decision::<S>(codec, key, &memory, out))
    }

    fn on_alarm(
        &self,
        codec: &Codec,
        at: Moment,
        key: &Key,
        memory: &[u8],
    ) -> Result<Decision, Trouble> {
        let mut memory = unpack::<S::Memory>(memory)?;
        let mut out = Outbox::default();
        Stage::on_alarm(self, at, &mut memory, &mut out);
        Ok(decision::<S>(codec, key.clone(), &memory, out))
    }

    fn restore(&self, bytes: Vec<u8>) -> Result<Remembered, Trouble> {
        let memory = unpack::<S::Memory>(&bytes)?;
        Ok(Remembered { wake_at: memory.wake_at(), forget_at: memory.forget_at(), bytes })
    }
}

fn decision<S: Stage>(
    codec: &Codec,
    key: Key,
    memory: &S::Memory,
    out: Outbox<S::Out>,
) -> Decision {
    let messages = out.into_records().into_iter().map(|record| record.write(codec)).collect();
    let remembers = <S::Memory as Memory>::VERSION > 0;
    Decision { key, messages, memory: remembers.then(|| pack(memory)) }
}

#[derive(Serialize)]
struct Packed<'a, M> {
    version: u32,
    memory: &'a M,
}

#[derive(Deserialize)]
struct Unpacked {
    version: u32,
    memory: serde_json::Value,
}

fn pack<M: Memory>(memory: &M) -> Remembered {
    let packed = Packed { version: M::VERSION, memory };
    Remembered {
        bytes: serde_json::to_vec(&packed).expect("memories are plain data"),
        wake_at: memory.wake_at(),
        forget_at: memory.forget_at(),
    }
}

fn unpack<M: Memory>(bytes: &[u8]) -> Result<M, Trouble> {
    let unreadable = |error: serde_json::Error| Trouble::MemoryUnreadable(error.to_string());
    let unpacked: Unpacked = serde_json::from_slice(bytes).map_err(unreadable)?;
    if unpacked.version > M::VERSION {
        return Err(Trouble::MemoryUnreadable(format!(
            "written by version {} of the memory, this program knows {}",
            unpacked.version,
            M::VERSION
        )));
    }
    serde_json::from_value(unpacked.memory).map_err(unreadable)
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What an erased action is asked to look for or to do.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Of its entry in the ledger.
    pub key: EffectId,
    pub effect: Effect,
    pub input: Received,
    pub at: Moment,
    pub tries: u32,
    pub prior: Option<serde_json::Value>,
}

pub(crate) trait Acts: Send + Sync {
    fn effect(&self, codec: &Codec, received: &Received) -> Result<Option<Effect>, Unreadable>;
    fn deadline(&self) -> Duration;
    fn patience(&self) -> Duration;
    fn find<'a>(
        &'a self,
        codec: &'a Codec,
        order: &'a Order,
    ) -> Boxed<'a, Result<Option<serde_json::Value>, Fault>>;
    fn perform<'a>(
        &'a self,
        codec: &'a Codec,
        order: &'a Order,
    ) -> Boxed<'a, Result<serde_json::Value, Fault>>;
    fn outcome(
        &self,
        codec: &Codec,
        received: &Received,
        end: End<serde_json::Value>,
    ) -> Result<Message, Unreadable>;
}

/// Wraps an action so that the blanket implementations of the two kinds cannot overlap.
struct Erased<A>(A);

impl<A: Action> Erased<A> {
    /// Reads the order's input again; it was readable when the effect was computed from it.
    fn read(codec: &Codec, order: &Order) -> Result<A::In, Fault> {
        A::In::read(codec, &order.input).map_err(|error| match error {
            Unreadable::Malformed(reason) => Fault::refused(reason),
            Unreadable::RegistryDown(error) => Fault::transient(error.to_string()),
        })
    }

    fn prior(order: &Order) -> Option<A::Receipt> {
        // A receipt of an older shape is worth less than an effect that runs without it.
        order.prior.clone().and_then(|value| serde_json::from_value(value).ok())
    }
}

fn value_of<R: Serialize>(receipt: &R) -> serde_json::Value {
    serde_json::to_value(receipt).expect("receipts are plain data")
}

impl<A: Action> Acts for Erased<A> {
    fn effect(&self, codec: &Codec, received: &Received) -> Result<Option<Effect>, Unreadable> {
        Ok(self.0.effect(&A::In::read(codec, received)?))
    }

    fn deadline(&self) -> Duration {
        self.0.deadline()
    }

    fn patience(&self) -> Duration {
        self.0.patience()
    }

    fn find<'a>(
        &'a self,
        codec: &'a Codec,
        order: &'a Order,
    ) -> Boxed<'a, Result<Option<serde_json::Value>, Fault>> {
        Box::pin(async move {
            let (input, prior) = (Self::read(codec, order)?, Self::prior(order));
            let found = self.0.find(&ask(order, &input, prior.as_ref())).await?;
            Ok(found.as_ref().map(value_of))
        })
    }

    fn perform<'a>(
        &'a self,
        codec: &'a Codec,
        order: &'a Order,
    ) -> Boxed<'a, Result<serde_json::Value, Fault>> {
        Box::pin(async move {
            let (input, prior) = (Self::read(codec, order)?, Self::prior(order));
            let receipt = self.0.perform(&ask(order, &input, prior.as_ref())).await?;
            Ok(value_of(&receipt))
        })
    }

    fn outcome(
        &self,
        codec: &Codec,
        received: &Received,
        end: End<serde_json::Value>,
    ) -> Result<Message, Unreadable> {
        let input = A::In::read(codec, received)?;
        let read = |value| {
            serde_json::from_value::<A::Receipt>(value).map_err(|error| Reason {
                kind: super::ReasonKind::Bug,
                text: format!("unreadable receipt: {error}"),
            })
        };
        let end = match end {
            End::Nothing => End::Nothing,
            End::Done(value) => read(value).map_or_else(End::GaveUp, End::Done),
            End::Again(value) => read(value).map_or_else(End::GaveUp, End::Again),
            End::GaveUp(reason) => End::GaveUp(reason),
        };
        Ok(self.0.outcome(&input, end).write(codec))
    }
}

fn ask<'a, A: Action>(
    order: &'a Order,
    input: &'a A::In,
    prior: Option<&'a A::Receipt>,
) -> Ask<'a, A> {
    let Effect { id, about, .. } = &order.effect;
    Ask { id, about, input, at: order.at, tries: order.tries, prior }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.verb())
    }
}

impl EffectId {
    /// Enough of it for a person to tell two apart.
    pub fn short(&self) -> &str {
        &self.as_str()[..self.as_str().len().min(8)]
    }
}
