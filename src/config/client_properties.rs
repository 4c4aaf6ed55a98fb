//! The settings of `[kafka]` as the Kafka client wants them: properties by librdkafka's names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::secret::STARS;
use super::{Kafka, SaslMechanism, Secret, SecurityProtocol};

/// Properties of the Kafka client by its names for them. Values may be references like secrets,
/// and those about `ssl.` and `sasl.` print as stars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Properties(pub(super) BTreeMap<String, Secret>);

impl Kafka {
    /// What every Kafka client is given beside its address, by librdkafka's names. Holds secrets.
    pub fn client_properties(&self) -> BTreeMap<String, String> {
        let security = &self.security;
        let mut pairs = vec![("security.protocol", security.protocol.as_str())];
        if security.protocol.uses_sasl() {
            pairs.extend([
                ("sasl.mechanism", security.sasl_mechanism.as_str()),
                ("sasl.username", security.username.as_str()),
                ("sasl.password", security.password.reveal()),
            ]);
        }
        let ca_file = security.ca_file.to_string_lossy();
        if !ca_file.is_empty() {
            pairs.push(("ssl.ca.location", &ca_file));
        }
        pairs.extend(self.properties.reveal());
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl SecurityProtocol {
    /// As the Kafka client writes it.
    fn as_str(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "plaintext",
            SecurityProtocol::Ssl => "ssl",
            SecurityProtocol::SaslPlaintext => "sasl_plaintext",
            SecurityProtocol::SaslSsl => "sasl_ssl",
        }
    }

    pub(super) fn uses_sasl(self) -> bool {
        matches!(self, SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl)
    }
}

impl SaslMechanism {
    /// As the Kafka client writes it.
    fn as_str(self) -> &'static str {
        match self {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Properties {
    /// Name and value of each.
    pub(super) fn reveal(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.reveal()))
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let secret = |name: &str| name.starts_with("ssl.") || name.starts_with("sasl.");
        serializer.collect_map(
            self.0
                .iter()
                .map(|(name, value)| (name, if secret(name) { STARS } else { value.reveal() })),
        )
    }
}
