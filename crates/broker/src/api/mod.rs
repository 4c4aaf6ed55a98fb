//! Answers to requests, one file per family. A handler turns the wire's shapes into calls of the
//! node and its results back into shapes; it decides nothing itself.

mod configs;
mod discovery;
mod fetch;
mod groups;
mod list_offsets;
mod offsets;
mod produce;
mod topics;
mod transactions;

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiKey, BrokerId, RequestKind, ResponseKind};
use kafka_protocol::protocol::StrBytes;
use tokio::sync::Notify;

use crate::node::Node;

/// What this broker speaks, with the lowest and highest version of each.
///
/// Versions that name topics by id (Fetch 13, Metadata 10, Produce 13) are left out, and so is
/// everything of the newer group protocol.
pub(crate) const SPOKEN: &[(ApiKey, i16, i16)] = &[
    (ApiKey::ApiVersions, 0, 3),
    (ApiKey::Metadata, 0, 9),
    (ApiKey::CreateTopics, 2, 6),
    (ApiKey::DeleteTopics, 1, 5),
    (ApiKey::CreatePartitions, 0, 3),
    (ApiKey::DescribeConfigs, 1, 4),
    (ApiKey::IncrementalAlterConfigs, 0, 1),
    (ApiKey::Produce, 3, 9),
    (ApiKey::Fetch, 4, 11),
    (ApiKey::ListOffsets, 1, 6),
    (ApiKey::OffsetForLeaderEpoch, 2, 3),
    (ApiKey::FindCoordinator, 0, 4),
    (ApiKey::JoinGroup, 0, 7),
    (ApiKey::SyncGroup, 0, 5),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::LeaveGroup, 0, 5),
    (ApiKey::ListGroups, 0, 4),
    (ApiKey::DescribeGroups, 0, 5),
    (ApiKey::DeleteGroups, 0, 2),
    (ApiKey::OffsetCommit, 2, 8),
    (ApiKey::OffsetFetch, 1, 7),
    (ApiKey::InitProducerId, 0, 4),
    (ApiKey::AddPartitionsToTxn, 0, 3),
    (ApiKey::AddOffsetsToTxn, 0, 3),
    (ApiKey::TxnOffsetCommit, 0, 3),
    (ApiKey::EndTxn, 0, 3),
];

/// Our only node's id.
const NODE_ID: BrokerId = BrokerId(1);

/// What every connection shares.
#[derive(Debug)]
pub(crate) struct Shared {
    node: Mutex<Node>,
    /// Rings when something was appended.
    appended: Notify,
    /// Partitions of a topic that is made because somebody asked for it; none: it is not made.
    auto_create_partitions: Option<i32>,
}

impl Shared {
    pub(crate) fn new(node: Node, auto_create_partitions: Option<i32>) -> Shared {
        Shared { node: Mutex::new(node), appended: Notify::new(), auto_create_partitions }
    }

    /// Works on the node and wakes waiting readers if anything was appended.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Node) -> T) -> T {
        let mut node = self.lock();
        let result = work(&mut node);
        let appended = node.take_appended();
        drop(node);
        if appended {
            self.appended.notify_waiters();
        }
        result
    }

    /// A handler that panicked changed the state by whole entries or not at all, so the node is
    /// still good for the others.
    fn lock(&self) -> MutexGuard<'_, Node> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks, and how.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) version: i16,
    pub(crate) client: String,
    /// Where the client reached us, which is where it is told to come again.
    pub(crate) reached_at: SocketAddr,
}

impl Call {
    fn host(&self) -> StrBytes {
        text(self.reached_at.ip().to_string())
    }

    fn port(&self) -> i32 {
        i32::from(self.reached_at.port())
    }
}

/// The answer to a request; none where the client wants none.
pub(crate) async fn answer(
    shared: &Shared,
    call: &Call,
    request: RequestKind,
) -> Option<ResponseKind> {
    let now = Instant::now();
    Some(match request {
        RequestKind::ApiVersions(_) => discovery::api_versions().into(),
        RequestKind::Metadata(r) => topics::metadata(shared, call, r).into(),
        RequestKind::FindCoordinator(r) => discovery::find_coordinator(call, r).into(),

        RequestKind::CreateTopics(r) => shared.with(|n| topics::create(n, r)).into(),
        RequestKind::DeleteTopics(r) => shared.with(|n| topics::delete(n, r)).into(),
        RequestKind::CreatePartitions(r) => shared.with(|n| topics::grow(n, r)).into(),
        RequestKind::DescribeConfigs(r) => shared.with(|n| configs::describe(n, r)).into(),
        RequestKind::IncrementalAlterConfigs(r) => shared.with(|n| configs::alter(n, r)).into(),

        RequestKind::Produce(r) => {
            let wants_answer = r.acks != 0;
            let response = shared.with(|n| produce::produce(n, r));
            return wants_answer.then(|| response.into());
        }
        RequestKind::Fetch(r) => fetch::fetch(shared, r).await.into(),
        RequestKind::ListOffsets(r) => shared.with(|n| list_offsets::list(n, call, r)).into(),
        RequestKind::OffsetForLeaderEpoch(r) => {
            shared.with(|n| list_offsets::for_leader_epoch(n, r)).into()
        }

        RequestKind::JoinGroup(r) => groups::join(shared, call, r, now).await.into(),
        RequestKind::SyncGroup(r) => groups::sync(shared, r, now).await.into(),
        RequestKind::Heartbeat(r) => shared.with(|n| groups::heartbeat(n, r, now)).into(),
        RequestKind::LeaveGroup(r) => shared.with(|n| groups::leave(n, call, r, now)).into(),
        RequestKind::ListGroups(r) => shared.with(|n| groups::list(n, r)).into(),
        RequestKind::DescribeGroups(r) => shared.with(|n| groups::describe(n, call, r)).into(),
        RequestKind::DeleteGroups(r) => shared.with(|n| groups::delete(n, r)).into(),

        RequestKind::OffsetCommit(r) => shared.with(|n| offsets::commit(n, r, now)).into(),
        RequestKind::OffsetFetch(r) => shared.with(|n| offsets::fetch(n, r)).into(),

        RequestKind::InitProducerId(r) => {
            shared.with(|n| transactions::init_producer_id(n, r)).into()
        }
        RequestKind::AddPartitionsToTxn(r) => {
            shared.with(|n| transactions::add_partitions(n, call, r, now)).into()
        }
        RequestKind::AddOffsetsToTxn(r) => {
            shared.with(|n| transactions::add_offsets(n, call, r, now)).into()
        }
        RequestKind::TxnOffsetCommit(r) => {
            shared.with(|n| transactions::commit_offsets(n, call, r, now)).into()
        }
        RequestKind::EndTxn(r) => shared.with(|n| transactions::end(n, call, r)).into(),
        _ => return None,
    })
}

/// The error code of a result; 0 says that all is well.
fn code<T>(result: &Result<T, ResponseError>) -> i16 {
    result.as_ref().err().map_or(0, ResponseError::code)
}

fn text(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}
