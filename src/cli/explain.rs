//! `adp explain`: the page of an error, of a failure class or of a rule.

use super::{Load, Usage, rules};
use crate::errors::{ErrorCode, Exit};
use crate::stages::find_cause::causes;

/// Explain an error (ADP0003), a failure class (oom.driver) or a rule (memory.java_heap).
///
/// Without a name, list the errors and classes; `adp rules list` lists the rules.
#[derive(Debug, clap::Args)]
pub struct Args {
    name: Option<String>,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let Some(name) = args.name else {
        list();
        return Ok(Exit::Fine);
    };
    if let Some(code) = ErrorCode::named(&name) {
        print!("{}", code.page());
    } else if let Some(cause) = causes::of_class(&name) {
        print!("{}", causes::page(cause));
    } else if let Some(page) = rules::page_of(&name, load)? {
        print!("{page}");
    } else {
        return Err(Usage(format!(
            "{name} is no error, failure class or rule; `adp explain` and `adp rules list` name them"
        ))
        .into());
    }
    Ok(Exit::Fine)
}

fn list() {
    println!("Errors");
    for code in ErrorCode::all() {
        println!("  {code}  {}", code.title());
    }
    println!("\nFailure classes");
    for cause in causes::all() {
        println!("  {:<38} {}", cause.class, cause.what);
    }
}
