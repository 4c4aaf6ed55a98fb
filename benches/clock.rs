//! Time that this thread spent on a processor: on a shared machine the wall clock measures the
//! neighbours.

use std::fs;
use std::thread;
use std::time::Instant;

/// What `work` returns, and the seconds it took.
pub fn time<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (wall, before) = (Instant::now(), processor_seconds());
    let done = work();
    let seconds = match (before, processor_seconds()) {
        (Some(before), Some(after)) => after - before,
        // Where the system does not say, the wall clock has to do.
        _ => wall.elapsed().as_secs_f64(),
    };
    (done, seconds)
}

fn processor_seconds() -> Option<f64> {
    // The kernel brings its count up to date when a thread offers to let others go first.
    thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
