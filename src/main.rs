//! Parses, runs, and turns an error into an exit code.

use std::process::ExitCode;

use adp::cli::{Cli, exit_of, run};
use clap::Parser;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(exit) => exit.into(),
        // Whoever read our output has gone, such as `head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let (code, exit) = exit_of(&error);
            let number = code.map_or_else(String::new, |code| format!(" {code}"));
            eprintln!("error{number}: {error:#}");
            if let Some(code) = code {
                eprintln!("`adp explain {code}` says what to do");
            }
            exit.into()
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
