//! Spark's own account of a run, from its event log or from the History Server.
//!
//! Both ways end in the same [`RunMetrics`], so whoever judges a run need not know which it was.
//! Nothing here decides what the numbers mean.

mod run_metrics;
mod spread;
mod failure_text;
mod tolerant;
mod event_log;
mod history_server;

pub(in crate::world) use event_log::{LZ4_BLOCK_MAGIC, Lz4Blocks, SNAPPY_JAVA_MAGIC, SnappyStream};
pub use event_log::{Limits, last_good, locate, read};
pub use history_server::{Ask, HistoryServer, Patience};
pub use run_metrics::{
    Application, Executor, Extent, FailedJob, FailureKind, Jobs, Join, JoinKind, LastGood, Query,
    Reading, Removal, RunMetrics, Scan, Side, Slowest, Stage, StageStatus, TaskCounts, TaskFailure,
    TaskSpread, Totals, Unfinished, Work,
};
pub use spread::{Sample, Spread};

/// Why there are no metrics, and whether asking again is sensible.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Nobody told us where to ask.
    #[error("no event log and no History Server is known for this run")]
    NotConfigured,
    /// Asked, and it is not there; a History Server can be minutes behind.
    #[error("{0}")]
    NotFound(String),
    /// No answer this time; a later try may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// We do not ask there, or are not let in.
    #[error("{0}")]
    Refused(String),
    /// An answer that makes no sense.
    #[error("{0}")]
    Unreadable(String),
}
