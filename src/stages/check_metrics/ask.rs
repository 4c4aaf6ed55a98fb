//! Finds the metrics of a run: its own event log, the History Server, or a folder of event logs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use crate::records::case::Case;
use crate::world::roots::{Refused, Roots};
use crate::world::spark_history::{
    self, Ask, HistoryServer, LastGood, Limits, Problem, RunMetrics,
};

/// Where metrics can be asked for.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Below these lies every event log we may read.
    pub roots: Roots,
    /// Folders in which applications leave their event logs (`spark.eventLog.dir`).
    pub event_log_folders: Vec<PathBuf>,
    pub history: Option<HistoryServer>,
    /// The History Server to ask where the event names none.
    pub history_url: Option<String>,
    pub limits: Limits,
}

/// How long one event log is read; what was read until then is judged.
const READING: Duration = Duration::from_secs(60);
/// How long a reader may take to notice that it should stop; longer, and its disk hangs.
const STOPPING: Duration = Duration::from_secs(5);

/// How long the last good run is looked for; it only adds to what is known.
const COMPARING: Duration = Duration::from_secs(15);

/// What Spark measured of the run that failed, and of the last one that did not.
///
/// Asks in the order of [`of_the_run`]. A run to compare with is looked for beside its own log,
/// in the folders, and at the History Server.
pub async fn ask(case: &Case, places: &Places) -> Result<RunMetrics, Problem> {
    let mut run = of_the_run(case, places).await?;
    run.last_good = timeout(COMPARING, last_good(case, places, &run)).await.ok().flatten();
    Ok(run)
}

async fn last_good(case: &Case, places: &Places, run: &RunMetrics) -> Option<LastGood> {
    let beside = case.event_log.as_deref().and_then(|path| places.roots.admit(path).ok());
    let beside = beside.and_then(|path| match path.is_dir() {
        true => Some(path),
        false => path.parent().map(PathBuf::from),
    });
    for folder in beside.into_iter().chain(places.event_log_folders.iter().cloned()) {
        let Ok(folder) = places.roots.admit(&folder.to_string_lossy()) else { continue };
        let (application, limits) = (run.application.clone(), places.limits);
        let stop = StopWhenDropped::default();
        let stopped = Arc::clone(&stop.0);
        let seek = move || spark_history::last_good(&folder, &application, &limits, &stopped);
        if let Ok(Some(good)) = tokio::task::spawn_blocking(seek).await {
            return Some(good.as_last_good());
        }
    }
    let application_id = run.application.id.as_deref()?;
    let base_url = case.history_url.as_ref().or(places.history_url.as_ref())?;
    let ask = Ask { base_url, application_id };
    places.history.as_ref()?.last_good(ask, &run.application).await
}

/// Tells a reader on its thread that nobody waits any more.
#[derive(Default)]
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What Spark measured of the run that failed.
///
/// The event log that the event names comes first: it is whole and never behind. When a place has
/// nothing the next is asked, and the first problem is told when none has.
async fn of_the_run(case: &Case, places: &Places) -> Result<RunMetrics, Problem> {
    let mut problem = None;
    if let Some(path) = &case.event_log {
        match event_log(path, case.application_id.as_deref(), places).await {
            Ok(run) => return Ok(run),
            Err(because) => problem = Some(because),
        }
    }
    let Some(application_id) = case.application_id.as_deref() else {
        return Err(problem.unwrap_or(Problem::NotConfigured));
    };
    let base_url = case.history_url.as_ref().or(places.history_url.as_ref());
    if let (Some(history), Some(base_url)) = (&places.history, base_url) {
        match history.run_metrics(Ask { base_url, application_id }).await {
            Ok(run) => return Ok(run),
            Err(because) => problem = problem.or(Some(because)),
        }
    }
    for folder in &places.event_log_folders {
        match event_log(&folder.to_string_lossy(), Some(application_id), places).await {
            Ok(run) => return Ok(run),
            Err(because) => problem = problem.or(Some(because)),
        }
    }
    Err(problem.unwrap_or(Problem::NotConfigured))
}

/// Reads a log on a thread for blocking work, within its time.
async fn event_log(
    path: &str,
    application_id: Option<&str>,
    places: &Places,
) -> Result<RunMetrics, Problem> {
    let stop = Arc::new(AtomicBool::new(false));
    let reading = {
        let (path, application_id) = (path.to_owned(), application_id.map(str::to_owned));
        let (roots, limits, stop) = (places.roots.clone(), places.limits, Arc::clone(&stop));
        move || {
            let log = find(&roots, &path, application_id.as_deref())?;
            spark_history::read(&log, &limits, &stop)
        }
    };
    let mut reader = tokio::task::spawn_blocking(reading);
    let read = match timeout(READING, &mut reader).await {
        Ok(read) => read,
        Err(_) => {
            stop.store(true, Ordering::Relaxed);
            timeout(STOPPING, reader).await.map_err(|_| {
                Problem::Unavailable("the event log could not be read in time".to_owned())
            })?
        }
    };
    read.unwrap_or_else(|_| Err(Problem::Unreadable("the event log broke its reader".to_owned())))
}

fn find(roots: &Roots, path: &str, application_id: Option<&str>) -> Result<PathBuf, Problem> {
    let admitted = roots.admit(path).map_err(|refused| match refused {
        Refused::Missing { .. } => Problem::NotFound(refused.to_string()),
        Refused::Unreachable { .. } => Problem::Unavailable(refused.to_string()),
        Refused::Outside { .. } | Refused::NotAFile { .. } => Problem::Refused(refused.to_string()),
    })?;
    match application_id {
        // The log of another application in the same folder would explain another failure.
        Some(application_id) if admitted.is_dir() => {
            spark_history::locate(&admitted, application_id)
        }
        _ => Ok(admitted),
    }
}
