//! `adp config`: what is set, and who said so.

use super::{Format, Load};
use crate::config::{Environment, Settings};
use crate::errors::Exit;

/// Print every setting with its value and where it comes from; secrets are stars.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let (_, explained) =
        Settings::load_explained(load.path().as_deref(), &Environment::of_process())?;
    match args.format {
        Format::Text => print!("{explained}"),
        Format::Json => println!("{}", serde_json::to_string_pretty(&explained)?),
    }
    Ok(Exit::Fine)
}
