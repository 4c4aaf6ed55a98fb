//! The few facts of query plans that explain a slow run: rows in and out of joins, files read.
//!
//! A plan names the accumulators of its operators; their values come later, with the stages and
//! from the driver. Adaptive execution sends the plan again each time it changed.

use std::collections::BTreeMap;

use super::super::run_metrics::{Join, Query, Scan};
use super::events::{PlanNode, SqlPlan};

const MOST_QUERIES: usize = 64;
const MOST_OPERATORS: usize = 64;
const PLAN_CHARS: usize = 4_000;
const OPERATOR_CHARS: usize = 300;

/// The plans of the last queries, and the accumulators they wait for.
#[derive(Default)]
pub struct Plans {
    queries: BTreeMap<i64, Planned>,
    /// None until a value came.
    values: BTreeMap<i64, Option<u64>>,
}

#[derive(Default)]
struct Planned {
    description: String,
    text: String,
    joins: Vec<PlannedJoin>,
    scans: Vec<PlannedScan>,
}

struct PlannedJoin {
    operator: String,
    rows_in: Vec<i64>,
    rows_out: i64,
}

struct PlannedScan {
    operator: String,
    files: i64,
    bytes: Option<i64>,
}

impl Plans {
    /// Takes a plan; `root` is none where the tree was too deep to read.
    pub fn plan(&mut self, event: SqlPlan, root: Option<&PlanNode>) {
        let planned = self.queries.entry(event.execution).or_default();
        if !event.description.is_empty() {
            planned.description = event.description.chars().take(OPERATOR_CHARS).collect();
        }
        planned.text = event.text.chars().take(PLAN_CHARS).collect();
        if let Some(root) = root {
            planned.joins.clear();
            planned.scans.clear();
            planned.note(root);
            for id in planned.accumulators() {
                self.values.entry(id).or_insert(None);
            }
        }
        if self.queries.len() > MOST_QUERIES {
            self.forget_first();
        }
    }

    /// Takes a value, if a plan waits for it. Accumulators only grow.
    pub fn value(&mut self, id: i64, value: u64) {
        if let Some(slot) = self.values.get_mut(&id) {
            *slot = Some(slot.unwrap_or(0).max(value));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn finish(self) -> Vec<Query> {
        let value = |id: &i64| self.values.get(id).copied().flatten();
        self.queries
            .iter()
            .map(|(id, planned)| Query {
                id: *id,
                description: planned.description.clone(),
                plan: planned.text.clone(),
                joins: planned.joins.iter().filter_map(|join| join.with(&value)).collect(),
                scans: planned.scans.iter().filter_map(|scan| scan.with(&value)).collect(),
            })
            .collect()
    }

    fn forget_first(&mut self) {
        if let Some((_, planned)) = self.queries.pop_first() {
            for id in planned.accumulators() {
                self.values.remove(&id);
            }
        }
    }
}

impl Planned {
    fn note(&mut self, node: &PlanNode) {
        let operator = || node.text.chars().take(OPERATOR_CHARS).collect();
        if is_join(node)
            && self.joins.len() < MOST_OPERATORS
            && let Some(rows_out) = metric(node, "number of output rows")
        {
            let rows_in = node.children.iter().filter_map(rows_of).collect();
            self.joins.push(PlannedJoin { operator: operator(), rows_in, rows_out });
        }
        if let Some(files) = metric(node, "number of files read")
            && self.scans.len() < MOST_OPERATORS
        {
            let bytes = metric(node, "size of files read");
            self.scans.push(PlannedScan { operator: operator(), files, bytes });
        }
        for child in &node.children {
            self.note(child);
        }
    }

    fn accumulators(&self) -> Vec<i64> {
        let of_joins =
            self.joins.iter().flat_map(|join| join.rows_in.iter().chain([&join.rows_out]));
        let of_scans = self.scans.iter().flat_map(|scan| scan.bytes.iter().chain([&scan.files]));
        of_joins.chain(of_scans).copied().collect()
    }
}

impl PlannedJoin {
    fn with(&self, value: &impl Fn(&i64) -> Option<u64>) -> Option<Join> {
        let rows_in = self.rows_in.iter().filter_map(value).max()?;
        Some(Join { operator: self.operator.clone(), rows_in, rows_out: value(&self.rows_out)? })
    }
}

impl PlannedScan {
    fn with(&self, value: &impl Fn(&i64) -> Option<u64>) -> Option<Scan> {
        let bytes = self.bytes.as_ref().and_then(value).unwrap_or(0);
        Some(Scan { operator: self.operator.clone(), n_files: value(&self.files)?, bytes })
    }
}

fn is_join(node: &PlanNode) -> bool {
    node.name.contains("Join") || node.name == "CartesianProduct"
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
