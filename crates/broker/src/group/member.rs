//! One member of a group: how it applies, what is kept of it, and what it is told.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use tokio::sync::oneshot;

/// An assignor that a member can use, and what it wants read by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) name: String,
    pub(crate) metadata: Bytes,
}

/// Who a request says it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) member_id: &'a str,
    /// The `group.instance.id` of a static member.
    pub(crate) instance: Option<&'a str>,
}

/// A wish to join.
#[derive(Debug)]
pub(crate) struct Application {
    /// Empty for a newcomer.
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) client: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocol_type: String,
    /// Assignors that the member can use, best first.
    pub(crate) protocols: Vec<Protocol>,
    /// A newcomer must come again with the id that it is given, so that a client that never saw
    /// the answer leaves no ghost behind.
    pub(crate) must_know_its_id: bool,
}

/// Why an application was turned down, and the id it should carry next time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TurnedDown {
    pub(crate) error: ResponseError,
    pub(crate) member_id: String,
}

/// The answer to joining.
pub(crate) type Joined = Result<Seat, ResponseError>;
/// The answer to syncing: the member's assignment.
pub(crate) type Synced = Result<Bytes, ResponseError>;

/// A member's place in a generation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) member_id: String,
    /// What everyone wants; told to the leader only.
    pub(crate) members: Vec<Wish>,
}

/// What one member wants under the chosen protocol.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) metadata: Bytes,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) instance: Option<String>,
    pub(crate) client: String,
    pub(super) session_timeout: Duration,
    pub(super) rebalance_timeout: Duration,
    pub(super) protocols: Vec<Protocol>,
    pub(crate) assignment: Bytes,
    pub(super) silent_from: Instant,
    pub(super) joining: Option<oneshot::Sender<Joined>>,
    pub(super) syncing: Option<oneshot::Sender<Synced>>,
}

impl Application {
    pub(super) fn into_member(self, now: Instant) -> Member {
        Member::new(
            self.instance,
            self.client,
            self.session_timeout,
            self.rebalance_timeout,
            self.protocols,
            now,
        )
    }
}

impl Member {
    pub(super) fn new(
        instance: Option<String>,
        client: String,
        session_timeout: Duration,
        rebalance_timeout: Duration,
        protocols: Vec<Protocol>,
        now: Instant,
    ) -> Member {
        Member {
            instance,
            client,
            session_timeout,
            rebalance_timeout,
            protocols,
            assignment: Bytes::new(),
            silent_from: now + session_timeout,
            joining: None,
            syncing: None,
        }
    }

    /// What the member wants read by this protocol, where it can use it.
    pub(crate) fn protocol_metadata(&self, protocol: &str) -> Option<&Bytes> {
        self.protocols.iter().find(|p| p.name == protocol).map(|p| &p.metadata)
    }

    /// A member that waits for an answer of ours is not silent.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        self.joining.is_none() && self.syncing.is_none() && self.silent_from <= now
    }
}
