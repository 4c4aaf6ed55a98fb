//! The members of a group and the answers they wait for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use tokio::sync::oneshot;

use super::member::{Identity, Joined, Member, Synced, Wish};

#[derive(Debug, Default)]
pub(super) struct Roster {
    members: BTreeMap<String, Member>,
    /// The member id that each static instance goes by.
    instances: BTreeMap<String, String>,
}

impl Roster {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.members.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Member> {
        self.members.get(id)
    }

    pub(super) fn holder_of(&self, instance: &str) -> Option<&str> {
        self.instances.get(instance).map(String::as_str)
    }

    /// Whether this is a member, and the one that its instance goes by now.
    pub(super) fn verify(&self, who: &Identity<'_>) -> Result<(), ResponseError> {
        if let Some(instance) = who.instance {
            return match self.holder_of(instance) {
                None => Err(ResponseError::UnknownMemberId),
                Some(id) if id != who.member_id => Err(ResponseError::FencedInstanceId),
                Some(_) => Ok(()),
            };
        }
        match self.members.contains_key(who.member_id) {
            true => Ok(()),
            false => Err(ResponseError::UnknownMemberId),
        }
    }

    /// Puts a member in its place, keeping an assignment that it had, and lets it wait for the
    /// end of the round.
    pub(super) fn seat(&mut self, id: &str, mut member: Member) -> oneshot::Receiver<Joined> {
        let (sender, receiver) = oneshot::channel();
        member.joining = Some(sender);
        if let Some(instance) = &member.instance {
            self.instances.insert(instance.clone(), id.to_owned());
        }
        if let Some(old) = self.members.get_mut(id) {
            member.assignment = std::mem::take(&mut old.assignment);
        }
        self.members.insert(id.to_owned(), member);
        receiver
    }

    /// Takes a member out; whatever it waits for is answered with `reason`.
    pub(super) fn remove(&mut self, id: &str, reason: ResponseError) -> Option<Member> {
        self.answer_join(id, Err(reason));
        let mut member = self.members.remove(id)?;
        if let Some(waiting) = member.syncing.take() {
            // The receiver is gone where the connection is: nobody is left to be told.
            let _ = waiting.send(Err(reason));
        }
        if let Some(instance) = &member.instance {
            self.instances.remove(instance);
        }
        Some(member)
    }

    pub(super) fn answer_join(&mut self, id: &str, answer: Joined) {
        if let Some(waiting) = self.members.get_mut(id).and_then(|m| m.joining.take()) {
            let _ = waiting.send(answer);
        }
    }

    pub(super) fn wait_for_sync(&mut self, id: &str, now: Instant) -> oneshot::Receiver<Synced> {
        let (sender, receiver) = oneshot::channel();
        if let Some(member) = self.members.get_mut(id) {
            member.syncing = Some(sender);
            member.silent_from = now + member.session_timeout;
        }
        receiver
    }

    pub(super) fn answer_syncs(&mut self) {
        for member in self.members.values_mut() {
            if let Some(waiting) = member.syncing.take() {
                let _ = waiting.send(Ok(member.assignment.clone()));
            }
        }
    }

    pub(super) fn fail_syncs(&mut self, reason: ResponseError) {
        for member in self.members.values_mut() {
            if let Some(waiting) = member.syncing.take() {
                let _ = waiting.send(Err(reason));
            }
        }
    }

    pub(super) fn assign(&mut self, assignments: Vec<(String, Bytes)>) {
        for (id, assignment) in assignments {
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = assignment;
            }
        }
    }

    pub(super) fn clear_assignments(&mut self) {
        for member in self.members.values_mut() {
            member.assignment = Bytes::new();
        }
    }

    pub(super) fn refresh(&mut self, id: &str, now: Instant) {
        if let Some(member) = self.members.get_mut(id) {
            member.silent_from = now + member.session_timeout;
        }
    }

    pub(super) fn refresh_all(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            member.silent_from = now + member.session_timeout;
        }
    }

    pub(super) fn silent(&self, now: Instant) -> Vec<String> {
        let silent = self.members.iter().filter(|(_, m)| m.is_silent(now));
        silent.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn longest_rebalance(&self) -> Duration {
        self.members.values().map(|m| m.rebalance_timeout).max().unwrap_or_default()
    }

    pub(super) fn all_joined(&self) -> bool {
        self.members.values().all(|m| m.joining.is_some())
    }

    pub(super) fn has_joined(&self, id: &str) -> bool {
        self.members.get(id).is_some_and(|m| m.joining.is_some())
    }

    pub(super) fn joined(&self) -> Vec<String> {
        let joined = self.members.iter().filter(|(_, m)| m.joining.is_some());
        joined.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn first_joined(&self) -> Option<String> {
        self.joined().into_iter().next()
    }

    /// Static members may stay away for as long as their session lasts.
    pub(super) fn drop_absent_dynamic_members(&mut self) {
        self.members.retain(|_, m| m.joining.is_some() || m.instance.is_some());
    }

    pub(super) fn all_can_use(&self, protocol: &str) -> bool {
        self.members.values().all(|m| m.protocol_metadata(protocol).is_some())
    }

    /// The leader's favourite among the protocols that everyone can use.
    pub(super) fn common_protocol(&self, leader: &str) -> String {
        let favourites = self.members.get(leader).map(|m| m.protocols.as_slice());
        let common = favourites.unwrap_or_default().iter().find(|p| self.all_can_use(&p.name));
        common.map(|p| p.name.clone()).unwrap_or_default()
    }

    pub(super) fn wishes(&self, protocol: &str) -> Vec<Wish> {
        let wishes = self.members.iter().map(|(id, member)| Wish {
            member_id: id.clone(),
            instance: member.instance.clone(),
            metadata: member.protocol_metadata(protocol).cloned().unwrap_or_default(),
        });
        wishes.collect()
    }
}
