//! `pipeline.feedback`: what people and forges answer.

use serde::{Deserialize, Serialize};

use super::case::Pipeline;
use super::{Key, Record, Topic};
use crate::runtime::Moment;

/// Something was said about a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub pipeline: Pipeline,
    pub kind: FeedbackKind,
    pub at: Option<Moment>,
    pub by: Option<String>,
    pub text: Option<String>,
}

/// What somebody or something said about a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    Succeeded,
    Mute,
    WrongCause,
    Retry,
    Unknown,
}

impl Record for Feedback {
    const TOPIC: Topic = Topic::FEEDBACK;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/feedback/v1.avsc")];
    fn key(&self) -> Key {
        self.pipeline.key()
    }
}
