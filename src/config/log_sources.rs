//! Settings of the places that logs are fetched from, each with the account that is shown there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Environment, Secret};
use crate::world::log_store::{Address, StoreKind, option_id};

/// A web server that may be asked for logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebLogs {
    /// Beginning of the addresses that may be asked.
    pub url: String,
    /// Sent as a bearer token; empty means none.
    #[serde(default)]
    pub token: Secret,
    /// Sent with the password where there is no token; empty means nobody.
    #[serde(default)]
    pub username: String,
    /// Proves it.
    #[serde(default)]
    pub password: Secret,
}

/// A bucket of an object store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLogs {
    /// Bucket, and a prefix if not all of it may be read.
    pub url: String,
    /// Handed to the store's client. What they leave out is taken from the usual variables of the
    /// environment, and accounts from the machine.
    #[serde(default)]
    pub options: Options,
}

/// Options of a store's client, by name; none is ever printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(pub(super) BTreeMap<String, Secret>);

/// An Airflow whose API may be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Airflow {
    /// Where its web page is.
    pub url: String,
    /// Whose API.
    #[serde(default)]
    pub version: AirflowVersion,
    /// For an API that takes names and passwords.
    #[serde(default)]
    pub username: String,
    /// Proves it.
    #[serde(default)]
    pub password: Secret,
    /// Instead of name and password.
    #[serde(default)]
    pub token: Secret,
}

/// Which API an Airflow has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AirflowVersion {
    /// It is asked.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "2")]
    Two,
    #[serde(rename = "3")]
    Three,
}

impl Options {
    /// Name and value of each.
    pub fn reveal(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.reveal()))
    }
}

impl WebLogs {
    /// A server to which we are nobody.
    pub fn plain(url: impl Into<String>) -> Self {
        let nobody = Secret::default();
        WebLogs {
            url: url.into(),
            token: nobody.clone(),
            username: String::new(),
            password: nobody,
        }
    }
}

impl ObjectLogs {
    /// A bucket of which nothing is said but where it is.
    pub fn plain(url: impl Into<String>) -> Self {
        ObjectLogs { url: url.into(), options: Options::default() }
    }

    /// Whose protocol the bucket speaks; none where the address is no bucket's.
    pub fn kind(&self) -> Option<StoreKind> {
        match Address::parse(&self.url) {
            Ok(Address::Object(object)) => Some(object.kind),
            _ => None,
        }
    }

    /// What the options leave open is as `AWS_REGION` and the like say.
    pub fn fill_from(&mut self, env: &Environment) {
        let Some(kind) = self.kind() else { return };
        let prefix = match kind {
            StoreKind::S3 => "AWS_",
            StoreKind::Gcs => "GOOGLE_",
            StoreKind::Azure => "AZURE_",
        };
        for (variable, value) in env.iter().filter(|(name, _)| name.starts_with(prefix)) {
            let name = variable.to_lowercase();
            let Some(id) = option_id(kind, &name) else { continue };
            let is_set =
                self.options.0.keys().any(|known| option_id(kind, known) == Some(id.clone()));
            if !is_set {
                self.options.0.insert(name, Secret::new(value));
            }
        }
    }
}
