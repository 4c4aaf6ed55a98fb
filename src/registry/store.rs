//! The registry of the embedded mode: ids in the order of registration.

use std::sync::Mutex;

use super::{Registry, RegistryError, SchemaId};

/// Every schema that was ever registered.
#[derive(Default)]
pub struct Store {
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    subject: String,
    schema: String,
}

impl Store {
    pub fn in_memory() -> Self {
        Store::default()
    }
}

impl Registry for Store {
    fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let mut entries = self.entries.lock().expect("no holder panics");
        let known = entries.iter().position(|e| e.subject == subject && e.schema == schema);
        let index = known.unwrap_or(entries.len());
        if known.is_none() {
            entries.push(Entry { subject: subject.to_owned(), schema: schema.to_owned() });
        }
        Ok(SchemaId(index as u32 + 1))
    }

    fn schema(&self, id: SchemaId) -> Result<String, RegistryError> {
        let entries = self.entries.lock().expect("no holder panics");
        let index = (id.0 as usize).checked_sub(1);
        let entry = index.and_then(|index| entries.get(index));
        entry.map(|entry| entry.schema.clone()).ok_or(RegistryError::Unknown(id))
    }
}
