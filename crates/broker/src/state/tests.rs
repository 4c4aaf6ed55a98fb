//! Every entry reads back, and the state survives a cut of its log at any place.

use std::time::Duration;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::entry::Position;
use super::state_log::StateLog;
use super::transaction::Outcome;
use super::*;

fn name() -> impl Strategy<Value = String> {
    "[a-c]{1,2}"
}

fn positions() -> impl Strategy<Value = Positions> {
    let position = (0i64..100, -1i32..2, ".{0,3}")
        .prop_map(|(offset, leader_epoch, metadata)| Position { offset, leader_epoch, metadata });
    btree_map((name(), 0i32..3), position, 0..4)
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let phase = prop_oneof![
        Just(Phase::Empty),
        Just(Phase::Decided(Outcome::Commit)),
        Just(Phase::Decided(Outcome::Abort)),
        Just(Phase::Ended(Outcome::Commit)),
        Just(Phase::Ended(Outcome::Abort)),
    ];
    let parts = (btree_set((name(), 0i32..3), 0..3), btree_set(name(), 0..3));
    (0i64..5, 0i16..9, 1u64..99, phase, parts).prop_map(
        |(producer_id, epoch, timeout, phase, (partitions, groups))| Transaction {
            epoch,
            phase,
            partitions,
            groups,
            ..Transaction::new(producer_id, Duration::from_millis(timeout))
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        (name(), 1i32..5, btree_map(name(), ".{0,3}", 0..3)).prop_map(
            |(name, n_partitions, settings)| Entry::Topic { name, n_partitions, settings }
        ),
        name().prop_map(|name| Entry::TopicDeleted { name }),
        (0i64..100).prop_map(|next| Entry::ProducerIds { next }),
        (name(), transaction())
            .prop_map(|(id, transaction)| Entry::Transaction { id, transaction }),
        (name(), positions()).prop_map(|(group, positions)| Entry::Committed { group, positions }),
        (name(), 0i64..5, positions()).prop_map(|(group, producer_id, positions)| {
            Entry::Pending { group, producer_id, positions }
        }),
        (name(), 0i64..5, any::<bool>()).prop_map(|(group, producer_id, take_effect)| {
            Entry::Settled { group, producer_id, take_effect }
        }),
        name().prop_map(|group| Entry::GroupDeleted { group }),
    ]
}

fn applied(entries: &[Entry]) -> State {
    let mut state = State::default();
    for entry in entries {
        state.apply(entry.clone());
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn entries_read_back(entry in entry()) {
        let bytes = codec::encode(&entry);
        prop_assert_eq!(codec::decode(&bytes, Instant::now()).unwrap(), entry);
        for end in 0..bytes.len() {
            prop_assert!(codec::decode(&bytes[..end], Instant::now()).is_err());
        }
    }

    /// The state is what was appended before the last whole entry, wherever the file was cut, and
    /// stays so through the shorter file that each start writes.
    #[test]
    fn the_state_survives_any_cut(entries in vec(entry(), 1..12), cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, state) = StateLog::open(folder.path(), Instant::now()).unwrap();
        prop_assert!(state.topics.is_empty());
        let path = folder.path().join("state.log");
        let mut ends = vec![std::fs::metadata(&path).unwrap().len()];
        for entry in &entries {
            log.append(entry).unwrap();
            ends.push(std::fs::metadata(&path).unwrap().len());
        }
        drop(log);
        let bytes = std::fs::read(&path).unwrap();
        let first = ends[0] as usize;
        let cut = first + cut.index(bytes.len() - first + 1);
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let n_whole = ends.iter().filter(|end| **end as usize <= cut).count() - 1;
        let expected = applied(&entries[..n_whole]);
        for _ in 0..2 {
            let (_, found) = StateLog::open(folder.path(), Instant::now()).unwrap();
            prop_assert_eq!(visible(&found), visible(&expected));
        }
    }
}

type Visible<'a> = (
    &'a BTreeMap<String, Topic>,
    BTreeMap<&'a String, &'a Offsets>,
    &'a BTreeMap<String, Transaction>,
    i64,
);

/// What can be told apart from outside: a group about which nothing is known is no group.
fn visible(state: &State) -> Visible<'_> {
    let offsets = state.offsets.iter().filter(|(_, o)| **o != Offsets::default());
    (&state.topics, offsets.collect(), &state.transactions, state.next_producer_id)
}

#[test]
fn a_long_log_is_shortened_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, mut state) = StateLog::open(folder.path(), Instant::now()).unwrap();
    let settings = BTreeMap::from([("cleanup.policy".to_owned(), "x".repeat(1 << 20))]);
    let path = folder.path().join("state.log");
    for _ in 0..40 {
        let entry =
            Entry::Topic { name: "t".to_owned(), n_partitions: 1, settings: settings.clone() };
        log.append(&entry).unwrap();
        state.apply(entry);
        log.rewrite_if_long(&state).unwrap();
    }
    assert!(std::fs::metadata(path).unwrap().len() < 30 << 20);
    drop(log);
    let (_, found) = StateLog::open(folder.path(), Instant::now()).unwrap();
    assert_eq!(found.topics, state.topics);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.log");
    std::fs::write(&path, "something dear to somebody").unwrap();
    assert!(StateLog::open(folder.path(), Instant::now()).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "something dear to somebody");
}

/// A folder whose state log ends in three entries, the file, and where each of them begins.
fn with_three_entries() -> (tempfile::TempDir, std::path::PathBuf, [usize; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = StateLog::open(folder.path(), Instant::now()).unwrap();
    let path = folder.path().join("state.log");
    let starts = ["a", "b", "c"].map(|name| {
        let start = std::fs::metadata(&path).unwrap().len() as usize;
        let settings = BTreeMap::from([("cleanup.policy".to_owned(), "delete".to_owned())]);
        log.append(&Entry::Topic { name: name.to_owned(), n_partitions: 1, settings }).unwrap();
        start
    });
    (folder, path, starts)
}

#[test]
fn a_bad_entry_before_a_whole_one_is_refused_and_nothing_is_cut() {
    let (folder, path, [_, second, third]) = with_three_entries();
    let good = std::fs::read(&path).unwrap();
    for at in second..third {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        let refused = StateLog::open(folder.path(), Instant::now()).unwrap_err().to_string();
        assert!(refused.contains(&format!("state.log is damaged at byte {second},")), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), bad, "byte {at}");
    }
}

#[test]
fn a_bad_last_entry_is_a_torn_tail() {
    let (folder, path, [.., third]) = with_three_entries();
    let good = std::fs::read(&path).unwrap();
    for at in third..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        let (_, found) = StateLog::open(folder.path(), Instant::now()).unwrap();
        assert_eq!(found.topics.keys().collect::<Vec<_>>(), ["a", "b"], "byte {at}");
    }
}

proptest! {
    #[test]
    fn random_bytes_behind_the_last_entry_are_cut_off(noise in vec(any::<u8>(), 1..500)) {
        let (folder, path, _) = with_three_entries();
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&good[..], &noise].concat()).unwrap();
        let (_, found) = StateLog::open(folder.path(), Instant::now()).unwrap();
        prop_assert_eq!(found.topics.len(), 3);
    }
}
