//! How far each failure has come, told from the records that the steps commit.

use std::collections::BTreeMap;

use super::workplace::Event;
use crate::records::delivery::DeliveryStatus;
use crate::records::root_cause::Cause;
use crate::records::{
    Case, Codec, ConversationId, Delivery, Diagnosis, Fix, LogSummary, Notice, PullRequest, Record,
    RootCause, Unreadable,
};
use crate::runtime::Message;

/// What becomes of a failure, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    LogsRead,
    CauseFound,
    MetricsChecked,
    FixWritten,
    PullRequestSettled,
    MessageFinal,
}

impl Milestone {
    pub const ALL: [Milestone; 6] = [
        Milestone::LogsRead,
        Milestone::CauseFound,
        Milestone::MetricsChecked,
        Milestone::FixWritten,
        Milestone::PullRequestSettled,
        Milestone::MessageFinal,
    ];

    /// The step that gets a failure there.
    pub fn step(self) -> &'static str {
        match self {
            Milestone::LogsRead => "read_logs",
            Milestone::CauseFound => "find_cause",
            Milestone::MetricsChecked => "check_metrics",
            Milestone::FixWritten => "write_fix",
            Milestone::PullRequestSettled => "open_pr",
            Milestone::MessageFinal => "deliver",
        }
    }
}

/// One failure on its way.
#[derive(Debug)]
pub struct Journey {
    /// As people call it.
    pub pipeline: String,
    /// How often its event was sent.
    pub sent: usize,
    pub logs: Option<LogSummary>,
    pub cause: Option<RootCause>,
    /// How often a cause was found: once, however often the event was sent.
    pub judged: usize,
    pub diagnosis: Option<Diagnosis>,
    pub fix: Option<Fix>,
    pub pull_request: Option<PullRequest>,
    /// What people were told, once it says all there is to say.
    pub message: Option<Told>,
}

/// The message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub revision: i32,
    /// Where it lies.
    pub place: String,
}

/// All failures of a demo.
#[derive(Debug)]
pub struct Walk {
    /// In the order of publishing.
    pub journeys: Vec<Journey>,
    conversations: BTreeMap<ConversationId, Conversation>,
}

#[derive(Debug, Default)]
struct Conversation {
    latest: Option<Notice>,
    delivered: Option<Told>,
}

/// A failure that has just reached a milestone, by its place among the journeys.
pub type Arrival = (usize, Milestone);

impl Walk {
    /// None has gone a step yet. Each failure is of another pipeline.
    pub fn of(events: &[Event]) -> Self {
        let journeys = events.iter().map(|event| Journey {
            pipeline: event.pipeline.clone(),
            sent: event.times,
            logs: None,
            cause: None,
            judged: 0,
            diagnosis: None,
            fix: None,
            pull_request: None,
            message: None,
        });
        Walk { journeys: journeys.collect(), conversations: BTreeMap::new() }
    }

    /// Takes in what a step has written; gives what became of which failures.
    ///
    /// # Errors
    /// When the record cannot be read, which would be our own fault.
    pub fn absorb(&mut self, codec: &Codec, message: &Message) -> Result<Vec<Arrival>, Unreadable> {
        let bytes = &message.value;
        Ok(match message.topic {
            LogSummary::TOPIC => {
                let logs: LogSummary = codec.decode(bytes)?;
                self.arrive(&logs.case.clone(), Milestone::LogsRead, |journey| {
                    journey.logs = Some(logs);
                })
            }
            RootCause::TOPIC => {
                let cause: RootCause = codec.decode(bytes)?;
                self.arrive(&cause.case.clone(), Milestone::CauseFound, |journey| {
                    journey.cause = Some(cause);
                    journey.judged += 1;
                })
            }
            Diagnosis::TOPIC => {
                let diagnosis: Diagnosis = codec.decode(bytes)?;
                self.arrive(&diagnosis.case.clone(), Milestone::MetricsChecked, |journey| {
                    journey.diagnosis = Some(diagnosis);
                })
            }
            Fix::TOPIC => {
                let fix: Fix = codec.decode(bytes)?;
                self.arrive(&fix.case.clone(), Milestone::FixWritten, |journey| {
                    journey.fix = Some(fix);
                })
            }
            PullRequest::TOPIC => {
                let request: PullRequest = codec.decode(bytes)?;
                self.arrive(&request.case.clone(), Milestone::PullRequestSettled, |journey| {
                    journey.pull_request = Some(request);
                })
            }
            Notice::TOPIC => self.announced(codec.decode(bytes)?),
            Delivery::TOPIC => self.delivered(codec.decode(bytes)?),
            _ => Vec::new(),
        })
    }

    /// Whether every failure has its outcome and every message says so.
    pub fn is_complete(&self) -> bool {
        self.journeys.iter().all(|journey| journey.next().is_none())
    }

    fn arrive(
        &mut self,
        case: &Case,
        milestone: Milestone,
        keep: impl FnOnce(&mut Journey),
    ) -> Vec<Arrival> {
        let name = case.pipeline.name();
        // Somebody else may use the topics of a demo that is left running.
        let found = self.journeys.iter().position(|journey| journey.pipeline == name);
        let Some(index) = found else { return Vec::new() };
        keep(&mut self.journeys[index]);
        let mut arrivals = vec![(index, milestone)];
        if milestone == Milestone::CauseFound {
            // Records of two steps may be seen in either order.
            let conversation = self.journeys[index].conversation().cloned();
            arrivals.extend(conversation.map(|id| self.settle(&id)).unwrap_or_default());
        }
        arrivals
    }

    fn announced(&mut self, notice: Notice) -> Vec<Arrival> {
        let id = notice.conversation_id.clone();
        let conversation = self.conversations.entry(id.clone()).or_default();
        if conversation.latest.as_ref().is_none_or(|last| last.revision < notice.revision) {
            conversation.latest = Some(notice);
        }
        self.settle(&id)
    }

    fn delivered(&mut self, delivery: Delivery) -> Vec<Arrival> {
        let Delivery { conversation_id: id, revision, status, place, .. } = delivery;
        let arrived = matches!(status, DeliveryStatus::Delivered | DeliveryStatus::DeliveredBefore);
        let conversation = self.conversations.entry(id.clone()).or_default();
        let is_newer = conversation.delivered.as_ref().is_none_or(|told| told.revision < revision);
        if arrived && is_newer {
            let place = place.unwrap_or_default();
            conversation.delivered = Some(Told { revision, place });
        }
        self.settle(&id)
    }

    /// A message is final for its failures when it knows them all and lies where people read it.
    fn settle(&mut self, id: &ConversationId) -> Vec<Arrival> {
        let Some(conversation) = self.conversations.get(id) else { return Vec::new() };
        let Conversation { latest: Some(notice), delivered: Some(told) } = conversation else {
            return Vec::new();
        };
        let is_of_it = |journey: &Journey| journey.conversation() == Some(id);
        let failures = self.journeys.iter().filter(|journey| is_of_it(journey)).count();
        let knows_all = usize::try_from(notice.failures).is_ok_and(|known| known >= failures);
        if !(notice.is_final && knows_all && told.revision >= notice.revision) {
            return Vec::new();
        }
        let mut arrivals = Vec::new();
        for (index, journey) in self.journeys.iter_mut().enumerate().filter(|(_, j)| is_of_it(j)) {
            journey.message = Some(told.clone());
            arrivals.push((index, Milestone::MessageFinal));
        }
        arrivals
    }
}

impl Journey {
    fn conversation(&self) -> Option<&ConversationId> {
        self.cause.as_ref().map(|cause| &cause.incident.conversation_id)
    }

    /// The cause as it is known best: after metrics, once they were asked.
    pub fn cause(&self) -> Option<&Cause> {
        let from_log = self.cause.as_ref().map(|record| &record.cause);
        self.diagnosis.as_ref().map(|record| &record.cause).or(from_log)
    }

    /// What it has not reached yet.
    pub fn next(&self) -> Option<Milestone> {
        Milestone::ALL.into_iter().find(|milestone| !self.has_reached(*milestone))
    }

    pub fn has_reached(&self, milestone: Milestone) -> bool {
        match milestone {
            Milestone::LogsRead => self.logs.is_some(),
            Milestone::CauseFound => self.cause.is_some(),
            Milestone::MetricsChecked => self.diagnosis.is_some(),
            Milestone::FixWritten => self.fix.is_some(),
            Milestone::PullRequestSettled => self.pull_request.is_some(),
            Milestone::MessageFinal => self.message.is_some(),
        }
    }
}
