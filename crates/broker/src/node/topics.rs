//! Making, growing and removing topics.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;

use super::{Node, storage_failed, topic_settings};
use crate::log::Log;
use crate::state::entry::Entry;

const LONGEST_NAME: usize = 249;

/// What a topic should be like.
#[derive(Debug)]
pub(crate) struct NewTopic {
    pub(crate) name: String,
    pub(crate) n_partitions: i32,
    pub(crate) settings: BTreeMap<String, String>,
}

/// Why a topic was not made or changed, and the sentence for its owner.
pub(crate) type Refused = (ResponseError, String);

impl Node {
    /// Makes a topic, or only says whether it could be made.
    pub(crate) fn create_topic(&mut self, new: NewTopic, only_check: bool) -> Result<(), Refused> {
        let NewTopic { name, n_partitions, settings } = new;
        if !is_legal(&name) {
            let why = "a name has 1 to 249 letters, digits, dots, hyphens or underscores";
            return Err((ResponseError::InvalidTopicException, why.to_owned()));
        }
        if self.state.topics.contains_key(&name) {
            let why = format!("topic '{name}' already exists");
            return Err((ResponseError::TopicAlreadyExists, why));
        }
        if n_partitions < 1 {
            let why = "a topic has at least one partition".to_owned();
            return Err((ResponseError::InvalidPartitions, why));
        }
        for (setting, value) in &settings {
            topic_settings::check(setting, value)
                .map_err(|why| (ResponseError::InvalidConfig, why))?;
        }
        if only_check {
            return Ok(());
        }
        self.clear_leftovers(&name)?;
        let logs = self.new_logs(&name, 0..n_partitions)?;
        let entry = Entry::Topic { name: name.clone(), n_partitions, settings };
        self.record(entry).map_err(unwritten)?;
        self.logs.insert(name, logs);
        Ok(())
    }

    /// Gives a topic more partitions; `count` is how many it should have then.
    pub(crate) fn grow_topic(
        &mut self,
        name: &str,
        count: i32,
        only_check: bool,
    ) -> Result<(), Refused> {
        let Some(topic) = self.state.topics.get(name).cloned() else {
            return Err((ResponseError::UnknownTopicOrPartition, format!("no topic '{name}'")));
        };
        if count <= topic.n_partitions {
            let why = format!("topic '{name}' has {} partitions already", topic.n_partitions);
            return Err((ResponseError::InvalidPartitions, why));
        }
        if only_check {
            return Ok(());
        }
        let more = self.new_logs(name, topic.n_partitions..count)?;
        let settings = topic.settings;
        let entry = Entry::Topic { name: name.to_owned(), n_partitions: count, settings };
        self.record(entry).map_err(unwritten)?;
        self.logs.entry(name.to_owned()).or_default().extend(more);
        Ok(())
    }

    /// Changes settings of a topic; none as a value takes a setting back to its default.
    pub(crate) fn change_topic(
        &mut self,
        name: &str,
        changes: &[(String, Option<String>)],
        only_check: bool,
    ) -> Result<(), Refused> {
        let Some(topic) = self.state.topics.get(name).cloned() else {
            return Err((ResponseError::UnknownTopicOrPartition, format!("no topic '{name}'")));
        };
        let mut settings = topic.settings;
        for (setting, value) in changes {
            let Some(value) = value else {
                settings.remove(setting);
                continue;
            };
            topic_settings::check(setting, value)
                .map_err(|why| (ResponseError::InvalidConfig, why))?;
            settings.insert(setting.clone(), value.clone());
        }
        if only_check {
            return Ok(());
        }
        let n_partitions = topic.n_partitions;
        let entry = Entry::Topic { name: name.to_owned(), n_partitions, settings };
        self.record(entry).map_err(unwritten)
    }

    /// Removes a topic with its records and every position in it.
    pub(crate) fn delete_topic(&mut self, name: &str) -> Result<(), ResponseError> {
        if !self.state.topics.contains_key(name) {
            return Err(ResponseError::UnknownTopicOrPartition);
        }
        self.record(Entry::TopicDeleted { name: name.to_owned() })?;
        self.logs.remove(name);
        self.appended = true;
        if let Err((_, why)) = self.clear_leftovers(name) {
            // The topic is gone all the same; the next start removes what is left.
            tracing::warn!(topic = name, why, "failed to remove the files of a deleted topic");
        }
        Ok(())
    }

    fn new_logs(&self, name: &str, numbers: std::ops::Range<i32>) -> Result<Vec<Log>, Refused> {
        let logs = numbers.map(|number| {
            self.open_log(name, number)
                .map_err(|error| (ResponseError::KafkaStorageError, error.to_string()))
        });
        logs.collect()
    }

    fn clear_leftovers(&self, name: &str) -> Result<(), Refused> {
        let Some(disk) = &self.disk else { return Ok(()) };
        match std::fs::remove_dir_all(disk.folder.topic(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(unwritten(storage_failed(error)))
            }
            _ => Ok(()),
        }
    }
}

fn unwritten(error: ResponseError) -> Refused {
    (error, "the data folder cannot be written to".to_owned())
}

/// A legal name is also a safe name for a folder.
fn is_legal(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=LONGEST_NAME).contains(&name.len())
        && name != "."
        && name != ".."
        && name.chars().all(allowed)
}
