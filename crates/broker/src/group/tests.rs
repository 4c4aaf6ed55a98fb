use std::time::Duration;

use super::*;

const SESSION: Duration = Duration::from_secs(10);
const REBALANCE: Duration = Duration::from_secs(60);

fn application(member_id: &str, instance: Option<&str>, protocols: &[(&str, &str)]) -> Application {
    Application {
        member_id: member_id.to_owned(),
        instance: instance.map(str::to_owned),
        client: "client".to_owned(),
        session_timeout: SESSION,
        rebalance_timeout: REBALANCE,
        protocol_type: "consumer".to_owned(),
        protocols: protocols
            .iter()
            .map(|(name, metadata)| Protocol {
                name: (*name).to_owned(),
                metadata: Bytes::copy_from_slice(metadata.as_bytes()),
            })
            .collect(),
        must_know_its_id: false,
    }
}

const RANGE: &[(&str, &str)] = &[("range", "topics")];

fn dynamic<'a>(member_id: &'a str) -> Identity<'a> {
    Identity { member_id, instance: None }
}

fn answered<T>(mut receiver: oneshot::Receiver<T>) -> Option<T> {
    receiver.try_recv().ok()
}

/// A group in which `a` leads and `b` follows, both with an assignment, in its second generation.
fn pair(now: Instant) -> Group {
    let mut group = Group::new(now);
    let first = group.join(application("", None, RANGE), "a".to_owned(), now).unwrap();
    assert_eq!(answered(first).unwrap().unwrap().generation, 1);
    let b = group.join(application("", None, RANGE), "b".to_owned(), now).unwrap();
    let a = group.join(application("a", None, RANGE), String::new(), now).unwrap();
    let (a, b) = (answered(a).unwrap().unwrap(), answered(b).unwrap().unwrap());
    assert_eq!((a.generation, b.generation), (2, 2));
    assert_eq!((a.leader.as_str(), b.leader.as_str()), ("a", "a"));
    assert_eq!((a.members.len(), b.members.len()), (2, 0));
    let of_b = group.sync(&dynamic("b"), 2, Vec::new(), now).unwrap();
    let shares = vec![("a".to_owned(), Bytes::from("0")), ("b".to_owned(), Bytes::from("1"))];
    let of_a = group.sync(&dynamic("a"), 2, shares, now).unwrap();
    assert_eq!(answered(of_a), Some(Ok(Bytes::from("0"))));
    assert_eq!(answered(of_b), Some(Ok(Bytes::from("1"))));
    assert_eq!(group.stage(), Stage::Stable);
    group
}

#[test]
fn a_newcomer_gets_its_id_before_it_gets_a_seat() {
    let now = Instant::now();
    let mut group = Group::new(now);
    let newcomer = Application { must_know_its_id: true, ..application("", None, RANGE) };
    let refused = group.join(newcomer, "a".to_owned(), now).unwrap_err();
    let expected = TurnedDown { error: ResponseError::MemberIdRequired, member_id: "a".to_owned() };
    assert_eq!(refused, expected);
    let seat = group.join(application("a", None, RANGE), "unused".to_owned(), now).unwrap();
    assert_eq!(answered(seat).unwrap().unwrap().member_id, "a");
}

#[test]
fn a_stranger_and_an_old_generation_are_refused() {
    let now = Instant::now();
    let mut group = pair(now);
    let unknown = group.heartbeat(&dynamic("c"), 2, now);
    assert_eq!(unknown, Err(ResponseError::UnknownMemberId));
    let old = group.heartbeat(&dynamic("a"), 1, now);
    assert_eq!(old, Err(ResponseError::IllegalGeneration));
    assert_eq!(group.heartbeat(&dynamic("a"), 2, now), Ok(()));
}

#[test]
fn a_silent_member_goes_and_the_others_are_called_together() {
    let now = Instant::now();
    let mut group = pair(now);
    let later = now + SESSION / 2;
    group.heartbeat(&dynamic("a"), 2, later).unwrap();
    group.tick(now + SESSION);
    assert_eq!(group.stage(), Stage::Joining);
    let called = group.heartbeat(&dynamic("a"), 2, now + SESSION);
    assert_eq!(called, Err(ResponseError::RebalanceInProgress));
    let gone = group.heartbeat(&dynamic("b"), 2, now + SESSION);
    assert_eq!(gone, Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_round_does_not_wait_for_ever_for_a_member_that_only_beats() {
    let now = Instant::now();
    let mut group = pair(now);
    let newcomer = group.join(application("", None, RANGE), "c".to_owned(), now).unwrap();
    let a = group.join(application("a", None, RANGE), String::new(), now).unwrap();
    let mut at = now;
    while at < now + REBALANCE {
        // It lives, but does not come.
        let _ = group.heartbeat(&dynamic("b"), 2, at);
        group.tick(at);
        at += SESSION / 2;
    }
    group.tick(now + REBALANCE);
    assert_eq!(answered(newcomer).unwrap().unwrap().generation, 3);
    assert_eq!(answered(a).unwrap().unwrap().members.len(), 2);
    assert_eq!(group.members().count(), 2);
}

#[test]
fn the_leaders_choice_is_one_that_all_can_use() {
    let now = Instant::now();
    let mut group = Group::new(now);
    let both = [("sticky", "x"), ("range", "y")];
    let first = group.join(application("", None, &both), "a".to_owned(), now).unwrap();
    assert_eq!(answered(first).unwrap().unwrap().protocol, "sticky");
    let other = group.join(application("", None, &[("roundrobin", "z")]), "b".to_owned(), now);
    assert_eq!(other.unwrap_err().error, ResponseError::InconsistentGroupProtocol);
    let _b = group.join(application("", None, RANGE), "b".to_owned(), now).unwrap();
    let a = group.join(application("a", None, &both), String::new(), now).unwrap();
    let seat = answered(a).unwrap().unwrap();
    assert_eq!(seat.protocol, "range");
    assert_eq!(seat.members[0].metadata, Bytes::from("y"));
}

#[test]
fn a_static_member_returns_without_a_round_and_its_double_is_fenced() {
    let now = Instant::now();
    let mut group = Group::new(now);
    let first = group.join(application("", Some("slot"), RANGE), "a1".to_owned(), now).unwrap();
    assert!(answered(first).unwrap().is_ok());
    let was = Identity { member_id: "a1", instance: Some("slot") };
    let shares = vec![("a1".to_owned(), Bytes::from("0"))];
    group.sync(&was, 1, shares, now).unwrap();

    let back = group.join(application("", Some("slot"), RANGE), "a2".to_owned(), now).unwrap();
    let seat = answered(back).unwrap().unwrap();
    assert_eq!((seat.generation, seat.leader.as_str()), (1, "a1"), "it is not asked to assign");
    let is = Identity { member_id: "a2", instance: Some("slot") };
    let synced = group.sync(&is, 1, Vec::new(), now).unwrap();
    assert_eq!(answered(synced), Some(Ok(Bytes::from("0"))));

    assert_eq!(group.heartbeat(&was, 1, now), Err(ResponseError::FencedInstanceId));
    let fenced = group.may_commit(&was, 1, true, now);
    assert_eq!(fenced, Err(ResponseError::FencedInstanceId));
    let fenced = group.join(application("a1", Some("slot"), RANGE), String::new(), now);
    assert_eq!(fenced.unwrap_err().error, ResponseError::FencedInstanceId);
}

#[test]
fn only_members_of_this_generation_commit_while_there_are_members() {
    let now = Instant::now();
    let mut group = pair(now);
    let nobody = dynamic("");
    let plain = group.may_commit(&nobody, -1, false, now);
    assert_eq!(plain, Err(ResponseError::UnknownMemberId));
    // A producer that names no member is trusted, as Kafka trusts it.
    assert_eq!(group.may_commit(&nobody, -1, true, now), Ok(()));
    let old = group.may_commit(&dynamic("a"), 1, true, now);
    assert_eq!(old, Err(ResponseError::IllegalGeneration));
    group.leave(&dynamic("a"), now).unwrap();
    assert_eq!(group.may_commit(&dynamic("b"), 2, false, now), Ok(()), "before it rejoins");
    group.leave(&dynamic("b"), now).unwrap();
    assert_eq!(group.stage(), Stage::Empty);
    assert_eq!(group.may_commit(&nobody, -1, false, now), Ok(()));
    let gone = group.may_commit(&dynamic("b"), 2, true, now);
    assert_eq!(gone, Err(ResponseError::UnknownMemberId));
}
