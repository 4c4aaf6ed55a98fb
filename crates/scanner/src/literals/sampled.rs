//! Finds the longer literals by looking at four bytes of every few: no automaton, and a cost that
//! hardly depends on how many literals there are.
//!
//! A window of `stride + 3` bytes of each literal is its guard. Every run of four bytes of the window
//! is registered, and the haystack is read only where the position is a multiple of the stride.
//! Wherever the literal lies, exactly one of these positions falls on the start of a registered run,
//! so that each occurrence is found, and found once.

use super::background::Background;
use super::{Budget, Occurrence, Overrun, Scratch};

/// Bytes read at a sampled position.
pub(super) const GRAM: usize = 4;
/// Samples in a row without a branch.
const GROUP: usize = 8;
/// Few pass where it is less than one in so many.
const SPARSE: usize = 20;
/// Samples that pass through sieve and filter at once.
pub(super) const ROUND: usize = 1 << 12;
/// Slots of the sieve, a byte each: many, so that a thousand literals seldom stop the search by
/// chance. A log touches few of them often, and those stay in the first-level cache.
const SIEVE_BITS: u32 = 16;
pub(super) const N_SIEVE_SLOTS: usize = 1 << SIEVE_BITS;
/// Bits of each filter behind it.
const FILTER_BITS: u32 = 18;
const N_FILTER_WORDS: usize = 1 << (FILTER_BITS - 6);

/// Literals that are found by sampling with one stride.
pub(super) struct Sampled {
    pub stride: usize,
    /// 1 for each slot that a registered run of four bytes falls into.
    sieve: Box<[u8; N_SIEVE_SLOTS]>,
    /// The runs with the byte before them, and with the byte behind them.
    filters: [Filter; 2],
    /// Where the runs of each bucket begin in `runs`.
    buckets: Vec<u32>,
    bucket_shift: u32,
    runs: Vec<Run>,
    literals: Vec<Box<[u8]>>,
    /// For each literal of this set, its number among all and where its window begins in it.
    pub guards: Vec<(usize, usize)>,
}

/// Four bytes of a window, and what else to look at before the whole literal is compared.
#[derive(Clone, Copy)]
struct Run {
    gram: u32,
    /// The first and the last four bytes of the literal.
    ends: (u32, u32),
    /// Index into `literals`.
    literal: u32,
    /// Where the four bytes begin in the literal.
    at: u32,
}

/// Knows runs of four bytes with a neighbour, a bit each; a stranger seldom passes.
struct Filter(Box<[u64; N_FILTER_WORDS]>);

impl Filter {
    fn new() -> Filter {
        Filter(Box::new([0; N_FILTER_WORDS]))
    }

    /// Without a neighbour, whichever may stand there.
    fn add(&mut self, gram: u32, neighbour: Option<u8>) {
        let neighbours = neighbour.map_or(0..=u8::MAX, |byte| byte..=byte);
        for slot in neighbours.map(|byte| Filter::slot(gram, byte)) {
            self.0[slot >> 6] |= 1 << (slot & 63);
        }
    }

    #[inline(always)]
    fn passes(&self, gram: u32, neighbour: u8) -> usize {
        let slot = Filter::slot(gram, neighbour);
        (self.0[slot >> 6] >> (slot & 63) & 1) as usize
    }

    #[inline(always)]
    fn slot(gram: u32, neighbour: u8) -> usize {
        // Neighbours fill a row of words, so that those of a literal's end share cache lines.
        let row = spread(gram) >> (u32::BITS - FILTER_BITS);
        (row ^ u32::from(neighbour)) as usize
    }
}

impl Sampled {
    /// `members` are the numbers of the literals; each has at least `stride + 3` bytes.
    pub fn new(
        stride: usize,
        members: &[usize],
        all: &[Box<[u8]>],
        background: &Background,
    ) -> Sampled {
        let mut sieve = Box::new([0; N_SIEVE_SLOTS]);
        let mut filters = [Filter::new(), Filter::new()];
        let mut runs = Vec::new();
        let mut guards = Vec::new();
        let mut literals: Vec<Box<[u8]>> = Vec::new();
        for &number in members {
            let literal = &all[number];
            let window_at = background.rarest_window(literal, stride, &sieve);
            for at in window_at..window_at + stride {
                let gram = gram_at(literal, at);
                sieve[sieve_slot(gram)] = 1;
                filters[0].add(gram, at.checked_sub(1).map(|before| literal[before]));
                filters[1].add(gram, literal.get(at + GRAM).copied());
                let ends = (gram_at(literal, 0), gram_at(literal, literal.len() - GRAM));
                runs.push(Run { gram, ends, literal: index(literals.len()), at: index(at) });
            }
            guards.push((number, window_at));
            literals.push(literal.clone());
        }
        let bucket_bits = (4 * runs.len()).next_power_of_two().ilog2().clamp(4, 20);
        let bucket_shift = u32::BITS - bucket_bits;
        runs.sort_by_key(|run| (spread(run.gram) >> bucket_shift, run.gram));
        let mut buckets = vec![0_u32; (1 << bucket_bits) + 1];
        for run in &runs {
            buckets[(spread(run.gram) >> bucket_shift) as usize + 1] += 1;
        }
        for bucket in 1..buckets.len() {
            buckets[bucket] += buckets[bucket - 1];
        }
        Sampled { stride, sieve, filters, buckets, bucket_shift, runs, literals, guards }
    }

    /// Finds the occurrences whose sampled position lies in `from..to`.
    pub fn search(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) -> Result<(), Overrun> {
        match self.stride {
            1 => self.search_with::<1>(haystack, from, to, budget, scratch),
            2 => self.search_with::<2>(haystack, from, to, budget, scratch),
            3 => self.search_with::<3>(haystack, from, to, budget, scratch),
            5 => self.search_with::<5>(haystack, from, to, budget, scratch),
            7 => self.search_with::<7>(haystack, from, to, budget, scratch),
            6 => self.search_with::<6>(haystack, from, to, budget, scratch),
            _ => self.search_with::<8>(haystack, from, to, budget, scratch),
        }
    }

    fn search_with<const STRIDE: usize>(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        budget: &mut Budget,
        scratch: &mut Scratch,
    ) -> Result<(), Overrun> {
        let Scratch { places, found, was_sparse } = scratch;
        let last = haystack.len().saturating_sub(GRAM - 1).min(to);
        let mut is_sparse = *was_sparse;
        let mut at = from.next_multiple_of(STRIDE);
        while at < last {
            let end = last.min(at + ROUND * STRIDE);
            let n_passed = match is_sparse {
                true => self.sift::<STRIDE, true>(haystack, at, end, places),
                false => self.sift::<STRIDE, false>(haystack, at, end, places),
            };
            is_sparse = n_passed * SPARSE < (end - at) / STRIDE;
            let n_passed = self.filter(haystack, at, places, n_passed);
            for &place in &places[..n_passed] {
                self.compare(haystack, at + place as usize, budget, found)?;
            }
            at += ROUND * STRIDE;
        }
        *was_sparse = is_sparse;
        Ok(())
    }

    /// Puts the sampled places that pass the sieve at the front of `places`, as offsets from `from`,
    /// and returns how many they are. Where few pass, groups of which none does are skipped; where
    /// many do, there is no branch on what the haystack says, because nobody could foresee it.
    fn sift<const STRIDE: usize, const IS_SPARSE: bool>(
        &self,
        haystack: &[u8],
        from: usize,
        to: usize,
        places: &mut [u32; ROUND],
    ) -> usize {
        let haystack = &haystack[from..];
        let to = to - from;
        let mut n_passed = 0;
        let mut at = 0;
        while at + (GROUP - 1) * STRIDE < to {
            let group = &haystack[at..at + (GROUP - 1) * STRIDE + GRAM];
            let mut any = 0;
            if IS_SPARSE {
                for nth in 0..GROUP {
                    any |= self.passes_sieve(gram_at(group, nth * STRIDE));
                }
            }
            if !IS_SPARSE || any != 0 {
                for nth in 0..GROUP {
                    places[n_passed % ROUND] = index(at + nth * STRIDE);
                    n_passed += self.passes_sieve(gram_at(group, nth * STRIDE));
                }
            }
            at += GROUP * STRIDE;
        }
        while at < to {
            places[n_passed % ROUND] = index(at);
            n_passed += self.passes_sieve(gram_at(haystack, at));
            at += STRIDE;
        }
        n_passed
    }

    /// Keeps those of the first `n` places, offsets from `from`, that pass the filters.
    fn filter(&self, haystack: &[u8], from: usize, places: &mut [u32; ROUND], n: usize) -> usize {
        let [with_before, with_behind] = &self.filters;
        let mut n_passed = 0;
        for nth in 0..n {
            let place = places[nth];
            let at = from + place as usize;
            let gram = gram_at(haystack, at);
            // Nothing registered needs a byte beyond the haystack; what stands for it is no matter.
            let before = haystack[at.saturating_sub(1)];
            let behind = haystack[(at + GRAM).min(haystack.len() - 1)];
            places[n_passed % ROUND] = place;
            n_passed += with_before.passes(gram, before) & with_behind.passes(gram, behind);
        }
        n_passed
    }

    #[inline(always)]
    fn passes_sieve(&self, gram: u32) -> usize {
        usize::from(self.sieve[sieve_slot(gram)])
    }

    fn compare(
        &self,
        haystack: &[u8],
        place: usize,
        budget: &mut Budget,
        found: &mut Vec<Occurrence>,
    ) -> Result<(), Overrun> {
        let gram = gram_at(haystack, place);
        let bucket = (spread(gram) >> self.bucket_shift) as usize;
        let runs = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        budget.spend(runs.len())?;
        for run in self.runs[runs].iter().filter(|run| run.gram == gram) {
            let literal = &self.literals[run.literal as usize];
            let Some(start) = place.checked_sub(run.at as usize) else { continue };
            let Some(there) = haystack.get(start..start + literal.len()) else { continue };
            if (gram_at(there, 0), gram_at(there, there.len() - GRAM)) != run.ends {
                continue;
            }
            budget.spend(literal.len() / 16)?;
            if there == &**literal {
                found.push(Occurrence { literal: self.guards[run.literal as usize].0, start });
            }
        }
        Ok(())
    }
}

/// The four bytes at this place as one number.
#[inline(always)]
pub(super) fn gram_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = &bytes[at..at + GRAM];
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Spreads similar runs of bytes over all 32 bits, the upper ones best.
#[inline(always)]
fn spread(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

#[inline(always)]
pub(super) fn sieve_slot(gram: u32) -> usize {
    (spread(gram) >> (u32::BITS - SIEVE_BITS)) as usize
}

/// Places in a round and in a literal fit.
#[inline(always)]
fn index(n: usize) -> u32 {
    n as u32
}
