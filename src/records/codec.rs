//! Records as bytes: Avro with Confluent's framing (a zero byte, the schema's id, the datum).
//!
//! What is written carries the id of our newest schema; what is read is resolved from whatever
//! schema its writer used, asked of the registry once per id.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;

use super::{Record, Topic};
use crate::registry::{Registry, RegistryError, SchemaId};

/// A datum that claims to be larger than this is malformed; no record of ours comes near.
const MOST_BYTES_OF_A_DATUM: usize = 64 << 20;

const MAGIC: u8 = 0;

/// Why bytes could not be read as a record.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are at fault; trying again is pointless.
    #[error("{0}")]
    Malformed(String),
    /// The registry could not be asked; the same bytes may be readable later.
    #[error("the schema registry could not be asked")]
    RegistryDown(#[source] RegistryError),
}

/// Encodes and decodes every record, with the registry's ids.
pub struct Codec {
    registry: Arc<dyn Registry>,
    written: HashMap<Topic, Written>,
    readers: RwLock<HashMap<SchemaId, Arc<Schema>>>,
}

struct Written {
    id: SchemaId,
    schema: Schema,
}

impl Codec {
    /// Registers every published version of every record, oldest first.
    ///
    /// # Errors
    /// When the registry cannot be reached or refuses a schema as incompatible.
    pub fn register(registry: Arc<dyn Registry>) -> Result<Self, RegistryError> {
        apache_avro::util::max_allocation_bytes(MOST_BYTES_OF_A_DATUM);
        let mut written = HashMap::new();
        let mut readers = HashMap::new();
        for (topic, versions) in super::all() {
            for text in versions {
                let id = registry.register(&topic.subject(), text)?;
                let schema = Schema::parse_str(text).expect("published schemas are valid Avro");
                // What we wrote ourselves is read without asking anybody.
                readers.insert(id, Arc::new(schema.clone()));
                written.insert(topic, Written { id, schema });
            }
        }
        Ok(Codec { registry, written, readers: RwLock::new(readers) })
    }

    /// A codec that only reads what others wrote.
    pub fn reading(registry: Arc<dyn Registry>) -> Self {
        Codec { registry, written: HashMap::new(), readers: RwLock::default() }
    }

    /// A codec with a registry of its own in memory, for one process without a broker.
    pub fn in_memory() -> Self {
        Codec::register(Arc::new(crate::registry::Store::in_memory()))
            .expect("a registry in memory takes our own schemas")
    }

    pub fn encode<R: Record>(&self, record: &R) -> Vec<u8> {
        let written = &self.written[&R::TOPIC];
        let mut bytes = vec![MAGIC];
        bytes.extend_from_slice(&written.id.0.to_be_bytes());
        let writer = GenericDatumWriter::builder(&written.schema).build();
        let datum = writer
            .and_then(|writer| writer.write_ser_to_vec(record))
            .expect("a record's type and its newest schema agree");
        bytes.extend_from_slice(&datum);
        bytes
    }

    pub fn decode<R: Record>(&self, bytes: &[u8]) -> Result<R, Unreadable> {
        let (id, datum) = unframe(bytes)?;
        let writer = self.writer_schema(id)?;
        let reader = &self.written[&R::TOPIC].schema;
        let malformed = |what: &str, error: apache_avro::Error| {
            Unreadable::Malformed(format!("{what} (schema id {}): {error}", id.0))
        };
        let mut rest = datum;
        let value = GenericDatumReader::builder(&writer)
            .reader_schema(reader)
            .build()
            .and_then(|datum_reader| datum_reader.read_value(&mut rest))
            .map_err(|error| malformed("not a datum of its schema", error))?;
        if !rest.is_empty() {
            return Err(Unreadable::Malformed(format!("{} bytes after the datum", rest.len())));
        }
        apache_avro::from_value(&value).map_err(|error| malformed("not the record we know", error))
    }

    /// The record as JSON, read with its writer's schema: for people who tail a topic.
    pub fn to_json(&self, bytes: &[u8]) -> Result<serde_json::Value, Unreadable> {
        let (id, mut datum) = unframe(bytes)?;
        let writer = self.writer_schema(id)?;
        GenericDatumReader::builder(&writer)
            .build()
            .and_then(|reader| reader.read_value(&mut datum))
            .and_then(serde_json::Value::try_from)
            .map_err(|error| Unreadable::Malformed(format!("not a datum of its schema: {error}")))
    }

    fn writer_schema(&self, id: SchemaId) -> Result<Arc<Schema>, Unreadable> {
        if let Some(schema) = self.readers.read().expect("no reader panics").get(&id) {
            return Ok(schema.clone());
        }
        let text = self.registry.schema(id).map_err(|error| match error {
            RegistryError::Unknown(_) => Unreadable::Malformed(error.to_string()),
            other => Unreadable::RegistryDown(other),
        })?;
        let schema = Schema::parse_str(&text).map_err(|error| {
            Unreadable::Malformed(format!("schema id {} is not valid Avro: {error}", id.0))
        })?;
        let schema = Arc::new(schema);
        self.readers.write().expect("no reader panics").insert(id, schema.clone());
        Ok(schema)
    }
}

fn unframe(bytes: &[u8]) -> Result<(SchemaId, &[u8]), Unreadable> {
    match bytes {
        [MAGIC, a, b, c, d, datum @ ..] => {
            Ok((SchemaId(u32::from_be_bytes([*a, *b, *c, *d])), datum))
        }
        [] => Err(Unreadable::Malformed("empty value".to_owned())),
        [MAGIC, ..] => Err(Unreadable::Malformed("cut short before the schema id".to_owned())),
        [first, ..] => Err(Unreadable::Malformed(format!(
            "first byte is {first:#04x}, not the zero of Avro with a schema id"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::records::log_summary::{
        Finding, FindingKind, LogFile, LogLevel, LogRole, LogStatus,
    };
    use crate::records::{Case, Failure, FailureId, LogSummary};
    use crate::runtime::Moment;

    fn summary() -> LogSummary {
        let failure = Failure { dag_id: Some("sales".into()), ..Failure::default() };
        LogSummary {
            case: Case {
                failure_id: FailureId::of(&["x"]),
                pipeline: failure.pipeline(),
                run_id: Some("r".into()),
                attempt: None,
                map_index: Some(3),
                failed_at: Moment(12),
                exit_code: Some(1),
                known_to_have_failed: true,
                will_retry: false,
                job_file: None,
                application_id: None,
                event_log: None,
                history_url: None,
                log_url: None,
            },
            logs: vec![LogFile {
                name: "driver.log".into(),
                role: LogRole::Driver,
                status: LogStatus::Read,
                lines: 7,
                bytes: 99,
                detail: String::new(),
            }],
            findings: vec![Finding {
                signature: "s".into(),
                class: Some("oom.driver".into()),
                kind: FindingKind::Cause,
                file: "driver.log".into(),
                line: 4,
                text: "java.lang.OutOfMemoryError".into(),
                level: LogLevel::Error,
                captures: BTreeMap::from([("heap".into(), "1g".into())]),
                count: 2,
                last_line: 6,
                trace: None,
                thrown: None,
                timestamp: None,
                thread: Some("main".into()),
                origin: None,
                error_class: None,
                sql_state: None,
            }],
            traces: vec![],
            contexts: vec![],
            tail: vec![],
            pack: "built-in".into(),
        }
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        let codec = Codec::in_memory();
        let bytes = codec.encode(&summary());
        assert_eq!(codec.decode::<LogSummary>(&bytes).expect("readable"), summary());
    }

    #[test]
    fn nonsense_is_malformed_and_says_why() {
        let codec = Codec::in_memory();
        let good = codec.encode(&summary());
        let mut trailing = good.clone();
        trailing.push(1);
        let unknown_id = [&[0, 0, 0, 99, 99], &good[5..]].concat();
        for (bytes, reason) in [
            (Vec::new(), "empty value"),
            (vec![0, 0, 1], "cut short"),
            (b"hello".to_vec(), "first byte is 0x68"),
            (good[..good.len() - 3].to_vec(), "not a datum"),
            (trailing, "1 bytes after the datum"),
            (unknown_id, "no schema has the id"),
        ] {
            match codec.decode::<LogSummary>(&bytes) {
                Err(Unreadable::Malformed(text)) => assert!(text.contains(reason), "{text}"),
                other => panic!("{reason}: {other:?}"),
            }
        }
    }
}
