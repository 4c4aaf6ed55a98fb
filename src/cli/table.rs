//! Columns as wide as they must be.

use std::fmt::Write as _;

/// One line a row, two spaces between columns, nothing behind the last.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["id", "what"], ["größer", "x"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "id      what\ngrößer  x\n");
    }
}
