//! `adp rules accuracy`: diagnoses runs whose causes are known, and counts how often that is right.

mod judged;
mod report;
mod page;

use std::path::PathBuf;

use anyhow::Context;

use self::judged::Judged;
use self::report::Report;
use super::print_json;
use super::runs::{KeptRun, Truth, in_parallel};
use crate::cli::analyze::inputs::{Inputs, Named, wrong};
use crate::cli::analyze::walk::walk;
use crate::cli::{Format, screen};
use crate::config::Settings;
use crate::errors::Exit;
use crate::signatures::{Rulebook, Rules};
use crate::stages::find_cause::causes;

/// Diagnose runs whose causes are known, and say how often that is right.
///
/// Every folder in FOLDER that holds a driver.log and a meta.json is one run; `docs/accuracy.md`
/// describes both. Runs are diagnosed as `adp analyze` does it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp rules accuracy runs/
  adp rules accuracy runs/ --pack my-signatures/ --format json | jq .class.rate
  adp rules accuracy runs/ --min-class 0.95 --min-root 0.9 --max-false-alarms 0

Exit codes: 0 measured, and within the limits that are given; 1 outside one of them, or a run could
not be diagnosed.")]
pub struct Args {
    /// Folder with the runs.
    folder: PathBuf,
    /// Without Spark's metrics: what the logs alone tell.
    #[arg(long)]
    no_metrics: bool,
    /// Without the exit codes of the drivers.
    #[arg(long)]
    no_exit_code: bool,
    /// Only runs whose name has this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Fail below this part of classes that are right, as 0.95.
    #[arg(long, value_name = "PART")]
    min_class: Option<f64>,
    /// Fail below this part of root lines that are exactly right.
    #[arg(long, value_name = "PART")]
    min_root: Option<f64>,
    /// Fail above so many healthy runs that are called failed.
    #[arg(long, value_name = "N")]
    max_false_alarms: Option<usize>,
    /// Fail above this calibration error.
    #[arg(long, value_name = "PART")]
    max_calibration_error: Option<f64>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: Args, settings: &Settings, rules: Rules) -> anyhow::Result<Exit> {
    let rulebook = Rulebook::new(rules);
    let mut cases = Vec::new();
    for run in KeptRun::below(&args.folder)? {
        if args.only.as_ref().is_some_and(|text| !run.name.contains(text.as_str())) {
            continue;
        }
        // Others may have been kept for `replay`.
        if let Some(truth) = run.truth()? {
            check_classes(&run, &truth)?;
            cases.push((run, truth));
        }
    }
    if cases.is_empty() {
        return Err(wrong("no run there has a meta.json that says what was wrong".to_owned()));
    }
    let progress = screen::Progress::over(cases.len());
    let judged = in_parallel(
        &cases,
        |(run, truth)| judge(run, truth, &args, settings, &rulebook),
        |n_done| progress.show(n_done),
    );
    progress.clear();
    let report = Report::of(judged, &rulebook.current().version);
    match args.format {
        Format::Json => print_json(&report)?,
        Format::Text => crate::cli::print(&page::text(&report))?,
    }
    let broken = limits(&args, &report);
    for limit in &broken {
        eprintln!("{limit}");
    }
    let is_fine = broken.is_empty() && report.failed.is_empty();
    Ok(if is_fine { Exit::Fine } else { Exit::Findings })
}

/// A class that no diagnosis can have would count as a miss of ours.
fn check_classes(run: &KeptRun, truth: &Truth) -> anyhow::Result<()> {
    let mut named = std::iter::once(&truth.class).chain(&truth.alt_classes);
    let Some(class) = named.find(|class| !causes::is_class(class)) else { return Ok(()) };
    let file = run.folder.join("meta.json");
    Err(wrong(format!("{}: {class} is no class; `adp explain` lists them", file.display())))
}

fn judge(
    run: &KeptRun,
    truth: &Truth,
    args: &Args,
    settings: &Settings,
    rulebook: &Rulebook,
) -> (String, anyhow::Result<Judged>) {
    let mut named: Named = run.named.clone();
    if args.no_metrics {
        named.event_log = None;
    }
    if args.no_exit_code {
        named.exit_code = None;
    }
    let judged = Inputs::of(&named, settings.logs.most_bytes)
        .and_then(|inputs| walk(&inputs, settings, rulebook))
        .with_context(|| format!("failed to diagnose {}", run.folder.display()))
        .map(|walk| Judged::of(&run.name, truth, &walk.summary, &walk.diagnosis.cause));
    (run.name.clone(), judged)
}

/// The limits that the measured values break, in words.
fn limits(args: &Args, report: &Report) -> Vec<String> {
    let too_low = |what: &str, least: Option<f64>, found: Option<f64>| {
        let (least, found) = (least?, found?);
        (found < least).then(|| format!("{what}: {found:.3}, and {least} is the least"))
    };
    let too_high = |what: &str, most: Option<f64>, found: f64| {
        let most = most?;
        (found > most).then(|| format!("{what}: {found:.3}, and {most} is the most"))
    };
    let alarms = report.healthy.false_alarms.len();
    let most_alarms = args.max_false_alarms.map(|most| most as f64);
    [
        too_low("classes that are right", args.min_class, report.class.rate),
        too_low("root lines that are right", args.min_root, report.root_line.exact.rate),
        too_high("false alarms", most_alarms, alarms as f64),
        too_high("calibration error", args.max_calibration_error, report.calibration.error),
    ]
    .into_iter()
    .flatten()
    .collect()
}
