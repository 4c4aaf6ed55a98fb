//! The command line: one file per subcommand, in the order in which people meet them.

pub mod demo;
mod serve;
mod analyze;
mod emit;
mod tail;
mod topology;
mod rules;
mod config;
mod check;
mod explain;
mod screen;
mod table;

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{ConfigError, Environment, Settings};
use crate::errors::{ErrorCode, Exit};
use crate::service::ServiceError;

/// From a failed pipeline to its cause, a reviewed fix and one message.
#[derive(Debug, Parser)]
#[command(
    name = "adp",
    version,
    max_term_width = 100,
    after_help = "\
Start with `adp demo`: it needs nothing else and takes seconds.
Errors have numbers; `adp explain ADP0003` says what one means and what to do."
)]
pub struct Cli {
    /// Settings file; without it, ./adp.toml if there is one, or else the defaults.
    #[arg(long, short, global = true, value_name = "FILE", help_heading = "Everywhere")]
    settings: Option<PathBuf>,

    /// What to log to standard error: a level, or a filter such as `adp=debug,warn`.
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Everywhere")]
    log_filter: Option<String>,

    /// Log one JSON object per line.
    #[arg(long, global = true, help_heading = "Everywhere")]
    log_json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Analyze(analyze::Args),
    Emit(emit::Args),
    Tail(tail::Args),
    Topology(topology::Args),
    Rules(rules::Args),
    Config(config::Args),
    Check(check::Args),
    Explain(explain::Args),
}

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: fields may be added, none renamed.
    Json,
}

/// Runs the command to its end.
///
/// # Errors
/// What a person should read; `exit_of` says with which code the process ends.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    let quiet = if matches!(cli.command, Command::Serve(_)) { "info" } else { "error" };
    let filter = cli.log_filter.as_deref().unwrap_or(quiet);
    crate::telemetry::logging::start(
        crate::telemetry::logging::Style::choose(cli.log_json, screen::no_colour()),
        filter,
    )?;
    let load = Load { path: cli.settings };
    match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(args, &load),
        Command::Analyze(args) => analyze::run(args, &load),
        Command::Emit(args) => emit::run(args, &load),
        Command::Tail(args) => tail::run(args, &load),
        Command::Topology(args) => topology::run(args),
        Command::Rules(args) => rules::run(args, &load),
        Command::Config(args) => config::run(args, &load),
        Command::Check(args) => check::run(args, &load),
        Command::Explain(args) => explain::run(args, &load),
    }
}

/// Where the settings come from.
struct Load {
    path: Option<PathBuf>,
}

impl Load {
    /// Looked for in the working directory when no file is named.
    const USUAL_FILE: &str = "adp.toml";

    fn path(&self) -> Option<PathBuf> {
        let usual = PathBuf::from(Load::USUAL_FILE);
        self.path.clone().or_else(|| usual.exists().then_some(usual))
    }

    fn settings(&self) -> Result<Settings, ConfigError> {
        Settings::load(self.path().as_deref(), &self.environment())
    }

    fn environment(&self) -> Environment {
        Environment::of_process()
    }
}

/// Whoever reads us may have read enough (`| head`), which is no fault.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("failed to print the answer")
        }
        _ => Ok(()),
    }
}

/// The number of the error's page, and the code that the process ends with.
pub fn exit_of(error: &anyhow::Error) -> (Option<ErrorCode>, Exit) {
    let code = if let Some(error) = error.downcast_ref::<ServiceError>() {
        error.code()
    } else if let Some(error) = error.downcast_ref::<ConfigError>() {
        Some(error.code())
    } else if error.downcast_ref::<crate::signatures::RulesError>().is_some() {
        Some(ErrorCode::RulesUnusable)
    } else if error.downcast_ref::<crate::kafka::ClientError>().is_some() {
        Some(ErrorCode::KafkaUnavailable)
    } else if let Some(error) = error.downcast_ref::<crate::registry::RegistryError>() {
        error.code()
    } else {
        None
    };
    let is_usage = error.downcast_ref::<Usage>().is_some();
    let exit = match code {
        Some(code) => code.exit(),
        None if is_usage => Exit::Usage,
        None => Exit::Unavailable,
    };
    (code, exit)
}

/// The command line asks for something that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
