//! How often runs of bytes occur in logs in which nothing goes wrong.

use super::sampled::{GRAM, N_SIEVE_SLOTS, gram_at, sieve_slot};

/// Ordinary lines of Spark and Hadoop.
const SAMPLE: &[u8] = include_bytes!("background.log");

/// Counted from the sample.
pub(super) struct Background {
    n_bytes: u32,
    /// Runs of four bytes, by slot of the sieve.
    slots: Vec<u32>,
    /// Runs of two bytes.
    pairs: Vec<u32>,
}

impl Background {
    pub fn built_in() -> Background {
        let mut background = Background {
            n_bytes: u32::try_from(SAMPLE.len()).unwrap_or(u32::MAX),
            slots: vec![0; N_SIEVE_SLOTS],
            pairs: vec![0; 1 << 16],
        };
        for at in 0..=SAMPLE.len().saturating_sub(GRAM) {
            background.slots[sieve_slot(gram_at(SAMPLE, at))] += 1;
        }
        for pair in SAMPLE.windows(2) {
            background.pairs[pair_of(pair)] += 1;
        }
        background
    }

    /// Where the window of `stride + 3` bytes begins that makes the search stop least often in a
    /// healthy log, given what the sieve lets through already.
    pub fn rarest_window(
        &self,
        literal: &[u8],
        stride: usize,
        sieve: &[u8; N_SIEVE_SLOTS],
    ) -> usize {
        let width = stride + GRAM - 1;
        let cost = |window: &[u8]| -> (u32, u32) {
            let slots = (0..stride).map(|at| sieve_slot(gram_at(window, at)));
            // A slot that is open already costs nothing more; a new one may be hit by chance.
            let stops = slots.map(|slot| match sieve[slot] {
                0 => 8 * self.slots[slot] + 1,
                _ => self.slots[slot],
            });
            let pairs = window.windows(2).map(|pair| self.pairs[pair_of(pair)]);
            (stops.sum(), pairs.sum())
        };
        (0..=literal.len() - width).min_by_key(|&at| cost(&literal[at..at + width])).unwrap_or(0)
    }

    /// How often a run of four bytes of this window, or one of the same slot, occurs in the sample.
    fn hits_of(&self, window: &[u8]) -> u32 {
        (0..=window.len() - GRAM).map(|at| self.slots[sieve_slot(gram_at(window, at))]).sum()
    }

    /// The same for each million bytes of healthy log.
    pub fn hits_per_million(&self, window: &[u8], stride: usize) -> u32 {
        let hits = if window.len() >= GRAM {
            u64::from(self.hits_of(window))
        } else {
            memchr::memmem::find_iter(SAMPLE, window).count() as u64
        };
        let per_million = hits * 1_000_000 / u64::from(self.n_bytes.max(1)) / stride as u64;
        u32::try_from(per_million).unwrap_or(u32::MAX)
    }
}

fn pair_of(pair: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([pair[0], pair[1]]))
}
