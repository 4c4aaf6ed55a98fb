//! The registry of the embedded mode: ids in the order of registration, versions per subject.
//!
//! A schema that is equal as JSON has one id under every subject, as Confluent's registry does it.
//! Nothing is ever deleted or renumbered, since data that is already written carries the ids.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compatibility::Evolution;
use super::file::File;
use super::{Registry, RegistryError, SchemaId};

/// Every schema that was ever registered.
#[derive(Default)]
pub struct Store {
    state: Mutex<State>,
}

/// One schema's place in a subject; versions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// A topic's name with `-value`, mostly.
    pub subject: String,
    /// From 1.
    pub version: u32,
    /// The schema's `SchemaId`.
    pub id: u32,
    /// The text as it was first registered.
    pub schema: String,
}

#[derive(Default)]
struct State {
    /// The schema with the id `n` lies at `n - 1`.
    schemas: Vec<Schema>,
    subjects: BTreeMap<String, Vec<SchemaId>>,
    file: Option<File>,
}

struct Schema {
    text: String,
    json: Value,
}

impl Store {
    /// A registry that is forgotten with the process.
    pub fn in_memory() -> Self {
        Store::default()
    }

    /// A registry whose ids outlive the process, also when it is killed in mid-write.
    ///
    /// # Errors
    /// `InUse` when another process has it open, `Damaged` when what lies there cannot be trusted,
    /// `NotKept` when the file cannot be read or made.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        let (file, versions) = File::open(path)?;
        let mut state = State::default();
        for (index, version) in versions.into_iter().enumerate() {
            state.restore(version).map_err(|reason| RegistryError::Damaged {
                path: path.to_owned(),
                line: index + 1,
                reason,
            })?;
        }
        state.file = Some(file);
        Ok(Store { state: Mutex::new(state) })
    }

    /// Every subject, sorted.
    pub fn subjects(&self) -> Vec<String> {
        self.state().subjects.keys().cloned().collect()
    }

    /// The subject's versions, oldest first; empty if nobody registered any.
    pub fn versions(&self, subject: &str) -> Vec<Version> {
        self.state().versions(subject)
    }

    /// Where in the subject the schema lies, if it does.
    ///
    /// # Errors
    /// `Invalid` when the text is not Avro.
    pub fn lookup(&self, subject: &str, schema: &str) -> Result<Option<Version>, RegistryError> {
        let wanted = Evolution::parse(schema)?.json;
        let state = self.state();
        let id = state.id_of(&wanted);
        Ok(state
            .versions(subject)
            .into_iter()
            .find(|version| Some(version.id) == id.map(|id| id.0)))
    }

    /// Every version, in any subject, that has the id.
    pub fn uses(&self, id: SchemaId) -> Vec<Version> {
        let state = self.state();
        let all = state.subjects.keys().flat_map(|subject| state.versions(subject));
        all.filter(|version| version.id == id.0).collect()
    }

    /// What speaks against the schema beside those versions: one sentence for each that could not
    /// read it or be read with it. Empty means that it fits.
    ///
    /// # Errors
    /// `Invalid` when the text is not Avro.
    pub fn objections(
        &self,
        schema: &str,
        versions: &[Version],
    ) -> Result<Vec<String>, RegistryError> {
        Evolution::parse(schema)?.objections(versions)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl Registry for Store {
    /// The file is synced to disk before this returns an id that is new.
    fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let evolution = Evolution::parse(schema)?;
        let mut state = self.state();
        let known = state.id_of(&evolution.json);
        let versions = state.versions(subject);
        if let Some(id) = known
            && versions.iter().any(|version| version.id == id.0)
        {
            return Ok(id);
        }
        if let [reason, ..] = evolution.objections(&versions)?.as_slice() {
            let (subject, reason) = (subject.to_owned(), reason.clone());
            return Err(RegistryError::Incompatible { subject, reason });
        }
        let id = known.unwrap_or(state.next_id());
        let version = Version {
            subject: subject.to_owned(),
            version: count(versions.len()) + 1,
            id: id.0,
            schema: state.text(id).unwrap_or(schema).to_owned(),
        };
        if let Some(file) = &mut state.file {
            file.append(&version)?;
        }
        state.add(version, evolution.json);
        Ok(id)
    }

    fn schema(&self, id: SchemaId) -> Result<String, RegistryError> {
        self.state().text(id).map(str::to_owned).ok_or(RegistryError::Unknown(id))
    }
}

impl State {
    fn text(&self, id: SchemaId) -> Option<&str> {
        let index = (id.0 as usize).checked_sub(1)?;
        self.schemas.get(index).map(|schema| schema.text.as_str())
    }

    fn id_of(&self, json: &Value) -> Option<SchemaId> {
        let index = self.schemas.iter().position(|schema| schema.json == *json)?;
        Some(SchemaId(count(index) + 1))
    }

    fn next_id(&self) -> SchemaId {
        SchemaId(count(self.schemas.len()) + 1)
    }

    fn versions(&self, subject: &str) -> Vec<Version> {
        let ids = self.subjects.get(subject).map(Vec::as_slice).unwrap_or_default();
        let versions = ids.iter().enumerate().map(|(index, id)| Version {
            subject: subject.to_owned(),
            version: count(index) + 1,
            id: id.0,
            schema: self.text(*id).expect("a subject names known ids").to_owned(),
        });
        versions.collect()
    }

    /// Takes a version as it was written, or says what about it cannot be.
    fn restore(&mut self, version: Version) -> Result<(), String> {
        let json: Value = serde_json::from_str(&version.schema).map_err(|e| e.to_string())?;
        let id = self.id_of(&json).unwrap_or(self.next_id());
        if id.0 != version.id {
            return Err(format!("a schema has the id {}, expected {}", version.id, id.0));
        }
        let expected = count(self.subjects.get(&version.subject).map_or(0, Vec::len)) + 1;
        if expected != version.version {
            let Version { subject, version, .. } = version;
            return Err(format!("version {version} of {subject}, expected {expected}"));
        }
        self.add(version, json);
        Ok(())
    }

    fn add(&mut self, version: Version, json: Value) {
        let id = SchemaId(version.id);
        if id == self.next_id() {
            self.schemas.push(Schema { text: version.schema, json });
        }
        self.subjects.entry(version.subject).or_default().push(id);
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than four billion schemas")
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#;
    const V1_SPACED: &str =
        r#"{ "name": "R", "type": "record", "fields": [{"type": "string", "name": "a"}] }"#;
    const V2: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"},
        {"name":"b","type":["null","int"],"default":null}]}"#;
    const BREAKING: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;

    fn at(version: Version) -> (u32, u32) {
        (version.version, version.id)
    }

    #[test]
    fn the_same_schema_has_one_id_everywhere_and_one_version_per_subject() {
        let store = Store::in_memory();
        let first = store.register("x", V1).expect("taken");
        assert_eq!(store.register("x", V1_SPACED).expect("taken"), first);
        assert_eq!(store.register("y", V1_SPACED).expect("taken"), first);
        assert_eq!(store.register("x", V2).expect("taken"), SchemaId(2));
        assert_eq!(store.register("x", V1).expect("an old version stays"), first);
        assert_eq!(store.versions("x").into_iter().map(at).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
        assert_eq!(store.subjects(), ["x", "y"]);
        assert_eq!(store.uses(first).len(), 2);
        assert_eq!(store.lookup("x", V2).expect("valid").map(at), Some((2, 2)));
        assert_eq!(store.lookup("y", V2).expect("valid"), None);
        assert_eq!(store.schema(first).expect("known"), V1);
        assert!(matches!(store.schema(SchemaId(3)), Err(RegistryError::Unknown(SchemaId(3)))));
        assert!(matches!(store.schema(SchemaId(0)), Err(RegistryError::Unknown(_))));
    }

    #[test]
    fn a_schema_that_breaks_readers_is_refused_and_leaves_nothing() {
        let store = Store::in_memory();
        store.register("x", V1).expect("taken");
        match store.register("x", BREAKING) {
            Err(RegistryError::Incompatible { subject, reason }) => {
                assert_eq!(subject, "x");
                assert!(reason.contains("version 1") && reason.contains("field a"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.versions("x").len(), 1);
        assert!(matches!(store.register("x", "{"), Err(RegistryError::Invalid { .. })));
        assert_eq!(store.register("other", BREAKING).expect("another subject"), SchemaId(2));
    }

    #[test]
    fn ids_survive_reopening() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("registry");
        let store = Store::open(&path).expect("new");
        for (subject, schema) in [("x", V1), ("y", V1), ("x", V2)] {
            store.register(subject, schema).expect("taken");
        }
        let before: Vec<_> = ["x", "y"].map(|subject| store.versions(subject)).into();
        drop(store);
        let store = Store::open(&path).expect("reopened");
        assert_eq!(Vec::from(["x", "y"].map(|subject| store.versions(subject))), before);
        assert_eq!(store.register("z", BREAKING).expect("taken"), SchemaId(3));
    }

    #[test]
    fn a_tail_torn_at_any_byte_costs_only_what_was_never_answered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("registry");
        let store = Store::open(&path).expect("new");
        store.register("x", V1).expect("taken");
        let kept = std::fs::read(&path).expect("readable").len();
        store.register("x", V2).expect("taken");
        drop(store);
        let whole = std::fs::read(&path).expect("readable");
        for length in kept..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("torn");
            let store = Store::open(&path).expect("a torn tail is cut");
            assert_eq!(store.versions("x").len(), 1, "cut at {length}");
            assert_eq!(store.register("x", V2).expect("taken again"), SchemaId(2));
            drop(store);
            assert_eq!(std::fs::read(&path).expect("readable"), whole, "cut at {length}");
        }
    }

    #[test]
    fn damage_before_the_end_is_refused_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("registry");
        let store = Store::open(&path).expect("new");
        store.register("x", V1).expect("taken");
        store.register("x", V2).expect("taken");
        drop(store);
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[30] ^= 1;
        std::fs::write(&path, &bytes).expect("damaged");
        match Store::open(&path).err() {
            Some(RegistryError::Damaged { line: 1, .. }) => (),
            other => panic!("{other:?}"),
        }
        assert_eq!(std::fs::read(&path).expect("readable"), bytes, "left as it was");
    }

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/registry");
        let _store = Store::open(&path).expect("new");
        assert!(matches!(Store::open(&path).err(), Some(RegistryError::InUse { .. })));
    }
}
