//! Where people read what we say.
//!
//! A channel is a place that takes a whole message and may be able to change it later. Each kind
//! has its own markup and limits, so each renders the sections of a notice itself.

pub mod terminal;
pub mod outbox;
mod as_markdown;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::records::Notice;
use crate::records::ids::digest;
use crate::records::notice::Section;
use crate::runtime::{Fault, Repeat};

pub use outbox::Outbox;
pub use terminal::Terminal;

/// Every channel by its name in the settings.
pub type Channels = BTreeMap<String, Channel>;

/// A place where messages go.
pub enum Channel {
    Terminal(Terminal),
    Outbox(Outbox),
}

/// What a delivered message left behind: enough to change it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The revision that lies there; it is later than the one asked for if that was overtaken.
    pub revision: i32,
    /// Where a person finds it.
    pub place: Option<String>,
    /// A digest of each section, so that a channel that cannot edit says only what changed.
    pub said: Vec<String>,
}

impl Posted {
    fn of(notice: &Notice, place: Option<String>) -> Self {
        let said = notice.sections.iter().map(digest_of).collect();
        Posted { revision: notice.revision, place, said }
    }
}

fn digest_of(section: &Section) -> String {
    let text = serde_json::to_string(section).expect("a section is plain data");
    digest("Section", &[&text])[..8].to_owned()
}

impl Channel {
    /// What posting the same revision twice would do.
    pub fn repeat(&self) -> Repeat {
        match self {
            // Nobody can look at what a terminal showed. A message that may have been printed is
            // not printed again; the doubt is counted and becomes a dead letter.
            Channel::Terminal(_) => Repeat::Regrettable,
            Channel::Outbox(_) => Repeat::Findable,
        }
    }

    /// Looks whether this revision, or a later one, is there.
    ///
    /// # Errors
    /// When the channel cannot be looked at.
    pub async fn find(&self, notice: &Notice) -> Result<Option<Posted>, Fault> {
        match self {
            Channel::Terminal(_) => Ok(None),
            Channel::Outbox(outbox) => outbox.find(notice).await,
        }
    }

    /// Says it; `prior` is what the last revision left.
    ///
    /// # Errors
    /// When the channel is away or refuses.
    pub async fn post(&self, notice: &Notice, prior: Option<&Posted>) -> Result<Posted, Fault> {
        match self {
            Channel::Terminal(terminal) => terminal.post(notice, prior).await,
            Channel::Outbox(outbox) => outbox.post(notice).await,
        }
    }
}
