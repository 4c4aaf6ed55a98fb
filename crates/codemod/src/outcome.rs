//! What a caller gets back.

use serde::{Deserialize, Serialize};

/// The end of one request on one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A new text that passed every gate.
    Patched(Patch),
    /// The file already has what was asked for; says where.
    Already(String),
    /// The file is left alone; says why.
    Refused(String),
}

/// A changed file with everything a reviewer asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The whole new text.
    pub text: String,
    /// How many separate places were changed.
    pub edits: usize,
    /// The reasons, in words.
    pub why: Explanation,
    /// How sure the codemod is.
    pub applicability: Applicability,
    /// The gates the patch passed, in the order they ran.
    pub gates: Vec<Gate>,
}

/// Why a change is right, in the order a reviewer asks. Each part is one or a few plain sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The evidence, as the caller quoted it.
    pub evidence: String,
    /// Why this place in the file.
    pub why_here: String,
    /// What changes at run time.
    pub what_changes: String,
    /// What stays as it was, or must be weighed by a person.
    pub what_it_does_not_fix: String,
    /// How to go back.
    pub how_to_undo: String,
}

/// How sure a codemod is of its change; decides what may be done with the patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicability {
    /// Results stay the same; a pull request may be opened.
    Safe,
    /// Right by the evidence, but a person must weigh what the explanation names.
    Unsafe,
    /// Only good for showing in a message.
    Hint,
}

/// A check that a patch passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// What was checked, in a few words.
    pub name: &'static str,
    /// What the check saw.
    pub result: String,
}
