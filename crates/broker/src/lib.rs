//! A small single-node broker that speaks the Kafka protocol, so that a laptop, a demo, a test or a
//! small installation needs no Kafka beside it.
//!
//! It is no replacement for Kafka: there is one node, no replication, no access control, no newer
//! group protocol (KIP-848), and nothing is removed by age or by key yet. What it does, it does as
//! Kafka does, transactions and fencing included; one conformance suite runs on both.
//!
//! # What is promised
//!
//! With [`Storage::Folder`] an answer is sent when the bytes it speaks of are with the operating
//! system. They survive the death of the process at any moment (`kill -9`). They reach the disk
//! every [`Settings::flush_every`] and at [`Broker::shutdown`]: a machine that loses power may lose
//! what came after the last flush, and a transaction cut in two by it is aborted at the next start.
//!
//! # Where to find what
//!
//! - `wire`: sockets and frames; `api`: requests and answers, one file per family
//! - `node`: the rules that span everything, behind one lock
//! - `group`: who is in a consumer group, and its rounds of joining
//! - `state`: what must survive beside the records, and its log on disk
//! - `log`: a partition's batches, in memory or in segment files
//! - `folder`: the data folder and its lock

mod wire;
mod api;
mod node;
mod group;
mod state;
mod log;
mod folder;
mod stopping;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use api::Shared;
use node::Node;
use stopping::{Stop, Stopping};

/// How often sessions, rebalances and transaction timeouts are looked at.
const TICK: Duration = Duration::from_millis(50);

/// How a broker is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one. Clients are told the address that they reached.
    pub listen: SocketAddr,
    pub storage: Storage,
    /// Partitions of a topic that is made because a client asked for it; none: it is not made.
    pub auto_create_partitions: Option<i32>,
    /// Bytes after which a partition's log goes on in a new file.
    pub segment_bytes: u64,
    /// How often files are flushed to the disk.
    pub flush_every: Duration,
}

/// Where records and state are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Gone when the broker ends.
    Memory,
    /// In this folder, which is made where it is missing, and which one broker at a time may use.
    Folder(PathBuf),
}

impl Settings {
    /// A broker on a free loopback port that makes no topics by itself.
    pub fn new(storage: Storage) -> Settings {
        Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            storage,
            auto_create_partitions: None,
            segment_bytes: 64 << 20,
            flush_every: Duration::from_secs(1),
        }
    }
}

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("failed to listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// The data folder has a broker already.
    #[error("the data folder {0} is in use by another broker")]
    InUse(PathBuf),
    /// The data folder cannot be read or written.
    #[error("failed to open {path}")]
    Io { path: PathBuf, source: io::Error },
    /// A file is damaged elsewhere than at its end, so it was not a kill that did it.
    #[error("the data folder is damaged: {0}")]
    Damaged(String),
    /// A transaction decided before the restart could not be finished.
    #[error("failed to finish the transaction of '{transactional_id}', decided before the restart")]
    Unfinished { transactional_id: String },
}

impl StartError {
    fn io(path: &Path, source: io::Error) -> StartError {
        StartError::Io { path: path.to_owned(), source }
    }
}

/// A running broker. Dropping it stops it at once, without the last flush.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    stop: Stop,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
    ticking: JoinHandle<()>,
}

impl Broker {
    /// Opens the storage and begins to serve. Its tasks run on the caller's tokio runtime.
    pub async fn start(settings: Settings) -> Result<Broker, StartError> {
        let Settings { listen, storage, auto_create_partitions, segment_bytes, flush_every } =
            settings;
        let failed = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let opening = tokio::task::spawn_blocking(move || {
            Node::open(&storage, segment_bytes, Instant::now())
        });
        let node = opening.await.expect("opening the storage does not panic")?;
        let shared = Arc::new(Shared::new(node, auto_create_partitions));
        let (stop, stopping) = stopping::channel();
        let serving = tokio::spawn(wire::serve(listener, shared.clone(), stopping.clone()));
        let ticking = tokio::spawn(tick(shared.clone(), flush_every, stopping));
        tracing::debug!(%address, "the embedded broker is up");
        Ok(Broker { address, stop, shared, serving, ticking })
    }

    /// Where clients bootstrap from.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every connection, flushes everything to the disk and frees the data folder.
    pub async fn shutdown(self) -> io::Result<()> {
        let Broker { stop, shared, serving, ticking, .. } = self;
        stop.tell();
        for task in [serving, ticking] {
            task.await.map_err(io::Error::other)?;
        }
        flush(shared).await
    }
}

async fn tick(shared: Arc<Shared>, flush_every: Duration, mut stopping: Stopping) {
    let mut flush_at = Instant::now() + flush_every;
    loop {
        tokio::select! {
            () = stopping.told() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        let now = Instant::now();
        shared.with(|node| node.tick(now));
        if now < flush_at {
            continue;
        }
        if let Err(error) = flush(shared.clone()).await {
            tracing::error!(%error, "failed to flush to the disk");
        }
        flush_at = Instant::now() + flush_every;
    }
}

/// Brings everything appended so far to the disk.
async fn flush(shared: Arc<Shared>) -> io::Result<()> {
    let flushing = tokio::task::spawn_blocking(move || {
        let files = shared.with(Node::take_unflushed);
        files.iter().try_for_each(|file| file.sync_data())
    });
    flushing.await.map_err(io::Error::other)?
}
