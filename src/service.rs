//! One running process: the endpoint, the registry, every step on its thread, metrics and health.
//!
//! `adp serve` runs it until a signal, `adp demo` until its failures have walked through, tests
//! until they have seen enough.

mod start;
mod watch;
mod reload;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use adp_broker::Broker;
use tokio::sync::mpsc;

use crate::config::ConfigError;
use crate::errors::ErrorCode;
use crate::kafka::{ClientError, Endpoint, TopicsError};
use crate::records::Codec;
use crate::registry::RegistryError;
use crate::runtime::{JournalError, Stop};
use crate::serving::Serving;
use crate::signatures::RulesError;
use crate::telemetry::{Metrics, Readiness};

pub use start::start;
pub use watch::{Seen, Watcher};

/// A process at work.
pub struct Service {
    endpoint: Endpoint,
    codec: Arc<Codec>,
    registry_url: String,
    health: Serving,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    ended: mpsc::UnboundedReceiver<Ended>,
    embedded: Option<Embedded>,
    drain: Duration,
}

/// What the embedded mode runs beside the steps.
struct Embedded {
    broker: Broker,
    registry: Serving,
}

/// How a step's thread ended.
struct Ended(Result<(), ServiceError>);

/// Why the process cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error("failed to start the embedded broker")]
    Broker(#[from] adp_broker::StartError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error("failed to listen on {address} for {purpose}")]
    Listen {
        address: SocketAddr,
        purpose: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("registry.url is {0:?}, which is no address")]
    NoRegistry(String),
    #[error("failed to set up an HTTP client: {0}")]
    Http(String),
    #[error(transparent)]
    Step(#[from] Stop),
    #[error("step {0} broke: this is a bug")]
    Panicked(&'static str),
}

impl ServiceError {
    /// The page that helps; none for what is our own fault.
    pub fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            ServiceError::Settings(error) => error.code(),
            ServiceError::Broker(error) => broker_code(error),
            ServiceError::NoRegistry(_) => ErrorCode::Settings,
            ServiceError::Registry(error) => return error.code(),
            ServiceError::Client(_) | ServiceError::Topics(TopicsError::Client(_)) => {
                ErrorCode::KafkaUnavailable
            }
            ServiceError::Topics(_) => ErrorCode::TopicsDoNotFit,
            ServiceError::Rules(_) => ErrorCode::RulesUnusable,
            ServiceError::Listen { .. } => ErrorCode::AddressTaken,
            ServiceError::Step(Stop::Journal { source, .. }) => journal_code(source),
            ServiceError::Step(Stop::Fatal { .. }) => ErrorCode::MemoryUnreadable,
            ServiceError::Http(_) | ServiceError::Panicked(_) => return None,
        })
    }
}

fn journal_code(error: &JournalError) -> ErrorCode {
    match error {
        JournalError::Fenced { .. } => ErrorCode::Fenced,
        JournalError::RestoreStuck { .. } => ErrorCode::RestoreStuck,
        JournalError::PositionsLost { .. } => ErrorCode::PositionLost,
        JournalError::RolledBack { .. }
        | JournalError::TenureLost { .. }
        | JournalError::Fatal { .. } => ErrorCode::KafkaUnavailable,
    }
}

fn broker_code(error: &adp_broker::StartError) -> ErrorCode {
    use adp_broker::StartError;
    match error {
        StartError::Listen { .. } => ErrorCode::AddressTaken,
        StartError::InUse(_) => ErrorCode::DataInUse,
        _ => ErrorCode::DataDamaged,
    }
}

impl Service {
    /// Where the topics are: for producers and readers outside the steps.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn codec(&self) -> &Arc<Codec> {
        &self.codec
    }

    /// Where Avro clients find the schemas.
    pub fn registry_url(&self) -> &str {
        &self.registry_url
    }

    /// Where `/metrics`, `/livez` and `/readyz` are.
    pub fn health_address(&self) -> SocketAddr {
        self.health.address()
    }

    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether every step can work.
    pub fn is_ready(&self) -> bool {
        self.readiness.missing().is_empty()
    }

    /// Waits until a step ends by itself, which none does while all is well.
    pub async fn failed(&mut self) -> ServiceError {
        loop {
            match self.ended.recv().await {
                Some(Ended(Err(error))) => return error,
                Some(Ended(Ok(()))) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Stops polling, finishes turns, leaves the groups, closes the listeners.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        let threads = self.threads;
        let join = tokio::task::spawn_blocking(move || {
            for thread in threads {
                // How it ended was told through `ended`.
                let _ = thread.join();
            }
        });
        if tokio::time::timeout(self.drain, join).await.is_err() {
            tracing::warn!(budget = ?self.drain, "steps were still at work when the time was over");
        }
        self.health.stop().await;
        if let Some(Embedded { broker, registry }) = self.embedded {
            registry.stop().await;
            if let Err(error) = broker.shutdown().await {
                tracing::error!(%error, "the embedded broker could not write everything to disk");
            }
        }
    }
}
