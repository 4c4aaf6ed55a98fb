//! How fast a whole log is summed up, with the signatures that come with the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adp_scanner::{Limits, Pack, Scanner};

use crate::Table;
use crate::clock;
use crate::haystack::Haystack;

/// Bytes that a caller reads at once.
const CHUNK: usize = 256 * 1024;

pub fn run(
    haystacks: &BTreeMap<String, Haystack>,
    signatures: &Path,
    is_wanted: impl Fn(&str) -> bool,
    table: &mut Table,
) {
    let pack = pack(signatures);
    for (name, haystack) in haystacks {
        let case = format!("whole-{name}");
        if !is_wanted(&case) {
            continue;
        }
        let mut best = f64::MAX;
        let mut report = None;
        for _ in 0..3 {
            let (read, seconds) = clock::time(|| {
                let mut scanner = Scanner::new(&pack, Limits::default());
                haystack.bytes.chunks(CHUNK).for_each(|chunk| scanner.feed(chunk));
                scanner.finish()
            });
            report = Some(read);
            best = best.min(seconds);
        }
        let report = report.expect("it ran");
        let n_hits: u64 = report.tallies.values().map(|tally| tally.count + tally.repeats).sum();
        let n_bytes = haystack.bytes.len() as f64;
        let verdict = match report.n_lines == haystack.n_lines {
            true => format!("{n_hits} hits"),
            false => format!("WRONG: {} lines instead of {}", report.n_lines, haystack.n_lines),
        };
        table.add(&case, n_hits as f64 / n_bytes * 1e6, "Scanner", n_bytes / best / 1e9, &verdict);
    }
}

fn pack(signatures: &Path) -> Pack {
    let mut files = Vec::new();
    for family in fs::read_dir(signatures).expect("signatures/ is part of the project") {
        for file in fs::read_dir(family.expect("a readable folder").path()).expect("a folder") {
            let path = file.expect("a readable file").path();
            files.push((path.display().to_string(), fs::read_to_string(&path).expect("text")));
        }
    }
    files.sort();
    Pack::from_toml_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .expect("the signatures load")
}
