//! The Root Cause agent as a step: decides from the summary, and drops a failure it has seen.

use serde::{Deserialize, Serialize};

use super::find_cause;
use crate::records::Unreadable;
use crate::records::{Codec, FailureId, Feedback, Key, LogSummary, Record, RootCause, Topic};
use crate::runtime::{Input, Memory, Moment, Outbox, Received, Rejected, Stage};

/// Failures remembered of one pipeline; an older one that is sent again counts as new.
const MOST_FAILURES: usize = 200;

/// Names the root cause of each failure once.
pub struct FindCause;

/// What the step reads: a failure's logs, or a word about its pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Summary(Box<LogSummary>),
    Feedback(Feedback),
}

impl Input for Heard {
    const TOPICS: &'static [Topic] = &[Topic::LOG_SUMMARIES, Topic::FEEDBACK];

    fn read(codec: &Codec, received: &Received) -> Result<Self, Unreadable> {
        if received.place.topic == Topic::FEEDBACK {
            codec.decode(&received.value).map(Heard::Feedback)
        } else {
            codec.decode(&received.value).map(|summary| Heard::Summary(Box::new(summary)))
        }
    }

    fn key(&self) -> Key {
        match self {
            Heard::Summary(summary) => Record::key(&**summary),
            Heard::Feedback(feedback) => Record::key(feedback),
        }
    }
}

/// Failures of one pipeline that were judged, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    failures: Vec<FailureId>,
}

impl Memory for Seen {
    const VERSION: u32 = 1;
}

impl Stage for FindCause {
    const NAME: &'static str = "find_cause";
    type In = Heard;
    type Out = RootCause;
    type Memory = Seen;

    fn on_record(
        &self,
        _: Moment,
        heard: Heard,
        seen: &mut Seen,
        out: &mut Outbox<RootCause>,
    ) -> Result<(), Rejected> {
        match heard {
            Heard::Summary(summary) => {
                if seen.is_new(&summary.case.failure_id) {
                    out.emit(find_cause(&summary));
                }
                Ok(())
            }
            Heard::Feedback(feedback) => Err(Rejected {
                reason: format!("nothing follows from feedback of kind {:?} yet", feedback.kind),
            }),
        }
    }
}

impl Seen {
    fn is_new(&mut self, failure: &FailureId) -> bool {
        if self.failures.contains(failure) {
            return false;
        }
        if self.failures.len() >= MOST_FAILURES {
            self.failures.remove(0);
        }
        self.failures.push(failure.clone());
        true
    }
}
