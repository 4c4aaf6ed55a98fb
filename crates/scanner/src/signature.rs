//! What one signature is: a named thing that logs say, how to recognise it, and examples of both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One signature, as its TOML file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Unique within a pack, by convention `<family>.<name>`.
    pub id: String,
    /// One sentence for people: what this line means.
    pub summary: String,
    /// What part a match plays.
    pub kind: Kind,
    /// The failure class it speaks for; required for causes, absent where it is no failure.
    pub class: Option<String>,
    /// How much it matters by itself.
    pub severity: Severity,
    /// Literals; a line without any of them is never tried. Matched case by case, byte by byte.
    pub keywords: Vec<String>,
    /// Confirms the match and extracts; without it a keyword alone is a match.
    pub regex: Option<String>,
    /// What each named group of `regex` holds; the names are checked when the pack is loaded.
    #[serde(default)]
    pub captures: BTreeMap<String, String>,
    /// Reported only where no other cause matches the same line, and no wrapper from where it stands.
    #[serde(default)]
    pub fallback: bool,
    /// Signatures that, matching the same line, make this one silent.
    #[serde(default)]
    pub suppressed_by: Vec<String>,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Lines as a log writes them that must match.
    pub must_match: Vec<String>,
    /// Near misses that must not.
    #[serde(default)]
    pub must_not_match: Vec<String>,
}

/// What part a match plays in the story of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// May be the root.
    Cause,
    /// Carries another failure and says little itself.
    Wrapper,
    /// Follows from a failure elsewhere.
    Echo,
    /// Tells how far the run came: started, stopped, exit codes.
    Lifecycle,
    /// Loud and harmless.
    Noise,
}

/// How much a match matters by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth watching.
    Warning,
    /// A failure.
    Error,
    /// A failure that ends the process.
    Fatal,
}

impl Kind {
    /// As a signature's file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Cause => "cause",
            Kind::Wrapper => "wrapper",
            Kind::Echo => "echo",
            Kind::Lifecycle => "lifecycle",
            Kind::Noise => "noise",
        }
    }
}

impl Severity {
    /// As a signature's file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Fatal => "fatal",
        }
    }
}
