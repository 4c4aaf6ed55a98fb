//! `adp rules replay`: old failures diagnosed with the rules as they are and as they would be.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::runs::{KeptRun, in_parallel};
use super::{Chosen, count, print_json};
use crate::cli::analyze::inputs::{Inputs, Named, cannot_read, wrong};
use crate::cli::analyze::walk::walk;
use crate::cli::emit::endpoint;
use crate::cli::tail::registry;
use crate::cli::{Format, screen};
use crate::config::Settings;
use crate::errors::Exit;
use crate::kafka::{TailStart, tail};
use crate::records::root_cause::{Cause, Verdict};
use crate::records::{Codec, Topic};
use crate::runtime::{Input, Received};
use crate::signatures::{Rulebook, Rules};
use crate::stages::read_logs::accept::{Arrived, from_json};

/// Diagnose old failures with the present and with changed rules, and print what differs.
///
/// The change is what `--pack` and `--disable` add to the settings. Nothing is written or sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp rules replay runs/ --pack new-signatures/
  adp rules replay failures.jsonl --pack new-signatures/ --format json
  adp rules replay --topic --disable memory.java_heap

Of events, the logs and event logs are read that the settings allow (`logs.roots`,
`metrics.event_log_roots`).

Exit codes: 0 nothing differs; 1 something does, or a failure could not be diagnosed.")]
pub struct Args {
    /// Folders with runs as `docs/accuracy.md` describes them, logs, or events as `adp emit` takes
    /// them (*.json, *.jsonl).
    path: Vec<PathBuf>,
    /// Also every failure that still lies on `pipeline.failures`.
    #[arg(long)]
    topic: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is diagnosed twice.
struct Old {
    name: String,
    what: What,
}

enum What {
    Run(Named),
    Event(Box<crate::records::Failure>),
}

/// A diagnosis as far as it is compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Told {
    class: String,
    verdict: Verdict,
    confidence: f64,
    /// As `file:line`.
    root_line: Option<String>,
    summary: String,
}

#[derive(Debug, Serialize)]
struct Compared {
    name: String,
    before: Told,
    after: Told,
    /// Which fields differ, of class, verdict, confidence and root_line.
    differs: Vec<&'static str>,
}

pub fn run(args: Args, settings: &Settings, changed: &Chosen) -> anyhow::Result<Exit> {
    if changed.0 == settings.rules {
        return Err(wrong("name the change with --pack or --disable".to_owned()));
    }
    let before = Rulebook::new(Rules::load(&settings.rules)?);
    let after = Rulebook::new(changed.load()?);
    let old = gather(&args, settings)?;
    let progress = screen::Progress::over(old.len());
    let answers = in_parallel(
        &old,
        |old| (old.name.clone(), compare(old, settings, &before, &after)),
        |n_done| progress.show(n_done),
    );
    progress.clear();
    let mut compared = Vec::new();
    let mut failed = Vec::new();
    for (name, answer) in answers {
        match answer {
            Ok(answer) => compared.push(answer),
            Err(error) => failed.push((name, format!("{error:#}"))),
        }
    }
    let n_failures = compared.len();
    compared.retain(|compared| !compared.differs.is_empty());
    let versions = [&before, &after].map(|rules| rules.current().version.clone());
    match args.format {
        Format::Json => print_json(&json!({
            "before": versions[0], "after": versions[1], "failures": n_failures,
            "differ": compared.len(), "differences": compared,
            "failed": failed.iter().map(|(name, error)| json!({"name": name, "error": error}))
                .collect::<Vec<_>>(),
        }))?,
        Format::Text => {
            crate::cli::print(&page(&versions, n_failures, &compared, &failed))?;
        }
    }
    let is_same = compared.is_empty() && failed.is_empty();
    Ok(if is_same { Exit::Fine } else { Exit::Findings })
}

fn gather(args: &Args, settings: &Settings) -> anyhow::Result<Vec<Old>> {
    let mut old = Vec::new();
    for path in &args.path {
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
        if path.is_dir() {
            let runs = KeptRun::below(path)?.into_iter();
            old.extend(runs.map(|run| Old { name: run.name, what: What::Run(run.named) }));
        } else if matches!(ending.as_deref(), Some("json" | "jsonl")) {
            old.extend(events_in(path)?);
        } else {
            let named = Named { driver_log: path.clone(), ..Named::default() };
            old.push(Old { name: path.display().to_string(), what: What::Run(named) });
        }
    }
    if args.topic {
        old.extend(on_topic(settings)?);
    }
    if old.is_empty() {
        return Err(wrong("name old failures: folders, logs, events or --topic".to_owned()));
    }
    Ok(old)
}

fn events_in(path: &Path) -> anyhow::Result<Vec<Old>> {
    let text = fs::read_to_string(path).map_err(|error| cannot_read(path, error))?;
    let events = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    let mut old = Vec::new();
    for (index, event) in events.enumerate() {
        let name = format!("{}:{}", path.display(), index + 1);
        let event = event.map_err(|error| wrong(format!("{name}: not JSON: {error}")))?;
        let failure = from_json(event.to_string().as_bytes())
            .map_err(|reason| wrong(format!("{name}: {reason}")))?;
        old.push(Old { name, what: What::Event(Box::new(failure)) });
    }
    Ok(old)
}

/// Letters that are no failures are dead to `adp serve` as well.
fn on_topic(settings: &Settings) -> anyhow::Result<Vec<Old>> {
    let async_runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let codec = Codec::reading(registry(settings, async_runtime.handle().clone())?);
    let mut old = Vec::new();
    let each = |received: Received| {
        match Arrived::read(&codec, &received) {
            Ok(arrived) => old.push(Old {
                name: format!("{} at {}", arrived.failure.pipeline().key().as_str(), arrived.place),
                what: What::Event(Box::new(arrived.failure)),
            }),
            Err(error) => tracing::warn!(place = %received.place, %error, "passed over"),
        }
        true
    };
    tail(&endpoint(settings), Topic::FAILURES, TailStart::Beginning, each, || false)?;
    Ok(old)
}

fn compare(
    old: &Old,
    settings: &Settings,
    before: &Rulebook,
    after: &Rulebook,
) -> anyhow::Result<Compared> {
    let inputs = match &old.what {
        What::Run(named) => Inputs::of(named, settings.logs.most_bytes)?,
        What::Event(failure) => Inputs::of_event((**failure).clone(), settings),
    };
    let told = |rulebook| -> anyhow::Result<Told> {
        Ok(Told::of(&walk(&inputs, settings, rulebook)?.diagnosis.cause))
    };
    let (before, after) = (told(before)?, told(after)?);
    let differs = differences(&before, &after);
    Ok(Compared { name: old.name.clone(), before, after, differs })
}

impl Told {
    fn of(cause: &Cause) -> Told {
        Told {
            class: cause.class.clone(),
            verdict: cause.verdict,
            confidence: cause.confidence,
            root_line: cause.root_line.as_ref().map(|line| format!("{}:{}", line.file, line.line)),
            summary: cause.summary.clone(),
        }
    }
}

fn differences(before: &Told, after: &Told) -> Vec<&'static str> {
    [
        ("class", before.class != after.class),
        ("verdict", before.verdict != after.verdict),
        ("confidence", before.confidence != after.confidence),
        ("root_line", before.root_line != after.root_line),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

fn page(
    versions: &[String; 2],
    n_failures: usize,
    compared: &[Compared],
    failed: &[(String, String)],
) -> String {
    let [before, after] = versions;
    let mut page = format!("now     {before}\nchanged {after}\n\n");
    for Compared { name, before, after, differs } in compared {
        page += &format!("{name}: other {}\n  now     ", differs.join(", "));
        page += &format!("{}\n  changed {}\n", told(before), told(after));
    }
    for (name, error) in failed {
        page += &format!("FAIL  {name}: {error}\n");
    }
    let n_differ = compared.len();
    page + &format!("{} of {} would differ\n", n_differ, count(n_failures, "failure"))
}

fn told(told: &Told) -> String {
    let Told { class, confidence, root_line, summary, .. } = told;
    let line = root_line.as_deref().unwrap_or("no line");
    format!("{class} ({confidence:.2}) at {line}: {summary}")
}
