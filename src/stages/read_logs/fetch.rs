//! Finds the logs that an event names, wherever they are, and sums them up.
//!
//! A driver's log can have several addresses: the first that gives one is read. Only the driver's
//! is worth waiting for; executors' logs are read as far as they are there.

use std::time::Duration;

use adp_redact::Redactor;
use adp_scanner::Pack;
use reqwest::Url;
use tokio::runtime::Handle;

use super::MOST_LOGS;
use super::summarise::{Log, NoContent, Summary, summarise_noted};
use crate::records::Failure;
use crate::records::log_summary::{LogRole, LogStatus};
use crate::runtime::Moment;
use crate::world::log_store::{
    Address, Again, Found, LogStore, Notes, Opened, TaskLog, Unavailable, Until,
};

/// One log of the run, or a folder of them.
#[derive(Debug)]
pub struct Source {
    /// Where it may be, the best place first.
    pub places: Vec<Result<Address, Unavailable>>,
    pub role: LogRole,
}

/// Why the logs cannot be summed up yet.
#[derive(Debug, PartialEq, Eq)]
pub enum Wait {
    /// There is no log, or it is being written.
    NotThere { why: String },
    /// Whoever has it is at fault.
    Busy { why: String, again: Option<Again> },
}

/// Every log that the event names, the driver's first.
pub fn sources(store: &LogStore, failure: &Failure) -> Vec<Source> {
    let paths = failure.local_log_path.iter().chain(&failure.log_path);
    let mut places: Vec<_> = paths.map(|path| Address::parse(path)).collect();
    let page = failure.log_url.as_deref().and_then(|url| Url::parse(url).ok());
    places.extend(of_airflow(store, failure, page.as_ref()).map(Address::Airflow).map(Ok));
    let is_airflow = page.as_ref().is_some_and(|page| store.is_airflow(page));
    // Most are pages for people: one that may not be asked is worth a word where there is no other.
    let is_wanted = |page: &Address| places.is_empty() || store.may_ask(page);
    let page = failure.log_url.as_deref().filter(|_| page.is_some() && !is_airflow);
    let page = page.map(Address::parse).filter(|page| page.as_ref().is_ok_and(is_wanted));
    places.extend(page);
    let driver = (!places.is_empty()).then_some(Source { places, role: LogRole::Driver });
    let executors = failure
        .executor_log_paths
        .iter()
        .map(|path| Source { places: vec![Address::parse(path)], role: LogRole::Executor });
    driver.into_iter().chain(executors).take(MOST_LOGS).collect()
}

/// Who sets the pace: whoever has the first log.
pub fn host(sources: &[Source]) -> String {
    let mut places = sources.iter().flat_map(|source| &source.places).flatten();
    places.next().map_or_else(|| "local files".to_owned(), Address::host)
}

fn of_airflow(store: &LogStore, failure: &Failure, page: Option<&Url>) -> Option<TaskLog> {
    let page = page.filter(|page| store.is_airflow(page));
    if page.is_none() && !store.knows_one_airflow() {
        return None;
    }
    let in_page = |name: &str| {
        let mut pairs = page?.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let attempt = failure.attempt.or_else(|| in_page("try_number")?.parse().ok());
    Some(TaskLog {
        page: page.cloned(),
        dag: failure.dag_id.clone().or_else(|| in_page("dag_id"))?,
        run: failure.run_id.clone().or_else(|| in_page("dag_run_id"))?,
        task: failure.task_id.clone().or_else(|| in_page("task_id"))?,
        // Who does not count tries has one.
        attempt: attempt.filter(|attempt| *attempt > 0).unwrap_or(1),
        map_index: failure.map_index,
    })
}

/// Reads them all, on a thread that may block. A log that cannot be read says so in the summary.
///
/// # Errors
/// While the driver's log may still come, or is written to without that it `may_change`, and we
/// `may_wait`.
pub fn read(
    pack: &Pack,
    redactor: &Redactor,
    store: &LogStore,
    sources: &[Source],
    until: &Until,
    may_wait: bool,
    may_change: bool,
) -> Result<Summary, Wait> {
    let handle = Handle::current();
    let mut logs: Vec<Planned> = Vec::new();
    for source in sources {
        let found = match source.role {
            LogRole::Driver => driver(store, source, until, may_wait, &handle)?,
            _ => others(store, source, &handle),
        };
        logs.extend(found);
    }
    logs.truncate(MOST_LOGS);
    let names = names(&logs.iter().map(|log| log.path.as_str()).collect::<Vec<_>>());
    let mut of_driver = Vec::new();
    let opened = logs.into_iter().zip(names).map(|(log, name)| {
        let opened = match log.content {
            Content::Open(opened) => Ok(opened),
            Content::None(none) => Err(none),
            Content::Found(found) => {
                handle.block_on(store.open(&found, until)).map_err(|why| no_content(&why))
            }
        };
        let notes =
            opened.as_ref().map_or_else(|_| Notes::default(), |opened| opened.notes.clone());
        if log.role == LogRole::Driver {
            of_driver.push(notes.clone());
        }
        let content = opened.map(|opened| opened.text);
        (Log { name, role: log.role, content }, notes)
    });
    let summary = summarise_noted(pack, redactor, opened);
    if may_wait && !may_change && of_driver.iter().any(|notes| notes.noted().changed) {
        return Err(Wait::NotThere { why: "the log was written to while it was read".to_owned() });
    }
    Ok(summary)
}

/// A log before it is read.
struct Planned {
    /// Where it is, for people.
    path: String,
    role: LogRole,
    content: Content,
}

enum Content {
    Open(Opened),
    Found(Found),
    None(NoContent),
}

/// The driver's logs from the first place that has one.
fn driver(
    store: &LogStore,
    source: &Source,
    until: &Until,
    may_wait: bool,
    handle: &Handle,
) -> Result<Vec<Planned>, Wait> {
    let mut misses = Vec::new();
    for place in &source.places {
        match place.as_ref().map_err(again).and_then(|place| open(store, place, until, handle)) {
            Ok(found) => return Ok(found),
            Err(why) => misses.push(why),
        }
    }
    if may_wait && let Some(wait) = misses.iter().find_map(wait_for) {
        return Err(wait);
    }
    // What might have come says more than what we may not read.
    misses.sort_by_key(|why| matches!(why, Unavailable::Refused(_)));
    let mut none = misses.first().map_or_else(|| no_content(&Unavailable::busy("")), no_content);
    none.detail = misses.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let path = source.places.iter().flatten().next().map_or("log".to_owned(), Address::name);
    Ok(vec![Planned { path, role: source.role, content: Content::None(none) }])
}

/// All logs of a place, the first one open.
fn open(
    store: &LogStore,
    place: &Address,
    until: &Until,
    handle: &Handle,
) -> Result<Vec<Planned>, Unavailable> {
    let mut found = handle.block_on(store.find(place))?.into_iter();
    let first = found.next().ok_or_else(|| Unavailable::missing(place))?;
    let is_one = found.len() == 0;
    let opened = handle.block_on(store.open(&first, until))?;
    let plan = |name: &str, content| Planned {
        path: path_of(place, name, is_one),
        role: if is_one { LogRole::Driver } else { role_of(name) },
        content,
    };
    let mut logs = vec![plan(&first.name, Content::Open(opened))];
    logs.extend(found.map(|found| plan(&found.name.clone(), Content::Found(found))));
    // The driver's comes first, whatever it is called.
    logs.sort_by_key(|log| log.role == LogRole::Executor);
    if logs.iter().all(|log| log.role == LogRole::Executor) {
        logs.iter_mut().for_each(|log| log.role = LogRole::Driver);
    }
    Ok(logs)
}

fn others(store: &LogStore, source: &Source, handle: &Handle) -> Vec<Planned> {
    let mut logs = Vec::new();
    for place in &source.places {
        let found = place
            .as_ref()
            .map_err(again)
            .and_then(|place| Ok((place, handle.block_on(store.find(place))?)));
        match found {
            Ok((place, found)) => {
                let is_one = found.len() == 1;
                logs.extend(found.into_iter().map(|found| Planned {
                    path: path_of(place, &found.name, is_one),
                    role: source.role,
                    content: Content::Found(found),
                }));
            }
            Err(why) => logs.push(Planned {
                path: place.as_ref().map_or("log".to_owned(), ToString::to_string),
                role: source.role,
                content: Content::None(no_content(&why)),
            }),
        }
    }
    logs
}

fn path_of(place: &Address, name: &str, is_one: bool) -> String {
    let place = match place {
        Address::Airflow(_) => place.name(),
        _ => place.to_string(),
    };
    if is_one { place } else { format!("{}/{name}", place.trim_end_matches('/')) }
}

/// Whose log it is in the folder of a run: on YARN the first container is the driver's, elsewhere
/// executors have numbers.
fn role_of(name: &str) -> LogRole {
    let parts: Vec<&str> = name.split('/').collect();
    let is_container = |part: &&str| part.starts_with("container_");
    let is_executor = match parts.iter().find(|part| is_container(part)) {
        Some(container) => !container.ends_with("_000001"),
        None => parts.iter().any(|part| {
            part.starts_with("executor") || part.bytes().all(|byte| byte.is_ascii_digit())
        }),
    };
    if is_executor { LogRole::Executor } else { LogRole::Driver }
}

fn wait_for(why: &Unavailable) -> Option<Wait> {
    match why {
        Unavailable::Missing(why) => Some(Wait::NotThere { why: why.clone() }),
        Unavailable::Busy { what, again } => Some(Wait::Busy { why: what.clone(), again: *again }),
        Unavailable::Refused(_) | Unavailable::Unreadable { .. } => None,
    }
}

/// The same refusal once more: addresses are read once, and asked for on every try.
fn again(why: &Unavailable) -> Unavailable {
    Unavailable::Refused(why.to_string())
}

fn no_content(why: &Unavailable) -> NoContent {
    let status = match why {
        Unavailable::Missing(_) => LogStatus::Missing,
        Unavailable::Refused(_) => LogStatus::Refused,
        Unavailable::Busy { .. } | Unavailable::Unreadable { .. } => LogStatus::Unreadable,
    };
    NoContent { status, detail: why.to_string() }
}

impl Again {
    /// The moment that the server named.
    pub fn moment(self, now: Moment) -> Moment {
        match self {
            Again::At(moment) => moment,
            // More than a year means never.
            Again::After(span) => now.plus(span.min(Duration::from_secs(366 * 24 * 3_600))),
        }
    }
}

/// The last part of each path, with as much before it as tells it from the others.
fn names(paths: &[&str]) -> Vec<String> {
    let tail = |path: &str, n_parts: usize| {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        parts[parts.len().saturating_sub(n_parts)..].join("/")
    };
    let unique = |n_parts: usize| {
        let mut names: Vec<String> = paths.iter().map(|path| tail(path, n_parts)).collect();
        names.sort();
        names.windows(2).all(|pair| pair[0] != pair[1])
    };
    let n_parts = (1..6).find(|n| unique(*n)).unwrap_or(6);
    paths.iter().map(|path| tail(path, n_parts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_called_by_as_little_of_their_path_as_tells_them_apart() {
        let paths = ["/a/app-1/0/stderr", "/a/app-1/1/stderr"];
        assert_eq!(names(&paths), ["0/stderr", "1/stderr"]);
        assert_eq!(names(&paths[..1]), ["stderr"]);
    }

    #[test]
    fn whose_log_it_is_stands_in_its_path() {
        for (name, role) in [
            ("container_1_0001_01_000001/stderr", LogRole::Driver),
            ("container_1_0001_01_000007/stderr", LogRole::Executor),
            ("driver.log", LogRole::Driver),
            ("executors/1.log", LogRole::Executor),
            ("0/stderr", LogRole::Executor),
        ] {
            assert_eq!(role_of(name), role, "{name}");
        }
    }
}
