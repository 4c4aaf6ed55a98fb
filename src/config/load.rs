//! Lays the file over the defaults and the environment over both.
//!
//! A variable is `ADP_<SECTION>__<FIELD>`, deeper fields with further pairs of underscores. Others
//! that begin with `ADP_` are not ours: Kubernetes sets `ADP_SERVICE_HOST` and its like for a
//! service named `adp`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::check::check;
use super::explain::{Explained, Origin, Origins};
use super::{Environment, Secret, Settings};
use crate::errors::ErrorCode;

const PREFIX: &str = "ADP_";

/// Settings that lie at the top of the tree and so have no section.
const WITHOUT_SECTION: [&str; 3] = ["ADP_AIRFLOW", "ADP_REPOSITORIES", "ADP_CHANNELS"];

/// What is wrong with the settings, where, and whose it is: always the operator's.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file, or it is not ours to read.
    #[error("failed to read {path}")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or not our tree.
    #[error("{}:{line}:{column}: {reason}", path.display())]
    Malformed { path: PathBuf, line: usize, column: usize, reason: String },
    /// A variable of the environment does not fit the tree.
    #[error("{variable}: {reason}")]
    Variable { variable: String, reason: String },
    /// A value that reads well and cannot work.
    #[error("{origin}: {key}: {reason}")]
    Invalid { key: String, origin: Origin, reason: String },
    /// A reference that leads nowhere.
    #[error("{origin}: {key}: failed to find the secret: {reason}")]
    Secret { key: String, origin: Origin, reason: String },
}

impl ConfigError {
    /// The page that helps.
    pub fn code(&self) -> ErrorCode {
        match self {
            ConfigError::Secret { .. } => ErrorCode::Secret,
            _ => ErrorCode::Settings,
        }
    }
}

impl Settings {
    /// The defaults, the file over them if there is one, the environment over both.
    ///
    /// # Errors
    /// Anything that could not be what the operator meant, with its place.
    pub fn load(path: Option<&Path>, env: &Environment) -> Result<Settings, ConfigError> {
        Settings::load_explained(path, env).map(|(settings, _)| settings)
    }

    /// The same, and for every value where it came from.
    ///
    /// # Errors
    /// As `load`.
    pub fn load_explained(
        path: Option<&Path>,
        env: &Environment,
    ) -> Result<(Settings, Explained), ConfigError> {
        let mut origins = Origins::default();
        let mut tree = match path {
            Some(path) => read_file(path, &mut origins)?,
            None => Table::new(),
        };
        for (variable, value) in env.iter().filter(|(name, _)| is_ours(name)) {
            let key = key_of(variable);
            tree = with_variable(&tree, &key, value).map_err(|reason| ConfigError::Variable {
                variable: variable.to_owned(),
                reason,
            })?;
            origins.overlay(&key, Origin::Environment(variable.to_owned()));
        }
        let mut settings = Settings::deserialize(tree).expect("each layer was tried on its own");
        settings.follow_secrets(env, &origins)?;
        check(&settings).map_err(|problem| {
            let origin = origins.of(&problem.key);
            ConfigError::Invalid { key: problem.key, origin, reason: problem.reason }
        })?;
        let explained = Explained::new(&settings, &origins);
        Ok((settings, explained))
    }

    fn follow_secrets(&mut self, env: &Environment, origins: &Origins) -> Result<(), ConfigError> {
        let follow = |key: String, secret: &mut Secret| {
            secret.resolve(env).map_err(|reason| ConfigError::Secret {
                origin: origins.of(&key),
                key,
                reason,
            })
        };
        follow("kafka.security.password".to_owned(), &mut self.kafka.security.password)?;
        follow("registry.password".to_owned(), &mut self.registry.password)?;
        for (i, server) in self.logs.web.iter_mut().enumerate() {
            follow(format!("logs.web[{i}].token"), &mut server.token)?;
            follow(format!("logs.web[{i}].password"), &mut server.password)?;
        }
        for (i, bucket) in self.logs.objects.iter_mut().enumerate() {
            for (name, value) in &mut bucket.options.0 {
                follow(format!("logs.objects[{i}].options.{name}"), value)?;
            }
            bucket.fill_from(env);
        }
        for (i, airflow) in self.airflow.iter_mut().enumerate() {
            follow(format!("airflow[{i}].token"), &mut airflow.token)?;
            follow(format!("airflow[{i}].password"), &mut airflow.password)?;
        }
        for (name, value) in &mut self.kafka.properties.0 {
            follow(format!("kafka.properties.{name}"), value)?;
        }
        Ok(())
    }
}

/// The file's tree, once it is known to fit ours.
fn read_file(path: &Path, origins: &mut Origins) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let malformed = |error: toml::de::Error| {
        let (line, column) = place(&text, error.span());
        let reason = error.message().to_owned();
        ConfigError::Malformed { path: path.to_owned(), line, column, reason }
    };
    toml::from_str::<Settings>(&text).map_err(malformed)?;
    origins.read(path, &text).map_err(malformed)?;
    toml::from_str(&text).map_err(malformed)
}

/// Line and column, from 1, of where the span begins.
pub(super) fn place(text: &str, span: Option<Range<usize>>) -> (usize, usize) {
    let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn is_ours(variable: &str) -> bool {
    let section = variable.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__"));
    section || WITHOUT_SECTION.contains(&variable)
}

fn key_of(variable: &str) -> Vec<String> {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    rest.split("__").map(str::to_lowercase).collect()
}

/// The tree with one value replaced. The text is taken as it stands, or, where the field is no
/// string, as TOML: `3`, `true`, `["a", "b"]`.
fn with_variable(tree: &Table, key: &[String], text: &str) -> Result<Table, String> {
    let as_text = fitting(tree, key, Value::String(text.to_owned()));
    let Err(reason) = as_text else { return as_text };
    let Ok(value) = format!("value = {text}").parse::<Table>() else { return Err(reason) };
    let value = value.into_iter().map(|(_, value)| value).next().expect("one was written");
    fitting(tree, key, value)
}

fn fitting(tree: &Table, key: &[String], value: Value) -> Result<Table, String> {
    let mut tree = tree.clone();
    let (name, sections) = key.split_last().expect("splitting gives at least one part");
    let mut at = &mut tree;
    for section in sections {
        let entry = at.entry(section).or_insert_with(|| Value::Table(Table::new()));
        at = entry.as_table_mut().ok_or_else(|| format!("{section} is no section"))?;
    }
    at.insert(name.clone(), value);
    match Settings::deserialize(tree.clone()) {
        Ok(_) => Ok(tree),
        Err(error) => Err(error.message().to_owned()),
    }
}
