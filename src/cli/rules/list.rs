//! `adp rules list`: every rule in a line.

use adp_scanner::{Kind, Signature};
use serde::Serialize;

use super::{count, print_json};
use crate::cli::Usage;
use crate::cli::table::table;
use crate::errors::Exit;
use crate::signatures::{Origin, Rules};
use crate::stages::find_cause::causes;

/// List the rules, their classes and where they come from.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only rules that have this text in their id, summary or keywords.
    text: Option<String>,
    /// Only rules of this class or family, as `oom.driver` or `oom`.
    #[arg(long)]
    class: Option<String>,
    /// Only rules of this kind: cause, wrapper, echo, lifecycle or noise.
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum ListFormat {
    /// A table.
    #[default]
    Text,
    /// A table for a page.
    Markdown,
    /// For programs: fields may be added, none renamed.
    Json,
}

/// One rule, in the words of its file.
#[derive(Serialize)]
pub struct Row<'a> {
    pub id: &'a str,
    pub class: Option<&'a str>,
    pub kind: &'static str,
    pub severity: &'static str,
    pub summary: &'a str,
    /// `built-in`, or the folder that the settings name.
    pub pack: String,
    pub file: &'a str,
    /// The file of an earlier pack whose rule it replaces.
    pub replaces: Option<&'a str>,
    /// False for what `rules.disable` names.
    pub in_force: bool,
}

impl<'a> Row<'a> {
    pub fn of(signature: &'a Signature, origin: &'a Origin, in_force: bool) -> Row<'a> {
        Row {
            id: &signature.id,
            class: signature.class.as_deref(),
            kind: signature.kind.as_str(),
            severity: signature.severity.as_str(),
            summary: &signature.summary,
            pack: origin
                .pack
                .as_ref()
                .map_or_else(|| "built-in".to_owned(), |pack| pack.display().to_string()),
            file: &origin.file,
            replaces: origin.replaces.as_deref(),
            in_force,
        }
    }

    fn note(&self) -> String {
        match (self.in_force, self.replaces) {
            (false, _) => "disabled".to_owned(),
            (true, Some(file)) => format!("replaces {file}"),
            (true, None) => String::new(),
        }
    }
}

pub fn run(args: Args, rules: &Rules) -> anyhow::Result<Exit> {
    if let Some(class) = &args.class
        && !causes::is_class(class)
        && !causes::is_family(class)
    {
        let what =
            format!("{class} is no class and no family of classes; `adp explain` lists them");
        return Err(Usage(what).into());
    }
    let rows: Vec<Row<'_>> = rules
        .all()
        .filter(|(signature, ..)| is_wanted(&args, signature))
        .map(|(signature, origin, in_force)| Row::of(signature, origin, in_force))
        .collect();
    match args.format {
        ListFormat::Text => crate::cli::print(&as_text(&rows, rules))?,
        ListFormat::Markdown => crate::cli::print(&as_markdown(&rows))?,
        ListFormat::Json => print_json(&rows)?,
    }
    Ok(Exit::Fine)
}

fn kind(text: &str) -> Result<Kind, String> {
    let all = [Kind::Cause, Kind::Wrapper, Kind::Echo, Kind::Lifecycle, Kind::Noise];
    let found = all.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| "there are cause, wrapper, echo, lifecycle and noise".to_owned())
}

fn is_wanted(args: &Args, signature: &Signature) -> bool {
    let holds = |text: &String| {
        let told = [&signature.id, &signature.summary];
        told.into_iter().chain(&signature.keywords).any(|told| told.contains(text))
    };
    let is_of = |wanted: &String| {
        signature
            .class
            .as_deref()
            .and_then(|class| class.strip_prefix(wanted.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    args.text.as_ref().is_none_or(holds)
        && args.class.as_ref().is_none_or(is_of)
        && args.kind.is_none_or(|kind| signature.kind == kind)
}

fn as_text(rows: &[Row<'_>], rules: &Rules) -> String {
    let heading = ["ID", "CLASS", "KIND", "SEVERITY", "PACK", ""].map(str::to_owned);
    let lines = rows.iter().map(|row| {
        [
            row.id.to_owned(),
            row.class.unwrap_or("-").to_owned(),
            row.kind.to_owned(),
            row.severity.to_owned(),
            row.pack.clone(),
            row.note(),
        ]
    });
    let lines: Vec<_> = std::iter::once(heading).chain(lines).collect();
    format!("{}\n{}; in force: {}\n", table(&lines), count(rows.len(), "rule"), rules.version)
}

fn as_markdown(rows: &[Row<'_>]) -> String {
    let mut sorted: Vec<&Row<'_>> = rows.iter().collect();
    sorted.sort_by_key(|row| row.id);
    let lines = sorted.into_iter().map(|row| {
        let class = row.class.map_or_else(String::new, |class| format!("`{class}`"));
        let summary = row.summary.replace('|', "\\|");
        format!("| `{}` | {class} | {} | {summary} |\n", row.id, row.kind)
    });
    format!(
        "| Rule | Class | Kind | What it says |\n|---|---|---|---|\n{}",
        lines.collect::<String>()
    )
}
