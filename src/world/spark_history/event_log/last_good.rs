//! Finds the last run of the same application that went well, among the logs of a folder.
//!
//! Only the beginnings of the newest logs are read until the name is found; then one log, or a
//! few where the newest had failed, is read whole.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::lines::{Line, Lines};
use super::tally::Tally;
use super::{Limits, decompress, files, read};
use crate::world::spark_history::{Application, RunMetrics};

/// The newest logs whose beginnings are read.
const MOST_LOGS: usize = 200;
/// Logs of the same application that are read whole.
const MOST_READ: usize = 3;
/// Spark names the application among its first events.
const MOST_LINES: usize = 64;

/// The last run before `of` with its name that ended with every job done, by the log's time of
/// change. The folder must have been admitted (see [`crate::world::roots`]).
pub fn last_good(
    folder: &Path,
    of: &Application,
    limits: &Limits,
    stop: &AtomicBool,
) -> Option<RunMetrics> {
    let name = of.name.as_deref()?;
    let same_name = |path: &PathBuf| {
        let other = application_of(path, limits);
        other.is_some_and(|other| other.name.as_deref() == Some(name) && is_before(&other, of))
    };
    newest_first(folder)
        .into_iter()
        .take(MOST_LOGS)
        .take_while(|_| !stop.load(Ordering::Relaxed))
        .filter(same_name)
        .take(MOST_READ)
        .filter_map(|path| read(&path, limits, stop).ok())
        .find(RunMetrics::went_well)
}

fn is_before(other: &Application, of: &Application) -> bool {
    other.id != of.id && other.started_at.zip(of.started_at).is_some_and(|(other, of)| other < of)
}

fn newest_first(folder: &Path) -> Vec<PathBuf> {
    let changed = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    let mut logs: Vec<(SystemTime, PathBuf)> = files::logs_in(folder)
        .unwrap_or_default()
        .into_iter()
        .filter(|path| path.extension().is_none_or(|extension| extension != "inprogress"))
        .filter_map(|path| Some((changed(&path)?, path)))
        .collect();
    logs.sort_by(|one, other| other.cmp(one));
    logs.into_iter().map(|(_, path)| path).collect()
}

/// Whose log it is, as its beginning says.
fn application_of(path: &Path, limits: &Limits) -> Option<Application> {
    let log = files::of(path).ok()?;
    let mut lines = Lines::new(decompress::open(log.files.first()?).ok()?, limits.line_bytes);
    let mut tally = Tally::default();
    for _ in 0..MOST_LINES {
        if let Line::Whole(line) = lines.next().ok()?? {
            tally.line(line);
        }
        if tally.application().name.is_some() {
            break;
        }
    }
    Some(tally.application().clone())
}
