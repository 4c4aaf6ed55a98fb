//! `pipeline.notices`: what to say, to whom.

use serde::{Deserialize, Serialize};

use super::ids::{ConversationId, FailureId};
use super::{Key, Record, Topic};
use crate::runtime::Moment;

/// What to say in one channel; always the whole message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub conversation_id: ConversationId,
    /// The failure that opened the conversation.
    pub episode: FailureId,
    /// Name of the channel in the settings.
    pub channel: String,
    /// Grows by one with every change of the text.
    pub revision: i32,
    pub at: Moment,
    pub title: String,
    /// Markdown.
    pub body: String,
    /// How many failures the conversation holds.
    pub failures: i32,
    /// Whether no more news of the latest failure is awaited.
    #[serde(rename = "final")]
    pub is_final: bool,
}

impl Record for Notice {
    const TOPIC: Topic = Topic::NOTICES;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/notice/v1.avsc")];
    fn key(&self) -> Key {
        Key::of(&[self.conversation_id.as_str()])
    }
}
