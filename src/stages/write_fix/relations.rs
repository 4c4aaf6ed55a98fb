//! Reads in a printed plan which input has a column.
//!
//! Spark prints the plan below an analysis error. Its relations stand in the order of the reads in
//! the source, so the place of the one with the new name tells which read drifted.

use adp_codemod::PlanPosition;

use crate::records::root_cause::Evidence;

/// The place of the only relation that has `present`, where no relation has `missing`.
pub(super) fn position(
    evidence: &[Evidence],
    present: &str,
    missing: &str,
) -> Option<PlanPosition> {
    let relations: Vec<Vec<&str>> =
        evidence.iter().flat_map(|line| line.text.lines()).filter_map(columns).collect();
    let has = |name: &str| {
        let with = relations.iter().enumerate().filter(|(_, columns)| columns.contains(&name));
        with.map(|(index, _)| index).collect::<Vec<_>>()
    };
    match (has(present).as_slice(), has(missing).as_slice()) {
        ([index], []) => Some(PlanPosition { index: *index, of: relations.len() }),
        _ => None,
    }
}

/// Column names of a line such as `:- Relation [order_id#0L,amount#2] parquet`.
fn columns(line: &str) -> Option<Vec<&str>> {
    // Before it stands the tree, and before that whatever an orchestrator puts before each line.
    let (before, node) = line.split_once("Relation ")?;
    let is_node = before.is_empty() || before.ends_with(['-', ':', ' ']);
    let (_, rest) = node.split_once('[').filter(|_| is_node)?;
    let (list, _) = rest.rsplit_once(']')?;
    let name =
        |column: &'_ str| column.rsplit_once('#').map_or(column.len(), |(name, _)| name.len());
    Some(list.split(',').map(|column| column[..name(column)].trim()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::root_cause::Stance;

    fn lines(texts: &[&str]) -> Vec<Evidence> {
        let line = |text: &&str| Evidence {
            file: "driver.log".to_owned(),
            line: 1,
            says: Stance::For,
            text: (*text).to_owned(),
        };
        texts.iter().map(line).collect()
    }

    #[test]
    fn the_relation_with_the_new_name_is_placed_among_all() {
        let plan = lines(&[
            "'Aggregate [order_date#28], [sum('amt) AS revenue#48]",
            "         :- Relation [order_id#0L,customer_id#1L,amount#2] parquet",
            "         +- Relation [customer_id#10L,name#11] parquet",
        ]);
        let first = Some(PlanPosition { index: 0, of: 2 });
        assert_eq!(position(&plan, "amount", "amt"), first);
        assert_eq!(position(&plan, "name", "nick"), Some(PlanPosition { index: 1, of: 2 }));
        assert_eq!(position(&plan, "customer_id", "cust"), None, "both have it");
        assert_eq!(position(&plan, "amount", "name"), None, "the other has the old name");
        assert_eq!(position(&[], "amount", "amt"), None);
        let prefixed = lines(&["[2026-11-23] INFO -    +- Relation [id#1,amount#2] parquet"]);
        assert_eq!(position(&prefixed, "amount", "amt"), Some(PlanPosition { index: 0, of: 1 }));
        let prose = lines(&["a LogicalRelation [amount#2]", "Relations [amount#2]"]);
        assert_eq!(position(&prose, "amount", "amt"), None);
        let table = lines(&["+- Relation spark_catalog.s.orders[id#1,amount#2] parquet"]);
        assert_eq!(position(&table, "amount", "amt"), Some(PlanPosition { index: 0, of: 1 }));
    }
}
