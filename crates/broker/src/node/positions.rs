//! Where groups stand: committing positions, at once or with a transaction.

use std::time::Instant;

use kafka_protocol::ResponseError;

use super::Node;
use crate::group::{Identity, Stage};
use crate::log::Log;
use crate::state::entry::{Entry, Positions};
use crate::state::transaction::Phase;

/// A group's committed position behind the end of its partition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beyond<'a> {
    pub(super) group: &'a str,
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) end: i64,
}

impl Node {
    /// Commits positions of a group at once.
    pub(crate) fn commit(
        &mut self,
        group: &str,
        who: &Identity<'_>,
        generation: i32,
        positions: Positions,
        now: Instant,
    ) -> Result<(), ResponseError> {
        self.may_commit(group, who, generation, false, now)?;
        self.record(Entry::Committed { group: group.to_owned(), positions })
    }

    /// Lets a transaction hold positions of a group until it is decided.
    pub(crate) fn commit_with_transaction(
        &mut self,
        group: &str,
        who: &Identity<'_>,
        generation: i32,
        producer_id: i64,
        positions: Positions,
        now: Instant,
    ) -> Result<(), ResponseError> {
        let (_, transaction) = self
            .state
            .transaction_of(producer_id)
            .ok_or(ResponseError::InvalidProducerIdMapping)?;
        if transaction.phase != Phase::Ongoing || !transaction.groups.contains(group) {
            return Err(ResponseError::InvalidTxnState);
        }
        self.may_commit(group, who, generation, true, now)?;
        self.record(Entry::Pending { group: group.to_owned(), producer_id, positions })
    }

    fn may_commit(
        &mut self,
        group: &str,
        who: &Identity<'_>,
        generation: i32,
        transactional: bool,
        now: Instant,
    ) -> Result<(), ResponseError> {
        let has_positions = self.state.offsets.contains_key(group);
        match self.known_group(group) {
            Some(group) => group.may_commit(who, generation, transactional, now),
            // Nobody ever joined it in this run of the broker: only who claims no membership may.
            None if generation < 0 && who.member_id.is_empty() => Ok(()),
            None if has_positions => Err(ResponseError::UnknownMemberId),
            None => Err(ResponseError::IllegalGeneration),
        }
    }

    /// Tells the operator which groups will wait for, or skip, records that a cut took.
    pub(super) fn report_positions_beyond_ends(&self) {
        for Beyond { group, topic, partition, offset, end } in self.positions_beyond_ends() {
            tracing::error!(
                group,
                topic,
                partition,
                offset,
                end,
                "a group's committed offset is beyond the end of the partition"
            );
        }
    }

    pub(super) fn positions_beyond_ends(&self) -> Vec<Beyond<'_>> {
        let mut beyond = Vec::new();
        for (group, offsets) in &self.state.offsets {
            for ((topic, partition), position) in &offsets.committed {
                let (partition, offset) = (*partition, position.offset);
                let Some(end) = self.log(topic, partition).map(Log::end) else { continue };
                if offset > end {
                    beyond.push(Beyond { group, topic, partition, offset, end });
                }
            }
        }
        beyond
    }

    /// Removes a group without members, and its positions.
    pub(crate) fn delete_group(&mut self, group: &str) -> Result<(), ResponseError> {
        let members = self.groups.get(group).map(|g| g.stage() != Stage::Empty);
        match (members, self.state.offsets.contains_key(group)) {
            (Some(true), _) => return Err(ResponseError::NonEmptyGroup),
            (None, false) => return Err(ResponseError::GroupIdNotFound),
            _ => {}
        }
        self.record(Entry::GroupDeleted { group: group.to_owned() })?;
        self.groups.remove(group);
        Ok(())
    }
}
