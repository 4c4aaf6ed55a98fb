//! `adp rules bench`: what each rule costs on given logs.
//!
//! A rule costs where it is tried: on lines that hold one of its keywords. So each rule's tries are
//! gathered first and timed together, which a clock can resolve; the whole is timed as it runs.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use adp_scanner::{Pack, scan, texts};
use serde::Serialize;

use super::print_json;
use crate::cli::Format;
use crate::cli::analyze::inputs::{cannot_read, wrong};
use crate::cli::table::table;
use crate::config::Settings;
use crate::errors::Exit;
use crate::runtime::clock::Stopwatch;
use crate::signatures::Rules;
use crate::world::log_store::{LogStore, Until};
use crate::world::roots::Roots;

/// Repeats of the tries of one rule until the clock can tell.
const LONG_ENOUGH: Duration = Duration::from_micros(500);
const MOST_REPEATS: u32 = 1_000;
/// Runs of the whole; the quickest counts, as it was disturbed least.
const RUNS: usize = 3;

/// Run the rules over logs and print what each costs.
///
/// The logs are held in memory, plain, however they are packed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`tried` are lines that hold a keyword of the rule, `matched` those that its regex confirmed. A rule
that is tried often and matches seldom has keywords that are too common.

Measure with a release build (`cargo build --release`).")]
pub struct Args {
    #[arg(required = true)]
    log: Vec<PathBuf>,
    /// Print so many rules, the dearest first.
    #[arg(long, default_value_t = 20)]
    top: usize,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A contract: fields may be added, none renamed.
#[derive(Debug, Serialize)]
struct Bench {
    rules: String,
    bytes: usize,
    lines: usize,
    /// The whole scan, stack traces and all.
    scan_mb_per_second: f64,
    /// Finding the lines that are worth reading, alone.
    guard_mb_per_second: f64,
    /// All tries together, for each line of the logs.
    tries_ns_per_line: f64,
    /// The dearest first.
    costs: Vec<Cost>,
    /// Rules that were never tried cost nothing.
    n_never_tried: usize,
}

#[derive(Debug, Serialize)]
struct Cost {
    id: String,
    tried: usize,
    matched: usize,
    ns_per_try: f64,
    /// Spread over all lines of the logs.
    ns_per_line: f64,
    /// Of all tries.
    share: f64,
}

pub fn run(args: Args, settings: &Settings, rules: &Rules) -> anyhow::Result<Exit> {
    let mut log = Vec::new();
    for path in &args.log {
        read(path, settings.logs.most_bytes, &mut log)?;
    }
    let mut bench = measure(rules, &log)?;
    match args.format {
        Format::Json => print_json(&bench)?,
        Format::Text => {
            bench.costs.truncate(args.top);
            crate::cli::print(&page(&bench))?;
        }
    }
    Ok(Exit::Fine)
}

fn read(path: &PathBuf, most_bytes: u64, log: &mut Vec<u8>) -> anyhow::Result<()> {
    let absolute = std::path::absolute(path).map_err(|error| cannot_read(path, error))?;
    let name =
        absolute.to_str().ok_or_else(|| wrong(format!("{} is not UTF-8", path.display())))?;
    let store = LogStore::new(Roots::new(vec![absolute.clone()]), most_bytes);
    let until = Until::new(Duration::from_secs(600), Default::default());
    let opened = store.open_file(name, &until).map_err(|why| wrong(why.to_string()))?;
    opened.text.take(most_bytes).read_to_end(log).map_err(|error| cannot_read(path, error))?;
    if log.last().is_some_and(|byte| *byte != b'\n') {
        log.push(b'\n');
    }
    Ok(())
}

fn measure(rules: &Rules, log: &[u8]) -> anyhow::Result<Bench> {
    let pack = &rules.pack;
    let mut lines: Vec<String> = Vec::new();
    texts(log, |text| lines.push(text.to_owned()));
    if lines.is_empty() {
        return Err(wrong("the logs hold no line".to_owned()));
    }
    let whole = quickest(|| drop(scan(pack, log)));
    let guard = quickest(|| drop(std::hint::black_box(pack.mark(log, false))));
    let mut tries: Vec<Vec<&str>> = vec![Vec::new(); pack.signatures().len()];
    for line in &lines {
        for index in pack.tried_on(line) {
            tries[index].push(line);
        }
    }
    let mut costs: Vec<Cost> = tries
        .iter()
        .enumerate()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(index, tried)| cost(pack, index, tried, lines.len()))
        .collect();
    let all: f64 = costs.iter().map(|cost| cost.ns_per_line).sum();
    for cost in &mut costs {
        cost.share = cost.ns_per_line / all;
    }
    costs.sort_by(|a, b| b.ns_per_line.total_cmp(&a.ns_per_line).then(a.id.cmp(&b.id)));
    let mb_per_second = |took: Duration| log.len() as f64 / 1e6 / took.as_secs_f64().max(1e-9);
    Ok(Bench {
        rules: rules.version.clone(),
        bytes: log.len(),
        lines: lines.len(),
        scan_mb_per_second: mb_per_second(whole),
        guard_mb_per_second: mb_per_second(guard),
        tries_ns_per_line: all,
        n_never_tried: pack.signatures().len() - costs.len(),
        costs,
    })
}

fn quickest(mut work: impl FnMut()) -> Duration {
    let times = (0..RUNS).map(|_| {
        let watch = Stopwatch::start();
        work();
        watch.elapsed()
    });
    times.min().unwrap_or_default()
}

fn cost(pack: &Pack, index: usize, tried: &[&str], n_lines: usize) -> Cost {
    let try_all = || tried.iter().filter(|line| pack.is_confirmed(index, line)).count();
    let matched = try_all();
    let watch = Stopwatch::start();
    let mut repeats = 0;
    while repeats < MOST_REPEATS && watch.elapsed() < LONG_ENOUGH {
        std::hint::black_box(try_all());
        repeats += 1;
    }
    let ns = watch.elapsed().as_nanos() as f64 / f64::from(repeats);
    Cost {
        id: pack.signatures()[index].id.clone(),
        tried: tried.len(),
        matched,
        ns_per_try: ns / tried.len() as f64,
        ns_per_line: ns / n_lines as f64,
        share: 0.0,
    }
}

fn page(bench: &Bench) -> String {
    let heading = ["RULE", "TRIED", "MATCHED", "NS A TRY", "NS A LINE", "SHARE"].map(str::to_owned);
    let rows = bench.costs.iter().map(|cost| {
        [
            cost.id.clone(),
            cost.tried.to_string(),
            cost.matched.to_string(),
            format!("{:.0}", cost.ns_per_try),
            format!("{:.2}", cost.ns_per_line),
            format!("{:.1}%", cost.share * 100.0),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    format!(
        "{} lines, {:.1} MB, {}\n\nwhole scan {:.0} MB/s; guards alone {:.0} MB/s; tries {:.1} ns a line; \
         rules never tried: {}\n\n{}",
        bench.lines,
        bench.bytes as f64 / 1e6,
        bench.rules,
        bench.scan_mb_per_second,
        bench.guard_mb_per_second,
        bench.tries_ns_per_line,
        bench.n_never_tried,
        table(&rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_and_matches_are_counted_by_rule() {
        let log = b"26/11/23 10:00:00 INFO A: OutOfMemoryError-report\n\
                    java.lang.OutOfMemoryError: Java heap space\nall well\n";
        let bench = measure(&Rules::built_in().expect("right"), log).expect("lines");
        assert_eq!((bench.lines, bench.bytes), (3, log.len()));
        let heap = bench.costs.iter().find(|cost| cost.id == "memory.java_heap").expect("tried");
        assert_eq!((heap.tried, heap.matched), (2, 1));
        assert!(heap.ns_per_try > 0.0 && bench.scan_mb_per_second > 0.0);
        let shares: f64 = bench.costs.iter().map(|cost| cost.share).sum();
        assert!((shares - 1.0).abs() < 1e-9);
        assert!(bench.n_never_tried > 50);
    }
}
