//! What reads well and cannot work; found at the start rather than at the first failure.
//!
//! Looks at the settings alone: whether a broker answers or a folder exists is `adp check`'s.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use regex::Regex;
use reqwest::Url;

use super::{ChannelKind, KafkaMode, ObjectLogs, Redaction, Settings};
use crate::world::log_store::option_id;

/// Client properties that the runtime's promises rest on, or that have a setting of their own.
const OUR_PROPERTIES: [&str; 31] = [
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "client.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "fetch.error.backoff.ms",
    "fetch.message.max.bytes",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "heartbeat.interval.ms",
    "isolation.level",
    "linger.ms",
    "message.max.bytes",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "session.timeout.ms",
    "ssl.ca.location",
    "transaction.timeout.ms",
    "transactional.id",
];

/// A value that cannot work.
pub struct Problem {
    pub key: String,
    pub reason: String,
}

pub fn check(settings: &Settings) -> Result<(), Problem> {
    kafka(settings)?;
    registry(settings)?;
    reading(settings)?;
    repositories(settings)?;
    channels(settings)?;
    at_least(1, settings.runtime.turn_wait_ms, "runtime.turn_wait_ms")?;
    at_least(1, settings.runtime.drain_seconds, "runtime.drain_seconds")
}

fn kafka(settings: &Settings) -> Result<(), Problem> {
    let kafka = &settings.kafka;
    if kafka.mode == KafkaMode::Remote && kafka.bootstrap.trim().is_empty() {
        return no("kafka.bootstrap", "mode = \"remote\" needs the address of a broker");
    }
    if kafka.mode == KafkaMode::Embedded && !kafka.bootstrap.is_empty() {
        return no("kafka.bootstrap", "is only for mode = \"remote\"");
    }
    if kafka.partitions < 1 {
        return no("kafka.partitions", "must be at least 1");
    }
    if !(1..=i32::from(i16::MAX)).contains(&kafka.replication_factor) {
        return no("kafka.replication_factor", "must be at least 1");
    }
    if kafka.mode == KafkaMode::Embedded && kafka.replication_factor != 1 {
        return no("kafka.replication_factor", "the embedded broker keeps one copy");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if kafka.group_prefix.is_empty() || !kafka.group_prefix.chars().all(allowed) {
        return no("kafka.group_prefix", "must be letters, digits, dots, dashes, underscores");
    }
    if kafka.security.protocol.uses_sasl() && kafka.security.username.is_empty() {
        return no("kafka.security.username", "the security protocol needs one");
    }
    let taken = kafka.properties.reveal().find(|(name, _)| OUR_PROPERTIES.contains(name));
    match taken {
        Some((name, _)) => no(&format!("kafka.properties.{name}"), "adp sets this one itself"),
        None => Ok(()),
    }
}

fn registry(settings: &Settings) -> Result<(), Problem> {
    let url = &settings.registry.url;
    match settings.kafka.mode {
        KafkaMode::Embedded if url.is_empty() => Ok(()),
        KafkaMode::Embedded => no("registry.url", "is only for mode = \"remote\""),
        KafkaMode::Remote => web_address("registry.url", url),
    }
}

fn reading(settings: &Settings) -> Result<(), Problem> {
    let roots = settings.logs.roots.iter().enumerate();
    let event_log_roots = settings.metrics.event_log_roots.iter().enumerate();
    let keyed = roots
        .map(|(i, root)| (format!("logs.roots[{i}]"), root))
        .chain(event_log_roots.map(|(i, root)| (format!("metrics.event_log_roots[{i}]"), root)));
    let packs = settings.rules.packs.iter().enumerate();
    let keyed = keyed.chain(packs.map(|(i, pack)| (format!("rules.packs[{i}]"), pack)));
    for (key, root) in keyed {
        if root.as_os_str().is_empty() {
            return no(&key, "must name a folder");
        }
    }
    for (i, server) in settings.metrics.history_servers.iter().enumerate() {
        web_address(&format!("metrics.history_servers[{i}]"), server)?;
    }
    at_least(1, settings.logs.most_bytes, "logs.most_bytes")?;
    redaction(&settings.redaction)?;
    log_sources(settings)?;
    let ratio = settings.metrics.thresholds.skew_ratio;
    // Written so that "not a number" fails as well.
    if !(ratio > 1.0 && ratio.is_finite()) {
        return no("metrics.thresholds.skew_ratio", "must be a number above 1");
    }
    Ok(())
}

fn redaction(redaction: &Redaction) -> Result<(), Problem> {
    let lists = [("extra", &redaction.extra), ("keep", &redaction.keep)];
    for (name, patterns) in lists {
        for (i, pattern) in patterns.iter().enumerate() {
            if Regex::new(pattern).is_err() {
                return no(&format!("redaction.{name}[{i}]"), "must be a regular expression");
            }
        }
    }
    Ok(())
}

fn log_sources(settings: &Settings) -> Result<(), Problem> {
    for (i, server) in settings.logs.web.iter().enumerate() {
        web_address(&format!("logs.web[{i}].url"), &server.url)?;
    }
    for (i, airflow) in settings.airflow.iter().enumerate() {
        web_address(&format!("airflow[{i}].url"), &airflow.url)?;
    }
    for (i, bucket) in settings.logs.objects.iter().enumerate() {
        bucket_options(&format!("logs.objects[{i}]"), bucket)?;
    }
    Ok(())
}

fn bucket_options(key: &str, bucket: &ObjectLogs) -> Result<(), Problem> {
    let Some(kind) = bucket.kind() else {
        let why = "must be a bucket, as in \"s3://bucket\", \"gs://bucket\" or \"abfs://container@account\"";
        return no(&format!("{key}.url"), why);
    };
    let unknown = bucket.options.reveal().find(|(name, _)| option_id(kind, name).is_none());
    if let Some((name, _)) = unknown {
        return no(&format!("{key}.options.{name}"), "is no option of that store");
    }
    let allowed = |(name, value): (&str, &str)| name.ends_with("allow_http") && value == "true";
    let plain = |value: &str| {
        Url::parse(value).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
    };
    let in_the_open = bucket.options.reveal().find(|(name, value)| {
        (name.contains("endpoint") || name.contains("base_url")) && plain(value)
    });
    match in_the_open {
        Some((name, _)) if !bucket.options.reveal().any(allowed) => no(
            &format!("{key}.options.{name}"),
            "is not encrypted: use https, or set allow_http to \"true\"",
        ),
        _ => Ok(()),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn repositories(settings: &Settings) -> Result<(), Problem> {
    let mut names = BTreeSet::new();
    for (i, repository) in settings.repositories.iter().enumerate() {
        let key = |field: &str| format!("repositories[{i}].{field}");
        unique(&mut names, &key("name"), &repository.name)?;
        if repository.path.as_os_str().is_empty() {
            return no(&key("path"), "must name a git repository");
        }
        if repository.branch.is_empty() {
            return no(&key("branch"), "must not be empty");
        }
        if repository.pipelines.is_empty() || repository.pipelines.iter().any(String::is_empty) {
            return no(&key("pipelines"), "must name at least one pipeline, as \"dag.task\"");
        }
        if !stays_inside(&repository.jobs) {
            return no(&key("jobs"), "must lie within the repository");
        }
    }
    Ok(())
}

fn channels(settings: &Settings) -> Result<(), Problem> {
    let mut names = BTreeSet::new();
    for (i, channel) in settings.channels.iter().enumerate() {
        let key = |field: &str| format!("channels[{i}].{field}");
        unique(&mut names, &key("name"), &channel.name)?;
        match (channel.kind, channel.path.as_os_str().is_empty()) {
            (ChannelKind::Outbox, true) => return no(&key("path"), "an outbox needs a folder"),
            (ChannelKind::Terminal, false) => return no(&key("path"), "a terminal has none"),
            _ => (),
        }
    }
    Ok(())
}

fn unique<'a>(names: &mut BTreeSet<&'a str>, key: &str, name: &'a str) -> Result<(), Problem> {
    if name.is_empty() {
        return no(key, "must not be empty");
    }
    if !names.insert(name) {
        return no(key, &format!("there are two with the name {name}"));
    }
    Ok(())
}

fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn web_address(key: &str, text: &str) -> Result<(), Problem> {
    let Ok(url) = Url::parse(text) else {
        return no(key, "must be an address like https://host:8081");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return no(key, "must begin with http:// or https://");
    }
    // Addresses are printed; who we are has fields of its own.
    if !url.username().is_empty() || url.password().is_some() {
        return no(key, "must not hold a user or a password");
    }
    Ok(())
}

fn at_least(least: u64, value: u64, key: &str) -> Result<(), Problem> {
    if value < least { no(key, &format!("must be at least {least}")) } else { Ok(()) }
}

fn no(key: &str, reason: &str) -> Result<(), Problem> {
    Err(Problem { key: key.to_owned(), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_kafka_clients_set_is_refused_from_settings() {
        let endpoint = include_str!("../kafka/endpoint.rs");
        let calls = endpoint.split(".set(\"").skip(1);
        let names: Vec<&str> = calls.filter_map(|call| Some(call.split_once('"')?.0)).collect();
        assert!(names.contains(&"transactional.id"), "{names:?}");
        for name in names {
            assert!(OUR_PROPERTIES.contains(&name), "{name}");
        }
    }
}
