//! Everybody who is asked the same question: which literals occur where in this haystack.

use std::path::{Path, PathBuf};
use std::process::Command;

use adp_scanner::Literals;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::clock;
use crate::haystack::Haystack;

/// What a rival counted, and how long it took.
pub struct Run {
    pub counted: u64,
    pub seconds: f64,
}

/// What a rival counts; only equals can be compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Counts {
    /// Every occurrence, also overlapping ones.
    Occurrences,
    /// Pairs of a line and a literal in it.
    LinesAndLiterals,
    Lines,
}

pub struct Rival {
    pub name: &'static str,
    pub counts: Counts,
    /// Slow ones run less often.
    pub rounds: usize,
    run: Box<dyn Fn(&Haystack) -> Run>,
}

impl Rival {
    pub fn run(&self, haystack: &Haystack) -> Run {
        (self.run)(haystack)
    }
}

/// Ours first; Vectorscan only where its program was built.
pub fn all(literals: &Path, vectorscan: Option<&Path>) -> Vec<Rival> {
    let text = std::fs::read_to_string(literals).expect("literals");
    let words: Vec<&str> = text.lines().collect();
    let ours = Literals::new(&words).expect("a searcher");
    let of_kind = |kind| AhoCorasick::builder().kind(kind).build(&words).expect("an automaton");
    let (table, automatic) = (of_kind(Some(AhoCorasickKind::DFA)), of_kind(None));
    let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
    let set: RegexSet =
        RegexSetBuilder::new(escaped).size_limit(1 << 28).build().expect("a regex set");
    let mut rivals = vec![rival("adp literals", Counts::Occurrences, 9, move |haystack| {
        let mut n = 0;
        ours.find(haystack, |_| n += 1);
        n
    })];
    rivals.extend(vectorscan.map(|program| outside(program.to_owned(), literals.to_owned())));
    rivals.extend([
        rival("aho-corasick DFA", Counts::Occurrences, 2, move |haystack| {
            table.find_overlapping_iter(haystack).count() as u64
        }),
        rival("aho-corasick auto", Counts::Occurrences, 1, move |haystack| {
            automatic.find_overlapping_iter(haystack).count() as u64
        }),
        rival("RegexSet per line", Counts::LinesAndLiterals, 1, move |haystack| {
            haystack
                .split(|&byte| byte == b'\n')
                .map(|line| set.matches(line).iter().count() as u64)
                .sum()
        }),
        rival("memchr newlines", Counts::Lines, 9, |haystack| {
            memchr::memchr_iter(b'\n', haystack).count() as u64
        }),
    ]);
    rivals
}

fn rival(
    name: &'static str,
    counts: Counts,
    rounds: usize,
    count: impl Fn(&[u8]) -> u64 + 'static,
) -> Rival {
    let run = move |haystack: &Haystack| {
        let (counted, seconds) = clock::time(|| count(&haystack.bytes));
        Run { counted, seconds }
    };
    Rival { name, counts, rounds, run: Box::new(run) }
}

fn outside(program: PathBuf, literals: PathBuf) -> Rival {
    let run = move |haystack: &Haystack| {
        let output = Command::new(&program).arg(&haystack.path).arg(&literals).arg("3").output();
        let output = output.expect("vectorscan starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout);
        let (counted, seconds) = said.trim().split_once(' ').expect("two numbers");
        Run {
            counted: counted.parse().expect("a count"),
            seconds: seconds.parse().expect("seconds"),
        }
    };
    Rival { name: "Vectorscan", counts: Counts::Occurrences, rounds: 3, run: Box::new(run) }
}
