//! What lies on topics, as the steps and the journal see it.

use crate::records::{Codec, Key, Record, Topic, Unreadable};

use super::Moment;

/// Header names and values, in order.
pub type Headers = Vec<(String, Vec<u8>)>;

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub topic: Topic,
    pub key: Key,
    pub value: Vec<u8>,
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]@{}", self.topic, self.partition, self.offset)
    }
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub place: Place,
    /// When it was written, as the broker or its producer says.
    pub at: Moment,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Headers,
}

/// What a step reads: a record, or an enum of records.
pub trait Input: Sized + Send + Sync {
    const TOPICS: &'static [Topic];

    /// # Errors
    /// When the bytes are malformed, or the schema registry cannot be asked.
    fn read(codec: &Codec, received: &Received) -> Result<Self, Unreadable>;

    /// The key under which the step remembers.
    fn key(&self) -> Key;
}

/// What a step writes: a record, or an enum of records.
pub trait Output: Sized + Send {
    const TOPICS: &'static [Topic];
    fn write(self, codec: &Codec) -> Message;
}

impl<R: Record> Input for R {
    const TOPICS: &'static [Topic] = &[R::TOPIC];

    fn read(codec: &Codec, received: &Received) -> Result<Self, Unreadable> {
        codec.decode(&received.value)
    }

    fn key(&self) -> Key {
        Record::key(self)
    }
}

impl<R: Record> Output for R {
    const TOPICS: &'static [Topic] = &[R::TOPIC];

    fn write(self, codec: &Codec) -> Message {
        Message { topic: R::TOPIC, key: Record::key(&self), value: codec.encode(&self) }
    }
}
