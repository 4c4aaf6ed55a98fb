//! What one plan's tree says, before any number is known: operators and the accumulators that
//! will count for them.

use super::super::events::PlanNode;
use crate::world::spark_history::run_metrics::JoinKind;

const MOST_OPERATORS: usize = 64;
const OPERATOR_CHARS: usize = 300;
const MOST_KEY_COLUMNS: usize = 8;

/// The operators of interest of one plan. Numbers are the ids of accumulators.
#[derive(Default)]
pub struct Operators {
    pub joins: Vec<PlannedJoin>,
    pub scans: Vec<PlannedScan>,
    pub exchanges: Vec<PlannedExchange>,
    pub broadcasts: Vec<PlannedSide>,
}

pub struct PlannedJoin {
    pub operator: String,
    pub key: Option<String>,
    pub kind: JoinKind,
    pub rows_in: Vec<i64>,
    pub rows_out: i64,
    /// Left and right of a join that shuffles both.
    pub sides: Option<[PlannedSide; 2]>,
}

pub struct PlannedScan {
    pub operator: String,
    pub files: i64,
    pub bytes: Option<i64>,
}

/// A shuffle, and the operator that asked for it.
pub struct PlannedExchange {
    pub operator: String,
    pub key: Option<String>,
    /// Counted by the stage that reads it.
    pub records_read: i64,
}

#[derive(Clone, Copy)]
pub struct PlannedSide {
    pub bytes: i64,
    pub rows: Option<i64>,
}

impl Operators {
    pub fn of(root: &PlanNode) -> Self {
        let mut operators = Self::default();
        operators.note(root, None);
        operators
    }

    /// `wants` is the operator above that data is shuffled for, with nothing of note between.
    fn note(&mut self, node: &PlanNode, wants: Option<&str>) {
        self.note_join(node);
        self.note_scan(node);
        self.note_exchange(node, wants);
        if base_name(node) == "BroadcastExchange"
            && self.broadcasts.len() < MOST_OPERATORS
            && let Some(side) = side_of(node)
        {
            self.broadcasts.push(side);
        }
        let wants = match base_name(node) {
            name if needs_its_data_together(name) => Some(name),
            // Joins and the like sort what they get; else it is the sort that wants it.
            "Sort" => wants.or(Some("Sort")),
            name if hands_through(name) => wants,
            _ => None,
        };
        for child in &node.children {
            self.note(child, wants);
        }
    }

    fn note_join(&mut self, node: &PlanNode) {
        if is_join(node)
            && self.joins.len() < MOST_OPERATORS
            && let Some(rows_out) = metric(node, "number of output rows")
        {
            self.joins.push(PlannedJoin {
                operator: text_of(node),
                key: node.text.split_once('[').and_then(|(_, keys)| columns(before(keys, ']'))),
                kind: kind_of(&node.text),
                rows_in: node.children.iter().filter_map(rows_of).collect(),
                rows_out,
                sides: shuffled_sides(node),
            });
        }
    }

    fn note_scan(&mut self, node: &PlanNode) {
        if let Some(files) = metric(node, "number of files read")
            && self.scans.len() < MOST_OPERATORS
        {
            let bytes = metric(node, "size of files read");
            self.scans.push(PlannedScan { operator: text_of(node), files, bytes });
        }
    }

    fn note_exchange(&mut self, node: &PlanNode, wants: Option<&str>) {
        if base_name(node) == "Exchange"
            && self.exchanges.len() < MOST_OPERATORS
            && let Some(records_read) = metric(node, "records read")
        {
            let by = node.text.split_once("partitioning(").map_or("", |(_, by)| by);
            self.exchanges.push(PlannedExchange {
                operator: wants.unwrap_or("Exchange").to_owned(),
                key: columns(before(by, ']')),
                records_read,
            });
        }
    }

    pub fn accumulators(&self) -> Vec<i64> {
        let sides = self.joins.iter().filter_map(|join| join.sides.as_ref()).flatten();
        let of_sides = sides
            .chain(&self.broadcasts)
            .flat_map(|side| side.rows.into_iter().chain([side.bytes]));
        let of_joins =
            self.joins.iter().flat_map(|join| join.rows_in.iter().copied().chain([join.rows_out]));
        let of_scans =
            self.scans.iter().flat_map(|scan| scan.bytes.into_iter().chain([scan.files]));
        let of_exchanges = self.exchanges.iter().map(|exchange| exchange.records_read);
        of_joins.chain(of_scans).chain(of_exchanges).chain(of_sides).collect()
    }
}

/// Operators that want all rows of a key in one task.
fn needs_its_data_together(name: &str) -> bool {
    name.contains("Join")
        || name.ends_with("Aggregate")
        || name.starts_with("Window")
        || name.starts_with("FlatMapGroups")
        || name.starts_with("FlatMapCoGroups")
        || matches!(name, "ArrowEvalPythonAggregate" | "AggregateInPandas" | "MapGroups")
}

/// Operators that leave the rows in the tasks where they are.
fn hands_through(name: &str) -> bool {
    matches!(
        name,
        "WholeStageCodegen"
            | "InputAdapter"
            | "AQEShuffleRead"
            | "CustomShuffleReader"
            | "ShuffleQueryStage"
            | "Sort"
            | "Project"
            | "Filter"
            | "ColumnarToRow"
    )
}

fn is_join(node: &PlanNode) -> bool {
    node.name.contains("Join") || node.name == "CartesianProduct"
}

/// `WholeStageCodegen (5)` and `SortMergeJoin(skew=true)` without what follows the name.
fn base_name(node: &PlanNode) -> &str {
    node.name.split([' ', '(']).next().unwrap_or_default()
}

fn text_of(node: &PlanNode) -> String {
    node.text.chars().take(OPERATOR_CHARS).collect()
}

fn kind_of(text: &str) -> JoinKind {
    let kind = |word: &str| match word {
        "Inner" | "Cross" => Some(JoinKind::Inner),
        "LeftOuter" | "LeftSemi" | "LeftAnti" => Some(JoinKind::KeepsLeft),
        "RightOuter" => Some(JoinKind::KeepsRight),
        "FullOuter" => Some(JoinKind::Other),
        _ => None,
    };
    text.split(", ").find_map(kind).unwrap_or_default()
}

fn shuffled_sides(join: &PlanNode) -> Option<[PlannedSide; 2]> {
    let [left, right] = join.children.as_slice() else { return None };
    matches!(base_name(join), "SortMergeJoin" | "ShuffledHashJoin").then_some(())?;
    Some([side_of(shuffled(left)?)?, side_of(shuffled(right)?)?])
}

/// The shuffle that this side of a join comes from, with nothing of note between.
fn shuffled(node: &PlanNode) -> Option<&PlanNode> {
    match (base_name(node), node.children.as_slice()) {
        ("Exchange", _) => Some(node),
        (name, [child]) if hands_through(name) => shuffled(child),
        _ => None,
    }
}

fn side_of(exchange: &PlanNode) -> Option<PlannedSide> {
    let rows = ["shuffle records written", "number of output rows"];
    let rows = rows.iter().find_map(|name| metric(exchange, name));
    Some(PlannedSide { bytes: metric(exchange, "data size")?, rows })
}

/// The accumulator that counts the rows this operator hands on, or the first below that counts.
fn rows_of(node: &PlanNode) -> Option<i64> {
    ["number of output rows", "records read", "shuffle records written"]
        .iter()
        .find_map(|name| metric(node, name))
        .or_else(|| node.children.iter().find_map(rows_of))
}

fn metric(node: &PlanNode, name: &str) -> Option<i64> {
    node.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.id)
}

fn before(text: &str, end: char) -> &str {
    text.split(end).next().unwrap_or_default()
}

/// The columns an expression names, as Spark marks them: `coalesce(day#3, 7)` names `day`.
/// What else stands there can be a value of the user's.
fn columns(expression: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for (at, _) in expression.match_indices('#') {
        let is_marked = expression[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        let name = expression[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
        if let Some(name) = name.filter(|name| is_marked && !name.is_empty())
            && !names.contains(&name)
            && names.len() < MOST_KEY_COLUMNS
        {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_names_of_columns_and_nothing_else() {
        for (expression, names) in [
            ("acct#1L, 12", Some("acct")),
            ("day#3, shop_id#12L, day#3, 200", Some("day, shop_id")),
            ("coalesce(email#4, jane@example.org), 8", Some("email")),
            ("pmod(hash(größe#7), 10), 8", Some("größe")),
            ("8", None),
            ("#5, a#b", None),
        ] {
            assert_eq!(columns(expression).as_deref(), names, "{expression}");
        }
    }

    #[test]
    fn the_kind_of_a_join_tells_which_side_can_be_broadcast() {
        for (text, kind) in [
            ("SortMergeJoin [k#1], [k#2], Inner", JoinKind::Inner),
            ("SortMergeJoin(skew=true) [k#1, j#3], [k#2, j#4], LeftOuter", JoinKind::KeepsLeft),
            ("SortMergeJoin [k#1], [k#2], LeftAnti, NOT (a#1 = b#2)", JoinKind::KeepsLeft),
            ("ShuffledHashJoin [k#1], [k#2], RightOuter, BuildLeft", JoinKind::KeepsRight),
            ("SortMergeJoin [k#1], [k#2], FullOuter", JoinKind::Other),
            ("SortMergeJoin [k#1], [k#2], ExistenceJoin(exists#9)", JoinKind::Other),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
