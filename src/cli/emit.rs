//! `adp emit`: a failure onto the topic, as a producer would send it.

use std::io::Read;

use anyhow::Context;

use super::{Load, Usage};
use crate::config::{KafkaMode, Settings};
use crate::errors::Exit;
use crate::kafka::{Emitter, Endpoint};
use crate::records::Topic;
use crate::stages::read_logs::accept::from_json;

/// Send a failure event to `pipeline.failures`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp emit event.json
  adp emit - < events.jsonl
  adp emit --dag sales --task load --log /var/log/airflow/sales/load/1.log")]
pub struct Args {
    /// A JSON event, or one per line; `-` reads standard input.
    #[arg(value_name = "FILE", conflicts_with_all = ["dag", "task", "log"])]
    file: Option<String>,
    /// DAG or workflow that failed.
    #[arg(long)]
    dag: Option<String>,
    /// Task or job that failed.
    #[arg(long)]
    task: Option<String>,
    /// Its driver's log, on the machine that `adp serve` runs on.
    #[arg(long)]
    log: Option<String>,
    /// Its Spark event log.
    #[arg(long)]
    event_log: Option<String>,
    /// Which run it was.
    #[arg(long)]
    run: Option<String>,
    /// Exit code of the driver.
    #[arg(long)]
    exit_code: Option<i32>,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let events = match &args.file {
        Some(file) => read(file)?,
        None => vec![from_flags(&args)?],
    };
    let endpoint = endpoint(&load.settings()?);
    let emitter = Emitter::new(&endpoint)?;
    for event in &events {
        emitter.emit(Topic::FAILURES, key(event).as_bytes(), event.to_string().as_bytes())?;
    }
    println!("{} sent to {} at {}", count(events.len()), Topic::FAILURES, endpoint.bootstrap);
    Ok(Exit::Fine)
}

/// Where a program beside `adp serve` finds the topics.
pub fn endpoint(settings: &Settings) -> Endpoint {
    match settings.kafka.mode {
        KafkaMode::Embedded => Endpoint::new(settings.embedded.listen.to_string()),
        KafkaMode::Remote => Endpoint::remote(&settings.kafka),
    }
}

fn read(file: &str) -> anyhow::Result<Vec<serde_json::Value>> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text).context("failed to read standard input")?;
    } else {
        text = std::fs::read_to_string(file)
            .map_err(|error| Usage(format!("failed to read {file}: {error}")))?;
    }
    let events: Result<Vec<serde_json::Value>, _> =
        serde_json::Deserializer::from_str(&text).into_iter().collect();
    let events = events.map_err(|error| Usage(format!("{file} is not JSON: {error}")))?;
    if events.is_empty() {
        return Err(Usage(format!("{file} holds no event")).into());
    }
    for (index, event) in events.iter().enumerate() {
        // What `read_logs` would not read is not worth sending.
        from_json(event.to_string().as_bytes())
            .map_err(|reason| Usage(format!("{file}: event {}: {reason}", index + 1)))?;
    }
    Ok(events)
}

fn from_flags(args: &Args) -> anyhow::Result<serde_json::Value> {
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    if !is_named(&args.dag) && !is_named(&args.task) {
        return Err(Usage("name a file with the event, or at least --dag or --task".into()).into());
    }
    Ok(serde_json::json!({
        "source": "cli", "dag_id": args.dag, "task_id": args.task, "run_id": args.run,
        "local_log_path": args.log, "event_log_path": args.event_log,
        "exit_code": args.exit_code,
    }))
}

/// Failures of one pipeline stay in order.
pub(super) fn key(event: &serde_json::Value) -> String {
    let part = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    [part("dag_id"), part("task_id")].join(".")
}

fn count(n: usize) -> String {
    if n == 1 { "1 event".to_owned() } else { format!("{n} events") }
}
