//! Says it, once for each channel: the message of an episode is posted and then edited.

use std::time::Duration;

use crate::records::delivery::DeliveryStatus;
use crate::records::{Delivery, Notice};
use crate::runtime::{About, Action, Ask, Effect, EffectId, End, Fault, Lane, ReasonKind, Repeat};
use crate::world::chat::{Channel, Channels, Posted};

/// A message that could not be said for a day is not worth saying.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
const DEADLINE: Duration = Duration::from_secs(10);

/// Delivers notices to the channels they name.
pub struct Deliver {
    channels: Channels,
}

impl Deliver {
    pub fn new(channels: Channels) -> Self {
        Deliver { channels }
    }

    /// # Errors
    /// When the settings no longer know the channel that the notice was made for.
    fn channel(&self, notice: &Notice) -> Result<&Channel, Fault> {
        self.channels.get(&notice.channel).ok_or_else(|| {
            Fault::refused(format!("no channel of the settings is called {:?}", notice.channel))
        })
    }
}

impl Action for Deliver {
    const NAME: &'static str = "deliver";
    type In = Notice;
    type Out = Delivery;
    type Receipt = Posted;

    fn effect(&self, input: &Notice) -> Option<Effect> {
        let Notice { conversation_id, episode, channel, revision, .. } = input;
        let about = [conversation_id.as_str(), episode.as_str(), channel.as_str()];
        let [a, b, c] = about;
        Some(Effect {
            id: EffectId::of(&[a, b, c, &revision.to_string()]),
            about: About(about.join("/")),
            repeat: self.channel(input).map_or(Repeat::Findable, Channel::repeat),
            lane: Lane(channel.clone()),
            supersedes: true,
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    async fn find(&self, ask: &Ask<'_, Self>) -> Result<Option<Posted>, Fault> {
        match self.channel(ask.input) {
            Ok(channel) => channel.find(ask.input).await,
            // Performing it refuses it, with the remedy.
            Err(_) => Ok(None),
        }
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<Posted, Fault> {
        self.channel(ask.input)?.post(ask.input, ask.prior).await
    }

    fn outcome(&self, input: &Notice, end: End<Posted>) -> Delivery {
        let (status, place, reason) = match end {
            End::Nothing => (DeliveryStatus::Superseded, None, String::new()),
            End::Done(posted) => (DeliveryStatus::Delivered, posted.place, String::new()),
            End::Again(posted) => (DeliveryStatus::DeliveredBefore, posted.place, String::new()),
            End::GaveUp(reason) if reason.kind == ReasonKind::Superseded => {
                (DeliveryStatus::Superseded, None, reason.text)
            }
            End::GaveUp(reason) => (DeliveryStatus::GaveUp, None, reason.text),
        };
        Delivery {
            conversation_id: input.conversation_id.clone(),
            episode: input.episode.clone(),
            channel: input.channel.clone(),
            revision: input.revision,
            status,
            place,
            reason,
        }
    }
}
