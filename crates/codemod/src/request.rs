//! What a caller asks for: the evidence of a run, in the terms of the job's source.

use serde::{Deserialize, Serialize};

use crate::mods;

/// One fix to try on one file. Each variant carries all that its codemod needs to find the place and to
/// explain the change; what is unknown stays empty, and the codemod refuses where that leaves a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "codemod", rename_all = "snake_case")]
pub enum Request {
    /// A column the job names is now delivered under another name.
    RenameColumn(RenameColumn),
    /// One side of a shuffled join is small enough to be sent to every executor.
    BroadcastJoin(BroadcastJoin),
    /// A runtime setting of the session should have another value.
    SessionSetting(SessionSetting),
    /// Two inputs of a union have different columns.
    UnionByName(UnionByName),
    /// A join on an expression kept the key twice.
    JoinOnName(JoinOnName),
    /// A cast meets text that is no value of its type.
    TryCast(TryCast),
    /// A Python function meets NULL.
    NullGuard(NullGuard),
    /// The driver holds a whole result that it only walks through.
    ToLocalIterator(ToLocalIterator),
}

impl Request {
    /// The codemod that answers this request.
    pub fn codemod(&self) -> &'static mods::Codemod {
        match self {
            Self::RenameColumn(_) => &mods::rename_column::CODEMOD,
            Self::BroadcastJoin(_) => &mods::broadcast_join::CODEMOD,
            Self::SessionSetting(_) => &mods::session_setting::CODEMOD,
            Self::UnionByName(_) => &mods::union_by_name::CODEMOD,
            Self::JoinOnName(_) => &mods::join_on_name::CODEMOD,
            Self::TryCast(_) => &mods::try_cast::CODEMOD,
            Self::NullGuard(_) => &mods::null_guard::CODEMOD,
            Self::ToLocalIterator(_) => &mods::to_local_iterator::CODEMOD,
        }
    }

    /// The same request with its source line moved, for a text in which lines were added above it.
    pub(crate) fn with_line(&self, moved: impl Fn(u32) -> u32) -> Self {
        let mut request = self.clone();
        if let Some(line) = &mut request.seen_mut().line {
            *line = moved(*line);
        }
        request
    }

    fn seen_mut(&mut self) -> &mut Seen {
        match self {
            Self::RenameColumn(ask) => &mut ask.seen,
            Self::BroadcastJoin(ask) => &mut ask.seen,
            Self::SessionSetting(ask) => &mut ask.seen,
            Self::UnionByName(ask) => &mut ask.seen,
            Self::JoinOnName(ask) => &mut ask.seen,
            Self::TryCast(ask) => &mut ask.seen,
            Self::NullGuard(ask) => &mut ask.seen,
            Self::ToLocalIterator(ask) => &mut ask.seen,
        }
    }
}

/// What the run said, and where in the source it pointed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The line of the log or the metric that asks for the fix; quoted in the explanation.
    #[serde(default)]
    pub evidence: String,
    /// The source line the run named, counted from 1. It belongs to the deployed commit.
    #[serde(default)]
    pub line: Option<u32>,
    /// The text of that line as the traceback quoted it. With it the line is found again when the file has
    /// moved on; a `line` whose text is another is not believed.
    #[serde(default)]
    pub quote: Option<String>,
}

/// `missing` cannot be resolved and `present` is what the input has now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameColumn {
    /// What the run said.
    #[serde(default)]
    pub seen: Seen,
    /// The name the job uses.
    pub missing: String,
    /// The name the input delivers.
    pub present: String,
    /// Path, table or variable of the input, where the evidence names it.
    #[serde(default)]
    pub input: Option<String>,
    /// Which relation of the printed plan has `present`, where a plan was printed.
    #[serde(default)]
    pub relation: Option<PlanPosition>,
}

/// A relation's place among all relations of a printed plan, from top to bottom, which is the order of the
/// inputs in the source from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanPosition {
    /// Counted from 0.
    pub index: usize,
    /// How many relations the plan shows.
    pub of: usize,
}

/// The side of a join read from `side` is small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastJoin {
    /// What the run said.
    #[serde(default)]
    pub seen: Seen,
    /// Path, table or variable of the small side.
    pub side: String,
    /// How large it is, where that was measured.
    #[serde(default)]
    pub size: Option<SideSize>,
}

/// The size of one side of a join, in bytes. A listing of files is no such evidence: compression, a filter
/// or an explode change it tenfold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideSize {
    /// The optimizer's statistics in the plan.
    Plan(u64),
    /// The "data size" metric of the exchange that fed the join.
    Metrics(u64),
}

impl SideSize {
    /// The size in bytes, wherever it came from.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Plan(bytes) | Self::Metrics(bytes) => bytes,
        }
    }
}

/// `key` should be `value` in the job's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSetting {
    /// What the run said.
    #[serde(default)]
    pub seen: Seen,
    /// The full key, such as `spark.sql.shuffle.partitions`.
    pub key: String,
    /// The value as Spark reads it.
    pub value: String,
    /// The version the job runs on; settings come and go with it.
    pub spark: SparkLine,
}

/// A line of Spark releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SparkLine {
    /// 3.5
    #[serde(rename = "3.5")]
    V3_5,
    /// 4.0
    #[serde(rename = "4.0")]
    V4_0,
    /// 4.1
    #[serde(rename = "4.1")]
    V4_1,
}

impl SparkLine {
    /// The line that a full version such as `3.5.7` belongs to, where we know it.
    pub fn of_version(version: &str) -> Option<Self> {
        let mut parts = version.split('.');
        match (parts.next()?, parts.next()?) {
            ("3", "5") => Some(Self::V3_5),
            ("4", "0") => Some(Self::V4_0),
            ("4", "1") => Some(Self::V4_1),
            _ => None,
        }
    }
}

/// The inputs of a union have the columns `left` and `right`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnionByName {
    /// What the run said.
    #[serde(default)]
    pub seen: Seen,
    /// Columns of the first input, in order.
    pub left: Vec<String>,
    /// Columns of the second input, in order.
    pub right: Vec<String>,
}

/// `column` exists twice behind a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinOnName {
    /// What the run said.
    #[serde(default)]
    pub seen: Seen,
    /// The ambiguous name.
    pub column: String,
}

/// A cast met a value it cannot represent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryCast {
    /// What the run said; without a line there is nothing to look at.
    #[serde(default)]
    pub seen: Seen,
    /// The version the job runs on: `Column.try_cast` exists from 4.0.
    pub spark: SparkLine,
}

/// A Python function raised on `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NullGuard {
    /// What the run said; its line is inside the function.
    #[serde(default)]
    pub seen: Seen,
    /// The function's name, where the traceback gives it (`<lambda>` included).
    #[serde(default)]
    pub function: Option<String>,
}

/// The driver could not hold the result of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToLocalIterator {
    /// What the run said; its line is the action.
    #[serde(default)]
    pub seen: Seen,
}
