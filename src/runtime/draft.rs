//! A turn while it is being made.

use super::journal::{DeadLetter, Turn};
use super::message::{Headers, Message, Place, Received};
use super::{EffectId, Moment};
use crate::records::ids::digest;
use crate::records::{Key, Topic};

/// A record larger than this is refused while the turn is built, so that none can poison one.
pub(crate) const MOST_BYTES_OF_A_RECORD: usize = 1 << 20;

/// Headers that every hop passes on.
const PASSED_ON: [&str; 2] = ["traceparent", "tracestate"];

/// Collects what a turn changes, and counts what it says.
#[derive(Debug)]
pub(crate) struct Draft {
    pub step: &'static str,
    pub at: Moment,
    pub turn: Turn,
    /// How records and effects ended in this turn, by name.
    pub outcomes: Vec<&'static str>,
}

/// What a message follows from: where its trace and its identity come from.
pub(crate) struct Origin<'a> {
    pub headers: &'a [(String, Vec<u8>)],
    pub identity: String,
}

impl<'a> Origin<'a> {
    pub fn of(received: &'a Received) -> Self {
        Origin { headers: &received.headers, identity: received.place.to_string() }
    }

    /// An alarm has no message of its own; key and moment tell it apart.
    pub fn alarm(key: &Key, at: Moment) -> Self {
        Origin { headers: &[], identity: format!("{key} at {}", at.0) }
    }
}

impl Draft {
    pub fn new(step: &'static str, at: Moment) -> Self {
        Draft { step, at, turn: Turn::default(), outcomes: Vec::new() }
    }

    /// Adds the messages that follow from `origin`; one that is too large becomes a dead letter.
    pub fn emit(&mut self, origin: &Origin<'_>, messages: Vec<Message>) {
        for (index, message) in messages.into_iter().enumerate() {
            let headers = self.headers(origin, &message, index);
            if message.value.len() > MOST_BYTES_OF_A_RECORD {
                self.too_large(message, headers);
            } else {
                self.turn.messages.push((message, headers));
            }
        }
    }

    pub fn remember(&mut self, partition: i32, key: &Key, bytes: Option<Vec<u8>>) {
        self.turn.memory.push((partition, key.clone(), bytes));
    }

    pub fn enter(&mut self, partition: i32, id: &EffectId, bytes: Option<Vec<u8>>) {
        self.turn.ledger.push((partition, id.clone(), bytes));
    }

    pub fn bury(&mut self, received: &Received, error: &'static str, message: String) {
        tracing::warn!(step = self.step, place = %received.place, error, message, "dead letter");
        let received = received.clone();
        self.turn.dead.push(DeadLetter { received, stage: self.step, error, message });
    }

    fn too_large(&mut self, message: Message, headers: Headers) {
        let text = format!(
            "a record of {} bytes for {} is larger than the {MOST_BYTES_OF_A_RECORD} that we write",
            message.value.len(),
            message.topic
        );
        let mut value = message.value;
        value.truncate(MOST_BYTES_OF_A_RECORD);
        let received = Received {
            place: Place { topic: message.topic, partition: -1, offset: -1 },
            at: self.at,
            key: Some(message.key.as_str().as_bytes().to_vec()),
            value,
            headers,
        };
        self.bury(&received, "too_large", text);
    }

    fn headers(&self, origin: &Origin<'_>, message: &Message, index: usize) -> Headers {
        let mut headers: Headers = origin
            .headers
            .iter()
            .filter(|(name, _)| PASSED_ON.contains(&name.as_str()))
            .cloned()
            .collect();
        let id = digest("ce_id", &[self.step, &origin.identity, &index.to_string()]);
        for (name, value) in [
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", id),
            ("ce_source", format!("/adp/{}", self.step)),
            ("ce_type", event_type(message.topic)),
            ("ce_time", self.at.to_string()),
        ] {
            headers.push((name.to_owned(), value.into_bytes()));
        }
        headers
    }

    pub fn is_empty(&self) -> bool {
        let Turn { messages, memory, ledger, dead, .. } = &self.turn;
        messages.is_empty() && memory.is_empty() && ledger.is_empty() && dead.is_empty()
    }
}

/// `pipeline.root-causes` carries events of type `io.adp.root-causes`.
fn event_type(topic: Topic) -> String {
    let name = topic.0.strip_prefix("pipeline.").unwrap_or(topic.0);
    format!("io.adp.{name}")
}
