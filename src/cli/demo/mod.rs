//! `adp demo`: the whole product on this machine, with nothing else installed.

pub mod cases;
pub mod workplace;
pub mod walk;
pub mod report;
pub mod live;
mod guide;
pub mod paint;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;

use self::guide::Guide;
use self::live::{Live, Style};
use self::paint::{Paint, Tone};
use self::report::Report;
use self::walk::Walk;
use self::workplace::{Cluster, Event, Workplace};
use super::serve::Signals;
use super::{Format, emit, screen};
use crate::errors::Exit;
use crate::kafka::{Emitter, Endpoint};
use crate::records::Topic;
use crate::runtime::Message;
use crate::runtime::clock::Stopwatch;
use crate::service::{self, Service};
use crate::text::plain::wrap;
use crate::world::Screen;

/// How long the failures may take together; they take seconds.
const DEADLINE: Duration = Duration::from_secs(60);
/// Lines that stand above and below the table that is repainted.
const LINES_AROUND_THE_TABLE: usize = 4;
/// Columns below which its rows would be broken, and so not be found again.
const NARROWEST_TABLE: usize = 60;

/// Show a dozen real failures walk from their logs to a pull request and a message.
///
/// Starts a broker, a schema registry and every step inside this process, makes a small git
/// repository of Spark jobs, and publishes twelve failures with the logs that real runs left. All
/// of it lies in one folder. Exits with 0 when every failure got its outcome, else with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp demo
  adp demo --keep --dir /tmp/adp    then, beside it: adp --settings /tmp/adp/adp.toml tail fixes
  adp demo --format json | jq '.failures[] | {pipeline, class, fix}'")]
pub struct Args {
    /// Leave it running until Ctrl-C, for `adp tail`, `adp emit` and `curl` beside it.
    #[arg(long)]
    keep: bool,
    /// Folder for everything; it must be empty. By default a new one among the temporary files.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Use the brokers there instead of the embedded one; the topics `pipeline.*` and `adp.*` are
    /// written to.
    #[arg(long, value_name = "BOOTSTRAP", requires = "registry")]
    kafka: Option<String>,
    /// The schema registry that belongs to them.
    #[arg(long, value_name = "URL", requires = "kafka")]
    registry: Option<String>,
    /// `json` prints what became of the failures as one object.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A demo that has run through.
pub struct Demo {
    /// Still at work.
    pub service: Service,
    pub walk: Walk,
    /// From the first event to the last message.
    pub took: Duration,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let place = match &args.dir {
        Some(folder) => Workplace::at(folder)?,
        None => Workplace::fresh()?,
    };
    let place = match (args.kafka.clone(), args.registry.clone()) {
        (Some(bootstrap), Some(registry)) => place.on(Cluster { bootstrap, registry }),
        _ => place,
    };
    let async_runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = async_runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let (mut service, exit) = tokio::select! {
            shown = show(&args, &place) => shown?,
            number = signals.next() => return Ok(Exit::Signal(number)),
        };
        if args.keep {
            tokio::select! {
                error = service.failed() => return Err(error.into()),
                _ = signals.next() => {}
            }
        }
        service.stop().await;
        Ok(exit)
    });
    // Whatever still runs belongs to a step that did not end in time.
    async_runtime.shutdown_background();
    exit
}

/// Starts everything in the folder, publishes the failures, and watches them until each has its
/// outcome or the deadline has passed since the first was published.
///
/// # Errors
/// When the folder cannot be written, something cannot start, or a step ends.
pub async fn run_through<W: Write>(
    place: &Workplace,
    deadline: Duration,
    live: &mut Live<W>,
) -> anyhow::Result<Demo> {
    let events = place.furnish()?;
    let (tell, mut heard) = mpsc::unbounded_channel();
    let watcher = Arc::new(move |seen: &service::Seen<'_>| {
        // Nobody listens any more when the demo is over.
        let _ = tell.send(seen.message.clone());
    });
    let screen = Screen { writer: Arc::new(Mutex::new(io::sink())), width: 80 };
    let mut service = service::start(&place.settings(), &screen, watcher).await?;
    place.write_settings(&service)?;
    let mut walk = Walk::of(&events);
    let watch = Stopwatch::start();
    publish(service.endpoint().clone(), events).await?;
    live.begin(&walk)?;
    let watched = follow(&mut service, &mut heard, &mut walk, live, watch);
    if let Ok(ended) = tokio::time::timeout(deadline, watched).await {
        ended?;
    }
    Ok(Demo { service, walk, took: watch.elapsed() })
}

/// As a producer would: JSON on the topic, through Kafka.
async fn publish(endpoint: Endpoint, events: Vec<Event>) -> anyhow::Result<()> {
    let sending = move || -> anyhow::Result<()> {
        let emitter = Emitter::new(&endpoint)?;
        for Event { json, times, .. } in &events {
            for _ in 0..*times {
                let key = emit::key(json);
                emitter.emit(Topic::FAILURES, key.as_bytes(), json.to_string().as_bytes())?;
            }
        }
        Ok(())
    };
    tokio::task::spawn_blocking(sending).await.context("publishing broke")?
}

async fn follow<W: Write>(
    service: &mut Service,
    heard: &mut mpsc::UnboundedReceiver<Message>,
    walk: &mut Walk,
    live: &mut Live<W>,
    watch: Stopwatch,
) -> anyhow::Result<()> {
    let codec = service.codec().clone();
    while !walk.is_complete() {
        let message = tokio::select! {
            message = heard.recv() => message.context("the steps are gone")?,
            error = service.failed() => return Err(error.into()),
        };
        let mut arrivals = walk.absorb(&codec, &message)?;
        // What has come meanwhile is shown in one go.
        while let Ok(message) = heard.try_recv() {
            arrivals.extend(walk.absorb(&codec, &message)?);
        }
        live.show(walk, &arrivals, watch.elapsed())?;
    }
    Ok(())
}

/// Prints everything; the steps still run when it is done.
async fn show(args: &Args, place: &Workplace) -> anyhow::Result<(Service, Exit)> {
    let mut out = io::stdout();
    let is_text = args.format == Format::Text;
    let is_screen = is_text && out.is_terminal();
    let paint = Paint { colours: is_screen && !screen::no_colour() };
    let width = screen::width();
    if is_text {
        let about = format!("{} failures of real Spark runs, in", cases::CASES.len());
        let folder = place.root().display().to_string();
        writeln!(out, "{about} {}\n", paint.tone(Tone::Bold, &folder))?;
    }
    let mut live =
        Live { out: io::stdout(), style: style(is_text, is_screen, width), paint, width };
    let Demo { service, walk, took } = run_through(place, DEADLINE, &mut live).await?;
    let report = Report::of(&walk, place);
    if is_text {
        let guide = Guide { report: &report, program: &program(), keeps: args.keep };
        let (count, took) = (walk.journeys.len(), took.as_secs_f64());
        let tally = format!("{count} failures in {took:.1} s: {}.", report.tally());
        writeln!(out, "\n{}", report.table(paint, width))?;
        writeln!(out, "{}", wrap(&tally, "", "", width).join("\n"))?;
        writeln!(out, "\n{}", guide.text(service.health_address(), paint))?;
    } else {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    }
    if !report.complete {
        complain(&report);
    }
    let exit = if report.complete { Exit::Fine } else { Exit::Findings };
    Ok((service, exit))
}

/// A table needs a terminal that is large enough to repaint it.
fn style(is_text: bool, is_screen: bool, width: usize) -> Style {
    let rows = cases::CASES.len() + LINES_AROUND_THE_TABLE;
    let is_high = screen::height().is_some_and(|height| height >= rows);
    if !is_text {
        Style::Silent
    } else if is_screen && is_high && width >= NARROWEST_TABLE {
        Style::Table
    } else {
        Style::Lines
    }
}

fn complain(report: &Report) {
    eprintln!("after {} s these failures have no outcome yet:", DEADLINE.as_secs());
    for row in &report.failures {
        if let Some(step) = row.waits_for {
            eprintln!("  {} waits for {step}", row.pipeline);
        }
    }
    eprintln!("`--log-filter adp=info` shows what the steps say");
}

/// How to call us from another folder: a path is made whole, a name is found as it was.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    match std::env::current_exe() {
        Ok(path) if called.contains('/') => path.display().to_string(),
        _ => "adp".to_owned(),
    }
}
