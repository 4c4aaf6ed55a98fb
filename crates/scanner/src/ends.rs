//! Keeps the first few and the last few of many things: where a log begins to go wrong, and how it
//! ended, are both at its ends.

use std::collections::VecDeque;

pub(crate) struct Ends<T> {
    n_first: usize,
    n_last: usize,
    first: Vec<T>,
    last: VecDeque<T>,
}

impl<T> Ends<T> {
    pub fn new(n_first: usize, n_last: usize) -> Self {
        Ends { n_first, n_last, first: Vec::new(), last: VecDeque::new() }
    }

    pub fn push(&mut self, thing: T) {
        if self.first.len() < self.n_first {
            self.first.push(thing);
            return;
        }
        self.last.push_back(thing);
        if self.last.len() > self.n_last {
            self.last.pop_front();
        }
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.last)
    }

    pub fn into_vec(self) -> Vec<T> {
        self.first.into_iter().chain(self.last).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes() {
        let mut ends = Ends::new(2, 2);
        (0..9).for_each(|number| ends.push(number));
        assert_eq!(ends.into_vec(), [0, 1, 7, 8]);
    }

    #[test]
    fn few_things_stay_all() {
        let mut ends = Ends::new(2, 2);
        (0..3).for_each(|number| ends.push(number));
        assert_eq!(ends.into_vec(), [0, 1, 2]);
    }
}
