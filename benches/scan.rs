//! How fast literals are found, beside everybody else who can; a fast wrong answer is a failure.
//!
//! `cargo bench -p adp-scanner` prints the table; `cargo bench -p adp-scanner -- dense` only the cases
//! with that in their names. With `RECORD=name-of-machine` in the environment it
//! also writes `benches/record/<date>-<machine>.csv`.

mod clock;
mod haystack;
mod rivals;
mod whole;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use haystack::Haystack;
use rivals::Counts;

/// One question and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// One of `haystack::NAMES`.
    haystack: String,
    /// File in `patterns/`.
    patterns: String,
    /// How many of its lines are taken.
    n_patterns: usize,
    /// Occurrences, also overlapping ones.
    occurrences: u64,
    /// Pairs of a line and a literal in it.
    lines_and_literals: u64,
}

/// What was measured, one line for each rival and case.
#[derive(Default)]
pub struct Table {
    csv: String,
    n_wrong: usize,
}

impl Table {
    /// Prints a line and keeps it for the record.
    pub fn add(&mut self, case: &str, hits_per_mb: f64, rival: &str, gb_per_s: f64, verdict: &str) {
        println!("{case:26} {rival:20} {gb_per_s:7.2} GB/s  {verdict}");
        writeln!(self.csv, "{case},{hits_per_mb:.1},{rival},{gb_per_s:.3},{verdict}")
            .expect("writing to a string cannot fail");
        self.n_wrong += usize::from(verdict.starts_with("WRONG"));
    }
}

fn main() {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let vectorscan = vectorscan(&benches, &target);
    let mut haystacks = BTreeMap::new();
    let mut table = Table::default();
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |name: &str| wanted.as_ref().is_none_or(|part| name.contains(part));
    for name in haystack::NAMES {
        haystacks
            .insert(name.to_owned(), haystack::make(name, &benches.join("haystacks"), &target));
    }
    for (name, case) in
        cases(&benches.join("cases")).into_iter().filter(|(name, _)| is_wanted(name))
    {
        run(&name, &case, &haystacks[&case.haystack], &benches, vectorscan.as_deref(), &mut table);
    }
    whole::run(&haystacks, &benches.join("../signatures"), is_wanted, &mut table);
    if let Ok(machine) = std::env::var("RECORD") {
        record(&benches.join("record"), &machine, &table.csv);
    }
    assert_eq!(table.n_wrong, 0, "a fast answer is wrong");
}

fn cases(folder: &Path) -> Vec<(String, Case)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("cases are committed")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a readable case");
        (name, toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    files.into_iter().map(read).collect()
}

fn run(
    name: &str,
    case: &Case,
    haystack: &Haystack,
    benches: &Path,
    vectorscan: Option<&Path>,
    table: &mut Table,
) {
    let text = fs::read_to_string(benches.join("patterns").join(&case.patterns)).expect("patterns");
    let words: Vec<&str> = text.lines().take(case.n_patterns).collect();
    assert_eq!(words.len(), case.n_patterns, "{name}: the file has fewer");
    let literals = haystack.path.with_file_name("literals.txt");
    fs::write(&literals, words.join("\n")).expect("a place for literals");
    let rivals = rivals::all(&literals, vectorscan);
    let mut best = vec![f64::MAX; rivals.len()];
    let mut counted = vec![0; rivals.len()];
    // In turns, so that what else the machine does meets all of them.
    for round in 0..9 {
        for (nth, rival) in rivals.iter().enumerate().filter(|(_, rival)| round < rival.rounds) {
            let run = rival.run(haystack);
            best[nth] = best[nth].min(run.seconds);
            counted[nth] = run.counted;
        }
    }
    let n_bytes = haystack.bytes.len() as f64;
    for (nth, rival) in rivals.iter().enumerate() {
        let expected = match rival.counts {
            Counts::Occurrences => case.occurrences,
            Counts::LinesAndLiterals => case.lines_and_literals,
            Counts::Lines => haystack.n_lines,
        };
        let verdict = match counted[nth] {
            count if count == expected => format!("{:.2} of ours", best[0] / best[nth]),
            count => format!("WRONG: {count} instead of {expected}"),
        };
        let hits_per_mb = case.occurrences as f64 / n_bytes * 1e6;
        table.add(name, hits_per_mb, rival.name, n_bytes / best[nth] / 1e9, &verdict);
    }
}

/// The program to call, or nothing and a word about it.
fn vectorscan(benches: &Path, target: &Path) -> Option<PathBuf> {
    let program = target.join("vectorscan");
    let built = Command::new(benches.join("../scripts/vectorscan")).arg(&program).status();
    if built.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("Vectorscan could not be built and is NOT measured: scripts/vectorscan says why");
    None
}

fn record(folder: &Path, machine: &str, csv: &str) {
    let date = Command::new("date").arg("-u").arg("+%Y-%m-%d").output().expect("a date").stdout;
    let date = String::from_utf8_lossy(&date);
    let path = folder.join(format!("{}-{machine}.csv", date.trim()));
    let head = "case,occurrences_per_mb,rival,gb_per_s,verdict\n";
    fs::write(&path, format!("{head}{csv}")).expect("a place for the record");
    println!("written to {}", path.display());
}
