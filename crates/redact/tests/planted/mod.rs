//! Secrets of every kind in every spelling, made from a seed: the same on every machine.

mod kinds;
mod spellings;

/// A secret and the text that gives it away.
#[derive(Clone)]
pub struct Planted {
    /// What must not be found any more.
    pub secrets: Vec<String>,
    /// One line, or several for what has several.
    pub text: String,
    /// Which spelling, for whoever reads a failure.
    pub how: &'static str,
}

/// So many different secrets, each spelling in turn.
pub fn planted(n: usize) -> Vec<Planted> {
    let mut chance = Chance(0x5eed);
    let spellings = spellings::all();
    let made = (0..).map(|turn| {
        let spelling = &spellings[turn % spellings.len()];
        spelling.plant(&mut chance)
    });
    made.take(n).collect()
}

/// SplitMix64: small, and the same everywhere.
pub struct Chance(u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// So many letters of an alphabet.
    pub fn word(&mut self, alphabet: &str, n: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..n).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}
