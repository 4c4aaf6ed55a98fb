//! `adp rules`: what logs are searched for, whether it is right, what it costs and what it finds.

mod list;
mod show;
mod test;
mod lint;
mod bench;
mod runs;
mod replay;
mod accuracy;

use std::path::PathBuf;

use super::Load;
use crate::config;
use crate::errors::Exit;
use crate::signatures::{Rules, RulesError};

/// List, test and measure the signatures that logs are searched for.
///
/// They are the built-in ones, with the packs of `rules.packs` laid over them and without what
/// `rules.disable` names. `docs/signatures.md` says how to write one.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,

    /// A pack besides those of the settings, laid over them; for `replay`, the change to try.
    #[arg(long, global = true, value_name = "DIR")]
    pack: Vec<PathBuf>,

    /// Switch off as `rules.disable` does, besides what it names; for `replay`, the change to try.
    #[arg(long, global = true, value_name = "ID")]
    disable: Vec<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
    Test(test::Args),
    Lint(lint::Args),
    Bench(bench::Args),
    Replay(replay::Args),
    Accuracy(accuracy::Args),
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let settings = load.settings()?;
    let changed = Chosen::of(&settings.rules, args.pack, args.disable);
    match args.verb {
        Verb::List(args) => list::run(args, &changed.load()?),
        Verb::Show(args) => show::run(args, &changed.load()?),
        Verb::Test(args) => test::run(args, changed),
        Verb::Lint(args) => lint::run(args, &changed.load()?),
        Verb::Bench(args) => bench::run(args, &settings, &changed.load()?),
        Verb::Replay(args) => replay::run(args, &settings, &changed),
        Verb::Accuracy(args) => accuracy::run(args, &settings, changed.load()?),
    }
}

/// The page of the rule with this id, if there is one.
pub fn page_of(id: &str, load: &Load) -> anyhow::Result<Option<String>> {
    let rules = Rules::load(&load.settings()?.rules)?;
    Ok(show::found(id, &rules).map(|(row, signature)| show::page(&row, signature, &rules.pack)))
}

/// Which rules a command is about: those of the settings, and what the command line adds.
struct Chosen(config::Rules);

impl Chosen {
    fn of(settings: &config::Rules, packs: Vec<PathBuf>, disable: Vec<String>) -> Chosen {
        let mut chosen = settings.clone();
        chosen.packs.extend(packs);
        chosen.disable.extend(disable);
        Chosen(chosen)
    }

    fn load(&self) -> Result<Rules, RulesError> {
        Rules::load(&self.0)
    }
}

/// `1 rule`, `2 rules`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// JSON as every command prints it.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    super::print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}
