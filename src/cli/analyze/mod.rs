//! `adp analyze`: the production steps on the logs of one run, in this process and with no broker.
//!
//! It is a person who asks here, so what they name is read wherever it lies, and what is not there
//! is their mistake: nothing is waited for.

pub mod inputs;
pub mod walk;
mod job;
mod json;
mod page;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use self::inputs::{Inputs, Named};
use self::job::{Job, Remedy};
use self::page::{Page, Paint};
use self::walk::Walk;
use super::{Format, Load, screen};
use crate::errors::Exit;
use crate::records::Fix;
use crate::signatures::{Rulebook, Rules};

/// Find out why one run failed, and how to fix it.
///
/// Reads the driver's log and whatever else is given, names the root cause with its evidence, asks
/// Spark's own metrics whether that is right, and writes the fix to the job's source as a diff.
/// Needs no broker and no settings, changes nothing unless told to, and sends nothing anywhere.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp analyze driver.log
  adp analyze driver.log --job jobs/orders.py --exit-code 1
  adp analyze driver.log --executor-log executors/*/stderr --event-log events/app-20261123-0007
  adp analyze driver.log --history-url http://history:18080 --app application_1763_0042
  adp analyze driver.log --job jobs/orders.py --write
  adp analyze s3://company-logs/spark/app-20261123-0007/driver.log.gz
  kubectl logs orders-driver | adp analyze - --format json | jq .diagnosis.class

Logs may be packed with gzip, zstd, lz4, snappy or bzip2, and lie behind http(s)://, s3://, gs:// or
abfs://, with the accounts of the settings or of this machine. Of Airflow's task logs both forms are read, text and JSON lines.

Exit codes: 0 a diagnosis was made, whatever it says; 2 a file that is named is not there, or cannot
be read; 3 a result could not be written.")]
pub struct Args {
    #[command(flatten)]
    run: Named,

    /// Write what each step says into this folder: log_summary.json, root_cause.json,
    /// diagnosis.json, fix.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Change the job's source as the fix says.
    #[arg(long, requires = "job")]
    write: bool,

    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let mut settings = load.settings()?;
    let rulebook = Rulebook::new(Rules::load(&settings.rules)?);
    let job = args.run.job.as_deref().map(Job::open).transpose()?;
    if let Some(folder) = &args.out {
        make(folder)?;
    }
    let inputs = Inputs::of(&args.run, settings.logs.most_bytes)?;
    inputs.allow_in(&mut settings, &load.environment());
    let walk = walk::walk(&inputs, &settings, &rulebook)?;
    let redactor = settings.redaction.redactor()?;
    let mut remedy = Remedy::of(&redactor, &walk.diagnosis, job.as_ref());
    // The diagnosis is worth reading also where what follows from it could not be written.
    let written = if args.write { remedy.write() } else { Ok(()) };
    let kept = args
        .out
        .map_or(Ok(()), |folder| keep(&folder, &walk, &remedy.record(&redactor, &walk.diagnosis)));
    super::print(&match args.format {
        Format::Json => json::object(&walk, &remedy)?,
        Format::Text => {
            let paint = Paint { on: screen::has_colours() };
            report::text(&walk, &remedy, Page::new(screen::width(), paint))
        }
    })?;
    written.and(kept).map(|()| Exit::Fine)
}

fn make(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))
}

/// One file for what each step says.
fn keep(folder: &Path, walk: &Walk, fix: &Fix) -> anyhow::Result<()> {
    keep_one(folder, "log_summary.json", &walk.summary)?;
    keep_one(folder, "root_cause.json", &walk.root_cause)?;
    keep_one(folder, "diagnosis.json", &walk.diagnosis)?;
    keep_one(folder, "fix.json", fix)
}

fn keep_one(folder: &Path, name: &str, record: &impl Serialize) -> anyhow::Result<()> {
    let path = folder.join(name);
    let text = serde_json::to_string_pretty(record)? + "\n";
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}
