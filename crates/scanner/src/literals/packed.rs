//! Finds the short literals, and few of them, with vectors of bytes (Teddy).

use aho_corasick::Span;
use aho_corasick::packed::{MatchKind, Searcher};

use super::{Budget, Occurrence, Overrun};

/// What starting a vector search anew costs, in comparisons.
const RESTART: usize = 4;

/// A few short literals.
pub(super) struct Packed {
    searcher: Searcher,
    /// The literals by number, the shortest first.
    literals: Vec<(usize, Box<[u8]>)>,
    /// For each of them, itself and those that begin with it.
    extensions: Vec<Vec<usize>>,
    longest: usize,
}

impl Packed {
    /// Nothing where the machine has no vectors or these literals are too many for them.
    pub fn new(members: &[usize], all: &[Box<[u8]>]) -> Option<Packed> {
        let mut literals: Vec<(usize, Box<[u8]>)> =
            members.iter().map(|&number| (number, all[number].clone())).collect();
        literals.sort_by_key(|(number, literal)| (literal.len(), *number));
        let longest = literals.last()?.1.len();
        let searcher = aho_corasick::packed::Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .builder()
            .extend(literals.iter().map(|(_, literal)| literal))
            .build()?;
        let extensions = literals
            .iter()
            .map(|(_, short)| {
                let begins_so = |&n: &usize| literals[n].1.starts_with(short);
                (0..literals.len()).filter(begins_so).collect()
            })
            .collect();
        Some(Packed { searcher, literals, extensions, longest })
    }

    /// Finds the occurrences that start in `from..to`.
    pub fn search(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        budget: &mut Budget,
        found: &mut Vec<Occurrence>,
    ) -> Result<(), Overrun> {
        let end = haystack.len().min(to + self.longest - 1);
        let mut span = Span { start: from, end };
        while let Some(first) = self.searcher.find_in(haystack, span) {
            if first.start() >= to {
                break;
            }
            budget.spend(RESTART)?;
            // The search tells of the shortest literal at this place; longer ones may begin so too.
            for &extension in &self.extensions[first.pattern().as_usize()] {
                let (literal, bytes) = &self.literals[extension];
                if haystack[first.start()..].starts_with(bytes) {
                    found.push(Occurrence { literal: *literal, start: first.start() });
                }
            }
            span.start = first.start() + 1;
        }
        Ok(())
    }
}
