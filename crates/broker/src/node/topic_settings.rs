//! The settings that a topic can be given, as Kafka names them.
//!
//! `max.message.bytes` is obeyed. The others are kept and answered, so that whoever verifies
//! `cleanup.policy` sees what was asked for; nothing is removed by age or key yet.

use std::collections::BTreeMap;

enum Kind {
    Number,
    Fraction,
    Flag,
    OneOf(&'static [&'static str]),
    /// Any of these, with commas between them.
    SomeOf(&'static [&'static str]),
}

/// Name, what it may be, and the value of a topic that says nothing.
const SETTINGS: &[(&str, Kind, &str)] = &[
    ("cleanup.policy", Kind::SomeOf(&["delete", "compact"]), "delete"),
    (
        "compression.type",
        Kind::OneOf(&["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]),
        "producer",
    ),
    ("delete.retention.ms", Kind::Number, "86400000"),
    ("file.delete.delay.ms", Kind::Number, "60000"),
    ("flush.messages", Kind::Number, "9223372036854775807"),
    ("flush.ms", Kind::Number, "9223372036854775807"),
    ("max.compaction.lag.ms", Kind::Number, "9223372036854775807"),
    (MAX_MESSAGE_BYTES, Kind::Number, "1048588"),
    ("message.timestamp.type", Kind::OneOf(&["CreateTime"]), "CreateTime"),
    ("min.cleanable.dirty.ratio", Kind::Fraction, "0.5"),
    ("min.compaction.lag.ms", Kind::Number, "0"),
    ("min.insync.replicas", Kind::Number, "1"),
    ("preallocate", Kind::Flag, "false"),
    ("retention.bytes", Kind::Number, "-1"),
    ("retention.ms", Kind::Number, "604800000"),
    ("segment.bytes", Kind::Number, "1073741824"),
    ("segment.index.bytes", Kind::Number, "10485760"),
    ("segment.jitter.ms", Kind::Number, "0"),
    ("segment.ms", Kind::Number, "604800000"),
    ("unclean.leader.election.enable", Kind::Flag, "false"),
];

const MAX_MESSAGE_BYTES: &str = "max.message.bytes";

/// Whether a topic can have this setting with this value; the error is a sentence for its owner.
pub(crate) fn check(name: &str, value: &str) -> Result<(), String> {
    let Some((_, kind, _)) = SETTINGS.iter().find(|(known, ..)| *known == name) else {
        return Err(format!("unknown topic setting '{name}'"));
    };
    let fits = match kind {
        Kind::Number => value.parse::<i64>().is_ok(),
        Kind::Fraction => value.parse::<f64>().is_ok_and(|f| (0.0..=1.0).contains(&f)),
        Kind::Flag => matches!(value, "true" | "false"),
        Kind::OneOf(values) => values.contains(&value),
        Kind::SomeOf(values) => value.split(',').all(|v| values.contains(&v.trim())),
    };
    match fits {
        true => Ok(()),
        false => Err(format!("'{value}' is no value for the topic setting '{name}'")),
    }
}

/// Every setting with its effective value, and whether it is the default.
pub(crate) fn effective(
    given: &BTreeMap<String, String>,
) -> impl Iterator<Item = (&'static str, &str, bool)> {
    SETTINGS.iter().map(|(name, _, default)| match given.get(*name) {
        Some(value) => (*name, value.as_str(), false),
        None => (*name, *default, true),
    })
}

/// The largest batch that a topic with these settings takes, in bytes.
pub(crate) fn max_message_bytes(given: &BTreeMap<String, String>) -> usize {
    let (_, value, _) = effective(given)
        .find(|(name, ..)| *name == MAX_MESSAGE_BYTES)
        .expect("the setting is in the table");
    value.parse().unwrap_or(usize::MAX)
}
