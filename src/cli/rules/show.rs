//! `adp rules show`: everything about one rule.

use std::fmt::Write as _;

use adp_scanner::Signature;
use serde_json::json;

use super::list::Row;
use super::print_json;
use crate::cli::{Format, Usage};
use crate::errors::Exit;
use crate::signatures::Rules;

/// Show one rule whole: what it looks for, its examples, and where it comes from.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As `adp rules list` prints it.
    id: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: Args, rules: &Rules) -> anyhow::Result<Exit> {
    let Some((row, signature)) = found(&args.id, rules) else {
        return Err(Usage(format!("{} is no rule; `adp rules list` names them", args.id)).into());
    };
    match args.format {
        Format::Json => print_json(&json!({ "rule": row, "signature": signature }))?,
        Format::Text => crate::cli::print(&page(&row, signature))?,
    }
    Ok(Exit::Fine)
}

/// The rule with this id, in force or not.
pub fn found<'a>(id: &str, rules: &'a Rules) -> Option<(Row<'a>, &'a Signature)> {
    let (signature, origin, in_force) = rules.get(id)?;
    Some((Row::of(signature, origin, in_force), signature))
}

pub fn page(row: &Row<'_>, signature: &Signature) -> String {
    let mut page = format!("{}\n{}\n\n", signature.id, signature.summary);
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(page, "{name:<15}{value}");
        }
    };
    field("kind", row.kind);
    field("class", row.class.unwrap_or_default());
    field("severity", row.severity);
    field("file", row.file);
    field("pack", &row.pack);
    field("replaces", row.replaces.unwrap_or_default());
    field("disabled", if row.in_force { "" } else { "yes, by rules.disable" });
    field(
        "fallback",
        if signature.fallback { "yes: silent beside any other cause or wrapper" } else { "" },
    );
    field("silenced by", &signature.suppressed_by.join(", "));
    field("regex", signature.regex.as_deref().unwrap_or_default());
    let captures = signature.captures.iter().map(|(name, what)| format!("{name}: {what}"));
    for (title, lines) in [
        ("guarded by", &signature.keywords),
        ("captures", &captures.collect()),
        ("must match", &signature.must_match),
        ("must not match", &signature.must_not_match),
        ("read more", &signature.references),
    ] {
        if !lines.is_empty() {
            let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            let _ = write!(page, "\n{title}\n{lines}");
        }
    }
    page
}
