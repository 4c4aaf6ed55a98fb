//! `pipeline.notices`: what to say, to whom.
//!
//! The message is kept as sections of unescaped text, not as Markdown: each channel has its own
//! markup, its own way to escape and its own limits.

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
    /// Pipeline of that failure, as people call it; it stays, so files and threads are named by it.
    pub opened_by: String,
    /// Name of the channel in the settings.
    pub channel: String,
    /// Grows by one with every change of the text.
    pub revision: i32,
    pub at: Moment,
    /// One line, unescaped.
    pub title: String,
    pub sections: Vec<Section>,
    /// How many failures the conversation holds.
    pub failures: i32,
    /// Whether no more news of the latest failure is awaited.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// A part of the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub kind: SectionKind,
    /// Empty where the text needs no heading.
    pub label: String,
    pub lines: Vec<Line>,
}

/// How the lines of a section are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Prose,
    List,
    /// Each line as it is, in a type of even width.
    Code,
    /// Small print, for looking things up.
    Footer,
}

/// A line of a section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub spans: Vec<Span>,
}

/// A piece of a line; its text is unescaped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub kind: SpanKind,
    pub text: String,
}

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    Text,
    Strong,
    Code,
    /// The text is the address.
    Link,
}

impl Line {
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(SpanKind::Text, text)
    }

    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.with(SpanKind::Strong, text)
    }

    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.with(SpanKind::Code, text)
    }

    #[must_use]
    pub fn link(self, address: impl Into<String>) -> Self {
        self.with(SpanKind::Link, address)
    }

    fn with(mut self, kind: SpanKind, text: impl Into<String>) -> Self {
        self.spans.push(Span { kind, text: text.into() });
        self
    }
}

impl Record for Notice {
    const TOPIC: Topic = Topic::NOTICES;
    const SCHEMAS: &'static [&'static str] = &[include_str!("../../schemas/notice/v1.avsc")];
    fn key(&self) -> Key {
        Key::of(&[self.conversation_id.as_str()])
    }
}
