//! Makes the haystacks: real lines, repeated in an order and with numbers that a fixed seed decides.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a haystack: more than a last-level cache holds.
const N_BYTES: usize = 64 << 20;

/// All of them.
pub const NAMES: [&str; 5] = ["info", "mixed", "dense", "airflow", "held-out"];
/// Bytes of a date and time of Log4j.
const N_OF_DATE: usize = 17;
/// What Airflow puts before a line of a program that it runs.
const PREFIX: &str = "[2026-11-23T19:02:13.151+0000] {subprocess.py:106} INFO - ";

pub struct Haystack {
    pub bytes: Vec<u8>,
    /// The same on disk, for rivals that are programs of their own.
    pub path: PathBuf,
    pub n_lines: u64,
}

/// `info`: ordinary lines only. `mixed`: a failure now and then, one line in a thousand and its trace.
/// `dense`: nothing but failures. `airflow`: `info` as a scheduler passes it on. `held-out`: ordinary
/// lines of other programs, none of whose loggers wrote a line of `info` or of the scanner's sample.
pub fn make(name: &str, seeds: &Path, target: &Path) -> Haystack {
    let read = |file: &str| fs::read_to_string(seeds.join(file)).expect("the seeds are committed");
    let (info, failures) = (read("info.log"), read("failures.log"));
    let held_out = read("held-out.log");
    let info: Vec<&str> = match name {
        "held-out" => held_out.lines().collect(),
        _ => info.lines().collect(),
    };
    let failures: Vec<&str> = failures.split("\n%%\n").collect();
    let mut chance = Chance(0x5eed_0000_0000_0001);
    let mut bytes = Vec::with_capacity(N_BYTES + (1 << 20));
    while bytes.len() < N_BYTES {
        let is_failure = match name {
            "info" | "airflow" | "held-out" => false,
            "mixed" => chance.below(1_000) == 0,
            "dense" => true,
            _ => panic!("no haystack is called {name}"),
        };
        let pieces = if is_failure { &failures } else { &info };
        for line in pieces[chance.below(pieces.len())].lines() {
            match name {
                "airflow" => {
                    let line = format!("{PREFIX}{line}");
                    write_line(&line, PREFIX.len() + N_OF_DATE, &mut chance, &mut bytes);
                }
                _ => write_line(line, n_kept(name, line), &mut chance, &mut bytes),
            }
        }
    }
    let path = target.join(format!("{name}.log"));
    fs::write(&path, &bytes).expect("a place for haystacks");
    let n_lines = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
    Haystack { bytes, path, n_lines }
}

/// Bytes at the start of a line that stay as they are: the date.
fn n_kept(name: &str, line: &str) -> usize {
    match line.as_bytes().first() {
        Some(b'0'..=b'9') => N_OF_DATE,
        Some(b'[') if name == "held-out" => line.find(" - ").map_or(0, |at| at + 3 + N_OF_DATE),
        _ => 0,
    }
}

/// The line with other numbers, but its head and the codes of which failures speak.
fn write_line(line: &str, head: usize, chance: &mut Chance, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let mut at = start + head.min(line.len());
    while at < bytes.len() {
        let n_digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if n_digits == 2 || n_digits > 3 {
            for digit in &mut bytes[at..at + n_digits] {
                *digit = b'0' + chance.below(10) as u8;
            }
        }
        at += n_digits + 1;
    }
}

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}
