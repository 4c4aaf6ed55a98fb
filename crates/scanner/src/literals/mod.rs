//! Finds every occurrence of many literals at once, exactly, and faster than an automaton reads.
//!
//! Longer literals are found by sampling ([`sampled`]), short ones with vectors ([`packed`]). Where a
//! part of the haystack makes that dear, because it is full of occurrences or written by an enemy,
//! an Aho-Corasick automaton reads that part instead: the work stays linear, the result the same.

mod background;
mod packed;
mod sampled;

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use self::background::Background;
use self::packed::Packed;
use self::sampled::{GRAM, ROUND, Sampled};

/// What is searched at once, so that each pass over it finds it in the cache.
const BLOCK: usize = 16 * 1024;

/// Distances between samples, and what a pass with each costs, in picoseconds a byte, as measured.
const STRIDES: [(usize, u32); 7] =
    [(8, 120), (7, 127), (6, 135), (5, 150), (3, 200), (2, 290), (1, 550)];

/// How many literals a pass with vectors may have, and what it then costs in the same unit: more of
/// them get into each other's way.
const PACKED: [(usize, u32); 4] = [(0, 0), (8, 90), (16, 110), (24, 250)];

/// Bytes of all literals up to which the automaton is a table of every state and byte.
const LARGEST_TABLE: usize = 24 * 1024;

/// Searches for a fixed set of literals.
pub struct Literals {
    literals: Vec<Box<[u8]>>,
    longest: usize,
    background: Background,
    places: Vec<Place>,
    passes: Passes,
    automaton: AhoCorasick,
}

/// One literal in a haystack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// Byte offset of its first byte.
    pub start: usize,
    /// Number of the literal, in the order given.
    pub literal: usize,
}

/// Which part of a literal is looked for, and how dear that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The part of the literal, as offsets into it.
    pub fragment: Range<usize>,
    /// Every how many bytes the haystack is read for it; 1 for a short literal, which is looked for everywhere.
    pub stride: usize,
    /// How often it makes the search stop and compare, in a million bytes of a log in which nothing
    /// goes wrong.
    pub stops_per_million: u32,
}

/// Where in this searcher a literal is looked after.
#[derive(Clone, Copy)]
enum Place {
    /// By sampling, at this stride, with the window at this offset.
    Sampled {
        stride: usize,
        window_at: usize,
    },
    Packed,
}

/// Why no searcher was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// An empty literal would occur everywhere.
    #[error("literal {number} is empty")]
    Empty {
        /// Its number, in the order given.
        number: usize,
    },
    /// The literals are too many or too long for an automaton.
    #[error("failed to build the automaton over {n_literals} literals")]
    TooLarge {
        /// How many were given.
        n_literals: usize,
        /// What the automaton's builder said.
        #[source]
        source: Box<aho_corasick::BuildError>,
    },
}

/// What a search cost, in steps that do not depend on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Comparisons with a literal, or what takes as long.
    pub comparisons: u64,
    /// Bytes that the automaton read.
    pub automaton_bytes: u64,
}

impl Literals {
    /// A searcher for these literals, in this order. One that is given twice is found twice.
    pub fn new<L: AsRef<[u8]>>(
        literals: impl IntoIterator<Item = L>,
    ) -> Result<Literals, BuildError> {
        let literals: Vec<Box<[u8]>> =
            literals.into_iter().map(|literal| literal.as_ref().into()).collect();
        if let Some(number) = literals.iter().position(|literal| literal.is_empty()) {
            return Err(BuildError::Empty { number });
        }
        let automaton = automaton(&literals)?;
        let background = Background::built_in();
        let longest = literals.iter().map(|literal| literal.len()).max().unwrap_or(1);
        let mut places = vec![Place::Packed; literals.len()];
        let passes = divide(&literals, &background);
        for set in &passes.sampled {
            for &(number, window_at) in &set.guards {
                places[number] = Place::Sampled { stride: set.stride, window_at };
            }
        }
        Ok(Literals { literals, longest, background, places, passes, automaton })
    }

    /// Calls `each` for every occurrence, also those that overlap, once, in no particular order.
    pub fn find(&self, haystack: &[u8], mut each: impl FnMut(Occurrence)) -> Work {
        let mut work = Work::default();
        let mut scratch =
            Scratch { places: Box::new([0; ROUND]), was_sparse: true, found: Vec::new() };
        let block = BLOCK.max(4 * self.longest);
        for from in (0..haystack.len()).step_by(block) {
            let to = haystack.len().min(from + block);
            let mut budget = Budget { left: (to - from) / 2 };
            if self.search(haystack, from, to, &mut budget, &mut scratch).is_err() {
                scratch.found.clear();
                work.automaton_bytes +=
                    self.read_all(haystack, from, to, &mut scratch.found) as u64;
            }
            work.comparisons += ((to - from) / 2 - budget.left) as u64;
            scratch.found.drain(..).for_each(&mut each);
        }
        work
    }

    /// Calls `each` with the number of every literal in a short text, as often as it occurs.
    pub fn find_in_line(&self, line: &[u8], mut each: impl FnMut(usize)) {
        for hit in self.automaton.find_overlapping_iter(line) {
            each(hit.pattern().as_usize());
        }
    }

    /// What guards this literal.
    pub fn guard_of(&self, literal: usize) -> Option<Guard> {
        let bytes = self.literals.get(literal)?;
        let (fragment, stride) = match self.places[literal] {
            Place::Sampled { stride, window_at } => {
                (window_at..window_at + stride + GRAM - 1, stride)
            }
            Place::Packed => (0..bytes.len(), 1),
        };
        let stops_per_million = self.background.hits_per_million(&bytes[fragment.clone()], stride);
        Some(Guard { fragment, stride, stops_per_million })
    }

    fn search(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) -> Result<(), Overrun> {
        if self.passes.only_automaton {
            return Err(Overrun);
        }
        for sampled in &self.passes.sampled {
            sampled.search(haystack, from, to, budget, scratch)?;
        }
        for packed in &self.passes.packed {
            packed.search(haystack, from, to, budget, &mut scratch.found)?;
        }
        Ok(())
    }

    /// Finds what [`Literals::search`] finds, with the automaton.
    fn read_all(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        found: &mut Vec<Occurrence>,
    ) -> usize {
        let around = from.saturating_sub(self.longest)..haystack.len().min(to + self.longest);
        for hit in self.automaton.find_overlapping_iter(&haystack[around.clone()]) {
            let (literal, start) = (hit.pattern().as_usize(), around.start + hit.start());
            // An occurrence belongs to the block in which the other search would see it.
            let seen_at = match self.places[literal] {
                Place::Sampled { stride, window_at } => {
                    (start + window_at).next_multiple_of(stride)
                }
                Place::Packed => start,
            };
            if (from..to).contains(&seen_at) {
                found.push(Occurrence { start, literal });
            }
        }
        around.len()
    }
}

fn automaton(literals: &[Box<[u8]>]) -> Result<AhoCorasick, BuildError> {
    let n_bytes: usize = literals.iter().map(|literal| literal.len()).sum();
    let kind = if n_bytes <= LARGEST_TABLE {
        AhoCorasickKind::DFA
    } else {
        AhoCorasickKind::ContiguousNFA
    };
    AhoCorasick::builder().kind(Some(kind)).build(literals).map_err(|source| BuildError::TooLarge {
        n_literals: literals.len(),
        source: Box::new(source),
    })
}

/// Which literals are found how: the cheapest set of strides that leaves few enough to the vectors.
fn divide(literals: &[Box<[u8]>], background: &Background) -> Passes {
    let all: Vec<usize> = (0..literals.len()).collect();
    let Some((_, strides)) = cheapest(literals, &all, &STRIDES) else {
        return Passes { only_automaton: true, ..Passes::default() };
    };
    let mut passes = Passes::default();
    let mut left = all;
    for stride in strides {
        let (long, short) = split_for(stride, literals, &left);
        passes.sampled.push(Sampled::new(stride, &long, literals, background));
        left = short;
    }
    for few in for_vectors(literals, &left).iter().filter(|few| !few.is_empty()) {
        match Packed::new(few, literals) {
            Some(packed) => passes.packed.push(packed),
            None => passes.only_automaton = true,
        }
    }
    passes
}

/// The strides to sample with, in falling order, and what all passes cost; nothing where even the
/// smallest stride leaves too many.
fn cheapest(
    literals: &[Box<[u8]>],
    left: &[usize],
    strides: &[(usize, u32)],
) -> Option<(u32, Vec<usize>)> {
    let cost_of = |few: &Vec<usize>| {
        PACKED.iter().find(|(most, _)| few.len() <= *most).map(|(_, cost)| *cost)
    };
    let vectors: Option<u32> = for_vectors(literals, left).iter().map(cost_of).sum();
    let without = vectors.map(|cost| (cost, Vec::new()));
    let with = strides.iter().enumerate().filter_map(|(nth, &(stride, cost))| {
        let (long, short) = split_for(stride, literals, left);
        if long.is_empty() {
            return None;
        }
        let (more, mut further) = cheapest(literals, &short, &strides[nth + 1..])?;
        further.insert(0, stride);
        Some((cost + more, further))
    });
    without.into_iter().chain(with).min()
}

/// Those that are long enough for a window of this stride, and the rest.
fn split_for(stride: usize, literals: &[Box<[u8]>], left: &[usize]) -> (Vec<usize>, Vec<usize>) {
    left.iter().partition(|&&n| literals[n].len() >= stride + GRAM - 1)
}

/// The shortest apart from the others, because vectors see only as many bytes as the shortest has.
fn for_vectors(literals: &[Box<[u8]>], left: &[usize]) -> [Vec<usize>; 2] {
    let (tiny, short) = left.iter().partition(|&&n| literals[n].len() < GRAM);
    [tiny, short]
}

/// The passes over a block.
#[derive(Default)]
struct Passes {
    sampled: Vec<Sampled>,
    packed: Vec<Packed>,
    /// No passes serve these literals, or not on this machine.
    only_automaton: bool,
}

/// Memory that the blocks of one search share.
struct Scratch {
    /// Sampled places that passed.
    places: Box<[u32; ROUND]>,
    /// Few samples passed the sieve in the last round.
    was_sparse: bool,
    found: Vec<Occurrence>,
}

/// How much comparing may still be done in this block.
pub(crate) struct Budget {
    left: usize,
}

/// The block is full of occurrences or near misses.
pub(crate) struct Overrun;

impl Budget {
    #[inline]
    fn spend(&mut self, n: usize) -> Result<(), Overrun> {
        self.left = self.left.checked_sub(n).ok_or(Overrun)?;
        Ok(())
    }
}
