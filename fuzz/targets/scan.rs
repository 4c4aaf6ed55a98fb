//! Any log in any chunks: no panic, bounded, the same report as of the whole, and the signatures that
//! a plain search of each line finds.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use adp_scanner::{Limits, Pack, Scanner, scan};
use regex::Regex;

const FILES: [(&str, &str); 4] = [
    ("plain.toml", include_str!("signatures/plain.toml")),
    ("cause.toml", include_str!("signatures/cause.toml")),
    ("wrapper.toml", include_str!("signatures/wrapper.toml")),
    ("anchored.toml", include_str!("signatures/anchored.toml")),
];

static PACK: LazyLock<Pack> =
    LazyLock::new(|| Pack::from_toml_files(FILES).expect("the signatures beside are right"));

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = PACK.signatures().iter().map(|signature| signature.regex.as_deref());
    let compiled = patterns.map(|regex| Regex::new(regex.unwrap_or("")));
    compiled.map(|regex| regex.expect("the pack has checked it")).collect()
});

/// The first byte says how long the chunks are.
pub fn run(data: &[u8]) {
    let Some((&size, log)) = data.split_first() else { return };
    let whole = scan(&PACK, log);
    assert_eq!(whole.n_bytes, log.len() as u64);
    let mut scanner = Scanner::new(&PACK, Limits::default());
    log.chunks(usize::from(size).max(1)).for_each(|chunk| scanner.feed(chunk));
    assert_eq!(scanner.finish(), whole, "chunks of {size} bytes give another report");
    let limits = Limits::default();
    assert!(whole.tail.len() <= limits.tail_lines);
    assert!(whole.traces.len() <= limits.first_traces + limits.last_traces);
    finds_what_a_plain_search_finds(&plain(log));
}

fn finds_what_a_plain_search_finds(log: &str) {
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for line in log.lines() {
        for (signature, pattern) in PACK.signatures().iter().zip(PATTERNS.iter()) {
            let has_keyword = signature.keywords.iter().any(|word| line.contains(word.as_str()));
            if has_keyword && pattern.is_match(line) {
                *expected.entry(&signature.id).or_default() += 1;
            }
        }
    }
    let report = scan(&PACK, log.as_bytes());
    let found: BTreeMap<&str, u64> = report
        .tallies
        .iter()
        .map(|(id, tally)| (id.as_str(), tally.count + tally.repeats))
        .collect();
    assert_eq!(found, expected, "{log}");
}

/// Printable lines, each behind a word that no envelope begins with.
fn plain(data: &[u8]) -> String {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~');
    let lines = data.split(|&byte| byte == b'\n').map(|line| {
        let line: Vec<u8> = line.iter().copied().filter(printable).collect();
        format!("- {}\n", String::from_utf8(line).unwrap_or_default())
    });
    lines.collect()
}
