//! How fast a whole log is summed up, with the signatures that come with the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adp_scanner::{Limits, Pack, Report, Scanner};

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
        if is_wanted(&case) {
            let expected = measure(&case, "Scanner", haystack, &pack, Scanner::feed, None, table);
            let all = "Scanner every line";
            measure(&case, all, haystack, &pack, Scanner::feed_slowly, Some(&expected), table);
        }
    }
}

/// Both ways of reading must make the same report.
fn measure<'p>(
    case: &str,
    rival: &str,
    haystack: &Haystack,
    pack: &'p Pack,
    feed: impl Fn(&mut Scanner<'p>, &[u8]),
    expected: Option<&Report>,
    table: &mut Table,
) -> Report {
    let read = || {
        clock::time(|| {
            let mut scanner = Scanner::new(pack, Limits::default());
            haystack.bytes.chunks(CHUNK).for_each(|chunk| feed(&mut scanner, chunk));
            scanner.finish()
        })
    };
    let (report, first) = read();
    let best = (0..2).map(|_| read().1).fold(first, f64::min);
    let n_hits: u64 = report.tallies.values().map(|tally| tally.count + tally.repeats).sum();
    let n_bytes = haystack.bytes.len() as f64;
    let is_right =
        report.n_lines == haystack.n_lines && expected.is_none_or(|expected| *expected == report);
    let verdict = match is_right {
        true => format!("{n_hits} hits"),
        false => format!("WRONG: {n_hits} hits in {} lines", report.n_lines),
    };
    table.add(case, n_hits as f64 / n_bytes * 1e6, rival, n_bytes / best / 1e9, &verdict);
    report
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
