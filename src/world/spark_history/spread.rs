//! How one number is spread over the tasks of a stage, in bounded memory.

use serde::Serialize;

/// How one number is spread over the finished tasks of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Tasks counted; 0 when nobody told.
    pub n_tasks: u64,
    /// Tasks with a value above 0, where that is known.
    pub n_above_zero: Option<u64>,
    pub sum: u64,
    pub min: u64,
    pub p25: u64,
    pub median: u64,
    pub p75: u64,
    pub max: u64,
}

impl Spread {
    /// What an ordinary task has: the median, or, where most tasks have nothing, the mean of the
    /// others that have something. Otherwise every grouping by few keys would look skewed.
    pub fn ordinary(&self) -> f64 {
        if self.median > 0 {
            return self.median as f64;
        }
        let others = self.n_above_zero.unwrap_or(self.n_tasks).saturating_sub(1);
        if others == 0 { 0.0 } else { self.sum.saturating_sub(self.max) as f64 / others as f64 }
    }

    /// How many times the largest is above an ordinary one. Below one counts as one, so that a
    /// task alone with its data is as far above nothing as it is large.
    pub fn ratio(&self) -> f64 {
        self.max as f64 / self.ordinary().max(1.0)
    }

    /// What part of the whole the largest task has, 0 to 1.
    pub fn share_of_largest(&self) -> f64 {
        if self.sum == 0 { 0.0 } else { self.max as f64 / self.sum as f64 }
    }
}

/// Collects values for a [`Spread`]: exact up to a thousand, then a sample that is the same for
/// the same input.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    values: Vec<u64>,
    n_seen: u64,
    n_above_zero: u64,
    sum: u64,
    min: u64,
    max: u64,
}

const EXACT_UP_TO: usize = 1_024;

impl Sample {
    pub fn add(&mut self, value: u64) {
        self.min = if self.n_seen == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add(value);
        self.n_above_zero += u64::from(value > 0);
        self.n_seen += 1;
        if self.values.len() < EXACT_UP_TO {
            self.values.push(value);
        } else {
            let place = scatter(self.n_seen) % self.n_seen;
            if let Some(slot) = usize::try_from(place).ok().and_then(|at| self.values.get_mut(at)) {
                *slot = value;
            }
        }
    }

    pub fn spread(mut self) -> Spread {
        self.values.sort_unstable();
        // The place a quantile has is chosen as Spark's own History Server chooses it.
        let at = |part: f64| {
            let place = (part * self.values.len() as f64) as usize;
            self.values.get(place.min(self.values.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        Spread {
            n_tasks: self.n_seen,
            n_above_zero: Some(self.n_above_zero),
            sum: self.sum,
            min: self.min,
            p25: at(0.25),
            median: at(0.5),
            p75: at(0.75),
            max: self.max,
        }
    }
}

/// Splitmix64: an even scatter that depends on the position alone, so a log read twice gives the
/// same sample.
fn scatter(position: u64) -> u64 {
    let mut mixed = position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Spread {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.add(value));
        sample.spread()
    }

    #[test]
    fn few_values_are_exact() {
        let spread = of([5, 1, 3, 2, 4]);
        assert_eq!((spread.min, spread.median, spread.max, spread.sum), (1, 3, 5, 15));
        assert_eq!(of([]), Spread { n_above_zero: Some(0), ..Spread::default() });
    }

    #[test]
    fn a_sample_of_many_stays_close_and_small() {
        let mut sample = Sample::default();
        (0..1_000_000).for_each(|value| sample.add(value));
        assert!(sample.values.capacity() <= 2 * EXACT_UP_TO);
        let spread = sample.spread();
        assert_eq!((spread.n_tasks, spread.min, spread.max), (1_000_000, 0, 999_999));
        assert!(spread.median.abs_diff(500_000) < 60_000, "{spread:?}");
        assert!(spread.p75.abs_diff(750_000) < 60_000, "{spread:?}");
    }

    #[test]
    fn four_equal_groups_among_two_hundred_partitions_are_not_skewed() {
        let grouped = of((0..200).map(|task| if task < 4 { 100_000 } else { 0 }));
        assert!(grouped.ratio() < 1.1, "{grouped:?}");
        let one_key = of((0..200).map(|task| if task == 7 { 100_000 } else { 0 }));
        assert!(one_key.ratio() > 1_000.0, "{one_key:?}");
    }
}
