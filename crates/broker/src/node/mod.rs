//! The whole broker behind one lock: the state, the logs and the groups, and the rules that span
//! them. It knows nothing of sockets or of the shape of requests.

mod positions;
mod producing;
pub(crate) mod topic_settings;
mod topics;
mod transactions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kafka_protocol::ResponseError;

use crate::folder::{Folder, LockError};
use crate::group::Group;
use crate::log::{self, Log};
use crate::state::State;
use crate::state::entry::Entry;
use crate::state::state_log::{self, StateLog};
use crate::{StartError, Storage};

pub(crate) use topics::NewTopic;

#[derive(Debug)]
pub(crate) struct Node {
    state: State,
    disk: Option<Disk>,
    logs: HashMap<String, Vec<Log>>,
    groups: BTreeMap<String, Group>,
    segment_bytes: u64,
    /// Tells the members of this run of the broker from those of an earlier one.
    run: u128,
    n_member_ids: u64,
    /// Something was appended since the last look.
    appended: bool,
}

#[derive(Debug)]
struct Disk {
    folder: Folder,
    state_log: StateLog,
}

impl Node {
    pub(crate) fn open(
        storage: &Storage,
        segment_bytes: u64,
        now: Instant,
    ) -> Result<Node, StartError> {
        let (disk, state) = match storage {
            Storage::Memory => (None, State::default()),
            Storage::Folder(path) => {
                let (disk, state) = Disk::open(path, now)?;
                (Some(disk), state)
            }
        };
        let mut node = Node {
            state,
            disk,
            logs: HashMap::new(),
            groups: BTreeMap::new(),
            segment_bytes,
            run: since_epoch().as_nanos(),
            n_member_ids: 0,
            appended: false,
        };
        node.open_logs()?;
        // Before markers are written, which would move the ends.
        node.report_positions_beyond_ends();
        node.finish_what_was_decided()?;
        Ok(node)
    }

    fn open_logs(&mut self) -> Result<(), StartError> {
        for (name, topic) in &self.state.topics {
            let logs = (0..topic.n_partitions).map(|number| self.open_log(name, number));
            let logs: Result<Vec<Log>, StartError> = logs.collect();
            self.logs.insert(name.clone(), logs?);
        }
        if let Some(disk) = &self.disk {
            let kept = disk.folder.keep_only(|name| self.state.topics.contains_key(name));
            kept.map_err(|source| StartError::io(disk.folder.root(), source))?;
        }
        Ok(())
    }

    fn open_log(&self, topic: &str, number: i32) -> Result<Log, StartError> {
        let Some(disk) = &self.disk else { return Ok(Log::in_memory(self.segment_bytes)) };
        let folder = disk.folder.partition(topic, number);
        Log::open(&folder, self.segment_bytes).map_err(|error| match error {
            log::OpenError::Io(source) => StartError::io(&folder, source),
            damaged @ log::OpenError::Damaged { .. } => StartError::Damaged(damaged.to_string()),
        })
    }

    fn finish_what_was_decided(&mut self) -> Result<(), StartError> {
        for id in self.state.decided() {
            tracing::info!(transactional_id = %id, "finishing a transaction decided before the restart");
            self.write_markers(&id).map_err(|_| StartError::Unfinished { transactional_id: id })?;
        }
        self.abort_orphans();
        Ok(())
    }

    /// Makes a change true: first in the state log, then in memory.
    fn record(&mut self, entry: Entry) -> Result<(), ResponseError> {
        if let Some(disk) = &mut self.disk {
            disk.state_log.append(&entry).map_err(storage_failed)?;
        }
        self.state.apply(entry);
        Ok(())
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn log(&self, topic: &str, partition: i32) -> Option<&Log> {
        self.logs.get(topic)?.get(usize::try_from(partition).ok()?)
    }

    fn log_mut(&mut self, topic: &str, partition: i32) -> Option<&mut Log> {
        self.logs.get_mut(topic)?.get_mut(usize::try_from(partition).ok()?)
    }

    pub(crate) fn groups(&self) -> &BTreeMap<String, Group> {
        &self.groups
    }

    /// The group with this name, made where there is none.
    pub(crate) fn group(&mut self, name: &str, now: Instant) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group::new(now))
    }

    pub(crate) fn known_group(&mut self, name: &str) -> Option<&mut Group> {
        self.groups.get_mut(name)
    }

    /// An id that no member of this or an earlier run of the broker has.
    pub(crate) fn fresh_member_id(&mut self, client: &str) -> String {
        self.n_member_ids += 1;
        format!("{client}-{:x}-{}", self.run, self.n_member_ids)
    }

    /// Does what is due by now.
    pub(crate) fn tick(&mut self, now: Instant) {
        for group in self.groups.values_mut() {
            group.tick(now);
        }
        self.abort_expired(now);
        if let Some(disk) = &mut self.disk
            && let Err(error) = disk.state_log.rewrite_if_long(&self.state)
        {
            tracing::error!(%error, "failed to shorten the state log");
        }
    }

    /// The files with something in them that may not be on the disk. Whoever takes them flushes
    /// them, without keeping others from the node meanwhile.
    pub(crate) fn take_unflushed(&mut self) -> Vec<Arc<File>> {
        let logs = self.logs.values_mut().flatten().filter_map(Log::take_unflushed);
        let mut files: Vec<Arc<File>> = logs.collect();
        files.extend(self.disk.as_mut().and_then(|disk| disk.state_log.take_unflushed()));
        files
    }

    /// Whether anything was appended since this was last asked.
    pub(crate) fn take_appended(&mut self) -> bool {
        std::mem::take(&mut self.appended)
    }
}

impl Disk {
    fn open(path: &Path, now: Instant) -> Result<(Disk, State), StartError> {
        let folder = Folder::lock(path).map_err(|error| match error {
            LockError::Io(source) => StartError::io(path, source),
            LockError::Taken => StartError::InUse(path.to_owned()),
        })?;
        let (state_log, state) = StateLog::open(path, now).map_err(|error| match error {
            state_log::OpenError::Io(source) => StartError::io(path, source),
            damaged => StartError::Damaged(damaged.to_string()),
        })?;
        Ok((Disk { folder, state_log }, state))
    }
}

/// Tells the operator why, and the client that the disk failed.
fn storage_failed(error: io::Error) -> ResponseError {
    tracing::error!(%error, "failed to write to the data folder");
    ResponseError::KafkaStorageError
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
