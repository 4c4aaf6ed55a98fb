//! Facts, one file per topic, in the order in which a failure walks through them.
//!
//! A record knows its topic, its key and every published version of its schema, and nothing of
//! brokers: `codec` turns it into bytes, the runtime moves the bytes.

pub mod ids;
pub mod case;
pub mod failure;
pub mod log_summary;
pub mod root_cause;
pub mod diagnosis;
pub mod fix;
pub mod pull_request;
pub mod news;
pub mod notice;
pub mod delivery;
pub mod feedback;
pub mod codec;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use case::{Case, Pipeline};
pub use codec::{Codec, Unreadable};
pub use delivery::Delivery;
pub use diagnosis::Diagnosis;
pub use failure::Failure;
pub use feedback::Feedback;
pub use fix::Fix;
pub use ids::{ConversationId, FailureId, FixId, IncidentId};
pub use log_summary::LogSummary;
pub use news::News;
pub use notice::Notice;
pub use pull_request::PullRequest;
pub use root_cause::{Incident, RootCause};

/// A topic of the product, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(pub &'static str);

impl Topic {
    pub const FAILURES: Topic = Topic("pipeline.failures");
    pub const LOG_SUMMARIES: Topic = Topic("pipeline.log-summaries");
    pub const ROOT_CAUSES: Topic = Topic("pipeline.root-causes");
    pub const DIAGNOSES: Topic = Topic("pipeline.diagnoses");
    pub const FIXES: Topic = Topic("pipeline.fixes");
    pub const PULL_REQUESTS: Topic = Topic("pipeline.pull-requests");
    pub const NEWS: Topic = Topic("pipeline.news");
    pub const NOTICES: Topic = Topic("pipeline.notices");
    pub const DELIVERIES: Topic = Topic("pipeline.deliveries");
    pub const FEEDBACK: Topic = Topic("pipeline.feedback");
    pub const DEAD_LETTERS: Topic = Topic("pipeline.dead-letters");

    /// Registry subject of the topic's values.
    pub fn subject(self) -> String {
        format!("{}-value", self.0)
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What decides on which partition a record lies; records of one key stay in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// Joins parts so that no two lists of parts give the same key.
    pub fn of(parts: &[&str]) -> Self {
        let escaped: Vec<String> =
            parts.iter().map(|part| part.replace('%', "%25").replace('/', "%2F")).collect();
        Key(escaped.join("/"))
    }

    /// A key as it lay on a topic.
    pub fn from_text(text: impl Into<String>) -> Self {
        Key(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fact on a topic, with its published schemas.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    const TOPIC: Topic;
    /// Every published version, oldest first; the last one is what we write.
    const SCHEMAS: &'static [&'static str];
    fn key(&self) -> Key;
}

/// Topic and schemas of every record, in flow order.
pub fn all() -> Vec<(Topic, &'static [&'static str])> {
    fn entry<R: Record>() -> (Topic, &'static [&'static str]) {
        (R::TOPIC, R::SCHEMAS)
    }
    vec![
        entry::<Failure>(),
        entry::<LogSummary>(),
        entry::<RootCause>(),
        entry::<Diagnosis>(),
        entry::<Fix>(),
        entry::<PullRequest>(),
        entry::<News>(),
        entry::<Notice>(),
        entry::<Delivery>(),
        entry::<Feedback>(),
    ]
}
