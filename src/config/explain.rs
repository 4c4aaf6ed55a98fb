//! Where each effective value came from, for `adp config` and for error messages.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Settings;
use super::load::place;

/// Who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody: it is built in.
    Default,
    /// The settings file.
    File {
        /// As it was given to `load`.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// By the variable's name.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(variable) => f.write_str(variable),
        }
    }
}

/// Every value that is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Explained(pub Vec<Leaf>);

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaf {
    /// Path in the tree, as `kafka.slot` or `channels[0].name`.
    pub key: String,
    /// Secrets are stars.
    pub value: Value,
    pub origin: Origin,
}

impl Explained {
    pub(super) fn new(settings: &Settings, origins: &Origins) -> Self {
        let tree = serde_json::to_value(settings).expect("settings are plain data");
        let mut leaves = Vec::new();
        collect(String::new(), tree, &mut |key, value| {
            leaves.push(Leaf { origin: origins.of(&key), key, value });
        });
        Explained(leaves)
    }
}

/// `key = value`, one a line, each followed by its origin.
impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> =
            self.0.iter().map(|leaf| format!("{} = {}", leaf.key, leaf.value)).collect();
        let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        for (line, leaf) in lines.iter().zip(&self.0) {
            writeln!(f, "{line:width$}  # {}", leaf.origin)?;
        }
        Ok(())
    }
}

/// An empty list or table is a leaf, and so is a list of plain values.
fn collect(key: String, value: Value, leaf: &mut impl FnMut(String, Value)) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let dot = if key.is_empty() { "" } else { "." };
                collect(format!("{key}{dot}{name}"), value, leaf);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.into_iter().enumerate() {
                collect(format!("{key}[{index}]"), item, leaf);
            }
        }
        value => leaf(key, value),
    }
}

/// Origins by key; a key that is not there has that of the nearest one above it.
#[derive(Default)]
pub(super) struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Notes the line of everything that the file sets.
    pub fn read(&mut self, path: &Path, text: &str) -> Result<(), toml::de::Error> {
        let table = DeTable::parse(text)?;
        self.read_table("", table.get_ref(), &mut |span| Origin::File {
            path: path.to_owned(),
            line: place(text, Some(span)).0,
        });
        Ok(())
    }

    /// Takes a variable's word for the key and everything below it.
    pub fn overlay(&mut self, key: &[String], origin: Origin) {
        let key = key.join(".");
        self.0.retain(|known, _| {
            let below = known.strip_prefix(&key);
            !below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        self.0.insert(key, origin);
    }

    pub fn of(&self, key: &str) -> Origin {
        let mut at = key;
        loop {
            if let Some(origin) = self.0.get(at) {
                return origin.clone();
            }
            match at.rfind(['.', '[']) {
                Some(end) => at = &at[..end],
                None => return Origin::Default,
            }
        }
    }

    fn read_table(
        &mut self,
        above: &str,
        table: &DeTable<'_>,
        origin: &mut impl FnMut(std::ops::Range<usize>) -> Origin,
    ) {
        for (name, value) in table {
            let dot = if above.is_empty() { "" } else { "." };
            let key = format!("{above}{dot}{}", name.get_ref());
            self.read_value(key, name.span(), value, origin);
        }
    }

    fn read_value(
        &mut self,
        key: String,
        span: std::ops::Range<usize>,
        value: &Spanned<DeValue<'_>>,
        origin: &mut impl FnMut(std::ops::Range<usize>) -> Origin,
    ) {
        match value.get_ref() {
            // A section is no value: what it does not name keeps its default.
            DeValue::Table(table) => self.read_table(&key, table, origin),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                for (index, item) in items.iter().enumerate() {
                    // What an item leaves out belongs to the item all the same.
                    let key = format!("{key}[{index}]");
                    self.0.insert(key.clone(), origin(item.span()));
                    self.read_value(key, item.span(), item, origin);
                }
            }
            _ => {
                self.0.insert(key, origin(span));
            }
        }
    }
}
