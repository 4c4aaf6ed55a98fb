//! Joining, syncing, heartbeats, leaving; listing, describing and deleting groups.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    GroupId, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse,
    LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest, ListGroupsResponse, SyncGroupRequest,
    SyncGroupResponse,
};

use super::{Call, Shared, code, text};
use crate::group::{Application, Group, Identity, Protocol, Seat, Stage, TurnedDown};
use crate::node::Node;

/// Shorter sessions would end between two heartbeats of a busy machine.
const SHORTEST_SESSION_MS: i32 = 100;
const LONGEST_SESSION_MS: i32 = 30 * 60 * 1000;

pub(super) async fn join(
    shared: &Shared,
    call: &Call,
    request: JoinGroupRequest,
    now: Instant,
) -> JoinGroupResponse {
    if request.group_id.is_empty() {
        return turned_down(ResponseError::InvalidGroupId, "");
    }
    if !(SHORTEST_SESSION_MS..=LONGEST_SESSION_MS).contains(&request.session_timeout_ms) {
        return turned_down(ResponseError::InvalidSessionTimeout, &request.member_id);
    }
    let group = request.group_id.to_string();
    let member_id = request.member_id.to_string();
    let application = application(call, request);
    let seat = shared.with(|node| {
        let fresh_id = node.fresh_member_id(&call.client);
        let known = application.member_id.is_empty() || node.known_group(&group).is_some();
        match known {
            true => node.group(&group, now).join(application, fresh_id, now),
            false => {
                let error = ResponseError::UnknownMemberId;
                Err(TurnedDown { error, member_id: application.member_id })
            }
        }
    });
    let seat = match seat {
        Ok(seat) => seat,
        Err(refused) => return turned_down(refused.error, &refused.member_id),
    };
    match seat.await {
        Ok(Ok(seat)) => seated(seat),
        Ok(Err(error)) => turned_down(error, &member_id),
        // The same member asked again on another connection, which now has the answer.
        Err(_) => turned_down(ResponseError::RebalanceInProgress, &member_id),
    }
}

fn application(call: &Call, request: JoinGroupRequest) -> Application {
    let session_timeout = millis(request.session_timeout_ms);
    let rebalance_timeout = match call.version {
        0 => session_timeout,
        _ => millis(request.rebalance_timeout_ms),
    };
    let protocols = request.protocols.into_iter();
    Application {
        member_id: request.member_id.to_string(),
        instance: request.group_instance_id.map(|i| i.to_string()),
        client: call.client.clone(),
        session_timeout,
        rebalance_timeout,
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols
            .map(|p| Protocol { name: p.name.to_string(), metadata: p.metadata })
            .collect(),
        must_know_its_id: call.version >= 4,
    }
}

fn turned_down(error: ResponseError, member_id: &str) -> JoinGroupResponse {
    JoinGroupResponse::default()
        .with_error_code(error.code())
        .with_generation_id(-1)
        .with_protocol_name(Some(text("")))
        .with_member_id(text(member_id))
}

fn seated(seat: Seat) -> JoinGroupResponse {
    let members = seat.members.into_iter().map(|wish| {
        JoinGroupResponseMember::default()
            .with_member_id(text(wish.member_id))
            .with_group_instance_id(wish.instance.map(text))
            .with_metadata(wish.metadata)
    });
    JoinGroupResponse::default()
        .with_generation_id(seat.generation)
        .with_protocol_type(Some(text(seat.protocol_type)))
        .with_protocol_name(Some(text(seat.protocol)))
        .with_leader(text(seat.leader))
        .with_member_id(text(seat.member_id))
        .with_members(members.collect())
}

pub(super) async fn sync(
    shared: &Shared,
    request: SyncGroupRequest,
    now: Instant,
) -> SyncGroupResponse {
    let response = SyncGroupResponse::default()
        .with_protocol_type(request.protocol_type)
        .with_protocol_name(request.protocol_name);
    let assignments = request.assignments.into_iter();
    let assignments: Vec<(String, Bytes)> =
        assignments.map(|a| (a.member_id.to_string(), a.assignment)).collect();
    let who =
        Identity { member_id: &request.member_id, instance: request.group_instance_id.as_deref() };
    let waiting = shared.with(|node| match node.known_group(&request.group_id) {
        Some(group) => group.sync(&who, request.generation_id, assignments, now),
        None => Err(ResponseError::UnknownMemberId),
    });
    let synced = match waiting {
        Ok(waiting) => waiting.await.unwrap_or(Err(ResponseError::RebalanceInProgress)),
        Err(error) => Err(error),
    };
    match synced {
        Ok(assignment) => response.with_assignment(assignment),
        Err(error) => response.with_error_code(error.code()),
    }
}

pub(super) fn heartbeat(
    node: &mut Node,
    request: HeartbeatRequest,
    now: Instant,
) -> HeartbeatResponse {
    let who =
        Identity { member_id: &request.member_id, instance: request.group_instance_id.as_deref() };
    let alive = match node.known_group(&request.group_id) {
        Some(group) => group.heartbeat(&who, request.generation_id, now),
        None => Err(ResponseError::UnknownMemberId),
    };
    HeartbeatResponse::default().with_error_code(code(&alive))
}

pub(super) fn leave(
    node: &mut Node,
    call: &Call,
    request: LeaveGroupRequest,
    now: Instant,
) -> LeaveGroupResponse {
    let names_one = call.version < 3;
    let leaving = match names_one {
        true => vec![MemberIdentity::default().with_member_id(request.member_id)],
        false => request.members,
    };
    let mut members = Vec::with_capacity(leaving.len());
    for member in leaving {
        let who = Identity {
            member_id: &member.member_id,
            instance: member.group_instance_id.as_deref(),
        };
        let left = match node.known_group(&request.group_id) {
            Some(group) => group.leave(&who, now),
            None => Err(ResponseError::UnknownMemberId),
        };
        if names_one {
            return LeaveGroupResponse::default().with_error_code(code(&left));
        }
        members.push(
            MemberResponse::default()
                .with_error_code(code(&left))
                .with_member_id(member.member_id)
                .with_group_instance_id(member.group_instance_id),
        );
    }
    LeaveGroupResponse::default().with_members(members)
}

pub(super) fn list(node: &mut Node, request: ListGroupsRequest) -> ListGroupsResponse {
    let mut names: Vec<&String> = node.groups().keys().chain(node.state().offsets.keys()).collect();
    names.sort();
    names.dedup();
    let groups = names.into_iter().map(|name| {
        let group = node.groups().get(name);
        ListedGroup::default()
            .with_group_id(GroupId(text(name)))
            .with_protocol_type(text(group.map_or("", Group::protocol_type)))
            .with_group_state(text(stage_name(group)))
    });
    let wanted = |group: &ListedGroup| {
        request.states_filter.is_empty() || request.states_filter.contains(&group.group_state)
    };
    ListGroupsResponse::default().with_groups(groups.filter(wanted).collect())
}

pub(super) fn describe(
    node: &mut Node,
    call: &Call,
    request: DescribeGroupsRequest,
) -> DescribeGroupsResponse {
    let groups = request.groups.into_iter().map(|name| {
        let group = node.groups().get(name.as_str());
        let is_known = group.is_some() || node.state().offsets.contains_key(name.as_str());
        let described = DescribedGroup::default().with_group_id(name);
        if !is_known {
            return described.with_group_state(text("Dead"));
        }
        let described = described.with_group_state(text(stage_name(group)));
        match group {
            Some(group) => described
                .with_protocol_type(text(group.protocol_type()))
                .with_protocol_data(text(group.protocol()))
                .with_members(members_of(group, call)),
            None => described,
        }
    });
    DescribeGroupsResponse::default().with_groups(groups.collect())
}

fn members_of(group: &Group, call: &Call) -> Vec<DescribedGroupMember> {
    let members = group.members().map(|(id, member)| {
        let metadata = member.protocol_metadata(group.protocol()).cloned();
        DescribedGroupMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(member.instance.clone().map(text))
            .with_client_id(text(&member.client))
            .with_client_host(text(format!("/{}", call.reached_at.ip())))
            .with_member_metadata(metadata.unwrap_or_default())
            .with_member_assignment(member.assignment.clone())
    });
    members.collect()
}

pub(super) fn delete(node: &mut Node, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let results = request.groups_names.into_iter().map(|name| {
        let deleted = node.delete_group(&name);
        DeletableGroupResult::default().with_error_code(code(&deleted)).with_group_id(name)
    });
    DeleteGroupsResponse::default().with_results(results.collect())
}

/// A group of which only positions are known has no members now.
fn stage_name(group: Option<&Group>) -> &'static str {
    match group.map_or(Stage::Empty, Group::stage) {
        Stage::Empty => "Empty",
        Stage::Joining => "PreparingRebalance",
        Stage::Syncing => "CompletingRebalance",
        Stage::Stable => "Stable",
    }
}

fn millis(n: i32) -> Duration {
    Duration::from_millis(n.max(0) as u64)
}
