//! Runs kept in folders: the logs of each beside each other, and what people found was wrong.
//!
//! `docs/accuracy.md` describes the folders. A run that cannot be read is told, not passed over.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use serde::Deserialize;

use crate::cli::analyze::inputs::{Named, cannot_read, wrong};
use crate::stages::read_logs::MOST_LOGS;

/// Folders within folders that are looked into for runs.
const DEEPEST: usize = 6;
/// What a driver's log is called.
const DRIVER_LOGS: [&str; 3] = ["driver.log", "driver.log.gz", "driver.log.zst"];

/// One run.
pub struct KeptRun {
    /// Its folder, as seen from where the search began.
    pub name: String,
    pub named: Named,
    pub folder: PathBuf,
}

/// What people found: the part of `meta.json` that we read.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    pub class: String,
    /// Classes that are right as well.
    #[serde(default)]
    pub alt_classes: Vec<String>,
    /// Lines that show the cause, by the log's path within the folder, from 1.
    #[serde(default)]
    pub root_cause_lines: BTreeMap<String, Vec<i64>>,
    /// Lines of the driver's log that are as good.
    #[serde(default)]
    pub acceptable_root_lines: Vec<i64>,
    /// How the driver's process ended.
    pub exit_code: Option<i32>,
    pub application_id: Option<String>,
}

impl KeptRun {
    /// The run whose logs lie in this folder, if it is one.
    pub fn in_folder(folder: &Path, name: String) -> anyhow::Result<Option<KeptRun>> {
        let at = |name: &str| folder.join(name);
        let Some(driver) = DRIVER_LOGS.into_iter().map(at).find(|path| path.is_file()) else {
            return Ok(None);
        };
        let truth = truth_in(folder)?;
        let (exit_code, app) =
            truth.map_or((None, None), |truth| (truth.exit_code, truth.application_id));
        let mut executor_log = Vec::new();
        for path in entries(&at("executors"))? {
            // Spark's workers keep a folder for each executor.
            let within = if path.is_dir() { entries(&path)? } else { vec![path] };
            executor_log.extend(within.into_iter().filter(|path| path.is_file()));
        }
        executor_log.truncate(MOST_LOGS - 1);
        let event_log = Some(at("eventlog")).filter(|folder| folder.exists());
        let named = Named {
            driver_log: driver,
            executor_log,
            event_log,
            app,
            exit_code,
            ..Named::default()
        };
        Ok(Some(KeptRun { name, named, folder: folder.to_owned() }))
    }

    /// Every run in or below the folder, by name.
    ///
    /// # Errors
    /// `Usage` for a folder that is not there or holds no run.
    pub fn below(folder: &Path) -> anyhow::Result<Vec<KeptRun>> {
        let mut runs = Vec::new();
        if !folder.is_dir() {
            return Err(wrong(format!("{} is not a folder", folder.display())));
        }
        search(folder, folder, 0, &mut runs)?;
        if runs.is_empty() {
            let logs = DRIVER_LOGS.join(", ");
            return Err(wrong(format!("no folder in {} has one of {logs}", folder.display())));
        }
        runs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(runs)
    }

    /// What people found, where they wrote it down.
    pub fn truth(&self) -> anyhow::Result<Option<Truth>> {
        truth_in(&self.folder)
    }
}

fn search(root: &Path, folder: &Path, depth: usize, runs: &mut Vec<KeptRun>) -> anyhow::Result<()> {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let name =
        if below.as_os_str().is_empty() { folder.file_name() } else { Some(below.as_os_str()) };
    let name = name.unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    if let Some(run) = KeptRun::in_folder(folder, name)? {
        runs.push(run);
        return Ok(());
    }
    for path in entries(folder)? {
        if path.is_dir() && depth < DEEPEST {
            search(root, &path, depth + 1, runs)?;
        }
    }
    Ok(())
}

/// What is in a folder and not hidden, by name; nothing where there is no folder.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, error))? {
        let entry = entry.map_err(|error| cannot_read(folder, error))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn truth_in(folder: &Path) -> anyhow::Result<Option<Truth>> {
    let path = folder.join("meta.json");
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| cannot_read(&path, error))?;
    let truth = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what docs/accuracy.md describes", path.display()))
        .map_err(|error| wrong(format!("{error:#}")))?;
    Ok(Some(truth))
}

/// Does the work for every item, as many at a time as there are cores; answers are in the order
/// of the items. `done` hears how many are done.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    done: impl Fn(usize) + Sync,
) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let n_done = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<usize, R>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            scope.spawn(|| {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    let answer = work(item);
                    answers.lock().expect("no holder panics").insert(index, answer);
                    done(n_done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    answers.into_inner().expect("no holder panics").into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let most = AtomicUsize::new(0);
        let squares = in_parallel(
            &items,
            |n| n * n,
            |n| {
                most.fetch_max(n, Ordering::Relaxed);
            },
        );
        assert_eq!(squares, items.iter().map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), 100);
    }

    #[test]
    fn runs_are_found_where_their_driver_logs_are() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("spark/b/driver.log.gz", "");
        write("spark/b/executors/1.stderr", "");
        write("spark/b/executors/0/stderr", "");
        write("spark/b/meta.json", "{\"class\": \"healthy\", \"exit_code\": 0, \"more\": 1}");
        write("a/driver.log", "");
        write("a/eventlog/app-1", "");
        write("notes/driver.txt", "");
        let runs = KeptRun::below(root.path()).expect("runs");
        let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["a", "spark/b"]);
        assert_eq!(runs[0].named.event_log, Some(root.path().join("a/eventlog")));
        assert!(runs[0].truth().expect("readable").is_none());
        assert_eq!((runs[1].named.executor_log.len(), runs[1].named.exit_code), (2, Some(0)));
        write("a/meta.json", "{\"klass\": \"healthy\"}");
        let error = runs[0].truth().expect_err("no truth").to_string();
        assert!(error.contains("meta.json") && error.contains("`class`"), "{error}");
        assert!(KeptRun::below(&root.path().join("notes")).is_err());
    }
}
