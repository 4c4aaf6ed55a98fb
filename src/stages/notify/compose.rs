//! Decides what to say: one message for each conversation, edited as news arrives.
//!
//! A conversation has episodes. The first failure opens one; all that follows edits its message;
//! a quiet time closes it, and the next failure opens another. Late news of a failure that a
//! closed episode knows still edits that episode's message.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::known::Known;
use super::message::{self, Message};
use crate::records::ids::digest;
use crate::records::{ConversationId, FailureId, News, Notice};
use crate::runtime::{Memory, Moment, Outbox, Rejected, Stage};
use crate::text::plain::one_line;

/// How long a closed episode can still be edited.
const REMEMBERED_FOR: Duration = Duration::from_secs(14 * 24 * 3600);
/// The episode at hand and the one before, for its late news.
const MOST_EPISODES: usize = 2;

/// What to say to whom.
pub struct Compose {
    /// Names of the channels that hear everything.
    pub channels: Vec<String>,
    pub retries: Retries,
    /// Without a new failure for so long, an episode is closed.
    pub quiet_after: Duration,
}

/// What people hear of a failure that the scheduler will retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// Nothing until the last try has failed too, or a pull request is open.
    Hold,
    /// As much as of any other.
    Tell,
}

/// What is remembered of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The latest last.
    episodes: Vec<Episode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Episode {
    conversation_id: ConversationId,
    opened_by: FailureId,
    /// As people call it.
    pipeline: String,
    known: Known,
    /// When it is closed unless another failure comes.
    quiet_at: Moment,
    forget_at: Moment,
    is_closed: bool,
    said: Option<Said>,
}

/// What people were told last. How it came to that differs with the order of the news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    revision: i32,
    digest: String,
}

impl Memory for Conversation {
    const VERSION: u32 = 1;

    fn wake_at(&self) -> Option<Moment> {
        let open = self.episodes.iter().filter(|episode| !episode.is_closed);
        open.map(|episode| episode.quiet_at).min()
    }

    fn forget_at(&self) -> Option<Moment> {
        self.episodes.iter().map(|episode| episode.forget_at).max()
    }
}

impl Stage for Compose {
    const NAME: &'static str = "compose";
    type In = News;
    type Out = Notice;
    type Memory = Conversation;

    fn on_record(
        &self,
        at: Moment,
        news: News,
        conversation: &mut Conversation,
        out: &mut Outbox<Notice>,
    ) -> Result<(), Rejected> {
        let episode = conversation.episode_for(&news, at, self.quiet_after);
        if episode.known.absorb(news)? {
            episode.failed(at, self.quiet_after);
        }
        self.say(at, episode, out);
        Ok(())
    }

    fn on_alarm(&self, at: Moment, conversation: &mut Conversation, out: &mut Outbox<Notice>) {
        let due = |episode: &&mut Episode| !episode.is_closed && episode.quiet_at <= at;
        for episode in conversation.episodes.iter_mut().filter(due) {
            episode.is_closed = true;
            self.say(at, episode, out);
        }
    }
}

impl Compose {
    /// Says it in every channel, if it differs from what was said last.
    fn say(&self, at: Moment, episode: &mut Episode, out: &mut Outbox<Notice>) {
        let closed = episode.is_closed.then_some(self.quiet_after);
        let Some(message) = message::of(&episode.known, self.retries, closed) else { return };
        let digest = digest_of(&message);
        let revision = match &episode.said {
            Some(said) if said.digest == digest => return,
            Some(said) => said.revision + 1,
            None => 1,
        };
        episode.said = Some(Said { revision, digest });
        for channel in &self.channels {
            out.emit(Notice {
                conversation_id: episode.conversation_id.clone(),
                episode: episode.opened_by.clone(),
                opened_by: episode.pipeline.clone(),
                channel: channel.clone(),
                revision,
                at,
                title: message.title.clone(),
                sections: message.sections.clone(),
                failures: message.failures,
                is_final: message.is_final,
            });
        }
    }
}

fn digest_of(message: &Message) -> String {
    let text = serde_json::to_string(message).expect("a message is plain data");
    digest("Message", &[&text])
}

impl Conversation {
    /// The episode that the news belongs to: the one that knows the failure, else the one that is
    /// open, else a new one.
    fn episode_for(&mut self, news: &News, at: Moment, quiet_after: Duration) -> &mut Episode {
        let knows = |episode: &Episode| episode.known.knows(&news.case.failure_id);
        let is_open = |episode: &Episode| !episode.is_closed && at < episode.quiet_at;
        let found = self.episodes.iter().rposition(knows);
        let index =
            found.or_else(|| self.episodes.iter().rposition(is_open)).unwrap_or_else(|| {
                self.episodes.push(Episode::opened_by(news, at, quiet_after));
                if self.episodes.len() > MOST_EPISODES {
                    self.episodes.remove(0);
                }
                self.episodes.len() - 1
            });
        &mut self.episodes[index]
    }
}

impl Episode {
    fn opened_by(news: &News, at: Moment, quiet_after: Duration) -> Self {
        Episode {
            conversation_id: news.incident.conversation_id.clone(),
            opened_by: news.case.failure_id.clone(),
            pipeline: one_line(&news.case.pipeline.name(), 120),
            known: Known::default(),
            quiet_at: at.plus(quiet_after),
            forget_at: at.plus(quiet_after).plus(REMEMBERED_FOR),
            is_closed: false,
            said: None,
        }
    }

    fn failed(&mut self, at: Moment, quiet_after: Duration) {
        self.quiet_at = at.plus(quiet_after);
        self.forget_at = self.quiet_at.plus(REMEMBERED_FOR);
    }
}
