//! Values of labels: closed sets all, so that no pipeline can make the metrics grow.

use crate::records::delivery::DeliveryStatus;
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::Verdict;

/// Something with a fixed number of values, each with a name on the metrics page.
pub trait Label: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];
    /// As it stands on the page.
    fn as_str(self) -> &'static str;
}

/// How a record left a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// Decided, or the effect was done.
    Done,
    /// The effect had been done before.
    Again,
    /// There was nothing to do.
    Nothing,
    /// The effect will not be done; the outcome record says why.
    GaveUp,
    /// It became a dead letter.
    DeadLetter,
}

/// Why a record became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterReason {
    /// Its bytes are not what the topic promises.
    Malformed,
    /// It reads well, and the step refuses it.
    Rejected,
    /// What came of it would be too large to commit.
    TooLarge,
    /// Its effect was given up, and somebody must act.
    GaveUp,
    /// Its effect may or may not have happened, and is not repeated.
    InDoubt,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnResult {
    /// What it read is done with.
    Committed,
    /// The same records come again.
    RolledBack,
    /// Another process has the partitions now.
    TenureLost,
    /// Another process has our slot, or our own transaction was too slow.
    Fenced,
    /// The step cannot go on.
    Fatal,
}

/// What became of signature packs that changed on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadOutcome {
    /// They are in force.
    Loaded,
    /// They cannot be used; those before them stay in force.
    Refused,
}

impl Label for EventOutcome {
    const ALL: &'static [Self] =
        &[Self::Done, Self::Again, Self::Nothing, Self::GaveUp, Self::DeadLetter];
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::Nothing => "nothing",
            Self::GaveUp => "gave_up",
            Self::DeadLetter => "dead_letter",
        }
    }
}

impl Label for DeadLetterReason {
    const ALL: &'static [Self] =
        &[Self::Malformed, Self::Rejected, Self::TooLarge, Self::GaveUp, Self::InDoubt];
    fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::GaveUp => "gave_up",
            Self::InDoubt => "in_doubt",
        }
    }
}

impl Label for TurnResult {
    const ALL: &'static [Self] =
        &[Self::Committed, Self::RolledBack, Self::TenureLost, Self::Fenced, Self::Fatal];
    fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::RolledBack => "rolled_back",
            Self::TenureLost => "tenure_lost",
            Self::Fenced => "fenced",
            Self::Fatal => "fatal",
        }
    }
}

impl Label for ReloadOutcome {
    const ALL: &'static [Self] = &[Self::Loaded, Self::Refused];
    fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Refused => "refused",
        }
    }
}

impl Label for Verdict {
    const ALL: &'static [Self] = &[Self::Conclusive, Self::Inconclusive, Self::Healthy];
    fn as_str(self) -> &'static str {
        match self {
            Self::Conclusive => "conclusive",
            Self::Inconclusive => "inconclusive",
            Self::Healthy => "healthy",
        }
    }
}

impl Label for PullRequestStatus {
    const ALL: &'static [Self] =
        &[Self::Opened, Self::AlreadyOpen, Self::NothingToDo, Self::GaveUp];
    fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::AlreadyOpen => "already_open",
            Self::NothingToDo => "nothing_to_do",
            Self::GaveUp => "gave_up",
        }
    }
}

impl Label for DeliveryStatus {
    const ALL: &'static [Self] =
        &[Self::Delivered, Self::DeliveredBefore, Self::Superseded, Self::GaveUp];
    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::DeliveredBefore => "delivered_before",
            Self::Superseded => "superseded",
            Self::GaveUp => "gave_up",
        }
    }
}
