//! Which files make up a log, and where the log of an application lies.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::Problem;

/// A log and its files, in the order they were written.
pub struct Log {
    pub name: String,
    pub files: Vec<PathBuf>,
}

const ROLLING: &str = "eventlog_v2_";

/// The log that `path` names.
pub fn of(path: &Path) -> Result<Log, Problem> {
    let name = name_of(path);
    if path.is_file() {
        return Ok(Log { name, files: vec![path.to_owned()] });
    }
    if name.starts_with(ROLLING) {
        return Ok(Log { files: rolled(path)?, name });
    }
    match logs_in(path)?.as_slice() {
        [] => Err(Problem::NotFound(format!("there is no event log in {name}"))),
        [only] => of(only),
        _ => Err(Problem::Refused(format!(
            "{name} holds the logs of several applications; name one of them"
        ))),
    }
}

/// The log of an application in a folder of logs (`spark.eventLog.dir`): the last attempt's.
/// A rolling folder is itself a log.
pub fn locate(folder: &Path, application_id: &str) -> Result<PathBuf, Problem> {
    if name_of(folder).starts_with(ROLLING) {
        return Ok(folder.to_owned());
    }
    let wanted = sanitized(application_id);
    let mut found: Vec<(u64, PathBuf)> = logs_in(folder)?
        .into_iter()
        .filter_map(|path| Some((attempt_of(&name_of(&path), &wanted)?, path)))
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, path)| path)
        .ok_or_else(|| Problem::NotFound(format!("there is no event log of {application_id} yet")))
}

/// Spark's own way of making a file name of an application id.
fn sanitized(application_id: &str) -> String {
    application_id
        .chars()
        .map(|c| if matches!(c, ' ' | ':' | '/') { '-' } else { c })
        .map(|c| if matches!(c, '.' | '$' | '{' | '}' | '\'' | '"') { '_' } else { c })
        .collect::<String>()
        .to_lowercase()
}

/// The attempt (0 for none) whose log this name belongs to, if it is of that application.
fn attempt_of(name: &str, application: &str) -> Option<u64> {
    let name = name.strip_prefix(ROLLING).unwrap_or(name);
    let rest = name.to_lowercase().strip_prefix(application)?.to_owned();
    let rest = rest.split('.').next().unwrap_or_default().to_owned();
    match rest.strip_prefix('_') {
        Some(attempt) => attempt.parse().ok(),
        None => rest.is_empty().then_some(0),
    }
}

/// The logs in a folder, by name.
pub fn logs_in(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    Ok(entries(folder)?
        .into_iter()
        .filter(|path| {
            let rolling = name_of(path).starts_with(ROLLING);
            if rolling { is_folder(path) } else { is_plain_file(path) }
        })
        .filter(|path| !name_of(path).starts_with(['.', '_']))
        .collect())
}

/// The files of a rolling log by number. A compacted file stands for all up to its number.
fn rolled(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut numbered: Vec<(u64, bool, PathBuf)> = entries(folder)?
        .into_iter()
        .filter(|path| is_plain_file(path))
        .filter_map(|path| {
            let name = name_of(&path);
            let number = name.strip_prefix("events_")?.split('_').next()?.parse().ok()?;
            Some((number, name.ends_with(".compact"), path))
        })
        .collect();
    numbered.sort();
    let compacted = numbered.iter().rposition(|(_, compact, _)| *compact).unwrap_or(0);
    let files: Vec<PathBuf> = numbered.drain(compacted..).map(|(_, _, path)| path).collect();
    if files.is_empty() {
        return Err(Problem::NotFound(format!("{} holds no events yet", name_of(folder))));
    }
    Ok(files)
}

/// What lies in a folder, by name. Links are left out: what they lead to was not admitted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let name = name_of(folder);
    let listed = fs::read_dir(folder)
        .map_err(|error| Problem::Unavailable(format!("failed to list {name}: {error}")))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

fn is_plain_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
