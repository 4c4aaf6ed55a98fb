//! Whether a request's bytes hold as much as they announce, looked at before they are decoded.
//!
//! The decoder of `kafka-protocol` reserves room for as many elements as a list says it has: one
//! frame of twenty bytes can ask for a hundred gigabytes, and Rust ends the process when it does
//! not get them. So lists are walked here first, by a table that follows Kafka's message definitions
//! for the versions that we speak. A test holds it against the encoder.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::LazyLock;

use kafka_protocol::messages::ApiKey;

/// The fields of every request type that has lists, and its first flexible version.
///
/// A digit is a field of so many bytes, `s` a text, `b` bytes; `(4)` is a list of such values and
/// `[s 4]` a list of rows with fields of their own. `@7-` is a field since version 7, `@0-3` one
/// of versions 0 to 3.
const SHAPES: &[(ApiKey, i16, &str)] = &[
    (ApiKey::Metadata, 9, "[s] 1@4- 1@8-10 1@8-"),
    (ApiKey::CreateTopics, 5, "[s 4 2 [4 (4)] [s s]] 4 1"),
    (ApiKey::DeleteTopics, 4, "(s) 4"),
    (ApiKey::CreatePartitions, 2, "[s 4 [(4)]] 4 1"),
    (ApiKey::DescribeConfigs, 4, "[1 s (s)] 1 1@3-"),
    (ApiKey::IncrementalAlterConfigs, 1, "[1 s [s 1 s]] 1"),
    (ApiKey::Produce, 9, "s 2 4 [s [4 b]]"),
    (ApiKey::Fetch, 12, "4 4 4 4 1 4@7- 4@7- [s [4 4@9- 8 8@5- 4]] [s (4)]@7- s@11-"),
    (ApiKey::ListOffsets, 6, "4 1@2- [s [4 4@4- 8]]"),
    (ApiKey::OffsetForLeaderEpoch, 4, "4@3- [s [4 4 4]]"),
    (ApiKey::FindCoordinator, 3, "s@0-3 1@1- (s)@4-"),
    (ApiKey::JoinGroup, 6, "s 4 4@1- s s@5- s [s b]"),
    (ApiKey::SyncGroup, 4, "s 4 s s@3- s@5- s@5- [s b]"),
    (ApiKey::LeaveGroup, 4, "s s@0-2 [s s s@5-]@3-"),
    (ApiKey::ListGroups, 3, "(s)@4-"),
    (ApiKey::DescribeGroups, 5, "(s) 1@3-"),
    (ApiKey::DeleteGroups, 2, "(s)"),
    (ApiKey::OffsetCommit, 8, "s 4 s s@7- 8@2-4 [s [4 8 4@6- s]]"),
    (ApiKey::OffsetFetch, 6, "s [s (4)] 1@7-"),
    (ApiKey::AddPartitionsToTxn, 3, "s 8 2 [s (4)]"),
    (ApiKey::TxnOffsetCommit, 3, "s s 8 2 4@3- s@3- s@3- [s [4 8 4@2- s]]"),
];

/// How a field lies in the bytes.
enum Kind {
    Fixed(usize),
    /// A length of two bytes before it, or a compact one in flexible versions.
    Text,
    /// A length of four bytes before it, or a compact one in flexible versions.
    Blob,
    List(Box<Kind>),
    Rows(Vec<Field>),
}

struct Field {
    kind: Kind,
    first: i16,
    last: i16,
}

/// A request type's fields, and its first flexible version.
struct Shape {
    flexible_since: i16,
    fields: Vec<Field>,
}

/// None: this request type has no lists.
fn shape(key: ApiKey) -> Option<&'static Shape> {
    static READ: LazyLock<HashMap<i16, Shape>> = LazyLock::new(|| {
        let shapes = SHAPES.iter().map(|(key, flexible_since, text)| {
            let fields = fields(&mut text.chars().peekable());
            (*key as i16, Shape { flexible_since: *flexible_since, fields })
        });
        shapes.collect()
    });
    READ.get(&(key as i16))
}

type Text<'a> = Peekable<Chars<'a>>;

fn fields(text: &mut Text<'_>) -> Vec<Field> {
    let mut fields = Vec::new();
    loop {
        while text.next_if_eq(&' ').is_some() {}
        if text.peek().is_none_or(|c| *c == ']') {
            return fields;
        }
        let kind = kind(text);
        let (first, last) = versions(text);
        fields.push(Field { kind, first, last });
    }
}

fn kind(text: &mut Text<'_>) -> Kind {
    let kind = match text.next() {
        Some('s') => return Kind::Text,
        Some('b') => return Kind::Blob,
        Some('(') => Kind::List(Box::new(kind(text))),
        Some('[') => Kind::Rows(fields(text)),
        Some(digit) => return Kind::Fixed(digit as usize - '0' as usize),
        None => Kind::Fixed(0),
    };
    text.next(); // the closing bracket
    kind
}

fn versions(text: &mut Text<'_>) -> (i16, i16) {
    if text.next_if_eq(&'@').is_none() {
        return (0, i16::MAX);
    }
    let mut number = || {
        let mut digits = String::new();
        while let Some(digit) = text.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        text.next_if_eq(&'-');
        digits.parse().ok()
    };
    (number().unwrap_or(0), number().unwrap_or(i16::MAX))
}

/// Whether `body` really holds every element that its lists announce.
pub(super) fn is_sound(key: ApiKey, version: i16, body: &[u8]) -> bool {
    let Some(shape) = shape(key) else { return true };
    let mut walk = Walk { rest: body, version, flexible: version >= shape.flexible_since };
    walk.row(&shape.fields).is_some()
}

struct Walk<'a> {
    rest: &'a [u8],
    version: i16,
    flexible: bool,
}

impl Walk<'_> {
    fn row(&mut self, fields: &[Field]) -> Option<()> {
        for Field { kind, first, last } in fields {
            if (*first..=*last).contains(&self.version) {
                self.value(kind)?;
            }
        }
        if self.flexible {
            for _ in 0..self.compact()? {
                self.compact()?;
                let size = self.compact()?;
                self.skip(size)?;
            }
        }
        Some(())
    }

    fn value(&mut self, kind: &Kind) -> Option<()> {
        match kind {
            Kind::Fixed(size) => self.skip(*size),
            Kind::Text => {
                let size = self.length(2)?;
                self.skip(size)
            }
            Kind::Blob => {
                let size = self.length(4)?;
                self.skip(size)
            }
            Kind::List(element) => (0..self.length(4)?).try_for_each(|_| self.value(element)),
            Kind::Rows(fields) => (0..self.length(4)?).try_for_each(|_| self.row(fields)),
        }
    }

    /// A length in so many bytes, or a compact one; what is null has none.
    fn length(&mut self, n_bytes: usize) -> Option<usize> {
        if self.flexible {
            return Some(self.compact()?.saturating_sub(1));
        }
        let (bytes, rest) = self.rest.split_at_checked(n_bytes)?;
        self.rest = rest;
        let length = match *bytes {
            [a, b] => i32::from(i16::from_be_bytes([a, b])),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]),
            _ => return None,
        };
        Some(usize::try_from(length).unwrap_or(0))
    }

    fn compact(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= usize::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip(&mut self, n: usize) -> Option<()> {
        self.rest = self.rest.get(n..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::*;
    use kafka_protocol::protocol::Request;

    use super::*;
    use crate::api::SPOKEN;

    /// Whether the tables and the encoder agree on every byte, in every version that we speak.
    fn assert_agrees<R: Request>(request: &R) {
        let key = ApiKey::try_from(R::KEY).unwrap();
        let (_, min, max) = SPOKEN.iter().find(|(k, ..)| *k == key).unwrap();
        let shape = shape(key).unwrap();
        for version in *min..=*max {
            let mut body = BytesMut::new();
            // A field that a version lacks is no mistake of the tables.
            if request.encode(&mut body, version).is_err() {
                continue;
            }
            let mut walk = Walk { rest: &body, version, flexible: version >= shape.flexible_since };
            assert!(walk.row(&shape.fields).is_some(), "{key:?} {version}: {body:?}");
            assert!(walk.rest.is_empty(), "{key:?} {version}: {:?} is left", walk.rest);
            for end in 0..body.len() {
                assert!(!is_sound(key, version, &body[..end]), "{key:?} {version} cut at {end}");
            }
        }
    }

    fn name() -> TopicName {
        TopicName("topic".to_owned().into())
    }

    #[test]
    fn every_request_with_lists_is_walked_to_its_end() {
        assert_agrees(&MetadataRequest::default().with_topics(Some(vec![
            metadata_request::MetadataRequestTopic::default().with_name(Some(name())),
        ])));
        let assignment = create_topics_request::CreatableReplicaAssignment::default()
            .with_broker_ids(vec![1.into(), 2.into()]);
        let config = create_topics_request::CreatableTopicConfig::default()
            .with_name("cleanup.policy".into())
            .with_value(Some("compact".into()));
        assert_agrees(&CreateTopicsRequest::default().with_topics(vec![
            create_topics_request::CreatableTopic::default()
                .with_name(name())
                .with_assignments(vec![assignment])
                .with_configs(vec![config]),
        ]));
        assert_agrees(&DeleteTopicsRequest::default().with_topic_names(vec![name(), name()]));
        let assignment = create_partitions_request::CreatePartitionsAssignment::default()
            .with_broker_ids(vec![1.into()]);
        assert_agrees(&CreatePartitionsRequest::default().with_topics(vec![
            create_partitions_request::CreatePartitionsTopic::default()
                .with_name(name())
                .with_assignments(Some(vec![assignment])),
        ]));
        assert_agrees(&DescribeConfigsRequest::default().with_resources(vec![
            describe_configs_request::DescribeConfigsResource::default()
                .with_resource_name("topic".into())
                .with_configuration_keys(Some(vec!["retention.ms".into()])),
        ]));
        let config = incremental_alter_configs_request::AlterableConfig::default()
            .with_name("retention.ms".into())
            .with_value(Some("1".into()));
        assert_agrees(&IncrementalAlterConfigsRequest::default().with_resources(vec![
            incremental_alter_configs_request::AlterConfigsResource::default()
                .with_configs(vec![config]),
        ]));
    }

    #[test]
    fn every_request_about_records_is_walked_to_its_end() {
        let data = produce_request::PartitionProduceData::default()
            .with_records(Some(vec![1, 2, 3].into()));
        assert_agrees(&ProduceRequest::default().with_topic_data(vec![
            produce_request::TopicProduceData::default()
                .with_name(name())
                .with_partition_data(vec![data]),
        ]));
        assert_agrees(&FetchRequest::default().with_topics(vec![
            fetch_request::FetchTopic::default()
                .with_topic(name())
                .with_partitions(vec![Default::default(), Default::default()]),
        ]));
        let forgotten =
            fetch_request::ForgottenTopic::default().with_topic(name()).with_partitions(vec![1, 2]);
        assert_agrees(
            &FetchRequest::default()
                .with_forgotten_topics_data(vec![forgotten])
                .with_rack_id("rack".into()),
        );
        assert_agrees(&ListOffsetsRequest::default().with_topics(vec![
            list_offsets_request::ListOffsetsTopic::default()
                .with_name(name())
                .with_partitions(vec![Default::default()]),
        ]));
        assert_agrees(&OffsetForLeaderEpochRequest::default().with_topics(vec![
            offset_for_leader_epoch_request::OffsetForLeaderTopic::default()
                .with_topic(name())
                .with_partitions(vec![Default::default()]),
        ]));
    }

    #[test]
    fn every_request_about_groups_is_walked_to_its_end() {
        assert_agrees(&FindCoordinatorRequest::default().with_key("group".into()));
        assert_agrees(
            &FindCoordinatorRequest::default().with_coordinator_keys(vec!["group".into()]),
        );
        let protocol = join_group_request::JoinGroupRequestProtocol::default()
            .with_name("range".into())
            .with_metadata(vec![1, 2].into());
        assert_agrees(
            &JoinGroupRequest::default().with_protocols(vec![protocol.clone(), protocol]),
        );
        assert_agrees(&SyncGroupRequest::default().with_assignments(vec![
            sync_group_request::SyncGroupRequestAssignment::default()
                .with_member_id("member".into())
                .with_assignment(vec![1, 2, 3].into()),
        ]));
        assert_agrees(&LeaveGroupRequest::default().with_members(vec![Default::default()]));
        assert_agrees(&LeaveGroupRequest::default().with_member_id("member".into()));
        assert_agrees(&ListGroupsRequest::default().with_states_filter(vec!["Stable".into()]));
        assert_agrees(&DescribeGroupsRequest::default().with_groups(vec![GroupId("g".into())]));
        assert_agrees(&DeleteGroupsRequest::default().with_groups_names(vec![GroupId("g".into())]));
        assert_agrees(&OffsetCommitRequest::default().with_topics(vec![
            offset_commit_request::OffsetCommitRequestTopic::default()
                .with_name(name())
                .with_partitions(vec![Default::default()]),
        ]));
        assert_agrees(&OffsetFetchRequest::default().with_topics(Some(vec![
            offset_fetch_request::OffsetFetchRequestTopic::default()
                .with_name(name())
                .with_partition_indexes(vec![0, 1]),
        ])));
    }

    #[test]
    fn every_request_about_transactions_is_walked_to_its_end() {
        assert_agrees(&AddPartitionsToTxnRequest::default().with_v3_and_below_topics(vec![
            add_partitions_to_txn_request::AddPartitionsToTxnTopic::default()
                .with_name(name())
                .with_partitions(vec![0, 1]),
        ]));
        assert_agrees(&TxnOffsetCommitRequest::default().with_topics(vec![
            txn_offset_commit_request::TxnOffsetCommitRequestTopic::default()
                .with_name(name())
                .with_partitions(vec![Default::default()]),
        ]));
    }
}
