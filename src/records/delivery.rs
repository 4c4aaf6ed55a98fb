//! `pipeline.deliveries`: what was said.

use serde::{Deserialize, Serialize};

use super::ids::{ConversationId, FailureId};
use super::{Key, Record, Topic};

/// How a notice was delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub conversation_id: ConversationId,
    pub episode: FailureId,
    /// Name of the channel in the settings.
    pub channel: String,
    pub revision: i32,
    pub status: DeliveryStatus,
    /// Where the message lies.
    pub place: Option<String>,
    pub reason: String,
}

/// How the delivery of a notice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    Delivered,
    DeliveredBefore,
    Superseded,
    GaveUp,
}

impl Record for Delivery {
    const TOPIC: Topic = Topic::DELIVERIES;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/delivery/v1.avsc")];
    fn key(&self) -> Key {
        Key::of(&[self.conversation_id.as_str()])
    }
}
