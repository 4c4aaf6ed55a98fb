//! `adp rules show`: everything about one rule.

use std::fmt::{self, Write as _};

use adp_scanner::{Pack, Signature};
use serde::Serialize;
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
        Format::Json => print_json(
            &json!({ "rule": row, "signature": signature, "guards": guards(signature, &rules.pack) }),
        )?,
        Format::Text => crate::cli::print(&page(&row, signature, &rules.pack))?,
    }
    Ok(Exit::Fine)
}

/// The rule with this id, in force or not.
pub fn found<'a>(id: &str, rules: &'a Rules) -> Option<(Row<'a>, &'a Signature)> {
    let (signature, origin, in_force) = rules.get(id)?;
    Some((Row::of(signature, origin, in_force), signature))
}

/// How one keyword is looked for.
#[derive(Serialize)]
pub struct Guarded {
    pub keyword: String,
    /// The part of it that is looked for; all of it where it is short.
    pub fragment: String,
    /// Every how many bytes a log is read for it.
    pub stride: usize,
    /// How often it makes the search stop and compare, in a million bytes of a healthy log.
    pub stops_per_million: u32,
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Guarded { keyword, fragment, stride, stops_per_million } = self;
        write!(f, "{keyword:?}: {fragment:?} at every {stride} bytes, ")?;
        write!(f, "{stops_per_million} stops in a million bytes of a healthy log")
    }
}

/// One for each keyword; none for what is switched off, which is not looked for.
pub fn guards(signature: &Signature, pack: &Pack) -> Vec<Guarded> {
    let guarded = |(keyword, guard): (&str, adp_scanner::Guard)| Guarded {
        keyword: keyword.to_owned(),
        fragment: String::from_utf8_lossy(&keyword.as_bytes()[guard.fragment]).into_owned(),
        stride: guard.stride,
        stops_per_million: guard.stops_per_million,
    };
    pack.guards(signature).into_iter().map(guarded).collect()
}

pub fn page(row: &Row<'_>, signature: &Signature, pack: &Pack) -> String {
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
        ("guarded by", &guards(signature, pack).iter().map(Guarded::to_string).collect()),
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
