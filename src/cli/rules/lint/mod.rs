//! `adp rules lint`: what loads and is still wrong.

mod checks;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use super::{count, print_json};
use crate::cli::Format;
use crate::cli::table::table;
use crate::errors::Exit;
use crate::signatures::Rules;

pub use checks::lint;

/// Look for rules that are shadowed, slow, overlapping or careless.
///
/// How often a keyword is met in vain is counted on some thousand lines of runs that worked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Errors: shadowed (a rule is silent on its own example, because others silence it).
Warnings: overlapping (two causes of different classes match each other's examples), slow (keywords
that are common; a regex that begins with anything), near-miss (none is given), capture (no example
fills it, so nobody knows that it works).
Notes: overlapping in one direction only, keyword (it adds nothing to another).

Exit codes: 0 no errors, or nothing that --deny names; 1 otherwise.")]
pub struct Args {
    /// Fail on these as well.
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Only rules of your own packs.
    #[arg(long)]
    own: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Deny {
    Warnings,
    Notes,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Note,
    Warning,
    Error,
}

/// One thing about one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// shadowed, overlapping, slow, near-miss, keyword or capture.
    pub check: &'static str,
    pub id: String,
    pub text: String,
}

pub fn run(args: Args, rules: &Rules) -> anyhow::Result<Exit> {
    let mut findings = lint(rules);
    if args.own {
        let is_own = |id: &str| rules.get(id).is_some_and(|(_, origin, _)| origin.pack.is_some());
        findings.retain(|finding| is_own(&finding.id));
    }
    match args.format {
        Format::Json => print_json(&json!({ "rules": rules.version, "findings": findings }))?,
        Format::Text => crate::cli::print(&page(rules, &findings))?,
    }
    let least = match args.deny {
        None => Level::Error,
        Some(Deny::Warnings) => Level::Warning,
        Some(Deny::Notes) => Level::Note,
    };
    let is_fine = findings.iter().all(|finding| finding.level < least);
    Ok(if is_fine { Exit::Fine } else { Exit::Findings })
}

fn page(rules: &Rules, findings: &[Finding]) -> String {
    let rows: Vec<[String; 4]> = findings
        .iter()
        .map(|finding| {
            let level = match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            };
            [level, finding.check, &finding.id, &finding.text].map(str::to_owned)
        })
        .collect();
    let of = |level| findings.iter().filter(|finding| finding.level == level).count();
    format!(
        "{}{}, {}, {} in {}\n",
        table(&rows),
        count(of(Level::Error), "error"),
        count(of(Level::Warning), "warning"),
        count(of(Level::Note), "note"),
        rules.version
    )
}
