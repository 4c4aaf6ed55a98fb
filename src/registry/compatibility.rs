//! Whether readers and writers of neighbouring versions understand each other: FULL_TRANSITIVE.
//!
//! Stricter than Avro's own check, which is content when *some* values can be read. That check also
//! takes a type's definition and a mention of its name for two things, so a version that mentions a
//! type earlier than the last one did would be refused; here each named type is compared by itself.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::error::CompatibilityError;
use apache_avro::schema::UnionSchema;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use serde_json::Value;

use super::{RegistryError, Version};

/// The one level of the embedded registry, by Confluent's name for it.
pub const LEVEL: &str = "FULL_TRANSITIVE";

/// Levels whose promises it keeps, itself among them.
pub const IMPLIED_LEVELS: [&str; 6] =
    ["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", LEVEL];

/// A schema that wants to join a subject.
pub struct Evolution {
    pub json: Value,
    parts: Parts,
}

/// A schema taken apart: inside each part, named types are mentioned by their names alone.
struct Parts {
    root: Schema,
    named: BTreeMap<String, Schema>,
}

impl Evolution {
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let invalid = |reason: String| RegistryError::Invalid { reason };
        let json = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let schema = Schema::parse(&json).map_err(|error| invalid(error.to_string()))?;
        let mut named = BTreeMap::new();
        let root = take_apart(schema, &mut named);
        Ok(Evolution { json, parts: Parts { root, named } })
    }

    /// One sentence for each version that could not read this one, or be read with it.
    pub fn objections(&self, versions: &[Version]) -> Result<Vec<String>, RegistryError> {
        let mut objections = Vec::new();
        for old in versions {
            let parts = Evolution::parse(&old.schema)?.parts;
            let number = old.version;
            if let Err(reason) = reads_all(&parts, &self.parts) {
                objections.push(format!("it cannot read data of version {number}: {reason}"));
            }
            if let Err(reason) = reads_all(&self.parts, &parts) {
                objections.push(format!("version {number} cannot read its data: {reason}"));
            }
        }
        Ok(objections)
    }
}

fn take_apart(schema: Schema, named: &mut BTreeMap<String, Schema>) -> Schema {
    let schema = match schema {
        Schema::Record(mut record) => {
            for field in &mut record.fields {
                field.schema = take_apart(field.schema.clone(), named);
            }
            Schema::Record(record)
        }
        Schema::Array(mut array) => {
            array.items = Box::new(take_apart(*array.items, named));
            Schema::Array(array)
        }
        Schema::Map(mut map) => {
            map.types = Box::new(take_apart(*map.types, named));
            Schema::Map(map)
        }
        Schema::Union(union) => {
            let variants = union.variants().iter().cloned();
            let variants = variants.map(|variant| take_apart(variant, named)).collect();
            Schema::Union(UnionSchema::new(variants).expect("names differ as their types did"))
        }
        other => other,
    };
    match schema.name().cloned() {
        Some(name) if !matches!(schema, Schema::Ref { .. }) => {
            named.insert(name.fullname(None), schema);
            Schema::Ref { name }
        }
        _ => schema,
    }
}

fn reads_all(writer: &Parts, reader: &Parts) -> Result<(), String> {
    reads_part(&writer.root, &reader.root)?;
    for (name, written) in &writer.named {
        if let Some(read) = reader.named.get(name) {
            reads_part(written, read).map_err(|reason| format!("{name}: {reason}"))?;
        }
    }
    Ok(())
}

fn reads_part(writer: &Schema, reader: &Schema) -> Result<(), String> {
    match SchemaCompatibility::can_read(writer, reader) {
        Ok(Compatibility::Full) => Ok(()),
        Ok(Compatibility::Partial) => Err("the reader lacks a symbol (and has no default) or a \
                                           branch of a union"
            .to_owned()),
        Err(error) => Err(explain(&error)),
    }
}

/// Avro's own text prints whole schemas; this names the field and what is wrong there.
fn explain(error: &CompatibilityError) -> String {
    match error {
        CompatibilityError::FieldTypeMismatch(field, inner) => {
            format!("field {field}: {}", explain(inner))
        }
        CompatibilityError::MissingDefaultValue(field) => {
            format!("field {field} is missing in what was written and has no default")
        }
        CompatibilityError::WrongType { .. } => "the types differ".to_owned(),
        CompatibilityError::NameMismatch { writer_name, reader_name } => {
            format!("{writer_name} was written and {reader_name} is expected")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objections(old: &str, new: &str) -> Vec<String> {
        let versions = [Version { subject: "s".into(), version: 1, id: 1, schema: record_of(old) }];
        let new = Evolution::parse(&record_of(new)).expect("valid");
        new.objections(&versions).expect("valid")
    }

    fn record_of(fields: &str) -> String {
        format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
    }

    #[test]
    fn what_fits_and_what_does_not() {
        let a = r#"{"name":"a","type":"string"}"#;
        let a_and_b = |b: &str| format!(r#"{a},{{"name":"b",{b}}}"#);
        let letters = |rest: &str| {
            format!(r#"{{"name":"e","type":{{"type":"enum","name":"E","symbols":["X"{rest}}}}}"#)
        };
        let nested = |name: &str, fields: &str| {
            let record = record_of(fields).replace(r#""R""#, r#""N""#);
            format!(r#"{{"name":"{name}","type":["null",{record}],"default":null}}"#)
        };
        let mention =
            |name: &str| format!(r#"{{"name":"{name}","type":["null","N"],"default":null}}"#);
        for (name, old, new, expected) in [
            ("same", a.into(), a.into(), ""),
            ("field with default", a.into(), a_and_b(r#""type":"int","default":1"#), ""),
            ("field without", a.into(), a_and_b(r#""type":"int""#), "R: field b is missing"),
            ("field gone", a_and_b(r#""type":"int""#), a.into(), "R: field b is missing"),
            ("type", a.into(), a.replace("string", "int"), "R: field a: the types differ"),
            ("widened", a.replace("string", "int"), a.replace("string", "long"), "R: field a"),
            ("symbol", letters("]"), letters(r#","Y"]"#), "E: the reader lacks a symbol"),
            (
                "symbol with default",
                letters(r#"],"default":"X""#),
                letters(r#","Y"],"default":"X""#),
                "",
            ),
            (
                "renamed",
                nested("n", a),
                nested("n", a).replace(r#""N""#, r#""M""#),
                "a branch of a union",
            ),
            ("inner field without", nested("n", ""), nested("n", a), "N: field a is missing"),
            (
                "mentioned before it was defined so far",
                nested("n", a),
                format!("{},{}", nested("earlier", a), mention("n")),
                "",
            ),
            (
                "and changed on the way",
                nested("n", a),
                format!("{},{}", nested("earlier", &a.replace("string", "int")), mention("n")),
                "N: field a: the types differ",
            ),
            ("itself", nested("n", &mention("next")), nested("n", &mention("next")), ""),
        ] {
            let found = objections(&old, &new).join("; ");
            assert_eq!(found.is_empty(), expected.is_empty(), "{name}: {found}");
            assert!(found.contains(expected), "{name}: {found}");
        }
    }
}
