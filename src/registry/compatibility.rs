//! Whether readers and writers of neighbouring versions understand each other: FULL_TRANSITIVE.
//!
//! Stricter than Avro's own check, which is content when *some* values can be read.

use apache_avro::Schema;
use apache_avro::error::CompatibilityError;
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
    schema: Schema,
}

impl Evolution {
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let invalid = |reason: String| RegistryError::Invalid { reason };
        let json = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let schema = Schema::parse(&json).map_err(|error| invalid(error.to_string()))?;
        Ok(Evolution { json, schema })
    }

    /// One sentence for each version that could not read this one, or be read with it.
    pub fn objections(&self, versions: &[Version]) -> Result<Vec<String>, RegistryError> {
        let mut objections = Vec::new();
        for old in versions {
            let schema = Evolution::parse(&old.schema)?.schema;
            let number = old.version;
            if let Err(reason) = reads_all(&schema, &self.schema) {
                objections.push(format!("it cannot read data of version {number}: {reason}"));
            }
            if let Err(reason) = reads_all(&self.schema, &schema) {
                objections.push(format!("version {number} cannot read its data: {reason}"));
            }
        }
        Ok(objections)
    }
}

fn reads_all(writer: &Schema, reader: &Schema) -> Result<(), String> {
    match SchemaCompatibility::can_read(writer, reader) {
        Ok(Compatibility::Full) => Ok(()),
        Ok(Compatibility::Partial) => Err("the reader lacks an enum symbol (and has no default) \
                                           or a branch of a union"
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
        for (name, old, new, expected) in [
            ("same", a.into(), a.into(), ""),
            ("field with default", a.into(), a_and_b(r#""type":"int","default":1"#), ""),
            ("field without", a.into(), a_and_b(r#""type":"int""#), "field b is missing"),
            ("field gone", a_and_b(r#""type":"int""#), a.into(), "field b is missing"),
            ("type", a.into(), a.replace("string", "int"), "field a: the types differ"),
            ("widened", a.replace("string", "int"), a.replace("string", "long"), "field a"),
            ("symbol", letters("]"), letters(r#","Y"]"#), "field e: "),
            (
                "symbol with default",
                letters(r#"],"default":"X""#),
                letters(r#","Y"],"default":"X""#),
                "",
            ),
        ] {
            let found = objections(&old, &new).join("; ");
            // Avro reports a partial match for the whole record, without the field's name.
            let expected = expected.strip_prefix("field e: ").map_or(expected, |_| "enum symbol");
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{name}: {found}"
            );
        }
    }
}
