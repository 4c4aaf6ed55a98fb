//! Reads a Spark event log, a file or a rolling folder, in memory that does not grow with it.
//!
//! A log of a killed application ends in mid-line and an old one may hold lines nobody can read;
//! both are counted and passed over, since the rest still tells what happened.

mod files;
mod decompress;
mod lz4_block;
mod snappy_stream;
mod lines;
mod events;
mod plan;
mod tally;
mod last_good;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

pub use files::locate;
pub use last_good::last_good;
pub(in crate::world) use lz4_block::{Lz4Blocks, MAGIC as LZ4_BLOCK_MAGIC};
pub(in crate::world) use snappy_stream::{MAGIC as SNAPPY_JAVA_MAGIC, SnappyStream};

use self::lines::{Line, Lines};
use self::tally::Tally;
use super::{Problem, RunMetrics};

/// How much of a log is read before the rest is left.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes after decompression.
    pub log_bytes: u64,
    /// Bytes of one line; a longer one is passed over.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A line holds a query plan at most; the History Server itself gives up on larger ones.
        Self { log_bytes: 64 << 30, line_bytes: 32 << 20 }
    }
}

/// Reads the log at `path`: a file, a rolling folder (`eventlog_v2_*`), or a folder that holds
/// exactly one of these. The path must have been admitted (see [`crate::world::roots`]).
///
/// When `stop` is set from outside, what was read until then is returned, with a gap.
pub fn read(path: &Path, limits: &Limits, stop: &AtomicBool) -> Result<RunMetrics, Problem> {
    let log = files::of(path)?;
    let mut tally = Tally::default();
    let mut budget = limits.log_bytes;
    for file in &log.files {
        let reader = decompress::open(file)?;
        let mut lines = Lines::new(reader, limits.line_bytes);
        if let Some(gap) = read_lines(&mut lines, &mut tally, &mut budget, stop) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            tally.gap(format!("{name}: {gap}"));
            if budget == 0 || stop.load(Ordering::Relaxed) {
                break;
            }
        }
    }
    if tally.n_events() == 0 {
        return Err(Problem::Unreadable(format!("{} holds no Spark event", log.name)));
    }
    Ok(tally.finish(log.name))
}

/// Reads one file to its end, or says why not to the end.
fn read_lines(
    lines: &mut Lines,
    tally: &mut Tally,
    budget: &mut u64,
    stop: &AtomicBool,
) -> Option<String> {
    loop {
        if stop.load(Ordering::Relaxed) {
            return Some("the time for reading it was over".to_owned());
        }
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return None,
            Err(error) => return Some(format!("cannot be read further: {error}")),
        };
        let n_bytes = line.n_bytes();
        match line {
            Line::Whole(text) => tally.line(text),
            Line::Torn(text) => tally.torn(text),
            Line::TooLong(n_bytes) => tally.too_long(n_bytes),
        }
        *budget = budget.saturating_sub(n_bytes);
        if *budget == 0 {
            return Some("it is larger than what is read of a log".to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
