//! Identities, derived from what they stand for and never drawn by chance, so that a repeat of
//! the same input is seen to be the same thing.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Hash of the parts; the type's name goes in, so equal parts of two kinds differ.
            pub fn of(parts: &[&str]) -> Self {
                $name(digest(stringify!($name), parts))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Enough of it for a person to tell two apart.
            pub fn short(&self) -> &str {
                &self.0[..self.0.len().min(8)]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One failed attempt of one run.
    FailureId
);
id!(
    /// One thing that is wrong with one pipeline: class and subject, as the root cause first said it.
    IncidentId
);
id!(
    /// What people hear of as one thing: an incident, or one shared subject of many pipelines.
    ConversationId
);
id!(
    /// A repository and its sorted edits.
    FixId
);

/// 128 bits of SHA-256 in hex over length-prefixed parts, so that no two lists collide by joining.
pub(crate) fn digest(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
