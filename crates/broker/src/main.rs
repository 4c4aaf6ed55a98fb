//! The embedded broker on its own, for trying clients on it and for killing it in tests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use adp_broker::{Broker, Settings, Storage};

const USAGE: &str = "\
usage: adp-broker [--listen ADDRESS:PORT] [--data FOLDER] [--auto-create PARTITIONS]

Serves the Kafka protocol until interrupted and prints the address on the first line.
--listen       default 127.0.0.1:0, a free loopback port
--data         keep everything in this folder; without it, in memory
--auto-create  make a topic that a client asks for, with this many partitions";

fn main() -> ExitCode {
    let settings = match settings(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(serve(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprint!("adp-broker: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}

async fn serve(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
    let broker = Broker::start(settings).await?;
    println!("{}", broker.address());
    tokio::signal::ctrl_c().await?;
    Ok(broker.shutdown().await?)
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings::new(Storage::Memory);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(format!("{option} needs a value"))?;
        let unusable = |_| format!("'{value}' is no value for {option}");
        match option.as_str() {
            "--listen" => {
                settings.listen =
                    value.parse::<SocketAddr>().map_err(|e| unusable(e.to_string()))?;
            }
            "--data" => settings.storage = Storage::Folder(PathBuf::from(value)),
            "--auto-create" => {
                let n = value.parse::<i32>().map_err(|e| unusable(e.to_string()))?;
                settings.auto_create_partitions = Some(n);
            }
            _ => return Err(format!("there is no option {option}")),
        }
    }
    Ok(settings)
}
