//! The few facts of query plans that explain a slow run: rows in and out of joins, files read,
//! what is shuffled by which key, and how large it is.
//!
//! A plan names the accumulators of its operators; their values come later, with the stages and
//! from the driver. Adaptive execution sends the plan again each time it changed.

use std::collections::BTreeMap;

use super::super::run_metrics::{Join, Query, Scan, Side, Work};
use super::events::{PlanNode, SqlPlan};

mod tree;
use tree::{Operators, PlannedJoin, PlannedScan, PlannedSide};

const MOST_QUERIES: usize = 64;
const PLAN_CHARS: usize = 4_000;
const DESCRIPTION_CHARS: usize = 300;
/// Stages that one accumulator is counted in; retries and reused shuffles.
const MOST_STAGES: usize = 8;

/// The plans of the last queries, and the accumulators they wait for.
#[derive(Default)]
pub struct Plans {
    queries: BTreeMap<i64, Planned>,
    counts: BTreeMap<i64, Count>,
}

#[derive(Default)]
struct Planned {
    description: String,
    text: String,
    operators: Operators,
}

/// What came for an accumulator.
#[derive(Default)]
struct Count {
    /// None until a value came.
    value: Option<u64>,
    stages: Vec<i32>,
}

impl Plans {
    /// Takes a plan; `root` is none where the tree was too deep to read.
    pub fn plan(&mut self, event: SqlPlan, root: Option<&PlanNode>) {
        let planned = self.queries.entry(event.execution).or_default();
        if !event.description.is_empty() {
            planned.description = event.description.chars().take(DESCRIPTION_CHARS).collect();
        }
        planned.text = event.text.chars().take(PLAN_CHARS).collect();
        if let Some(root) = root {
            planned.operators = Operators::of(root);
            for id in planned.operators.accumulators() {
                self.counts.entry(id).or_default();
            }
        }
        if self.queries.len() > MOST_QUERIES {
            self.forget_first();
        }
    }

    /// Takes a value and the stage that counted it, if a plan waits for it. Accumulators only
    /// grow.
    pub fn value(&mut self, id: i64, value: u64, stage: Option<i32>) {
        let Some(count) = self.counts.get_mut(&id) else { return };
        count.value = count.value.max(Some(value));
        let is_new =
            |stage: &i32| count.stages.len() < MOST_STAGES && !count.stages.contains(stage);
        if let Some(stage) = stage.filter(is_new) {
            count.stages.push(stage);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// What a stage does with what it reads of shuffles; of the largest where it reads several.
    pub fn work_of(&self, stage: i32) -> Option<Work> {
        let exchanges = self.queries.values().flat_map(|planned| &planned.operators.exchanges);
        let read_here = exchanges.filter_map(|exchange| {
            let count = self.counts.get(&exchange.records_read)?;
            count.stages.contains(&stage).then_some((count.value, exchange))
        });
        let (_, largest) = read_here.max_by_key(|(records, _)| *records)?;
        Some(Work { operator: largest.operator.clone(), key: largest.key.clone() })
    }

    pub fn finish(self) -> Vec<Query> {
        let value = |id: i64| self.counts.get(&id).and_then(|count| count.value);
        self.queries
            .iter()
            .map(|(id, planned)| {
                let operators = &planned.operators;
                Query {
                    id: *id,
                    description: planned.description.clone(),
                    plan: planned.text.clone(),
                    joins: operators.joins.iter().filter_map(|join| join.with(value)).collect(),
                    scans: operators.scans.iter().filter_map(|scan| scan.with(value)).collect(),
                    broadcasts: operators.broadcasts.iter().filter_map(|s| s.with(value)).collect(),
                }
            })
            .collect()
    }

    fn forget_first(&mut self) {
        if let Some((_, planned)) = self.queries.pop_first() {
            for id in planned.operators.accumulators() {
                self.counts.remove(&id);
            }
        }
    }
}

impl PlannedJoin {
    /// None where nothing was counted: it was planned and not run, or run differently.
    fn with(&self, value: impl Fn(i64) -> Option<u64> + Copy) -> Option<Join> {
        let rows_in = self.rows_in.iter().filter_map(|id| value(*id)).max();
        let rows_out = value(self.rows_out);
        let sides =
            self.sides.and_then(|[left, right]| Some([left.with(value)?, right.with(value)?]));
        if sides.is_none() && (rows_in.is_none() || rows_out.is_none()) {
            return None;
        }
        Some(Join {
            operator: self.operator.clone(),
            key: self.key.clone(),
            kind: self.kind,
            rows_in: rows_in.unwrap_or(0),
            rows_out: rows_out.unwrap_or(0),
            sides,
        })
    }
}

impl PlannedScan {
    fn with(&self, value: impl Fn(i64) -> Option<u64>) -> Option<Scan> {
        let bytes = self.bytes.and_then(&value).unwrap_or(0);
        Some(Scan { operator: self.operator.clone(), n_files: value(self.files)?, bytes })
    }
}

impl PlannedSide {
    fn with(&self, value: impl Fn(i64) -> Option<u64>) -> Option<Side> {
        let rows = self.rows.and_then(&value).unwrap_or(0);
        Some(Side { bytes: value(self.bytes)?, rows })
    }
}
