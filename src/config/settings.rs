//! The tree itself: what can be set, what it means and what it is if nobody says anything.
//!
//! `adp.example.toml` shows the same to people; a test compares the two.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use adp_redact::{BadPattern, Redactor};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::{Airflow, ObjectLogs, Properties, Secret, WebLogs};
use crate::stages::check_metrics::Thresholds;

/// Everything that can be set. Relative paths start at the working directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which broker, and how we appear on it.
    pub kafka: Kafka,
    /// The broker and the registry inside this process.
    pub embedded: Embedded,
    /// Somebody else's schema registry.
    pub registry: Registry,
    /// What may be read of logs.
    pub logs: Logs,
    /// Airflows that may be asked.
    pub airflow: Vec<Airflow>,
    /// What logs are searched for.
    pub rules: Rules,
    /// What is taken out of texts besides the usual secrets.
    pub redaction: Redaction,
    /// What may be asked about Spark's metrics.
    pub metrics: Metrics,
    /// Where jobs lie that may be fixed, and which pipelines run them.
    pub repositories: Vec<Repository>,
    /// What people hear of.
    pub notify: Notify,
    /// Where messages go.
    pub channels: Vec<Channel>,
    /// Metrics and health.
    pub http: Http,
    /// How the steps are run.
    pub runtime: Runtime,
}

/// The broker: which one, and how we appear on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// Whose broker.
    pub mode: KafkaMode,
    /// `host:port` of some brokers, with commas; only for `remote`, which needs it.
    pub bootstrap: String,
    /// Partitions of the topics we make. All topics that we write need the same number, for ever.
    pub partitions: i32,
    /// Copies of each partition of the topics we make; the embedded broker keeps one.
    pub replication_factor: i32,
    /// Stands before the name of each step in its consumer group and transactional id.
    pub group_prefix: String,
    /// Which of several equal processes this is, from 0; each needs its own (a pod's ordinal).
    pub slot: u32,
    /// How client and broker prove who they are.
    pub security: Security,
    /// Handed to the Kafka client as they are; those that `adp` relies on are refused.
    pub properties: Properties,
}

/// Whose broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaMode {
    /// One inside this process, for a laptop or a small installation.
    Embedded,
    /// The cluster at `bootstrap`.
    Remote,
}

/// How the client proves who it is, and the broker who it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Whether there is encryption, and a login.
    pub protocol: SecurityProtocol,
    /// Only for the `sasl_*` protocols, as are the next two.
    pub sasl_mechanism: SaslMechanism,
    /// Whom the broker knows us as.
    pub username: String,
    /// Proves it.
    pub password: Secret,
    /// Certificates (PEM) to trust instead of the machine's; empty means the machine's.
    pub ca_file: PathBuf,
}

/// Kafka's `security.protocol`; all but the first need a build with the feature `kafka-tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProtocol {
    /// Neither encryption nor a login.
    Plaintext,
    /// Encryption.
    Ssl,
    /// A login that anybody on the way can read.
    SaslPlaintext,
    /// Encryption and a login.
    SaslSsl,
}

/// Kafka's `sasl.mechanism`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaslMechanism {
    /// The password as it is: only with encryption.
    #[serde(rename = "PLAIN")]
    Plain,
    /// A proof of the password, with SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// A proof of the password, with SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// The broker and the registry inside this process, for `mode = "embedded"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Embedded {
    /// Where Kafka clients reach the broker. Nobody is asked for a password: stay on loopback.
    pub listen: SocketAddr,
    /// Where Avro clients reach the schema registry; the same holds.
    pub registry_listen: SocketAddr,
    /// Folder in which everything lies.
    pub data: PathBuf,
}

/// A Confluent-compatible schema registry, for `mode = "remote"`, which needs one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registry {
    /// As in `https://registry.internal:8081`.
    pub url: String,
    /// Empty means that the registry asks for none.
    pub username: String,
    /// Proves who we are.
    pub password: Secret,
}

/// What may be read of logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// Folders that log paths in events must lie in, links followed; no folder, no local logs.
    pub roots: Vec<PathBuf>,
    /// Of one log, unpacked; of a longer one, beginning and end are read, and the summary says so.
    pub most_bytes: u64,
    /// How long to wait for a log that is not there yet.
    pub patience_seconds: u64,
    /// Web servers that may be asked.
    pub web: Vec<WebLogs>,
    /// Buckets that may be asked.
    pub objects: Vec<ObjectLogs>,
}

/// What logs are searched for, besides and instead of the built-in signatures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Folders with signatures, one TOML file each; a later one's replace an earlier one's by id.
    pub packs: Vec<PathBuf>,
    /// Signatures that are not used: an id, or a family as `noise.*`.
    pub disable: Vec<String>,
}

/// What is taken out of texts besides keys, tokens and passwords, which always are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redaction {
    /// Whether addresses of people are taken out.
    pub emails: bool,
    /// Regular expressions of further secrets: the group `secret`, or else the whole match.
    pub extra: Vec<String>,
    /// Regular expressions of what is no secret, whatever it looks like; they match all of it.
    pub keep: Vec<String>,
}

/// What may be asked about Spark's metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Folders that event log paths in events must lie in, links followed.
    pub event_log_roots: Vec<PathBuf>,
    /// Spark History Servers that may be asked, by the start of their URL; events name no others.
    pub history_servers: Vec<String>,
    /// How long to wait for metrics before the diagnosis goes out unconfirmed.
    pub patience_seconds: u64,
    /// From where on a number is a finding.
    pub thresholds: Thresholds,
}

/// A local git repository of jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// How people call it; also its key on the topics, so it must never change.
    pub name: String,
    /// Where it lies on this machine.
    pub path: PathBuf,
    /// Branch that fixes are based on.
    #[serde(default = "main_branch")]
    pub branch: String,
    /// Pipelines that run jobs from here, as `dag.task`, where `*` stands for any characters.
    pub pipelines: Vec<String>,
    /// Folder within the repository that the jobs lie in; empty means all of it.
    #[serde(default)]
    pub jobs: PathBuf,
}

/// What people hear of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// Whether a failure that will be tried again is news.
    pub will_retry: WillRetry,
}

/// What people hear of a failure that its orchestrator will try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WillRetry {
    /// Nothing, until the last try has failed.
    Hold,
    /// The same as of any other.
    Tell,
}

/// A place where messages go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its key on the topics, so it should never change.
    pub name: String,
    /// What sort of place it is.
    pub kind: ChannelKind,
    /// Folder of an `outbox`.
    #[serde(default)]
    pub path: PathBuf,
}

/// What sort of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Standard output of the process.
    Terminal,
    /// A folder with one file per conversation, rewritten as the news arrives.
    Outbox,
}

/// Metrics and health.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where `/metrics`, `/livez` and `/readyz` are; in a pod, `0.0.0.0:9464`.
    pub listen: SocketAddr,
}

/// How the steps are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runtime {
    /// How long a turn collects records after its first: each step adds as much to the walk of a
    /// failure, and below 5 the broker works more than it needs to.
    pub turn_wait_ms: u64,
    /// How long SIGTERM waits for the current turns; stay below the pod's grace period.
    pub drain_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            kafka: Kafka::default(),
            embedded: Embedded::default(),
            registry: Registry::default(),
            logs: Logs::default(),
            airflow: Vec::new(),
            rules: Rules::default(),
            redaction: Redaction::default(),
            metrics: Metrics::default(),
            repositories: Vec::new(),
            notify: Notify::default(),
            channels: vec![
                Channel {
                    name: "terminal".to_owned(),
                    kind: ChannelKind::Terminal,
                    path: PathBuf::new(),
                },
                Channel {
                    name: "outbox".to_owned(),
                    kind: ChannelKind::Outbox,
                    path: PathBuf::from(".adp/outbox"),
                },
            ],
            http: Http::default(),
            runtime: Runtime::default(),
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Kafka {
            mode: KafkaMode::Embedded,
            bootstrap: String::new(),
            partitions: 3,
            replication_factor: 1,
            group_prefix: "adp".to_owned(),
            slot: 0,
            security: Security::default(),
            properties: Properties::default(),
        }
    }
}

impl Default for Security {
    fn default() -> Self {
        Security {
            protocol: SecurityProtocol::Plaintext,
            sasl_mechanism: SaslMechanism::Plain,
            username: String::new(),
            password: Secret::new(""),
            ca_file: PathBuf::new(),
        }
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Embedded {
            listen: SocketAddr::from(([127, 0, 0, 1], 9092)),
            registry_listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            data: PathBuf::from(".adp/data"),
        }
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry { url: String::new(), username: String::new(), password: Secret::new("") }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Logs {
            roots: Vec::new(),
            most_bytes: 4 << 30,
            patience_seconds: 900,
            web: Vec::new(),
            objects: Vec::new(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            event_log_roots: Vec::new(),
            history_servers: Vec::new(),
            patience_seconds: 600,
            thresholds: Thresholds::default(),
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Notify { will_retry: WillRetry::Hold }
    }
}

impl Default for Http {
    fn default() -> Self {
        Http { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Runtime { turn_wait_ms: 10, drain_seconds: 20 }
    }
}

fn main_branch() -> String {
    "main".to_owned()
}

impl Redaction {
    /// The usual rules and these.
    ///
    /// # Errors
    /// Where a pattern is none; loaded settings have only patterns that are right.
    pub fn redactor(&self) -> Result<Redactor, BadPattern> {
        let Redaction { emails, extra, keep } = self.clone();
        Redactor::new(&adp_redact::Options { emails, extra, keep })
    }
}

impl Logs {
    /// `patience_seconds` as a span.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }
}

impl Metrics {
    /// `patience_seconds` as a span.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }
}

impl Runtime {
    /// `turn_wait_ms` as a span.
    pub fn turn_wait(&self) -> Duration {
        Duration::from_millis(self.turn_wait_ms)
    }

    /// `drain_seconds` as a span.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

impl Registry {
    /// The address, once `Settings::load` has found it to be one; none in embedded mode.
    pub fn url(&self) -> Option<Url> {
        Url::parse(&self.url).ok()
    }
}

impl Embedded {
    /// File of the schema registry, beside what the broker keeps.
    pub fn registry_file(&self) -> PathBuf {
        self.data.join("schemas")
    }
}
