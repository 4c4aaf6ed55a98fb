//! Where the brokers are, and how every client of ours is set up.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;

use super::ClientError;

/// Largest message that we write or read: a ledger entry holds its input whole, in base64.
const MOST_BYTES_OF_A_MESSAGE: usize = 4 << 20;

/// Addresses and client properties.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub bootstrap: String,
    /// Passed on to every client, after our own.
    pub properties: BTreeMap<String, String>,
    pub timing: Timing,
}

/// The few durations that decide how fast a takeover is.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long a member may be silent before its partitions go to others.
    pub session: Duration,
    /// How long a transaction may be open before the broker aborts it.
    pub transaction: Duration,
    /// How long a request may take.
    pub request: Duration,
    /// How long a turn collects after its first message.
    pub turn: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            session: Duration::from_secs(6),
            // A dead owner's open transaction holds its successor up for this long.
            transaction: Duration::from_secs(10),
            request: Duration::from_secs(15),
            turn: Duration::from_millis(10),
        }
    }
}

impl Endpoint {
    pub fn new(bootstrap: impl Into<String>) -> Self {
        Endpoint {
            bootstrap: bootstrap.into(),
            properties: BTreeMap::new(),
            timing: Timing::default(),
        }
    }

    /// The cluster of the settings.
    pub fn remote(settings: &crate::config::Kafka) -> Self {
        Endpoint { properties: settings.client_properties(), ..Endpoint::new(&settings.bootstrap) }
    }

    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("client.id", "adp");
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }

    /// A consumer that sees what is committed, and says when a partition ends.
    pub(super) fn committed_reader(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", "8000")
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "50")
            .set("fetch.message.max.bytes", MOST_BYTES_OF_A_MESSAGE.to_string());
        config
    }

    /// A client that sees high watermarks as they are, open transactions or not.
    pub(super) fn watermark_reader(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", "adp-watermarks")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_uncommitted");
        config
    }

    /// A member of a step's group; the slot makes it a static one.
    pub(super) fn member(&self, group: &str, slot: &str) -> ClientConfig {
        let mut config = self.committed_reader(group);
        config
            .set("group.instance.id", slot)
            // The only assignor that gives a member the same partitions of several topics.
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", self.timing.session.as_millis().to_string())
            .set("heartbeat.interval.ms", (self.timing.session.as_millis() / 6).to_string());
        config
    }

    pub(super) fn transactional(&self, id: &str) -> ClientConfig {
        let mut config = self.producer();
        let transaction = self.timing.transaction.as_millis();
        config
            .set("transactional.id", id)
            .set("transaction.timeout.ms", transaction.to_string())
            // Librdkafka wants deliveries to end before the transaction does.
            .set("message.timeout.ms", (transaction * 8 / 10).to_string());
        config
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "2")
            .set("message.max.bytes", MOST_BYTES_OF_A_MESSAGE.to_string());
        config
    }

    pub(super) fn error(&self, doing: impl Into<String>, reason: impl ToString) -> ClientError {
        ClientError {
            doing: doing.into(),
            bootstrap: self.bootstrap.clone(),
            reason: reason.to_string(),
            transaction_hangs: false,
        }
    }
}

/// Largest message, for topics that we create.
pub(super) fn most_bytes_of_a_message() -> String {
    MOST_BYTES_OF_A_MESSAGE.to_string()
}
