//! Published schemas: every file is in use, shared types are the same everywhere, and each record
//! can grow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adp::records::{self, Topic};
use adp::registry::{Registry, RegistryError, Store};
use serde_json::{Value, json};

/// Every record's published versions, oldest first.
fn published() -> Vec<(Topic, Vec<Value>)> {
    let read = |text: &&str| serde_json::from_str(text).expect("a schema is JSON");
    records::all().into_iter().map(|(topic, all)| (topic, all.iter().map(read).collect())).collect()
}

#[test]
fn every_schema_file_is_in_use_and_lies_where_its_name_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut lying = BTreeSet::new();
    for record in std::fs::read_dir(folder).expect("the folder") {
        for version in std::fs::read_dir(record.expect("an entry").path()).expect("a folder") {
            lying.insert(version.expect("an entry").path());
        }
    }
    let mut expected = BTreeSet::new();
    for (topic, versions) in published() {
        for (index, schema) in versions.iter().enumerate() {
            let name = snake_case(schema["name"].as_str().expect("a record has a name"));
            let path = format!("schemas/{name}/v{}.avsc", index + 1);
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{topic}: {e}"));
            let in_file: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(&in_file, schema, "{topic}");
            expected.insert(path);
        }
    }
    assert_eq!(lying, expected);
}

/// `LogSummary` as `log_summary`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[test]
fn all_versions_of_a_record_read_each_other_and_a_next_one_may_follow() {
    for (topic, versions) in published() {
        let store = Store::in_memory();
        // The registry takes what reads, and is read by, every version before it.
        for schema in &versions {
            store.register(&topic.subject(), &schema.to_string()).expect("a published version");
        }
        let mut next = versions.last().expect("one version at least").clone();
        let fields = next["fields"].as_array_mut().expect("a record");
        fields.push(json!({"name": "new", "type": "string"}));
        let refused = store.register(&topic.subject(), &next.to_string());
        assert!(matches!(refused, Err(RegistryError::Incompatible { .. })), "{topic}");
        let fields = next["fields"].as_array_mut().expect("a record");
        fields.last_mut().expect("just added")["default"] = json!("");
        store.register(&topic.subject(), &next.to_string()).expect("a default makes it fit");
    }
}

#[test]
fn types_that_records_share_are_the_same_in_every_schema() {
    let mut shapes: BTreeMap<String, Vec<(Topic, Value)>> = BTreeMap::new();
    for (topic, versions) in published() {
        let mut named = BTreeMap::new();
        flatten(versions.last().expect("one version at least"), &mut named);
        for (name, shape) in named {
            shapes.entry(name).or_default().push((topic, shape));
        }
    }
    let shared: Vec<&str> =
        shapes.iter().filter(|(_, uses)| uses.len() > 1).map(|(name, _)| name.as_str()).collect();
    assert!(shared.contains(&"Case") && shared.contains(&"Cause"), "{shared:?}");
    for (name, uses) in &shapes {
        for (topic, shape) in uses {
            assert_eq!(shape, &uses[0].1, "{name} on {topic} and on {}", uses[0].0);
        }
    }
}

/// Every named type with the types inside it by name only, as if each stood alone; what the whole
/// is, seen from outside.
fn flatten(schema: &Value, named: &mut BTreeMap<String, Value>) -> Value {
    match schema {
        Value::Array(all) => all.iter().map(|one| flatten(one, named)).collect(),
        Value::Object(members) => {
            let mut shape = members.clone();
            for inside in ["type", "items", "values"] {
                if let Some(inner) = members.get(inside) {
                    shape.insert(inside.to_owned(), flatten(inner, named));
                }
            }
            if let Some(fields) = members.get("fields") {
                shape.insert("fields".to_owned(), flatten(fields, named));
            }
            let is_named = matches!(members["type"].as_str(), Some("record" | "enum" | "fixed"));
            match members.get("name") {
                Some(Value::String(name)) if is_named => {
                    named.insert(name.clone(), Value::Object(shape));
                    Value::String(name.clone())
                }
                _ => Value::Object(shape),
            }
        }
        other => other.clone(),
    }
}
