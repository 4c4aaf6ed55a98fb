//! Edits of PySpark source that keep its format: text in, text out with the reason, or a refusal.
//!
//! A [`Request`] says what was seen at run time (a missing column, a skewed join, a setting), [`apply`]
//! finds the one place in the job that it speaks of and returns a [`Patch`] that passed every gate, or says
//! why it left the text alone. Nothing here does input or output, asks the time or draws by chance; the
//! same request and text give the same answer for ever.
//!
//! It refuses rather than guesses: an input read twice, a path it cannot follow, a name that branches bind
//! differently. A missing patch costs a person ten minutes, a wrong one costs the trust in all of them.

mod request;
mod outcome;
mod apply;
mod gates;
mod edit;
mod diff;
mod mods;
mod spark;
mod python;

pub use crate::apply::apply;
pub use crate::diff::unified_diff;
pub use crate::mods::{Codemod, all};
pub use crate::outcome::{Applicability, Explanation, Gate, Outcome, Patch};
pub use crate::python::Unreadable;
pub use crate::request::{
    BroadcastJoin, JoinOnName, NullGuard, PlanPosition, RenameColumn, Request, Seen,
    SessionSetting, SideSize, SparkLine, ToLocalIterator, TryCast, UnionByName,
};
