//! A consumer group: who is in it, and the rounds of joining and syncing in which its members agree
//! on who reads what (Kafka's classic group protocol).
//!
//! Members live in memory only: after a restart they join again. What a group committed is state,
//! and is kept elsewhere. Nothing here waits: whoever must wait is handed a receiver, and every
//! call says what time it is.

mod member;
mod roster;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use tokio::sync::oneshot;

pub(crate) use member::{
    Application, Identity, Joined, Member, Protocol, Seat, Synced, TurnedDown,
};
use roster::Roster;

/// Where a group stands between two assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Empty,
    /// Waiting for every member to join again.
    Joining,
    /// Waiting for the leader's assignment.
    Syncing,
    Stable,
}

#[derive(Debug)]
pub(crate) struct Group {
    stage: Stage,
    generation: i32,
    protocol_type: String,
    /// The assignor that the members agreed on.
    protocol: String,
    leader: String,
    roster: Roster,
    /// Ids that were handed out and not used yet, and until when they may be.
    promised: BTreeMap<String, Instant>,
    /// When the round of joining ends without those who did not come.
    joining_ends: Instant,
}

impl Group {
    pub(crate) fn new(now: Instant) -> Group {
        Group {
            stage: Stage::Empty,
            generation: 0,
            protocol_type: String::new(),
            protocol: String::new(),
            leader: String::new(),
            roster: Roster::default(),
            promised: BTreeMap::new(),
            joining_ends: now,
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn protocol_type(&self) -> &str {
        &self.protocol_type
    }

    pub(crate) fn protocol(&self) -> &str {
        &self.protocol
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.roster.iter()
    }

    /// Takes a member in or back; `fresh_id` is used where it needs a new id.
    pub(crate) fn join(
        &mut self,
        application: Application,
        fresh_id: String,
        now: Instant,
    ) -> Result<oneshot::Receiver<Joined>, TurnedDown> {
        let refuse =
            |error, member_id: &str| Err(TurnedDown { error, member_id: member_id.to_owned() });
        if !self.can_agree_with(&application) {
            return refuse(ResponseError::InconsistentGroupProtocol, &application.member_id);
        }
        if !application.member_id.is_empty() {
            let member_id = application.member_id.clone();
            return self.rejoin(application, now).or_else(|error| refuse(error, &member_id));
        }
        let known = application.instance.as_ref().and_then(|i| self.roster.holder_of(i));
        if let Some(old_id) = known.map(str::to_owned) {
            return Ok(self.succeed(&old_id, fresh_id, application, now));
        }
        if application.instance.is_none() && application.must_know_its_id {
            self.promised.insert(fresh_id.clone(), now + application.session_timeout);
            return refuse(ResponseError::MemberIdRequired, &fresh_id);
        }
        Ok(self.admit(fresh_id, application, now))
    }

    fn rejoin(
        &mut self,
        application: Application,
        now: Instant,
    ) -> Result<oneshot::Receiver<Joined>, ResponseError> {
        let id = application.member_id.clone();
        if self.promised.remove(&id).is_some() {
            return Ok(self.admit(id, application, now));
        }
        self.roster
            .verify(&Identity { member_id: &id, instance: application.instance.as_deref() })?;
        let unchanged = self.roster.get(&id).is_some_and(|m| m.protocols == application.protocols);
        let receiver = self.roster.seat(&id, application.into_member(now));
        match self.stage {
            Stage::Syncing if unchanged => self.tell(&id),
            Stage::Stable if unchanged && self.leader != id => self.tell(&id),
            Stage::Joining => self.end_joining_if_due(now),
            Stage::Empty | Stage::Syncing | Stage::Stable => self.begin_joining(now),
        }
        Ok(receiver)
    }

    fn admit(
        &mut self,
        id: String,
        application: Application,
        now: Instant,
    ) -> oneshot::Receiver<Joined> {
        if self.roster.is_empty() {
            self.protocol_type = application.protocol_type.clone();
            self.leader = id.clone();
        }
        let receiver = self.roster.seat(&id, application.into_member(now));
        match self.stage {
            Stage::Joining => self.end_joining_if_due(now),
            _ => self.begin_joining(now),
        }
        receiver
    }

    /// A static member came back under a new id. Where it still wants the same, nobody else is
    /// disturbed; whoever still uses the old id is fenced.
    fn succeed(
        &mut self,
        old_id: &str,
        id: String,
        application: Application,
        now: Instant,
    ) -> oneshot::Receiver<Joined> {
        let old = self.roster.remove(old_id, ResponseError::FencedInstanceId);
        let wants_the_same = old.as_ref().is_some_and(|old| {
            old.protocol_metadata(&self.protocol)
                == application
                    .protocols
                    .iter()
                    .find(|p| p.name == self.protocol)
                    .map(|p| &p.metadata)
        });
        let mut member = application.into_member(now);
        member.assignment = old.map(|old| old.assignment).unwrap_or_default();
        let led = self.leader == old_id;
        if led {
            self.leader = id.clone();
        }
        let receiver = self.roster.seat(&id, member);
        match self.stage {
            Stage::Stable if wants_the_same => {
                // A returned leader is told the old leader's id: it must fetch the assignment
                // that stands, not make a new one.
                let leader = if led { old_id.to_owned() } else { self.leader.clone() };
                let seat = self.seat_of(&id, leader, false);
                self.roster.answer_join(&id, Ok(seat));
            }
            Stage::Joining => self.end_joining_if_due(now),
            _ => self.begin_joining(now),
        }
        receiver
    }

    /// Hands over the leader's assignment, or waits for it.
    pub(crate) fn sync(
        &mut self,
        who: &Identity<'_>,
        generation: i32,
        assignments: Vec<(String, Bytes)>,
        now: Instant,
    ) -> Result<oneshot::Receiver<Synced>, ResponseError> {
        self.verify(who, generation)?;
        match self.stage {
            Stage::Empty => return Err(ResponseError::UnknownMemberId),
            Stage::Joining => return Err(ResponseError::RebalanceInProgress),
            Stage::Syncing | Stage::Stable => {}
        }
        let receiver = self.roster.wait_for_sync(who.member_id, now);
        if self.stage == Stage::Syncing && self.leader == who.member_id {
            self.roster.assign(assignments);
            self.stage = Stage::Stable;
            self.roster.refresh_all(now);
        }
        if self.stage == Stage::Stable {
            self.roster.answer_syncs();
        }
        Ok(receiver)
    }

    /// A sign of life; the error tells the member what to do next.
    pub(crate) fn heartbeat(
        &mut self,
        who: &Identity<'_>,
        generation: i32,
        now: Instant,
    ) -> Result<(), ResponseError> {
        self.verify(who, generation)?;
        self.roster.refresh(who.member_id, now);
        match self.stage {
            Stage::Empty => Err(ResponseError::UnknownMemberId),
            Stage::Joining => Err(ResponseError::RebalanceInProgress),
            Stage::Syncing | Stage::Stable => Ok(()),
        }
    }

    /// Lets a member go. A static member may be named by its instance alone.
    pub(crate) fn leave(&mut self, who: &Identity<'_>, now: Instant) -> Result<(), ResponseError> {
        if self.promised.remove(who.member_id).is_some() {
            self.end_joining_if_due(now);
            return Ok(());
        }
        let id = match who.instance {
            Some(instance) if who.member_id.is_empty() => {
                self.roster.holder_of(instance).ok_or(ResponseError::UnknownMemberId)?.to_owned()
            }
            _ => {
                self.roster.verify(who)?;
                who.member_id.to_owned()
            }
        };
        self.drop_member(&id, now);
        Ok(())
    }

    /// Whether this member of this generation may commit positions now.
    pub(crate) fn may_commit(
        &mut self,
        who: &Identity<'_>,
        generation: i32,
        transactional: bool,
        now: Instant,
    ) -> Result<(), ResponseError> {
        if generation < 0 && self.stage == Stage::Empty {
            return Ok(());
        }
        let speaks_as_member =
            generation >= 0 || !who.member_id.is_empty() || who.instance.is_some();
        if speaks_as_member {
            self.verify(who, generation)?;
            self.roster.refresh(who.member_id, now);
        } else if !transactional {
            return Err(ResponseError::UnknownMemberId);
        }
        if !transactional && self.stage == Stage::Syncing {
            return Err(ResponseError::RebalanceInProgress);
        }
        Ok(())
    }

    /// Does what is due by now: members that fell silent go, a round of joining ends.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.promised.retain(|_, until| *until > now);
        for id in self.roster.silent(now) {
            tracing::info!(member = %id, "a group member fell silent");
            self.drop_member(&id, now);
        }
        self.end_joining_if_due(now);
    }

    fn verify(&self, who: &Identity<'_>, generation: i32) -> Result<(), ResponseError> {
        self.roster.verify(who)?;
        match generation == self.generation {
            true => Ok(()),
            false => Err(ResponseError::IllegalGeneration),
        }
    }

    fn can_agree_with(&self, application: &Application) -> bool {
        if application.protocols.is_empty() {
            return false;
        }
        self.roster.is_empty()
            || (self.protocol_type == application.protocol_type
                && application.protocols.iter().any(|p| self.roster.all_can_use(&p.name)))
    }

    fn drop_member(&mut self, id: &str, now: Instant) {
        self.roster.remove(id, ResponseError::UnknownMemberId);
        match self.stage {
            Stage::Joining => self.end_joining_if_due(now),
            _ => self.begin_joining(now),
        }
    }

    fn begin_joining(&mut self, now: Instant) {
        self.roster.fail_syncs(ResponseError::RebalanceInProgress);
        self.stage = Stage::Joining;
        self.joining_ends = now + self.roster.longest_rebalance();
        self.end_joining_if_due(now);
    }

    fn end_joining_if_due(&mut self, now: Instant) {
        if self.stage != Stage::Joining {
            return;
        }
        if self.roster.is_empty() {
            return self.become_empty();
        }
        let everyone_is_here = self.roster.all_joined() && self.promised.is_empty();
        if !everyone_is_here && now < self.joining_ends {
            return;
        }
        self.roster.drop_absent_dynamic_members();
        match self.roster.first_joined() {
            Some(first) => self.begin_syncing(first, now),
            None if self.roster.is_empty() => self.become_empty(),
            // Only static members are left and none came yet: their session timeout decides.
            None => self.joining_ends = now + self.roster.longest_rebalance(),
        }
    }

    fn become_empty(&mut self) {
        self.generation += 1;
        self.stage = Stage::Empty;
        self.protocol.clear();
    }

    /// `deputy` leads where the leader did not come.
    fn begin_syncing(&mut self, deputy: String, now: Instant) {
        if !self.roster.has_joined(&self.leader) {
            self.leader = deputy;
        }
        self.generation += 1;
        self.protocol = self.roster.common_protocol(&self.leader);
        self.stage = Stage::Syncing;
        self.roster.clear_assignments();
        self.roster.refresh_all(now);
        for id in self.roster.joined() {
            self.tell(&id);
        }
    }

    fn tell(&mut self, id: &str) {
        let seat = self.seat_of(id, self.leader.clone(), self.leader == id);
        self.roster.answer_join(id, Ok(seat));
    }

    fn seat_of(&self, id: &str, leader: String, leads: bool) -> Seat {
        Seat {
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader,
            member_id: id.to_owned(),
            members: if leads { self.roster.wishes(&self.protocol) } else { Vec::new() },
        }
    }
}
