//! Entries as bytes. The first byte says which entry it is; numbers are big-endian, texts and
//! lists have their length before them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, TryGetError};

use super::entry::{Entry, Position, Positions, TopicPartition};
use super::transaction::{Outcome, Phase, Transaction};

/// Why bytes are not an entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("the entry is cut short")]
    Short,
    #[error("no entry has the tag {0}")]
    Tag(u8),
    #[error("a text is not UTF-8")]
    Text,
}

impl From<TryGetError> for DecodeError {
    fn from(_: TryGetError) -> Self {
        DecodeError::Short
    }
}

type Decoded<T> = Result<T, DecodeError>;

pub(crate) fn encode(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::new();
    match entry {
        Entry::Topic { name, n_partitions, settings } => {
            out.put_u8(1);
            put_text(&mut out, name);
            out.put_i32(*n_partitions);
            out.put_u32(settings.len() as u32);
            for (name, value) in settings {
                put_text(&mut out, name);
                put_text(&mut out, value);
            }
        }
        Entry::TopicDeleted { name } => {
            out.put_u8(2);
            put_text(&mut out, name);
        }
        Entry::ProducerIds { next } => {
            out.put_u8(3);
            out.put_i64(*next);
        }
        Entry::Transaction { id, transaction } => {
            out.put_u8(4);
            put_text(&mut out, id);
            put_transaction(&mut out, transaction);
        }
        Entry::Committed { group, positions } => {
            out.put_u8(5);
            put_text(&mut out, group);
            put_positions(&mut out, positions);
        }
        Entry::Pending { group, producer_id, positions } => {
            out.put_u8(6);
            put_text(&mut out, group);
            out.put_i64(*producer_id);
            put_positions(&mut out, positions);
        }
        Entry::Settled { group, producer_id, take_effect } => {
            out.put_u8(7);
            put_text(&mut out, group);
            out.put_i64(*producer_id);
            out.put_u8(u8::from(*take_effect));
        }
        Entry::GroupDeleted { group } => {
            out.put_u8(8);
            put_text(&mut out, group);
        }
    }
    out
}

/// `now` is the moment from which the timeout of an open transaction runs again.
pub(crate) fn decode(mut from: &[u8], now: Instant) -> Decoded<Entry> {
    let from = &mut from;
    Ok(match from.try_get_u8()? {
        1 => Entry::Topic {
            name: text(from)?,
            n_partitions: from.try_get_i32()?,
            settings: list(from, |f| Ok((text(f)?, text(f)?)))?.into_iter().collect(),
        },
        2 => Entry::TopicDeleted { name: text(from)? },
        3 => Entry::ProducerIds { next: from.try_get_i64()? },
        4 => Entry::Transaction { id: text(from)?, transaction: transaction(from, now)? },
        5 => Entry::Committed { group: text(from)?, positions: positions(from)? },
        6 => Entry::Pending {
            group: text(from)?,
            producer_id: from.try_get_i64()?,
            positions: positions(from)?,
        },
        7 => Entry::Settled {
            group: text(from)?,
            producer_id: from.try_get_i64()?,
            take_effect: from.try_get_u8()? != 0,
        },
        8 => Entry::GroupDeleted { group: text(from)? },
        tag => return Err(DecodeError::Tag(tag)),
    })
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.put_u32(text.len() as u32);
    out.put_slice(text.as_bytes());
}

fn text(from: &mut &[u8]) -> Decoded<String> {
    let size = from.try_get_u32()? as usize;
    let (text, rest) = from.split_at_checked(size).ok_or(DecodeError::Short)?;
    *from = rest;
    String::from_utf8(text.to_vec()).map_err(|_| DecodeError::Text)
}

fn list<T>(from: &mut &[u8], one: impl Fn(&mut &[u8]) -> Decoded<T>) -> Decoded<Vec<T>> {
    let n = from.try_get_u32()?;
    (0..n).map(|_| one(from)).collect()
}

fn put_place(out: &mut Vec<u8>, (topic, partition): &TopicPartition) {
    put_text(out, topic);
    out.put_i32(*partition);
}

fn place(from: &mut &[u8]) -> Decoded<TopicPartition> {
    Ok((text(from)?, from.try_get_i32()?))
}

fn put_positions(out: &mut Vec<u8>, positions: &Positions) {
    out.put_u32(positions.len() as u32);
    for (at, position) in positions {
        put_place(out, at);
        out.put_i64(position.offset);
        out.put_i32(position.leader_epoch);
        put_text(out, &position.metadata);
    }
}

fn positions(from: &mut &[u8]) -> Decoded<Positions> {
    let all: BTreeMap<_, _> = list(from, |f| {
        let at = place(f)?;
        let offset = f.try_get_i64()?;
        let leader_epoch = f.try_get_i32()?;
        Ok((at, Position { offset, leader_epoch, metadata: text(f)? }))
    })?
    .into_iter()
    .collect();
    Ok(all)
}

fn put_transaction(out: &mut Vec<u8>, transaction: &Transaction) {
    out.put_i64(transaction.producer_id);
    out.put_i16(transaction.epoch);
    out.put_u64(transaction.timeout.as_millis() as u64);
    out.put_u8(match transaction.phase {
        Phase::Empty => 0,
        Phase::Ongoing => 1,
        Phase::Decided(Outcome::Commit) => 2,
        Phase::Decided(Outcome::Abort) => 3,
        Phase::Ended(Outcome::Commit) => 4,
        Phase::Ended(Outcome::Abort) => 5,
    });
    out.put_u32(transaction.partitions.len() as u32);
    for partition in &transaction.partitions {
        put_place(out, partition);
    }
    out.put_u32(transaction.groups.len() as u32);
    for group in &transaction.groups {
        put_text(out, group);
    }
}

fn transaction(from: &mut &[u8], now: Instant) -> Decoded<Transaction> {
    let producer_id = from.try_get_i64()?;
    let epoch = from.try_get_i16()?;
    let timeout = Duration::from_millis(from.try_get_u64()?);
    let phase = match from.try_get_u8()? {
        0 => Phase::Empty,
        1 => Phase::Ongoing,
        2 => Phase::Decided(Outcome::Commit),
        3 => Phase::Decided(Outcome::Abort),
        4 => Phase::Ended(Outcome::Commit),
        5 => Phase::Ended(Outcome::Abort),
        tag => return Err(DecodeError::Tag(tag)),
    };
    let partitions: BTreeSet<_> = list(from, place)?.into_iter().collect();
    let groups: BTreeSet<_> = list(from, text)?.into_iter().collect();
    let expires = (phase == Phase::Ongoing).then(|| now + timeout);
    Ok(Transaction { producer_id, epoch, timeout, phase, partitions, groups, expires })
}
