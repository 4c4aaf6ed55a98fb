//! Every fuzz target for a moment: its seeds, and thousands of mutations of them, the same each time.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../../fuzz/targets/mod.rs"]
mod targets;

use targets::{ALL, Target};

/// Mutations of each target; `cargo fuzz` makes millions.
const N_MUTATIONS: usize = 2_000;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = folder("seeds").join(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % most.max(1) as u64) as usize
    }

    fn span(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(of.len() + 1);
        start..start + self.below((of.len() - start).min(64) + 1)
    }

    /// One to four changes: a byte flipped, a span dropped, doubled, or taken from another seed.
    fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut data = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let other = &seeds[self.below(seeds.len())];
            let at = self.below(data.len() + 1);
            let (cut, taken) = (self.span(&data), self.span(other));
            match self.below(5) {
                0 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
                1 => drop(data.drain(cut)),
                2 => drop(data.splice(at..at, data[cut].to_vec())),
                3 => drop(data.splice(at..at, other[taken].to_vec())),
                _ => data.truncate(at),
            }
        }
        data
    }
}

fn check(target: &Target, data: &[u8]) {
    let run = AssertUnwindSafe(|| (target.run)(data));
    assert!(catch_unwind(run).is_ok(), "{} broke on {}", target.name, data.escape_ascii());
}

fn smoke(name: &str) {
    let target = ALL.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| check(target, seed));
    let mut chance = Chance(1);
    for _ in 0..N_MUTATIONS {
        check(target, &chance.mutated(&seeds));
    }
}

#[test]
fn scan_keeps_its_promises() {
    smoke("scan");
}

#[test]
fn redact_keeps_its_promises() {
    smoke("redact");
}

#[test]
fn failure_keeps_its_promises() {
    smoke("failure");
}

#[test]
fn records_keeps_its_promises() {
    smoke("records");
}

#[test]
fn event_log_keeps_its_promises() {
    smoke("event_log");
}

#[test]
fn unpack_keeps_its_promises() {
    smoke("unpack");
}

#[test]
fn every_target_has_a_test_here_and_a_program_there() {
    let tests = include_str!("fuzz.rs");
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("the manifest of the programs");
    for Target { name, .. } in ALL {
        assert!(tests.contains(&format!("smoke(\"{name}\")")), "{name} has no test");
        let path = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&path), "{name} has no program");
        let program = fs::read_to_string(folder(&path)).expect("the program");
        assert!(program.contains(&format!("targets/{name}.rs")), "{path} runs something else");
    }
}
