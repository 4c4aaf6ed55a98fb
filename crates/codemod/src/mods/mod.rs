//! The codemods, one file each, in the order users see them.

pub(crate) mod rename_column;
pub(crate) mod broadcast_join;
pub(crate) mod session_setting;
pub(crate) mod union_by_name;
pub(crate) mod join_on_name;
pub(crate) mod try_cast;
pub(crate) mod null_guard;
pub(crate) mod to_local_iterator;

use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::request::Request;
use crate::spark::Job;

/// Every codemod.
pub fn all() -> &'static [&'static Codemod] {
    &[
        &rename_column::CODEMOD,
        &broadcast_join::CODEMOD,
        &session_setting::CODEMOD,
        &union_by_name::CODEMOD,
        &join_on_name::CODEMOD,
        &try_cast::CODEMOD,
        &null_guard::CODEMOD,
        &to_local_iterator::CODEMOD,
    ]
}

/// What a codemod says about itself; the page people read is made from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Codemod {
    /// Its name in requests, branches and messages; never changes.
    pub name: &'static str,
    /// One line for lists.
    pub title: &'static str,
    /// What it sees in a run.
    pub sees: &'static str,
    /// Why that hurts.
    pub hurts: &'static str,
    /// A job before the change; a fixture runs it.
    pub before: &'static str,
    /// The same job after the change.
    pub after: &'static str,
    /// How safe the change is, and why.
    pub how_safe: &'static str,
    /// When it would be wrong, and is refused.
    pub when_wrong: &'static str,
}

impl Codemod {
    /// The page about this codemod, in Markdown.
    pub fn page(&self) -> String {
        format!(
            "# {}: {}\n\n## What it sees\n\n{}\n\n## Why it hurts\n\n{}\n\n## Before\n\n\
             ```python\n{}```\n\n## After\n\n```python\n{}```\n\n## How safe it is\n\n{}\n\n\
             ## When it is wrong\n\n{}\n",
            self.name,
            self.title,
            self.sees,
            self.hurts,
            self.before,
            self.after,
            self.how_safe,
            self.when_wrong
        )
    }
}

/// What a codemod wants to do, before the gates.
pub(crate) struct Change {
    pub edits: Vec<Edit>,
    pub why: Explanation,
    pub applicability: Applicability,
}

/// Why a codemod does nothing.
pub(crate) enum Stop {
    Already(String),
    Refused(String),
}

impl Stop {
    pub fn already<T>(reason: impl Into<String>) -> Result<T, Self> {
        Err(Self::Already(reason.into()))
    }

    pub fn refused<T>(reason: impl Into<String>) -> Result<T, Self> {
        Err(Self::Refused(reason.into()))
    }
}

impl Request {
    pub(crate) fn plan(&self, job: &Job<'_>) -> Result<Change, Stop> {
        match self {
            Self::RenameColumn(ask) => rename_column::plan(job, ask),
            Self::BroadcastJoin(ask) => broadcast_join::plan(job, ask),
            Self::SessionSetting(ask) => session_setting::plan(job, ask),
            Self::UnionByName(ask) => union_by_name::plan(job, ask),
            Self::JoinOnName(ask) => join_on_name::plan(job, ask),
            Self::TryCast(ask) => try_cast::plan(job, ask),
            Self::NullGuard(ask) => null_guard::plan(job, ask),
            Self::ToLocalIterator(ask) => to_local_iterator::plan(job, ask),
        }
    }
}
