//! Death between two writes, which a test from outside cannot aim at.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::positions::Beyond;
use super::*;
use crate::group::Identity;
use crate::log::batch::tests::data_batch;
use crate::state::entry::{Position, Positions};
use crate::state::transaction::{Outcome, Phase};

const NOBODY: Identity<'_> = Identity { member_id: "", instance: None };

fn open(folder: &Path) -> Node {
    Node::open(&Storage::Folder(folder.to_owned()), 1 << 20, Instant::now()).unwrap()
}

fn position(offset: i64) -> Positions {
    let position = Position { offset, leader_epoch: -1, metadata: String::new() };
    BTreeMap::from([(("topic".to_owned(), 0), position)])
}

/// A node with a transaction that wrote two records and moves a group, and its producer.
fn with_open_transaction(folder: &Path) -> (Node, (i64, i16)) {
    let now = Instant::now();
    let mut node = open(folder);
    let new = NewTopic { name: "topic".to_owned(), n_partitions: 2, settings: BTreeMap::new() };
    node.create_topic(new, false).unwrap();
    let producer = node.take_transactional_id("id", Duration::from_secs(60), None).unwrap();
    let partitions = vec![("topic".to_owned(), 0), ("topic".to_owned(), 1)];
    node.extend_transaction("id", producer, partitions, Some("group"), now).unwrap();
    let batch = data_batch((producer.0, producer.1, 0), true, 2);
    node.produce("topic", 0, batch).unwrap();
    node.commit_with_transaction("group", &NOBODY, -1, producer.0, position(7), now).unwrap();
    (node, producer)
}

fn decide(node: &mut Node, outcome: Outcome) {
    let transaction = node.state.transactions["id"].decided(outcome);
    node.record(Entry::Transaction { id: "id".to_owned(), transaction }).unwrap();
}

fn committed(node: &Node) -> Option<i64> {
    let offsets = node.state.offsets.get("group")?;
    offsets.committed.values().next().map(|p| p.offset)
}

#[test]
fn a_decision_without_markers_is_carried_out_at_the_next_start() {
    for outcome in [Outcome::Commit, Outcome::Abort] {
        let folder = tempfile::tempdir().unwrap();
        let (mut node, _) = with_open_transaction(folder.path());
        decide(&mut node, outcome);
        drop(node);
        let node = open(folder.path());
        assert_eq!(node.state.transactions["id"].phase, Phase::Ended(outcome));
        let log = node.log("topic", 0).unwrap();
        assert_eq!((log.end(), log.last_stable()), (3, 3));
        let n_aborted = log.aborted_between(0, 2).len();
        match outcome {
            Outcome::Commit => assert_eq!((n_aborted, committed(&node)), (0, Some(7))),
            Outcome::Abort => assert_eq!((n_aborted, committed(&node)), (1, None)),
        }
    }
}

#[test]
fn a_decision_with_some_of_its_markers_is_carried_out_once_more() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, producer) = with_open_transaction(folder.path());
    decide(&mut node, Outcome::Abort);
    let log = node.log_mut("topic", 0).unwrap();
    log.append_marker(producer, Outcome::Abort, 1).unwrap();
    drop(node);
    let node = open(folder.path());
    let log = node.log("topic", 0).unwrap();
    assert_eq!((log.last_stable(), log.aborted_between(0, 9).len()), (log.end(), 1));
    assert_eq!(committed(&node), None);
}

#[test]
fn an_open_transaction_stays_open_and_can_be_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (node, producer) = with_open_transaction(folder.path());
    drop(node);
    let mut node = open(folder.path());
    assert_eq!(node.log("topic", 0).unwrap().last_stable(), 0);
    let again = data_batch((producer.0, producer.1, 0), true, 2);
    assert_eq!(node.produce("topic", 0, again).unwrap().base_offset, 0, "known when repeated");
    node.end_transaction("id", producer, Outcome::Commit).unwrap();
    assert_eq!(committed(&node), Some(7));
    assert_eq!(node.new_producer().unwrap().0, producer.0 + 1, "ids are not given out twice");
}

#[test]
fn a_transaction_that_only_the_log_remembers_is_aborted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, _) = with_open_transaction(folder.path());
    // As after a power cut that took the end of the state log.
    node.record(Entry::Transaction {
        id: "id".to_owned(),
        transaction: crate::state::transaction::Transaction::new(0, Duration::from_secs(1)),
    })
    .unwrap();
    drop(node);
    let node = open(folder.path());
    let log = node.log("topic", 0).unwrap();
    assert_eq!((log.last_stable(), log.aborted_between(0, 9).len()), (log.end(), 1));
}

#[test]
fn an_id_outlives_its_epochs() {
    let mut node = Node::open(&Storage::Memory, 1 << 20, Instant::now()).unwrap();
    let mut last = node.take_transactional_id("id", Duration::from_secs(1), None).unwrap();
    let first = last;
    for _ in 0..70_000 {
        let next = node.take_transactional_id("id", Duration::from_secs(1), None).unwrap();
        assert!(next > last, "{next:?} after {last:?}");
        last = next;
    }
    assert!(last.0 > first.0);
    assert_eq!(
        node.verify_producer("id", first).unwrap_err(),
        ResponseError::InvalidProducerIdMapping
    );
}

#[test]
fn a_deleted_topic_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, producer) = with_open_transaction(folder.path());
    node.commit("group", &NOBODY, -1, position(3), Instant::now()).unwrap();
    node.delete_topic("topic").unwrap();
    assert_eq!(committed(&node), None);
    let new = NewTopic { name: "topic".to_owned(), n_partitions: 1, settings: BTreeMap::new() };
    node.create_topic(new, false).unwrap();
    assert_eq!(node.log("topic", 0).unwrap().end(), 0);
    node.end_transaction("id", producer, Outcome::Commit).unwrap();
    drop(node);
    let node = open(folder.path());
    assert_eq!((node.log("topic", 0).unwrap().end(), committed(&node)), (0, None));
    assert!(node.log("topic", 1).is_none());
}

#[test]
fn a_position_beyond_a_cut_is_found_and_does_not_keep_the_broker_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = open(folder.path());
    let new = NewTopic { name: "topic".to_owned(), n_partitions: 1, settings: BTreeMap::new() };
    node.create_topic(new, false).unwrap();
    for _ in 0..2 {
        node.produce("topic", 0, data_batch((-1, -1, -1), false, 2)).unwrap();
    }
    node.commit("group", &NOBODY, -1, position(4), Instant::now()).unwrap();
    assert_eq!(node.positions_beyond_ends(), []);
    let partition = node.disk.as_ref().unwrap().folder.partition("topic", 0);
    drop(node);
    let segment = partition.join("00000000000000000000.log");
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    let node = open(folder.path());
    let lost = Beyond { group: "group", topic: "topic", partition: 0, offset: 4, end: 2 };
    assert_eq!(node.positions_beyond_ends(), [lost]);
}
