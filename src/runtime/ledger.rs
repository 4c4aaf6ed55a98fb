//! The books of one action: every effect that is wanted, tried or done, by partition of its input.
//!
//! The ledger is also the action's queue: a retry waits here with its next try, so the offset of
//! the input moves on at once and a slow effect holds up nothing but its own thing.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::action::{About, Effect, EffectId, Reason};
use super::message::{Headers, Place, Received};
use super::{Moment, StepError};
use crate::records::Topic;

/// Grows when an old program could not read a new entry.
const VERSION: u32 = 1;

/// One effect on the books.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The effect's id; another record that wants the same effect while it is unfinished has an
    /// entry of its own, keyed by its place as well.
    pub key: EffectId,
    pub effect: Effect,
    pub taken_in: Moment,
    /// Where its input lay: effects about one thing run in this order.
    pub origin: Place,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    Waiting {
        input: Received,
        not_before: Moment,
        tries: u32,
        last: Option<String>,
    },
    /// Under way, or was when a process ended; after `until` nobody waits for its answer.
    Attempted {
        input: Received,
        until: Moment,
        tries: u32,
        last: Option<String>,
    },
    Done {
        receipt: serde_json::Value,
        at: Moment,
    },
    GaveUp {
        reason: Reason,
        at: Moment,
    },
}

impl Entry {
    /// Whether it waits for the outcome of an effect that another record wanted first.
    pub fn follows(&self) -> bool {
        self.key != self.effect.id
    }

    pub fn input(&self) -> Option<&Received> {
        match &self.state {
            State::Waiting { input, .. } | State::Attempted { input, .. } => Some(input),
            State::Done { .. } | State::GaveUp { .. } => None,
        }
    }
}

/// Every entry of the partitions this host owns.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<EffectId, (i32, Entry)>,
    /// Unfinished effects about each thing, in order of origin.
    unfinished: BTreeMap<About, BTreeSet<(Place, EffectId)>>,
    /// The last effect done about each thing.
    last_done: BTreeMap<About, (Place, EffectId)>,
}

impl Ledger {
    pub fn clear(&mut self) {
        *self = Ledger::default();
    }

    pub fn get(&self, id: &EffectId) -> Option<&Entry> {
        self.entries.get(id).map(|(_, entry)| entry)
    }

    /// The entry with the partition of its input.
    pub fn located(&self, id: &EffectId) -> Option<&(i32, Entry)> {
        self.entries.get(id)
    }

    pub fn put(&mut self, partition: i32, entry: Entry) {
        let id = entry.key.clone();
        self.unlist(&id);
        let about = entry.effect.about.clone();
        match entry.state {
            State::Waiting { .. } | State::Attempted { .. } => {
                self.unfinished.entry(about).or_default().insert((entry.origin, id.clone()));
            }
            State::Done { .. } => {
                let done = (entry.origin, id.clone());
                let last = self.last_done.entry(about).or_insert_with(|| done.clone());
                if last.0 <= done.0 {
                    *last = done;
                }
            }
            State::GaveUp { .. } => {}
        }
        self.entries.insert(id, (partition, entry));
    }

    pub fn remove(&mut self, id: &EffectId) -> Option<(i32, Entry)> {
        self.unlist(id);
        let removed = self.entries.remove(id)?;
        let about = &removed.1.effect.about;
        if self.last_done.get(about).is_some_and(|(_, last)| last == id) {
            self.last_done.remove(about);
        }
        Some(removed)
    }

    fn unlist(&mut self, id: &EffectId) {
        let Some((_, entry)) = self.entries.get(id) else { return };
        if let Some(listed) = self.unfinished.get_mut(&entry.effect.about) {
            listed.remove(&(entry.origin, id.clone()));
            if listed.is_empty() {
                self.unfinished.remove(&entry.effect.about);
            }
        }
    }

    /// Unfinished effects about the thing, earliest first.
    pub fn unfinished_about(&self, about: &About) -> impl Iterator<Item = &EffectId> {
        self.unfinished.get(about).into_iter().flatten().map(|(_, id)| id)
    }

    pub fn all_unfinished(&self) -> impl Iterator<Item = &Entry> {
        let ids = self.unfinished.values().flatten().map(|(_, id)| id);
        ids.filter_map(|id| self.get(id))
    }

    /// Receipt of the last effect done about the thing.
    pub fn prior(&self, about: &About) -> Option<serde_json::Value> {
        let (_, id) = self.last_done.get(about)?;
        match &self.get(id)?.state {
            State::Done { receipt, .. } => Some(receipt.clone()),
            _ => None,
        }
    }

    /// Finished entries that were last touched before the moment.
    pub fn finished_before(&self, moment: Moment) -> Vec<EffectId> {
        let old = |entry: &Entry| match entry.state {
            State::Done { at, .. } | State::GaveUp { at, .. } => at < moment,
            _ => false,
        };
        let entries = self.entries.iter().filter(|(_, (_, entry))| old(entry));
        entries.map(|(id, _)| id.clone()).collect()
    }
}

/// An entry as it lies on the ledger's topic.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    effect: Effect,
    taken_in: Moment,
    origin: KeptPlace,
    state: KeptState,
}

#[derive(Serialize, Deserialize)]
struct KeptPlace {
    topic: String,
    partition: i32,
    offset: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum KeptState {
    Waiting { input: KeptInput, not_before: Moment, tries: u32, last: Option<String> },
    Attempted { input: KeptInput, until: Moment, tries: u32, last: Option<String> },
    Done { receipt: serde_json::Value, at: Moment },
    GaveUp { reason: Reason, at: Moment },
}

/// An input record, whole, so that a retry needs no second look at its topic.
#[derive(Serialize, Deserialize)]
struct KeptInput {
    at: Moment,
    key: Option<String>,
    value: String,
    headers: Vec<(String, String)>,
}

pub(crate) fn write(entry: &Entry) -> Vec<u8> {
    let Entry { effect, taken_in, origin, state, .. } = entry;
    let kept = Kept {
        version: VERSION,
        effect: effect.clone(),
        taken_in: *taken_in,
        origin: KeptPlace {
            topic: origin.topic.0.to_owned(),
            partition: origin.partition,
            offset: origin.offset,
        },
        state: keep_state(state),
    };
    serde_json::to_vec(&kept).expect("entries are plain data")
}

/// Reads an entry of the action that reads `topics`.
pub(crate) fn read(key: &str, bytes: &[u8], topics: &[Topic]) -> Result<Entry, StepError> {
    let unreadable = |text: String| StepError::Fatal(format!("a ledger entry: {text}"));
    let kept: Kept = serde_json::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
    if kept.version > VERSION {
        return Err(unreadable(format!("version {} is newer than this program", kept.version)));
    }
    let topic = topics.iter().find(|topic| topic.0 == kept.origin.topic).copied();
    let topic = topic.ok_or_else(|| unreadable(format!("unknown topic {}", kept.origin.topic)))?;
    let KeptPlace { partition, offset, .. } = kept.origin;
    let origin = Place { topic, partition, offset };
    let state = unkeep_state(kept.state, origin).map_err(unreadable)?;
    let key = EffectId::from_text(key);
    Ok(Entry { key, effect: kept.effect, taken_in: kept.taken_in, origin, state })
}

fn keep_state(state: &State) -> KeptState {
    match state.clone() {
        State::Waiting { input, not_before, tries, last } => {
            KeptState::Waiting { input: keep_input(input), not_before, tries, last }
        }
        State::Attempted { input, until, tries, last } => {
            KeptState::Attempted { input: keep_input(input), until, tries, last }
        }
        State::Done { receipt, at } => KeptState::Done { receipt, at },
        State::GaveUp { reason, at } => KeptState::GaveUp { reason, at },
    }
}

fn unkeep_state(state: KeptState, origin: Place) -> Result<State, String> {
    Ok(match state {
        KeptState::Waiting { input, not_before, tries, last } => {
            State::Waiting { input: unkeep_input(input, origin)?, not_before, tries, last }
        }
        KeptState::Attempted { input, until, tries, last } => {
            State::Attempted { input: unkeep_input(input, origin)?, until, tries, last }
        }
        KeptState::Done { receipt, at } => State::Done { receipt, at },
        KeptState::GaveUp { reason, at } => State::GaveUp { reason, at },
    })
}

fn keep_input(input: Received) -> KeptInput {
    let encode = |bytes: &[u8]| BASE64.encode(bytes);
    KeptInput {
        at: input.at,
        key: input.key.as_deref().map(encode),
        value: encode(&input.value),
        headers: input.headers.iter().map(|(name, value)| (name.clone(), encode(value))).collect(),
    }
}

fn unkeep_input(kept: KeptInput, place: Place) -> Result<Received, String> {
    let decode = |text: &str| BASE64.decode(text).map_err(|error| error.to_string());
    let headers: Result<Headers, String> =
        kept.headers.iter().map(|(name, value)| Ok((name.clone(), decode(value)?))).collect();
    Ok(Received {
        place,
        at: kept.at,
        key: kept.key.as_deref().map(decode).transpose()?,
        value: decode(&kept.value)?,
        headers: headers?,
    })
}
