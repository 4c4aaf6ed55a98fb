//! `adp rules test`: whether packs do what their examples say, and what rules make of a line.

use std::io::Read;
use std::path::PathBuf;

use adp_scanner::Hit;
use anyhow::Context;
use serde::Serialize;
use serde_json::json;

use super::{Chosen, count, print_json};
use crate::cli::Format;
use crate::errors::Exit;
use crate::signatures::{PackFiles, Rules, Verdict};

/// Check packs against their own examples, and lines against the rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp rules test my-signatures/
  adp rules test my-signatures/ --line 'ERROR LakeClient: LAKE-507 quota of zone a is used up'
  tail -n 50 driver.log | adp rules test --line -

Exit codes: 0 all is right, and a rule matches each line; 1 an example fails, a file cannot be used,
or no rule matches a line.")]
pub struct Args {
    /// Packs to check: folders, or single files; laid over those of the settings.
    path: Vec<PathBuf>,
    /// Say which rules match this line; `-` reads lines from standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    line: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What the rules say about one line.
#[derive(Serialize)]
struct Tried {
    line: String,
    matches: Vec<Matched>,
}

#[derive(Serialize)]
struct Matched {
    id: String,
    kind: &'static str,
    class: Option<String>,
    captures: std::collections::BTreeMap<String, String>,
}

pub fn run(args: Args, mut chosen: Chosen) -> anyhow::Result<Exit> {
    let verdicts = Rules::judge_each(&PackFiles::read(&args.path)?);
    chosen.0.packs.extend(args.path);
    // What is wrong with single files is told once, by file.
    let rules = chosen.load();
    let whole = match &rules {
        Err(error) if verdicts.iter().all(Verdict::is_right) => Some(error.in_full()),
        _ => None,
    };
    let lines = lines(args.line)?;
    let tried: Vec<Tried> = rules
        .as_ref()
        .map_or_else(|_| Vec::new(), |rules| lines.iter().map(|line| tried(rules, line)).collect());
    let is_fine = rules.is_ok() && tried.iter().all(|tried| !tried.matches.is_empty());
    match args.format {
        Format::Json => print_json(&json!({
            "files": verdicts, "problem": whole, "lines": tried, "ok": is_fine,
        }))?,
        Format::Text => crate::cli::print(&page(&verdicts, whole.as_deref(), &rules, &tried))?,
    }
    Ok(if is_fine { Exit::Fine } else { Exit::Findings })
}

fn lines(given: Vec<String>) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for line in given {
        if line != "-" {
            lines.push(line);
            continue;
        }
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).context("failed to read standard input")?;
        let text = String::from_utf8_lossy(&text);
        lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
    }
    Ok(lines)
}

fn tried(rules: &Rules, line: &str) -> Tried {
    let report = adp_scanner::scan(&rules.pack, line.as_bytes());
    let matched = |hit: Hit| {
        let signature = rules.pack.get(&hit.signature).expect("hits come from this pack");
        Matched {
            id: hit.signature,
            kind: signature.kind.as_str(),
            class: signature.class.clone(),
            captures: hit.captures,
        }
    };
    Tried { line: line.to_owned(), matches: report.hits.into_iter().map(matched).collect() }
}

fn page(
    verdicts: &[Verdict],
    whole: Option<&str>,
    rules: &Result<Rules, crate::signatures::RulesError>,
    tried: &[Tried],
) -> String {
    let mut page = String::new();
    for Verdict { file, n_examples, problem } in verdicts {
        page += &match problem {
            None => format!("ok    {file}: {}\n", count(*n_examples, "example")),
            // It names the file.
            Some(problem) => format!("FAIL  {problem}\n"),
        };
    }
    if let Some(problem) = whole {
        page += &format!("FAIL  {problem}\n");
    }
    if let Ok(rules) = rules {
        page += &format!("ok    all of them together: {}\n", rules.version);
    }
    for Tried { line, matches } in tried {
        page += &format!("\n{line}\n");
        if matches.is_empty() {
            page += "  no rule matches\n";
        }
        for Matched { id, kind, class, captures } in matches {
            let class = class.as_ref().map_or_else(String::new, |class| format!(" of {class}"));
            page += &format!("  {id}: {kind}{class}\n");
            for (name, value) in captures {
                page += &format!("    {name} = {value}\n");
            }
        }
    }
    page
}
