//! `adp explain`: the page of an error or of a failure class.

use super::Usage;
use crate::errors::{ErrorCode, Exit};
use crate::stages::find_cause::causes;

/// Explain an error (ADP0003) or a failure class (oom.driver); without a name, list them.
#[derive(Debug, clap::Args)]
pub struct Args {
    name: Option<String>,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let Some(name) = args.name else {
        list();
        return Ok(Exit::Fine);
    };
    if let Some(code) = ErrorCode::named(&name) {
        print!("{}", code.page());
    } else if let Some(cause) = causes::of_class(&name) {
        print!("{}", causes::page(cause));
    } else {
        return Err(Usage(format!(
            "{name} is neither an error nor a failure class; `adp explain` lists both"
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
