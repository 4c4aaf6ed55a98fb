//! What people read, whatever order the news takes and whatever crashes on the way.

mod wording;
mod interleaving;
mod episodes;
mod crashes;

use std::time::Duration;

use super::samples::{NIGHT, Story};
use super::{Compose, Gather, Retries, compose::Conversation, gather::Happening};
use crate::records::{News, Notice};
use crate::runtime::{Moment, Outbox, Stage};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A conversation without a broker.
struct Desk {
    compose: Compose,
    conversation: Conversation,
    at: Moment,
    notices: Vec<Notice>,
}

impl Desk {
    fn new(retries: Retries) -> Desk {
        let channels = vec!["outbox".to_owned()];
        let compose = Compose { channels, retries, quiet_after: DAY };
        Desk { compose, conversation: Conversation::default(), at: NIGHT, notices: Vec::new() }
    }

    fn hear(&mut self, news: News) {
        let mut out = Outbox::default();
        let heard = self.compose.on_record(self.at, news, &mut self.conversation, &mut out);
        heard.expect("news of one thing");
        self.notices.extend(out.into_records());
    }

    fn ring(&mut self) {
        let mut out = Outbox::default();
        self.compose.on_alarm(self.at, &mut self.conversation, &mut out);
        self.notices.extend(out.into_records());
    }

    fn last(&self) -> &Notice {
        self.notices.last().expect("something was said")
    }
}

/// The four lines of news of a failure, in the order of the steps.
fn news(story: &Story) -> Vec<News> {
    let happenings = [
        Happening::RootCause(Box::new(story.root_cause())),
        Happening::Diagnosis(Box::new(story.diagnosis())),
        Happening::Fix(Box::new(story.fix())),
        Happening::PullRequest(Box::new(story.pull_request())),
    ];
    let mut out = Outbox::default();
    for happening in happenings {
        Gather.on_record(NIGHT, happening, &mut (), &mut out).expect("gather refuses nothing");
    }
    out.into_records()
}
