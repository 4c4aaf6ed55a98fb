//! Opens the logs that an event names, and sums them up.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use adp_redact::Redactor;
use adp_scanner::Pack;

use super::MOST_LOGS;
use super::summarise::{Log, NoContent, Summary, summarise};
use crate::records::Failure;
use crate::records::log_summary::{LogRole, LogStatus};
use crate::world::log_store::{LogStore, Unavailable};

/// One log of the run, by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub path: String,
    pub role: LogRole,
}

/// Every log that the event names, the driver's first.
pub fn sources(failure: &Failure) -> Vec<Source> {
    let driver = failure.local_log_path.iter().chain(&failure.log_path).take(1);
    let driver = driver.map(|path| Source { path: path.clone(), role: LogRole::Driver });
    let executors = failure
        .executor_log_paths
        .iter()
        .map(|path| Source { path: path.clone(), role: LogRole::Executor });
    driver.chain(executors).take(MOST_LOGS).collect()
}

/// Reads them all. A log that cannot be read says so in the summary.
pub fn read(
    pack: &Pack,
    redactor: &Redactor,
    store: &LogStore,
    sources: &[Source],
    stop: &Arc<AtomicBool>,
) -> Summary {
    let names = names(sources);
    let logs = sources.iter().zip(names).map(|(source, name)| Log {
        name,
        role: source.role,
        content: match store.open(&source.path) {
            Ok(inner) => {
                Ok(Box::new(Stoppable { inner, stop: stop.clone() }) as Box<dyn Read + Send>)
            }
            Err(why) => Err(no_content(&why)),
        },
    });
    summarise(pack, redactor, logs)
}

/// Whether a log is absent that may still come.
pub fn is_awaited(store: &LogStore, sources: &[Source]) -> Option<String> {
    let driver = sources.iter().find(|source| source.role == LogRole::Driver)?;
    match store.open(&driver.path) {
        Err(why @ Unavailable::Missing(_)) => Some(why.to_string()),
        _ => None,
    }
}

fn no_content(why: &Unavailable) -> NoContent {
    let status = match why {
        Unavailable::Missing(_) => LogStatus::Missing,
        Unavailable::Refused(_) => LogStatus::Refused,
        Unavailable::Unreadable { .. } => LogStatus::Unreadable,
    };
    NoContent { status, detail: why.to_string() }
}

/// The last part of each path, with as much before it as tells it from the others.
fn names(sources: &[Source]) -> Vec<String> {
    let tail = |path: &str, n_parts: usize| {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        parts[parts.len().saturating_sub(n_parts)..].join("/")
    };
    let unique = |n_parts: usize| {
        let mut names: Vec<String> = sources.iter().map(|s| tail(&s.path, n_parts)).collect();
        names.sort();
        names.windows(2).all(|pair| pair[0] != pair[1])
    };
    let n_parts = (1..6).find(|n| unique(*n)).unwrap_or(6);
    sources.iter().map(|source| tail(&source.path, n_parts)).collect()
}

/// Ends when nobody waits for the summary any more.
struct Stoppable<R> {
    inner: R,
    stop: Arc<AtomicBool>,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.inner.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_called_by_as_little_of_their_path_as_tells_them_apart() {
        let source = |path: &str| Source { path: path.to_owned(), role: LogRole::Executor };
        let sources = [source("/a/app-1/0/stderr"), source("/a/app-1/1/stderr")];
        assert_eq!(names(&sources), ["0/stderr", "1/stderr"]);
        assert_eq!(names(&sources[..1]), ["stderr"]);
    }
}
