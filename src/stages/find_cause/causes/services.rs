//! What jobs stand on: HDFS, the Hive metastore, Kafka and its schema registry.

use super::CauseKind;
use crate::records::root_cause::StepKind::{
    CodePatch, Collect, ConfigChange, DataFix, Infrastructure, Rerun, UpstreamContact,
};

pub(super) const CAUSES: &[CauseKind] = &[
    CauseKind {
        class: "hdfs.unavailable",
        what: "HDFS takes no request: safe mode, no active NameNode, or no DataNode for a block.",
        mistaken_for: "Clients retry for minutes before they tell it.",
        says: "HDFS is not available{error_hint|}",
        told_quietly: true,
        steps: &[
            (
                Infrastructure,
                "check the NameNode (safe mode, failover) and the free space of the DataNodes",
            ),
            (Rerun, "run again when it is back"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "hdfs.block_missing",
        what: "Blocks of a file have no replica left.",
        mistaken_for: "One dead DataNode is coped with; here all replicas are gone.",
        says: "blocks of {path|a file} cannot be read",
        told_quietly: true,
        steps: &[
            (
                Infrastructure,
                "bring the DataNodes back that hold the replicas; check with hdfs fsck",
            ),
            (DataFix, "write {path|the file} again from its source"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "hdfs.lease_conflict",
        what: "Another writer holds the lease of a file, or removed it.",
        mistaken_for: "A second run of the same job, or a speculative task, is most often the other writer.",
        says: "another writer has {path|the file}",
        told_quietly: true,
        steps: &[
            (ConfigChange, "let only one run write to a path at a time"),
            (Collect, "find the other writer"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "metastore.unavailable",
        what: "The Hive metastore cannot be reached or does not answer.",
        mistaken_for: "Refused connections and timeouts of its database stand below it.",
        says: "the Hive metastore cannot be used{error_hint|}",
        steps: &[
            (Infrastructure, "check that the metastore and its database run"),
            (ConfigChange, "check hive.metastore.uris"),
            (Rerun, "run again when it is back"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "metastore.lock_failed",
        what: "The metastore, or its embedded database, gave no lock.",
        mistaken_for: "Two sessions on one embedded Derby look the same.",
        says: "no lock was to be had from the metastore{error_hint|}",
        steps: &[
            (Collect, "look who holds the lock (SHOW LOCKS)"),
            (ConfigChange, "use a metastore service instead of the embedded database"),
            (Rerun, "run again"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "kafka.topic_unknown",
        what: "A topic or partition of Kafka is not there.",
        mistaken_for: "Where topics may be made on demand it only shows for a moment.",
        says: "the topic {table|of the job} is not there",
        told_quietly: true,
        steps: &[
            (ConfigChange, "check the name {table|of the topic} and the bootstrap servers"),
            (UpstreamContact, "ask the owners of the topic"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "kafka.offsets_lost",
        what: "Offsets that the job wants are not in Kafka any more.",
        mistaken_for: "Retention, a topic made anew, or a checkpoint that is too old.",
        says: "records that the job wants are not in Kafka any more",
        told_quietly: true,
        steps: &[
            (DataFix, "decide whether the gap may be lost; then start from the earliest offset"),
            (Infrastructure, "keep records longer than the job may be down"),
            (ConfigChange, "set failOnDataLoss to false only if losing them is right"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "kafka.record_too_large",
        what: "A record is larger than Kafka takes.",
        mistaken_for: "The limits of producer, topic and broker differ.",
        says: "a record is larger than Kafka takes{of_limit_hint|}",
        told_quietly: true,
        steps: &[
            (
                ConfigChange,
                "raise max.request.size of the producer and max.message.bytes of the topic",
            ),
            (CodePatch, "write smaller records, or compress them"),
        ],
        ..CauseKind::USUAL
    },
    CauseKind {
        class: "schema.registry_refused",
        what: "The schema registry refuses a schema or does not have it.",
        mistaken_for: "A registry that is down fails with a connection error.",
        says: "the schema registry refuses{key_hint|}{error_hint|}",
        steps: &[
            (UpstreamContact, "agree on a compatible change with the readers of {key|the subject}"),
            (CodePatch, "make the change compatible: a default for each new field"),
            (ConfigChange, "check the name of the subject and its compatibility"),
        ],
        ..CauseKind::USUAL
    },
];
